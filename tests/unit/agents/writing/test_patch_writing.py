"""Proposals over a real tree: what applies, parses and calls only what exists becomes a diff; nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.services import Services
from agents.writing.patch_writing import Patch, checked_patch
from knowledge.scope import EVERYTHING
from tests.bookshop import FILES, NAME


def propose(bookshop: Services, *edits: tuple[str, str, str]) -> Patch:
    rows = [{"path": path, "find": find, "replace": replace} for path, find, replace in edits]
    answer = json.dumps({"explanation": "Done.", "edits": rows})
    return checked_patch(bookshop.graph, EVERYTHING, NAME, answer, "")


def test_a_change_that_holds_becomes_a_diff_and_nothing_is_written(bookshop: Services) -> None:
    root = Path(bookshop.graph.repositories(EVERYTHING)[0].root)
    patch = propose(bookshop, ("shop/pricing.py", "return total * 1.2", "return round(total * 1.2, 2)"))
    assert patch.faults == ()
    assert (patch.explanation, patch.paths) == ("Done.", ("shop/pricing.py",))
    assert "-    return total * 1.2\n+    return round(total * 1.2, 2)\n" in patch.diff
    assert (root / "shop/pricing.py").read_text() == FILES["shop/pricing.py"]


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (("shop/pricing.py", "return total * 1.2", "return (total * 1.2"), "no longer parse"),
        (("shop/pricing.py", "return total * 1.2", "return brew_coffee(total)"), "'brew_coffee' is called and exists neither"),
        (("shop/pricing.py", "return total * 77", "return 1"), "does not apply"),
        (("../pricing.py", "return", "return 1"), "does not apply"),
        (("shop/missing.py", "x", "y"), "does not apply"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_hold_says_why(bookshop: Services, edit: tuple[str, str, str], fault: str) -> None:
    patch = propose(bookshop, edit)
    assert patch.diff == ""
    assert fault in patch.faults[0]


def test_what_the_graph_the_patch_or_the_language_knows_may_be_called(bookshop: Services) -> None:
    added = "def rounded(x: float) -> float:\n    return round(checkout_total(discount(x, 0.1)), 2)\n\n\ndef checkout_total(x: float) -> float:\n    return x\n"
    patch = propose(bookshop, ("shop/rounding.py", "", f"from shop.pricing import discount\n\n\n{added}"))
    assert patch.faults == ()
    assert "new file mode" in patch.diff


def test_a_file_that_is_not_indexed_is_left_alone(bookshop: Services) -> None:
    root = Path(bookshop.graph.repositories(EVERYTHING)[0].root)
    (root / "secret.env").write_text("KEY=1\n")
    patch = propose(bookshop, ("secret.env", "KEY=1", "KEY=2"))
    (root / "secret.env").unlink()
    assert "not an indexed file" in patch.faults[0]


def test_an_address_that_nobody_gave_is_a_fault_of_the_patch(bookshop: Services) -> None:
    edit = ("shop/pricing.py", "return total * 1.2", "return total * 1.2  # https://docs.example/tax")
    assert "adds an address" in propose(bookshop, edit).faults[0]
    answer = json.dumps({"explanation": "Done.", "edits": [dict(zip(("path", "find", "replace"), edit, strict=True))]})
    known = {"https://docs.example/tax"}
    assert checked_patch(bookshop.graph, EVERYTHING, NAME, answer, "", known).faults == ()
