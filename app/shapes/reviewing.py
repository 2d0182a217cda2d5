"""The JSON shapes of a reviewed change."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from app.shapes import Shape
from app.shapes.symbols import reached_shape, symbol_shape, uncovered_shape
from knowledge.changes import Effect

if TYPE_CHECKING:
    from knowledge.changes import ChangedFile
    from tools.review import Review


def review_shape(repository: str, found: Review) -> Shape:
    """review: what changed, what that reaches, and why it is risky."""
    from tools.findings import findings_of  # start-up time

    comparison = found.comparison
    return {
        "repository": repository,
        "base": comparison.base,
        "target": comparison.target,
        "risk": found.risk.value,
        "reasons": [{"points": reason.points, "text": reason.text} for reason in found.reasons],
        "findings": [asdict(finding) for finding in findings_of(found)],
        "files": [_changed_file_shape(found, file) for file in comparison.files],
        "will_break": [reached_shape(row) for row in found.will_break],
        "may_break": [reached_shape(row) for row in found.may_break],
        "tests": [reached_shape(row) for row in found.tests],
        "untested": [symbol_shape(symbol) for symbol in found.untested],
        "entry_points": [symbol_shape(symbol) for symbol in found.entry_points],
        "unresolved": [uncovered_shape(place) for place in found.loose],
        "uncovered": [uncovered_shape(place) for place in found.uncovered],
        "stale": list(found.stale),
        "notes": list(comparison.notes),
        "truncated": found.truncated,
    }


def _changed_file_shape(found: Review, file: ChangedFile) -> Shape:
    past = found.comparison.past.get(file.old_path or file.path)
    return {
        "path": file.path,
        "old_path": file.old_path or None,
        "status": file.status,
        "added_lines": file.added_lines,
        "removed_lines": file.removed_lines,
        "owners": list(past.owners) if past else [],
        "authors": [{"name": name, "commits": commits} for name, commits in past.authors] if past else [],
        "commits": past.commits if past else 0,
        "fixes": past.fixes if past else 0,
        "symbols": [
            {
                "local_name": symbol.local_name,
                "kind": symbol.kind.value,
                "effect": symbol.effect.value,
                "line": symbol.line,
                "signature_before": symbol.signature[0],
                "signature_after": symbol.signature[1],
                "moved_from": _end(symbol.twin) if symbol.effect is Effect.ADDED else None,
                "moved_to": _end(symbol.twin) if symbol.effect is Effect.REMOVED else None,
                "id": known.id if (known := found.symbols.get((symbol.path, symbol.local_name))) else None,
            }
            for symbol in file.symbols
        ],
    }


def _end(twin: tuple[str, str] | None) -> Shape | None:
    return None if twin is None else {"path": twin[0], "local_name": twin[1]}
