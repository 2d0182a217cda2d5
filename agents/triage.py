"""Reading a question: clauses, the intent of each, and the names it is about. Deterministic; every phrase is data of the release.

A rule that captures a name counts only when the name is one (see `agents.names`); the strongest rule wins, the earlier one
on a tie. Pronouns take the last symbol named before, in the question or in the thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.names import Named, NameReader, written_names
from agents.state import Plan, Step
from configs.release import Rule, Triage
from models.extractive import asked_words
from tools.tracebacks import parse_traceback

_AFTER_PLAIN_NAME = re.compile(
    r"\s*(?:$|[?.!,;:)]|(?:in|into|from|of|and|or|to|with|on|at|by|when|while|during|inside|within|directly|across|here|there)\b)"
)
_JOINED = re.compile(r"\s*(?:,\s*(?:and|or)?|and|or|&)\s+(?:the\s+)?")
_RECEIVER = re.compile(r"\(\*?([A-Za-z_]\w*)\)\.(?=[A-Za-z_])(\w+)")
"""How Go writes a method: `(*Server).Close`."""
_SHORT_FOLLOW_UP = 5
_ABOUT_A_MARKED_NAME = frozenset({"explain", "locate", "docs", "patch", "history", "file"})
"""Intents that are about the first marked name of the clause where their rule captures none."""
_NAME_ONLY_CERTAINTY = 0.4
_WORDS_ONLY_CERTAINTY = 0.3
_UNKNOWN_NAME_FACTOR = 0.95


@dataclass(frozen=True, slots=True)
class _Reading:
    rule: Rule
    names: tuple[Named, ...]
    end: int
    certainty: float


def read_question(question: str, triage: Triage, names: NameReader, subject: str = "") -> Plan:
    """Return the plan of a question.

    Args:
        subject: name or id of the symbol that `it` means, empty when the thread has none.
    """
    if parse_traceback(question) is not None:  # its lines are no clauses, and its names no subjects
        step = Step(intent="debug", operation="traceback", names=[], query=question, certainty=1.0)
        return Plan(question=question, steps=[step], subject=subject, words=[])
    steps: list[Step] = []
    spoken = _RECEIVER.sub(r"\1.\2", question)
    if triage.shared_object:
        spoken = re.sub(triage.shared_object, r"\g<first> of \g<object>; \g<second> of \g<object>", spoken, flags=re.I)
    for clause in re.split(triage.clause_break, spoken):
        if not asked_words(clause):
            continue
        if steps and not subject and re.search(triage.pronoun, clause, re.IGNORECASE) and not _marked(clause, names):
            steps[-1]["query"] += f" {clause.strip()}"  # `it` is what the clause before looks for
            continue
        for step in _read_clause(_resolved(clause, triage, names, subject), triage, names, subject):
            if step not in steps:
                steps.append(step)
            subject = step["names"][0] if step["names"] else subject
    if not steps:
        steps = [Step(intent="locate", operation="locate", names=[], query=question, certainty=_WORDS_ONLY_CERTAINTY)]
    words = sorted(word.decode() for word in asked_words(question))
    return Plan(question=question, steps=steps, subject=subject, words=words)


def last_name(text: str, names: NameReader) -> str:
    """Return the last known symbol that `text` names, empty when there is none: what a follow-up may mean by `it`."""
    for piece in reversed(written_names(text)):
        named = names.recognise_marked(piece)
        if named is not None and named.symbol is not None:
            return named.symbol.id
    return ""


def _resolved(clause: str, triage: Triage, names: NameReader, subject: str) -> str:
    """Return the clause with its pronoun replaced by the subject, unless the clause names a symbol itself."""
    if not subject or _marked(clause, names):
        return clause
    clause = re.sub(triage.possessive, f"`{subject}`'s", clause, count=1, flags=re.IGNORECASE)
    return re.sub(triage.pronoun, f"`{subject}`", clause, count=1, flags=re.IGNORECASE)


def _read_clause(clause: str, triage: Triage, names: NameReader, subject: str) -> list[Step]:
    marked = _marked(clause, names)
    if not marked and subject and len(clause.split()) <= _SHORT_FOLLOW_UP:
        known = names.recognise(f"`{subject}`")
        marked = [known] if known is not None and known.symbol is not None else []
    readings = [
        reading for rule, pattern in triage.compiled if (reading := _reading(clause, rule, pattern, names, marked))
    ]
    if not readings:
        intent = "explain" if marked else "locate"
        certainty = _NAME_ONLY_CERTAINTY if marked else _WORDS_ONLY_CERTAINTY
        return [_step(intent, intent, marked[:1], clause, certainty)]
    best = max(readings, key=lambda reading: reading.certainty)
    operation = best.rule.operation or best.rule.intent
    about = best.names or (tuple(marked[:1]) if best.rule.intent in _ABOUT_A_MARKED_NAME else ())
    if any(named.is_repository for named in about):
        return [_step("overview", "overview", [], clause, best.certainty)]
    if best.rule.intent == "explain" and len(about) > 1:  # two things to tell apart
        return [_step(best.rule.intent, operation, [named], clause, best.certainty) for named in about]
    steps = [_step(best.rule.intent, operation, list(about), clause, best.certainty)]
    if len(best.names) == 1 and best.rule.intent != "path":
        others = _joined_names(clause, best.end, names)
        steps += [_step(best.rule.intent, operation, [other], clause, best.certainty) for other in others]
    return steps


def _reading(
    clause: str, rule: Rule, pattern: re.Pattern[str], names: NameReader, marked: list[Named]
) -> _Reading | None:
    match = pattern.search(clause)
    if match is None:
        return None
    groups = [group for group in ("symbol", "target") if group in pattern.groupindex]
    if not groups:
        if len(marked) < rule.needs:
            return None
        return _Reading(rule, tuple(marked[: rule.needs]), match.end(), rule.weight)
    found: list[Named] = []
    for group in groups:
        named = _captured(clause, match, group, names)
        if named is None:
            return None
        found.append(named)
    known = all(named.symbol is not None or named.is_repository for named in found)
    return _Reading(rule, tuple(found), match.end(), rule.weight * (1 if known else _UNKNOWN_NAME_FACTOR))


def _captured(clause: str, match: re.Match[str], group: str, names: NameReader) -> Named | None:
    """Return the name that a group caught; a plain word that runs on into a phrase (`rate limits are`) is not one."""
    piece = match.group(group)
    named = names.recognise(piece)
    if named is None or names.recognise_marked(piece) is not None or named.is_repository:
        return named
    return named if _AFTER_PLAIN_NAME.match(clause[match.end() :]) else None


def _marked(clause: str, names: NameReader) -> list[Named]:
    """Return the marked names of a clause, known ones first, each once."""
    found: dict[str, Named] = {}
    for piece in written_names(clause):
        named = names.recognise_marked(piece)
        if named is not None and not named.is_repository:
            found.setdefault(named.name, named)
    return sorted(found.values(), key=lambda named: named.symbol is None)


def _joined_names(clause: str, end: int, names: NameReader) -> list[Named]:
    """Return the names that follow as `A and B` or `A, B and C`."""
    found: list[Named] = []
    while joint := _JOINED.match(clause, end):
        pieces = written_names(clause[joint.end() :])
        if not pieces or not clause.startswith(pieces[0], joint.end()):
            break
        named = names.recognise_marked(pieces[0])
        if named is None or named.symbol is None:
            break
        found.append(named)
        end = joint.end() + len(pieces[0])
    return found


def _step(intent: str, operation: str, about: list[Named], clause: str, certainty: float) -> Step:
    return Step(
        intent=intent,
        operation=operation,
        names=[named.name for named in about],
        query=clause.strip(),
        certainty=round(certainty, 3),
    )
