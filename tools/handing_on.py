"""Functions that are handed on to be called: in a table of commands, as an argument, in a field.

Who only looks for calls by a name does not see what makes them run. Where they are named is in the graph; where what a field
holds is called is among the calls that could not be resolved.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier, UnresolvedSite
from knowledge.scope import Scope
from tools.answers import Reached
from tools.coverage import MAX_UNCOVERED
from tools.reaching import ids_of, reached

MAX_LEADING = 10_000
MAX_UNRESOLVED = 5_000
MAX_IMPORTS = 100_000
_FURTHER = 8
"""So many times as many uses are read where those read hold too few that are no imports."""
_RESOLVED = (Tier.EXACT, Tier.INFERRED)
_CALLABLE = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_GIVEN = re.compile(r"(?:\[\]|\(\))+$")
"""Behind the name of what is called: an element of it (`table[]`), or what it returns (`make()`)."""


def handed_on(
    graph: CodeGraph, scope: Scope, start: Sequence[Symbol], tiers: Sequence[Tier], limit: int
) -> tuple[list[Reached], bool]:
    """Return where functions and methods are named without being called: in a table, as an argument. An import hands nothing on."""
    called = [symbol for symbol in start if symbol.kind in _CALLABLE]
    if not called:
        return [], False
    asked = limit + 1
    while True:
        uses = graph.relations(scope, ids_of(called), "in", kinds=(RelationKind.REFERENCES,), tiers=tiers, limit=asked)
        rows = [reached(link.source, link, 1) for link in split_imports(graph, scope, uses)[1]]
        if len(rows) > limit or len(uses) < asked:
            return rows[:limit], len(rows) > limit
        asked *= _FURTHER


def split_imports(graph: CodeGraph, scope: Scope, uses: Sequence[Relation]) -> tuple[list[Relation], list[Relation]]:
    """Return the uses that an import statement makes, those at the site of an import, and the others."""
    modules = sorted({f"{link.source.repository}:{link.source.path}#" for link in uses})
    imports = graph.relations(
        scope, modules, "out", kinds=(RelationKind.IMPORTS,), tiers=tuple(Tier), limit=MAX_IMPORTS
    )
    sites = {(link.source.repository, link.site) for link in imports}
    named = [link for link in uses if (link.source.repository, link.site) in sites]
    return named, [link for link in uses if (link.source.repository, link.site) not in sites]


def calls_of_values(
    graph: CodeGraph, scope: Scope, near: Mapping[str, int], ends: Sequence[Symbol], max_depth: int
) -> list[Uncovered]:
    """Return the calls on the near side of what is kept in a field or a variable (`c->cmd->proc(c)`).

    near: id -> how many links lie before it; the nearest calls come first. Each may run any function that is handed on, and one that
    leads to the end by at most `max_depth` calls is: to who is asked for a way, such a call is a way not seen.
    """
    leading = graph.walk(scope, ids_of(ends), "in", kinds=(RelationKind.CALLS,), max_depth=max_depth, limit=MAX_LEADING)
    functions = [*ends, *(step.symbol for step in leading.steps)]
    handed, _ = handed_on(graph, scope, functions, _RESOLVED, 1)
    if not handed:
        return []
    own = {symbol.name for symbol in functions}
    held = _Held(graph, scope)
    found: list[Uncovered] = []
    sites = graph.unresolved_in(scope, list(near), limit=MAX_UNRESOLVED)
    for site in sorted(sites, key=lambda site: near[site.source.id]):
        if len(found) < MAX_UNCOVERED and held.value_of(site, own):
            reason = f"the call {site.callee!r} runs what is kept there, and that may lead on"
            found.append(Uncovered(site.site.path, site.site.line, reason))
    return found


class _Held:
    """Tells calls of what a field, a variable or a parameter holds from calls of what is not in the project (`malloc`)."""

    def __init__(self, graph: CodeGraph, scope: Scope) -> None:
        self._graph, self._scope = graph, scope
        self._variables: dict[str, bool] = {}
        self._texts: dict[str, str] = {}

    def value_of(self, site: UnresolvedSite, own: Container[str]) -> bool:
        """Return whether the call may run any function. own: names that calls by name are known of already."""
        owner, _, name = _GIVEN.sub("", site.callee).rpartition(".")
        if name in own or not name:
            return False
        return self._is_variable(name) or (not owner and self._is_used_as_value(name, site.source))

    def _is_variable(self, name: str) -> bool:
        if name not in self._variables:
            found = self._graph.find(self._scope, name, kinds=(SymbolKind.VARIABLE,), limit=1)
            self._variables[name] = any(one.name == name for one in found)
        return self._variables[name]

    def _is_used_as_value(self, name: str, source: Symbol) -> bool:
        """Whether a function has a parameter or a local variable of that name: it stands there without being called."""
        if source.id not in self._texts:
            self._texts[source.id] = self._text_round(source)
        return re.search(rf"(?<![\w.]){re.escape(name)}\b(?!\s*\()", self._texts[source.id]) is not None

    def _text_round(self, source: Symbol) -> str:
        """Return the text of the outermost function that a symbol lies in."""
        extents = self._graph.extents(self._scope, [source.id])
        extent = extents.get(source.id)
        while extent and (outer := extents.get(extent.parent_id or "")) and outer.kind in _CALLABLE:
            extent = outer
        text = self._graph.read_text(self._scope, source.repository, source.path) if extent else None
        if extent is None or text is None:
            return ""
        return "\n".join(text.decode("utf-8", "replace").split("\n")[extent.start_line - 1 : extent.end_line])
