"""What a sentence in plain form states: relations, defaults, errors, return values, values, places and counts, with their denial."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from configs.reading import Reading, StatedPattern
from guardrails.phrases import Phrase

_DENIED = re.compile(r"\bNOT(?: (?:is|are|one|single|other|such|direct|in))* $")
_WALK = re.compile(r"\b(?:transitively|recursively)\b")
"""What says that one is reached over others."""
LONGEST = 1_000
"""Characters of a sentence in plain form that are read for statements."""

_MARK = re.compile(r"([NLV])(\d+)")


@dataclass(frozen=True, slots=True)
class Value:
    """What stands for a value: a name, a literal or a number, as it is written."""

    text: str
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a sentence states. kind: see `StatedPattern`; kinds: the relations of which any will do.

    subject, object: names. count: how many there are said to be. parameter, value: of defaults, errors, returns and values.
    mark: of a name in a list, the citation that stands right behind it; -1 where all that is cited stands for it.
    """

    kind: str
    subject: str
    object: str = ""
    kinds: tuple[str, ...] = ()
    is_denied: bool = False
    count: int | None = None
    parameter: str = ""
    value: Value | None = None
    listed: int = 0
    mark: int = -1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.subject, self.object, self.parameter) if name)


def is_too_long(phrase: Phrase) -> bool:
    """Tell whether a sentence is longer than any that people write: it is not read, so that the time stays bounded."""
    return len(phrase.plain) > LONGEST


def statements_in(phrase: Phrase, reading: Reading) -> list[Statement]:
    """Return what the sentence states, each statement once, in the order of the patterns."""
    found: dict[Statement, None] = {}
    if is_too_long(phrase):
        return []
    for pattern, expression in reading.compiled:
        at = 0
        while match := expression.search(phrase.plain, at):
            at = match.start() + 1
            for statement in _stated(pattern, match, phrase):
                found.setdefault(statement)
    return _without_wider(list(found))


def listed(lead: Phrase, reading: Reading) -> Statement | None:
    """Return what a sentence states about the items that it introduces, with the object or subject left open as ``."""
    if is_too_long(lead):
        return None
    for pattern, expression in reading.compiled:
        if pattern.kind == "count":
            match = expression.search(lead.plain)
            if match is not None:
                kinds = pattern.kinds or (pattern.counted,)
                if "n" not in match.re.groupindex:
                    continue
                return Statement(pattern.counted, "", _name(match["a"], lead), kinds)
    opened = re.search(r"(?:functions?|methods?|callers?|places?) (?:call|invoke|use|of|calling)? ?(N\d+)", lead.plain)
    if opened:
        return Statement("CALLS", "", _name(opened[1], lead), ("CALLS",))
    calls = re.search(r"(N\d+) (?:calls|invokes|uses)(?: following| functions| methods)* ?:?", lead.plain)
    if calls and not re.search(r"(?:calls|invokes|uses) N\d", lead.plain):
        return Statement("CALLS", _name(calls[1], lead), "", ("CALLS",))
    return None


def _stated(pattern: StatedPattern, match: re.Match[str], phrase: Phrase) -> Iterator[Statement]:
    groups = {key: value for key, value in match.groupdict().items() if value}
    denied = " NOT " in f" {match[0]} " or _is_denied_before(match)
    kinds = pattern.kinds or (pattern.kind,)
    subjects = _names(groups.get("a", ""), phrase)
    match pattern.kind:
        case "chain":
            middle, end = _names(groups["b"], phrase)[0], _name(groups["c"], phrase)
            for subject in subjects:
                yield Statement("CALLS", subject, middle, ("CALLS",), denied)
            yield Statement("CALLS", middle, end, ("CALLS",), denied)
        case "count":
            for subject in subjects[:1]:
                yield Statement(
                    "count",
                    subject,
                    "",
                    (pattern.counted,),
                    denied,
                    count=_number(groups["n"], phrase) if "n" in groups else None,
                )
        case "default":
            for subject in subjects or [""]:
                value = _value(groups["v"], phrase)
                yield Statement(
                    "default", subject, "", (), denied, parameter=_value(groups["p"], phrase).text, value=value
                )
        case "raises" | "returns" | "equals":
            for subject in subjects:
                yield Statement(pattern.kind, subject, "", (), denied, value=_value(groups["v"], phrase))
        case "defined":
            for subject in subjects:
                yield Statement("defined", subject, "", (), denied)
        case _:
            kind = "reaches" if kinds == ("CALLS",) and _WALK.search(match[0]) else pattern.kind
            for subject, mark in _cited_names(match, "a", phrase):
                for other, own in _cited_names(match, "b", phrase):
                    if subject != other:
                        yield Statement(kind, subject, other, kinds, denied, mark=max(mark, own))


def _is_denied_before(match: re.Match[str]) -> bool:
    return _DENIED.search(match.string, 0, match.start()) is not None


def _without_wider(found: list[Statement]) -> list[Statement]:
    """Drop `uses` beside a `calls` of the same two, and `has X` as a member where it states something else about X."""
    strict = {(one.subject, one.object) for one in found if one.kinds == ("CALLS",)}
    taken = {one.subject for one in found if one.kind in ("count", "default")}
    return [
        one for one in found
        if not (len(one.kinds) > 2 and (one.subject, one.object) in strict)
        and not (one.kind == "member" and one.object in taken)
    ]  # fmt: skip


def _names(text: str, phrase: Phrase) -> list[str]:
    return [phrase.names[int(n)] for n in re.findall(r"N(\d+)", text)]


def _cited_names(match: re.Match[str], group: str, phrase: Phrase) -> list[tuple[str, int]]:
    """Return the names of a group with the number of the citation behind each; -1 where not every one of several has its own."""
    behind = re.match(r" C\d+", match.string[match.end(group) :])
    found = re.findall(r"N(\d+)(?: C(\d+))?", match[group] + (behind[0] if behind else ""))
    all_own = len(found) > 1 and all(mark for _, mark in found)
    return [(phrase.names[int(name)], int(mark) if all_own else -1) for name, mark in found]


def _name(text: str, phrase: Phrase) -> str:
    return _names(text, phrase)[0]


def _number(text: str, phrase: Phrase) -> int:
    return int(float(phrase.numbers[int(text[1:])]))


def _value(text: str, phrase: Phrase) -> Value:
    mark = _MARK.fullmatch(text)
    assert mark is not None
    held = {"N": phrase.names, "L": phrase.literals, "V": phrase.numbers}[mark[1]]
    return Value(held[int(mark[2])], mark[1] == "N")
