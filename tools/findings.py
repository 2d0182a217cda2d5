"""What a review found, each at the line where somebody must look, with the lines that it rests on: for an editor's margin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.changes import ChangedSymbol, Effect
from knowledge.schema import RELATION_VERBS, Symbol
from tools.answers import Reached
from tools.review import CODE, Review, is_often_mended

MAX_FINDINGS = 500
_MAX_CITED = 10
_NAMED = 3


class Severity(StrEnum):
    """error: it breaks or must follow. warning: worth a look before merging. information: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Cited:
    """A line that a finding rests on. indexed: the line counts in the file as it was indexed, else as the change leaves it."""

    path: str
    line: int
    indexed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """kind: will_break, may_break, untested, unanswered, unindexed or often_mended. path, line, indexed: as in `Cited`."""

    kind: str
    severity: Severity
    path: str
    line: int
    indexed: bool
    text: str
    cites: tuple[Cited, ...] = ()


def findings_of(review: Review) -> tuple[Finding, ...]:
    """Return the findings, the most severe first, then by place; at most `MAX_FINDINGS`."""
    rank = list(Severity)
    found = sorted(_findings(review), key=lambda one: (rank.index(one.severity), one.path, one.line, one.kind))
    return tuple(found[:MAX_FINDINGS])


def _findings(review: Review) -> Iterator[Finding]:
    changed = {
        symbol.id: (change, symbol)
        for file in review.comparison.files
        for change in file.symbols
        if (symbol := review.symbols.get((change.path, change.local_name))) is not None
    }
    for row in review.will_break:
        if row.via in changed:
            change, symbol = changed[row.via]
            path, line = _place(row)
            text = f"`{row.symbol.qualified_name}` {RELATION_VERBS[row.relation]} `{symbol.qualified_name}`, {_became(change)}"
            yield Finding("will_break", Severity.ERROR, path, line, True, text, (_cited(change, symbol),))
    for place in review.loose:
        yield Finding("unanswered", Severity.ERROR, place.path, place.line, True, place.reason)
    users: dict[str, list[Reached]] = {}
    for row in review.may_break:
        if row.depth == 1:
            users.setdefault(row.via, []).append(row)
    for symbol_id, rows in users.items():
        if symbol_id not in changed:
            continue
        change, symbol = changed[symbol_id]
        at = _cited(change, symbol)
        names = ", ".join(f"`{row.symbol.qualified_name}`" for row in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
        text = f"what uses `{symbol.qualified_name}` may behave otherwise: {names}{more}"
        cites = tuple(Cited(*_place(row), True, f"`{row.symbol.qualified_name}`") for row in rows[:_MAX_CITED])
        yield Finding("may_break", Severity.INFORMATION, at.path, at.line, at.indexed, text, cites)
    for symbol in review.untested:
        change, _ = changed[symbol.id]
        at = _cited(change, symbol)
        text = f"no test is known to reach `{symbol.qualified_name}`"
        yield Finding("untested", Severity.WARNING, at.path, at.line, at.indexed, text)
    for file in review.comparison.files:
        if new := [one for one in file.symbols if _is_unknown(one, review) and not file.is_test]:
            names = ", ".join(f"`{one.local_name}`" for one in new[:_NAMED])
            more = f" and {len(new) - _NAMED:,} more" if len(new) > _NAMED else ""
            text = f"new and not indexed yet: {names}{more}; who uses it and which tests reach it is not known"
            yield Finding("unindexed", Severity.INFORMATION, file.path, new[0].line, False, text)
        past = review.comparison.past.get(file.old_path or file.path)
        if past is not None and is_often_mended(file, past):
            text = f"mended often: {past.fixes} of the last {past.commits} commits to {file.path} were fixes"
            yield Finding("often_mended", Severity.INFORMATION, file.path, 1, False, text)


def _is_unknown(change: ChangedSymbol, review: Review) -> bool:
    known = (change.path, change.local_name) in review.symbols
    return change.effect is Effect.ADDED and change.kind in CODE and not known


def _place(row: Reached) -> tuple[str, int]:
    return (row.site.path, row.site.line) if row.site is not None else (row.symbol.path, row.symbol.line)


def _became(change: ChangedSymbol) -> str:
    before, after = change.signature
    if change.effect is Effect.REMOVED:
        return "which the change removes"
    return f"which is declared anew: `{before}` became `{after}`" if before != after else "which is declared anew"


def _cited(change: ChangedSymbol, symbol: Symbol) -> Cited:
    """Return where a changed symbol stands; a removed one where it was."""
    if change.effect is Effect.REMOVED:
        return Cited(symbol.path, symbol.line, True, f"`{symbol.qualified_name}`, removed")
    return Cited(change.path, change.line, False, f"`{symbol.qualified_name}`, {change.effect.value} changed")
