"""Every key that a command prints as JSON stands in docs/cli.md, in the section of the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.unit.app.conftest import Indexed

DOCUMENT = (Path(__file__).parents[4] / "docs" / "cli.md").read_text("utf-8")
BY_NAME = {"languages", "tiers", "strategies", "bytes", "not_covered", "stages_s"}
"""Objects whose keys are data: languages, tiers, files of the store, reasons, stages."""


def section(command: str) -> str:
    """Return the part of the document below the heading that names the command."""
    parts = re.split(r"^### ", DOCUMENT, flags=re.M)
    return next(part for part in parts if re.search(rf"`clew (?:[\w-]+\|)*{command}\b", part.partition("\n")[0]))


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in BY_NAME:
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


@pytest.mark.parametrize(
    "arguments",
    [
        ["callers", "price"],
        ["symbol", "Order"],
        ["impact", "price"],
        ["hierarchy", "Order"],
        ["hotspots"],
        ["cycles"],
        ["dead-code", "--public"],
        ["untested"],
        ["path", "messen", "price"],
        ["search", "price"],
        ["show", "shop/models.py:1"],
        ["status"],
        ["repos"],
        ["doctor"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_key_is_documented(arguments: list[str], indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--store", str(indexed.store), *arguments, "--json"])
    keys = set(keys_of(json.loads(capsys.readouterr().out)))
    borrowed = {"path": "export", "cycles": "export", "impact": "callers"}.get(arguments[0])
    shown = section(arguments[0]) + section("symbol") + (section(borrowed) if borrowed else "")
    assert keys
    assert not keys - set(re.findall(r"\w+", shown))


def test_every_key_of_an_index_run_is_documented(
    indexed: Indexed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--store", str(tmp_path), "index", str(indexed.root), "--json"]) == 0
    assert not set(keys_of(json.loads(capsys.readouterr().out))) - set(re.findall(r"\w+", section("index")))


@pytest.mark.parametrize("what", ["symbols", "relations"])
def test_every_key_of_an_export_is_documented(what: str, indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(indexed.store), "export", what]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not set(keys_of(rows)) - set(re.findall(r"\w+", section("export")))
