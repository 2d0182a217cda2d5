"""Several plain words of a question that are one name in code: `the session interface` is `SessionInterface`, `css post plugin` is `cssPostPlugin`.

Only a noun phrase counts, one behind an article, a preposition or what joins two things, and only where a type or a function has
exactly these words in this order. The longest run wins, so `the css post plugin` is not `cssPlugin`.
"""

from __future__ import annotations

import re

from agents.questions.names import Named, NameReader

MAX_WORDS = 4
_OPENS = re.compile(
    r"(?<![\w`])(?:the|our|this|an?|about|of|for|around|between|from|to|with|on|in|near|into|and|or|vs\.?|versus|compare|cover|covers|covering)"
    r"\s+(?=[A-Za-z])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_RUNS_ON = re.compile(r"[_`(/-]|[.:]\w")
_SMALL = frozenset({
    "the", "a", "an", "our", "this", "that", "these", "those", "and", "or", "of", "in", "on", "to", "for", "from", "with", "by", "at", "as",
    "is", "are", "was", "were",
})  # fmt: skip
"""Words that no name in a question runs over."""


def with_whole_names(clause: str, names: NameReader) -> str:
    """Return the clause with each run of plain words that is one name in code written as that name, in backticks."""
    at, found = 0, []
    for opening in _OPENS.finditer(clause):
        if opening.end() < at:
            continue
        named, end = _longest(clause, opening.end(), names)
        if named is not None:
            found += [clause[at : opening.end()], f"`{named.name}`"]
            at = end
    return "".join([*found, clause[at:]])


def _longest(clause: str, start: int, names: NameReader) -> tuple[Named | None, int]:
    words: list[tuple[str, int]] = []
    for match in _WORD.finditer(clause[start:]):
        between = clause[words[-1][1] if words else start : start + match.start()]
        if between != (" " if words else "") or match.group(0).lower() in _SMALL or len(words) == MAX_WORDS:
            break
        words.append((match.group(0), start + match.end()))
    for count in range(len(words), 1, -1):
        end = words[count - 1][1]
        if _RUNS_ON.match(clause, end):
            continue
        named = names.joined([word for word, _ in words[:count]])
        if named is not None:
            return named, end
    return None, start
