from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from indexers.history import commits_of, read_history
from knowledge.backends.lexical import HistorySearch, HistoryWriter
from knowledge.scope import EVERYTHING, Scope

CLOCK = iter(range(1_700_000_000, 1_800_000_000, 86_400))


def git(root: Path, *arguments: str) -> str:
    date = f"{next(CLOCK)} +0000"
    names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = (
        os.environ | names | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_CONFIG_GLOBAL": os.devnull}
    )
    done = subprocess.run(["git", *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(root: Path, message: str, **files: str | None) -> None:
    for name, text in files.items():
        path = root / f"{name}.py"
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, "Add the cart", cart="def total():\n    return 1\n", other="x = 1\n")
    commit(
        root, "Round the price of refunds\n\nSigned-off-by: Ann <ann@shop.example>", cart="def total():\n    return 2\n"
    )
    return root


def paths(folder: Path, query: str) -> list[str]:
    past = HistorySearch(folder).ask(EVERYTHING, "shop", query)
    return past.nominees(5) if past else []


def test_a_message_speaks_for_the_files_and_functions_it_changed(root: Path, tmp_path: Path) -> None:
    report = read_history(root, "shop", HistoryWriter(tmp_path))
    assert (report.commits, report.fresh, report.note) == (2, True, "")
    past = HistorySearch(tmp_path).ask(EVERYTHING, "shop", "price of refunds is not rounded")
    assert past is not None
    assert past.nominees(5) == ["cart.py"]
    features = past.features(["other.py", "cart.py", "gone.py"])
    assert features["past"][1] > 0 == features["past"][0]
    assert features["churn"][0] > 0
    assert not any(column[2] for column in features.values())
    similar, changes = past.functions([("cart.py", "nobody"), ("cart.py", "total"), ("gone.py", "total")])
    assert similar[1] > 0 and changes[1] > 0
    assert similar[[0, 2]].tolist() == changes[[0, 2]].tolist() == [0, 0]


def test_a_patch_within_a_message_changed_nothing(root: Path) -> None:
    patch = "diff --git a/cart.py b/cart.py\n--- a/cart.py\n+++ b/cart.py\n@@ -1,2 +1,2 @@ def refund():\n"
    commit(root, f"Say why\n\n{patch}", cart="def total():\n    return 3\n")
    newest = commits_of(root, ["HEAD"])[-1]
    assert newest.functions == (("cart.py", "total"),)


METHODS = {
    "cart.py": "class Cart:\n    def total(self):\n        price = 0\n        return price + 1\n",
    "cart.js": "class Cart {\n\ttotal(price) {\n\t\tif (price) {\n\t\t\treturn 1;\n\t\t}\n\t}\n}\n",
    "cart.ts": "export class Cart {\n  async total(price: number): Promise<number> {\n    return 1;\n  }\n}\n",
    "Cart.java": "class Cart {\n    public int total(int price) {\n        int tax = 0;\n        return price + 1;\n    }\n}\n",
    "cart.rs": "impl Cart {\n    pub fn total(&self) -> u32 {\n        let price = 0;\n        price + 1\n    }\n}\n",
    "cart.go": "package shop\n\nfunc (c *Cart) total() int {\n\tprice := 0\n\treturn price + 1\n}\n",
    "cart.c": "int total(int price)\n{\n    int tax = 0;\n    return price + 1;\n}\n",
}


@pytest.mark.parametrize("name", METHODS)
def test_the_function_around_a_changed_line_is_known_in_every_language(root: Path, name: str) -> None:
    for text in (METHODS[name], METHODS[name].replace("1", "2")):
        (root / name).write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "Count")
    assert commits_of(root, ["HEAD"])[-1].functions == ((name, "total"),)


def test_a_statement_with_a_block_begins_no_function(root: Path) -> None:
    """Neither `if(` without a space nor what stands on a line of its own behind a brace."""
    statements = ["if(a) {", "else if (a) {", "catch (a) {", "for(a of b) {", "switch(a) {"]
    blocks = "".join(f"    {statement}\n      price = 0;\n      price = 1;\n    }}\n" for statement in statements)
    for text in (blocks, blocks.replace("1", "2")):
        (root / "cart.js").write_text(f"class Cart {{\n  total() {{\n{text}  }}\n}}\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "Count")
    assert commits_of(root, ["HEAD"])[-1].functions == (("cart.js", "total"),)


def test_a_changed_line_is_no_head_of_a_file(root: Path) -> None:
    for text in ("\nfunction total() {\n  return 1;\n}\n", "++ b/other.js\nfunction total() {\n  return 2;\n}"):
        (root / "cart.js").write_text(text)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "Count")
    assert commits_of(root, ["HEAD"])[-1].functions == (("cart.js", "total"),)


