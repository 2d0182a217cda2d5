"""Of planted secrets and personal data no byte reaches a store, a cache, a log or a prompt."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from app.cli import main
from tests.servers.fake_ollama import FakeOllama, running
from tests.unit.guardrails import planted_personal, planted_secrets

_ZLIB = re.compile(rb"x[\x01\x5e\x9c\xda]")
MAIL = "ada.hopper@fernpost.de"


def held(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (file, bytes) of all that the store holds: files as they are, values of databases, what is compressed in them."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        yield file.name, content
        values = [content]
        if content.startswith(b"SQLite format 3"):
            with sqlite3.connect(file) as database:
                tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                rows = [row for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]
            values += [value for row in rows for value in row if isinstance(value, bytes)]
            yield file.name, "\n".join(str(value) for row in rows for value in row if isinstance(value, str)).encode()
        for value in values:
            for match in _ZLIB.finditer(value):
                try:
                    yield file.name, zlib.decompressobj().decompress(value[match.start() :], 10_000_000)
                except zlib.error:
                    continue


def test_no_store_holds_what_was_planted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = planted_personal.corpus(planted_personal.PUBLISHED_SEED, 6)
    tokens = planted_secrets.tokens(Random(planted_personal.PUBLISHED_SEED))
    del tokens["azure storage"]  # known by its name only: it has no form of its own
    root, store = tmp_path / "shop", tmp_path / "store"
    root.mkdir()
    code = [
        f"def step_{n}():\n    '''{line}'''\n    return {token!r}\n"
        for n, ((_, _, line), token) in enumerate(zip(rows, [*tokens.values()] * 9, strict=False))
    ]
    (root / "shop.py").write_text("\n".join(code), "utf-8")
    (root / "guide.md").write_text("# Payments\n\n" + "\n\n".join(line for _, _, line in rows), "utf-8")
    planted = [datum for _, datum, _ in rows] + [token[-16:] for token in tokens.values()]
    monkeypatch.setenv("CLEW_HOME", str(store))
    host = FakeOllama(reply=lambda prompt: "Payments are described [1].")
    with running(host):
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", host.url)
        assert main(["index", str(root), "--json"]) == 0
        assert main(["show", "guide.md:3-40", "--json"]) == 0
        for question in (
            f"Explain step_1, which {MAIL} wrote",
            f"what do the documents say of payments by {MAIL}?",
            "where is customer placed an order",
        ):
            assert main(["ask", question, "--thread", "t", "--json"]) in (0, 6)
    shown = capsys.readouterr()
    assert host.prompts()
    told = [("log", caplog.text.encode()), ("shown", (shown.out.replace(MAIL, "") + shown.err).encode())]
    told += [("prompt", json.dumps(body).encode()) for _, body in host.requests]
    assert MAIL.encode() not in b"".join(text for place, text in told if place == "prompt")
    for place, text in [*told, *held(store)]:
        assert not [datum for datum in planted if datum.encode() in text], place
        assert MAIL.encode() not in text or place.startswith(("threads.db", "transcripts.db")), place


def test_a_thread_shows_the_original_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.py").write_text("def order(): ...\n")
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    assert main(["index", str(tmp_path), "--json"]) == 0
    host = FakeOllama(
        reply=lambda prompt: "[mail-address-1] asked; `order` is defined [1]." if "[mail-address-1]" in prompt else "?"
    )
    with running(host):
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", host.url)
        capsys.readouterr()
        assert main(["ask", f"Explain order to {MAIL}", "--thread", "a", "--json"]) in (0, 6)
    assert MAIL in json.loads(capsys.readouterr().out)["answer"]
