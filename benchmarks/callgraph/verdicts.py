"""What an oracle says about the call sites of a tree: its file format, and the verdicts read from it.

The format (JSON)::

    {"tool": "javac 17", "line_base": 0, "columns": "name",
     "edges": [[caller_file, caller_line, callee_file, callee_line, call_line, ...], ...],
     "sites": {"file:line:column": [callee_file, callee_line] | [[file, line], ...] | "ext" | "var" | null}}

Files are relative to the measured tree (absolute ones are made so). Lines count from `line_base` (0 unless given); caller
line -1 is the module. A definition's line is that of its name (a line of its decorators or annotations will do); a call's
line that of the callee's last name. `sites` says what an oracle decided besides: `ext` outside of the tree; `var` and null
are silence, neither of which is held against anybody. Its column may be left out; `columns` is "name" when it is that of
the callee's last name in bytes, counted from `line_base`; `sites` lists every verdict then, and each speaks for its own name
and not for the whole line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

Place = tuple[str, int]
"""(file, 1-based line)."""


@dataclass
class Verdicts:
    """What an oracle decided. A site is judged when it is in `targets` or `external`."""

    tool: str
    targets: dict[Place, set[Place]] = field(default_factory=dict)
    external: set[Place] = field(default_factory=set)
    silent: set[Place] = field(default_factory=set)
    callers: dict[tuple[Place, Place], set[Place]] = field(default_factory=dict)
    """(site, target) -> callers."""
    judged_names: set[tuple[str, int, int]] | None = None
    """(file, line, column) of the callee names with a verdict, when the oracle's columns are those of names."""
    outside: int = 0
    """Edges from or to files that are not below the root."""

    @cached_property
    def files(self) -> frozenset[str]:
        """Return the files with a call site that is known."""
        return frozenset(path for path, _ in (*self.targets, *self.external, *self.silent))

    def is_judged(self, site: Place) -> bool:
        return site in self.targets or site in self.external


def read_verdicts(file: Path, root: Path, *, line_base: int | None = None, strip: str = "") -> Verdicts:
    """Return the verdicts of an oracle's file.

    Args:
        line_base: what its lines count from; None: what the file says, else 0.
        strip: beginning of its paths to take away.

    Raises:
        OSError, ValueError: the file cannot be read, or is not such a file.
    """
    return verdicts_of(json.loads(file.read_text("utf-8")), root, line_base=line_base, strip=strip)


def verdicts_of(content: dict[str, Any], root: Path, *, line_base: int | None = None, strip: str = "") -> Verdicts:
    """Return the verdicts of an oracle's decoded file. See the module."""
    base = int(content.get("line_base", 0)) if line_base is None else line_base
    verdicts = Verdicts(str(content.get("tool", "")))
    paths = _Paths(root, strip)
    _read_edges(verdicts, content["edges"], paths, base)
    # scip2calls writes the columns of names and says which tool it read; the others write where the expression starts.
    by_name = content.get("columns") == "name" or "scip" in verdicts.tool
    _read_sites(verdicts, content.get("sites") or {}, paths, base, by_name and "sites" in content)
    return verdicts


def _read_edges(verdicts: Verdicts, edges: Iterable[list[Any]], paths: _Paths, base: int) -> None:
    for caller_file, caller_line, callee_file, callee_line, call_line, *_ in edges:
        source, target = paths.relative(caller_file), paths.relative(callee_file)
        if source is None or target is None or call_line < base:
            verdicts.outside += 1
            continue
        site, definition = (source, call_line - base + 1), (target, callee_line - base + 1)
        caller = (source, caller_line - base + 1 if caller_line >= base else 0)
        verdicts.targets.setdefault(site, set()).add(definition)
        verdicts.callers.setdefault((site, definition), set()).add(caller)


def _read_sites(verdicts: Verdicts, sites: dict[str, Any], paths: _Paths, base: int, by_name: bool) -> None:
    names: set[tuple[str, int, int]] = set()
    for key, verdict in sites.items():
        name, place = _split(key)
        path = paths.relative(name)
        if path is None:
            continue
        site = (path, place[0] - base + 1)
        if verdict == "ext":
            verdicts.external.add(site)
        elif verdict is None or verdict == "var":
            verdicts.silent.add(site)
        if by_name and len(place) > 1 and verdict is not None and verdict != "var":
            names.add((*site, place[1] - base + 1))
    if by_name:
        verdicts.judged_names = names


def _split(key: str) -> tuple[str, list[int]]:
    """Split `path:line:column...` into the path and its numbers."""
    parts = key.split(":")
    numbers: list[int] = []
    while len(parts) > 1 and parts[-1].isdigit():
        numbers.append(int(parts.pop()))
    return ":".join(parts), numbers[::-1]


class _Paths:
    """Makes an oracle's paths relative to the root, each asked for once."""

    def __init__(self, root: Path, strip: str) -> None:
        self.root = root.resolve()
        self.strip = strip
        self.known: dict[str, str | None] = {}

    def relative(self, name: str) -> str | None:
        """Return the path relative to the root, None when it is not a file below it."""
        if name not in self.known:
            self.known[name] = self._relative(name)
        return self.known[name]

    def _relative(self, name: str) -> str | None:
        path = Path(name.removeprefix(self.strip).lstrip("/") if self.strip else name)
        inside = (self.root / path).resolve()
        if not inside.is_file():
            inside = path.resolve()  # as the tool was given it, from here
        if not inside.is_file() or not inside.is_relative_to(self.root):
            return None
        return inside.relative_to(self.root).as_posix()
