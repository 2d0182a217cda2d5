"""`clew index PATH`: brings one repository's index up to date, alone on its store, with progress."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.cli.composition import opened
from app.cli.progress import ProgressLine
from app.errors import FOUND
from app.rendering.repositories import short_revision
from app.rendering.screen import Screen, counted, write_json
from app.shapes.repositories import index_report_shape
from configs.errors import InputError
from knowledge.schema import FileIssue

if TYPE_CHECKING:
    from indexers.pipeline import IndexReport

MAX_ISSUES_SHOWN = 8


def run(
    path: str | None,
    name: str | None,
    jobs: int | None,
    force: bool,
    scip: tuple[str, ...],
    docs: str | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Return 0; every failure is an error."""
    if (path is None) == (docs is None):
        raise InputError("give a PATH, or --docs DIR", next_step="clew index .   or   clew index --docs DIR")
    folder = path if docs is None else docs
    assert folder is not None
    progress = ProgressLine()
    with opened(store, {"index": {"jobs": jobs}}) as wiring:
        try:
            report = wiring.indexing.index(
                folder,
                name,
                progress=progress,
                say=progress.note,
                force=force,
                scip=scip,
                documents_only=docs is not None,
            )
        finally:
            progress.close()
        if as_json:
            write_json(index_report_shape(report))
        else:
            show_report(Screen(), report)
    return FOUND


def show_report(screen: Screen, report: IndexReport) -> None:
    """Say what a run found, and what it left out."""
    repository = report.repository
    screen.line(
        (repository.name, "title"), f"  {repository.root}  ", (f"at {short_revision(repository.revision)}", "dim")
    )
    rate = f", {repository.line_count / report.wall_s:,.0f} lines/s" if report.wall_s > 0 else ""
    screen.line(
        f"  {counted(repository.file_count, 'file')} ({report.cached:,} unchanged), ",
        f"{counted(repository.line_count, 'line')}: {counted(repository.symbol_count, 'symbol')}, ",
        f"{counted(repository.relation_count, 'relation')}",
    )
    screen.line(f"  {report.wall_s:.1f} s{rate if report.rewritten is None else _written(report.rewritten)}")
    if report.redactions:
        screen.line(
            (f"  {counted(report.redactions, 'secret or personal detail')} masked before anything was stored", "warn")
        )
    for note in repository.notes:
        screen.line((f"  note: {note}", "warn"))
    show_issues(screen, report.issues)
    screen.line(("next: ", "dim"), 'clew ask "..." or clew search "..."')


def _written(count: int) -> str:
    return f", the rows of {counted(count, 'file')} written" if count else ", nothing has changed"


def show_issues(screen: Screen, issues: tuple[FileIssue, ...] | list[FileIssue]) -> None:
    """Say how many files are not covered, why, and name the first ones."""
    missing = [issue for issue in issues if not issue.covered]
    generated = {issue.path for issue in issues if issue.covered and issue.reason == "generated"}
    partial = {issue.path for issue in issues if issue.covered} - generated
    if missing:
        by_reason: Counter[str] = Counter()
        for issue in missing:
            by_reason[issue.reason] += issue.file_count
        folders = by_reason["vendored"]  # what is vendored is left out as a whole
        files = by_reason.total() - folders
        counts = [counted(number, word) for number, word in ((files, "file"), (folders, "folder")) if number]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in by_reason.most_common() if count)
        screen.line((f"  {' and '.join(counts)} not covered: {reasons}", "warn"))
        shown = missing[:MAX_ISSUES_SHOWN]
        screen.table([((issue.path, "path"), issue.reason, (issue.detail, "dim")) for issue in shown], indent=4)
        if len(missing) > len(shown):
            screen.line((f"    and {len(missing) - len(shown):,} more: clew status --json", "dim"))
    if generated:
        screen.line((f"  {counted(len(generated), 'generated file')} in the graph, not in the search", "dim"))
    if partial:
        screen.line((f"  {counted(len(partial), 'file')} covered in part", "dim"))
