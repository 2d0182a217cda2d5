"""A picture of a terminal: what a program wrote there, with its colours, in Chromium."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.integration.browser import picture_of

COLUMNS = 96
THEME = TerminalTheme(
    (23, 24, 27),
    (228, 227, 223),
    [(23, 24, 27), (240, 137, 141), (127, 207, 156), (224, 185, 90), (143, 184, 240), (207, 154, 224), (120, 200, 210), (228, 227, 223)],
)  # fmt: skip
PAGE = (
    '<!doctype html><body style="margin:0;background:#17181b"><pre style="margin:0;padding:16px 20px;'
    "display:inline-block;color:#e4e3df;font:15px/1.45 'DejaVu Sans Mono',monospace\">{code}</pre>"
)
_MODES = re.compile(r"\x1b\[\?\d+[hl]|\x1b[=>]")


def settled(shown: str) -> str:
    """Return what is left on the screen: lines that were painted over are gone."""
    lines = _MODES.sub("", shown).replace("\r\n", "\n").split("\n")
    return "\n".join(re.split(r"\r|\x1b\[2?K", line)[-1] for line in lines)


def draw(name: str, *parts: str) -> None:
    """Keep a picture of what was shown, where pictures are kept."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi(settled("\n".join(parts)).strip()), soft_wrap=True)
    picture_of(console.export_html(theme=THEME, code_format=PAGE, inline_styles=True), name)
