"""What the composition does with a store that cannot be opened."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.store_files import MEMORY_FILE
from app.wiring import Wiring
from configs.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreUnavailable
from configs.settings import load_settings
from ops.ledger.privacy import erase
from tests.servers.fake_ollama import FakeModel, FakeOllama, running


def wiring_over(home: Path) -> Wiring:
    return Wiring(load_settings({"home": str(home)}, folder=home))


@pytest.mark.parametrize("error", [StoreBusy, StoreFull, StoreUnavailable])
def test_a_store_that_cannot_be_had_for_now_is_left_alone(tmp_path: Path, error: type[StoreError]) -> None:
    (tmp_path / MEMORY_FILE).write_bytes(b"what another process writes")

    def refuse(_path: Path) -> None:
        raise error("not now")

    with pytest.raises(error):
        wiring_over(tmp_path)._renewed(MEMORY_FILE, refuse)
    assert (tmp_path / MEMORY_FILE).read_bytes() == b"what another process writes"


def test_a_damaged_store_of_what_can_be_made_again_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / MEMORY_FILE
    file.write_bytes(b"no database at all" * 100)

    def opened(path: Path) -> str:
        if path.exists():
            raise StoreCorrupt("damaged")
        return "new"

    assert wiring_over(tmp_path)._renewed(MEMORY_FILE, opened) == "new"
    wiring = wiring_over(tmp_path)
    file.write_bytes(b"no database at all" * 100)
    wiring.memory.forget_repository("any")
    wiring.close()
    assert file.read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize(
    ("url", "labels", "inside"),
    [
        ("https://embeddings.example/v1", {}, False),
        ("https://embeddings.example/v1", {"shop": "remote"}, True),
        ("http://10.0.0.7:8000/v1", {}, True),
    ],
)
def test_code_that_may_not_leave_gets_no_embedder_elsewhere(
    tmp_path: Path, url: str, labels: dict[str, str], inside: bool
) -> None:
    embedding = {"source": "openai", "url": url, "model": "some-embedding"}
    settings = load_settings(
        {"home": str(tmp_path), "embedding": embedding, "privacy": {"repositories": labels}}, folder=tmp_path
    )
    choice = Wiring(settings).embedder_choice("shop")
    assert (choice.embedder is not None) == inside
    assert inside or "its code may not leave, and https://embeddings.example/v1 is elsewhere" in choice.reason


def test_an_embedding_model_that_hands_texts_on_is_elsewhere(tmp_path: Path) -> None:
    cloud = FakeModel("embed:cloud", family="bert", capabilities=("embedding",), remote_host="https://ollama.com")
    with running(FakeOllama(models=[cloud])) as host:
        model, embedding = {"ollama_url": host.url}, {"source": "ollama"}
        for label, has_one in (("local", False), ("remote", True)):
            privacy = {"repositories": {"shop": label}}
            given = {"home": str(tmp_path), "model": model, "embedding": embedding, "privacy": privacy}
            assert (
                Wiring(load_settings(given, folder=tmp_path)).embedder_choice("shop").embedder is not None
            ) == has_one


def test_who_asked_for_a_job_is_kept_as_the_ledger_knows_them_and_forgotten_with_their_key(tmp_path: Path) -> None:
    wiring = wiring_over(tmp_path)
    stands_for = wiring.pseudonym("ann")
    assert stands_for and "ann" not in stands_for
    assert wiring.pseudonym("ann") == stands_for
    assert wiring.name_behind(stands_for) == "ann"
    with closing(wiring.open_ledger()) as ledger:
        erase(ledger, "ann")
    assert wiring.name_behind(stands_for) == ""
    assert wiring.pseudonym("") == wiring.name_behind("") == ""
    wiring.close()


def test_a_ledger_that_is_away_keeps_no_job_from_being_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("psycopg")
    ledger = {"store": "postgres", "url": "postgresql://clew@127.0.0.1:9/postgres", "timeout_s": 1}
    wiring = Wiring(load_settings({"home": str(tmp_path), "ledger": ledger}, folder=tmp_path))
    assert wiring.pseudonym("ann") == wiring.name_behind("ab") == ""
    assert "who asked is not kept" in caplog.text
    wiring.close()
