"""Uses of macros that make functions and that no semicolon ends: `IMPL_CTYPE_FN(ISALPHA)`, on a line of its own.

The grammar reads such a use into the declaration behind it. Which macros make functions is known, those of the file and those that it
is lent, so the use is given the shape of a call that ends, `IMPL_CTYPE_FN()      ;`, in a text of the same length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from indexers.languages.cfamily.macro_expansion import Macro, NoExpansion, makes_functions, names_with_brackets
from indexers.languages.cfamily.macro_words import without_hidden
from indexers.languages.cfamily.macros import definitions_in

_HEAD = re.compile(
    rb"[ \t]*#[ \t]*define[ \t]+(\w+)\(([^()]*)\)[\s\\]*(?!(?:do|if|for|while|switch|return)\b|[({])(?=\w)"
)
_BEGINS = (b"", b";", b"{", b"}")
"""What may stand before a declaration."""
_GOES_ON = re.compile(rb"[\w}~\[]|$")
"""What begins behind a use that has ended."""
_ENDED = b"();"
_NAMESPACE = re.compile(rb"(?:\bextern\s*\"\s*\"|\bnamespace(?:\s+[\w:]+)?)\s*$")
"""What stands before a brace with declarations in it."""


def begins_as_declarations(text: bytes) -> bool:
    """Whether the body of a function-like macro does not begin as a statement or an expression does."""
    return _HEAD.match(text) is not None


def macros_in(source: bytes) -> dict[bytes, Macro]:
    """Return the function-like macros that a text defines and that may make functions, the last of a name."""
    found: dict[bytes, Macro] = {}
    for text in definitions_in(source):
        head = _HEAD.match(text)
        if head is not None:
            found[head.group(1)] = Macro(text)
    return found


def makers_among(macros: Mapping[bytes, Macro]) -> set[bytes]:
    """Return the names of those that make functions, by themselves or by others that they use outside of braces."""
    makers = {
        name
        for name, macro in macros.items()
        if (b"{" in macro.text or b";" in macro.text) and makes_functions(_body(macro))
    }
    uses = {name: names_with_brackets(_body(macro)) for name, macro in macros.items()} if makers else {}
    grows = bool(makers)
    while grows:
        more = {name for name, used in uses.items() if name not in makers and used & makers}
        makers |= more
        grows = bool(more)
    return makers


def _body(macro: Macro) -> list[bytes]:
    try:
        return macro.definition.body
    except NoExpansion:
        return []


def with_ended_uses(source: bytes, makers: Collection[bytes]) -> tuple[bytes, dict[int, int]]:
    """Return the source with such uses ended, and where each begins and ended before; length and lines stay."""
    used = re.compile(rb"[{}]|(?<![\w.>:$@])(?:" + b"|".join(sorted(makers)) + rb")(?=\s*\()")
    text: bytearray | None = None
    uses: dict[int, int] = {}
    code = bytearray(without_hidden(source))
    around: list[bool] = []
    for match in used.finditer(bytes(code)):
        if match.group() == b"{":
            around.append(_NAMESPACE.search(code[max(match.start() - 200, 0) : match.start()]) is None)
        elif match.group() == b"}":
            del around[-1:]
        if match.group() in (b"{", b"}") or any(around):
            continue
        start, opening = match.start(), code.index(b"(", match.end())
        end = _closed(code, opening)
        room = [place for place in range(opening, end) if code[place] not in b"\r\n"]
        if len(room) < len(_ENDED) or bytes(code[:start].rstrip()[-1:]) not in _BEGINS:
            continue
        if _GOES_ON.match(code[end : end + 400].lstrip()) is None:
            continue
        text = bytearray(source) if text is None else text
        for each in (code, text):
            for place, byte in zip(room, _ENDED.ljust(len(room)), strict=True):
                each[place] = byte
        uses[start] = end
    return (source if text is None else bytes(text)), uses


def _closed(code: bytearray, opening: int) -> int:
    """Return the offset behind the bracket that closes the one at `opening`, `opening` itself where none does."""
    depth = 0
    for place in range(opening, len(code)):
        depth += (code[place] == 40) - (code[place] == 41)
        if depth == 0:
            return place + 1
    return opening
