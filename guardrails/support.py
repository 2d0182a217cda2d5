"""Whether the cited lines and the graph speak for a clause: its names, the order of its names, numbers, values, kinds, words.

Each check adds what it finds to the clause: a fault where something is false, a doubt where nothing speaks for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from configs.reading import Reading
from guardrails.clauses import Clause, cited_as
from guardrails.direction import acts_forward
from guardrails.record import SEPARATORS, Record, mentions
from guardrails.relation_rulings import counts_something, is_descent, is_related
from guardrails.ruling import Cited
from guardrails.statements import is_too_long

_STEM = 4
_MARKS = re.compile(r"(?:[NLVC]\d+ ?)+")
_ENOUGH_WORDS = 2
_SUBWORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a whole answer is judged against. evidence: what the writer was given; words: those of it."""

    record: Record
    reading: Reading
    evidence: str
    words: frozenset[str]


def judge_support(sources: Sources, clause: Clause) -> None:
    """Add what is wrong with a clause, and what nothing speaks for."""
    _judge_names(sources, clause)
    _judge_denials(sources, clause)
    _judge_frames(sources, clause)
    _judge_qualities(sources, clause)
    _judge_pairs(sources, clause)
    _judge_counts(sources, clause)
    _judge_values(clause)
    _judge_kinds(sources, clause)
    _judge_citations(sources, clause)


def _judge_names(sources: Sources, clause: Clause) -> None:
    """Every name must exist; and what the statements do not account for must stand in the cited lines, or round them."""
    record, text = sources.record, clause.cited.text
    stated = {
        name.removesuffix("()")
        for one in [*clause.verified, *clause.undecided]
        for name in (*one.names, one.value.text if one.value else "")
    }
    lead = {name.removesuffix("()") for name in clause.lead.names} if clause.lead is not None else set()
    for written in clause.phrase.names:
        name = written.removesuffix("()")
        is_bare = written in clause.phrase.bare
        if not _exists(sources, name, text):
            if not is_bare or "_" in name or written.endswith("()"):
                clause.faults.append(f"`{name}` is neither in the graph nor in the evidence")
            continue
        if name in stated or name in lead or is_bare or name in clause.phrase.implied or not clause.cited.citations:
            continue
        if not _stands(record, name, clause.cited):
            clause.doubts.append(f"{clause.cited.places} does not mention `{name}`")


def _exists(sources: Sources, name: str, cited: str) -> bool:
    """Tell whether a name is in the graph, or stands as it is written in what the writer was given or cites."""
    if sources.record.meant(name):
        return True
    parts = [part for part in SEPARATORS.split(name) if part]
    if len(parts) == 1:
        return name in sources.words or mentions(cited, name) or _is_path_part(sources, name)
    if "/" in name or _is_file(name):
        return _is_path_part(sources, name) or name in sources.evidence or name in cited
    loose = r"\s*(?:\.|::|->|#|/)\s*".join(re.escape(part) for part in parts)
    return re.search(rf"(?<![\w$]){loose}(?![\w$])", f"{cited}\n{sources.evidence}") is not None


def _is_path_part(sources: Sources, name: str) -> bool:
    for repository in sources.record.revisions:
        if any(
            path == name or path.endswith(f"/{name}") or f"/{name}/" in f"/{path}"
            for path in sources.record.paths(repository)
        ):
            return True
    return False


def _is_file(name: str) -> bool:
    return re.fullmatch(r"[\w@+~-][\w@+~.-]*\.[a-z]\w{0,4}", name) is not None


def _stands(record: Record, name: str, cited: Cited) -> bool:
    """Tell whether cited lines say a name, lie in what it names, or are in the file that it names."""
    if mentions(cited.text, name) or any(cited.touches(one) for one in record.meant(name)):
        return True
    return any(
        one.path == name or one.path.endswith(f"/{name}") or f"/{name.strip('/')}/" in f"/{one.path}"
        for one in cited.citations
    )


