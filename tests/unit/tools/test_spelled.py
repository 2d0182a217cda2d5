"""Lines that hold a name which is no symbol's: keys, directives, environment variables."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agents.context import Context
from agents.services import Services
from graph.runtime import answer, compile_assistant
from indexers.documents.formats import FORMATS
from knowledge.scope import EVERYTHING
from tests.bookshop import open_services
from tests.unit.indexers.git_repositories import write
from tools.spelled import spelled

APP = """import os

DEFAULTS = {
    "CART_TTL": 60,
    "CART_TTL_LONG": 600,
}


class App:
    config = DEFAULTS

    def ttl(self):
        \"\"\"How long a cart lives, by `CART_TTL`.\"\"\"
        return self.config["CART_TTL"]


def quiet(server):
    return server.log.quietMode or os.environ.get("SHOP_QUIET")
"""
DOCS = """# Settings

Set `CART_TTL=5` to try.

## CART_TTL

Seconds that a cart lives.

Default: 60

## Other

Nothing.
"""
TEST = 'def test_ttl():\n    assert App().config["CART_TTL"] == 60\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Services:
    root = write(
        tmp_path_factory.mktemp("spelled") / "shop",
        {"shop/app.py": APP, "docs/settings.md": DOCS, "tests/test_app.py": TEST},
    )
    return open_services(tmp_path_factory.mktemp("store"), root)


def places(services: Services, name: str) -> tuple[str, list[tuple[str, int]]]:
    word, found = spelled(services.graph, EVERYTHING, name, documents=FORMATS)
    return word, [(Path(one.path).name, one.line) for one in found]


def test_keys_come_before_mere_words_and_code_before_documents_and_tests(shop: Services) -> None:
    word, found = places(shop, "CART_TTL")
    assert word == "CART_TTL"
    assert found == [
        ("app.py", 4), ("app.py", 13), ("app.py", 14), ("settings.md", 5), ("settings.md", 3), ("test_app.py", 2)
    ]  # fmt: skip


def test_a_part_of_a_longer_name_is_another_name(shop: Services) -> None:
    assert places(shop, "CART_TT")[1] == []
    assert places(shop, "TTL_LONG")[1] == []


def test_of_a_dotted_name_the_longest_end_counts_that_code_has(shop: Services) -> None:
    assert places(shop, "options.server.log.quietMode") == ("server.log.quietMode", [("app.py", 18)])
    assert places(shop, "settings.quietMode") == ("quietMode", [("app.py", 18)])
    assert places(shop, "settings.ttl")[1] == []  # a plain word is not looked for alone


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what does CART_TTL do?", "> Seconds that a cart lives."),
        ("what reads CART_TTL?", '`App.ttl`: `return self.config["CART_TTL"]`'),
        ("where is SHOP_QUIET used?", "`quiet`: `return server.log.quietMode"),
    ],
)
def test_an_answer_quotes_the_lines_and_does_not_say_that_the_code_lacks_it(
    shop: Services, question: str, said: str
) -> None:
    found = asyncio.run(answer(compile_assistant(shop), question, Context(model="extractive")))
    assert said in found.answer
    assert (found.verdict, {claim["status"] for claim in found.claims}) == ("found", {"verified"})
    assert "is not in the indexed code" not in found.answer


def test_a_name_that_no_line_holds_stays_unknown(shop: Services) -> None:
    found = asyncio.run(answer(compile_assistant(shop), "who uses SHOP_NOISE?", Context(model="extractive")))
    assert "`SHOP_NOISE` is not in the indexed code" in found.answer
