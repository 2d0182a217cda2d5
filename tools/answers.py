"""What the structural tools return. Records only; how a verdict is reached is in `tools/structure.py`."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.evidence import Uncovered, Verdict
from knowledge.schema import Relation, RelationKind, RepositoryInfo, Site, Symbol, Tier


@dataclass(frozen=True, slots=True)
class Reached:
    """A symbol that the question reached. depth counts relations from 1; 0: the symbol asked for, `site` its name.

    `site` and `tier` are those of the last relation on the way to it.
    """

    symbol: Symbol
    site: Site | None
    tier: Tier
    depth: int
    relation: RelationKind


@dataclass(frozen=True, slots=True)
class StructuralAnswer:
    """symbol: what the name was understood as. candidates: other meanings, or near names when nothing matched.

    uncovered: the places we could not look into that may hold more, at most some twenty of a kind.
    """

    symbol: Symbol | None
    verdict: Verdict
    results: tuple[Reached, ...]
    candidates: tuple[Symbol, ...]
    uncovered: tuple[Uncovered, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """relations: a shortest chain from source to target, in order; empty when the two are the same symbol."""

    source: Symbol | None
    target: Symbol | None
    verdict: Verdict
    relations: tuple[Relation, ...]
    candidates: tuple[Symbol, ...]
    uncovered: tuple[Uncovered, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """languages: lines by language, most first. frameworks: (name, path of the file that shows it).

    entry_points: where a run begins. top_modules: the modules that most files import. manifests: covered project files.
    """

    repository: RepositoryInfo
    languages: dict[str, int]
    frameworks: tuple[tuple[str, str], ...]
    entry_points: tuple[Symbol, ...]
    top_modules: tuple[Symbol, ...]
    manifests: tuple[str, ...]
