"""The operations that ask about the code as a whole, or all of one folder: what is unused, untested, circular, central.

Their tools read whole columns of the graph with numpy, which no other structural question loads: each is imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from agents.evidence.facts import MAX_FACTS, definition_of
from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.past import folder_of
from agents.evidence.sight import Sight
from agents.state import Evidence
from knowledge.evidence import Verdict
from knowledge.schema import Symbol, SymbolKind
from tools.cycles import cycles

_ALL = 100_000
_PACKAGE_FILES = frozenset({"__init__", "index", "mod", "lib"})
"""Files that stand for their folder."""


def unused(sight: Sight) -> Result:
    """Code that nothing indexed uses: candidates, those whose name is written nowhere else first. As `clew dead-code`."""
    from tools.dead_code import dead_code

    answer = dead_code(sight.graph, sight.scope, limit=_ALL)
    inside = _asked_about(sight)
    rows = [row for row in answer.candidates if inside(row.symbol)]
    facts = [
        definition_of(sight, row.symbol, score=float(row.mentions), note="by tests" if row.only_tests else "unused")
        for row in rows[:MAX_FACTS]
    ]
    verdict = Verdict.FOUND if facts else Verdict.UNKNOWN if answer.uncovered else Verdict.NONE
    return facts, plain_outcome(sight, verdict, total=len(rows), uncovered=answer.uncovered)


def untested(sight: Sight) -> Result:
    """Functions and methods that no test leads to, those that most code uses first. As `clew untested`."""
    from tools.untested import untested as without_tests

    answer = without_tests(sight.graph, sight.scope, limit=_ALL)
    inside = _asked_about(sight)
    rows = [row for row in answer.functions if inside(row.symbol)] if answer.any_test else []
    facts = [definition_of(sight, row.symbol, score=float(row.users), note="untested") for row in rows[:MAX_FACTS]]
    verdict = Verdict.FOUND if facts else Verdict.NONE if answer.any_test else Verdict.UNKNOWN
    message = "" if answer.any_test else "the index holds no tests"
    return facts, plain_outcome(sight, verdict, total=len(rows), message=message)


def circular(sight: Sight) -> Result:
    """Modules that import each other in a ring, each ring by the imports of a shortest way round. As `clew cycles`."""
    answer = cycles(sight.graph, sight.scope, limit=_ALL)
    inside = _asked_about(sight)
    found = [cycle for cycle in answer.cycles if any(inside(module) for module in cycle.modules)]
    facts: list[Evidence] = []
    for number, cycle in enumerate(found, 1):
        for link in cycle.way:
            cited = sight.cite_site(link.source, link.site)
            facts.append(
                sight.evidence(
                    "relation",
                    cited,
                    about=link.source,
                    other=link.target,
                    relation=link,
                    score=float(len(cycle.modules)),
                    note=f"ring {number}",
                )
            )
    return facts[:MAX_FACTS], plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(found))


def central(sight: Sight) -> Result:
    """The symbols that most of the code leads to, so where a mistake reaches furthest; of the kinds that are asked for. As `clew hotspots`."""
    from tools.ranking import hotspots

    inside, kinds = _asked_about(sight), _kinds_asked(sight)
    shown = sight.release.limits.results
    limit = _ALL if sight.task["names"] or kinds else shown
    found = [
        one
        for one in hotspots(sight.graph, sight.scope, limit=limit).hotspots
        if inside(one.symbol) and (not kinds or one.symbol.kind in kinds)
    ]
    facts = [
        definition_of(sight, one.symbol, score=float(one.users), note="central")
        for one in found[: min(shown, MAX_FACTS)]
    ]
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(facts))


WHOLE_OPERATIONS: dict[str, Callable[[Sight], Result]] = {
    "unused": unused,
    "untested": untested,
    "cycles": circular,
    "central": central,
}


def _kinds_asked(sight: Sight) -> frozenset[SymbolKind]:
    """Return the kinds of symbols that the question is after; empty: of every kind."""
    seeking, query = sight.release.seeking, sight.task["query"]
    if seeking.compiled_of_functions.search(query):
        return frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
    return (
        frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE}) if seeking.compiled_of_types.search(query) else frozenset()
    )


def _asked_about(sight: Sight) -> Callable[[Symbol], bool]:
    """Return whether a symbol lies in what the question names: a repository, folder, file or class; in all of it when it names nothing."""
    name = sight.task["names"][0] if sight.task["names"] else ""
    if not name or name in sight.repositories:
        return lambda symbol: not name or symbol.repository == name
    found = sight.graph.symbols(sight.scope, [name])
    if not found and folder_of(sight, name) is None:
        found = sight.graph.find(sight.scope, name, limit=1)
    if not found:
        return lambda symbol: f"/{name.strip('/')}/" in f"/{symbol.path}"
    meant = found[0]
    if meant.kind not in (SymbolKind.MODULE, SymbolKind.PACKAGE):
        return lambda symbol: symbol.id == meant.id or symbol.id.startswith(f"{meant.id}.")
    stem = meant.path.rpartition("/")[2].partition(".")[0]
    folder = dirname(meant.path)
    if meant.kind is SymbolKind.PACKAGE or (stem in _PACKAGE_FILES and not name.endswith(meant.path)):
        return lambda symbol: symbol.repository == meant.repository and f"{symbol.path}/".startswith(f"{folder}/")
    return lambda symbol: (symbol.repository, symbol.path) == (meant.repository, meant.path)
