from __future__ import annotations

import numpy as np

from knowledge.ports.lexical import Chunk, Hits
from knowledge.schema import Symbol, SymbolKind
from tools.candidates import ROOM, Pool


def chunk(path: str, start: int, name: str | None) -> Chunk:
    return Chunk("shop", path, start, start + 3, f"shop:{path}#{name}" if name else None, "code")


def hits(*chunks: Chunk, **features: list[float]) -> Hits:
    columns = {"named": [0.0] * len(chunks), "mentioned": [0.0] * len(chunks)} | features
    return Hits(chunks, np.zeros(len(chunks)), {name: np.array(column) for name, column in columns.items()})


def symbol(path: str, name: str, *, is_test: bool = False, kind: SymbolKind = SymbolKind.FUNCTION) -> Symbol:
    symbol_id, last = f"shop:{path}#{name}", name.rpartition(".")[2]
    return Symbol(symbol_id, "shop", kind, last, name, name, path, 1, 0, 1, 4, "python", is_test=is_test)


def test_a_hit_is_a_row_with_its_features() -> None:
    found = hits(chunk("a.py", 1, "f"), chunk("a.py", 9, "g"), chunk=[0.5, 0.25], named=[0.0, 1.0])
    assert found[1].chunk.start_line == 9
    assert [hit.features["chunk"] for hit in found[:1]] == [0.5]
    pool = Pool("symbol", found)
    assert pool.keys == ["shop:a.py#f", "shop:a.py#g"]
    candidate = pool.candidate(1, 3.0)
    assert (candidate.features["chunk"], candidate.why, candidate.score) == (0.25, ["name match"], 3.0)


def test_chunks_outside_symbols_are_one_row_of_the_module_with_what_the_last_says() -> None:
    pool = Pool("symbol", hits(chunk("a.py", 1, None), chunk("a.py", 9, None), chunk=[0.5, 0.25], mentioned=[1.0, 1.0]))
    assert pool.keys == ["shop:a.py#"]
    candidate = pool.candidate(0)
    assert (candidate.lines, candidate.chunk) == ((1, 4), chunk("a.py", 9, None))
    assert candidate.features["chunk"] == 0.25
    assert candidate.why == ["path match", "path match"]


def test_a_symbol_adds_to_its_row_or_makes_one() -> None:
    pool = Pool("symbol", hits(chunk("a.py", 1, "f"), chunk=[0.5], test=[0.0]))
    pool.add_symbol(symbol("a.py", "f", is_test=True), "exact_symbol", 0.5, "named f")
    pool.add_symbol(symbol("a.py", "f"), "exact_symbol", 0.25, "less")
    pool.add_symbol(symbol("b.py", "g", is_test=True), "dense", 0.4, "related words")
    pool.add_symbol(symbol("b.md", "G", kind=SymbolKind.SECTION), "dense", 0.4, "of another sort")
    assert pool.column("exact_symbol").tolist() == [0.5, 0.0]
    assert pool.column("test").tolist() == [0.0, 1.0]  # the index knows of its own hits
    assert (pool.candidate(0).why, pool.candidate(1).why) == (["named f"], ["related words"])


def test_files_are_one_row_whatever_symbol_speaks_for_them() -> None:
    pool = Pool("file", hits(chunk("a.py", 1, "f"), file=[0.5]))
    for name in ("g", "h"):
        pool.add_symbol(symbol("a.py", name), "exact_symbol", 1.0, f"named {name}")
    assert pool.keys == ["shop:a.py"]
    assert pool.symbol_ids == ["shop:a.py#f"]


def test_columns_outlive_growth() -> None:
    pool = Pool("symbol")
    for number in range(3 * ROOM):
        pool.add_symbol(symbol("a.py", f"f{number}"), "exact_symbol", float(number + 1), "named")
    assert pool.column("exact_symbol").tolist() == [float(number + 1) for number in range(3 * ROOM)]
    assert len(pool.column("never")) == 3 * ROOM


def test_what_has_a_row_is_credited_without_its_symbol_and_the_others_are_told() -> None:
    found = hits(chunk("a.py", 1, "f"), chunk("a.py", 9, "g"), chunk("a.cfg", 1, None), chunk=[0.5, 0.25, 0.1])
    pool = Pool("symbol", found)
    scores = {"shop:a.py#g": 0.75, "shop:b.py#h": 0.5, "shop:a.py#f": 0.25, "shop:a.cfg#": 0.7}
    assert pool.credit_known(scores, "dense", "related words") == ["shop:b.py#h", "shop:a.cfg#"]
    assert pool.column("dense").tolist() == [0.25, 0.75, 0.0]
    assert pool.candidate(1).why == ["related words"]
    assert pool.keys == ["shop:a.py#f", "shop:a.py#g", "shop:a.cfg#"]
