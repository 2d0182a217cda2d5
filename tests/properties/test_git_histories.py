"""Whatever happened to a repository in git, the store equals a fresh index of the tree, row for row and hit for hit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.backends.lexical import LexicalSearch
from knowledge.scope import EVERYTHING
from tests.properties.test_indexing import rows
from tests.unit.indexers.bench import Bench
from tests.unit.indexers.git_repositories import commit_all, git, write

FIRST: dict[str, str | bytes] = {
    "app/__init__.py": "",
    "app/models.py": "class Order:\n    def total(self):\n        return price(self)\n\n\ndef price(order):\n    return 1\n",
    "app/views.py": (
        "import requests\nfrom app.models import Order, price\nfrom app.late import hurry\n\n\n"
        "def view():\n    requests.get('/')\n    hurry()\n    return price(Order())\n\n\nclass Rush(Order):\n    pass\n"
    ),
    "app/shapes.py": "def draw(x):\n    return x.area()\n\n\nclass Square:\n    def area(self):\n        return 1\n",
    "tests/test_views.py": "from app.views import view\n\n\ndef test_view():\n    assert view()\n",
    "web/cart.js": "import { total } from './sum.js';\n\nexport function cart() { return total(1) + load(); }\n",
    "web/sum.js": "export function total(x) { return x; }\n",
    "go.mod": "module example.org/shop\n",
    "cmd/main.go": 'package main\n\nimport "example.org/shop/store"\n\nfunc main() { store.Open() }\n',
    "store/store.go": "package store\n\ntype Opener interface{ Open() int }\n\nfunc Open() int { return 1 }\n",
    "README.md": "# Shop\n\nSee `app.models.price` and `Order.total`.\n\n## Drawing\n\n`Square.area`\n",
}
LATE: dict[str, str | bytes] = {
    # What these files define was external, unresolved or ambiguous before.
    "requests.py": "def get(url):\n    return url\n",
    "app/late.py": "def hurry():\n    return 2\n",
    "app/circle.py": "class Circle:\n    def area(self):\n        return 3\n",
    "web/load.js": "export function load() { return 2; }\n",
    "store/disk.go": "package store\n\ntype Disk struct{}\n\nfunc (d Disk) Open() int { return 2 }\n",
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["requests"]\n',
    "notes.kt": "fun main() {}\n",
    ".clewignore": "web/\n",
}
PATHS = sorted(FIRST)
CHANGES = (
    "edit",
    "shift",
    "break",
    "rename",
    "move",
    "delete",
    "late",
    "revert",
    "branch",
    "switch",
    "commit",
    "index",
)

steps = st.lists(
    st.tuples(st.sampled_from(CHANGES), st.sampled_from(PATHS), st.sampled_from(sorted(LATE))), min_size=1, max_size=8
)


class History:
    """A working tree in git, and what can happen to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write(root, dict(FIRST))
        commit_all(root)
        self.branches = ["main"]

    def take(self, change: str, path: str, late: str) -> None:
        file = self.root / path
        if change == "late":
            write(self.root, {late: LATE[late]})
        elif change == "commit":
            commit_all(self.root)
        elif change == "revert":
            git(self.root, "checkout", "-q", "-f", "HEAD", "--", ".")
        elif change == "branch":
            self.branches.append(f"branch-{len(self.branches)}")
            commit_all(self.root)
            git(self.root, "switch", "-q", "-c", self.branches[-1])
        elif change == "switch":
            commit_all(self.root)
            git(self.root, "switch", "-q", self.branches[len(path) % len(self.branches)])
        elif file.is_file():
            self._change(change, file)

    def _change(self, change: str, file: Path) -> None:
        text = file.read_text()
        if change == "edit":
            file.write_text(text.replace("price", "cost").replace("return 1", "return area()"))
        elif change == "shift":
            file.write_text("\n\n" + text)
        elif change == "break":
            file.write_bytes(b"\0\1\2" + text.encode() if len(text) % 2 else b"def (((\n" + text.encode())
        elif change == "rename":
            git(self.root, "add", "-A")
            git(self.root, "mv", "-f", str(file), str(file.with_stem(f"{file.stem}_new")))
        elif change == "move":
            target = self.root / "moved" / file.name
            target.parent.mkdir(exist_ok=True)
            file.replace(target)
        elif change == "delete":
            file.unlink()


def everything(bench: Bench) -> dict[str, Sequence[Any]]:
    generations = {info.name: info.generation for info in bench.graph.repositories(EVERYTHING)}
    found: dict[str, Sequence[Any]] = dict(rows(bench))
    with closing(LexicalSearch(bench.store / "lexical", lambda _scope: generations)) as search:
        for kind in ("file", "symbol", "doc"):
            for query in ("price of an order", "open store disk", "`area` drawing"):
                found[f"{kind} {query}"] = search.search(EVERYTHING, query, kind=kind, top_k=30)
        terms = search.chunk_terms("repo")
    found["chunks"] = [terms.digests.tolist(), terms.vocabulary, terms.weights.tolist()]
    return found


def assert_equals_a_fresh_index(bench: Bench, root: Path, folder: Path) -> None:
    with closing(Bench(folder)) as fresh:
        fresh.index(root)
        ours, theirs = everything(bench), everything(fresh)
    for what, expected in theirs.items():
        assert ours[what] == expected, what


@settings(max_examples=12, deadline=None)
@given(steps)
def test_the_store_equals_a_fresh_index(given_steps: list[tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as folder, closing(Bench(Path(folder))) as bench:
        root = Path(folder, "repo")
        history = History(root)
        bench.index(root)
        for step in given_steps:
            if step[0] == "index":
                bench.index(root)
            else:
                history.take(*step)
        bench.index(root)
        assert_equals_a_fresh_index(bench, root, Path(folder) / "fresh")


@pytest.mark.parametrize("late", sorted(LATE))
def test_a_new_file_captures_what_was_external_or_unknown(tmp_path: Path, late: str) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = tmp_path / "repo"
        history = History(root)
        bench.index(root)
        before = everything(bench)
        history.take("late", "", late)
        assert bench.index(root).rewritten
        assert everything(bench) != before
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
        git(root, "clean", "-q", "-f", "-d")
        bench.index(root)
        assert everything(bench) == before


@pytest.mark.parametrize("change", ["edit", "shift", "break", "rename", "move", "delete"])
def test_every_file_changed_and_taken_back(tmp_path: Path, change: str) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = tmp_path / "repo"
        history = History(root)
        bench.index(root)
        before = everything(bench)
        for path in PATHS[1:]:
            history.take(change, path, "")
        bench.index(root)
        assert_equals_a_fresh_index(bench, root, tmp_path / "fresh")
        git(root, "add", "-A")
        git(root, "reset", "-q", "--hard")
        again = bench.index(root)
        assert again.indexed == 0, "what was read once is not parsed again"
        assert everything(bench) == before


def test_branches_side_by_side_share_what_was_extracted(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        root = tmp_path / "repo"
        history = History(root)
        first = bench.index(root, name="main")
        history.take("branch", "", "")
        history.take("edit", "app/models.py", "")
        git(root, "stash", "-q")
        other = tmp_path / "other"
        git(root, "worktree", "add", "-q", "-b", "feature", str(other))
        write(other, {"app/late.py": LATE["app/late.py"]})
        report = bench.index(other, name="feature")
        assert (report.indexed, report.cached) == (1, first.indexed)
        assert [info.name for info in bench.graph.repositories(EVERYTHING)] == ["feature", "main"]
        assert bench.index(root, name="main").rewritten == 0
