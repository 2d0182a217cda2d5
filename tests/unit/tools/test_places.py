from __future__ import annotations

import pytest

from tools.places import is_aside, is_declaration, is_history, is_vendored


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("src/core.c", False),
        ("lib/testing/client.py", False),
        ("docs.py", False),
        ("examples/app.py", True),
        ("pkg/store/testdata/main.go", True),
        ("Docs/code/main.c", True),
        ("t/unit/test_a.py", True),
        ("src/t/core.c", False),
    ],
)
def test_what_stands_beside_the_product(path: str, aside: bool) -> None:
    assert is_aside(path) is aside


def test_declarations() -> None:
    assert is_declaration("types.d.ts") and is_declaration("a/b.pyi") and is_declaration("x.d.mts")
    assert not is_declaration("types.ts") and not is_declaration("a.d.ts/b.js")


@pytest.mark.parametrize(
    ("path", "history"),
    [
        ("CHANGELOG.md", True),
        ("CHANGELOG/CHANGELOG-3.4.md", True),
        ("docs/history/whatsnew-4.4.rst", True),
        (".changeset/16-cache.md", True),
        ("docs/exchanges.md", False),
        ("docs/newsletter.md", False),
    ],
)
def test_what_tells_of_changes(path: str, history: bool) -> None:
    assert is_history(path) is history


@pytest.mark.parametrize(
    ("path", "theirs"),
    [("deps/lua/src/lapi.c", True), ("src/deps/graph.py", False), ("a/vendor/x.go", True), ("deps.py", False)],
)
def test_deps_at_the_root_is_the_code_of_others(path: str, theirs: bool) -> None:
    assert is_vendored(path) is theirs
