"""Candidates for deletion: private code that nothing in the indexed repository uses. Never more than candidates.

Left out, because something that we cannot see may use them: what the language shows to the outside, what overrides or
implements something, what carries a decorator or annotation, entry points, tests, and members of classes with a base
outside the project when they could answer to it, what an interface declares, and generated files. So are methods and types whose name the product writes anywhere
else: of which object `x.name` speaks is not always known, a method that some base class reaches through `self` is not dead, and a type is used by
declarations that are no relations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import DeadCode, DeadCodeAnswer
from tools.coverage import CONSTRUCTORS, distinct, generated_files, uncovered_files
from tools.places import is_aside, is_declaration, is_vendored
from tools.reaching import HIERARCHY

USES = (
    RelationKind.CALLS,
    RelationKind.REFERENCES,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.READS,
    RelationKind.HANDLES,
)
_ANSWERING = (RelationKind.OVERRIDES, RelationKind.IMPLEMENTS)
_EVERY_TIER = (Tier.EXACT, Tier.INFERRED, Tier.AMBIGUOUS)
_KINDS = (SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD)
_WRITTEN_IS_USED = frozenset({SymbolKind.METHOD, SymbolKind.CLASS, SymbolKind.INTERFACE})
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")
_ENTRY_NAMES = frozenset({"main", "init", "constructor", "default"}) | CONSTRUCTORS


def dead_code(graph: CodeGraph, scope: Scope, *, include_public: bool = False, limit: int = 100) -> DeadCodeAnswer:
    """Return functions, methods and classes that no other indexed code uses, those whose name is written nowhere else first, vendored code last.

    include_public: also what other repositories may use (public, exported, without a leading underscore).
    """
    used, used_by_tests = _used(graph, scope)
    answering = _sources(graph, scope, _ANSWERING)
    foreign = _with_foreign_bases(graph, scope)
    declared = {one.id for one in graph.iter_symbols(scope, kinds=(SymbolKind.INTERFACE,))}
    generated = generated_files(graph, scope)
    found = [
        symbol
        for symbol in graph.iter_symbols(scope, kinds=_KINDS)
        if symbol.id not in used
        and symbol.id not in answering
        and symbol.parent_id not in foreign
        and symbol.parent_id not in declared
        and (symbol.repository, symbol.path) not in generated
        and _is_plain(symbol)
        and (include_public or not is_public(symbol))
    ]
    found = [symbol for symbol in _outermost(found) if not graph.unresolved(scope, symbol.name, limit=1)]
    inner = _inside_functions(graph, scope, found)
    mentions, nearby, in_product = _mentions(graph, scope, found)
    rows = [
        DeadCode(symbol, mentions[symbol.id], symbol.id in used_by_tests)
        for symbol in found
        if not (symbol.id in inner and nearby[symbol.id])
        and not (symbol.kind in _WRITTEN_IS_USED and in_product[symbol.id])
    ]
    rows.sort(key=_likeliest_first)
    return DeadCodeAnswer(
        tuple(rows[:limit]), _hidden(graph, scope, [row.symbol for row in rows[:limit]]), len(rows) > limit
    )


def _likeliest_first(row: DeadCode) -> tuple[bool, bool, bool, int, str, int]:
    """Vendored code, which nobody deletes symbol by symbol, comes last."""
    symbol = row.symbol
    return is_vendored(symbol.path), row.only_tests, row.mentions > 0, row.mentions, symbol.path, symbol.line


def _used(graph: CodeGraph, scope: Scope) -> tuple[set[str], set[str]]:
    """Return the symbols that code uses, and those that only tests use. A use from within itself does not count."""
    columns = graph.relation_columns(scope, kinds=USES, tiers=_EVERY_TIER)
    tests = {symbol.id for symbol in graph.iter_symbols(scope) if symbol.is_test or is_aside(symbol.path)}
    used: set[str] = set()
    by_tests: set[str] = set()
    ids = columns.ids
    for source, target in set(zip(columns.sources.tolist(), columns.targets.tolist(), strict=True)):
        user, symbol = ids[source], ids[target]
        if user != symbol and not user.startswith(symbol + "."):
            (by_tests if user in tests else used).add(symbol)
    return used, by_tests - used


def _sources(graph: CodeGraph, scope: Scope, kinds: Sequence[RelationKind]) -> set[str]:
    columns = graph.relation_columns(scope, kinds=kinds, tiers=_EVERY_TIER)
    return {columns.ids[source] for source in set(columns.sources.tolist())}


def _with_foreign_bases(graph: CodeGraph, scope: Scope) -> set[str]:
    """Return the classes that come from outside the project, directly or further up: who calls their methods is not ours."""
    found = {link.source.id for link in graph.iter_relations(scope, kinds=HIERARCHY) if link.tier is Tier.EXTERNAL}
    columns = graph.relation_columns(scope, kinds=HIERARCHY, tiers=_EVERY_TIER)
    below: dict[str, list[str]] = {}
    for source, target in zip(columns.sources.tolist(), columns.targets.tolist(), strict=True):
        below.setdefault(columns.ids[target], []).append(columns.ids[source])
    pending = list(found)
    while pending:
        for child in below.get(pending.pop(), ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def _is_plain(symbol: Symbol) -> bool:
    """Whether nothing about the symbol itself says that somebody else may run it."""
    if symbol.is_test or is_aside(symbol.path) or is_declaration(symbol.path):
        return False
    dunder = symbol.name.startswith("__") and symbol.name.endswith("__")
    decorated = symbol.start_line < symbol.line and symbol.language in ("python", "java", "typescript", "javascript")
    return not (dunder or decorated or symbol.name in _ENTRY_NAMES or symbol.name.startswith("<"))


def is_public(symbol: Symbol) -> bool:
    """Whether the language shows the symbol to other repositories, as far as its signature and name tell."""
    words = symbol.signature.split("(", 1)[0].split()
    if symbol.language == "python":
        return not any(part.startswith("_") for part in symbol.local_name.split("."))
    if symbol.language == "go":
        return symbol.name[:1].isupper()
    if symbol.language == "rust":
        return any(word.startswith("pub") for word in words)
    if symbol.language == "java":
        return "private" not in words
    if symbol.language in ("c", "cpp"):
        return "static" not in words
    return "export" in words or not (symbol.name.startswith(("_", "#")) or "private" in words)


def _outermost(symbols: Iterable[Symbol]) -> list[Symbol]:
    """Leave out what lies inside another candidate: it goes with it."""
    kept: list[Symbol] = []
    known: set[str] = set()
    for symbol in symbols:
        if not any(symbol.id.startswith(other + ".") for other in _prefixes(symbol.id) if other in known):
            kept.append(symbol)
        known.add(symbol.id)
    return kept


def _prefixes(symbol_id: str) -> Iterable[str]:
    head, mark, local = symbol_id.partition("#")
    parts = local.split(".")
    return (f"{head}{mark}{'.'.join(parts[:count])}" for count in range(1, len(parts)))


def _inside_functions(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> set[str]:
    """Return the candidates that a function holds: it may return them, or pass them on under another name."""
    parents = graph.symbols(scope, list(dict.fromkeys(symbol.parent_id for symbol in symbols if symbol.parent_id)))
    holders = {parent.id for parent in parents if parent.kind in (SymbolKind.FUNCTION, SymbolKind.METHOD)}
    return {symbol.id for symbol in symbols if symbol.parent_id in holders}


def _mentions(
    graph: CodeGraph, scope: Scope, symbols: Collection[Symbol]
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Count how often each name is written beyond the definitions that carry it: anywhere, in its own file, in the product."""
    names = {symbol.name.encode() for symbol in symbols}
    own: dict[tuple[str, str], Counter[bytes]] = {(symbol.repository, symbol.path): Counter() for symbol in symbols}
    written: Counter[bytes] = Counter()
    aside: Counter[bytes] = Counter()
    for repository in sorted({symbol.repository for symbol in symbols}):
        for path in graph.paths(scope, repository):
            text = graph.read_text(scope, repository, path) or b""
            words = Counter(word for word in _WORD.findall(text) if word in names)
            written.update(words)
            if is_aside(path):
                aside.update(words)
            if (repository, path) in own:
                own[repository, path] = words
    defined = Counter(symbol.name.encode() for symbol in symbols)
    defined_here = Counter((symbol.repository, symbol.path, symbol.name) for symbol in symbols)
    anywhere, nearby, in_product = {}, {}, {}
    for symbol in symbols:
        name, place = symbol.name.encode(), (symbol.repository, symbol.path)
        anywhere[symbol.id] = max(written[name] - defined[name], 0)
        nearby[symbol.id] = max(own[place][name] - defined_here[*place, symbol.name], 0)
        in_product[symbol.id] = max(written[name] - aside[name] - defined[name], 0)
    return anywhere, nearby, in_product


def _hidden(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> tuple[Uncovered, ...]:
    return distinct(uncovered_files(graph, scope, symbols))
