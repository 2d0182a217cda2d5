from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from configs.errors import StoreBusy, StoreCorrupt, StoreUnavailable
from knowledge.backends import chroma
from knowledge.backends.chroma import ChromaVectors, collection_name, erase_vectors
from tests.contract.vector_index import AXES, VectorIndexContract

REPOSITORY_ROOT = Path(__file__).parents[2]


class TestChromaVectors(VectorIndexContract):
    @pytest.fixture
    def vectors(self, tmp_path: Path) -> Iterator[ChromaVectors]:
        vectors = ChromaVectors(tmp_path / "vectors")
        yield vectors
        vectors.close()

    def test_more_rows_than_a_batch(self, vectors: ChromaVectors, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chroma, "BATCH_ROWS", 10)
        ids = [f"chunk {number}" for number in range(35)]
        vectors.upsert("shop", ids, np.random.default_rng(0).random((35, 4), np.float32))
        assert vectors.ids("shop") == set(ids)
        vectors.delete("shop", ids[:25])
        assert vectors.ids("shop") == set(ids[25:])

    def test_a_second_owner_is_told_who_owns_the_store(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
            ChromaVectors(tmp_path / "vectors")

    def test_erasing_waits_for_the_owner_and_leaves_nothing(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        vectors.upsert("shop", ["0|shop:zebra.py#zebra"], AXES[:1])
        with pytest.raises(StoreBusy):
            erase_vectors(tmp_path / "vectors")
        assert vectors.ids("shop")
        vectors.close()
        erase_vectors(tmp_path / "vectors")
        assert [file.name for file in tmp_path.rglob("*") if file.is_file() and b"zebra" in file.read_bytes()] == []
        again = ChromaVectors(tmp_path / "vectors")
        assert again.ids("shop") == set()
        again.close()

    def test_vectors_outlive_their_process(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        vectors.upsert("shop", ["x"], AXES[:1])
        vectors.close()
        again = ChromaVectors(tmp_path / "vectors")
        assert again.ids("shop") == {"x"}
        again.close()

    def test_a_closed_store_says_so(self, vectors: ChromaVectors) -> None:
        vectors.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            vectors.ids("shop")


def test_a_damaged_store_is_named_and_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"no database at all" * 400)
    for _ in range(2):  # the failed opening must not keep the lock
        with pytest.raises(StoreCorrupt, match="cannot be read"):
            ChromaVectors(folder)


def test_names_are_safe_and_apart() -> None:
    names = {collection_name(name) for name in ("a/b", "a.b", "A b", "", "日本", "x" * 600)}
    assert len(names) == 6
    assert all(3 <= len(name) <= 512 and name.replace("-", "").isalnum() and name.isascii() for name in names)


@pytest.mark.integration
def test_a_killed_owner_leaves_a_store_that_opens(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    script = (
        "import sys, pathlib, numpy as np\n"
        "from knowledge.backends.chroma import ChromaVectors\n"
        "store = ChromaVectors(pathlib.Path(sys.argv[1]))\n"
        "store.upsert('shop', ['kept'], np.eye(4, dtype=np.float32)[:1])\n"
        "print('ready', flush=True)\n"
        "number = 0\n"
        "while True:\n"
        "    number += 1\n"
        "    store.upsert('shop', [f'{number}-{row}' for row in range(500)], np.random.random((500, 4)).astype('f4'))\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, cwd=REPOSITORY_ROOT)
    assert owner.stdout is not None
    assert owner.stdout.readline().strip() == b"ready"
    with pytest.raises(StoreBusy, match=f"process {owner.pid}"):
        ChromaVectors(folder)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    store = ChromaVectors(folder)
    assert "kept" in store.ids("shop")
    store.upsert("shop", ["after"], AXES[:1])
    assert "after" in store.ids("shop")
    store.close()
