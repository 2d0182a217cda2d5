"""A name of several meanings that are each answered: what it may mean is said first, then what was found of each stands under its name."""

from __future__ import annotations

from collections.abc import Sequence

from agents.drafts.claims import definition_claim
from agents.records import counted
from agents.state import Block, Outcome, SymbolRow


def meanings_told(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return the sentence that says that a name is ambiguous, and how to ask for one of its meanings alone."""
    found = sorted({one["symbol"]["qualified_name"] for one in outcomes if one["symbol"] is not None})
    full = f", such as `{found[0]}`," if found else ""
    many = counted(len({one["symbol"]["id"] for one in outcomes if one["symbol"] is not None}), "thing")
    return f"`{name}` means {many} here, and each is answered below. Ask with the full name{full} to get one alone."


def name_above(symbol: SymbolRow) -> Block:
    """Return what stands above the passage of one meaning: its name and its place."""
    return Block(intro="", title=f"`{symbol['qualified_name']}`", claims=[definition_claim(symbol)], tail="")
