"""What we say about a tree: its symbols and its call sites, read through the code graph's port.

A tree is indexed by the real pipeline into a store of its own; with `cache` that store's facts stay, so that a run after
a change of the resolver does not extract again.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Strategy, Symbol, Tier
from knowledge.scope import EVERYTHING

REPOSITORY = "measured"
_IDS_PER_QUERY = 500


@dataclass(frozen=True, slots=True)
class OurCall:
    """One resolved target of a call site. Lines and columns are 1-based. `target` is None for an external callee.

    name: the last name of the callee. source and target are symbol ids.
    """

    path: str
    line: int
    column: int
    source: str
    target: str | None
    name: str
    tier: Tier
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class OurSilence:
    """A call site for which we name nothing."""

    path: str
    line: int
    column: int
    name: str


@dataclass(slots=True)
class OurGraph:
    """symbols by id; languages: path -> language of every covered file."""

    root: Path
    symbols: dict[str, Symbol] = field(default_factory=dict)
    calls: list[OurCall] = field(default_factory=list)
    silent: list[OurSilence] = field(default_factory=list)
    languages: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """path -> number of lines."""
    bases: dict[str, list[str]] = field(default_factory=dict)
    """Class -> the classes of the tree that it inherits from or implements."""


def resolve_tree(root: Path, *, cache: Path | None = None) -> OurGraph:
    """Index the tree below `root` and return its call graph.

    Args:
        cache: a folder for the store, kept for its facts; None: a temporary one.

    Raises:
        ClewError: the tree cannot be indexed.
    """
    with ExitStack() as opened:
        store = cache or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        store.mkdir(parents=True, exist_ok=True)
        graph = opened.enter_context(closing(SqliteCodeGraph(store / "graph.db")))
        facts = opened.enter_context(closing(SqliteFactsCache(store / "facts.db")))
        lexical = LexicalWriter(store / "lexical")
        # Forced: the resolver at work may be newer than its version number.
        index_repository(root, name=REPOSITORY, graph=graph, facts=facts, lexical=lexical, force=True)
        return read_graph(graph, REPOSITORY, root)


def read_store(store: Path, repository: str, root: Path) -> OurGraph:
    """Return the call graph of a repository that `clew --store STORE index` made."""
    with closing(SqliteCodeGraph(store / "graph.db")) as graph:
        return read_graph(graph, repository, root)


def read_graph(graph: CodeGraph, repository: str, root: Path) -> OurGraph:
    """Return the symbols and calls of one repository, by site."""
    ours = OurGraph(root)
    for path, (_, language, lines) in graph.paths(EVERYTHING, repository).items():
        ours.languages[path], ours.lines[path] = language, lines
    ours.symbols = {s.id: s for s in graph.iter_symbols(EVERYTHING) if s.repository == repository}
    for relation in graph.iter_relations(EVERYTHING, kinds=[RelationKind.CALLS]):
        if relation.source.repository != repository:
            continue
        target, site = relation.target, relation.site
        name = target.name if target is not None else last_name(relation.external or "")
        ours.calls.append(
            OurCall(
                site.path,
                site.line,
                site.column,
                relation.source.id,
                target.id if target is not None else None,
                name,
                relation.tier,
                relation.strategy,
            )
        )
    for relation in graph.iter_relations(EVERYTHING, kinds=[RelationKind.INHERITS, RelationKind.IMPLEMENTS]):
        if relation.target is not None:
            ours.bases.setdefault(relation.source.id, []).append(relation.target.id)
    ids = list(ours.symbols)
    for start in range(0, len(ids), _IDS_PER_QUERY):
        chunk = ids[start : start + _IDS_PER_QUERY]
        ours.silent.extend(
            OurSilence(site.site.path, site.site.line, site.site.column, last_name(site.callee))
            for site in graph.unresolved_in(EVERYTHING, chunk, limit=1_000_000)
        )
    return ours


def last_name(dotted: str) -> str:
    """Return the last name of an access path or a dotted name: `get` of `a.b().get`."""
    for separator in (".", "::", "/", "#"):
        dotted = dotted.rpartition(separator)[2]
    return dotted.removesuffix("()")
