"""What an analyst sees of the indexed repositories while it works on one task: revisions, lines, and evidence made of them."""

from __future__ import annotations

from collections.abc import Sequence

from agents.memory.profiling import preferred_first
from agents.records import citation_row, symbol_row
from agents.state import CitationRow, Evidence, RelationRow, SymbolRow, Task
from configs.release import Release
from knowledge.ports.graph import CodeGraph
from knowledge.profile import Profiles
from knowledge.schema import Relation, Site, Symbol
from knowledge.scope import Scope
from models.extractive import asked_words, best_paragraph, best_window


class Sight:
    """One task's view. Blocking: used in a worker thread only. Revisions are read once, so that one task cites one state."""

    def __init__(
        self, graph: CodeGraph, scope: Scope, release: Release, task: Task, profiles: Profiles | None = None
    ) -> None:
        self.graph = graph
        self.scope = scope
        self.release = release
        self.task = task
        self._profiles = profiles
        self._revisions = {info.name: info.revision for info in graph.repositories(scope)}
        self._texts: dict[tuple[str, str], list[str]] = {}
        self._asked: set[bytes] | None = None

    def about(self, task: Task) -> Sight:
        """Return the view of another task."""
        return Sight(self.graph, self.scope, self.release, task, self._profiles)

    @property
    def repositories(self) -> list[str]:
        return list(self._revisions)

    def cite(self, repository: str, path: str, start_line: int, end_line: int, symbol: str | None) -> CitationRow:
        return citation_row(repository, path, start_line, end_line, symbol, self._revisions.get(repository, ""))

    def cite_site(self, source: Symbol, site: Site) -> CitationRow:
        """Cite the line where a relation out of `source` is written; a macro writes it elsewhere than in its source."""
        inside = site.path == source.path and source.start_line <= site.line <= source.end_line
        name = source.qualified_name if inside else None
        return self.cite(source.repository, site.path, site.line, site.line, name)

    def cite_name(self, symbol: Symbol) -> CitationRow:
        """Cite the line of a symbol's name."""
        return self.cite(symbol.repository, symbol.path, symbol.line, symbol.line, symbol.qualified_name)

    def row(self, symbol: Symbol) -> SymbolRow:
        return symbol_row(symbol, self._revisions.get(symbol.repository, ""))

    def lines(self, repository: str, path: str) -> list[str]:
        """Return the (redacted) lines of a file, none when it is not covered."""
        key = (repository, path)
        if key not in self._texts:
            text = self.graph.read_text(self.scope, repository, path) or b""
            self._texts[key] = text.decode("utf-8", "replace").split("\n")
        return self._texts[key]

    def excerpt(
        self, repository: str, path: str, start_line: int, end_line: int, size: int, *, prose: bool
    ) -> tuple[int, int]:
        """Return the 1-based inclusive lines of a stretch that answer the question best, at most `size`."""
        lines = self.lines(repository, path)[start_line - 1 : end_line]
        choose = best_paragraph if prose else best_window
        first, past = choose(lines, self._query(), size)
        while past > first + 1 and not lines[past - 1].strip():
            past -= 1
        while first < past - 1 and not lines[first].strip():
            first += 1
        return start_line + first, start_line + past - 1

    def by_preference(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Return what a name may mean, the repositories and languages that the person asks about most first."""
        return list(symbols) if self._profiles is None else preferred_first(symbols, self._profiles.read())

    def text(self, repository: str, path: str, start_line: int, end_line: int) -> str:
        return "\n".join(self.lines(repository, path)[start_line - 1 : end_line])

    def evidence(
        self,
        kind: str,
        citation: CitationRow,
        *,
        about: Symbol | None = None,
        other: Symbol | None = None,
        relation: Relation | None = None,
        tier: str | None = None,
        excerpt: str = "",
        hops: int = 0,
        score: float = 0.0,
        note: str = "",
    ) -> Evidence:
        """Return one fact; its id is set when the task is complete."""
        return Evidence(
            id="",
            task=self.task["id"],
            kind=kind,
            about=self.row(about) if about is not None else None,
            other=self.row(other) if other is not None else None,
            relation=stated(relation),
            tier=relation.tier.value if relation is not None else tier,
            citation=citation,
            excerpt=excerpt,
            hops=hops,
            score=round(score, 4),
            note=note,
        )

    def _query(self) -> set[bytes]:
        if self._asked is None:
            self._asked = asked_words(self.task["query"])
        return self._asked


def stated(relation: Relation | None) -> RelationRow | None:
    """Return the relation by its ends; None for one that leaves the project."""
    if relation is None or relation.target is None:
        return None
    return RelationRow(kind=relation.kind.value, source_id=relation.source.id, target_id=relation.target.id)


def numbered(task: Task, rows: Sequence[Evidence]) -> list[Evidence]:
    """Return the facts of a task with their ids: `t1.1`, `t1.2`."""
    return [{**row, "id": f"{task['id']}.{number}"} for number, row in enumerate(rows, 1)]
