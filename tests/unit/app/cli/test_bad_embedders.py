"""An embedder that fails in the middle of a fill, each in its way: a clear error, nothing lost, text search answers as before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.servers.fake_ollama import EmbedFault, FakeModel, FakeOllama, running

BATCH = 4
CHUNKS = 12
SEARCH = ("search", "delete the basket")


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_EMBEDDING__SOURCE", "ollama")
    monkeypatch.setattr("app.owned_vectors.TEXT_BATCH_ROWS", BATCH)
    (tmp_path / "shop").mkdir()
    for noun in ("order", "price", "basket"):
        verbs = ("create", "delete", "find", "send")
        text = "".join(f"def {verb}_{noun}(value):\n    return {verb}(value, {noun})\n\n\n" for verb in verbs)
        (tmp_path / "shop" / f"{noun}.py").write_text(text)
    assert main(["index", str(tmp_path / "shop"), "--name", "shop", "--json"]) == 0


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("gone", "does not answer|broke off|gave no"),
        ("error", "500"),
        ("not_ollama", "broken|gave"),
        ("wrong_dimension", "dimension 15, where it had 16"),
        ("wrong_count", r"vectors for \d texts"),
        ("nan", "NaN|not a finite number"),
        ("infinity", "not a finite number"),
        ("nan_refused", "NaN"),
        ("no_numbers", "not a vector"),
        ("cut", "broken|broke off|gave|answer"),
    ],
)
def test_a_fault_in_the_middle_is_named_and_the_fill_goes_on_after_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fault: EmbedFault, said: str
) -> None:
    before = run(capsys, *SEARCH)["results"]
    with running(FakeOllama(models=[FakeModel("our-embed", capabilities=("embedding",), dimension=16)])) as host:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", host.url)
        host.embed_fault, host.embeds_before_fault = fault, 2
        error = run(capsys, "vectors", "--fill", code=3)["error"]
        assert error["code"] == "model_unavailable"
        assert error["next_step"]
        (row,) = run(capsys, "vectors")["repositories"]
        assert 0 < row["written"] < row["total"] == CHUNKS
        assert not row["complete"]
        assert row["note"] == error["message"]
        assert run(capsys, *SEARCH)["results"] == before
        host.embed_fault = ""
        written, already = row["written"], len(host.embedded())
        (row,) = run(capsys, "vectors", "--fill")["repositories"]
        assert row["complete"] and row["written"] == CHUNKS
        assert len(host.embedded()) - already <= CHUNKS - written + 1, "what was written is not made again"
    assert re.search(said, error["message"]), error["message"]
