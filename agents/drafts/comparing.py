"""Two or more symbols side by side: a table of what the graph knows of each, one row a symbol."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.drafts.claims import kind_of, name_citation, one_line
from agents.records import claim_row, short_name
from agents.state import Block, ClaimRow, Evidence, Outcome

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_CELL = 80
"""Characters of a cell: a table that is wider than the window cannot be read."""
_COLUMNS = ["name", "kind", "declared as", "says of itself", "built on", "called by", "calls"]


def comparison(outcomes: Sequence[Outcome], facts: Sequence[Evidence]) -> Block | None:
    """Return the table of the symbols that were explained, None where they are not several."""
    compared: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome["operation"] == "explain" and outcome["symbol"] is not None and outcome["verdict"] == "found":
            compared.setdefault(outcome["symbol"]["id"], outcome)
    if len(compared) < 2:
        return None
    rows: list[ClaimRow] = []
    cells_of: list[list[str]] = []
    for outcome in compared.values():
        symbol = outcome["symbol"]
        assert symbol is not None
        own = [fact for fact in facts if fact["task"] == outcome["task"]]
        cells = [
            f"`{short_name(symbol)}`",
            kind_of(symbol),
            f"`{_cut(one_line(symbol['signature'])) or symbol['name']}`",
            _cut(_SENTENCE_END.split(" ".join(symbol["doc"].split()))[0]),
            *(_named(own, note) for note in ("base", "caller", "callee")),
        ]
        text = f"`{symbol['qualified_name']}` is a {kind_of(symbol)}"
        rows.append(claim_row(text, [name_citation(symbol)], identifiers=[symbol["qualified_name"]]))
        cells_of.append(cells)
    shown = [at for at in range(len(_COLUMNS)) if any(cells[at] for cells in cells_of)]
    claims: list[ClaimRow] = [
        {**row, "cells": [cells[at] for at in shown]} for row, cells in zip(rows, cells_of, strict=True)
    ]
    columns = [_COLUMNS[at] for at in shown]
    return Block(intro="", title="Side by side", claims=claims, tail="", form="table", columns=columns)


def _cut(text: str) -> str:
    return text if len(text) <= _CELL else f"{text[: _CELL - 1].rstrip()}\u2026"


def _named(facts: Sequence[Evidence], note: str) -> str:
    names = dict.fromkeys(f"`{short_name(fact['about'])}`" for fact in facts if fact["note"] == note and fact["about"])
    shown = list(names)[:3]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
