"""Reading a question into a typed plan: clauses, what each wants, which step takes what an earlier one finds. Deterministic.

Every phrase is data of the release. A rule that captures a name counts only when the name is one (see `agents.questions.names`); what no
rule is sure of the release's classifier decides (`agents.questions.readings`). Pronouns take the last symbol named before, in the question or
in the thread; `those` and `their` take what the step before finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from agents.questions.asker import entities_in, expertise_of, language_of
from agents.questions.clauses import Clause, asks_more, clauses_of
from agents.questions.compounds import with_whole_names
from agents.questions.intents import IntentClassifier
from agents.questions.names import FOUND_BY, Named, NameReader, spaced, written_names
from agents.questions.readings import (
    ABOUT_A_NAME,
    Reading,
    Settled,
    joined_names,
    marked_names,
    names_beside,
    read_clause,
)
from agents.state import OF_THE_WHOLE, Doubt, Plan, Step
from configs.triage import Triage
from models.extractive import asked_words
from tools.tracebacks import parse_traceback

_RECEIVER = re.compile(r"\(\*?([A-Za-z_]\w*)\)\.(?=[A-Za-z_])(\w+)")
"""How Go writes a method: `(*Server).Close`."""
_SHORT_FOLLOW_UP = 5
_WORDS_ONLY_CERTAINTY = 0.3
_ASKS_RELATIONS = frozenset({"callers", "callees", "hierarchy", "dependencies", "tests", "path", "impact"})
"""Intents that find several symbols, and that can be asked of several."""


_WHOLE = frozenset({"review", "overview", "history"})
"""Operations about a change or a repository as a whole: one question has at most one of each."""


def read_question(
    question: str,
    triage: Triage,
    names: NameReader,
    subject: str = "",
    classifier: IntentClassifier | None = None,
    before: Plan | None = None,
    settled: Mapping[str, Settled] | None = None,
) -> Plan:
    """Return the plan of a question.

    Args:
        subject: name or id of the symbol that `it` means, empty when the thread has none.
        before: the plan of the turn before, whose intent a bare `and X?` takes over.
        settled: what somebody decided of clauses that an earlier reading left in doubt.
    """
    if parse_traceback(question) is not None:  # its lines are no clauses, and its names no subjects
        step = Step(
            id="s1",
            intent="debug",
            operation="traceback",
            names=[],
            query=question,
            certainty=1.0,
            after=[],
            decided_by="rule",
        )
        return _plan(question, [step], [], subject, names, triage)
    reader = _Reader(triage, names, classifier, before, settled or {})
    spoken = _RECEIVER.sub(r"\1.\2", spaced(question))
    if listed := re.match(triage.expand(triage.listed), spoken, re.IGNORECASE):
        wanted = re.split(r"\s*(?:,|->|&|\+|\band\b)\s*", listed["list"], flags=re.IGNORECASE)
        spoken = "; ".join(f"{one} of {listed['object']}" for one in wanted)
    if triage.shared_object:
        spoken = re.sub(triage.shared_object, r"\g<first> of \g<object>; \g<second> of \g<object>", spoken, flags=re.I)
    spoken = re.sub(triage.opening, "", spoken, count=1, flags=re.IGNORECASE)
    for clause in clauses_of(spoken, triage):
        if asked_words(clause.text):
            subject = reader.read(clause, subject)
    steps = reader.steps or [
        Step(
            id="s1",
            intent="locate",
            operation="locate",
            names=[],
            query=question,
            certainty=_WORDS_ONLY_CERTAINTY,
            after=[],
            decided_by="words",
        )
    ]
    return _plan(question, steps, reader.doubts, subject, names, triage)


def last_name(text: str, names: NameReader) -> str:
    """Return the last known symbol that `text` names, empty when there is none: what a follow-up may mean by `it`."""
    for piece in reversed(written_names(text)):
        named = names.recognise_marked(piece)
        if named is not None and named.symbol is not None:
            return named.symbol.id
    return ""


def _plan(
    question: str, steps: list[Step], doubts: list[Doubt], subject: str, names: NameReader, triage: Triage
) -> Plan:
    return Plan(
        question=question,
        steps=steps,
        subject=subject,
        words=sorted(word.decode() for word in asked_words(question)),
        language=language_of(question, triage.languages),
        expertise=expertise_of(question, triage.newcomer),
        entities=entities_in(question, names),
        doubts=doubts,
    )


class _Reader:
    """Reads the clauses of one question in order; a later one may rest on the steps of an earlier one."""

    def __init__(
        self,
        triage: Triage,
        names: NameReader,
        classifier: IntentClassifier | None,
        before: Plan | None,
        settled: Mapping[str, Settled],
    ) -> None:
        self.steps: list[Step] = []
        self.doubts: list[Doubt] = []
        self._settled = settled
        self._triage = triage
        self._names = names
        self._classifier = classifier
        self._before = before

    def read(self, one: Clause, subject: str) -> str:
        """Add the steps of a clause; return what `it` means after it. A statement that no rule is sure of only says what it is about."""
        clause = one.text
        named = marked_names(clause, self._names)
        means_something = bool(named) or self._points_back(clause)
        if self.steps and not asks_more(clause, self._triage, names_something=means_something):
            self.steps[-1]["query"] += f" {clause.strip()}"  # how to answer, or what for
            return subject
        if self.steps and not named and self._speaks_of_results(clause):
            clause = self._with_results(clause)
        elif self.steps and not subject and not named and re.search(self._triage.pronoun, clause, re.IGNORECASE):
            if (found := self._of_the_place(clause)) is None:
                self.steps[-1]["query"] += f" {clause.strip()}"  # `it` is what the clause before looks for
                return subject
            clause = found
        else:
            clause = self._with_inner_step(_resolved(clause, self._triage, subject, bool(named)))
        clause = self._with_whole_names(clause)
        for reading in self._readings(clause, subject):
            step = self._step(reading, clause)
            if one.is_reason or (one.is_statement and not self._is_request(one.text, reading)):
                subject = _meant_by(step) or subject
                continue
            is_of_review = not means_something and reading.intent == "tests" and self._reviews
            if self.steps and (is_of_review or (not named and not self._is_meant(reading))):
                self.steps[-1]["query"] += f" {one.text.strip()}"
                continue
            known_whole = next((known for known in self.steps if _says_more_of(step, known)), None)
            if known_whole is not None:  # a second sentence says more of the same: which revisions, which part
                known_whole["query"] += f" {step['query']}"
            else:
                self._add(step, is_earlier=one.is_earlier)
                self.doubts += _doubts_of(reading, clause)
            subject = _meant_by(step) or subject
        return subject

    @property
    def _reviews(self) -> bool:
        """Whether the step before is a review, which tells the tests to run."""
        return bool(self.steps) and self.steps[-1]["intent"] == "review"

    def _points_back(self, clause: str) -> bool:
        triage = self._triage
        signs = (triage.pronoun, triage.object_before, triage.possessive, triage.results_pronoun)
        return any(re.search(sign, clause, re.IGNORECASE) for sign in signs)

    def _is_request(self, clause: str, reading: Reading) -> bool:
        """Tell whether a sentence before a question asks something itself: `Review my changes. Is it safe?`"""
        sure = reading.certainty >= self._triage.sure_rule and reading.decided_by == "rule"
        return sure and (reading.captured or self._triage.compiled_asks.match(clause) is not None)

    def _is_meant(self, reading: Reading) -> bool:
        """Tell whether a further clause that names nothing itself is read surely enough to be a request of its own."""
        return reading.decided_by != "classifier" or reading.certainty >= self._triage.further

    def _of_the_place(self, clause: str) -> str | None:
        """Return the clause about what the search before it finds; None where it asks for no relation of it."""
        if self.steps[-1]["intent"] != "locate":
            return None
        found = _resolved(clause, self._triage, f"{FOUND_BY}{self.steps[-1]['id']}", names_one=False)
        reading = read_clause(found, self._triage, self._names, marked_names(found, self._names), self._classifier)
        is_sure = reading.captured and reading.certainty >= self._triage.sure_rule
        return found if is_sure and any(one.found_by for one in reading.names) else None

    def _add(self, step: Step, *, is_earlier: bool) -> None:
        """Add a step; one that is wanted earlier goes before the last one, where it does not rest on it."""
        if is_earlier and self.steps and not step["after"] and not self.steps[-1]["after"]:
            before = self.steps.pop()
            step["id"], before["id"] = before["id"], step["id"]
            self.steps += [step, before]
        else:
            self.steps.append(step)

    def _readings(self, clause: str, subject: str) -> list[Reading]:
        """Return what a clause wants: one reading, or one for each of several names."""
        marked = marked_names(clause, self._names)
        is_short = len(clause.split()) <= _SHORT_FOLLOW_UP
        if not marked and subject and is_short:
            known = self._names.recognise(f"`{subject}`")
            marked = [known] if known is not None and known.symbol is not None else []
        repeated = self._repeated(clause, marked) if marked and is_short else None
        settled = self._settled.get(clause.strip())
        reading = repeated or read_clause(clause, self._triage, self._names, marked, self._classifier, settled)
        if any(named.is_repository for named in reading.names) and reading.operation not in OF_THE_WHOLE | {"history"}:
            return [Reading("overview", "overview", (), reading.certainty)]
        if reading.intent == "explain" and len(reading.names) > 1:  # two things to tell apart
            return [_about(reading, named) for named in reading.names]
        others = joined_names(clause, reading.end, self._names) if reading.captured else []
        if not others and len(reading.names) == 1 and reading.intent in ABOUT_A_NAME:
            others = names_beside(clause, reading.names[0], self._names)
        if len(reading.names) == 1 and reading.intent != "path":
            return [reading, *(_about(reading, other) for other in others)]
        return [reading]

    def _with_whole_names(self, clause: str) -> str:
        """Return the clause with words that are one name in code written so, where a phrase then surely asks about that name."""
        if marked_names(clause, self._names):
            return clause
        whole = with_whole_names(clause, self._names)
        if whole == clause:
            return clause
        reading = read_clause(whole, self._triage, self._names, marked_names(whole, self._names), None)
        is_sure = reading.captured and reading.certainty >= self._triage.sure_rule
        return whole if is_sure and all(named.is_known for named in reading.names) else clause

    def _repeated(self, clause: str, marked: list[Named]) -> Reading | None:
        """Return the intent of the turn before for a clause that only names something else: `and for Y?`."""
        if self._before is None or not self._before["steps"] or not re.fullmatch(self._triage.same_again, clause, re.I):
            return None
        last = self._before["steps"][-1]
        return Reading(last["intent"], last["operation"], tuple(marked[:1]), last["certainty"], decided_by="thread")

    def _with_inner_step(self, clause: str) -> str:
        """Take a phrase such as `the callers of X` for a step of its own when the rest asks about what it finds."""
        for rule, pattern in self._triage.compiled_inner:
            match = pattern.search(clause)
            if match is None:
                continue
            outer = f"{clause[: match.start()]}`{FOUND_BY}s{len(self.steps) + 1}`{clause[match.end() :]}"
            reading = read_clause(outer, self._triage, self._names, marked_names(outer, self._names), None)
            if not (reading.intent in _ASKS_RELATIONS and any(named.found_by for named in reading.names)):
                continue
            groups = [group for group in ("symbol",) if group in pattern.groupindex]
            found = [self._names.recognise(match.group(group)) for group in groups]
            if any(named is None or not named.is_known for named in found):
                continue
            about = tuple(named for named in found if named is not None)
            inner = Reading(rule.intent, rule.operation or rule.intent, about, rule.weight)
            query = match.group("words") if "words" in pattern.groupindex else match.group(0)
            self.steps.append(self._step(inner, query))
            return outer
        return clause

    def _speaks_of_results(self, clause: str) -> bool:
        finds = self.steps[-1]["intent"] in _ASKS_RELATIONS
        return finds and bool(re.search(self._triage.results_pronoun, clause, re.IGNORECASE))

    def _with_results(self, clause: str) -> str:
        sign = f"`{FOUND_BY}s{len(self.steps)}`"

        def of_results(match: re.Match[str]) -> str:
            return f"{sign}'s" if match.group(0).lower() == "their" else sign

        return re.sub(self._triage.results_pronoun, of_results, clause, count=1, flags=re.IGNORECASE)

    def _step(self, reading: Reading, clause: str) -> Step:
        return Step(
            id=f"s{len(self.steps) + 1}",
            intent=reading.intent,
            operation=reading.operation,
            names=[named.name for named in reading.names if named.name],
            query=clause.strip(),
            certainty=round(reading.certainty, 3),
            after=[named.found_by for named in reading.names if named.found_by],
            decided_by=reading.decided_by,
        )


def _meant_by(step: Step) -> str:
    """Return what `it` means after a step; a subject in words is nothing that code could call."""
    return step["names"][0] if step["names"] and step["operation"] != "subject" else ""


def _about(reading: Reading, named: Named) -> Reading:
    return replace(reading, names=(named,), shares={})


def _says_more_of(step: Step, known: Step) -> bool:
    """Tell whether a step asks no more than a known one: of the same things, of the whole once more, or for the tests of a review."""
    if step["operation"] in _WHOLE and not step["names"]:
        return step["operation"] == known["operation"]
    alike = ("intent", "operation", "names", "after")
    return bool(step["names"]) and all(step[key] == known[key] for key in alike)  # type: ignore[literal-required]


def _doubts_of(reading: Reading, clause: str) -> list[Doubt]:
    """Return how else the clause may be meant, where the classifier had to be asked."""
    rivals = {intent: share for intent, share in reading.shares.items() if intent != reading.intent}
    if not rivals:
        return []
    rival = max(rivals, key=lambda intent: rivals[intent])
    return [
        Doubt(
            clause=clause.strip(),
            intent=reading.intent,
            share=reading.shares[reading.intent],
            rival=rival,
            rival_share=rivals[rival],
        )
    ]


def _resolved(clause: str, triage: Triage, subject: str, names_one: bool) -> str:
    """Return the clause with its pronoun replaced by the subject, unless the clause names a symbol itself."""
    if not subject or names_one:
        return clause
    if subject.endswith("#"):  # a file: its path is how a question names it
        subject = subject.partition(":")[2].removesuffix("#")
    clause = re.sub(triage.object_before, rf"\g<verb> `{subject}`", clause, count=1, flags=re.IGNORECASE)
    clause = re.sub(triage.possessive, f"`{subject}`'s", clause, count=1, flags=re.IGNORECASE)
    return re.sub(triage.pronoun, f"`{subject}` ", clause, count=1, flags=re.IGNORECASE).replace("`  ", "` ")
