"""The operations that ask the code graph: each takes a task's view and returns facts with the outcome."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath

from agents.evidence.acts import asks_for_an_act, by_act, does_it, namesakes
from agents.evidence.facts import MAX_FACTS, definition_of, reached
from agents.evidence.folder import folder
from agents.evidence.outcomes import Result, outcome, path_outcome, plain_outcome
from agents.evidence.packages import dependants, package_asked, requirements
from agents.evidence.past import history, review
from agents.evidence.patching import places_to_change
from agents.evidence.presence import presence, thing_asked
from agents.evidence.sight import Sight
from agents.evidence.spelling import or_spelled
from agents.evidence.stack import stack_facts
from agents.evidence.tour import file_tour
from agents.evidence.tracing import traceback
from agents.evidence.whole import WHOLE_OPERATIONS
from agents.state import Evidence, Outcome, Task
from knowledge.evidence import Verdict
from knowledge.languages import title_of
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier
from tools import inheritance, structure, ways
from tools import overview as overviews
from tools.answers import StructuralAnswer
from tools.frameworks import is_standard, line_showing, package_of
from tools.meaning import CODE_KINDS, definitions_of, type_behind, understand, written_name
from tools.places import is_aside

_TRUSTED = (Tier.EXACT, Tier.INFERRED)
_WIDE = (Tier.EXACT, Tier.INFERRED, Tier.AMBIGUOUS)
_ALL_TIERS = tuple(Tier)
_TYPES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_MEMBER_KINDS = ("method", "function", "class", "interface")
_NEIGHBOURS = 6
_PACKAGE_FILES = 40
_HEIRS_ASKED = 9
_WORKED_WITH = frozenset({"build", "tests", "quality", "database", "ci", "deployment"})
"""Roles of a stack that an overview tells beside the frameworks, which the graph knows by their imports too."""
_IMPORTS_TRIED = 6
_MAX_IMPORTS_COUNTED = 200_000
_CODE_NAME = re.compile(r"[.:_#]|[a-z][A-Z]")
"""A name that no product and no package has: qualified, or written as code writes several words."""


def define(sight: Sight) -> Result:
    """Where the name is defined: every definition of what it was understood as, with the lines of its head."""
    answer = _found(sight, sight.task["names"][0])
    if answer.symbol is not None and answer.verdict is Verdict.FOUND:
        others = {symbol.id for symbol in answer.candidates}
        names = {symbol.qualified_name for symbol in answer.candidates} - {answer.symbol.qualified_name}
        meant = [
            row for row in answer.results if row.symbol.id not in others and row.symbol.qualified_name not in names
        ]
        meant = [row for row in meant if not row.symbol.is_test] or meant
        answer = replace(answer, results=tuple(meant))
    facts = [definition_of(sight, row.symbol) for row in answer.results[:MAX_FACTS]]
    return facts, outcome(sight, answer)


def _found(sight: Sight, name: str) -> StructuralAnswer:
    """Return what a name is: code before a heading of the same name; where it is neither, a document."""
    is_code = bool(definitions_of(sight.graph, sight.scope, written_name(name), kinds=CODE_KINDS))
    return structure.find_symbol(sight.graph, sight.scope, name, kinds=CODE_KINDS if is_code else ())


def explain(sight: Sight) -> Result:
    """The definition with its most relevant lines, its members, callers, callees and bases."""
    answer = _single_type(sight, _found(sight, sight.task["names"][0]), lambda name: _found(sight, name))
    if answer.symbol is None or answer.verdict is not Verdict.FOUND:
        return [definition_of(sight, row.symbol) for row in answer.results[:MAX_FACTS]], outcome(sight, answer)
    symbol = answer.symbol
    members = _members(sight, symbol) if symbol.kind in ("class", "interface", "module", "package") else []
    facts = [definition_of(sight, symbol)]
    if (
        symbol.kind not in ("module", "package") or not members
    ):  # a file opens with a licence or imports: what it holds says more
        facts += _excerpt(sight, symbol)
    facts += members
    found_callers = structure.callers(sight.graph, sight.scope, symbol.id, limit=sight.release.limits.results)
    production = [row for row in found_callers.results if not row.symbol.is_test] or list(found_callers.results)
    facts += reached(sight, production[:_NEIGHBOURS], "in", "caller", symbol)
    if symbol.kind in ("function", "method"):
        found_callees = structure.callees(sight.graph, sight.scope, symbol.id, limit=sight.release.limits.results)
        facts += reached(sight, found_callees.results[:_NEIGHBOURS], "out", "callee", symbol)
    if symbol.kind in ("class", "interface"):
        bases = inheritance.superclasses(sight.graph, sight.scope, symbol.id, max_depth=1)
        derived = inheritance.subclasses(sight.graph, sight.scope, symbol.id, max_depth=1)
        facts += reached(sight, bases.results[:_NEIGHBOURS], "out", "base", symbol)
        facts += reached(sight, derived.results[:_NEIGHBOURS], "in", "derived", symbol)
    return facts, outcome(sight, answer)


def callers(sight: Sight) -> Result:
    """Who calls it. A class that nothing calls by name, and a variable, are answered by all their uses."""
    limits, name = sight.release.limits, sight.task["names"][0]
    tiers = _WIDE if sight.task["wide"] else _TRUSTED
    answer = structure.callers(sight.graph, sight.scope, name, limit=limits.results, tiers=tiers)
    if answer.symbol is None and answer.verdict is Verdict.UNKNOWN:
        return _outside(sight, name) or ([], outcome(sight, answer))
    uncallable = answer.symbol is not None and answer.symbol.kind not in ("function", "method")
    if uncallable and not answer.results:
        return usages(sight)
    return reached(sight, answer.results, "in", "caller", answer.symbol), _as_certain(sight, answer)


def usages(sight: Sight) -> Result:
    """Every direct use: calls, references, subclasses and imports."""
    answer = structure.impact(
        sight.graph, sight.scope, sight.task["names"][0], max_depth=1, limit=sight.release.limits.results
    )
    if answer.symbol is None and answer.verdict is Verdict.UNKNOWN:
        return _outside(sight, sight.task["names"][0]) or ([], outcome(sight, answer))
    facts = by_act(sight, reached(sight, answer.results, "in", "user", answer.symbol), answer.symbol)
    if answer.symbol is not None and asks_for_an_act(sight, answer.symbol) and not does_it(facts):
        facts += _of_the_same_name(sight, answer.symbol)
    return facts, {**outcome(sight, answer), "operation": "usages"}


def _of_the_same_name(sight: Sight, symbol: Symbol) -> list[Evidence]:
    return [definition_of(sight, one, note="namesake") for one in namesakes(sight, symbol)[:MAX_FACTS]]


def present(sight: Sight) -> Result:
    """Whether something is used at all: what the code defines by that name of code by its uses, all else by where it is named."""
    thing = thing_asked(sight)
    if _CODE_NAME.search(thing) and definitions_of(sight.graph, sight.scope, thing, kinds=CODE_KINDS):
        task: Task = {**sight.task, "names": [thing], "operation": "usages"}
        return usages(sight.about(task))
    return presence(sight)


def _outside(sight: Sight, name: str) -> Result | None:
    """What imports a name of another package; None when nothing does. Which of them use it further is not looked into."""
    answer = structure.importers(sight.graph, sight.scope, name, limit=sight.release.limits.results)
    if answer.symbol is not None or answer.verdict is not Verdict.FOUND:
        return None
    return reached(sight, answer.results, "in", "importer", None), outcome(sight, answer)


def callees(sight: Sight) -> Result:
    tiers = _WIDE if sight.task["wide"] else _TRUSTED
    answer = structure.callees(
        sight.graph, sight.scope, sight.task["names"][0], limit=sight.release.limits.results, tiers=tiers
    )
    return reached(sight, answer.results, "out", "callee", answer.symbol), _as_certain(sight, answer)


def _as_certain(sight: Sight, answer: StructuralAnswer) -> Outcome:
    """Return the outcome; what was found by guesses alone stays unknown."""
    if answer.results and all(row.tier is Tier.AMBIGUOUS for row in answer.results):
        answer = replace(answer, verdict=Verdict.UNKNOWN)
    return outcome(sight, answer)


def impact(sight: Sight) -> Result:
    if (project := package_asked(sight)) is not None:
        return dependants(sight, project)
    limits = sight.release.limits
    answer = structure.impact(
        sight.graph, sight.scope, sight.task["names"][0], max_depth=limits.depth, limit=limits.results
    )
    if answer.symbol is None and answer.verdict is Verdict.UNKNOWN:
        return _outside(sight, sight.task["names"][0]) or ([], outcome(sight, answer))
    return reached(sight, answer.results, "in", "dependant", answer.symbol), outcome(sight, answer)


def path(sight: Sight) -> Result:
    """The shortest chain of calls from the first name to the second."""
    names = sight.task["names"]
    if len(names) < 2:
        return define(sight)
    answer = ways.path_between(sight.graph, sight.scope, names[0], names[1], max_depth=sight.release.limits.path_depth)
    facts = [
        sight.evidence(
            "relation",
            sight.cite_site(relation.source, relation.site),
            about=relation.source,
            other=relation.target,
            relation=relation,
            hops=number,
            note="hop",
        )
        for number, relation in enumerate(answer.relations[:MAX_FACTS], 1)
    ]
    return facts, path_outcome(sight, answer)


def subclasses(sight: Sight) -> Result:
    """The types derived from a type. Of a method, the methods that override it; of a function, each of its definitions."""
    limit = sight.release.limits.results

    def ask(name: str) -> StructuralAnswer:
        return inheritance.subclasses(sight.graph, sight.scope, name, limit=limit)

    answer = _the_one_with_heirs(_as_type(sight, ask), ask)
    if answer.symbol is not None and answer.symbol.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD):
        return _implementations(sight, answer)
    if (
        answer.symbol is not None and answer.symbol.kind is SymbolKind.VARIABLE
    ):  # a member that objects give a function for
        return _of_the_same_name(sight, answer.symbol), outcome(sight, answer)
    return reached(sight, answer.results, "in", "derived", answer.symbol), outcome(sight, answer)


def _implementations(sight: Sight, answer: StructuralAnswer) -> Result:
    assert answer.symbol is not None
    others = inheritance.overrides_of(sight.graph, sight.scope, answer.symbol, limit=sight.release.limits.results)
    if others:
        answer = replace(answer, results=others, verdict=Verdict.FOUND)
        return reached(sight, others, "in", "derived", answer.symbol), {
            **outcome(sight, answer),
            "operation": "overrides",
        }
    facts, defined = define(sight)
    return facts, {**defined, "operation": "define"}


def overrides(sight: Sight) -> Result:
    """The methods that override a method; of a type the types derived from it."""
    limit = sight.release.limits.results
    answer = inheritance.overriders(sight.graph, sight.scope, sight.task["names"][0], limit=limit)
    if answer.symbol is not None and answer.symbol.kind is not SymbolKind.METHOD:
        facts, found = subclasses(sight)
        return facts, {**found, "operation": "subclasses"}
    return reached(sight, answer.results, "in", "derived", answer.symbol), outcome(sight, answer)


def superclasses(sight: Sight) -> Result:
    limit = sight.release.limits.results
    answer = _as_type(sight, lambda name: inheritance.superclasses(sight.graph, sight.scope, name, limit=limit))
    return reached(sight, answer.results, "out", "base", answer.symbol), outcome(sight, answer)


def hierarchy(sight: Sight) -> Result:
    """Bases and derived types together."""
    above, up = superclasses(sight)
    below, down = subclasses(sight)
    both: Outcome = {
        **down,
        "total": up["total"] + down["total"],
        "in_tests": up.get("in_tests", 0) + down.get("in_tests", 0),
        "truncated": up["truncated"] or down["truncated"],
        "uncovered": list(dict.fromkeys([*up["uncovered"], *down["uncovered"]])),
    }
    if Verdict.FOUND.value in (up["verdict"], down["verdict"]):
        both["verdict"] = Verdict.FOUND.value
    elif Verdict.UNKNOWN.value in (up["verdict"], down["verdict"]):
        both["verdict"] = Verdict.UNKNOWN.value
    return above + below, both


def importers(sight: Sight) -> Result:
    if (project := package_asked(sight)) is not None:
        return dependants(sight, project)
    answer = structure.importers(sight.graph, sight.scope, sight.task["names"][0], limit=sight.release.limits.results)
    return reached(sight, answer.results, "in", "importer", answer.symbol), outcome(sight, answer)


def imports(sight: Sight) -> Result:
    """What the file of the symbol (or the package) imports, inside the project and outside; of a package with a manifest what that declares."""
    if (project := package_asked(sight)) is not None:
        return requirements(sight, project)
    answer = structure.find_symbol(sight.graph, sight.scope, sight.task["names"][0])
    if answer.symbol is None:
        return [definition_of(sight, row.symbol) for row in answer.results[:MAX_FACTS]], outcome(sight, answer)
    symbol = answer.symbol
    files = sight.graph.outline(sight.scope, symbol.repository, symbol.path)
    sources = [symbol.id, *(s.id for s in files if not s.local_name)]
    relations = sight.graph.relations(
        sight.scope, sources, "out", kinds=(RelationKind.IMPORTS,), tiers=_ALL_TIERS, limit=sight.release.limits.results
    )
    facts = []
    for relation in relations[:MAX_FACTS]:
        citation = sight.cite_site(relation.source, relation.site)
        facts.append(
            sight.evidence(
                "relation",
                citation,
                about=relation.source,
                other=relation.target,
                relation=relation,
                hops=1,
                note="import" if relation.target is not None else f"external {relation.external}",
            )
        )
    result = outcome(sight, answer)
    result["total"] = len(relations)
    result["verdict"] = (Verdict.FOUND if relations else Verdict.NONE).value
    return facts, result


def external(sight: Sight) -> Result:
    """The packages outside the project that its own code imports, by how many files do; then those of tests and examples."""
    counts: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    shown: dict[str, list[Relation]] = {}
    seen: set[tuple[str, str]] = set()
    ours: dict[str, bool] = {}

    def is_ours(package: str) -> bool:
        if package not in ours:
            found = sight.graph.find(sight.scope, package, kinds=(SymbolKind.PACKAGE,), limit=1)
            ours[package] = any(symbol.qualified_name == package for symbol in found)
        return ours[package]

    rows = sight.graph.iter_relations(sight.scope, kinds=(RelationKind.IMPORTS,))
    for relation in islice(rows, _MAX_IMPORTS_COUNTED):
        package = package_of(relation.external or ".")
        if package.startswith(".") or is_standard(relation.source.language, package) or is_ours(package):
            continue  # `./page.html` is no package, and what comes with the language needs no mention
        if (package, relation.site.path) not in seen:
            seen.add((package, relation.site.path))
            is_other = relation.source.is_test or is_aside(relation.site.path)
            counts[package] += 1
            aside[package] += is_other
            examples = shown.setdefault(package, [])
            if not is_other or len(examples) < _IMPORTS_TRIED:
                examples.append(relation)
    ranked = sorted(counts.items(), key=lambda item: (aside[item[0]] >= item[1], -item[1], item[0]))
    facts = []
    for package, number in ranked[:MAX_FACTS]:
        example = _naming_line(sight, shown[package], package)
        cited = sight.cite_site(example.source, example.site)
        facts.append(sight.evidence("fact", cited, tier=Tier.EXTERNAL.value, score=float(number), note=package))
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(counts))


def _naming_line(sight: Sight, examples: Sequence[Relation], package: str) -> Relation:
    """Return the import whose line names the package; a statement over several lines, or a comment, may not."""
    nearest = sorted(examples, key=lambda relation: relation.source.is_test or is_aside(relation.site.path))
    for relation in nearest[:_IMPORTS_TRIED]:
        line = sight.text(relation.source.repository, relation.site.path, relation.site.line, relation.site.line)
        if package in line:
            return relation
    return nearest[0]


def tests(sight: Sight) -> Result:
    answer = structure.tests_of(sight.graph, sight.scope, sight.task["names"][0])
    found = outcome(sight, answer)
    if answer.results and all(row.dispatched for row in answer.results):
        found["message"] = "whether these run it: on the way a method is called that others override"
    return reached(sight, answer.results, "in", "test", answer.symbol), found


def overview(sight: Sight) -> Result:
    """Languages, frameworks, entry points and main modules of each repository."""
    facts: list[Evidence] = []
    for repository in sight.repositories[:5]:
        shown = overviews.overview(sight.graph, sight.scope, repository)
        info = shown.repository
        lines = sorted(shown.languages.items(), key=lambda item: -item[1])
        summary = ", ".join(f"{title_of(language)} {count:,} lines" for language, count in lines[:6])
        facts.append(
            sight.evidence(
                "summary",
                sight.cite(repository, "", 0, 0, None),
                note=f"{info.name}\t{info.file_count}\t{info.symbol_count}\t{summary}",
            )
        )
        for framework, manifest in shown.frameworks[:12]:
            line = line_showing(sight.lines(repository, manifest), framework)
            facts.append(
                sight.evidence("framework", sight.cite(repository, manifest, line, line, None), note=framework)
            )
        facts += stack_facts(sight, repository, _WORKED_WITH)
        for kind, symbols in (("entry", shown.entry_points), ("module", shown.top_modules)):
            facts += [sight.evidence(kind, sight.cite_name(s), about=s) for s in symbols[:_NEIGHBOURS]]
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(facts))


OPERATIONS: dict[str, Callable[[Sight], Result]] = {
    "define": or_spelled(define),
    "explain": or_spelled(explain),
    "callers": or_spelled(callers),
    "usages": or_spelled(usages),
    "callees": callees,
    "impact": or_spelled(impact),
    "path": path,
    "subclasses": subclasses,
    "overrides": overrides,
    "superclasses": superclasses,
    "hierarchy": hierarchy,
    "importers": importers,
    "imports": imports,
    "external": external,
    "tests": tests,
    "overview": overview,
    "traceback": traceback,
    "history": history,
    "review": review,
    "file": file_tour,
    "folder": folder,
    "patch": places_to_change,
    "presence": present,
    **WHOLE_OPERATIONS,
}


def _as_type(sight: Sight, ask: Callable[[str], StructuralAnswer]) -> StructuralAnswer:
    """Ask about a type: the class of that name rather than a method or variable, the class of a file rather than the file."""
    name = sight.task["names"][0]
    answer = ask(name)
    known = answer.symbol is not None and answer.symbol.kind in _TYPES
    if known or (answer.symbol is None and answer.verdict is Verdict.UNKNOWN):
        return answer
    if answer.symbol is not None and answer.symbol.kind == "module":
        outline = sight.graph.outline(sight.scope, answer.symbol.repository, answer.symbol.path)
        types = [symbol for symbol in outline if symbol.kind in _TYPES and "." not in symbol.local_name]
        stem = PurePosixPath(answer.symbol.path).stem.lower()
        named = [symbol for symbol in types if symbol.name.lower() == stem]
        return ask((named or types)[0].id) if len(named or types) == 1 else answer
    meaning = understand(sight.graph, sight.scope, name, kinds=_TYPES)
    if meaning.main is not None:
        return replace(ask(meaning.main.id), candidates=meaning.candidates)
    if meaning.verdict is Verdict.AMBIGUOUS:
        return replace(answer, symbol=None, verdict=meaning.verdict, results=(), candidates=meaning.candidates)
    return answer


def _the_one_with_heirs(answer: StructuralAnswer, ask: Callable[[str], StructuralAnswer]) -> StructuralAnswer:
    """Where a name means several types and something derives from just one of them, mean that one and keep the others in sight."""
    if answer.verdict is not Verdict.AMBIGUOUS or not 2 <= len(answer.candidates) <= _HEIRS_ASKED:
        return answer
    found = [
        other for other in (ask(symbol.id) for symbol in answer.candidates if symbol.kind in _TYPES) if other.results
    ]
    if len(found) != 1 or found[0].symbol is None:
        return answer
    meant = found[0].symbol.id
    return replace(found[0], candidates=tuple(symbol for symbol in answer.candidates if symbol.id != meant))


def _single_type(sight: Sight, answer: StructuralAnswer, ask: Callable[[str], StructuralAnswer]) -> StructuralAnswer:
    """Where a name means several symbols and just one of them is a type, or stands for one, mean the type and keep the others in sight."""
    if answer.verdict is not Verdict.AMBIGUOUS:
        return answer
    meant = {symbol.id: _type_of(sight, symbol) for symbol in answer.candidates}
    types = list({found.id: found for found in meant.values() if found is not None}.values())
    if len(types) != 1:
        return replace(answer, candidates=tuple(types) or answer.candidates, results=())
    others = tuple(symbol for symbol in answer.candidates if meant[symbol.id] is None)
    return replace(ask(types[0].id), candidates=others)


def _type_of(sight: Sight, symbol: Symbol) -> Symbol | None:
    return symbol if symbol.kind in _TYPES else type_behind(sight.graph, sight.scope, symbol)


def _excerpt(sight: Sight, symbol: Symbol) -> list[Evidence]:
    size = sight.release.limits.quoted_lines
    start, end = symbol.start_line, symbol.end_line
    if symbol.kind == "module":
        end = min(end, start + size - 1)
    first, last = sight.excerpt(symbol.repository, symbol.path, start, end, size, prose=False)
    return [
        sight.evidence(
            "excerpt",
            sight.cite(symbol.repository, symbol.path, first, last, symbol.qualified_name),
            about=symbol,
            excerpt=sight.text(symbol.repository, symbol.path, first, last),
        )
    ]


def _members(sight: Sight, symbol: Symbol) -> list[Evidence]:
    outline = sight.graph.outline(sight.scope, symbol.repository, symbol.path)
    if symbol.kind is SymbolKind.PACKAGE:
        outline = _outline_of_package(sight, symbol)
        symbol = replace(symbol, local_name="")
    prefix = f"{symbol.local_name}." if symbol.local_name else ""  # Go and Rust write methods outside their type
    inside = [s for s in outline if s.kind in _MEMBER_KINDS and s.local_name.startswith(prefix)]
    owned = [s for s in inside if s.name and "." not in s.local_name[len(prefix) :]]
    public = [s for s in owned if not s.name.startswith("_")] or owned
    return [sight.evidence("member", sight.cite_name(s), about=s, score=float(len(public))) for s in public[:12]]


def _outline_of_package(sight: Sight, package: Symbol) -> list[Symbol]:
    """Return what the files beside the one that stands for a package define, its tests left out."""
    folder = package.path.rpartition("/")[0]
    known = sight.graph.paths(sight.scope, package.repository)
    files = sorted(path for path in known if path.rpartition("/")[0] == folder)[:_PACKAGE_FILES]
    found = [symbol for path in files for symbol in sight.graph.outline(sight.scope, package.repository, path)]
    return [symbol for symbol in found if not symbol.is_test and symbol.language == package.language]
