"""`clew review` on a real git repository: what a person reads, what a script reads, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.cli import main
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import write_sources
from tests.unit.indexers.git_repositories import commit_all, write


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A repository whose working tree declares `price` anew, and its index as committed."""
    root = write_sources(tmp_path_factory.mktemp("sources") / "shop")
    store = tmp_path_factory.mktemp("store")
    commit_all(root)
    assert main(["--store", str(store), "index", str(root), "--name", "shop", "--json"]) == 0
    text = (
        (root / "shop/models.py")
        .read_text("utf-8")
        .replace("def price(order: Order)", "def price(order: Order, tax: int)")
    )
    write(root, {"shop/models.py": text})
    return root, store


def test_a_person_reads_what_breaks_and_why(shop: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["--store", str(shop[1]), "review", "--repo", "shop"]) == 0
    shown = capsys.readouterr().out
    assert "review of shop  HEAD..the working tree" in shown
    assert re.search(r"shop/models\.py:8\s+signature\s+shop\.models\.price", shown)
    assert re.search(r"will break.*\(2\)", shown)
    assert re.search(r"shop/größe\.py:5 .*shop\.größe\.messen", shown)
    assert "risk: medium" in shown
    assert "no test is known to reach `shop.models.price`" in shown


def test_a_script_reads_json_that_is_documented(shop: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["--store", str(shop[1]), "review", "HEAD", "--repo", "shop", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in body["files"]] == ["shop/models.py"]
    change = body["files"][0]["symbols"][0]
    assert (change["effect"], change["id"]) == ("signature", "shop:shop/models.py#price")
    documented = set(re.findall(r"\w+", section("review"))) | {"id", "qualified_name", "column"}
    assert set(keys_of(body)) <= documented


def test_a_gate_fails_at_the_risk_that_it_was_given(
    shop: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["--store", str(shop[1]), "review", "--repo", "shop", "--fail-at"]
    assert main([*ask, "high"]) == 0
    assert main([*ask, "medium"]) == 4
    assert main(["--store", str(shop[1]), "review", "HEAD..HEAD", "--repo", "shop"]) == 1
    capsys.readouterr()
    assert main(["--store", str(shop[1]), "review", "nowhere", "--repo", "shop"]) == 2
    assert "no revision 'nowhere'" in capsys.readouterr().err


def test_a_renamed_and_a_moved_test_are_listed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = "def {}():\n    order = make(3)\n    assert order.total == 3\n\n\n"
    other = "def {}():\n    parcel = send(make(1))\n    assert parcel.sent\n\n\n"
    root, store = tmp_path / "shop", ["--store", str(tmp_path / "store")]
    write(
        root, {"tests/test_a.py": test.format("test_total") + other.format("test_ship"), "tests/test_b.py": "x = 1\n"}
    )
    commit_all(root)
    assert main([*store, "index", str(root), "--name", "shop", "--json"]) == 0
    write(root, {"tests/test_a.py": test.format("test_sum"), "tests/test_b.py": "x = 1\n" + other.format("test_ship")})
    capsys.readouterr()
    assert main([*store, "review", "--repo", "shop"]) == 0
    shown = capsys.readouterr().out
    assert "2 symbols of code changed" in shown
    assert re.search(r"tests/test_a\.py:1 +renamed from test_total +test_sum", shown)
    assert re.search(r"tests/test_b\.py:2 +moved from tests/test_a\.py +test_ship", shown)
    assert "removed" not in shown
    assert main([*store, "review", "--repo", "shop", "--json"]) == 0
    rows = [row for file in json.loads(capsys.readouterr().out)["files"] for row in file["symbols"]]
    assert {row["local_name"]: (row["moved_from"], row["moved_to"]) for row in rows if row["effect"] == "removed"} == {
        "test_total": (None, {"path": "tests/test_a.py", "local_name": "test_sum"}),
        "test_ship": (None, {"path": "tests/test_b.py", "local_name": "test_ship"}),
    }
