"""`clew errors`: learned, found, listed and erased from the command line."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.servers.fake_ollama import FakeModel, FakeOllama, running
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed, write_sources

REPORT = """Traceback (most recent call last):
  File "{root}/shop/models.py", line 40, in total
    return price(self)
  File "{root}/shop/models.py", line 90, in price
    return 1
KeyError: no price in cents for order 7 of the basket
"""


def write_report(folder: Path, root: Path | str = "/srv/app") -> str:
    (folder / "report.txt").write_text(REPORT.replace("{root}", str(root)))
    return str(folder / "report.txt")


@pytest.fixture
def store(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, with the same repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
    return tmp_path / "store"


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_error_is_learned_found_listed_told_and_erased(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = write_report(tmp_path)
    capsys.readouterr()
    assert main(["errors", "find", report]) == 1
    assert "no solution is remembered" in capsys.readouterr().out
    assert main(["errors", "list"]) == 1
    capsys.readouterr()
    assert main(["errors", "learn", report, "--solution", "Fill the table.", "--by", "ann", "--json"]) == 0
    learned = shown(capsys)
    assert (learned["exception"], learned["state"], learned["merged"]) == ("KeyError", "holds", False)
    assert main(["errors", "find", report]) == 0
    text = capsys.readouterr().out
    assert "solved before" in text and "ann, " in text and "Fill the table." in text
    assert main(["errors", "list"]) == 0
    assert re.search(rf"{learned['id']} .* holds +shop +KeyError +Fill the table\.", capsys.readouterr().out)
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(report).read_text()))
    assert main(["errors", "learn", "-", "--solution", "Or ask for it.", "--json"]) == 0
    assert shown(capsys)["merged"]
    assert main(["ask", Path(report).read_text()]) in (0, 6)
    assert "This error was solved before" in capsys.readouterr().out
    assert main(["errors", "forget", learned["id"]]) == 0
    capsys.readouterr()
    assert main(["errors", "forget", learned["id"], "--json"]) == 2
    assert "is remembered" in shown(capsys)["error"]["message"]
    assert main(["errors", "find", report, "--json"]) == 1


@pytest.mark.parametrize(("command", "said"), [("errors", "no solved error"), ("examples", "no answer was accepted")])
def test_without_an_index_the_list_is_empty(
    command: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ["--store", str(tmp_path / "empty"), command, "list"]
    assert main(there) == 1
    assert f"none: {said}" in capsys.readouterr().out
    assert main([*there, "--json"]) == 1
    assert shown(capsys) == {command: []}
    assert main([*there, "--repo", "shop"]) == 3
    assert "--store DIR" in capsys.readouterr().err
    assert main([*there[:-1], "forget", "e1", "--json"]) == 2
    assert "'e1' is" in shown(capsys)["error"]["message"]


def test_of_two_repositories_with_the_same_files_each_has_its_own(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = write_sources(tmp_path / "twin")
    assert main(["index", str(twin), "--json"]) == 0
    anywhere, below = write_report(tmp_path), tmp_path / "below"
    below.mkdir()
    in_twin = write_report(below, twin)
    capsys.readouterr()
    assert main(["errors", "learn", anywhere, "--solution", "x", "--json"]) == 2
    assert "in several repositories alike: shop, twin" in shown(capsys)["error"]["message"]
    assert main(["errors", "learn", anywhere, "--solution", "x", "--repo", "shop", "--json"]) == 0
    for arguments, exit_code in (
        ([anywhere, "--repo", "shop"], 0),
        ([anywhere, "--repo", "twin"], 1),
        ([anywhere], 0),
        ([in_twin], 1),
    ):
        assert main(["errors", "find", *arguments, "--json"]) == exit_code, arguments
    capsys.readouterr()
    assert main(["forget", "shop", "--yes"]) == 0
    assert main(["errors", "list", "--json"]) == 1


def test_an_alike_error_is_found_by_the_embedder_of_the_settings(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = write_report(tmp_path)
    near = tmp_path / "near.txt"
    near.write_text("\n".join(line for line in Path(report).read_text().split("\n") if "total" not in line))
    with running(FakeOllama(models=[FakeModel("nomic-embed-text", "nomic-bert", "137M", ("embedding",), 768)])) as host:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", host.url)
        assert main(["errors", "learn", report, "--solution", "x", "--json"]) == 0
        capsys.readouterr()
        assert main(["errors", "find", str(near), "--json"]) == 0
        assert [row["match"] for row in shown(capsys)["known_errors"]] == ["alike"]
        host.embed_fault = "gone"
        assert main(["errors", "find", str(near), "--json"]) == 1
        assert host.embedded()
    monkeypatch.setenv("CLEW_RETRIEVAL__DENSE", "false")
    assert main(["errors", "find", str(near), "--json"]) == 1
    assert main(["errors", "find", report, "--json"]) == 0


@pytest.mark.parametrize("command", ["learn", "find"])
def test_text_without_a_traceback_or_a_missing_file_is_refused(
    store: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "words.txt").write_text("It does not work.")
    solution = ["--solution", "x"] if command == "learn" else []
    for file, said in (("words.txt", "no traceback"), ("nowhere.txt", "cannot be read")):
        capsys.readouterr()
        assert main(["errors", command, file, *solution, "--json"]) == 2
        assert said in shown(capsys)["error"]["message"]


def test_every_key_is_documented(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = write_report(tmp_path)
    capsys.readouterr()
    keys: set[str] = set()
    for arguments in (["learn", report, "--solution", "x"], ["find", report], ["list"]):
        assert main(["errors", *arguments, "--json"]) == 0
        keys |= set(keys_of(shown(capsys)))
    assert not keys - set(re.findall(r"\w+", section("errors learn")))
