"""What every backend of `knowledge.ports.memory.Memory` must do.

A backend's test class gives `memory`, made with a look-up of current hashes in the `hashes` fixture:
(repository, path) -> hash, absent when the file is gone.
"""

from __future__ import annotations

import pytest

from knowledge.ports.memory import Memory, MemoryEntry

Hashes = dict[tuple[str, str], str]


def answer(
    key: str = "who calls add", *, scope_key: str = "all", release_id: str = "r1", text: str = "main"
) -> MemoryEntry:
    return MemoryEntry(
        key, {"answer": text}, scope_key, release_id, (("shop", "cart.py", "h1"), ("shop", "store.py", "h2"))
    )


class MemoryContract:
    @pytest.fixture
    def hashes(self) -> Hashes:
        return {("shop", "cart.py"): "h1", ("shop", "store.py"): "h2"}

    def test_what_was_put_is_given_back(self, memory: Memory) -> None:
        memory.put(answer(text="ünïcode"))
        assert memory.get("who calls add", scope_key="all", release_id="r1") == answer(text="ünïcode")

    def test_another_key_scope_or_release_gets_nothing(self, memory: Memory) -> None:
        memory.put(answer())
        assert memory.get("who calls add?", scope_key="all", release_id="r1") is None
        assert memory.get("who calls add", scope_key="shop", release_id="r1") is None
        assert memory.get("who calls add", scope_key="all", release_id="r2") is None

    def test_the_last_one_put_counts(self, memory: Memory) -> None:
        memory.put(answer(text="old"))
        memory.put(answer(text="new"))
        found = memory.get("who calls add", scope_key="all", release_id="r1")
        assert found is not None
        assert found.payload == {"answer": "new"}

    @pytest.mark.parametrize("now", ["h9", None])
    def test_a_changed_or_vanished_file_kills_the_entry_for_good(
        self, memory: Memory, hashes: Hashes, now: str | None
    ) -> None:
        memory.put(answer())
        hashes.pop(("shop", "store.py"))
        if now:
            hashes["shop", "store.py"] = now
        assert memory.get("who calls add", scope_key="all", release_id="r1") is None
        hashes["shop", "store.py"] = "h2"
        assert memory.get("who calls add", scope_key="all", release_id="r1") is None

    def test_an_entry_without_citations_lives(self, memory: Memory) -> None:
        entry = MemoryEntry("hello", {"answer": "hi"}, "all", "r1", ())
        memory.put(entry)
        assert memory.get("hello", scope_key="all", release_id="r1") == entry

    def test_a_forgotten_repository_takes_its_entries_along(self, memory: Memory, hashes: Hashes) -> None:
        hashes["other", "a.py"] = "h3"
        kept = MemoryEntry("else", {}, "all", "r1", (("other", "a.py", "h3"),))
        memory.put(answer())
        memory.put(kept)
        memory.forget_repository("shop")
        assert memory.get("who calls add", scope_key="all", release_id="r1") is None
        assert memory.get("else", scope_key="all", release_id="r1") == kept
