"""What owns the vectors: chooses an embedder, fills, goes on answering while another takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from app.owned_vectors import OwnedVectors, Sources, fill_all
from configs.errors import ModelUnavailable, StoreUnavailable
from indexers.chunk_texts import FORM
from indexers.vector_state import VectorState, read_state
from indexers.vectors import vector_id
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.ports.vectors import Embedder, VectorSpace
from knowledge.scope import EVERYTHING
from models.embedders.choosing import Choice
from tests.contract.held_vectors import HeldVectors
from tests.contract.sources import entry

VERBS = ("create", "delete", "update", "find", "send", "check")
NOUNS = ("order", "price", "invoice", "basket")


HOST = f"host+{FORM}"
"""What names the vectors of the embedder `host`."""


class Counting:
    """Embeds a text by the letters of the alphabet that it holds; may break after so many texts."""

    def __init__(self, identity: str, breaks_after: int = 10**9) -> None:
        self.identity, self.dimension = identity, 26
        self.texts: list[str] = []
        self.breaks_after = breaks_after

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if len(self.texts) + len(texts) > self.breaks_after:
            raise ModelUnavailable("the host went away")
        self.texts += texts
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        counts = np.array([text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"], np.float32)
        return counts / max(float(np.linalg.norm(counts)), 1e-9)


class Bench:
    """One repository `r`; `embedder` is what the settings choose, `held` the store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.generation = 0
        self.texts = {
            f"{noun}.py": "".join(
                f"def {verb}_{noun}(value):\n    return {verb}(value, {noun})\n\n\n" for verb in VERBS
            )
            for noun in NOUNS
        }
        self.lexical = LexicalSearch(folder / "lexical", lambda _: {"r": self.generation} if self.generation else {})
        graph: Any = SimpleNamespace(read_text=lambda _scope, _repository, path: self.texts[path].encode())
        self.sources = Sources(graph, self.lexical)
        self.embedder: Embedder | None = None
        self.may_return = False
        self.held = HeldVectors()
        self.owned = self.started()
        self.index()

    def index(self) -> None:
        self.generation += 1
        entries = [entry("r", path, text) for path, text in self.texts.items()]
        LexicalWriter(self.folder / "lexical").build("r", self.generation, entries)

    def started(self) -> OwnedVectors:
        """Return the vectors of a new process over the same store."""
        return OwnedVectors(
            lambda: self.held, lambda _: Choice(self.embedder, "so", self.may_return), lambda _: self.folder / "r"
        )

    def fill(self) -> list[VectorState]:
        return list(self.owned.fill(self.sources, "r", self.generation))

    @property
    def state(self) -> VectorState:
        return read_state(self.folder / "r")

    def nearest(self, query: str) -> list[str]:
        return [hit.symbol_id for hit in self.owned.search(EVERYTHING, query, top_k=3)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_without_a_host_vectors_are_learned_from_the_repository(bench: Bench) -> None:
    assert bench.nearest("delete the invoice") == []
    states = bench.fill()
    assert states[-1].complete and states[-1].learned and states[-1].reason == "so"
    assert (states[-1].written, states[-1].total) == (24, 24)
    assert bench.nearest("delete the invoice")[0] == "r:invoice.py#delete_invoice"
    assert bench.fill() == []


def test_a_host_embeds_the_text_of_each_chunk_once(bench: Bench) -> None:
    bench.embedder = host = Counting("host")
    assert bench.fill()[-1] == bench.state
    assert len(host.texts) == 24
    assert (
        "delete invoice in invoice\ndelete_invoice\ndef delete_invoice(value):\n    return delete(value, invoice)"
        in host.texts
    )
    assert bench.nearest("delete_invoice")[0] == "r:invoice.py#delete_invoice"
    bench.texts["order.py"] = bench.texts["order.py"].replace("send(value", "send(other")
    bench.index()
    bench.fill()
    assert len(host.texts) == 25


def test_a_host_that_vanishes_in_the_middle_is_gone_on_with(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.owned_vectors.TEXT_BATCH_ROWS", 5)
    bench.embedder = host = Counting("host", breaks_after=12)
    with pytest.raises(ModelUnavailable):
        bench.fill()
    assert (bench.state.written, bench.state.total, bench.state.note) == (10, 24, "the host went away")
    assert not bench.state.complete
    assert len(bench.nearest("delete_invoice")) == 3, "what is there answers"
    host.breaks_after = 100
    assert bench.fill()[-1].complete
    assert len(host.texts) == len(set(host.texts)) == 24


def test_while_the_host_is_away_its_complete_vectors_stay(bench: Bench) -> None:
    bench.embedder = Counting("host")
    bench.fill()
    bench.embedder, bench.may_return = None, True
    assert bench.fill() == []
    assert bench.state.embedder == HOST
    assert bench.state.note == "so"
    assert bench.held.spaces.keys() == {VectorSpace("r", HOST)}


def test_half_of_an_absent_hosts_vectors_do_not_keep_others_from_being_learned(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.owned_vectors.TEXT_BATCH_ROWS", 5)
    bench.embedder = Counting("host", breaks_after=12)
    with pytest.raises(ModelUnavailable):
        bench.fill()
    bench.embedder, bench.may_return = None, True
    assert bench.fill()[-1].learned
    assert bench.nearest("delete the invoice")[0] == "r:invoice.py#delete_invoice"


def test_the_old_vectors_answer_until_those_of_another_embedder_are_complete(bench: Bench) -> None:
    bench.fill()
    learned = bench.state.embedder
    bench.embedder = Counting("host")
    for state in bench.owned.fill(bench.sources, "r", bench.generation):
        answering = bench.owned._filled["r"].space.embedder
        assert answering == (HOST if state.complete else learned)
    assert bench.held.spaces.keys() == {VectorSpace("r", HOST)}
    assert list((bench.folder / "r").glob("lsa-*")) == []


def test_a_new_process_goes_on_where_the_last_one_stopped(bench: Bench) -> None:
    bench.fill()
    written = len(bench.held.written)
    bench.owned = bench.started()
    assert bench.fill() == []
    assert len(bench.held.written) == written
    assert bench.nearest("delete the invoice")[0] == "r:invoice.py#delete_invoice"


def test_a_store_that_lost_vectors_is_filled_again(bench: Bench) -> None:
    bench.fill()
    space = VectorSpace("r", bench.state.embedder)
    bench.held.delete(space, list(bench.held.ids(space))[:7])
    bench.owned = bench.started()
    assert bench.fill()[-1].complete
    assert len(bench.held.ids(space)) == 24


def test_a_repository_that_outgrew_its_words_is_learned_anew(bench: Bench) -> None:
    bench.fill()
    before = bench.state.embedder
    bench.texts = {f"x{n}.py": f"def pay_{n}(card, wallet):\n    card.charge(wallet, {n})\n" for n in range(30)}
    bench.index()
    assert bench.fill()[-1].complete
    assert bench.state.embedder != before
    assert len(bench.held.spaces) == 1
    assert len(list((bench.folder / "r").glob("lsa-*"))) == 1


def test_a_damaged_learned_file_is_learned_again(bench: Bench) -> None:
    bench.fill()
    next((bench.folder / "r").glob("lsa-*")).write_bytes(b"broken")
    bench.owned = bench.started()
    assert bench.fill()[-1].complete
    assert bench.nearest("delete the invoice")


def test_a_repository_too_small_to_learn_from_is_left_to_text_search(bench: Bench) -> None:
    bench.fill()
    bench.texts = {"m.py": "def only(): ...\n"}
    bench.index()
    assert bench.fill() == []
    assert "too few" in bench.state.note
    assert bench.held.spaces == {} and bench.nearest("only") == []


def test_what_is_asked_about_is_filled_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.owned_vectors.TEXT_BATCH_ROWS", 4)
    bench.embedder = Counting("host")
    steps = bench.owned.fill(bench.sources, "r", 1)
    next(steps)
    wanted = "r:price.py#find_price"
    assert bench.owned.search(EVERYTHING, "find", top_k=1, candidates=[wanted]) == []
    next(steps)
    (table,) = bench.lexical.chunks(EVERYTHING)
    assert vector_id(table.digests[table.rows_of_symbol(wanted)[0]]) in bench.held.written
    assert bench.nearest("find_price")[0] == wanted
    steps.close()  # type: ignore[attr-defined]


def test_a_failing_store_leaves_its_note_and_what_is_written(bench: Bench) -> None:
    bench.held.breaks_after = 0
    with pytest.raises(StoreUnavailable):
        bench.fill()
    assert bench.state.note == "the store went away"


def test_a_forgotten_repository_is_dropped_and_a_closed_store_opened_again(bench: Bench) -> None:
    with pytest.raises(StoreUnavailable):
        bench.owned.drop("r")
    bench.fill()
    bench.owned.drop("r")
    assert bench.held.spaces == {} and bench.nearest("delete") == []
    bench.owned.close()
    assert bench.held.closed == 1 and not bench.owned.is_open
    seen: list[tuple[str, int, int]] = []
    fill_all(bench.owned, bench.sources, {"r": bench.generation}, lambda *step: seen.append(step))
    assert seen[-1] == ("vectors of r", 24, 24)


def test_an_index_that_is_gone_is_nothing_to_fill(bench: Bench) -> None:
    bench.generation = 0
    assert bench.fill() == []
