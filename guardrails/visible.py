"""Characters that a reader does not see, or that repaint what he sees: control, direction, zero-width and tag characters.

Text of a repository may hold them to hide words from people and show them to a model, to reorder a line, or to drive a
terminal. `shown` makes each of them visible (U+FFFD), `dropped` leaves them out where words are compared, `escaped` keeps
them exact in JSON. A joiner between two letters of a script that needs it, or inside an emoji, is text and stays.
"""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\ufffd"

_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_JOINERS = "\u200c\u200d"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SURROGATES = "\ud800-\udfff"
_HARMFUL = re.compile(f"[{_CONTROL}{_DIRECTION}{_JOINERS}{_INVISIBLE}{_SURROGATES}]")
_ESCAPED_IN_JSON = re.compile(f"[\x7f-\x9f{_DIRECTION}{_JOINERS}{_INVISIBLE}{_SURROGATES}]")


def shown(text: str) -> str:
    """Return the text with every character that hides or repaints in view as U+FFFD; line breaks and tabs stay."""
    return text if text.isascii() and text.isprintable() else _HARMFUL.sub(_as_mark, text)


def dropped(text: str) -> str:
    """Return the text without those characters, as a person reads it."""
    return text if text.isascii() and text.isprintable() else _HARMFUL.sub(_as_nothing, text)


def escaped(document: str) -> str:
    """Return a JSON document with those characters as `\\uXXXX`: the same values, and nothing that drives a terminal."""
    return document if document.isascii() else _ESCAPED_IN_JSON.sub(_as_escape, document)


def hidden_in(text: str) -> int:
    """Return how many such characters a text holds; carriage returns before a line break are none."""
    if text.isascii() and text.isprintable():
        return 0
    return sum(1 for found in _HARMFUL.finditer(text.replace("\r\n", "\n")) if not _joins(found))


def _as_mark(found: re.Match[str]) -> str:
    return found[0] if _joins(found) else "" if _ends_line(found) else REPLACEMENT


def _as_nothing(found: re.Match[str]) -> str:
    return found[0] if _joins(found) else ""


def _as_escape(found: re.Match[str]) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _units(found[0]))


def _units(character: str) -> list[int]:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


def _ends_line(found: re.Match[str]) -> bool:
    return found[0] == "\r" and found.string[found.end() : found.end() + 1] == "\n"


def _joins(found: re.Match[str]) -> bool:
    """Return whether this is a joiner with a letter, mark or emoji beyond ASCII right before and after it."""
    if found[0] not in _JOINERS:
        return False
    before, after = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    return _may_join(before) and _may_join(after)


def _may_join(character: str) -> bool:
    return len(character) == 1 and not character.isascii() and unicodedata.category(character)[0] in "LMS"