def test_a_commit_of_many_files_says_nothing_of_their_functions(root: Path) -> None:
    commit(root, "Format", **{f"f{number}": "def one():\n    return 1\n" for number in range(41)})
    commit(root, "Count", **{f"f{number}": "def one():\n    return 2\n" for number in range(40)})
    commit(root, "Format again", **{f"f{number}": "def one():\n    return 3\n" for number in range(41)})
    found = {one.message.strip(): len(one.functions) for one in commits_of(root, ["HEAD"])}
    assert found[b"Count"] == 40
    assert not {b"Format", b"Format again"} & found.keys()


def test_who_signed_is_no_part_of_it(root: Path) -> None:
    assert all(b"ann" not in one.message.lower() for one in commits_of(root, ["HEAD"]))


def test_secrets_in_messages_are_masked(root: Path) -> None:
    commit(root, "Use the key AKIAIOSFODNN7EXAMPLE for uploads", cart="y = 2\n")
    assert all(b"AKIAIOSFODNN7EXAMPLE" not in one.message for one in commits_of(root, ["HEAD"]))


def test_only_new_commits_are_read_and_answer_as_a_fresh_reading(root: Path, tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path / "one")
    read_history(root, "shop", writer)
    commit(root, "Retry the payment", pay="def pay(): ...\n")
    git(root, "mv", "pay.py", "payment.py")
    git(root, "commit", "-q", "-m", "Call it payment")
    report = read_history(root, "shop", writer)
    assert (report.commits, report.fresh) == (2, False)
    assert read_history(root, "shop", writer).commits == 0
    read_history(root, "shop", HistoryWriter(tmp_path / "two"))
    for query in ("retry payment", "price of refunds", "add cart"):
        found = [HistorySearch(tmp_path / name).ask(EVERYTHING, "shop", query) for name in ("one", "two")]
        nominees = [past.nominees(9) for past in found if past]
        assert nominees[0] == nominees[1] != []
        both = [past.features(nominees[0]) for past in found if past]
        assert [column.tolist() for column in both[0].values()] == [column.tolist() for column in both[1].values()]
    assert paths(tmp_path / "one", "retry the payment") == ["payment.py"]


def test_another_branch_is_read_anew(root: Path, tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    commit(root, "Explain vouchers", vouchers="v = 1\n")
    read_history(root, "shop", writer)
    assert paths(tmp_path, "vouchers") == ["vouchers.py"]
    git(root, "checkout", "-q", "HEAD~1")
    assert read_history(root, "shop", writer).fresh
    assert paths(tmp_path, "vouchers") == []


def test_no_git_and_a_shallow_clone_are_noted(root: Path, tmp_path: Path) -> None:
    bare = tmp_path / "plain"
    bare.mkdir()
    assert "no history" in read_history(bare, "shop", HistoryWriter(tmp_path)).note
    assert HistoryWriter(tmp_path).head("shop") == ""
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), "shallow")
    assert "shallow" in read_history(tmp_path / "shallow", "shop", HistoryWriter(tmp_path)).note


def test_history_is_granted_like_everything_else(root: Path, tmp_path: Path) -> None:
    read_history(root, "shop", HistoryWriter(tmp_path))
    assert HistorySearch(tmp_path).ask(Scope(frozenset({"other"})), "shop", "refunds") is None
    assert HistorySearch(tmp_path).ask(EVERYTHING, "nobody", "refunds") is None


def test_a_damaged_history_is_none_and_is_written_anew(root: Path, tmp_path: Path) -> None:
    writer = HistoryWriter(tmp_path)
    read_history(root, "shop", writer)
    (file,) = tmp_path.rglob("history.bin")
    file.write_bytes(file.read_bytes()[:-9])
    assert paths(tmp_path, "refunds") == []
    assert read_history(root, "shop", writer).fresh
    assert paths(tmp_path, "refunds") == ["cart.py"]
