"""What the structural tools return. Records only; how a verdict is reached is in `tools/verdicts.py`."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.evidence import Uncovered, Verdict
from knowledge.schema import Relation, RelationKind, RepositoryInfo, Site, Symbol, Tier


@dataclass(frozen=True, slots=True)
class Reached:
    """A symbol that the question reached. depth counts relations from 1; 0: the symbol asked for, `site` its name.

    `site` and `tier` are those of the last relation on the way to it, `via` is the id of that relation's other end.
    """

    symbol: Symbol
    site: Site | None
    tier: Tier
    depth: int
    relation: RelationKind
    dispatched: bool = False
    """Reached only if a call of a method further up or down runs this one."""
    via: str = ""

    @property
    def certain(self) -> bool:
        """Whether a change of the symbol asked about is sure to be felt here: a direct use, resolved exactly."""
        return self.depth == 1 and self.tier is Tier.EXACT and not self.dispatched


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


@dataclass(frozen=True, slots=True)
class ImpactAnswer:
    """What may break. uses: every row, its tests and entry points among them.

    tests: the rows that are tests, so those to run. entry_points: where a run begins that reaches the symbol.
    """

    uses: StructuralAnswer
    tests: tuple[Reached, ...]
    entry_points: tuple[Symbol, ...]

    @property
    def will_break(self) -> tuple[Reached, ...]:
        return tuple(row for row in self.uses.results if row.certain and not row.symbol.is_test)

    @property
    def may_break(self) -> tuple[Reached, ...]:
        return tuple(row for row in self.uses.results if not row.certain and not row.symbol.is_test)


@dataclass(frozen=True, slots=True)
class HierarchyAnswer:
    """What a class comes from and what comes from it; rows nearest first."""

    ancestors: StructuralAnswer
    descendants: StructuralAnswer

    @property
    def verdict(self) -> Verdict:
        """Found when either side has a row; unknown when either side is."""
        both = {self.ancestors.verdict, self.descendants.verdict}
        order = (Verdict.AMBIGUOUS, Verdict.FOUND, Verdict.UNKNOWN, Verdict.NONE)
        return next(verdict for verdict in order if verdict in both)


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A symbol much of the code leads to. rank: 0..1, all symbols of the scope sum to one. users: distinct symbols."""

    symbol: Symbol
    rank: float
    users: int


@dataclass(frozen=True, slots=True)
class HotspotAnswer:
    """hotspots: highest rank first; truncated: there are more."""

    hotspots: tuple[Hotspot, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Cycle:
    """Modules that reach each other by imports. way: a shortest way round through the first of them by name."""

    modules: tuple[Symbol, ...]
    way: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class CycleAnswer:
    cycles: tuple[Cycle, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class DeadCode:
    """A candidate. mentions: how often its name is written elsewhere in the indexed files, its definitions left out.

    only_tests: tests use it and nothing else does.
    """

    symbol: Symbol
    mentions: int
    only_tests: bool


@dataclass(frozen=True, slots=True)
class DeadCodeAnswer:
    """candidates: most likely first. uncovered: places that may use them and could not be looked into."""

    candidates: tuple[DeadCode, ...]
    uncovered: tuple[Uncovered, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Untested:
    """A function that no test leads to. users: how often other code uses it."""

    symbol: Symbol
    users: int


@dataclass(frozen=True, slots=True)
class UntestedAnswer:
    """functions: most used first, at most as many as asked for. total: of them all; any_test: the index has tests at all."""

    functions: tuple[Untested, ...]
    total: int
    any_test: bool
