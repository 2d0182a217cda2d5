"""Whatever was edited, moved, deleted or taken back: indexing again gives what a fresh index gives, row for row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench, write

PATHS = ("a.py", "b.py", "pkg/__init__.py", "pkg/c.py", "tests/test_a.py", "guide.md")
NAMES = ("run", "Task", "helper")
Edit = tuple[str, str, str]

lines = st.one_of(
    st.builds("from {0} import {1}".format, st.sampled_from(["a", "b", "pkg", "pkg.c"]), st.sampled_from([*NAMES, "*"])),
    st.builds("def {0}(x):\n    return {1}(x).run()".format, st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.builds("class Task({0}):\n    def run(self):\n        return self.{1}()".format, st.sampled_from(["helper", "Base"]), st.sampled_from(NAMES)),
    st.builds("{0} = {1}()".format, st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.sampled_from(["def broken(:", "# See `pkg.c.helper`, `Task.run`", "x.mystery()", "PASSWORD = 'hunter2-Xy7!Kq9z'"]),
)  # fmt: skip
texts = st.lists(lines, max_size=5).map(lambda given: "".join(f"{line}\n" for line in given))
trees = st.dictionaries(st.sampled_from(PATHS), texts, min_size=1)
edits = st.lists(
    st.tuples(
        st.sampled_from(["write", "delete", "move", "revert", "index"]), st.sampled_from(PATHS), st.sampled_from(PATHS)
    ),
    min_size=1,
    max_size=6,
)


def apply(tree: dict[str, str], first: dict[str, str], edit: Edit, text: str) -> dict[str, str]:
    """Return the tree after an edit; one that would empty it, or finds nothing to do, is none."""
    what, path, other = edit
    changed = dict(tree)
    if what == "write":
        changed[path] = text
    elif what == "delete":
        changed.pop(path, None)
    elif what == "move" and path in changed:
        changed[other] = changed.pop(path)
    elif what == "revert":
        changed = dict(first)
    return changed or tree


def lay_out(root: Path, tree: dict[str, str]) -> None:
    for path in PATHS:
        (root / path).unlink(missing_ok=True)
    write(root, tree)


def rows(bench: Bench) -> dict[str, Sequence[Any]]:
    graph = bench.graph
    (info,) = graph.repositories(EVERYTHING)
    symbols = bench.symbols()
    return {
        "repository": [replace(info, generation=0, indexed_at="", root="")],
        "files": sorted(graph.paths(EVERYTHING, "repo").items()),
        "texts": [graph.read_text(EVERYTHING, "repo", path) for path in PATHS],
        "symbols": symbols,
        "relations": bench.relations(),
        "unresolved": graph.unresolved_in(EVERYTHING, [symbol.id for symbol in symbols], limit=10_000),
        "unresolved by name": graph.unresolved(EVERYTHING, "run"),
        "issues": graph.issues(EVERYTHING, "repo"),
        "hits": bench.search("task helper run"),
    }


@settings(max_examples=40, deadline=None)
@given(trees, edits, st.lists(texts, min_size=6, max_size=6))
def test_an_index_again_equals_a_fresh_one(tree: dict[str, str], given_edits: list[Edit], new: list[str]) -> None:
    with TemporaryDirectory() as folder, closing(Bench(Path(folder))) as bench:
        root = bench.repository(tree)
        bench.index()
        first, current = dict(tree), dict(tree)
        for edit, text in zip(given_edits, new, strict=False):
            current = apply(current, first, edit, text)
            lay_out(root, current)
            if edit[0] == "index":
                bench.index()
        bench.index()
        with closing(Bench(Path(folder) / "fresh")) as fresh:
            assert fresh.index(root).cached == 0
            assert rows(bench) == rows(fresh)
        again = bench.index()
        assert (again.indexed, again.cached) == (0, again.repository.file_count)
