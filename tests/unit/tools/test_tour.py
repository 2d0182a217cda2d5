"""A file shown to a newcomer, over a real index."""

from __future__ import annotations

import pytest

from agents.services import Services
from knowledge.scope import EVERYTHING
from tests.bookshop import NAME
from tools.tour import purpose_of, tour


def test_a_file_is_ranked_by_who_uses_it(bookshop: Services) -> None:
    module = bookshop.graph.outline(EVERYTHING, NAME, "shop/pricing.py")[0]
    shown = tour(bookshop.graph, EVERYTHING, module)
    assert {symbol.name for symbol, _ in shown.symbols} == {"discount", "with_tax"}
    assert [users for _, users in shown.symbols] == [1, 1]
    assert [link.source.path for link in shown.users] == ["shop/orders.py"]
    assert [link.source.name for link in shown.tests] == ["test_discount_halves"]
    assert shown.purpose is None
    orders = bookshop.graph.outline(EVERYTHING, NAME, "shop/orders.py")[0]
    shown = tour(bookshop.graph, EVERYTHING, orders)
    assert [link.external for link in shown.outside] == ["json"]
    assert {link.target.path for link in shown.inside if link.target} == {"shop/pricing.py"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "// Copyright 2020 Someone. All rights reserved.\n\n// Package kv keeps keys and values.\npackage kv\n",
            (3, 3),
        ),
        ("/*\n * Reads sockets without waiting for them.\n */\n#include <x.h>\n", (1, 3)),
        ("#!/bin/sh\n# Starts the server and waits\n# until it answers.\nx=1\n", (2, 3)),
        ("//go:build linux\n\npackage kv\n\nfunc main() {}\n// says nothing of the file\n", None),
        ("x = 1\n# a comment on what comes later on\n", None),
        ("", None),
    ],
)
def test_the_purpose_is_the_first_comment_that_says_one(text: str, lines: tuple[int, int] | None) -> None:
    assert purpose_of(text.split("\n")) == lines
