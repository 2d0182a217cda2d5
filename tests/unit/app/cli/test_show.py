"""`clew show`: the outline and the lines of an indexed file, and what cannot be shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from tests.unit.app.conftest import Indexed, write_sources

PATH = "shop/models.py"


def test_lines_are_shown_as_they_are(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    path = PATH
    assert main(["--store", str(indexed.store), "show", f"{path}:1-2", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    lines = (indexed.root / path).read_text("utf-8").split("\n")
    assert (shown["text"], shown["start_line"], shown["end_line"]) == ("\n".join(lines[:2]), 1, 2)
    assert shown["stale"] is False
    assert main(["--store", str(indexed.store), "show", path.replace("/", "\\") + ":1"]) == 0
    assert capsys.readouterr().out == f"1  {lines[0]}\n"


def test_without_lines_the_outline_is_shown(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    path = PATH
    assert main(["--store", str(indexed.store), "show", path, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["path"] == path
    assert shown["symbols"][0]["kind"] == "module"
    assert main(["--store", str(indexed.store), "show", path]) == 0
    assert f"{path}:1" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["no/such.py", "no/such.py:3", "../outside.py:1"])
def test_an_unknown_file_is_a_clear_error(place: str, indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(indexed.store), "show", place]) == 2
    assert "no indexed file is called" in capsys.readouterr().err


def test_the_end_of_a_path_is_enough_and_what_is_none_names_what_could_be_meant(
    indexed: Indexed, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(indexed.store)]
    assert main([*store, "show", "models.py:1"]) == 0
    assert capsys.readouterr().out.startswith("1  ")
    assert main([*store, "show", "shop/"]) == 2
    assert "'shop/' is a folder of" in capsys.readouterr().err
    assert main([*store, "show", "modles.py:1"]) == 2
    assert f"near: {PATH}" in capsys.readouterr().err


def test_lines_beyond_the_file_are_refused(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(indexed.store), "show", f"{PATH}:99999"]) == 2
    assert "has no lines" in capsys.readouterr().err


def test_a_changed_file_and_a_path_of_two_repositories(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_sources(tmp_path / "one")
    store = ["--store", str(tmp_path / "store")]
    path = PATH
    assert main([*store, "index", str(root), "--name", "one", "--json"]) == 0
    (root / path).write_text("changed = 1\n", "utf-8")
    capsys.readouterr()
    assert main([*store, "show", f"{path}:1"]) == 0
    assert "the file changed since it was indexed" in capsys.readouterr().out
    assert main([*store, "index", str(write_sources(tmp_path / "two")), "--name", "two", "--json"]) == 0
    assert main([*store, "show", f"{path}:1"]) == 2
    assert "--repo one" in capsys.readouterr().err
