"""The text of a model while it streams, let through piece by piece once a piece is whole enough to be judged.

A piece ends with a sentence or a line and outside of an open bracket, mark of code or address; what may be the beginning of
a canary waits until it has shown what it is. Each piece passes the output filter by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from guardrails.output import filtered

_END = re.compile(r"\n|(?<=[.!?:;,])\s+|\s+(?=[-*\[])")
_FENCE = re.compile(r"^[ >]*(?:`{3,}|~{3,})", re.MULTILINE)
_LONGEST_HELD = 2_000


class DraftFilter:
    """Feed it pieces; it returns what may be shown. text: all that came so far, as it came; shown: how much of it was let through."""

    def __init__(self, known_urls: Collection[str], held_back: Callable[[str], int]) -> None:
        self.text = ""
        self._known = known_urls
        self._held_back = held_back
        self.shown = 0
        self._fenced = False

    def feed(self, piece: str) -> str:
        """Return what has become fit to be shown; often nothing yet."""
        self.text += piece
        waiting = self.text[self.shown :]
        if not _END.search(piece) and len(waiting) < _LONGEST_HELD:
            return ""
        whole = _whole(waiting, self._fenced)
        if not whole:
            return ""
        free = len(waiting) - self._held_back(self.text)
        return self._release(whole if whole <= free else _whole(waiting[: max(free, 0)], self._fenced))

    def finish(self) -> str:
        """Return what is left when the text has ended."""
        return self._release(len(self.text) - self.shown)

    def _release(self, length: int) -> str:
        if length <= 0:
            return ""
        piece = self.text[self.shown : self.shown + length]
        self.shown += length
        fences = len(_FENCE.findall(piece))
        if self._fenced and not fences:
            passed = filtered(f"```\n{piece}", self._known).text.removeprefix("```\n")
        else:
            passed = filtered(piece, self._known).text
        self._fenced ^= bool(fences % 2)
        return passed


def _whole(text: str, fenced: bool) -> int:
    """Return the length of the longest beginning that ends with a sentence or a line and leaves nothing open."""
    for end in sorted((match.end() for match in _END.finditer(text)), reverse=True):
        line = text[text.rfind("\n", 0, end - 1) + 1 : end]
        if fenced or line.endswith("\n") or (line.count("[") == line.count("]") and line.count("`") % 2 == 0):
            return end
    return 0
