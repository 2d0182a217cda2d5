"""The sets that `make bench-graph` measures: pinned archives with an oracle each, and what is to be reached."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from benchmarks.archives import Archive

SETS = Path(__file__).with_name("sets.json")


@dataclass(frozen=True, slots=True)
class Goal:
    """precision and recall at call sites; a tier alone is held to `TIER_PRECISION`."""

    precision: float
    recall: float


GOALS = {
    "python": Goal(0.985, 0.965),
    "typescript": Goal(0.97, 0.93),
    "javascript": Goal(0.95, 0.85),
    "java": Goal(0.97, 0.90),
    "go": Goal(0.98, 0.95),
    "c": Goal(0.99, 0.97),
    "cpp": Goal(0.95, 0.85),
    "rust": Goal(0.95, 0.88),
}
TIER_PRECISION = {"exact": 0.99, "inferred": 0.93}


@dataclass(frozen=True, slots=True)
class GraphSet:
    """One set.

    root: the folder of the archive that is taken for the repository; empty: all of it. subtree: the folder below that
    is measured, at its place in it. options: for the oracle; `{root}` and `{archive}` in them stand for the folders.
    """

    name: str
    language: str
    oracle: str
    archive: Archive
    root: str = ""
    subtree: str = ""
    options: dict[str, Any] = field(default_factory=dict)


class Oracle(Protocol):
    """A module of `benchmarks.callgraph.oracles`."""

    NEEDS: str
    is_available: Callable[[], bool]
    edges: Callable[..., dict[str, Any]]
    """edges(root, **options) -> the content of an oracle's file (see verdicts.py). Raises OracleFailed."""


def read_sets(file: Path = SETS) -> list[GraphSet]:
    """Return the sets in file order."""
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return [GraphSet(**{**row, "archive": Archive(**row["archive"])}) for row in rows]


def oracle_named(name: str) -> Oracle:
    return cast(Oracle, import_module(f"benchmarks.callgraph.oracles.{name}"))
