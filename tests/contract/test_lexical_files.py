from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreCorrupt, StoreFull, StoreTooNew
from knowledge.backends.lexical import LexicalSearch, LexicalWriter, container
from knowledge.backends.lexical.layout import generation_folder, repository_folder
from knowledge.ports.lexical import LexicalIndex
from knowledge.scope import EVERYTHING, Scope
from tests.contract.lexical_index import OTHER, LexicalIndexContract
from tests.contract.sources import entry, shop_entries


class Committed:
    """Stands for the code graph: says which generation of each repository is committed."""

    def __init__(self, **generations: int) -> None:
        self.generations = generations

    def __call__(self, scope: Scope) -> dict[str, int]:
        return {name: number for name, number in self.generations.items() if scope.allows(name)}


class TestLexicalFiles(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[LexicalIndex]:
        writer = LexicalWriter(tmp_path)
        writer.build("shop", 1, shop_entries())
        writer.build("other", 4, [entry("other", "other/retry.py", OTHER)])
        index = LexicalSearch(tmp_path, Committed(shop=1, other=4))
        yield index
        index.close()


def numbers_in(folder: Path) -> list[str]:
    """Return the generations that lie in a repository's folder, drafts too."""
    return sorted(child.name for child in folder.iterdir() if child.name != "segments")


def paths_of(search: LexicalSearch, query: str) -> list[str]:
    return [hit.chunk.path for hit in search.search(EVERYTHING, query, kind="file", top_k=9)]


def test_a_new_generation_is_seen_once_it_is_committed(tmp_path: Path) -> None:
    writer, committed = LexicalWriter(tmp_path), Committed(shop=1)
    search = LexicalSearch(tmp_path, committed)
    writer.build("shop", 1, shop_entries())
    assert paths_of(search, "checkout") == ["shop/cart.py"]
    writer.build("shop", 2, [entry("shop", "till.py", "def checkout(): ...\n")])
    assert paths_of(search, "checkout") == ["shop/cart.py"]
    committed.generations["shop"] = 2
    assert paths_of(search, "checkout") == ["till.py"]
    assert writer.prune("shop", 2) == []
    assert numbers_in(repository_folder(tmp_path, "shop")) == ["2"]


def test_a_generation_pruned_between_two_reads_is_asked_for_again(tmp_path: Path) -> None:
    LexicalWriter(tmp_path).build("shop", 2, shop_entries())
    answers = [{"shop": 1}, {"shop": 2}]
    search = LexicalSearch(tmp_path, lambda _: answers.pop(0))
    assert paths_of(search, "checkout") == ["shop/cart.py"]


def test_a_forgotten_repository_indexed_anew_is_not_the_old_one(tmp_path: Path) -> None:
    writer, search = LexicalWriter(tmp_path), LexicalSearch(tmp_path, Committed(shop=1))
    writer.build("shop", 1, shop_entries())
    assert paths_of(search, "checkout") == ["shop/cart.py"]
    writer.forget("shop")
    writer.build("shop", 1, [entry("shop", "till.py", "def checkout(): ...\n")])
    assert paths_of(search, "checkout") == ["till.py"]


def test_a_missing_generation_is_corrupt_with_a_next_step(tmp_path: Path) -> None:
    search = LexicalSearch(tmp_path, Committed(shop=7))
    with pytest.raises(StoreCorrupt, match="missing") as caught:
        paths_of(search, "checkout")
    assert "clew index" in caught.value.next_step


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "text"])
def test_damage_is_noticed(tmp_path: Path, damage: str) -> None:
    LexicalWriter(tmp_path).build("shop", 1, shop_entries())
    file = generation_folder(tmp_path, "shop", 1) / "index.bin"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    damaged = {"flip": bytes(content), "cut": bytes(content[:-100]), "empty": b"", "text": b"not an index" * 9}
    file.write_bytes(damaged[damage])
    with pytest.raises(StoreCorrupt, match="damaged"):
        paths_of(LexicalSearch(tmp_path, Committed(shop=1)), "checkout")


