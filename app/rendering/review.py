"""What a change puts at risk, which tests to run and whom to ask."""

from __future__ import annotations

from collections import Counter

from app.rendering.screen import Screen, counted
from app.rendering.structure import place_rows, show_uncovered
from knowledge.changes import ChangedFile, ChangedSymbol, Effect
from tools.answers import Reached
from tools.review import Review, Risk

MAX_SHOWN = 20
MAX_UNCOVERED_SHOWN = 5
_STYLES = {Risk.LOW: "good", Risk.MEDIUM: "warn", Risk.HIGH: "bad"}
_EFFECT_ORDER = (Effect.REMOVED, Effect.SIGNATURE, Effect.BODY, Effect.ADDED)
_EFFECT_STYLES = {Effect.ADDED: "good", Effect.REMOVED: "bad", Effect.SIGNATURE: "warn", Effect.BODY: ""}


def show(screen: Screen, repository: str, found: Review) -> None:
    comparison = found.comparison
    screen.line(("review of ", "dim"), (repository, "title"), f"  {comparison.base}..{comparison.target}")
    if not comparison.files:
        screen.line(("nothing has changed", "good"))
        return
    added = sum(file.added_lines for file in comparison.files)
    removed = sum(file.removed_lines for file in comparison.files)
    symbols = sum(not _is_elsewhere(one) for file in comparison.files for one in file.symbols)
    screen.line(
        f"  {counted(len(comparison.files), 'file')}, +{added:,} -{removed:,} lines, {counted(symbols, 'symbol')} of code changed"
    )
    _show_changes(screen, found)
    _group(screen, "will break or must follow: uses what is gone or declared anew", "bad", found.will_break)
    _group(screen, "may behave otherwise", "warn", found.may_break)
    _show_tests(screen, found)
    if found.entry_points:
        screen.line((f"reached from {counted(len(found.entry_points), 'entry point')}", "title"))
        screen.table([((f"{one.path}:{one.line}", "path"), one.qualified_name) for one in found.entry_points])
    _show_people(screen, found)
    show_uncovered(screen, (*found.loose, *found.uncovered), shown=MAX_UNCOVERED_SHOWN)
    screen.line()
    screen.line("risk: ", (found.risk.value, _STYLES[found.risk]))
    for reason in found.reasons:
        screen.line(f"  {'!' * reason.points:<3} {reason.text}")
    if not found.reasons:
        screen.line(("  nothing speaks against it", "dim"))
    for note in comparison.notes:
        screen.line((f"  note: {note}", "dim"))


def _show_changes(screen: Screen, found: Review) -> None:
    """The product before its tests, what is gone or declared anew first; then the files that hold no code."""
    files = found.comparison.files
    shown = [(file, one) for file in files for one in file.symbols if not _is_elsewhere(one)]
    changes = [(file.is_test, _EFFECT_ORDER.index(one.effect), one) for file, one in shown]
    rows = [_change_row(found, one) for _, _, one in sorted(changes, key=lambda change: change[:2])]
    rows += [((file.path, "path"), (_status(file), "dim"), "") for file in files if not file.symbols]
    screen.table(rows[:MAX_SHOWN])
    if len(rows) > MAX_SHOWN:
        screen.line((f"  and {len(rows) - MAX_SHOWN:,} more; --json lists them all", "dim"))


def _change_row(found: Review, symbol: ChangedSymbol) -> tuple[tuple[str, str], tuple[str, str], str]:
    known = found.symbols.get((symbol.path, symbol.local_name))
    name = known.qualified_name if known is not None else symbol.local_name
    return (f"{symbol.path}:{symbol.line}", "path"), (_became(symbol), _EFFECT_STYLES[symbol.effect]), name


def _is_elsewhere(symbol: ChangedSymbol) -> bool:
    """Whether a removed symbol was only moved or renamed: it is listed where it is now."""
    return symbol.effect is Effect.REMOVED and symbol.twin is not None


def _became(symbol: ChangedSymbol) -> str:
    if symbol.twin is None:
        return symbol.effect.value
    path, local_name = symbol.twin
    if path == symbol.path:
        return f"renamed from {local_name}"
    return f"moved from {path}" if local_name == symbol.local_name else f"moved from {path}, {local_name}"


def _status(file: ChangedFile) -> str:
    return f"renamed from {file.old_path}" if file.old_path else file.status


def _group(screen: Screen, title: str, style: str, rows: tuple[Reached, ...]) -> None:
    if not rows:
        return
    screen.line((f"{title} ({len(rows):,})", style))
    screen.table(place_rows(screen, "impact", rows[:MAX_SHOWN]))
    if len(rows) > MAX_SHOWN:
        screen.line((f"  and {len(rows) - MAX_SHOWN:,} more; --json lists them all", "dim"))


def _show_tests(screen: Screen, found: Review) -> None:
    if not found.tests:
        return
    files = Counter(row.symbol.path for row in found.tests)
    screen.line((f"tests to run ({len(found.tests):,} in {counted(len(files), 'file')}, nearest first)", "good"))
    screen.table([((path, "path"), counted(count, "test")) for path, count in list(files.items())[:MAX_SHOWN]])
    if len(files) > MAX_SHOWN:
        screen.line((f"  and {len(files) - MAX_SHOWN:,} more; --json lists them all", "dim"))


def _show_people(screen: Screen, found: Review) -> None:
    rows = []
    for path, past in found.comparison.past.items():
        who = " ".join(past.owners) or ", ".join(f"{name} ({commits})" for name, commits in past.authors)
        if who:
            fixes = (
                f"{counted(past.commits, 'commit')} in two years, {counted(past.fixes, 'fix', 'fixes')}"
                if past.commits
                else ""
            )
            rows.append(((path, "path"), who, (fixes, "dim")))
    if rows:
        screen.line(("whom to ask: owners, else who wrote to it most", "title"))
        screen.table(rows[:MAX_SHOWN])
