"""Proposals become diffs that git applies: exact edits, miscounted hunks, new files; and what must be refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.indexers.git_repositories import commit_all, git, write
from tools.patches import Edit, FileChange, PatchError, added_lines, applied, edits_of_diff, proposal_in, unified

TEXT = "def price(order):\n    return 1\n\n\ndef rate():\n    return 2\n"


def read(path: str) -> str | None:
    return {"shop/prices.py": TEXT, "end.txt": "no newline"}.get(path)


def test_an_edit_becomes_a_diff_that_git_applies(tmp_path: Path) -> None:
    answer = json.dumps(
        {
            "explanation": "It was too cheap.",
            "edits": [
                {"path": "shop/prices.py", "find": "    return 1\n", "replace": "    return 3\n"},
                {"path": "shop/new.py", "find": "", "replace": "X = 1"},
                {"path": "end.txt", "find": "no newline", "replace": "still no newline"},
            ],
        }
    )
    explanation, edits = proposal_in(answer)
    assert explanation == "It was too cheap."
    diff = unified(applied(edits, read))
    root = write(tmp_path, {"shop/prices.py": TEXT, "end.txt": "no newline"})
    commit_all(root)
    subprocess.run(["git", "apply", "--check", "-"], cwd=root, input=diff, text=True, check=True)
    subprocess.run(["git", "apply", "-"], cwd=root, input=diff, text=True, check=True)
    assert (root / "shop/prices.py").read_text() == TEXT.replace("return 1", "return 3")
    assert (root / "shop/new.py").read_text() == "X = 1\n"
    assert (root / "end.txt").read_text() == "still no newline"
    assert git(root, "status", "--porcelain", "-uall").count("\n") == 2


def test_a_diff_with_wrong_numbers_is_placed_by_its_lines() -> None:
    answer = "Here it is [1].\n```diff\n--- a/shop/prices.py\n+++ b/shop/prices.py\n@@ -90,9 +91,7 @@ def rate\n def rate():\n-    return 2\n+    return 4\n```\n"
    explanation, edits = proposal_in(answer)
    assert explanation == "Here it is [1]."
    (change,) = applied(edits, read)
    assert change.after == TEXT.replace("return 2", "return 4")
    assert "@@ -3,4 +3,4 @@" in unified([change])
    assert added_lines(change) == ["    return 4\n"]


def test_lines_that_stand_twice_need_more_of_them_or_their_number() -> None:
    twice = "x = 1\ny = 2\nx = 1\n"
    with pytest.raises(PatchError, match="stand 2 times"):
        applied([Edit("a.py", "x = 1", "x = 9")], lambda _: twice)
    (change,) = applied([Edit("a.py", "x = 1", "x = 9", line=3)], lambda _: twice)
    assert change.after == "x = 1\ny = 2\nx = 9\n"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit("../out.py", "a", "b"), "no path inside"),
        (Edit("/etc/passwd", "a", "b"), "no path inside"),
        (Edit(".git/hooks/pre-commit", "", "x"), "no path inside"),
        (Edit("C:\\x", "a", "b"), "no path inside"),
        (Edit("shop/none.py", "a", "b"), "no file"),
        (Edit("shop/prices.py", "return 77", "b"), "are not in"),
        (Edit("shop/prices.py", "", "b"), "does not say"),
        (Edit("shop/prices.py", "    return 1", "    return 1"), "changes nothing"),
    ],
)
def test_what_cannot_be_a_patch_is_refused_with_the_reason(edit: Edit, why: str) -> None:
    with pytest.raises(PatchError, match=why):
        applied([edit], read)


@pytest.mark.parametrize("answer", ["", "I would not.", '{"edits": []}', '{"edits": [{"path": "a"}]}', "{broken"])
def test_an_answer_without_an_edit_is_refused(answer: str) -> None:
    with pytest.raises(PatchError):
        proposal_in(answer)


def test_several_hunks_and_files_are_read_in_order() -> None:
    diff = (
        "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+y\n@@ -9 +9 @@\n-p\n+q\n--- a/b\n+++ b/b\n@@\n-m\n+n\n"
    )
    assert [(one.path, one.find, one.replace) for one in edits_of_diff(diff)] == [("a", "x", "y"), ("a", "p", "q"), ("b", "m", "n")]  # fmt: skip


LINES = st.lists(st.sampled_from(["a", "b", "  c", "", "d e"]), max_size=8)


@settings(deadline=None, max_examples=25)
@given(LINES, LINES, st.booleans())
def test_git_makes_of_any_diff_what_was_meant(tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], ends: bool) -> None:  # fmt: skip
    before, after = "\n".join([*old, "x"]), "\n".join([*new, "x"]) + ("\n" if ends else "")
    if before == after:
        return
    root = write(tmp_path_factory.mktemp("any"), {"f.txt": before})
    git(root, "init", "-q")
    subprocess.run(["git", "apply", "-"], cwd=root, input=unified([FileChange("f.txt", before, after)]), text=True, check=True)  # fmt: skip
    assert (root / "f.txt").read_text() == after
