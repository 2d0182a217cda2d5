from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from configs.errors import StoreBusy, StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends import chroma, chroma_probe
from knowledge.backends.chroma import FORMAT, FORMAT_FILE, ChromaVectors, erase_repository, erase_vectors
from knowledge.backends.chroma_ownership import Owner, owner_of
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING
from tests.contract.held_vectors import HeldVectors
from tests.contract.vector_index import AXES, SHOP, VectorIndexContract

REPOSITORY_ROOT = Path(__file__).parents[2]


class TestHeldVectors(VectorIndexContract):
    @pytest.fixture
    def vectors(self) -> HeldVectors:
        return HeldVectors()


class TestChromaVectors(VectorIndexContract):
    @pytest.fixture
    def vectors(self, tmp_path: Path) -> Iterator[ChromaVectors]:
        vectors = ChromaVectors.local(tmp_path / "vectors")
        yield vectors
        vectors.close()

    def test_more_rows_than_a_batch(self, vectors: ChromaVectors, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(chroma, "BATCH_ROWS", 10)
        ids = [f"chunk {number}" for number in range(35)]
        vectors.upsert(SHOP, ids, np.random.default_rng(0).random((35, 4), np.float32))
        assert vectors.ids(SHOP) == set(ids)
        vectors.delete(SHOP, ids[:25])
        assert vectors.ids(SHOP) == set(ids[25:])

    def test_a_second_owner_is_told_who_owns_the_store(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
            ChromaVectors.local(tmp_path / "vectors")

    def test_candidates_are_exact_up_to_a_number_and_restricted_beyond(
        self, vectors: ChromaVectors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ids = [f"{number:016x}" for number in range(300)]
        vectors.upsert(SHOP, ids, np.random.default_rng(1).standard_normal((300, 4)).astype(np.float32))
        exact = vectors.query(EVERYTHING, SHOP, AXES[0], top_k=20, ids=ids[::3])
        monkeypatch.setattr(chroma, "MAX_EXACT", 0)
        near = vectors.query(EVERYTHING, SHOP, AXES[0], top_k=20, ids=ids[::3])
        assert [name for name, _ in near] == [name for name, _ in exact]
        assert [score for _, score in near] == pytest.approx([score for _, score in exact], abs=1e-5)

    def test_a_collection_is_looked_up_once_and_again_after_it_was_dropped(
        self, vectors: ChromaVectors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vectors.upsert(SHOP, ["x"], AXES[:1])

        def looked_up(*_: object, **__: object) -> None:
            raise AssertionError("looked up again")

        assert vectors._client is not None
        monkeypatch.setattr(vectors._client, "get_collection", looked_up)
        assert [name for name, _ in vectors.query(EVERYTHING, SHOP, AXES[0], top_k=1)] == ["x"]
        monkeypatch.undo()
        vectors.drop("shop")
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=1) == []
        vectors.upsert(SHOP, ["y"], AXES[:1])
        assert [name for name, _ in vectors.query(EVERYTHING, SHOP, AXES[0], top_k=9)] == ["y"]

    def test_any_name_of_a_repository_is_a_space_of_its_own(self, vectors: ChromaVectors) -> None:
        spaces = [VectorSpace(name, "e") for name in ("a/b", "a.b", "A b", "", "日本", "x" * 600, "a")]
        for number, space in enumerate(spaces):
            vectors.upsert(space, [str(number)], AXES[:1])
        assert [vectors.ids(space) for space in spaces] == [{str(number)} for number in range(len(spaces))]
        vectors.drop("a")
        assert [len(vectors.ids(space)) for space in spaces] == [1, 1, 1, 1, 1, 1, 0]

    def test_what_the_owner_drops_is_not_in_its_files(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        folder = tmp_path / "vectors"
        other = VectorSpace("other", "axes")
        rows = np.random.default_rng(7).normal(size=(1_500, AXES.shape[1])).astype(np.float32)
        for space in (SHOP, other):
            vectors.upsert(space, [f"{space.repository}-zebra-{number}" for number in range(len(rows))], rows)
        vectors.drop("shop")
        for _ in range(2):  # while it is open, and closed
            assert not [
                file.name for file in folder.rglob("*") if file.is_file() and b"shop-zebra" in file.read_bytes()
            ]
            assert len(list(folder.glob("*/header.bin"))) == 1
            vectors.close()
        with closing(ChromaVectors.local(folder)) as again:
            assert again.query(EVERYTHING, other, rows[3], top_k=1)[0][0] == "other-zebra-3"

    def test_erasing_deletes_the_index_of_a_large_collection(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        folder = tmp_path / "vectors"
        other = VectorSpace("other", "axes")
        rows = np.random.default_rng(7).normal(size=(1_500, AXES.shape[1])).astype(np.float32)
        vectors.upsert(SHOP, [f"zebra-{number}" for number in range(len(rows))], rows)
        vectors.upsert(other, [f"kept-{number}" for number in range(len(rows))], rows)
        vectors.close()
        assert len(list(folder.glob("*/header.bin"))) == 2
        erase_repository(folder, "shop")
        assert len(list(folder.glob("*/header.bin"))) == 1
        assert not [file.name for file in folder.rglob("*") if file.is_file() and b"zebra" in file.read_bytes()]
        with closing(ChromaVectors.local(folder)) as again:
            assert len(again.ids(other)) == len(rows)
            assert again.query(EVERYTHING, other, rows[3], top_k=1)[0][0] == "kept-3"

    def test_erasing_waits_for_the_owner_and_leaves_nothing(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        folder = tmp_path / "vectors"
        other = VectorSpace("other", "axes")
        vectors.upsert(SHOP, ["zebra"], AXES[:1] * np.float32(1.2345))
        vectors.upsert(other, ["kept"], AXES[:1])
        with pytest.raises(StoreBusy):
            erase_repository(folder, "shop")
        with pytest.raises(StoreBusy):
            erase_vectors(folder)
        assert vectors.ids(SHOP)
        vectors.close()
        erase_repository(folder, "shop")
        said = (b"zebra", np.float32(1.2345).tobytes(), b"shop-")
        assert [
            file.name for file in folder.rglob("*") if file.is_file() and any(s in file.read_bytes() for s in said)
        ] == []
        again = ChromaVectors.local(folder)
        assert (again.ids(SHOP), again.ids(other)) == (set(), {"kept"})
        again.close()
        erase_vectors(folder)
        assert not folder.exists()

    def test_the_owner_says_where_it_answers_to_its_user_alone(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        folder = tmp_path / "vectors"
        assert owner_of(folder) == Owner(os.getpid())
        vectors.announce(Owner(os.getpid(), "http://127.0.0.1:1", "secret"))
        assert owner_of(folder) == Owner(os.getpid(), "http://127.0.0.1:1", "secret")
        assert (tmp_path / "vectors.owner").stat().st_mode & 0o077 == 0
        vectors.close()
        assert owner_of(folder) is None
        assert not (tmp_path / "vectors.owner").exists()

    def test_the_note_of_an_owner_that_died_is_not_believed(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.owner").write_text('{"pid": 1, "url": "http://127.0.0.1:1", "token": "stale"}')
        assert owner_of(tmp_path / "elsewhere") is None

    def test_vectors_outlive_their_process(self, vectors: ChromaVectors, tmp_path: Path) -> None:
        vectors.upsert(SHOP, ["x"], AXES[:1])
        vectors.close()
        again = ChromaVectors.local(tmp_path / "vectors")
        assert again.ids(SHOP) == {"x"}
        again.close()

    def test_a_closed_store_says_so(self, vectors: ChromaVectors) -> None:
        vectors.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            vectors.ids(SHOP)


def test_a_damaged_store_is_named_and_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / FORMAT_FILE).write_text(str(FORMAT))
    (folder / "chroma.sqlite3").write_bytes(b"no database at all" * 400)
    for _ in range(2):  # the failed opening must not keep the lock
        with pytest.raises(StoreCorrupt, match="cannot be read"):
            ChromaVectors.local(folder)
    erase_vectors(folder)
    again = ChromaVectors.local(folder)  # in the same process
    again.upsert(SHOP, ["x"], AXES[:1])
    again.close()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def garble(file: Path) -> None:
    """Write over every fortieth byte."""
    content = bytearray(file.read_bytes())
    content[7::40] = bytes(0xA5 for _ in content[7::40])
    file.write_bytes(content)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("pattern", "harm"),
    [
        ("chroma.sqlite3", cut),
        ("chroma.sqlite3", garble),
        ("index_metadata.pickle", cut),
        ("data_level0.bin", cut),
        ("data_level0.bin", garble),  # a segmentation fault in Chroma's core
        ("length.bin", Path.unlink),
    ],
)
def test_damage_of_any_file_is_an_error_and_mended_on_request(
    tmp_path: Path, pattern: str, harm: Callable[[Path], None]
) -> None:
    folder = tmp_path / "vectors"
    store = ChromaVectors.local(folder)
    ids = [f"{number:016x}" for number in range(3_000)]
    store.upsert(SHOP, ids, np.random.default_rng(0).random((3_000, 8), np.float32))
    store.close()
    harm(next(folder.rglob(pattern)))
    with pytest.raises(StoreCorrupt, match="damaged|cannot be read") as caught:
        ChromaVectors.local(folder)
    assert "clew vectors --rebuild" in caught.value.next_step
    erase_vectors(folder)
    again = ChromaVectors.local(folder)
    assert again.ids(SHOP) == set()
    again.close()


def test_a_store_closed_in_order_is_opened_without_a_look_by_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "vectors"
    looks: list[int] = []

    def looked(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        looks.append(1)
        return _ended(0)

    monkeypatch.setattr(subprocess, "run", looked)
    store = ChromaVectors.local(folder)
    store.upsert(SHOP, [f"{number:016x}" for number in range(1_500)], np.ones((1_500, 4), np.float32))
    store.close()
    ChromaVectors.local(folder).close()
    assert looks == []
    (folder / chroma_probe.SEAL).unlink()  # as after a kill
    ChromaVectors.local(folder).close()
    assert looks == [1]


@pytest.mark.parametrize(("code", "said"), [(-11, "signal 11"), (1, "the reason"), (0, "")])
def test_what_the_other_process_met_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    (tmp_path / "data_level0.bin").write_bytes(b"x")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: _ended(code))
    found = chroma_probe.damage(tmp_path)
    assert said in found
    assert bool(found) == bool(said)

    def slow(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("probe", 300)

    monkeypatch.setattr(subprocess, "run", slow)
    assert "300 s" in chroma_probe.damage(tmp_path)


def _ended(code: int) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, "", "Traceback\nthe reason" if code == 1 else "")


def test_the_vectors_of_an_older_clew_are_started_anew_and_a_newer_ones_left(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    (folder / "segment").mkdir(parents=True)
    (folder / "chroma.sqlite3").write_bytes(b"of an older format")
    (folder / "segment" / "ids").write_bytes(b"shop:zebra.py#zebra")
    ChromaVectors.local(folder).close()
    assert not (folder / "segment").exists()
    for number in ("3", "99"):
        (folder / FORMAT_FILE).write_text(number)
        with pytest.raises(StoreTooNew, match=number):
            ChromaVectors.local(folder)
    assert (folder / "chroma.sqlite3").exists()


@pytest.mark.integration
def test_a_killed_owner_leaves_a_store_that_opens_or_is_known_to_be_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    script = (
        "import sys, pathlib, numpy as np\n"
        "from knowledge.backends.chroma import ChromaVectors\n"
        "from knowledge.ports.vectors import VectorSpace\n"
        "shop = VectorSpace('shop', 'axes')\n"
        "store = ChromaVectors.local(pathlib.Path(sys.argv[1]))\n"
        "store.upsert(shop, ['kept'], np.eye(4, dtype=np.float32)[:1])\n"
        "print('ready', flush=True)\n"
        "number = 0\n"
        "while True:\n"
        "    number += 1\n"
        "    store.upsert(shop, [f'{number}-{row}' for row in range(500)], np.random.random((500, 4)).astype('f4'))\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, cwd=REPOSITORY_ROOT)
    assert owner.stdout is not None
    assert owner.stdout.readline().strip() == b"ready"
    with pytest.raises(StoreBusy, match=f"process {owner.pid}"):
        ChromaVectors.local(folder)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    with suppress(StoreCorrupt):  # Chroma writes its neighbours in place: a kill may cut them off, and that is found
        store = ChromaVectors.local(folder)
        with closing(store):
            assert "kept" in store.ids(SHOP)
            store.upsert(SHOP, ["after"], AXES[:1])
            assert "after" in store.ids(SHOP)
        return
    erase_vectors(folder)
    with closing(ChromaVectors.local(folder)) as store:
        store.upsert(SHOP, ["after"], AXES[:1])
        assert store.ids(SHOP) == {"after"}
