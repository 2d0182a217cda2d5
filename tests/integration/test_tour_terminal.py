"""The tour of the command line (docs/cli.md) in a real terminal, from a folder that nobody indexed to a conversation; its pictures are drawn from what was shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integration.processes import CLEW, SOURCES, environment, write_sources
from tests.integration.terminal import Terminal
from tests.integration.terminal_drawing import COLUMNS, draw, settled

pytestmark = pytest.mark.integration

WHO = ("-c", "user.name=A", "-c", "user.email=a@shop.example")
TESTS = "from shop.checkout import checkout\n\n\ndef test_checkout() -> None:\n    assert checkout() == 1\n"
GIFTS = "from shop.models import Order\n\n\nclass Gift(Order):\n    def total(self) -> int:\n        return 2\n\n\ndef wrapped(order: Order) -> int:\n    return order.total()\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    more = {"tests/test_checkout.py": TESTS, "shop/gifts.py": GIFTS}
    root = write_sources(tmp_path_factory.mktemp("tour") / "shop", {**SOURCES, **more})
    for arguments in (["init", "-q"], ["add", "."], [*WHO, "commit", "-qm", "Begin"]):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return root


def at_terminal(shop: Path, *arguments: str) -> Terminal:
    env = environment(shop.parent / "store", COLUMNS=str(COLUMNS), LINES="60", PAGER="cat")
    return Terminal([*CLEW, *arguments], shop, env)


def shown(shop: Path, *arguments: str) -> str:
    """Run a command to its end; return what a person sees of it, with the line that they typed."""
    terminal = at_terminal(shop, *arguments)
    text = terminal.rest()
    assert terminal.close() == 0, text
    typed = " ".join(f'"{one}"' if " " in one else one for one in arguments)
    return settled(f"$ clew {typed}\n{text}")


def test_the_tour_of_the_command_line(shop: Path) -> None:
    indexed = shown(shop, "index", ".")
    assert "5 files (0 unchanged)" in indexed
    answer = shown(shop, "ask", "Who calls price?")
    assert "shop/checkout.py:5" in answer and "claims verified" in answer and "\x1b[" in answer
    draw("terminal-ask", indexed.replace(str(shop), "~/src/shop"), answer)
    impact = shown(shop, "impact", "price")
    assert "tests/test_checkout.py" in impact
    draw("terminal-impact", impact)
    chat = at_terminal(shop, "chat", "--model", "extractive")
    talk = chat.until("shop> ")
    for typed, then in (("Who calls total?", r"number \[\d\]: "), ("2", "shop> "), ("/open 1", "shop> ")):
        chat.type(f"{typed}\r")
        talk += chat.until(then)
    chat.type("\x04")
    talk += chat.rest()
    assert chat.close() == 0
    assert "means 2 things" in settled(talk) and "return order.total()" in settled(talk)
    draw("terminal-chat", "$ clew chat", talk)
