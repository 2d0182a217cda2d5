"""Answers of the code graph: rows with their places and tiers, the verdict, other meanings, and what could not be seen."""

from __future__ import annotations

from app.rendering.screen import Cell, Screen, counted
from knowledge.evidence import Uncovered, Verdict
from knowledge.languages import is_macro
from knowledge.schema import RelationKind, Symbol
from tools.answers import Reached, StructuralAnswer

MAX_UNCOVERED_SHOWN = 20
NOUNS = {
    "symbol": ("definition", "definitions"),
    "callers": ("call site", "call sites"),
    "callees": ("callee", "callees"),
    "impact": ("symbol affected", "symbols affected"),
}


def show(screen: Screen, command: str, name: str, answer: StructuralAnswer) -> None:
    """Write the rows with their places and tiers, the verdict, other meanings, and what could not be seen."""
    if answer.symbol:
        screen.line((f"{command} of " if command != "symbol" else "", "dim"), *described(answer.symbol))
        if command == "symbol":
            _show_text(screen, answer.symbol)
    if answer.results and not (command == "symbol" and len(answer.results) == 1):
        screen.table(place_rows(screen, command, answer.results))
    screen.line((summary(command, name, answer), _VERDICT_STYLE[answer.verdict]))
    show_candidates(screen, answer.candidates, answer.verdict, understood=answer.symbol is not None)
    show_uncovered(screen, answer.uncovered)


_VERDICT_STYLE = {Verdict.FOUND: "good", Verdict.NONE: "good", Verdict.UNKNOWN: "warn", Verdict.AMBIGUOUS: "warn"}


def place_rows(screen: Screen, command: str, results: tuple[Reached, ...]) -> list[tuple[Cell, ...]]:
    """Return place, tier and name of each row; depth, repository and dispatch where rows differ in them."""
    deep = any(row.depth > 1 for row in results)
    dispatched = any(row.dispatched for row in results)
    several = len({row.symbol.repository for row in results}) > 1
    rows = []
    for row in results:
        site = row.site
        place = f"{site.path}:{site.line}" if site else f"{row.symbol.path}:{row.symbol.line}"
        owner: tuple[Cell, ...] = ((row.symbol.repository, "dim"),) if several else ()
        depth: tuple[Cell, ...] = ((f"depth {row.depth}", "dim"),) if deep else ()
        sort = row.symbol.kind.value if command == "symbol" else screen.tier(row.tier)
        through: tuple[Cell, ...] = (("through an override" if row.dispatched else "", "warn"),) if dispatched else ()
        rows.append((*owner, (place, "path"), sort, *depth, *through, row.symbol.qualified_name))
    return rows


def _show_text(screen: Screen, symbol: Symbol) -> None:
    if symbol.signature:
        screen.line("  ", symbol.signature)
    first_line = symbol.docstring.strip().partition("\n")[0]
    if first_line:
        screen.line("  ", (first_line, "dim"))


def summary(command: str, name: str, answer: StructuralAnswer) -> str:
    one, many = NOUNS[command]
    if answer.verdict is Verdict.FOUND:
        if command == "callers" and _only_handed_on(answer):
            one, many = "place that hands it on to be called", "places that hand it on to be called"
        cut = " (cut: there are more)" if answer.truncated else ""
        rest = "; places that could not be looked into may hold more" if answer.uncovered else ""
        return f"{counted(len(answer.results), one, many)}{cut}{rest}"
    if answer.verdict is Verdict.NONE:
        return f"none: every indexed file was looked at, and there is no {one}"
    if answer.verdict is Verdict.AMBIGUOUS:
        return f"ambiguous: {name!r} means {counted(len(answer.candidates), 'symbol')}; ask for one of them"
    if answer.symbol is None:
        return f"unknown: no symbol {name!r} is indexed"
    return f"unknown: no {one} seen, but not every place could be looked into"


def _only_handed_on(answer: StructuralAnswer) -> bool:
    named = all(row.relation is RelationKind.REFERENCES for row in answer.results)
    symbol = answer.symbol
    return named and symbol is not None and not is_macro(symbol.language, symbol.signature)


def described(symbol: Symbol) -> tuple[Cell, ...]:
    return (symbol.qualified_name, "title"), f" ({symbol.kind.value})  ", (f"{symbol.path}:{symbol.line}", "path")


def show_candidates(
    screen: Screen, candidates: tuple[Symbol, ...], verdict: Verdict, *, understood: bool = True
) -> None:
    """Say which other symbols the name could mean, or which ones are near it when it was not understood at all."""
    if not candidates:
        return
    if verdict is Verdict.AMBIGUOUS:
        title = "it may mean:"
    else:
        title = "the name also means:" if understood and verdict is not Verdict.UNKNOWN else "near names:"
    screen.line((title, "dim"))
    screen.table([((f"{c.path}:{c.line}", "path"), c.kind.value, c.qualified_name) for c in candidates])


def show_uncovered(screen: Screen, uncovered: tuple[Uncovered, ...], shown: int = MAX_UNCOVERED_SHOWN) -> None:
    """List the places that could not be looked into, with the reasons."""
    if not uncovered:
        return
    screen.line((f"not covered ({counted(len(uncovered), 'place')}):", "warn"))
    rows = uncovered[:shown]
    screen.table([((f"{u.path}:{u.line}" if u.line else u.path, "path"), u.reason) for u in rows])
    if len(uncovered) > len(rows):
        screen.line((f"  and {counted(len(uncovered) - len(rows), 'more place')}; --json lists them all", "dim"))
