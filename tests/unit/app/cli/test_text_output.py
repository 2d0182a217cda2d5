"""What people read: aligned rows with places that terminals open, verdicts in words, cuts that say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.cli.index import show_issues
from app.rendering.claims import first_line, statuses
from app.rendering.screen import Screen
from app.rendering.structure import show_uncovered
from knowledge.evidence import Uncovered
from knowledge.schema import FileIssue
from tests.unit.app.conftest import Indexed, write_sources


def text(indexed: Indexed, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["--store", str(indexed.store), *arguments]) == code
    return capsys.readouterr().out


def test_callers(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert text(indexed, capsys, "callers", "price") == (
        "callers of shop.models.price (function)  shop/models.py:8\n"
        "  shop/größe.py:5   = exact  shop.größe.messen\n"
        "  shop/models.py:5  = exact  shop.models.Order.total\n"
        "2 call sites\n"
    )


def test_depth_is_shown_when_rows_differ_in_it(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert "depth" not in text(indexed, capsys, "callers", "price", "--depth", "1")
    assert text(indexed, capsys, "impact", "lonely_end") == (
        "impact of shop.other.lonely_end (function)  shop/other.py:5\n"
        "will break: uses it directly, resolved exactly (1)\n"
        "  shop/other.py:2  = exact  shop.other.helper\n"
        "may break: inferred, further on, or through an override (1)\n"
        "  shop/other.py:12  = exact  depth 2  shop.other.above\n"
        "2 symbols affected\n"
    )


def test_the_repository_is_shown_when_rows_differ_in_it(
    indexed: Indexed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    for name in ("first", "second"):
        root = write_sources(tmp_path / name)
        assert main(["--store", str(store), "index", str(root), "--name", name]) == 0
    capsys.readouterr()
    out = text(Indexed(indexed.root, store), capsys, "search", "price of an order")
    assert "  first   shop/models.py:8  " in out
    assert "  second  shop/models.py:8  " in out


def test_symbol_shows_its_signature_and_first_line(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    out = text(indexed, capsys, "symbol", "price")
    assert "shop.models.price (function)  shop/models.py:8" in out
    assert "  def price(order: Order) -> int\n  Return the price in cents.\n" in out


def test_none_unknown_and_ambiguous_are_said_in_words(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert "none: every indexed file was looked at" in text(indexed, capsys, "callers", "nobody_calls_this", code=1)
    assert "unknown: no symbol 'nope_nope' is indexed" in text(indexed, capsys, "callers", "nope_nope", code=6)
    ambiguous = text(indexed, capsys, "callers", "twice", code=5)
    assert "ambiguous: 'twice' means 2 symbols" in ambiguous
    assert "  shop/twice_a.py:2  method  shop.twice_a.A.twice\n" in ambiguous


def test_a_cut_says_that_it_cut(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(indexed.store), "callers", "price", "--limit", "1"]) == 0
    captured = capsys.readouterr()
    assert "1 call site (cut: there are more)" in captured.out
    assert "--limit shows more" in captured.err


def test_uncovered_places_are_listed_and_their_cut_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_uncovered(Screen(), tuple(Uncovered(f"f{number}.py", number, "syntax") for number in range(25)))
    out = capsys.readouterr().out
    assert out.startswith("not covered (25 places):\n  f0.py      syntax\n  f1.py:1    syntax\n")
    assert "and 5 more places; --json lists them all" in out


def test_files_that_share_an_issue_are_counted_and_folders_apart(capsys: pytest.CaptureFixture[str]) -> None:
    issues = (
        FileIssue("*.rb", "unsupported", "1200 files of Ruby"),
        FileIssue("big.py", "too_large", "9 bytes, the limit is 8"),
        FileIssue("node_modules", "vendored", "by its name"),
    )
    show_issues(Screen(), issues)
    out = capsys.readouterr().out
    assert "1,201 files and 1 folder not covered: unsupported 1,200, too_large 1, vendored 1\n" in out


def test_a_path_is_shown_link_by_link(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert text(indexed, capsys, "path", "messen", "price") == (
        "shop.größe.messen\n  = exact CALLS  shop/größe.py:5\nshop.models.price\n1 link\n"
    )
    assert "none: no chain of at most 12 links" in text(indexed, capsys, "path", "price", "messen", code=1)
    assert "unknown: no symbol 'nope_nope'" in text(indexed, capsys, "path", "nope_nope", "price", code=6)


def test_status_and_repos(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    status = text(indexed, capsys, "status")
    assert "covered  7 files" in status
    assert "the files are as indexed" in status
    assert text(indexed, capsys, "repos").startswith("shop  7 files  ")


def test_doctor_ends_with_a_word(
    indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("CLEW_SREVE", "1")
    out = text(indexed, capsys, "doctor")
    assert "mend: unset CLEW_SREVE" in out
    assert out.endswith("nothing is broken\n")


def test_an_answer_shows_each_place_and_each_unknown_once(
    indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(indexed.root)
    shown = text(indexed, capsys, "ask", "who calls price?", "--model", "extractive")
    assert shown.count("shop/größe.py:5") == 1
    assert "citations" not in shown
    assert "2 of 2 claims verified" in shown
    unsure = text(indexed, capsys, "ask", "who calls send_none?", "--model", "extractive", code=6)
    assert unsure.count("`send_none` is not in the indexed code") == 1


def test_what_was_not_verified_is_told_with_its_reason() -> None:
    claims: list[dict[str, Any]] = [
        {"text": "`a` calls `b`", "status": "verified", "citations": [], "reasons": []},
        {"text": "It is\nold.", "status": "refuted", "citations": [], "reasons": ["`a` is new"]},
        {"text": "Perhaps.", "status": "unknown", "citations": [], "reasons": []},
    ]
    assert statuses(claims) == "1 of 3 claims verified, 1 unknown, 1 refuted"
    assert first_line(claims[1]["text"]) == "It is"
