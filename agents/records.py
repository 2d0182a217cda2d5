"""Between the domain's records and the JSON rows of the state, and the small phrases that several nodes share."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from agents.state import CitationRow, ClaimRow, FindingRow, RelationRow, SymbolRow
from knowledge.evidence import Citation, Claim, ClaimStatus, Finding, StatedRelation, place_of
from knowledge.schema import Symbol
from models.extractive import first_paragraph

_PATHS_BY_COLONS = frozenset({"cpp", "rust"})


def symbol_row(symbol: Symbol, revision: str) -> SymbolRow:
    return SymbolRow(
        id=symbol.id,
        kind=symbol.kind.value,
        name=symbol.name,
        local_name=symbol.local_name,
        qualified_name=symbol.qualified_name,
        repository=symbol.repository,
        path=symbol.path,
        line=symbol.line,
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        language=symbol.language,
        signature=symbol.signature,
        doc=first_paragraph(symbol.docstring),
        is_test=symbol.is_test,
        revision=revision,
    )


def short_name(row: SymbolRow) -> str:
    """Return the shortest name that still says where it belongs, as its language writes it: `Task.run`, or the path of a file."""
    name = row["local_name"].partition("~")[0]
    return (name.replace(".", "::") if row["language"] in _PATHS_BY_COLONS else name) or row["path"]


def citation_row(
    repository: str, path: str, start_line: int, end_line: int, symbol: str | None, revision: str
) -> CitationRow:
    return CitationRow(
        repository=repository, path=path, start_line=start_line, end_line=end_line, symbol=symbol, revision=revision
    )


def line_row(citation: CitationRow) -> tuple[str, str, int, int, str]:
    """Return a citation as records name lines."""
    return (
        citation["repository"], citation["path"], citation["start_line"], citation["end_line"], citation["revision"],
    )  # fmt: skip


def claim_row(
    text: str,
    citations: list[CitationRow],
    *,
    identifiers: list[str] | None = None,
    relations: list[RelationRow] | None = None,
    tier: str | None = None,
    quote: str = "",
    language: str = "",
) -> ClaimRow:
    """Return an unjudged claim; see `ClaimRow`."""
    return ClaimRow(
        text=text,
        citations=citations,
        identifiers=identifiers or [],
        relations=relations or [],
        tier=tier,
        status=ClaimStatus.UNVERIFIED.value,
        quote=quote,
        language=language,
    )


def claim_of(row: ClaimRow) -> Claim:
    return Claim(
        text=row["text"],
        citations=tuple(Citation(**citation) for citation in row["citations"]),
        identifiers=tuple(row["identifiers"]),
        relations=tuple(StatedRelation(**relation) for relation in row["relations"]),
        tier=row["tier"],
        status=ClaimStatus(row["status"]),
    )


def finding_row(finding: Finding) -> FindingRow:
    return cast(FindingRow, asdict(finding))


def place(citation: CitationRow, *, with_repository: bool = False) -> str:
    """Return `path:line` or `path:start-end`, with the heading where a section of a document is cited."""
    prefix = f"{citation['repository']}:" if with_repository else ""
    return prefix + place_of(citation["path"], citation["symbol"], citation["start_line"], citation["end_line"])


def counted(number: int, noun: str) -> str:
    """Return `1 caller`, `3 callers`, `2 classes`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "sh", "ch", "x")):
        return f"{number} {noun}es"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{number} {noun}s"
