"""`clew vectors` on a real store, with vectors learned from the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from knowledge.backends.chroma_ownership import Ownership


@pytest.fixture
def store(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLEW_EMBEDDING__SOURCE", "learned")
    for noun in ("order", "price", "basket"):
        verbs = ("create", "delete", "find", "send")
        text = "".join(f"def {verb}_{noun}(value):\n    return {verb}(value, {noun})\n\n\n" for verb in verbs)
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / f"{noun}.py").write_text(text)
    assert main(["--store", str(tmp_path / "store"), "index", str(tmp_path / "shop"), "--name", "shop"]) == 0
    capsys.readouterr()
    return tmp_path / "store"


def run(store: Path, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    assert main(["--store", str(store), *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_vectors_are_filled_shown_used_and_rebuilt(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = run(store, capsys, "vectors")["repositories"]
    assert (row["name"], row["embedder"], row["complete"]) == ("shop", "", False)
    (row,) = run(store, capsys, "vectors", "--fill")["repositories"]
    assert row["complete"] and row["written"] == row["total"] == 12
    assert row["embedder"].startswith("lsa-")
    assert "as the settings say" in row["reason"]
    assert run(store, capsys, "status")["repositories"][0]["vectors"] == {k: v for k, v in row.items() if k != "name"}
    assert main(["--store", str(store), "status"]) == 0
    assert "vectors  12, lsa-" in capsys.readouterr().out

    (store / "vectors" / "chroma.sqlite3").write_bytes(b"damaged" * 1_000)
    body = run(store, capsys, "vectors", "--fill", code=3)
    assert (body["error"]["code"], "clew vectors --rebuild" in body["error"]["next_step"]) == ("store_corrupt", True)
    assert run(store, capsys, "search", "delete the basket")["results"]
    (row,) = run(store, capsys, "vectors", "--rebuild", "--fill", "--repo", "shop")["repositories"]
    assert row["complete"]


def test_rebuilding_is_refused_while_a_server_owns_the_vectors(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ownership = Ownership(store / "vectors")
    body = run(store, capsys, "vectors", "--rebuild", code=3)
    ownership.release()
    assert body["error"]["code"] == "store_busy"
    assert str(os.getpid()) in body["error"]["message"]
    assert main(["--store", str(store), "vectors", "--rebuild"]) == 0
    said = capsys.readouterr().out
    assert "the next `clew serve` makes them again" in said
    assert "none yet" in said


def test_nothing_indexed_is_nothing_to_fill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(tmp_path), "vectors", "--fill"]) == 1
    assert "clew index" in capsys.readouterr().out


def checked(store: Path, capsys: pytest.CaptureFixture[str], name: str) -> dict[str, str]:
    rows: list[dict[str, str]] = run(store, capsys, "doctor")["checks"]
    return next(row for row in rows if row["name"] == name)


def test_doctor_opens_the_vectors_and_names_the_embedder(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", "http://127.0.0.1:9")
    assert "none yet" in checked(store, capsys, "vectors")["detail"]
    assert "as the settings say" in checked(store, capsys, "embedder")["detail"]
    ownership = Ownership(store / "vectors")
    assert f"owned by process {os.getpid()}" in checked(store, capsys, "vectors")["detail"]
    ownership.release()
    assert "opens" in checked(store, capsys, "vectors")["detail"]
    (store / "vectors" / "chroma.sqlite3").write_bytes(b"damaged" * 1_000)
    damaged = checked(store, capsys, "vectors")
    assert (damaged["state"], "clew vectors --rebuild" in damaged["mend"]) == ("warn", True)
    monkeypatch.setenv("CLEW_EMBEDDING__SOURCE", "ollama")
    away = checked(store, capsys, "embedder")
    assert (away["state"], away["mend"]) == ("warn", "Start it: ollama serve")
    monkeypatch.setenv("CLEW_RETRIEVAL__DENSE", "false")
    assert "not wanted" in checked(store, capsys, "vectors")["detail"]
