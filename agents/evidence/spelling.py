"""What is said of a name that no symbol has: the lines that hold it, and where a document explains it. Never that the code lacks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile

from agents.evidence.facts import MAX_FACTS
from agents.evidence.outcomes import Result
from agents.evidence.sight import Sight
from agents.state import Evidence
from indexers.documents.formats import FORMATS
from knowledge.evidence import Verdict
from knowledge.schema import SymbolKind
from tools.meaning import written_name
from tools.spelled import SHORTEST, Spelled, spelled

_EXPLAINED_LINES = 12
_MOST_EXPLAINED = 1
_LONGEST_LINE = 160
_HEADING = re.compile(r"\s*#{1,6}\s")


def or_spelled(operation: Callable[[Sight], Result]) -> Callable[[Sight], Result]:
    """Return the operation, answered by the lines that hold its name where that is no symbol's, or a heading's that code has too."""

    def ask(sight: Sight) -> Result:
        facts, result = operation(sight)
        symbol = result["symbol"]
        is_heading = symbol is not None and symbol["kind"] == SymbolKind.SECTION
        if not is_heading and (facts or symbol is not None or result["verdict"] == Verdict.AMBIGUOUS.value):
            return facts, result
        lines, total = lines_that_hold(sight, sight.task["names"][0])
        if not lines or (is_heading and not total):
            return facts, result
        found = {**result, "verdict": Verdict.FOUND.value, "symbol": None, "uncovered": [], "total": total}
        return lines, {**found, "candidates": [] if is_heading else result["candidates"]}  # type: ignore[typeddict-item]

    return ask


def lines_that_hold(sight: Sight, name: str) -> tuple[list[Evidence], int]:
    """Return the lines that hold a name, with what documents explain under it first, and how many lines of code there are."""
    name = written_name(name)
    if len(name) < SHORTEST:
        return [], 0
    word, found = spelled(sight.graph, sight.scope, name, documents=FORMATS)
    explained = [one for one in found if one.declares][:_MOST_EXPLAINED]
    facts = [_section(sight, one) for one in explained]
    facts += [_line(sight, one, word) for one in found if one not in explained or len(found) == len(explained)][
        :MAX_FACTS
    ]
    return facts, sum(not one.is_document for one in found)


def _line(sight: Sight, one: Spelled, word: str) -> Evidence:
    how = "document" if one.is_document else "aside" if one.aside else "code"
    text = " ".join(one.text.split()).replace("`", "'")
    text = text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}\u2026"
    name = one.inside.qualified_name if one.inside is not None else None
    citation = sight.cite(one.repository, one.path, one.line, one.line, name)
    return sight.evidence("spelled", citation, about=one.inside, note=f"{how}\t{word}\t{text}")


def _section(sight: Sight, one: Spelled) -> Evidence:
    """Quote what a document says below the name, up to the next heading or to what is no longer inside of it."""
    lines = sight.lines(one.repository, one.path)[one.line - 1 : one.line - 1 + _EXPLAINED_LINES]
    indent = len(lines[0]) - len(lines[0].lstrip())
    is_directive = "::" in lines[0]

    def belongs(line: str) -> bool:
        inside = not is_directive or not line.strip() or len(line) - len(line.lstrip()) > indent
        return inside and _HEADING.match(line) is None

    kept = [lines[0], *takewhile(belongs, lines[1:])]
    while not kept[-1].strip():
        kept.pop()
    last = one.line + len(kept) - 1
    name = one.inside.qualified_name if one.inside is not None else None
    return sight.evidence(
        "section",
        sight.cite(one.repository, one.path, one.line, last, name),
        about=one.inside,
        excerpt="\n".join(kept),
    )
