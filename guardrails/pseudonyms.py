"""Stands names in for personal data in a conversation: `[mail-address-1]` for an address, the same one all through a thread.

The table that leads back is kept with the thread and nowhere else; what is searched, remembered, logged or sent to a model
holds the stand-ins only. Secrets get `[secret]`, from which nothing leads back.
"""

from __future__ import annotations

import re

from guardrails.personal_data import KINDS
from guardrails.redaction import find

GONE = "[secret]"
_STAND_IN = re.compile(r"\[[a-z-]+-\d+\]")


def hide(text: str, known: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Return the text with stand-ins, and the table stand-in -> original of the thread, `known` and what is new."""
    table = dict(known)
    names = {original: name for name, original in table.items()}
    encoded = text.encode("utf-8", "surrogatepass")
    parts: list[bytes] = []
    at = 0
    for start, end, kind in find(encoded):
        original = encoded[start:end].decode("utf-8", "surrogatepass")
        name = _name(original, kind, names, table) if kind in KINDS else GONE
        parts += (encoded[at:start], name.encode())
        at = end
    return b"".join([*parts, encoded[at:]]).decode("utf-8", "surrogatepass"), table


def reveal(text: str, table: dict[str, str]) -> str:
    """Return the text with the originals of the thread's own table in place of their stand-ins."""
    return _STAND_IN.sub(lambda match: table.get(match[0], match[0]), text) if table else text


def _name(original: str, kind: str, names: dict[str, str], table: dict[str, str]) -> str:
    if original not in names:
        stem = kind.lower().replace(" ", "-")
        number = 1 + sum(name.startswith(f"[{stem}-") for name in table)
        names[original] = f"[{stem}-{number}]"
        table[names[original]] = original
    return names[original]
