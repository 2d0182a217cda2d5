"""Which covered file and symbol a frame means, and what stays the same when lines move."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.services import Services
from knowledge.scope import EVERYTHING, Scope
from tests.unit.indexers.bench import Bench
from tools.frames import covered_path, fingerprint, locate, own_path, packages_of
from tools.tracebacks import Frame, Traceback

KNOWN = [
    "shop/orders.py",
    "src/shop/models.py",
    "models.py",
    "lib/orders.js",
    "org/acme/Orders.java",
    "orders/orders.go",
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/srv/base/shop/orders.py", "shop/orders.py"),
        ("/somewhere/else/shop/orders.py", "shop/orders.py"),
        ("shop/orders.py", "shop/orders.py"),
        ("./shop/orders.py", "shop/orders.py"),
        ("orders.py", "shop/orders.py"),
        ("C:\\work\\shop\\orders.py", "shop/orders.py"),
        ("/app/models.py", "models.py"),
        ("/app/src/shop/models.py", "src/shop/models.py"),
        ("/usr/lib/python3/dist-packages/shop/models.py", "src/shop/models.py"),
        ("/venv/lib/python3.12/site-packages/requests/models.py", None),
        ("/usr/lib/python3.12/json/models.py", None),
        ("/app/node_modules/thing/lib/orders.js", None),
        ("webpack-internal/./lib/orders.js", "lib/orders.js"),
        ("org/acme/Orders.java", "org/acme/Orders.java"),
        ("org/other/Orders.java", None),
        ("/home/u/go/pkg/mod/example.org/x@v1/orders/orders.go", None),
        ("/home/u/shop/orders/orders.go", "orders/orders.go"),
        ("<frozen importlib>", None),
        ("node:internal/main/orders.js", None),
        ("elsewhere.py", None),
        ("", None),
    ],
)
def test_the_covered_path_that_a_frame_means(written: str, meant: str | None) -> None:
    by_name: dict[str, list[str]] = {}
    for path in KNOWN:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    assert covered_path(written, "/srv/base", by_name) == meant


def traced(*frames: tuple[str, int, str], exception: str = "ValueError") -> Traceback:
    rows = [Frame(path, line, tuple(name.split(".")) if name else ()) for path, line, name in frames]
    return Traceback("python", exception, "", tuple(rows))


def test_frames_become_symbols_by_name_and_recursion_is_told_once(bookshop: Services) -> None:
    (located,) = locate(
        bookshop.graph,
        EVERYTHING,
        traced(
            ("/a/shop/pricing.py", 999, "discount"),
            ("/a/shop/orders.py", 1, "Order.total"),
            ("/a/shop/orders.py", 1, "total"),
            ("/a/shop/pricing.py", 3, "discount"),
            ("/usr/lib/python3.12/runpy.py", 3, "run"),
            ("/a/shop/orders.py", 1, ""),
        ),
    )
    assert [place.id.partition(":")[2] for place in located.places] == [
        "shop/pricing.py#discount",
        "shop/orders.py#Order.total",
        "shop/orders.py#?total",
        "shop/orders.py#",
    ]
    assert [place.symbol.name if place.symbol else None for place in located.places][:3] == ["discount", "total", None]
    assert located.paths == ("shop/pricing.py", "shop/orders.py")


def test_nothing_is_located_without_a_grant_or_outside_the_code(bookshop: Services) -> None:
    here = traced(("/a/shop/pricing.py", 1, "discount"))
    assert locate(bookshop.graph, Scope(frozenset()), here) == []
    assert locate(bookshop.graph, Scope(frozenset({"elsewhere"})), here) == []
    assert locate(bookshop.graph, EVERYTHING, traced(("/usr/lib/python3.12/json/x.py", 1, "loads"))) == []


FRAMES = st.lists(
    st.sampled_from(
        [
            ("shop/pricing.py", "discount"),
            ("shop/pricing.py", "with_tax"),
            ("shop/orders.py", "total"),
            ("shop/orders.py", "checkout"),
            ("shop/orders.py", ""),
            ("tests/test_pricing.py", "test_discount_halves"),
        ]
    ),
    min_size=1,
    max_size=6,
)
LINES = st.lists(st.integers(1, 10**6), min_size=6, max_size=6)


@given(frames=FRAMES, lines=LINES, others=LINES, root=st.sampled_from(["/srv/app/", "", "/home/x/y/", "D:\\b\\"]))
def test_other_lines_and_another_folder_leave_the_fingerprint(
    bookshop: Services, frames: list[tuple[str, str]], lines: list[int], others: list[int], root: str
) -> None:
    first, second = (
        traced(*((f"{folder}{path}", line, name) for (path, name), line in zip(frames, numbers, strict=False)))
        for folder, numbers in (("/srv/app/", lines), (root, others))
    )
    prints = [fingerprint("ValueError", locate(bookshop.graph, EVERYTHING, one)[0]) for one in (first, second)]
    assert prints[0] == prints[1]


@given(frames=FRAMES, others=FRAMES)
def test_another_way_or_another_kind_is_another_fingerprint(
    bookshop: Services, frames: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    one, other = (
        locate(bookshop.graph, EVERYTHING, traced(*((path, 1, name) for path, name in rows)))[0]
        for rows in (frames, others)
    )
    way, other_way = ([place.id for place in located.places] for located in (one, other))
    assert (fingerprint("ValueError", one) == fingerprint("ValueError", other)) == (way == other_way)
    assert fingerprint("ValueError", one) != fingerprint("KeyError", one)


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("/home/u/go/pkg/mod/example.org/shop@v1.2.0/orders/orders.go", "orders/orders.go"),
        ("/home/u/go/pkg/mod/example.org/shop/v2@v2.0.1/a.go", "a.go"),
        ("/app/node_modules/@acme/shop/dist/a.js", "packages/shop/dist/a.js"),
        ("/app/node_modules/left-pad/a.js", "/app/node_modules/left-pad/a.js"),
        ("/app/src/a.js", "/app/src/a.js"),
    ],
)
def test_a_file_that_was_installed_from_the_repository_is_its_own(written: str, own: str) -> None:
    assert own_path(written, {"example.org/shop": "", "@acme/shop": "packages/shop/"}) == own


def test_a_manifest_that_is_nested_too_deep_names_no_package(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        bench.repository({"package.json": "[\n" * 9_000, "web/package.json": '{"name": "web"}'})
        bench.index()
        found = packages_of(bench.graph, EVERYTHING, "repo", ["package.json", "web/package.json"])
        assert found == {"web": "web/"}
