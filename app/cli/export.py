"""`clew export symbols|relations`: every row as one JSON object a line, streamed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, islice
from typing import TypeVar

import msgspec

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.shapes import Shape
from app.shapes.symbols import full_symbol_shape, relation_shape
from app.wiring import Wiring
from configs.errors import InputError
from guardrails.visible import escaped
from knowledge.schema import RelationKind, SymbolKind
from knowledge.scope import Scope

BATCH = 1_000
Kind = TypeVar("Kind", bound=StrEnum)


def run(what: str, kinds: tuple[str, ...], repo: str | None, store: str | None) -> int:
    """Return 0 when there was a row, else 1."""
    encode = msgspec.json.Encoder().encode
    with opened(store) as wiring:
        rows = _rows(wiring, wiring.scope(repo), what, kinds)
        first = next(rows, None)
        if first is None:
            return NONE
        rows = chain((first,), rows)
        while batch := list(islice(rows, BATCH)):
            rows_of_batch = b"\n".join(map(encode, batch)) + b"\n"
            if not rows_of_batch.isascii():
                rows_of_batch = escaped(rows_of_batch.decode()).encode()
            sys.stdout.buffer.write(rows_of_batch)
        sys.stdout.buffer.flush()
    return FOUND


def _rows(wiring: Wiring, scope: Scope, what: str, kinds: tuple[str, ...]) -> Iterator[Shape]:
    if what == "symbols":
        return map(full_symbol_shape, wiring.graph.iter_symbols(scope, kinds=_known(SymbolKind, kinds)))
    return map(relation_shape, wiring.graph.iter_relations(scope, kinds=_known(RelationKind, kinds)))


def _known(enum: type[Kind], names: tuple[str, ...]) -> list[Kind]:
    """Return the kinds of these names, whatever their case. Raises InputError for a name that is none."""
    by_name = {member.value.lower(): member for member in enum}
    for name in names:
        if name.lower() not in by_name:
            known = ", ".join(member.value for member in enum)
            raise InputError(f"there is no kind {name!r}", next_step=f"use one of: {known}")
    return [by_name[name.lower()] for name in names]