def _judge_pairs(sources: Sources, clause: Clause) -> None:
    """Where no pattern read how two related symbols are related, their order must agree with the graph, and nothing be denied."""
    record, plain = sources.record, clause.phrase.plain
    linked = {frozenset((one.subject, one.object)) for one in clause.statements if one.object}
    linked |= {frozenset((one.subject, one.value.text)) for one in clause.statements if one.value and one.value.is_name}
    marks = list(re.finditer(r"N(\d+)", plain))
    for first, second in pairwise(marks):
        names = clause.phrase.names[int(first[1])], clause.phrase.names[int(second[1])]
        if frozenset(names) in linked or names[0] == names[1]:
            continue
        ahead, back = is_related(record, names[0], names[1]), is_related(record, names[1], names[0])
        between = plain[first.end() : second.start()]
        if (ahead or back) and re.search(r"\bNOT\b", between):
            clause.doubts.append(f"it denies something of `{names[0]}` and `{names[1]}`, which are related")
        if ahead == back or _is_listing(between):
            continue
        begin, end = _sentence_round(plain, first.start(), second.end())
        is_forward = acts_forward(
            plain[begin : first.start()],
            between,
            plain[second.end() : end],
            sources.reading.roles,
            is_descent=is_descent(record, *names),
        )
        if is_forward is not None and is_forward != ahead:
            clause.doubts.append(f"the direction between `{names[0]}` and `{names[1]}` is not what the graph holds")


def _sentence_round(plain: str, start: int, end: int) -> tuple[int, int]:
    """Return where the part of a sentence that holds these two names begins and ends."""
    begin = max(plain.rfind(f" {sign} ", 0, start) + 3 if f" {sign} " in plain[:start] else 0 for sign in ";.")
    after = [at for sign in ";." if (at := plain.find(f" {sign}", end)) >= 0]
    return begin, min(after, default=len(plain))


def _is_listing(between: str) -> bool:
    """Tell whether two names stand beside each other only: in a list, or in different sentences."""
    bare = re.sub(r"\bC\d+\b", "", between).strip()
    return re.search(r"[;:.]", bare) is not None or re.search(r"^,?$|\b(?:and|or)$|^,? ?(?:and|or)\b", bare) is not None


def _judge_denials(sources: Sources, clause: Clause) -> None:
    """A denial that was not read is not passed on as verified."""
    if any(one.is_denied for one in clause.statements):
        return
    if sources.reading.denied_verb_expression.search(clause.phrase.plain):
        clause.doubts.append("it denies something that could not be looked up")


def _judge_frames(sources: Sources, clause: Clause) -> None:
    """A sentence that takes back what it states proves nothing by being right in what it takes back."""
    if (frame := sources.reading.taking_back_expression.search(clause.phrase.plain)) is not None:
        clause.doubts.append(f"“{_MARKS.sub('…', frame[0]).strip()}” takes back what is stated")


def _judge_qualities(sources: Sources, clause: Clause) -> None:
    """What something is said to be must stand in the cited lines."""
    text = clause.cited.text.lower()
    for found in sources.reading.quality_expression.finditer(clause.phrase.plain):
        word = found[1]
        if clause.cited.citations and word not in sources.reading.kind_words and word[:_STEM] not in text:
            clause.doubts.append(f"{clause.cited.places} does not say {word}")


def _judge_counts(sources: Sources, clause: Clause) -> None:
    """A number of callers, places or classes that no statement accounts for must be one of a name beside it, or of the names listed."""
    told = {str(one.count) for one in clause.verified if one.count is not None}
    for found in sources.reading.counted_expression.finditer(clause.phrase.plain):
        number = clause.phrase.numbers[int(found[1])]
        listed_names = len(re.findall(r"N\d+", clause.phrase.plain[found.end() :].partition(":")[2]))
        if any(
            "." not in number and counts_something(sources.record, name, int(number), clause.listed)
            for name in dict.fromkeys(clause.phrase.names[:2])
        ):
            continue
        if number not in told and number not in (str(listed_names), "1") and not mentions(clause.cited.text, number):
            clause.doubts.append(f"{number} could not be counted")