def test_a_newer_format_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(container, "VERSION", 99)
        LexicalWriter(tmp_path).build("shop", 1, shop_entries())
    with pytest.raises(StoreTooNew, match="99"):
        paths_of(LexicalSearch(tmp_path, Committed(shop=1)), "checkout")


def test_an_older_format_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, search = LexicalWriter(tmp_path), LexicalSearch(tmp_path, Committed(shop=1))
    with monkeypatch.context() as patch:
        patch.setattr(container, "VERSION", 3)
        writer.build("shop", 1, shop_entries())
    assert not writer.has("shop", 1)
    with pytest.raises(StoreCorrupt, match="older") as caught:
        paths_of(search, "checkout")
    assert "clew index" in caught.value.next_step
    writer.build("shop", 1, shop_entries())
    assert writer.has("shop", 1)
    assert paths_of(search, "checkout") == ["shop/cart.py"]


def test_a_full_disk_leaves_the_old_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LexicalWriter(tmp_path)
    writer.build("shop", 1, shop_entries())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(StoreFull, match="disk is full"):
            writer.build("shop", 2, shop_entries())
    assert numbers_in(repository_folder(tmp_path, "shop")) == ["1"]
    assert paths_of(LexicalSearch(tmp_path, Committed(shop=1)), "checkout") == ["shop/cart.py"]


def test_empty_files_and_empty_repositories(tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path)
    writer.build("none", 1, [])
    writer.build("shop", 1, [entry("shop", "shop/__init__.py", ""), *shop_entries()])
    search = LexicalSearch(tmp_path, Committed(none=1, shop=1))
    assert "shop/__init__.py" in paths_of(search, "shop init")
    assert search.chunk_terms("none").digests.tolist() == []


def test_the_same_name_in_another_case_is_another_folder(tmp_path: Path) -> None:
    folders = {repository_folder(tmp_path, name).name.lower() for name in ("shop", "Shop", "a/b", "a_b", "..", "con.x")}
    assert len(folders) == 6
    assert all(folder.strip(".") for folder in folders)


def test_forget_removes_every_generation(tmp_path: Path) -> None:
    writer = LexicalWriter(tmp_path)
    writer.build("shop", 1, shop_entries())
    assert writer.forget("shop") == []
    assert not repository_folder(tmp_path, "shop").exists()


