"""`clew usage`: how much was asked, what it cost, how fast it was and how it was liked."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from app.cli.audit import progress_of
from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, write_json
from configs.errors import InputError
from ops.ledger.usage import By, Row, UsageReport, checked_days

_HEADS = ("asked", "answered", "p50", "p95", "p99", "calls", "tokens", "cost", "liked")


def run(
    by: By, since: str | None, until: str | None, user: str | None, rebuild: bool, as_json: bool, store: str | None
) -> int:
    """Return 0, or 1 when nothing was asked. Raises InputError for what is no day."""
    try:
        first, last = checked_days(since, until)
    except ValueError as exc:
        raise InputError(str(exc), next_step="write a day as 2026-11-30") from exc
    with opened(store) as wiring, closing(wiring.open_usage()) as usage:
        with progress_of("fold") as told:
            (usage.view.rebuild if rebuild else usage.view.refresh)(told)
        report = usage.view.report(by, since=first, until=last, user=user)
    if as_json:
        write_json(report.to_json())
    else:
        _show(Screen(), report)
    return FOUND if report.rows else NONE


def _show(screen: Screen, report: UsageReport) -> None:
    if not report.rows:
        screen.line("none: nothing was asked in this time")
        return
    table: list[tuple[Any, ...]] = [((report.by, "dim"), *((head, "dim") for head in _HEADS))]
    table += [_cells(row, row.key or "-") for row in report.rows]
    if len(report.rows) > 1:
        table.append(_cells(report.total, "all"))
    screen.table(table)


def _cells(row: Row, name: str) -> tuple[str, ...]:
    said = row.to_json()
    liked = said["satisfaction"]
    times = (said["latency_ms"][name] for name in ("p50", "p95", "p99"))
    return (
        name[:40],
        f"{said['asked']:,}",
        f"{said['answered']:,}",
        *("-" if ms is None else f"{ms:,.0f} ms" for ms in times),
        f"{said['model_calls']:,}",
        f"{said['input_tokens'] + said['output_tokens']:,}",
        f"${said['cost_usd']:,.4f}",
        "-" if liked["share"] is None else f"{liked['share']:.0%} of {liked['up'] + liked['down']}",
    )
