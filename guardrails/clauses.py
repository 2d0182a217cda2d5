"""A sentence as the clauses that are each proven on their own: `A calls B [1], while C returns None [2]` is two of them.

A clause ends behind a citation where the next one has a subject and a citation of its own. Pure text: nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from configs.reading import Reading
from guardrails.phrases import Phrase, phrase_of
from guardrails.reading import Mark, Place, Unit, UnitKind, cells_of, marks_in
from guardrails.record import Record
from guardrails.ruling import Cited
from guardrails.statements import Statement, statements_in
from knowledge.evidence import Citation

_JOINT = re.compile(
    r"[)\s]*(?:[,;]|\s[—–-](?=\s))?\s*(?:(?:and|but|while|whereas|so|because|since|although|though|yet|then|also|however|meanwhile|moreover|"
    r"furthermore|additionally|finally|separately|in addition|on the other hand|apart from (?:that|this)|at the same time|on top of (?:that|this)|besides|likewise|"
    r"similarly|by contrast|in contrast|beyond that|in the same way|as a result|hence|thus|therefore|lastly|secondly|again|now|still|in turn|after that)\b,?\s*)*"
)
_STRONG = re.compile(
    r";|,\s(?=(?:while|whereas|but|meanwhile)\b)|\s(?=and,\s)|\s(?=and (?:separately|similarly|independently)\b)|\s(?=—\s)"
)
_SUBJECT = re.compile(
    r"(?P<named>[`*])|(?:the|a|an|one|another|in|at|on|inside|within|during|as|if|when|whenever|from|for|it|this|there|by|calling)\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)


@dataclass(slots=True)
class Clause:
    """What a clause says, what proves it, and what was found out. marks: what each of its citation marks stands for.

    quotes: it introduces a code block. listed: how many items with names it introduces. lead: what introduces it.
    """

    unit: Unit
    phrase: Phrase
    cited: Cited
    marks: tuple[tuple[Citation, ...], ...]
    statements: list[Statement]
    lead: Phrase | None = None
    quotes: bool = False
    listed: int = 0
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    verified: list[Statement] = field(default_factory=list)
    undecided: list[Statement] = field(default_factory=list)

    def proof_of(self, record: Record, statement: Statement) -> Cited:
        """Return what is cited for a statement: what stands behind its own name in a list, else all that the clause cites."""
        own = self.marks[statement.mark] if 0 <= statement.mark < len(self.marks) else ()
        return cited_as(record, own) if own else self.cited


def cited_as(record: Record, citations: Sequence[Citation]) -> Cited:
    return Cited(tuple(citations), "\n".join(record.cited(one) for one in citations))


class Reader:
    """Reads the units of an answer in order, since a pronoun means what was named before."""

    def __init__(self, record: Record, reading: Reading, numbered: Sequence[Citation]) -> None:
        self._record = record
        self._reading = reading
        self._numbered = numbered
        self._subject = self._mentioned = ""

    def clauses(self, unit: Unit, citations: Sequence[Citation]) -> list[Clause]:
        """Return the clauses of a unit; one for what is no sentence."""
        texts = clauses_in(unit.text) if unit.kind is not UnitKind.FENCE else [""]
        clauses = []
        for text in texts:
            told = text[_after_joint(text, 0) :] if len(texts) > 1 else text
            phrase = phrase_of(told, self._reading, self._subject, self._mentioned)
            marks = tuple(self._meant(mark, citations) for mark in marks_in(text))
            own = tuple(dict.fromkeys(one for some in marks for one in some))
            cited = cited_as(self._record, own if len(texts) > 1 and own else citations)
            stated = dict.fromkeys([*statements_in(phrase, self._reading), *self._of_columns(unit)])
            clauses.append(Clause(unit, phrase, cited, marks, list(stated)))
            if unit.kind is UnitKind.SENTENCE and text.strip():
                self._subject = _subject(phrase)
                named = (name for name in reversed(phrase.names) if name not in phrase.implied)
                self._mentioned = next(named, self._mentioned)
        return clauses

    def _of_columns(self, unit: Unit) -> list[Statement]:
        """Return what a table row states by the heads of its columns: under `Caller` and `Callee` the first calls the second."""
        if len(unit.head) < 2:
            return []
        first, *others = cells_of(unit.text)
        subject, *heads = (head.lower() for head in unit.head)
        verbs = self._reading.columns
        found: list[Statement] = []
        for head, other in zip(heads, others, strict=False):
            told = f"{first} {verbs.get(head, head)} {other}"
            if head not in verbs and subject in verbs:
                told = f"{other} {verbs[subject]} {first}"
            found += statements_in(phrase_of(told, self._reading), self._reading)
        return found

    def _meant(self, mark: Mark, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        numbered = [self._numbered[n - 1] for n in mark.numbers if 1 <= n <= len(self._numbered)]
        return tuple(
            one
            for one in citations
            if Place(one.path, one.start_line, one.end_line) in mark.places
            or any(
                one.path == other.path and one.start_line == other.start_line and one.end_line == other.end_line
                for other in numbered
            )
        )


def clauses_in(text: str) -> list[str]:
    """Return the clauses of a sentence; together they are the sentence."""
    marks = marks_in(text)
    if len(marks) < 2:
        return [text]
    inside = [found.span() for found in _SPAN.finditer(text)]
    names = [start for start, _ in inside if not any(one.start <= start < one.end for one in marks)]
    ends = {one.end for one in marks}
    ends |= {one.start() for one in _STRONG.finditer(text) if not any(a <= one.start() < b for a, b in inside)}
    pieces, start = [], 0
    for end in sorted(ends):
        begin = _after_joint(text, end)
        has_left = any(start <= at < end for at in names) and any(start <= one.start < end for one in marks)
        right = next((one for one in marks if one.start >= begin), None)
        if begin == end or not has_left or right is None or not any(at >= begin for at in names):
            continue
        if _has_subject(text, begin, right):
            pieces.append(text[start:end])
            start = end
    return [*pieces, text[start:]]


def _after_joint(text: str, at: int) -> int:
    """Return where a clause begins behind what joins it to the one before; `at` when nothing joins them there."""
    joint = _JOINT.match(text, at)
    return joint.end() if joint is not None and joint[0].strip(" )\n") else at


def _has_subject(text: str, begin: int, mark: Mark) -> bool:
    """Tell whether a subject of its own begins here, and not one more name of a list or a second verb."""
    subject = _SUBJECT.match(text, begin)
    if subject is None:
        return False
    told = _SPAN.sub("", text[begin : mark.start] if mark.start > begin else "")
    return not subject["named"] or re.search(r"\b(?!and\b|the\b|see\b)[a-z]{2}", told) is not None


def _subject(phrase: Phrase) -> str:
    """Return the name that a sentence is about: the one it begins with, a place before it aside. Empty when it begins otherwise."""
    found = re.match(r"(?:in C\d+ ,? ?)?N(\d+)(?= )", phrase.plain)
    return phrase.names[int(found[1])] if found else ""


def with_listed(clause: Clause, statement: Statement, listed: int) -> Statement:
    """Return a count with the number of what is listed for it."""
    told = [one for one in clause.statements if one.kind in statement.kinds and one.object == statement.subject]
    return replace(statement, listed=len(told) or listed)
