"""What a statement comes to, and the citations that it is judged by: the words that all rulings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.statements import Statement
from knowledge.evidence import Citation, ClaimStatus
from knowledge.schema import RELATION_VERBS, Relation, Symbol


@dataclass(frozen=True, slots=True)
class Ruling:
    """What came of a statement. reason: a sentence fit for a writer who is to repair it; empty when it is verified."""

    status: ClaimStatus
    reason: str = ""


VERIFIED = Ruling(ClaimStatus.VERIFIED)


def refuted(reason: str) -> Ruling:
    return Ruling(ClaimStatus.REFUTED, reason)


def unverified(reason: str) -> Ruling:
    return Ruling(ClaimStatus.UNVERIFIED, reason)


def unknown(reason: str) -> Ruling:
    return Ruling(ClaimStatus.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Cited:
    """The citations that stand for a statement, and the text of their lines."""

    citations: tuple[Citation, ...]
    text: str

    def touches(self, symbol: Symbol) -> bool:
        """Tell whether cited lines lie in the definition of a symbol."""
        return any(lies_in(one, symbol) for one in self.citations)

    def names_line(self, symbol: Symbol) -> bool:
        """Tell whether the line of a symbol's name, or the first one of its definition, is cited."""
        return any(
            one.path == symbol.path and any(one.start_line <= line <= one.end_line for line in (symbol.line, symbol.start_line))
            for one in self.citations
        )  # fmt: skip

    def shows(self, relation: Relation) -> bool:
        """Tell whether the place of a relation is cited."""
        return any(shows(one, relation) for one in self.citations)

    @property
    def places(self) -> str:
        return places_of(self.citations)


def places_of(citations: Sequence[Citation]) -> str:
    """Return the cited places as a sentence names them."""
    return ", ".join(f"{one.path}:{one.start_line}" for one in citations) or "no line"


def lies_in(citation: Citation, symbol: Symbol) -> bool:
    """Tell whether cited lines touch the definition of a symbol."""
    return (
        citation.path == symbol.path
        and citation.start_line <= symbol.end_line
        and symbol.start_line <= citation.end_line
    )


def shows(citation: Citation, relation: Relation) -> bool:
    """Tell whether the cited lines hold the place of a relation."""
    site = relation.site
    return citation.path == site.path and citation.start_line <= site.line <= citation.end_line


_VERBS: dict[str, str] = {
    **{kind.value: verb for kind, verb in RELATION_VERBS.items()},
    "mentions": "mentions", "reaches": "reaches", "member": "belongs to", "raises": "raises", "returns": "returns", "equals": "is",
    "default": "has the default", "defined": "is defined there", "count": "has that many callers",
}  # fmt: skip


def said(statement: Statement) -> str:
    other = f"`{statement.object}`" if statement.object else ""
    if statement.value is not None:
        other = f"`{statement.value.text}`"
    if statement.parameter:
        other = f"`{statement.parameter}` = {other}"
    return f"`{statement.subject}` {_VERBS.get(statement.kind, 'is related to')} {other}".strip()
