"""What of the evidence goes into a model's window: the most useful facts first, whole, and nothing left out in silence.

A fact is worth what its kind is worth in the release, more for words of the question that no packed fact holds yet, less for each
fact of the same file that is in already. An excerpt that is too long is narrowed to the lines that matter, with a mark and with
the citation of those lines; any other fact goes in whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agents.records import counted, finding_row, place
from agents.state import CitationRow, Evidence, FindingRow
from configs.release import Release
from guardrails.marking import Marks
from knowledge.evidence import Finding
from models.extractive import asked_words, best_window, words_of
from models.tokens import tokens_of

PROMPT_TOKENS = 500
"""What a prompt takes beside its evidence: the rules, the question, the faults of an earlier answer."""
_LEAST_TOKENS = 40
"""What the marks of one fact take alone, at the least."""
_ANY_MARKS = Marks("0f1e2d3c4b")
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Packed:
    """The numbered evidence of a prompt, the places of what did not fit, and how many tokens are left beside it.

    pressed: it was the time that a host needs to read which left no room, rather than the window.
    """

    facts: tuple[Evidence, ...]
    omitted: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()
    room_tokens: int = 0
    pressed: bool = False

    @property
    def sources(self) -> list[CitationRow]:
        return [fact["citation"] for fact in self.facts]

    @property
    def text(self) -> str:
        return "\n".join(evidence_text(fact) for fact in self.facts)

    @property
    def notes(self) -> list[str]:
        """Return what the answer itself has to say about that."""
        if not self.omitted:
            return []
        total = counted(len(self.facts) + len(self.omitted), "fact")
        why = "would not have been read in time" if self.pressed else "did not fit its window"
        return [f"The model was shown {len(self.facts)} of {total}: the others {why}."]

    @property
    def findings(self) -> list[FindingRow]:
        """Return what a reader of the run must know about what the model was not shown."""
        told = (
            (
                "left_out",
                self.omitted,
                "would not be read in time" if self.pressed else "did not fit the model's window",
            ),
            ("narrowed", self.narrowed, "narrowed to the lines that matter"),
        )
        return [
            finding_row(Finding(gate="packing", kind=kind, severity="info", message=f"{_listed(places)} {what}"))
            for kind, places, what in told
            if places
        ]


def pack(
    facts: Sequence[Evidence],
    release: Release,
    budget_tokens: int,
    question: str = "",
    model: str = "",
    readable_tokens: int | None = None,
) -> Packed:
    """Return the evidence that fits the window of `model` beside prompt and answer.

    Args:
        budget_tokens: what this call may use in all, prompt and answer.
        readable_tokens: of evidence that the host of the model reads in time; None: nothing bounds it.
        question: its words decide between facts of one kind, and which lines of an excerpt matter.
    """
    limits, by = release.limits, release.packing
    room = min(limits.window_tokens, budget_tokens) - limits.answer_tokens - PROMPT_TOKENS
    pressed = readable_tokens is not None and readable_tokens < room
    room = readable_tokens if readable_tokens is not None and pressed else room
    asked = asked_words(question)
    left = {at: fact for at, fact in enumerate(facts) if fact["citation"]["path"]}
    holds = {at: asked & words_of(evidence_text(fact)) for at, fact in left.items()}
    covered: set[bytes] = set()
    from_file: Counter[tuple[str, str]] = Counter()
    kept: list[Evidence] = []
    omitted: list[str] = []
    narrowed: list[str] = []

    def worth(at: int) -> tuple[float, float, int]:
        fact = left[at]
        new = len(holds[at] - covered) / len(asked) if asked else 0.0
        repeats = from_file[_file(fact)]
        return by.values.get(fact["kind"], 0.5) * (1 + new) * by.same_file**repeats, fact["score"], -at

    while left and room > _LEAST_TOKENS:
        best = max(left, key=worth)
        fact = left.pop(best)
        fitting = _fitted(fact, room, asked, by.fewest_lines, model)
        if fitting is None:
            omitted.append(place(fact["citation"]))
            continue
        if fitting is not fact:
            narrowed.append(place(fact["citation"]))
        room -= evidence_tokens(fitting, model)
        covered |= holds[best]
        from_file[_file(fact)] += 1
        kept.append(fitting)
    omitted += [place(fact["citation"]) for fact in left.values()]
    return Packed(tuple(kept), tuple(omitted), tuple(narrowed), max(room, 0), pressed)


def marked(fact: Evidence, number: int, marks: Marks) -> str:
    """Return a fact as it stands in a prompt: numbered, with where it is from, between marks."""
    citation = fact["citation"]
    return marks.wrap(
        "evidence", evidence_text(fact), number=number, source=place(citation), symbol=citation["symbol"] or ""
    )


def evidence_text(fact: Evidence) -> str:
    """Return a fact as the prompt shows it: quoted lines as they stand, a relation or definition as a sentence."""
    about, other, relation = fact["about"], fact["other"], fact["relation"]
    if fact["excerpt"]:
        return fact["excerpt"]
    if about is not None and other is not None and relation is not None:
        source, target = (about, other) if relation["source_id"] == about["id"] else (other, about)
        return f"{source['qualified_name']} {relation['kind']} {target['qualified_name']} ({fact['tier']})"
    if about is not None:
        return f"{about['kind']} {about['qualified_name']}: {about['signature']} {about['doc']}".strip()
    return fact["note"].replace("\t", " ")


def _fitted(fact: Evidence, room: int, asked: set[bytes], fewest: int, model: str) -> Evidence | None:
    """Return the fact if it fits, else its lines that matter most if enough of them do, else None."""
    whole = evidence_tokens(fact, model)
    if whole <= room:
        return fact
    citation, lines = fact["citation"], fact["excerpt"].split("\n")
    if len(lines) != citation["end_line"] - citation["start_line"] + 1:
        return None  # not lines of the file as they stand: a part of it could not be cited
    size = len(lines) * max(room, 0) // whole
    while size >= fewest:
        first, past = best_window(lines, asked, size)
        part = _part(fact, lines, first, past)
        if evidence_tokens(part, model) <= room:
            return part
        size = min(size - 1, size * 9 // 10)
    return None


def _part(fact: Evidence, lines: Sequence[str], first: int, past: int) -> Evidence:
    citation = fact["citation"]
    start, end = citation["start_line"], citation["end_line"]
    shown = CitationRow(**{**citation, "start_line": start + first, "end_line": start + past - 1})
    mark = f"(narrowed to lines {shown['start_line']}-{shown['end_line']} of {start}-{end})"
    return {**fact, "citation": shown, "excerpt": "\n".join([mark, *lines[first:past]])}


def evidence_tokens(fact: Evidence, model: str) -> int:
    """Return what a fact takes in a prompt, with its marks: of a short fact they are the larger part."""
    return tokens_of(marked(fact, 99, _ANY_MARKS), model)


def _file(fact: Evidence) -> tuple[str, str]:
    return fact["citation"]["repository"], fact["citation"]["path"]


def _listed(places: Sequence[str]) -> str:
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f"{counted(len(places), 'fact')} ({', '.join(places[:_NAMED])}{more})"
