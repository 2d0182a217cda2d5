"""What code outside the project may run: methods of a class whose base lies there, and functions that a decorator is given.

Nothing of that is seen in the indexed files, so that no call there does not mean no call.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, Strategy, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.coverage import CONSTRUCTORS, MAX_UNCOVERED
from tools.dispatch import MAX_LINE
from tools.reaching import CALLS, HIERARCHY, ids_of

_TYPES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_BODIES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_DISPATCHING = frozenset({"python", "javascript", "typescript", "java", "cpp"})
"""Languages in which a base calls what its heirs define. Of Go and Rust a type does not tell which methods are for a foreign interface."""
_CALLED_UNWRITTEN: Mapping[str, frozenset[str]] = {
    "java": frozenset({"toString", "equals", "hashCode"}),
    "javascript": frozenset({"toString", "valueOf", "toJSON"}),
    "typescript": frozenset({"toString", "valueOf", "toJSON"}),
    "go": frozenset({"String", "Error", "MarshalJSON", "UnmarshalJSON", "Unwrap", "Is", "As"}),
}
"""Methods that an operator, a conversion or the standard library calls on any object."""
_DECORATED = frozenset({"python", "typescript", "javascript", "java"})
_DECORATOR = re.compile(r"^\s*@\s*(?P<name>[A-Za-z_][\w.]*)")
_IDLE = """
property staticmethod classmethod abstractmethod override overload final cached_property lru_cache cache wraps contextmanager
asynccontextmanager setter getter deleter total_ordering dataclass deprecated singledispatch register no_type_check
Override Deprecated SuppressWarnings SafeVarargs FunctionalInterface Nullable Nonnull NonNull NotNull VisibleForTesting Contract
"""
_IDLE_DECORATORS = frozenset(_IDLE.split())
"""Decorators that call the function only when it is called itself, and annotations that say something about it."""
_ALL_MEMBERS = {
    "abc.ABC": "", "enum.Enum": "_missing_ _generate_next_value_ __str__ __repr__ __format__ __hash__",
    "AutoCloseable": "close", "java.io.Closeable": "close", "Closeable": "close", "java.io.Serializable": "writeObject readObject readResolve writeReplace",
    "Serializable": "writeObject readObject readResolve writeReplace", "Cloneable": "clone", "Comparable": "compareTo", "Runnable": "run",
    "Iterable": "iterator spliterator forEach", "java.util.function.Supplier": "get", "java.util.concurrent.Callable": "call",
}  # fmt: skip
"""Bases whose members, which they or their users call, are all known."""


def outside_links(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Relation]:
    """Return the links from the classes that the symbols are members of, or from what these derive from, to bases outside the project."""
    owners = sorted({owner for symbol in symbols for owner in _owners(graph, scope, symbol)})
    walk = graph.walk(scope, owners, "out", kinds=HIERARCHY, max_depth=MAX_LINE)
    classes = [*owners, *(step.symbol.id for step in walk.steps)]
    return graph.relations(scope, classes, "out", kinds=HIERARCHY, tiers=[Tier.EXTERNAL])


def _owners(graph: CodeGraph, scope: Scope, symbol: Symbol) -> list[str]:
    """Return the id of what holds a symbol; where methods stand outside of their type (Go), of the type that is named before theirs."""
    if symbol.kind is SymbolKind.METHOD and (symbol.parent_id or "").endswith("#"):
        whole = symbol.qualified_name.removesuffix(symbol.name).rstrip(".:")
        return [one.id for one in graph.find(scope, whole, kinds=_TYPES, limit=MAX_LINE) if one.qualified_name == whole]
    return [] if symbol.parent_id is None else [symbol.parent_id]


def run_from_outside(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return why foreign code, or the language itself, may run the symbols though nothing indexed calls them."""
    found = [*_by_bases(graph, scope, symbols), *_by_language(symbols)]
    for symbol in symbols:
        found += _by_decorators(graph, scope, symbol)
    return found


def returned_calls(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the calls inside the symbols on what foreign code returned, by a name that the project has: the object may be ours."""
    links = graph.relations(scope, ids_of(symbols), "out", kinds=CALLS, tiers=[Tier.EXTERNAL])
    known: dict[str, bool] = {}
    found = []
    for link in links:
        holder, is_returned, name = (link.external or "").rpartition(").")
        if is_returned and name not in known:
            known[name] = bool(graph.find(scope, name, kinds=(SymbolKind.METHOD,), limit=1))
        if is_returned and known[name]:
            reason = f"the call of {holder + is_returned + name!r} may come back into the project"
            found.append(Uncovered(link.site.path, link.site.line, reason))
    return found[:MAX_UNCOVERED]


def _by_bases(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> Iterator[Uncovered]:
    methods = [one for one in symbols if one.kind is SymbolKind.METHOD and _may_be_overriding(one)]
    for link in outside_links(graph, scope, methods) if methods else ():
        base = link.external or ""
        answering = [one for one in methods if one.language == link.source.language and _may_know(base, one)]
        if answering:
            known = "could not be resolved" if link.strategy is Strategy.NAME else "is outside the project"
            reason = f"the base {base} of {link.source.qualified_name} {known} and may call `{answering[0].name}`"
            yield Uncovered(link.site.path, link.site.line, reason)


def _may_be_overriding(method: Symbol) -> bool:
    words = method.signature.split("(", 1)[0].split()
    if method.language not in _DISPATCHING or method.name in CONSTRUCTORS or "private" in words or "static" in words:
        return False
    is_dunder = method.name.startswith("__") and method.name.endswith("__")
    return is_dunder or not method.name.startswith(("__", "#"))  # of one class alone by the language


def _may_know(base: str, method: Symbol) -> bool:
    """Whether a base may have a method of that name: of some, and of the builtin classes of Python, we can tell."""
    if base in _ALL_MEMBERS:
        return method.name in _ALL_MEMBERS[base].split()
    known = getattr(builtins, base.removeprefix("builtins."), None) if method.language == "python" else None
    return not isinstance(known, type) or hasattr(known, method.name)


def _by_language(symbols: Sequence[Symbol]) -> Iterator[Uncovered]:
    for one in symbols:
        if one.kind is SymbolKind.METHOD and one.name not in CONSTRUCTORS and _is_called_unwritten(one):
            reason = f"`{one.name}` is called without being written, also on objects whose class is not known"
            yield Uncovered(one.path, one.line, reason)


def _is_called_unwritten(method: Symbol) -> bool:
    if method.language == "python":
        return method.name.startswith("__") and method.name.endswith("__")
    return method.name in _CALLED_UNWRITTEN.get(method.language, frozenset())


def _by_decorators(graph: CodeGraph, scope: Scope, symbol: Symbol) -> Iterator[Uncovered]:
    if symbol.kind not in _BODIES or symbol.language not in _DECORATED or symbol.start_line >= symbol.line:
        return
    text = (graph.read_text(scope, symbol.repository, symbol.path) or b"").decode("utf-8", "replace").split("\n")
    for number, line in enumerate(text[symbol.start_line - 1 : symbol.line - 1], symbol.start_line):
        decorator = _DECORATOR.match(line)
        if decorator is None or decorator["name"].rpartition(".")[2] in _IDLE_DECORATORS:
            continue
        if symbol.language != "java" or not graph.find(scope, decorator["name"], kinds=_TYPES, limit=1):
            reason = f"`@{decorator['name']}` is given `{symbol.name}`, and may call it"
            yield Uncovered(symbol.path, number, reason)
