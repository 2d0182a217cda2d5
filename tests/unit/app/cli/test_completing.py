"""What the Tab key finds in the index: names of repositories and symbols, from the store that the line names, never an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from click.shell_completion import ShellComplete
from tree_sitter import Language, Node, Parser

from app.cli import completing
from app.cli.contract import clew
from app.cli.entry import main
from configs.errors import StoreUnavailable
from tests.unit.app.conftest import Indexed


def completed(arguments: list[str], incomplete: str) -> list[str]:
    found = ShellComplete(clew, {}, "clew", "_CLEW_COMPLETE").get_completions(arguments, incomplete)
    return [item.value for item in found]


@pytest.mark.parametrize("command", [["callers", "x", "--repo"], ["ask", "q", "--repo"], ["forget"]])
def test_a_repository_is_completed_by_its_name(indexed: Indexed, command: list[str]) -> None:
    before = ["--store", str(indexed.store), *command]
    assert completed(before, "") == ["shop"]
    assert completed(before, "sh") == ["shop"]
    assert completed(before, "x") == []


@pytest.mark.parametrize("command", [["symbol"], ["callers"], ["impact"], ["hierarchy"], ["path"], ["path", "total"]])
def test_a_symbol_is_completed_by_its_name(indexed: Indexed, command: list[str]) -> None:
    before = ["--store", str(indexed.store), *command]
    assert completed(before, "pri") == ["price"]
    assert completed(before, "Order.to") == ["Order.total"]
    assert completed(before, "models.pr") == ["models.price"]
    assert completed(before, "PRI") == [], "a shell keeps what was typed"
    assert completed(before, "nothing_is_called_so") == []
    assert completed(before, "") == [], "not the whole index"


def test_a_symbol_is_one_of_the_repository_that_is_asked(indexed: Indexed) -> None:
    before = ["--store", str(indexed.store), "callers", "--repo"]
    assert completed([*before, "shop"], "pri") == ["price"]
    assert completed([*before, "nowhere"], "pri") == []


def test_the_store_may_stand_behind_the_command(indexed: Indexed) -> None:
    assert completed(["callers", "x", "--store", str(indexed.store), "--repo"], "") == ["shop"]


def test_a_store_without_an_index_completes_nothing_and_stays_as_it_is(tmp_path: Path) -> None:
    assert completed(["--store", str(tmp_path / "none"), "callers", "x", "--repo"], "") == []
    assert completed(["--store", str(tmp_path / "none"), "callers"], "pri") == []
    assert not (tmp_path / "none").exists()


def test_a_store_that_cannot_be_opened_completes_nothing(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise StoreUnavailable("down", next_step="wait")

    monkeypatch.setattr(completing, "opened", refuse)
    assert completed(["--store", str(indexed.store), "callers", "x", "--repo"], "") == []
    assert completed(["--store", str(indexed.store), "callers"], "pri") == []


@pytest.mark.parametrize(
    ("name", "typed"), [("shop", True), ("größe.js", True), ("two words", False), ("a$(b)", False), ("a\x1b[2J", False)]
)
def test_only_what_can_be_typed_as_it_is_is_offered(name: str, typed: bool) -> None:
    assert completing._typed_as_it_is(name) is typed


AUTOMATIC = {"$null", "$_", "$env:_clew_complete", "$env:comp_words", "$env:comp_cword"}


def nodes(node: Node, kind: str) -> Iterator[Node]:
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def test_the_script_for_powershell_parses_and_reads_nothing_that_it_did_not_set(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """PowerShell itself is in no registry that tests reach; what it runs is held by its grammar."""
    assert main(["completion", "powershell"]) == 0
    script = capsys.readouterr().out
    parser = Parser(Language(tree_sitter_powershell.language()))
    root = parser.parse(script.encode()).root_node
    assert not root.has_error
    for whole in ("} finally {", "if (-not $type)", "::new("):
        assert whole in script
        assert parser.parse(script.replace(whole, whole[:-1], 1).encode()).root_node.has_error, "it would be seen"
    (registered, *_) = nodes(root, "command")
    assert (registered.text or b"").startswith(b"Register-ArgumentCompleter -Native -CommandName clew -ScriptBlock {")
    read = {(one.text or b"").decode().lower() for one in nodes(root, "variable")}
    targets = [one.children[0] for one in nodes(root, "assignment_expression")] + list(nodes(root, "script_parameter"))
    written = {(name.text or b"").decode().lower() for one in targets for name in nodes(one, "variable")}
    assert {"$wordtocomplete", "$commandast", "$response"} <= written
    assert read <= written | AUTOMATIC
