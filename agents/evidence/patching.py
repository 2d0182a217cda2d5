"""The operation behind a request for code: the lines to change, whole, and what has to follow them."""

from __future__ import annotations

from agents.evidence.facts import MAX_FACTS, definition_of, reached
from agents.evidence.outcomes import Result, outcome
from agents.evidence.sight import Sight
from agents.state import Evidence
from knowledge.evidence import Verdict
from knowledge.schema import Symbol
from tools import structure

MAX_LINES = 160
"""Lines of a symbol that are quoted whole: who is to change them must see them."""
_NEIGHBOURS = 6


def places_to_change(sight: Sight) -> Result:
    """The definition of each name with its lines, who uses it, and the tests to run after the change."""
    facts: list[Evidence] = []
    answer = structure.find_symbol(sight.graph, sight.scope, sight.task["names"][0])
    if answer.symbol is None or answer.verdict is not Verdict.FOUND:
        return [definition_of(sight, row.symbol) for row in answer.results[:MAX_FACTS]], outcome(sight, answer)
    symbol = answer.symbol
    facts = [definition_of(sight, symbol), _whole(sight, symbol)]
    users = structure.callers(sight.graph, sight.scope, symbol.id, limit=sight.release.limits.results)
    product = [row for row in users.results if not row.symbol.is_test]
    facts += reached(sight, product[:_NEIGHBOURS], "in", "caller", symbol)
    tests = structure.tests_of(sight.graph, sight.scope, symbol.id)
    facts += reached(sight, tests.results[:_NEIGHBOURS], "in", "test", symbol)
    return facts, outcome(sight, answer)


def _whole(sight: Sight, symbol: Symbol) -> Evidence:
    first, last = symbol.start_line, min(symbol.end_line, symbol.start_line + MAX_LINES - 1)
    cited = sight.cite(symbol.repository, symbol.path, first, last, symbol.qualified_name)
    text = sight.text(symbol.repository, symbol.path, first, last)
    return sight.evidence("excerpt", cited, about=symbol, excerpt=text, note="change")
