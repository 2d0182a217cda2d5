from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from configs.errors import StoreUnavailable
from indexers.chunk_texts import ChunkTexts
from indexers.vectors import Fill, vector_id
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.ports.lexical import ChunkTable
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING
from tests.contract.held_vectors import HeldVectors
from tests.contract.sources import SHOP, entry, shop_entries

SPACE = VectorSpace("r", "e")


class Repository:
    """One repository of a few functions, indexed again after each change."""

    def __init__(self, folder: Path) -> None:
        self._writer = LexicalWriter(folder)
        self._generation = 0
        self.files = {f"m{n}.py": f"def job_{n}(worker, task):\n    worker.run(task, {n})\n" for n in range(8)}
        self.search = LexicalSearch(folder, lambda _: {"r": self._generation})
        self.index()

    def index(self) -> None:
        self._generation += 1
        self._writer.build("r", self._generation, [entry("r", path, text) for path, text in self.files.items()])

    @property
    def table(self) -> ChunkTable:
        return self.search.chunks(EVERYTHING)[0]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lexical")


class Rows:
    """Embeds by row number, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        self.asked.append(rows.tolist())
        return np.stack([np.array([1, row], np.float32) for row in rows])


def filled(repository: Repository, vectors: HeldVectors, batch: int = 100) -> list[str]:
    """Fill to the end; return the ids written."""
    before = len(vectors.written)
    fill = Fill(repository.table, vectors, SPACE, Rows(), batch=batch)
    while fill.left:
        fill.step()
    return vectors.written[before:]


def expected_ids(repository: Repository) -> set[str]:
    return {vector_id(digest) for digest in repository.table.digests}


def test_every_chunk_gets_a_vector_once(repository: Repository) -> None:
    vectors = HeldVectors()
    assert len(filled(repository, vectors, batch=3)) == 8
    assert vectors.ids(SPACE) == expected_ids(repository)
    assert filled(repository, vectors) == []


def test_equal_chunks_of_two_files_share_one_vector(repository: Repository) -> None:
    repository.files["copy.py"] = repository.files["m3.py"]
    repository.index()
    vectors = HeldVectors()
    assert len(filled(repository, vectors)) == 8
    assert len(repository.table.digests) == 9


def test_an_edit_costs_one_vector_and_a_revert_none(repository: Repository) -> None:
    vectors = HeldVectors()
    filled(repository, vectors)
    before, kept = repository.files["m3.py"], dict(vectors.spaces[SPACE])
    repository.files["m3.py"] = "def job_3(worker, task):\n    worker.run(task, task)\n"
    del repository.files["m7.py"]
    repository.index()
    assert len(filled(repository, vectors)) == 1
    assert vectors.ids(SPACE) == expected_ids(repository)
    repository.files |= {"m3.py": before, "m7.py": "def job_7(worker, task):\n    worker.run(task, 7)\n"}
    repository.index()
    assert filled(repository, vectors) == []
    assert vectors.spaces[SPACE].keys() == kept.keys()


def test_what_is_gone_answers_nothing_before_anything_is_written(repository: Repository) -> None:
    vectors = HeldVectors()
    filled(repository, vectors)
    repository.files["m3.py"] = "def job_3(worker, task):\n    worker.run(task, task)\n"
    repository.index()
    fill = Fill(repository.table, vectors, SPACE, Rows())
    assert vectors.ids(SPACE) < expected_ids(repository)
    assert (fill.left, fill.total) == (1, 8)


def test_a_fill_that_broke_is_continued(repository: Repository) -> None:
    vectors = HeldVectors(breaks_after=6)
    with pytest.raises(StoreUnavailable):
        filled(repository, vectors, batch=3)
    assert len(vectors.ids(SPACE)) == 6
    vectors.breaks_after = 100
    assert len(filled(repository, vectors)) == 2


def test_what_is_asked_about_comes_first(repository: Repository) -> None:
    rows = Rows()
    fill = Fill(repository.table, HeldVectors(), SPACE, rows, batch=2)
    fill.step([vector_id(repository.table.digests[row]) for row in (6, 4, 5)])
    fill.step(["unknown"])
    fill.step([vector_id(repository.table.digests[4])])
    assert rows.asked == [[4, 6], [0, 1], [2, 3]]
    while fill.left:
        fill.step()
    assert sorted(row for batch in rows.asked for row in batch) == list(range(8))


def test_the_text_of_a_chunk_is_its_name_in_words_and_as_written_and_its_own_lines(tmp_path: Path) -> None:
    LexicalWriter(tmp_path).build("shop", 1, shop_entries())
    (table,) = LexicalSearch(tmp_path, lambda _: {"shop": 1}).chunks(EVERYTHING)
    texts = ChunkTexts(table, lambda path: SHOP[path].encode() if path in SHOP else None)

    def of(symbol_id: str) -> str:
        return "\n--\n".join(texts.text(row) for row in table.rows_of_symbol(symbol_id))

    own = of("shop:shop/retry.py#RetryPolicy")
    assert own.startswith("retry policy in retry\nRetryPolicy\nclass RetryPolicy:")
    assert "limit = 3" in own
    assert "next_delay" not in own and "give_up" not in own
    method = of("shop:shop/retry.py#RetryPolicy.give_up").split("\n")
    assert method[:2] == ["retry policy give up in retry", "RetryPolicy.give_up"]
    assert method[2:] == ["    def give_up(self, attempt):", "        return attempt >= self.limit"]
    assert (
        of("shop:docs/guide.md#Guide.Paying") == "guide paying in guide\nGuide.Paying"
    )  # no longer stored: its name is left
