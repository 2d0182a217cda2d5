"""What we claim at each call line: the internal targets of the tiers exact and inferred, each callable once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.callgraph.definitions import Definitions
from benchmarks.callgraph.ours import OurCall, OurGraph, OurSilence
from benchmarks.callgraph.verdicts import Place
from knowledge.schema import Symbol, Tier

CLAIMED = (Tier.EXACT, Tier.INFERRED)


@dataclass(frozen=True, slots=True)
class Claim:
    """One internal target. `constructs`: the class that is named with it, when `symbol` is its constructor."""

    call: OurCall
    symbol: Symbol
    constructs: Symbol | None = None


@dataclass(slots=True)
class Site:
    """One call line: every row, the sites without any, and the claims by group of signatures, the best tier of each."""

    claims: dict[str, Claim] = field(default_factory=dict)
    rows: list[OurCall] = field(default_factory=list)
    silent: list[OurSilence] = field(default_factory=list)


def claimed_sites(ours: OurGraph, definitions: Definitions, counts: Callable[[str], bool]) -> dict[Place, Site]:
    """Return the lines of our call sites in the files that count."""
    sites: dict[Place, Site] = defaultdict(Site)
    by_column: dict[tuple[str, int, int], list[Claim]] = defaultdict(list)
    for call in ours.calls:
        if not counts(call.path):
            continue
        sites[call.path, call.line].rows.append(call)
        if call.target is not None and call.tier in CLAIMED:
            by_column[call.path, call.line, call.column].append(Claim(call, ours.symbols[call.target]))
    for silence in ours.silent:
        if counts(silence.path):
            sites[silence.path, silence.line].silent.append(silence)
    for (path, line, _), claims in by_column.items():
        site = sites[path, line]
        for claim in _with_constructors(claims, definitions):
            group = definitions.group(claim.symbol)
            known = site.claims.get(group)
            if known is None or (claim.call.tier is Tier.EXACT and known.call.tier is not Tier.EXACT):
                site.claims[group] = claim
    return dict(sites)


def _with_constructors(claims: list[Claim], definitions: Definitions) -> list[Claim]:
    """Return the claims of one call with each class and its constructor made one."""
    if len(claims) == 1:
        return claims
    paired: list[Claim] = []
    classes = {claim.symbol.id: claim for claim in claims if definitions.is_class(claim.symbol)}
    named: set[str] = set()
    for claim in claims:
        owners = [c.symbol for c in classes.values() if definitions.is_constructed_by(c.symbol, claim.symbol)]
        named.update(owner.id for owner in owners)
        paired.append(Claim(claim.call, claim.symbol, owners[0]) if owners else claim)
    return [claim for claim in paired if claim.symbol.id not in named]
