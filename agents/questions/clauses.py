"""Cutting a question into its clauses: one for each thing that is asked. Where to cut is data of the release.

A cut needs something that begins a request behind it (`triage: macros: asks`), so that `open and close the file` stays whole, and is never
made inside backticks or quotes. Whether a later clause asks anything, or only says how to answer (`Keep it short.`), is told by `asks_more`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from configs.triage import Triage

_QUOTED = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"")
_FEWEST_WORDS = 2
"""Behind what begins a request: `how often?` says more of the one before."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked. is_statement: it may only say why the request behind it is made; is_earlier: it is wanted before the
    one it follows; is_reason: it is a statement that asks nothing in any case (`Before I change X`).
    """

    text: str
    is_statement: bool = False
    is_earlier: bool = False
    is_reason: bool = False


def clauses_of(spoken: str, triage: Triage) -> list[Clause]:
    """Return the clauses of a question in its order."""
    quoted = [match.span() for match in _QUOTED.finditer(spoken)]
    found: list[Clause] = []
    start, is_earlier = 0, False
    for match in triage.compiled_breaks.finditer(spoken):
        piece = spoken[start : match.start()]
        if any(first < match.start() < past for first, past in quoted):
            continue
        is_reason = re.match(triage.reason, piece, re.IGNORECASE) is not None
        if match.groupdict().get("soft") is not None and not (is_reason or _begins_request(piece, triage)):
            continue
        if piece.strip():
            is_statement = is_reason or _is_statement(piece, match.group(0).strip(), triage)
            found.append(Clause(piece, is_statement, is_earlier, is_reason))
        start = match.end()
        is_earlier = re.search(triage.earlier, match.group(0), re.IGNORECASE) is not None
    return [*found, Clause(spoken[start:], False, is_earlier)]


def asks_more(text: str, triage: Triage, *, names_something: bool) -> bool:
    """Tell whether a clause behind another one asks anything, and does not merely say how to answer, or what for.

    names_something: it names a symbol or a file, or means one with a pronoun.
    """
    begun = triage.compiled_asks.match(text)
    if begun is None:
        return False
    if names_something or triage.compiled_relation.search(text):
        return True
    return len(_WORD.findall(text[begun.end() :])) >= _FEWEST_WORDS


def _is_statement(piece: str, separator: str, triage: Triage) -> bool:
    """Tell whether what stands before a request only says why it is made: it is a sentence, or does not begin as a request."""
    if separator[:1] in (".", "!"):
        return True
    return separator[:1] not in ("?", ";") and not _begins_request(piece, triage)


def _begins_request(piece: str, triage: Triage) -> bool:
    return triage.compiled_asks.match(piece) is not None