def _judge_values(clause: Clause) -> None:
    """Numbers, snippets and quoted words must stand in the cited lines."""
    if not clause.cited.citations:
        return
    text = clause.cited.text
    flat = re.sub(r"[\s\"'`]", "", text)
    values = {one.value.text for one in clause.verified if one.value is not None}
    counts = {str(one.count) for one in clause.verified if one.count is not None}
    for number in clause.phrase.digits:
        if number in counts or number in values or re.search(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", text):
            continue
        clause.doubts.append(f"{clause.cited.places} does not say {number}")
    for snippet in clause.phrase.literals:
        if snippet not in values and re.sub(r"[\s\"'`]", "", snippet) not in flat:
            clause.doubts.append(f"{clause.cited.places} does not show `{snippet}`")
    for words in clause.phrase.quoted:
        if re.sub(r"\s", "", words).casefold() not in re.sub(r"\s", "", text).casefold():
            clause.doubts.append(f"{clause.cited.places} does not say “{words}”")


def _flat(text: str) -> str:
    return re.sub(r"[\s\"'`]", "", text)


def _judge_kinds(sources: Sources, clause: Clause) -> None:
    told = [(clause.phrase.names[at], word) for at, word in clause.phrase.kinds if at < len(clause.phrase.names)]
    told += [
        (clause.phrase.names[int(found[1])], found[2])
        for found in re.finditer(
            r"N(\d+) is (\w+)(?= [.,;]| C\d|$| (?:defined|declared|found|implemented|located|written)\b)",
            clause.phrase.plain,
        )
        if found[2] in sources.reading.kind_words
    ]
    for name, word in told:
        wanted = sources.reading.kind_words[word]
        kinds = {one.kind.value for one in sources.record.meant(name)}
        if wanted and kinds and not kinds & set(wanted):
            clause.faults.append(f"`{name}` is a {'/'.join(sorted(kinds))}, no {word}")


def _judge_citations(sources: Sources, clause: Clause) -> None:
    """Something besides the place must speak for the clause: a verified statement, a name in the lines, or words in common."""
    universal = [word for word in clause.phrase.universal if word != "only" and not mentions(clause.cited.text, word)]
    if universal:
        clause.doubts.append(f"no line can show “{universal[0]}”")
    if (beyond := sources.reading.unshowable_expression.search(clause.phrase.plain)) is not None:
        told = _MARKS.sub("…", beyond[0]).strip()
        clause.doubts.append(f"no line can show “{told}”")
    if is_too_long(clause.phrase):
        clause.doubts.append("the sentence is too long to be read")
    if not clause.cited.citations:
        clause.doubts.append("nothing is cited for it")
        return
    for one in clause.cited.citations:
        alone = cited_as(sources.record, [one])
        if not clause.quotes and not _speaks(sources, clause, alone):
            clause.doubts.append(f"{one.path}:{one.start_line} shows nothing of it")


def _speaks(sources: Sources, clause: Clause, cited: Cited) -> bool:
    """Tell whether one citation speaks for a clause."""
    names = [*clause.phrase.names, *(clause.lead.names if clause.lead is not None else ())]
    if any(mentions(cited.text, name) for name in names):
        return True
    if (clause.verified or clause.undecided) and any(
        cited.touches(one) for name in names for one in sources.record.meant(name)
    ):
        return True
    values = [*clause.phrase.literals, *clause.phrase.quoted, *clause.phrase.digits]
    flat = _flat(cited.text)
    if any(_flat(one) in flat for one in values if _flat(one)) and any(
        cited.touches(one) for name in names for one in sources.record.meant(name)
    ):
        return True
    numbers = sum(re.search(rf"(?<![\d.]){re.escape(n)}(?![\d])", cited.text) is not None for n in clause.phrase.digits)
    said = {word[:_STEM] for word in clause.phrase.words if word not in sources.reading.common_words}
    there = {word.casefold()[:_STEM] for word in _SUBWORDS.findall(cited.text)}
    needed = min(_ENOUGH_WORDS, max(len(said) + len(clause.phrase.digits), 1))
    return numbers + len(said & there) >= needed
