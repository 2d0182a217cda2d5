"""Which files belong to the product itself, and which only show, try or declare it. Told by the path alone."""

from __future__ import annotations

import re
from functools import lru_cache

_ASIDE_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "__tests__",
        "spec",
        "specs",
        "e2e",
        "fixture",
        "fixtures",
        "__fixtures__",
        "testdata",
        "test-data",
    }
    | {"example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "documentation"}
    | {"bench", "benchmark", "benchmarks", "playground", "tutorial", "tutorials"}
)
_ASIDE_ROOTS = frozenset({"t", "testing"})
"""Test folders by custom when they stand at the root; deeper down such a name may be the product's own."""

_VENDOR_FOLDERS = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "third-party", "thirdparty", "node_modules", "bower_components"}
    | {"external", "extern", "contrib-libs"}
)
_VENDOR_ROOTS = frozenset({"deps"})
"""The same by custom at the root; deeper down the product may well say `deps` of its own."""

_DECLARATION = re.compile(r"(?:\.d\.[cm]?ts|\.pyi)$")
_HISTORY = re.compile(
    r"(?:^|[/_.-])(?:change-?logs?|changes|history|news|changesets?|release[-_]?notes?|releases|release-\d+|what'?s-?new)(?:[/_.-]|$)",
    re.I,
)
_LISTING = re.compile(
    r"(?:^|/)(?:_modules|_sources)/|(?:^|/)(?:\w*index-\w+|genindex|bookindex|\w*modindex|contents|toc)\.\w+$", re.I
)


def is_aside(path: str) -> bool:
    """Return whether `path` lies among tests, fixtures, examples, documents or benchmarks."""
    folders = path.lower().split("/")[:-1]
    return bool(folders) and (folders[0] in _ASIDE_ROOTS or not _ASIDE_FOLDERS.isdisjoint(folders))


def is_vendored(path: str) -> bool:
    """Return whether `path` lies in a folder that by custom holds the code of others."""
    folders = path.lower().split("/")[:-1]
    return bool(folders) and (folders[0] in _VENDOR_ROOTS or not _VENDOR_FOLDERS.isdisjoint(folders))


def is_declaration(path: str) -> bool:
    """Return whether `path` only declares what another file defines: `types.d.ts`, `stubs.pyi`."""
    return _DECLARATION.search(path) is not None


@lru_cache(maxsize=1 << 16)
def standing(path: str) -> tuple[bool, bool, bool]:
    """Return whether `path` is aside, a declaration, vendored: each search asks it of hundreds."""
    return is_aside(path), is_declaration(path), is_vendored(path)


def is_history(path: str) -> bool:
    """Return whether a document tells what changed when, rather than how things are."""
    return _HISTORY.search(path) is not None


def is_listing(path: str) -> bool:
    """Return whether a document is an index, a table of contents or a copy of source code: it repeats what others say."""
    return _LISTING.search(path) is not None
