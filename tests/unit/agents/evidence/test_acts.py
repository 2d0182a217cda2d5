"""Uses of a name told apart by what the question says is done with it."""

from __future__ import annotations

import asyncio

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant
from tests.bookshop import open_services
from tests.unit.indexers.git_repositories import write

SIGNALS = "from blinker import signal\n\ncart_filled = signal('cart-filled')\nrate_limit = 3\n"
SHOP = """from shop.signals import cart_filled
from shop import signals


def checkout(cart):
    cart_filled.send(cart)


def install(app):
    cart_filled.connect(app.notice)


def tighten():
    signals.rate_limit = 1


def allowed(count):
    return count < signals.rate_limit
"""
HOOKS = """export interface Plugin {
  beforeBuild?: (name: string) => void
}
export function run(plugins: Plugin[]) {
  for (const one of plugins) one.beforeBuild?.('x')
}
export const lint = () => ({
  beforeBuild(name: string) {
    return name
  },
})
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Services:
    root = write(
        tmp_path_factory.mktemp("acts") / "shop",
        {"shop/__init__.py": "", "shop/signals.py": SIGNALS, "shop/cart.py": SHOP, "web/hooks.ts": HOOKS},
    )
    return open_services(tmp_path_factory.mktemp("store"), root)


def ask(services: Services, question: str) -> Answer:
    found = asyncio.run(answer(compile_assistant(services), question, Context(model="extractive")))
    assert {claim["status"] for claim in found.claims} <= {"verified"}
    return found


@pytest.mark.parametrize(
    ("question", "word", "doing", "others"),
    [
        ("who connects to the cart_filled signal?", "connects", "install", "checkout"),
        ("where is the cart_filled signal sent?", "send", "checkout", "install"),
        ("which functions send cart_filled?", "send", "checkout", "install"),
        ("what sets shop.signals.rate_limit?", "sets", "tighten", "allowed"),
        ("who reads shop.signals.rate_limit?", "reads", "allowed", "tighten"),
    ],
)
def test_uses_that_do_what_is_asked_come_first(
    shop: Services, question: str, word: str, doing: str, others: str
) -> None:
    found = ask(shop, question)
    assert found.route.partition(" ")[0] == "callers"
    head, _, rest = found.answer.partition("**Other uses**")
    assert f"**With `{word}`**" in head
    assert f"`{doing}`" in head.partition("**With")[2]
    assert f"`{others}`" in rest
    assert f"`{doing}`" not in rest


def test_where_no_use_does_it_all_are_told_alike(shop: Services) -> None:
    for question in ("who locks cart_filled?", "who use cart_filled?"):
        found = ask(shop, question)
        assert "Other uses" not in found.answer
        assert "of the product" not in found.answer
        assert "`checkout`" in found.answer
        assert "`install`" in found.answer


def test_who_merely_uses_a_function_is_told_its_users_alone(shop: Services) -> None:
    for question in ("Who use checkout?", "is checkout used anywhere?", "is checkout still used somewhere?"):
        assert "bears its name" not in ask(shop, question).answer


def test_functions_that_bear_the_name_of_a_hook_are_shown_as_no_more_than_that(shop: Services) -> None:
    found = ask(shop, "which plugins tap the beforeBuild hook?")
    assert "**1 function** of the product bears its name." in found.answer
    assert ("web/hooks.ts", 8) in {(c["path"], c["start_line"]) for c in found.citations}
