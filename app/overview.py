"""What is covered and what is not, how fresh it is, how sure its relations are, and what the store takes on disk: for `clew status` and `/status`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.admission import Admission
from app.model_health import health, health_shape
from app.shapes import Shape
from app.staleness import Staleness, staleness
from configs.settings import Settings
from indexers.languages import PACKS
from indexers.vector_state import VectorState
from knowledge.schema import FileIssue, RepositoryInfo, Strategy
from knowledge.scope import Scope


@dataclass(frozen=True, slots=True)
class Overview:
    """A repository with what its store and its folder say about it."""

    info: RepositoryInfo
    issues: list[FileIssue]
    stale: Staleness
    strategies: dict[Strategy, int]
    vectors: VectorState
    privacy: str

    @property
    def compiler(self) -> dict[str, int | float] | None:
        """What compilers' indexes brought, None where there was none; `disagreement` is a share of the calls compared."""
        counts = self.strategies
        confirmed, added, disputed = (
            counts.get(one, 0) for one in (Strategy.CONFIRMED, Strategy.COMPILER, Strategy.DISPUTED)
        )
        if not confirmed + added + disputed:
            return None
        share = round(disputed / (confirmed + disputed), 4) if disputed else 0.0
        return {"confirmed": confirmed, "added": added, "disputed": disputed, "disagreement": share}


def looked_at(admission: Admission, info: RepositoryInfo) -> Overview:
    """Return what is known of an indexed repository. Walks its folder."""
    scope = Scope(frozenset({info.name}))
    return Overview(
        info,
        admission.graph.issues(scope, info.name),
        staleness(admission.graph, info, max_file_bytes=admission.settings.index.max_file_bytes),
        admission.graph.strategies(scope, info.name),
        admission.vector_state(info.name),
        admission.privacy.label(info.name),
    )


def graph_place(settings: Settings) -> str:
    """Return where the code graph is: `sqlite`, or the address and database of the server."""
    graph = settings.graph
    return graph.backend if graph.backend == "sqlite" else f"{graph.backend} {graph.url} {graph.database}"


def sizes_on_disk(home: Path) -> dict[str, int]:
    """Return the bytes of each part of the store: files with their write-ahead logs, folders with all below them."""
    sizes: Counter[str] = Counter()
    for folder, _, files in os.walk(home):
        for file in files:
            path = Path(folder, file)
            part = path.relative_to(home).parts[0].removesuffix("-wal").removesuffix("-shm")
            try:
                sizes[part] += path.stat().st_size
            except FileNotFoundError:
                continue  # a writer has just folded its log back
    return dict(sorted(sizes.items()))


def overview_of(admission: Admission, scope: Scope, *, whole: bool) -> Shape:
    """Return the JSON of `clew status` for what is granted. whole: also where the store is and the
    repositories are, what it takes, and which hosts there are.
    """
    known = admission.graph.repositories(scope) if admission.has_index else []
    rows = [looked_at(admission, info) for info in known]
    found = health_shape(health(admission, [info.name for info in known]), admission.live_hosts())
    sizes = sizes_on_disk(admission.settings.home) if whole else {}
    told = overview_shape(admission, rows, sizes, found if whole else {**found, "hosts": []})
    if whole:
        return told
    for row in told["repositories"]:
        row["root"] = ""
    return {**told, "store": None, "graph": admission.settings.graph.backend}


def overview_shape(admission: Admission, rows: Sequence[Overview], sizes: dict[str, int], models: Shape) -> Shape:
    """Return the JSON of `clew status`."""
    return {
        "store": str(admission.settings.home),
        "graph": graph_place(admission.settings),
        "bytes": sizes,
        "languages": sorted(PACKS),
        "repositories": [repository_overview(row) for row in rows],
        "models": models,
    }


def repository_overview(row: Overview) -> Shape:
    info, issues, stale = row.info, row.issues, row.stale
    missing = Counter(issue.reason for issue in issues if not issue.covered)
    return {
        "name": info.name,
        "root": info.root,
        "revision": info.revision,
        "generation": info.generation,
        "indexed_at": info.indexed_at,
        "coverage": {
            "files": info.file_count,
            "lines": info.line_count,
            "languages": info.languages,
            "not_covered": dict(sorted(missing.items())),
            "issues": [asdict(issue) for issue in issues],
        },
        "staleness": {
            "state": stale.state,
            "changed": list(stale.changed),
            "added": list(stale.added),
            "deleted": list(stale.deleted),
        },
        "symbols": info.symbol_count,
        "relations": info.relation_count,
        "tiers": info.tiers,
        "strategies": {strategy.value: count for strategy, count in row.strategies.items()},
        "compiler": row.compiler,
        "unresolved": info.unresolved_count,
        "vectors": vectors_shape(row.vectors),
        "privacy": row.privacy,
        "notes": list(info.notes),
    }


def vectors_shape(state: VectorState) -> Shape:
    return {
        "embedder": state.embedder,
        "filling": state.filling,
        "written": state.written,
        "total": state.total,
        "complete": state.complete,
        "generation": state.generation,
        "reason": state.reason,
        "note": state.note,
    }
