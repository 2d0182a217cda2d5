"""Follows a pasted traceback through the indexed code: each frame that lies there, and the lines where the error left it."""

from __future__ import annotations

from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.sight import Sight
from agents.state import Evidence
from configs.errors import InputError
from knowledge.evidence import Verdict
from knowledge.schema import Symbol
from tools.frames import Place, locate
from tools.tracebacks import parse_traceback

_FRAMES = 12
_LINES_AROUND = 3
"""Shown above and below the line where a traceback left the indexed code."""


def traceback(sight: Sight) -> Result:
    """The frames of a traceback that lie in indexed code, innermost first, and the lines where it left that code.

    Raises:
        InputError: none of them does.
    """
    read = parse_traceback(sight.task["query"])
    assert read is not None
    found = locate(sight.graph, sight.scope, read)
    if not found:
        raise InputError(f"no frame of this {read.exception} lies in indexed code")
    located = found[0]
    facts: list[Evidence] = []
    for place in located.places[:_FRAMES]:
        symbol = place.symbol or _at_line(sight, located.repository, place)
        lines = sight.lines(located.repository, place.path)
        inside = symbol is None or symbol.start_line <= place.line <= symbol.end_line
        known = 0 < place.line <= len(lines) and inside
        line = place.line if known else symbol.line if symbol is not None else 1
        name = symbol.qualified_name if symbol is not None else None
        note = read.exception if known else f"{read.exception}\tmoved"
        cited = sight.cite(located.repository, place.path, line, line, name)
        facts.append(sight.evidence("frame", cited, about=symbol, note=note, hops=len(facts)))
        if len(facts) == 1 and known:
            first = max(line - _LINES_AROUND, symbol.start_line if symbol is not None else 1)
            last = min(line + _LINES_AROUND, len(lines))
            cited = sight.cite(located.repository, place.path, first, last, name)
            text = sight.text(located.repository, place.path, first, last)
            facts.append(sight.evidence("excerpt", cited, about=symbol, excerpt=text))
    return facts, plain_outcome(sight, Verdict.FOUND, total=len(located.places))


def _at_line(sight: Sight, repository: str, place: Place) -> Symbol | None:
    """Return the one of several functions of a name that the traceback's line is in; None when the lines have moved."""
    symbol = sight.graph.symbol_at(sight.scope, repository, place.path, place.line)
    return symbol if symbol is not None and place.id.rpartition("?")[2].rpartition(".")[2] == symbol.name else None
