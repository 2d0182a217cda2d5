"""Why a triple is wrong or missing: what the failures have in common."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.callgraph.claims import Claim, Site
from benchmarks.callgraph.definitions import Definitions
from benchmarks.callgraph.ours import OurCall
from benchmarks.callgraph.verdicts import Place
from knowledge.schema import Tier


@dataclass(frozen=True, slots=True)
class Failure:
    """One wrong or missing triple. kind: `false` or `missed`; cause: the strategy that made it, or why it is missing."""

    kind: str
    cause: str
    path: str
    line: int
    wanted: str
    given: str


def explain_false(definitions: Definitions, site: Place, claim: Claim, wanted: list[Place]) -> Failure:
    """Name a claim that the oracle denies, by its tier and strategy."""
    names = ", ".join(definitions.label(place) for place in wanted) or "external"
    given = f"{claim.symbol.qualified_name} ({claim.call.tier.value}, {claim.call.strategy.value})"
    return Failure("false", f"{claim.call.tier.value}, {claim.call.strategy.value}", *site, names, given)


def explain_missed(
    definitions: Definitions, here: Site, site: Place, wanted: Place, hits: set[tuple[Place, str]]
) -> Failure:
    """Say what we do at a line instead of naming the definition that the oracle names.

    Rows that are right about another call of the line are set aside first; of the others, those whose callee carries the
    wanted name speak, and only without any such all of them.
    """
    cause, given = _cause(definitions, here, site, wanted, hits)
    return Failure("missed", cause, *site, definitions.label(wanted), given)


def _cause(
    definitions: Definitions, here: Site, site: Place, wanted: Place, hits: set[tuple[Place, str]]
) -> tuple[str, str]:
    if not definitions.at(wanted):
        return ("definition unknown" if definitions.is_indexed(wanted[0]) else "definition not indexed"), ""
    guesses = [row for row in here.rows if row.tier is Tier.AMBIGUOUS]
    if any(definitions.matches(wanted, symbol) for row in guesses if (symbol := definitions.target(row)) is not None):
        return "ambiguous", f"one of {len(guesses)}"
    name = definitions.name(wanted)
    silent = [silence for silence in here.silent if silence.name == name]
    for row in _speaking(definitions, here, site, name, hits):
        if row.name != name and silent:
            break
        return _instead(definitions, row)
    if here.silent:
        return "unresolved", ", ".join(sorted({silence.name for silence in silent or here.silent}))
    return "no call site", ""


def _speaking(
    definitions: Definitions, here: Site, site: Place, name: str, hits: set[tuple[Place, str]]
) -> list[OurCall]:
    """Return the rows of the line that are not right about something else, those with the wanted name first."""
    rows = [
        row
        for row in here.rows
        if (symbol := definitions.target(row)) is None or (site, definitions.group(symbol)) not in hits
    ]
    return sorted(rows, key=lambda row: row.name != name)


def _instead(definitions: Definitions, row: OurCall) -> tuple[str, str]:
    symbol = definitions.target(row)
    if symbol is None:
        return "external", row.name
    if row.tier is Tier.AMBIGUOUS:
        return "ambiguous, others only", symbol.qualified_name
    return "other target", f"{symbol.qualified_name} ({row.tier.value}, {row.strategy.value})"
