"""SCIP's symbol strings: is it local to a document, and which dotted name does it stand for?

Source: the grammar of symbols in SCIP's `scip.proto`: `scheme manager package version descriptors`, separated by one
space; a space inside is doubled. Each descriptor is a name with a suffix that tells its kind.
"""

from __future__ import annotations

import re

LOCAL = "local "
_HEAD = re.compile(r"((?:[^ ]|  )*) " * 4)
_DESCRIPTOR = re.compile(r"(?:`((?:[^`]|``)*)`|([\w+$-]+))(?:\((?:\+?\w*)\)\.|[/#.:!])|\[[^\]]*\]|\([^)]*\)")
CONSTRUCTORS = frozenset({"__init__", "<constructor>", "<init>", "constructor"})
"""What indexers call a method that makes an object of its class."""


def is_local(symbol: str) -> bool:
    """Whether the symbol means something inside its document only."""
    return symbol.startswith(LOCAL)


def dotted_name(symbol: str) -> str:
    """Return the dotted name of a global symbol: `requests.api.get`; empty when it follows no form that we know.

    A constructor stands for its class; a file or module name is taken without its suffix and with dots.
    """
    head = _HEAD.match(symbol)
    if head is None:
        return ""
    names: list[str] = []
    place = head.end()
    while place < len(symbol):
        found = _DESCRIPTOR.match(symbol, place)
        if found is None:
            return ""
        name = (found[1] or "").replace("``", "`") or found[2] or ""
        if name and name not in CONSTRUCTORS and name not in ("__init__:", "<get>", "<set>"):
            names.append(name)
        place = found.end()
    return ".".join(part for name in names for part in re.split(r"[/.]", name) if part)
