"""The JSON shapes of repositories and of what an index run did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.shapes import Shape
from knowledge.schema import FileIssue, RepositoryInfo

if TYPE_CHECKING:
    from app.staleness import Staleness
    from indexers.pipeline import IndexReport

FIRST = 20
"""Paths that a summary names."""


def repository_shape(info: RepositoryInfo) -> Shape:
    """A row of `repos`."""
    return {
        "name": info.name,
        "root": info.root,
        "revision": info.revision,
        "generation": info.generation,
        "indexed_at": info.indexed_at,
        "files": info.file_count,
        "lines": info.line_count,
        "symbols": info.symbol_count,
        "relations": info.relation_count,
    }


def health_shape(info: RepositoryInfo, issues: Sequence[FileIssue], moved: Staleness) -> Shape:
    """How well a repository is covered, and how far its folder has moved on."""
    missing = [issue for issue in issues if not issue.covered]
    paths = [*moved.changed, *moved.added, *moved.deleted]
    return {
        "name": info.name,
        "languages": info.languages,
        "files": info.file_count,
        "not_covered": {
            "counts": dict(sorted(Counter(issue.reason for issue in missing).items())),
            "first": [{"path": one.path, "line": one.line, "reason": one.reason} for one in missing[:FIRST]],
        },
        "tiers": info.tiers,
        "unresolved": info.unresolved_count,
        "staleness": {
            "state": moved.state,
            "changed": len(moved.changed),
            "added": len(moved.added),
            "deleted": len(moved.deleted),
            "first": paths[:FIRST],
        },
        "notes": list(info.notes),
    }


def index_report_shape(report: IndexReport) -> Shape:
    """index: what a run brought."""
    repository = report.repository
    return {
        "repository": repository.name,
        "root": repository.root,
        "revision": repository.revision,
        "generation": repository.generation,
        "files": {"indexed": report.indexed, "cached": report.cached, "skipped": report.skipped},
        "rewritten": report.rewritten,
        "lines": repository.line_count,
        "languages": repository.languages,
        "symbols": repository.symbol_count,
        "relations": repository.relation_count,
        "unresolved": repository.unresolved_count,
        "tiers": repository.tiers,
        "redactions": report.redactions,
        "issues": [asdict(issue) for issue in report.issues],
        "notes": list(repository.notes),
        "wall_s": round(report.wall_s, 3),
        "stages_s": {stage: round(seconds, 3) for stage, seconds in report.stages_s.items()},
    }