def test_the_index_is_the_same_bytes_for_the_same_sources(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        LexicalWriter(tmp_path / name).build("shop", 1, shop_entries())
        contents.append((generation_folder(tmp_path / name, "shop", 1) / "index.bin").read_bytes())
    assert contents[0] == contents[1]


def test_chunk_terms_give_back_every_chunk(tmp_path: Path) -> None:
    LexicalWriter(tmp_path).build("shop", 1, shop_entries())
    search = LexicalSearch(tmp_path, Committed(shop=1))
    chunks, table = search.chunk_terms("shop"), search.chunks(EVERYTHING)[0]
    assert table.digests.tolist() == chunks.digests.tolist()
    (row,) = table.rows_of_symbol("shop:shop/retry.py#RetryPolicy.give_up")
    terms = {chunks.vocabulary[t] for t in chunks.terms[chunks.row_start[row] : chunks.row_start[row + 1]]}
    assert {b"give", b"up", b"give_up", b"limit", b"shop"} <= terms
    assert b"append" not in terms


def test_chunks_are_found_by_symbol_and_by_file(tmp_path: Path) -> None:
    odd = entry("shop", "a#b/c.py", "def one(): ...\n\n\ndef two(): ...\n")
    LexicalWriter(tmp_path).build("shop", 1, [*shop_entries(), odd])
    (table,) = LexicalSearch(tmp_path, Committed(shop=1)).chunks(EVERYTHING)
    for path in ("shop/cart.py", "a#b/c.py", "docs/guide.md"):
        rows = table.rows_of_file(path)
        assert {table.chunk(row).path for row in rows} == {path}
        assert table.rows_of_symbol(f"shop:{path}#") == list(rows)
        for row in rows:
            symbol_id = table.chunk(row).symbol_id
            assert symbol_id is None or row in table.rows_of_symbol(symbol_id)
    assert [table.chunk(row).symbol_id for row in table.rows_of_symbol("shop:a#b/c.py#two")] == ["shop:a#b/c.py#two"]
    for unknown in (
        "other:shop/cart.py#Cart",
        "shop:gone.py#x",
        "shop:shop/cart.py#Nobody",
        "shop:zzz.py#",
        "nonsense",
    ):
        assert table.rows_of_symbol(unknown) == []
    assert not table.rows_of_file("gone.py")


def evidence_of(folder: Path, query: str, sources: dict[str, str]) -> dict[str, Mapping[str, float]]:
    """Return the features of each symbol that the question brings up."""
    LexicalWriter(folder).build("a", 1, [entry("a", path, text) for path, text in sources.items()])
    with closing(LexicalSearch(folder, Committed(a=1))) as search:
        hits = search.search(EVERYTHING, query, kind="symbol", top_k=50)
    return {(hit.chunk.symbol_id or "").partition("#")[2]: hit.features for hit in hits}


def test_a_path_counts_for_each_chunk_of_its_file(tmp_path: Path) -> None:
    text = "def {0}(delay):\n    return delay\n"
    found = evidence_of(tmp_path, "worker delay", {"worker/a.py": text.format("one"), "cart/b.py": text.format("two")})
    assert found["one"]["chunk"] == found["two"]["chunk"]
    assert found["one"]["placed"] > found["two"]["placed"] > 0


def test_what_a_neighbour_also_says_tells_less_within_the_file(tmp_path: Path) -> None:
    text = "def one(delay):\n    return delay\n\ndef two(delay, token):\n    return delay, token\n"
    found = evidence_of(tmp_path, "delay token", {"a.py": text, "b.py": "def three(token):\n    return token\n" * 2})
    assert found["two"]["local"] > 2 * found["one"]["local"] > 0


def test_a_name_that_is_said_whole_counts_more_than_a_part(tmp_path: Path) -> None:
    text = "def retry(n):\n    return n\n\ndef retry_later_today(n):\n    return n\n"
    found = evidence_of(tmp_path, "why does it retry", {"a.py": text})
    assert found["retry"]["name_share"] == 1.0 > found["retry_later_today"]["name_share"] > 0
    assert found["retry"]["lines"] == pytest.approx(math.log1p(2))


def test_a_word_that_few_hold_points_at_them(tmp_path: Path) -> None:
    common = "def {0}(delay):\n    return delay\n"
    sources = {f"{name}.py": common.format(name) for name in ("one", "two", "three", "four")}
    found = evidence_of(
        tmp_path, "delay of the token", sources | {"z.py": "def last(token):\n    return token, delay\n"}
    )
    assert found["last"]["chunk_few"] == 1.0
    assert found["one"]["chunk_few"] == 0.0 < found["one"]["chunk"]


def test_the_fewer_files_hold_a_word_the_more_it_says(tmp_path: Path) -> None:
    sources = {"a.py": "def one(token):\n    return token\n", "b.py": "def two(token, delay):\n    return token\n"}
    LexicalWriter(tmp_path).build("a", 1, [entry("a", path, text) for path, text in sources.items()])
    with closing(LexicalSearch(tmp_path, Committed(a=1))) as search:
        hits = search.search(EVERYTHING, "token delay", kind="file", top_k=5)
    assert {hit.chunk.path: hit.features["few"] for hit in hits} == {"a.py": 0.5, "b.py": 1.5}
