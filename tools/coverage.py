"""Where an answer may have missed something: files that are not indexed, calls that are not resolved.

Only places that could hold the answer count: a call of another name, or a file of another language family, cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import islice

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph, Direction
from knowledge.schema import FileIssue, Relation, RelationKind, Strategy, Symbol, Tier, UnresolvedSite
from knowledge.scope import Scope

MAX_UNCOVERED = 20
"""Places named of each sort; more would not be read."""

FAMILY_SUFFIXES: tuple[frozenset[str], ...] = tuple(
    frozenset(suffixes.split())
    for suffixes in (
        ".py .pyi .pyw .pyx .pxd",
        ".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte",
        ".java .kt .kts .scala .groovy .clj",
        ".go",
        ".rs",
        ".c .h .cc .cpp .cxx .c++ .hh .hpp .hxx .h++ .inl .ipp .tpp .m .mm .cu",
    )
)
"""File name endings of the languages that can refer to each other, those that we cannot read among them."""

_CANNOT_REFER = frozenset({"vendored", "symlink"})
"""Reasons to leave a file out that hide no use of the project's code: it is somebody else's, or covered elsewhere."""


CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor"})
"""Methods that are called by the name of their class."""


def may_hide(issue: FileIssue, suffixes: Collection[str]) -> bool:
    """Return whether what is not covered there may refer to code in files with one of these suffixes."""
    if issue.reason in _CANNOT_REFER:
        return False
    suffix = _suffix(issue.path)
    return any(_speak(suffix, other) for other in suffixes)


def may_refer(path: str, other: str) -> bool:
    """Return whether code at `path` can refer to code at `other`: same language family, or one that we do not know."""
    return _speak(_suffix(path), _suffix(other))


@cache
def _speak(suffix: str, other: str) -> bool:
    if suffix == other or not suffix:
        return True
    return any(suffix in family and other in family for family in FAMILY_SUFFIXES)


def _suffixes(symbols: Sequence[Symbol], repository: str) -> frozenset[str]:
    return frozenset(_suffix(symbol.path) for symbol in symbols if symbol.repository == repository)


def may_define(issue: FileIssue) -> bool:
    """Return whether what is not covered there may define a symbol of the project."""
    suffix = _suffix(issue.path)
    known = not suffix or any(suffix in family for family in FAMILY_SUFFIXES)
    return known and issue.reason not in _CANNOT_REFER


def generated_files(graph: CodeGraph, scope: Scope) -> set[tuple[str, str]]:
    """Return repository and path of the indexed files that say of themselves that a program wrote them."""
    return {
        (info.name, issue.path)
        for info in graph.repositories(scope)
        for issue in graph.issues(scope, info.name, covered=True)
        if issue.reason == "generated"
    }


def unresolved_calls(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the unresolved calls that may mean one of the symbols, by their name."""
    repositories = frozenset(symbol.repository for symbol in symbols)
    names = dict.fromkeys(symbol.name for symbol in symbols if symbol.name not in CONSTRUCTORS)
    sites = (
        unresolved_call(found)
        for name in names
        for found in graph.unresolved(scope.narrowed(repositories), name)
        if any(may_refer(found.site.path, symbol.path) for symbol in symbols)
    )
    return list(islice(sites, MAX_UNCOVERED))


def uncovered_files(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the files that are not indexed though they may refer to one of the symbols."""
    found = (
        Uncovered(issue.path, issue.line, reason_of(issue))
        for repository in sorted({symbol.repository for symbol in symbols})
        for suffixes in (_suffixes(symbols, repository),)
        for issue in graph.issues(scope, repository, covered=False)
        if may_hide(issue, suffixes)
    )
    return list(islice(found, MAX_UNCOVERED))


def misread_places(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the parts that could not be parsed, of files that hold one of the names at all."""
    names = {symbol.name.encode() for symbol in symbols if symbol.name not in CONSTRUCTORS}

    def mentions(repository: str, path: str) -> bool:
        text = graph.read_text(scope, repository, path) or b""
        return any(name in text for name in names)

    found = (
        Uncovered(issue.path, issue.line, reason_of(issue))
        for repository in sorted({symbol.repository for symbol in symbols})
        for suffixes in (_suffixes(symbols, repository),)
        for issue in graph.issues(scope, repository, covered=True)
        if issue.reason == "syntax" and may_hide(issue, suffixes) and mentions(repository, issue.path)
    )
    return list(islice(found, MAX_UNCOVERED))


def guessed_links(
    graph: CodeGraph, scope: Scope, ids: Sequence[str], direction: Direction, kinds: Sequence[RelationKind]
) -> list[Uncovered]:
    """Return the sites that may mean the symbols among other candidates of the same name."""
    links = graph.relations(scope, ids, direction, kinds=kinds, tiers=[Tier.AMBIGUOUS], limit=MAX_UNCOVERED)
    return [
        Uncovered(
            link.site.path,
            link.site.line,
            f"{link.source.qualified_name} may mean {link.target.qualified_name} here; it is one of several candidates",
        )
        for link in links
        if link.target is not None
    ]


def external_links(
    graph: CodeGraph, scope: Scope, ids: Sequence[str], kinds: Sequence[RelationKind]
) -> list[Uncovered]:
    """Return the links that leave the project, or lead to what could not be resolved, where we cannot look."""
    links = graph.relations(scope, ids, "out", kinds=kinds, tiers=[Tier.EXTERNAL], limit=MAX_UNCOVERED)
    return [Uncovered(link.site.path, link.site.line, f"{link.external} {_why_outside(link)}") for link in links]


def _why_outside(link: Relation) -> str:
    return "could not be resolved" if link.strategy is Strategy.NAME else "is outside the project"


def unresolved_callees(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the calls inside the symbols that name nothing we could resolve, each as it is written."""
    sites = graph.unresolved_in(scope, [symbol.id for symbol in symbols], limit=MAX_UNCOVERED)
    return [unresolved_call(found) for found in sites]


def unresolved_call(found: UnresolvedSite) -> Uncovered:
    """Return where a call is that could not be resolved, and as what it is written where it has a name (`#` marks what has none)."""
    told = "a call of what an expression gives" if found.callee.startswith("#") else f"the call {found.callee!r}"
    return Uncovered(found.site.path, found.site.line, f"{told} could not be resolved")


def reason_of(issue: FileIssue) -> str:
    return f"{issue.reason}: {issue.detail}" if issue.detail else issue.reason


def distinct(places: Iterable[Uncovered]) -> tuple[Uncovered, ...]:
    """Return the places once each, in order."""
    return tuple(dict.fromkeys(places))


def _suffix(path: str) -> str:
    name = path[path.rfind("/") + 1 :]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""
