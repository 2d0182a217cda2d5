"""What a name means: one logical symbol, several, or none with the nearest names. Never picks in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from knowledge.evidence import Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.passing_on import passed_on
from tools.places import is_aside, is_declaration

MAX_MEANINGS = 200
MAX_CANDIDATES = 20
MAX_NEAR_SYMBOLS = 100_000
"""Above this many symbols no spelling mistakes are looked for: it would take longer than the question is worth."""
MAX_FULLY_READ = 15_000
"""Above this many symbols only what can be called or made is looked at for spelling mistakes."""
MAX_NEAR_NAMES = 5
_NEAR_ENOUGH = 0.75
MAX_FETCHING_LINES = 4
"""Lines of a function that does no more than import something and return it."""

_STANDS_FOR = re.compile(
    r"(?:(?:export|const|let|var|static|final)\s+)*\w+(?:\s*:[^=]+)?\s*=\s*(?P<of>[A-Za-z_]\w*)\s*;?\s*$"
)
_DEFINING = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD})
_DESCRIBING = frozenset({SymbolKind.DOCUMENT, SymbolKind.SECTION})
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_BODIES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})

CODE_KINDS = tuple(kind for kind in SymbolKind if kind not in _DESCRIBING)
"""What questions about calls, imports and inheritance can be about: a heading `kombu` is not the package `kombu`."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """symbols: every definition of the one logical symbol, the main one first; empty when none or several are meant.

    verdict: found, ambiguous or unknown. candidates: the other meanings, or near names.
    """

    symbols: tuple[Symbol, ...]
    verdict: Verdict
    candidates: tuple[Symbol, ...]

    @property
    def main(self) -> Symbol | None:
        return self.symbols[0] if self.symbols else None

    @property
    def ids(self) -> list[str]:
        return [symbol.id for symbol in self.symbols]


def understand(
    graph: CodeGraph, scope: Scope, name: str, *, kinds: Sequence[SymbolKind] = (), path: str | None = None
) -> Meaning:
    """Return what `name` means: anything that `CodeGraph.find` takes, a call `f()`, a path of a covered file, or a name that a
    module passes on."""
    name = written_name(name)
    found = definitions_of(graph, scope, name, kinds=kinds, path=path)
    if not found:
        return Meaning((), Verdict.UNKNOWN, near_names(graph, scope, name))
    groups = _with_declarations(_logical_symbols(found))
    chosen = _plainly_meant(graph, scope, groups)
    if chosen is None:
        return Meaning((), Verdict.AMBIGUOUS, tuple(group[0] for group in groups[:MAX_CANDIDATES]))
    others = tuple(group[0] for group in groups if group is not chosen)
    if len(found) == 1 and found[0].id == name:
        chosen = [*chosen, *_overloads(graph, scope, found[0])]
    return Meaning(tuple(chosen), Verdict.FOUND, others[:MAX_CANDIDATES])


def _overloads(graph: CodeGraph, scope: Scope, symbol: Symbol) -> list[Symbol]:
    """Return the other functions of the whole name of one that is asked for by its id: overloads, and variants for other platforms."""
    if symbol.kind not in _BODIES:
        return []
    named = graph.find(scope.narrowed(frozenset({symbol.repository})), symbol.qualified_name, limit=MAX_MEANINGS)
    same = [one for one in named if one.qualified_name == symbol.qualified_name and one.kind in _BODIES]
    return [one for one in same if one.id != symbol.id]


def definitions_of(
    graph: CodeGraph, scope: Scope, name: str, *, kinds: Sequence[SymbolKind] = (), path: str | None = None
) -> list[Symbol]:
    """Return what is called `name`, else the modules of a file at that path, else what a module passes on under it."""
    found = graph.find(scope, name, kinds=kinds, path=path, limit=MAX_MEANINGS) or modules_at(graph, scope, name)
    if path is None and not any(name.endswith(symbol.name) for symbol in found):  # none, or one in other letters
        found = passed_on(graph, scope, name) or found
    return [symbol for symbol in found if not kinds or symbol.kind in kinds]


def written_name(name: str) -> str:
    """Return the name without the quotes, white space and call brackets that people write around it."""
    return name.strip().strip("`'\"").removesuffix("()").strip()


def modules_at(graph: CodeGraph, scope: Scope, path: str) -> list[Symbol]:
    """Return the module symbols of the covered files at `path` or at a path that ends with it."""
    path = path.removeprefix("./")
    if "." not in path:
        return []
    found = []
    for info in graph.repositories(scope):
        for known in graph.paths(scope, info.name):
            if known == path or known.endswith("/" + path):
                found.extend(graph.outline(scope, info.name, known)[:1])
    return found


def type_behind(graph: CodeGraph, scope: Scope, symbol: Symbol) -> Symbol | None:
    """Return the type that a name of a module stands for (`chord = _chord`), None for any other symbol."""
    if symbol.kind is not SymbolKind.VARIABLE or "." in symbol.local_name:
        return None
    said = _STANDS_FOR.match(symbol.signature)
    if said is None or said["of"] == symbol.name:
        return None
    found = graph.find(scope, said["of"], kinds=tuple(sorted(_TYPES)), path=symbol.path, limit=2)
    return found[0] if len(found) == 1 else None


def near_names(graph: CodeGraph, scope: Scope, name: str) -> tuple[Symbol, ...]:
    """Return symbols that may have been meant: the last part of the name alone, else names spelled much alike."""
    last = name.replace("::", ".").replace("/", ".").replace("#", ".").rpartition(".")[2]
    if last != name and (found := graph.find(scope, last, limit=MAX_CANDIDATES)):
        wanted = name.lower()
        found.sort(
            key=lambda symbol: (
                symbol.is_test or is_declaration(symbol.path),
                -SequenceMatcher(None, wanted, symbol.qualified_name.lower()[-len(wanted) :], autojunk=False).ratio(),
            )
        )
        return tuple(found[:MAX_NEAR_NAMES])
    size = sum(info.symbol_count for info in graph.repositories(scope))
    if not last or size > MAX_NEAR_SYMBOLS:
        return ()
    kinds = CODE_KINDS if size <= MAX_FULLY_READ else tuple(sorted(_DEFINING))
    initial, last = last[:1], last.lower()
    pairs, slack = _letter_pairs(last), max(2, len(last) // 4)
    scored: dict[str, tuple[float, Symbol]] = {}
    for symbol in graph.iter_symbols(scope, kinds=kinds):
        name = symbol.name.lower()
        known = scored.get(name)
        if known is not None:
            ours, theirs = symbol.name[:1] == initial, known[1].name[:1] == initial
            if known[0] and (ours > theirs or (ours == theirs and _is_better(symbol, known[1]))):
                scored[name] = known[0], symbol
        elif abs(len(name) - len(last)) <= slack and (name[:1] == last[:1] or name[-1:] == last[-1:]):
            scored[name] = _likeness(last, pairs, name), symbol
    near = [(score, symbol) for score, symbol in scored.values() if score >= _NEAR_ENOUGH]
    near.sort(key=lambda one: (-round(one[0], 1), one[1].is_test, -one[0], one[1].id))
    return tuple(symbol for _, symbol in near[:MAX_NEAR_NAMES])


_SWAPPED_LETTERS = 0.9
"""Likeness of two names with the same letters in another order, the commonest slip (`Tsak`)."""


def _likeness(name: str, pairs: frozenset[str], other: str) -> float:
    """Return 0..1; names that share too few pairs of letters to be a slip of each other are not looked at closely."""
    if sorted(name) == sorted(other):
        return _SWAPPED_LETTERS
    shared = len(pairs & _letter_pairs(other))
    if 2 * shared < len(pairs) - 1:
        return 0.0
    return SequenceMatcher(None, name, other, autojunk=False).ratio()


def _letter_pairs(name: str) -> frozenset[str]:
    return frozenset(name[at : at + 2] for at in range(len(name) - 1))


def _is_better(symbol: Symbol, known: Symbol) -> bool:
    return (symbol.is_test, symbol.kind not in _DEFINING) < (known.is_test, known.kind not in _DEFINING)


def _logical_symbols(found: Sequence[Symbol]) -> list[list[Symbol]]:
    """Group overloads, a declaration with its definition, and a class with its constructor of the same name."""
    types = {(symbol.repository, symbol.qualified_name): symbol for symbol in found if symbol.kind in _TYPES}
    groups: dict[tuple[str, str], list[Symbol]] = {}
    for symbol in found:
        # by name and not by parent: C++ defines a constructor in another file than its class
        owner = types.get((symbol.repository, symbol.qualified_name.removesuffix(symbol.name).rstrip(".:")))
        constructs = owner is not None and owner.name == symbol.name
        logical = owner if owner is not None and constructs else symbol
        groups.setdefault((logical.repository, logical.qualified_name), []).append(symbol)
    for group in groups.values():
        # A type before its constructor, then a definition before its declaration: the longer of the two.
        group.sort(key=lambda symbol: (symbol.kind not in _TYPES, symbol.start_line - symbol.end_line))
    return list(groups.values())


def _with_declarations(groups: list[list[Symbol]]) -> list[list[Symbol]]:
    """Join what a declaration file (`.d.ts`, `.pyi`) says to the one definition that it is about."""
    defined: dict[tuple[str, str], list[list[Symbol]]] = {}
    for group in groups:
        if not is_declaration(group[0].path) and not group[0].is_test and not is_aside(group[0].path):
            defined.setdefault((group[0].repository, group[0].local_name), []).append(group)
    kept = []
    for group in groups:
        meant = defined.get((group[0].repository, group[0].local_name), [])
        if is_declaration(group[0].path) and len(meant) == 1:
            meant[0].extend(group)
        else:
            kept.append(group)
    return kept


def _plainly_meant(graph: CodeGraph, scope: Scope, groups: list[list[Symbol]]) -> list[Symbol] | None:
    """Return the group that is left once tests, examples, declarations, mere variables, files of the same name and inner names give way."""
    kept = [group for group in groups if not group[0].is_test] or groups
    kept = [group for group in kept if not is_aside(group[0].path)] or kept
    kept = [group for group in kept if not is_declaration(group[0].path)] or kept
    kept = [group for group in kept if _defines(graph, scope, group[0])] or kept
    held = {
        (one.repository, one.path)
        for one, *_ in kept
        if one.kind is not SymbolKind.MODULE and "." not in one.local_name
    }
    kept = [group for group in kept if not _is_path(group[0]) or (group[0].repository, group[0].path) not in held]
    if len(kept) > 1:
        parents = graph.symbols(scope, [group[0].parent_id for group in kept if group[0].parent_id])
        bodies = {parent.id for parent in parents if parent.kind in _BODIES}
        kept = [group for group in kept if group[0].parent_id not in bodies] or kept
        types = [group for group in kept if group[0].kind in _TYPES]
        if len(types) == 1:
            kept = [group for group in kept if group is types[0] or not _leads_to(graph, scope, group[0], types[0][0])]
    return kept[0] if len(kept) == 1 else None


def _leads_to(graph: CodeGraph, scope: Scope, symbol: Symbol, meant: Symbol) -> bool:
    """Whether a function only fetches the type of its name when it is asked: `get Chunk() { return require("./Chunk"); }`."""
    if symbol.kind not in _BODIES or symbol.end_line - symbol.start_line > MAX_FETCHING_LINES:
        return False
    module = f"{symbol.repository}:{symbol.path}#"
    imports = graph.relations(scope, [module, symbol.id], "out", kinds=(RelationKind.IMPORTS,))
    return any(
        link.target is not None
        and link.target.path == meant.path
        and link.site.path == symbol.path
        and symbol.start_line <= link.site.line <= symbol.end_line
        for link in imports
    )


def _is_path(symbol: Symbol) -> bool:
    """Tell whether a module is named by a path (`src/initTRPC`): a bare name means what it holds under that name."""
    return symbol.kind is SymbolKind.MODULE and "/" in symbol.qualified_name


def _defines(graph: CodeGraph, scope: Scope, symbol: Symbol) -> bool:
    return symbol.kind in _DEFINING or type_behind(graph, scope, symbol) is not None
