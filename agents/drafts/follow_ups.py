"""What could be asked next: at most three questions about the answer's subject and its neighbours, each of which has an answer.

A question is suggested only when the graph holds something to show for it and its name means just that symbol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.state import AssistantState
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.coverage import CONSTRUCTORS

MOST = 3
_NAME = re.compile(r"(?!operator\b)[^\W\d]\w*$")
_READ = 200
_BODIES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_CODE = _BODIES | _TYPES
_ARRIVING = (RelationKind.CALLS, RelationKind.REFERENCES, RelationKind.TESTS, RelationKind.INHERITS, RelationKind.IMPLEMENTS)  # fmt: skip
_QUESTIONS = {
    "callers": "Who calls `{name}`?",
    "tests": "Which tests cover `{name}`?",
    "impact": "What breaks if I change `{name}`?",
    "callees": "What does `{name}` call?",
    "subclasses": "Which classes inherit from `{name}`?",
    "explain": "Explain `{name}`",
}
_NEXT = {
    **dict.fromkeys(("callers", "usages"), ("explain", "tests", "impact")),
    **dict.fromkeys(("callees", "define", "locate", "subclasses"), ("explain", "callers", "tests")),
    "impact": ("tests", "callers", "explain"),
    "tests": ("callers", "impact", "explain"),
}
_USUAL = ("callers", "tests", "impact", "subclasses", "callees", "explain")


def follow_ups(graph: CodeGraph, scope: Scope, state: AssistantState) -> list[str]:
    """Return the questions; none when the answer is about no symbol of the code."""
    known = graph.symbols(scope, [state["subject"]]) if state.get("subject") else []
    if not known or known[0].kind not in _CODE or not known[0].name or known[0].name.startswith("<"):
        return []
    subject = known[0]
    steps = state["plan"]["steps"]
    asked = {step["operation"] for step in steps}
    order = (*_NEXT.get(steps[-1]["operation"] if steps else "", ()), *_USUAL)
    arriving = graph.relations(scope, [subject.id], "in", kinds=_ARRIVING, limit=_READ)
    leaving = graph.relations(scope, [subject.id], "out", kinds=[RelationKind.CALLS], limit=_READ)
    answerable = dict(_answerable(subject, arriving, leaving))
    found: list[str] = []
    for operation in dict.fromkeys(order):
        symbol = answerable.get(operation)
        is_new = operation not in asked or (symbol is not None and symbol.id != subject.id)
        if symbol is not None and is_new and _is_plain(graph, scope, symbol):
            found.append(_QUESTIONS[operation].format(name=symbol.qualified_name))
        if len(found) == MOST:
            break
    return found


def _answerable(subject: Symbol, arriving: list[Relation], leaving: list[Relation]) -> Iterator[tuple[str, Symbol]]:
    """Yield each operation that has something to show, with the symbol to ask it of."""
    product = [link.source for link in arriving if not link.source.is_test and link.source.id != subject.id]
    calls = [link for link in arriving if link.kind is RelationKind.CALLS]
    if calls:
        yield "callers", subject
    if any(link.source.is_test for link in arriving):
        yield "tests", subject
    if product:
        yield "impact", subject
    if any(link.target is not None for link in leaving):
        yield "callees", subject
    if any(link.kind in (RelationKind.INHERITS, RelationKind.IMPLEMENTS) for link in arriving):
        yield "subclasses", subject
    neighbours = [*product, *(link.target for link in leaving if link.target is not None and not link.target.is_test)]
    near = [one for one in neighbours if one.kind in _CODE and one.id != subject.id and _is_telling(one)]
    if near:  # what says of itself what it is for is the most telling
        yield "explain", max(near, key=lambda one: (bool(one.docstring), one.kind in _TYPES))


def _is_telling(symbol: Symbol) -> bool:
    """Whether an explanation of the symbol can say something: not of what has no name of its own, a constructor or an operator."""
    owner = symbol.local_name.split(".")[-2:-1]
    return bool(_NAME.match(symbol.name)) and symbol.name not in CONSTRUCTORS and [symbol.name] != owner


def _is_plain(graph: CodeGraph, scope: Scope, symbol: Symbol) -> bool:
    """Whether the name means this symbol and no other, so that the question will be understood."""
    found = graph.find(scope, symbol.qualified_name, limit=2)
    return bool(found) and {one.qualified_name for one in found} == {symbol.qualified_name} and "`" not in symbol.name
