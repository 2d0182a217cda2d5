"""Symbols and what connects them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.rest.api.bodies.reply import Reply, TierWord, VerdictWord


class SymbolRow(Reply):
    id: str = Field(examples=["shop:shop/models.py#price"])
    kind: str = Field(examples=["function"])
    qualified_name: str = Field(examples=["shop.models.price"])
    repository: str = Field(examples=["shop"])
    path: str = Field(examples=["shop/models.py"])
    line: int = Field(examples=[8])


class WholeSymbol(SymbolRow):
    name: str
    column: int
    start_line: int
    end_line: int
    language: str
    signature: str
    docstring: str
    is_test: bool
    parent_id: str | None


class SitePlace(Reply):
    path: str
    line: int
    column: int


class ReachedRow(Reply):
    symbol: SymbolRow
    site: SitePlace | None
    tier: TierWord = Field(description="How sure it is.")
    depth: int
    relation: str = Field(examples=["CALLS"])
    dispatched: bool = Field(description="Through a method that another overrides.")


class UncoveredPlace(Reply):
    path: str
    line: int
    reason: str


class Lines(Reply):
    repository: str
    path: str
    start_line: int
    end_line: int
    text: str = Field(description="As indexed; secrets are masked.")
    revision: str
    stale: bool = Field(description="The working file has changed since.")


class MeaningRow(Reply):
    symbol: WholeSymbol | None
    external: str | None = Field(description="A name outside the project, where there is no `symbol`.")
    relation: str | None = Field(description="How it is used there; null: it is the definition.", examples=["CALLS"])
    tier: TierWord = Field(description="How sure it is.")
    site: SitePlace


class Occurrence(Reply):
    """What a name at a line means: nothing, one thing, or each of several candidates."""

    repository: str
    path: str
    line: int
    name: str
    enclosing: SymbolRow | None = Field(description="The innermost definition round the line.")
    meanings: list[MeaningRow]


class Structural(Reply):
    """Rows with their verdict. `none`: everything was looked at; `unknown`: the places in `uncovered` could not be."""

    symbol: SymbolRow | None
    verdict: VerdictWord
    results: list[ReachedRow]
    candidates: list[SymbolRow] = Field(description="What else the name may mean, or names near it.")
    uncovered: list[UncoveredPlace]
    truncated: bool = Field(description="There are more rows than the search took.")


class StructuralPage(Structural):
    next_cursor: str | None


class SymbolFound(Structural):
    definition: WholeSymbol | None
    source: Lines | None = Field(description="Its first lines, at most 200.")


class SymbolPage(Reply):
    symbols: list[WholeSymbol]
    next_cursor: str | None


class NodeRow(SymbolRow):
    depth: int
    is_test: bool


class EdgeRow(Reply):
    kind: str
    tier: TierWord
    strategy: str
    confidence: float
    source: str = Field(description="Id of a node.")
    target: str | None
    external: str | None = Field(description="Name of a target outside the project.")
    site: SitePlace


class Neighbours(Reply):
    symbol: SymbolRow | None
    verdict: VerdictWord
    candidates: list[SymbolRow]
    nodes: list[NodeRow]
    edges: list[EdgeRow]
    truncated: bool


class ImpactRow(ReachedRow):
    effect: Literal["will", "may", "test"]
    via: str | None = Field(description="Id of the symbol through which it is reached, one link nearer.")


class Impact(Reply):
    symbol: SymbolRow | None
    verdict: VerdictWord
    results: list[ImpactRow]
    candidates: list[SymbolRow]
    uncovered: list[UncoveredPlace]
    truncated: bool
    tests: list[ReachedRow] = Field(description="The tests to run.")
    entry_points: list[SymbolRow]


class External(Reply):
    external: str


class RelationRow(Reply):
    kind: str
    tier: TierWord
    strategy: str
    confidence: float
    source: SymbolRow
    target: SymbolRow | External
    site: SitePlace


class CallPath(Reply):
    source: SymbolRow | None
    target: SymbolRow | None
    verdict: VerdictWord
    relations: list[RelationRow]
    candidates: list[SymbolRow]
    uncovered: list[UncoveredPlace]
