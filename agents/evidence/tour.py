"""The operation that shows a newcomer round one file."""

from __future__ import annotations

from agents.evidence.facts import definition_of
from agents.evidence.outcomes import Result, outcome, plain_outcome
from agents.evidence.sight import Sight
from agents.state import Evidence
from configs.errors import InputError
from knowledge.evidence import Verdict
from knowledge.schema import Relation, Symbol, SymbolKind
from tools import structure
from tools.frameworks import package_of
from tools.places import is_aside
from tools.tour import tour

_SYMBOLS = 10
_FILES = 8
_IMPORTS = 30
_TESTS = 6
_DOCUMENTS = frozenset({SymbolKind.DOCUMENT, SymbolKind.SECTION})


def file_tour(sight: Sight) -> Result:
    """What a file is for, its symbols by importance, who uses it, what it uses, its tests, and where to begin.

    Raises:
        InputError: the question names no file and no symbol in one.
    """
    if not sight.task["names"]:
        raise InputError("which file is meant is not said", next_step="name it: explain the file `path/to/file.py`")
    answer = structure.find_symbol(sight.graph, sight.scope, sight.task["names"][0])
    module = _module_of(sight, answer.symbol)
    if module is None:
        return [definition_of(sight, row.symbol) for row in answer.results[:_SYMBOLS]], outcome(sight, answer)
    shown = tour(sight.graph, sight.scope, module)
    lines = len(sight.lines(module.repository, module.path))
    facts = [
        definition_of(
            sight,
            module,
            note=f"file\t{lines}\t{len([one for one in shown.users if not is_aside(one.source.path)])}\t{len(shown.tests)}",
        )
    ]
    if shown.purpose is not None:
        first, last = shown.purpose[0], min(shown.purpose[1], shown.purpose[0] + sight.release.limits.quoted_lines - 1)
        cited = sight.cite(module.repository, module.path, first, last, None)
        text = sight.text(module.repository, module.path, first, last)
        facts.append(sight.evidence("excerpt", cited, about=module, excerpt=text, note="purpose"))
    facts += [
        definition_of(sight, symbol, score=float(users), note="symbol") for symbol, users in shown.symbols[:_SYMBOLS]
    ]
    facts += [_fact(sight, link, "user", len(shown.users)) for link in shown.users[:_FILES]]
    facts += [_fact(sight, link, "inside", len(shown.inside)) for link in shown.inside[:_FILES]]
    packages = {package_of(link.external or ".") for link in shown.outside}
    facts += [_outside(sight, link, len(packages)) for link in shown.outside[:_IMPORTS]]
    facts += [_fact(sight, link, "test", len(shown.tests)) for link in shown.tests[:_TESTS]]
    found = plain_outcome(sight, Verdict.FOUND, total=len(facts))
    return facts, {**found, "symbol": sight.row(module), "truncated": shown.truncated}


def _module_of(sight: Sight, symbol: Symbol | None) -> Symbol | None:
    """Return the file that a name is, or is in."""
    if symbol is None or not symbol.local_name:
        return symbol
    outline = sight.graph.outline(sight.scope, symbol.repository, symbol.path)
    return next((one for one in outline if not one.local_name), None)


def _fact(sight: Sight, link: Relation, note: str, total: int) -> Evidence:
    incoming = note in ("user", "test")
    return sight.evidence(
        "relation",
        sight.cite_site(link.source, link.site),
        about=link.source if incoming else link.target,
        other=link.target if incoming else link.source,
        relation=link,
        score=float(total),
        note=note,
    )


def _outside(sight: Sight, link: Relation, total: int) -> Evidence:
    cited = sight.cite_site(link.source, link.site)
    return sight.evidence("external", cited, tier=link.tier.value, score=float(total), note=f"outside\t{link.external}")
