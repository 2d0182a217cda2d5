"""A picture of what was posted in Slack: its blocks, drawn plainly. Slack draws them in its own way."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from typing import Any

from tests.integration.browser import picture_of

PAGE = """<!doctype html><style>
body{{margin:0;font:15px/1.45 system-ui,sans-serif;color:#1d1c1d;background:#fff}} main{{padding:14px 20px;display:inline-block;width:680px}}
b.who{{font-weight:700}} p{{margin:4px 0;white-space:pre-wrap}} code{{background:#f4f3f2;border:1px solid #ddd;border-radius:3px;padding:1px 3px;font-size:12px;color:#b3262b}}
a{{color:#1264a3;text-decoration:none}} .context{{color:#616061;font-size:13px}} button{{font:inherit;font-weight:700;background:#fff;border:1px solid #bbb;border-radius:4px;padding:4px 12px;margin:6px 8px 0 0}}
button.primary{{background:#007a5a;color:#fff;border-color:#007a5a}} button.danger{{background:#e01e5a;color:#fff;border-color:#e01e5a}}</style>
<main><p><b class="who">ann</b></p><p>{asked}</p><hr><p><b class="who">Clew</b> <span class="context">app</span></p>{blocks}</main>"""


def draw(name: str, asked: str, said: dict[str, Any]) -> None:
    """Keep a picture of a question and what was posted, where pictures are kept."""
    blocks = said["blocks"] if isinstance(said["blocks"], list) else json.loads(said["blocks"])
    picture_of(PAGE.format(asked=escape(asked), blocks="".join(map(_block, blocks))), name)


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "actions":
        return "".join(
            f'<button class="{one.get("style", "")}">{one["text"]["text"]}</button>' for one in block["elements"]
        )
    if block["type"] == "context":
        return "".join(f'<p class="context">{_words(one["text"])}</p>' for one in block["elements"])
    return f"<p>{_words(block['text']['text'])}</p>"


def _words(text: str) -> str:
    text = re.sub(r"<([^|>]+)\|([^>]*)>", lambda found: f"\0{found[2]}\1", text)
    text = escape(unescape(text)).replace("\0", "<a>").replace("\1", "</a>")
    text = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", text)
    return re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", text)
