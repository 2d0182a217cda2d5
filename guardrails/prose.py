"""Whether the prose of a model holds: every unit of its Markdown is judged by the lines that it cites and by the code graph.

A unit is *refuted* when something it says is false: a citation that does not resolve, a name that is nowhere, a relation, value,
number or place that is otherwise. It is *verified* when its citations support all that it names and states. *Unknown* is what
the index could not look at, *unverified* all the rest: it is kept, and marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from configs.reading import Reading
from guardrails.evidence import Judgement, citation_fault
from guardrails.phrases import Phrase, phrase_of
from guardrails.quotations import judge_code
from guardrails.reading import Unit, UnitKind
from guardrails.record import SEPARATORS, WORD, Record, mentions
from guardrails.rulings import Cited, Ruling, is_related, rule
from guardrails.statements import Statement, is_too_long, listed, statements_in
from knowledge.evidence import Citation, Claim, ClaimStatus
from knowledge.ports import CodeGraph
from knowledge.schema import RelationKind
from knowledge.scope import Scope

_STEM = 4
_ENOUGH_WORDS = 2
_SUBWORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(slots=True)
class _Claim:
    """A unit while it is judged: what it says, what proves it, and what was found out. quotes: it introduces a code block."""

    unit: Unit
    phrase: Phrase
    cited: Cited
    statements: list[Statement]
    lead: Phrase | None = None
    quotes: bool = False
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    verified: list[Statement] = field(default_factory=list)
    undecided: list[Statement] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a whole answer is judged against."""

    record: Record
    reading: Reading
    evidence: str
    words: frozenset[str]


def judge_prose(
    graph: CodeGraph,
    scope: Scope,
    units: Sequence[Unit],
    citations: Sequence[Sequence[Citation]],
    reading: Reading,
    evidence: str = "",
) -> list[Judgement]:
    """Return each unit as a judged claim, in order.

    Args:
        citations: of each unit: what its numbers and places stand for.
        evidence: all text that the writer was given; a name that stands there is no invention.
    """
    record = Record.of(graph, scope)
    sources = _Sources(record, reading, evidence, frozenset(WORD.findall(evidence)))
    claims = _claims(sources, units, citations)
    return [_judged(sources, claims, at) for at in range(len(claims))]


def asserts_nothing(unit: Unit, reading: Reading) -> bool:
    """Tell whether a unit says nothing about the code: white space, a frame, a heading, a lead-in without names, small talk."""
    text = unit.text.strip()
    if unit.kind in (UnitKind.HEADING, UnitKind.FRAME) or not re.search(r"\w", text):
        return True
    if unit.kind is UnitKind.FENCE or unit.numbers or unit.places or "`" in text:
        return False
    return text.endswith(":") or reading.chatter_expression.search(text) is not None


def _claims(sources: _Sources, units: Sequence[Unit], citations: Sequence[Sequence[Citation]]) -> list[_Claim]:
    claims: list[_Claim] = []
    subject = mentioned = ""
    for unit, own in zip(units, citations, strict=True):
        phrase = phrase_of(unit.text if unit.kind is not UnitKind.FENCE else "", sources.reading, subject, mentioned)
        text = "\n".join(sources.record.cited(one) for one in own)
        lead = claims[unit.lead].phrase if unit.lead >= 0 else None
        claim = _Claim(unit, phrase, Cited(tuple(own), text), statements_in(phrase, sources.reading), lead)
        if unit.kind is UnitKind.SENTENCE and unit.text.strip():
            subject = _subject(phrase)
            mentioned = next((name for name in reversed(phrase.names) if name not in phrase.implied), mentioned)
        claims.append(claim)
    for at, claim in enumerate(claims):
        _complete(sources, claims, at, claim)
    return claims


def _subject(phrase: Phrase) -> str:
    """Return the name that a sentence is about: the one it begins with, a place before it aside. Empty when it begins otherwise."""
    found = re.match(r"(?:in C\d+ ,? ?)?N(\d+)(?= )", phrase.plain)
    return phrase.names[int(found[1])] if found else ""


def _complete(sources: _Sources, claims: list[_Claim], at: int, claim: _Claim) -> None:
    """Give items what their lead states of them, leads the citations of their items, counts the number of what is listed."""
    if claim.unit.kind in (UnitKind.ITEM, UnitKind.ROW) and claim.lead is not None and claim.phrase.names:
        opened = listed(claim.lead, sources.reading)
        own = any(one.kinds == ("CALLS",) for one in claim.statements)
        if opened is not None and not own:
            name = claim.phrase.names[0]
            filled = replace(opened, subject=opened.subject or name, object=opened.object or name)
            claim.statements.insert(0, filled)
    claim.quotes = any(one.unit.lead == at and one.unit.kind is UnitKind.FENCE for one in claims[at + 1 :])
    items = [one for one in claims[at + 1 :] if one.unit.lead == at and one.phrase.names]
    if items and not claim.cited.citations:
        below = tuple(citation for one in items for citation in one.cited.citations)
        claim.cited = Cited(below, "\n".join(sources.record.cited(one) for one in below))
    for n, statement in enumerate(claim.statements):
        if statement.kind == "count":
            told = [one for one in claim.statements if one.kind in statement.kinds and one.object == statement.subject]
            claim.statements[n] = replace(statement, listed=len(told) or len(items))


def _judged(sources: _Sources, claims: list[_Claim], at: int) -> Judgement:
    claim = claims[at]
    unit = claim.unit
    names = tuple(dict.fromkeys(name.removesuffix("()") for name in claim.phrase.names))
    made = Claim(unit.text, claim.cited.citations if not _borrowed(claim) else (), identifiers=names)
    if asserts_nothing(unit, sources.reading):
        return Judgement(replace(made, status=ClaimStatus.VERIFIED))
    if unit.kind is UnitKind.FENCE:
        lead = claims[unit.lead] if unit.lead >= 0 else None
        citations = lead.cited.citations if lead is not None else ()
        quoted = lead is not None and bool(citations or sources.reading.quoting_expression.search(lead.unit.text))
        status, fault = judge_code(sources.record, unit.code, citations, is_quoted=quoted, evidence=sources.evidence)
        return Judgement(replace(made, citations=tuple(citations), status=status), (fault,) if fault else ())
    claim.faults += [fault for one in claim.cited.citations if (fault := citation_fault(sources.record, one))]
    if not claim.faults:
        _judge_statements(sources, claim)
        _judge_names(sources, claim)
        _judge_pairs(sources, claim)
        _judge_counts(sources, claim)
        _judge_values(claim)
        _judge_kinds(sources, claim)
        _judge_support(sources, claim)
    return _conclusion(claim, made)


def _borrowed(claim: _Claim) -> bool:
    return not claim.unit.numbers and not claim.unit.places


def _conclusion(claim: _Claim, made: Claim) -> Judgement:
    if claim.faults:
        return Judgement(replace(made, status=ClaimStatus.REFUTED), tuple(dict.fromkeys(claim.faults)))
    if claim.doubts:
        return Judgement(replace(made, status=ClaimStatus.UNVERIFIED), doubts=tuple(dict.fromkeys(claim.doubts)))
    if claim.open:
        return Judgement(replace(made, status=ClaimStatus.UNKNOWN), doubts=tuple(dict.fromkeys(claim.open)))
    return Judgement(replace(made, status=ClaimStatus.VERIFIED))


def _judge_statements(sources: _Sources, claim: _Claim) -> None:
    for statement in claim.statements:
        ruling = rule(sources.record, statement, claim.cited)
        _note(claim, statement, ruling)
    if (
        "only" in claim.phrase.universal
        or "exclusively" in claim.phrase.universal
        or "solely" in claim.phrase.universal
    ):
        for statement in [one for one in claim.verified if one.kinds == ("CALLS",)]:
            callers = sources.record.related(
                [one.id for one in sources.record.meant(statement.object)], "in", (RelationKind.CALLS,)
            )
            if len({one.source.id for one in callers}) > 1:
                claim.faults.append(f"`{statement.subject}` is not the only one that calls `{statement.object}`")


def _note(claim: _Claim, statement: Statement, ruling: Ruling) -> None:
    match ruling.status:
        case ClaimStatus.VERIFIED:
            claim.verified.append(statement)
        case ClaimStatus.REFUTED:
            claim.faults.append(ruling.reason)
        case ClaimStatus.UNKNOWN:
            claim.undecided.append(statement)
            claim.open.append(ruling.reason)
        case _ if ruling.reason:
            claim.doubts.append(ruling.reason)


def _judge_names(sources: _Sources, claim: _Claim) -> None:
    """Every name must exist; and what the statements do not account for must stand in the cited lines, or round them."""
    record, text = sources.record, claim.cited.text
    stated = {
        name.removesuffix("()")
        for one in [*claim.verified, *claim.undecided]
        for name in (*one.names, one.value.text if one.value else "")
    }
    lead = {name.removesuffix("()") for name in claim.lead.names} if claim.lead is not None else set()
    for written in claim.phrase.names:
        name = written.removesuffix("()")
        is_bare = written in claim.phrase.bare
        if not _exists(sources, name, text):
            if not is_bare or "_" in name or written.endswith("()"):
                claim.faults.append(f"`{name}` is neither in the graph nor in the evidence")
            continue
        if name in stated or name in lead or is_bare or name in claim.phrase.implied or not claim.cited.citations:
            continue
        if not _stands(record, name, claim.cited):
            claim.doubts.append(f"{_places(claim)} does not mention `{name}`")


def _exists(sources: _Sources, name: str, cited: str) -> bool:
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


def _is_path_part(sources: _Sources, name: str) -> bool:
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


def _judge_pairs(sources: _Sources, claim: _Claim) -> None:
    """Where no pattern read how two related symbols are related, their order must agree with the graph, and nothing be denied."""
    record, plain = sources.record, claim.phrase.plain
    linked = {frozenset((one.subject, one.object)) for one in claim.statements if one.object}
    marks = list(re.finditer(r"N(\d+)", plain))
    for first, second in pairwise(marks):
        names = claim.phrase.names[int(first[1])], claim.phrase.names[int(second[1])]
        if frozenset(names) in linked or names[0] == names[1]:
            continue
        ahead, back = is_related(record, names[0], names[1]), is_related(record, names[1], names[0])
        between = plain[first.end() : second.start()]
        if (ahead or back) and re.search(r"\bNOT\b", between):
            claim.doubts.append(f"it denies something of `{names[0]}` and `{names[1]}`, which are related")
        if ahead == back or re.search(r"[;:.]|\b(?:and|or)\b|^ ?(?:C\d+ )?,", between.strip()):
            continue
        is_turned = sources.reading.backwards_expression.search(f"{plain[: first.start()]} {between}") is not None
        if is_turned == ahead:
            claim.doubts.append(f"the direction between `{names[0]}` and `{names[1]}` is not what the graph holds")


def _judge_counts(sources: _Sources, claim: _Claim) -> None:
    """A number of callers, places or classes that no statement accounts for must be that of the names listed."""
    told = {str(one.count) for one in claim.verified if one.count is not None}
    for found in sources.reading.counted_expression.finditer(claim.phrase.plain):
        number = claim.phrase.numbers[int(found[1])]
        listed_names = len(re.findall(r"N\d+", claim.phrase.plain[found.end() :].partition(":")[2]))
        if number not in told and number not in (str(listed_names), "1") and not mentions(claim.cited.text, number):
            claim.doubts.append(f"{number} could not be counted")


def _judge_values(claim: _Claim) -> None:
    """Numbers, snippets and quoted words must stand in the cited lines."""
    if not claim.cited.citations:
        return
    text = claim.cited.text
    flat = re.sub(r"[\s\"'`]", "", text)
    values = {one.value.text for one in claim.verified if one.value is not None}
    counts = {str(one.count) for one in claim.verified if one.count is not None}
    for number in claim.phrase.digits:
        if number in counts or number in values or re.search(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", text):
            continue
        claim.doubts.append(f"{_places(claim)} does not say {number}")
    for snippet in claim.phrase.literals:
        if snippet not in values and re.sub(r"[\s\"'`]", "", snippet) not in flat:
            claim.doubts.append(f"{_places(claim)} does not show `{snippet}`")
    for words in claim.phrase.quoted:
        if re.sub(r"\s", "", words).casefold() not in re.sub(r"\s", "", text).casefold():
            claim.doubts.append(f"{_places(claim)} does not say “{words}”")


def _flat(text: str) -> str:
    return re.sub(r"[\s\"'`]", "", text)


def _judge_kinds(sources: _Sources, claim: _Claim) -> None:
    told = [(claim.phrase.names[at], word) for at, word in claim.phrase.kinds if at < len(claim.phrase.names)]
    told += [
        (claim.phrase.names[int(found[1])], found[2])
        for found in re.finditer(r"N(\d+) is (\w+)(?= [.,;]| C\d|$)", claim.phrase.plain)
        if found[2] in sources.reading.kind_words
    ]
    for name, word in told:
        wanted = sources.reading.kind_words[word]
        kinds = {one.kind.value for one in sources.record.meant(name)}
        if wanted and kinds and not kinds & set(wanted):
            claim.faults.append(f"`{name}` is a {'/'.join(sorted(kinds))}, no {word}")


def _judge_support(sources: _Sources, claim: _Claim) -> None:
    """Something besides the place must speak for the claim: a verified statement, a name in the lines, or words in common."""
    universal = [word for word in claim.phrase.universal if word != "only" and not mentions(claim.cited.text, word)]
    if universal:
        claim.doubts.append(f"no line can show “{universal[0]}”")
    if is_too_long(claim.phrase):
        claim.doubts.append("the sentence is too long to be read")
    if not claim.cited.citations:
        claim.doubts.append("nothing is cited for it")
        return
    for one in claim.cited.citations:
        alone = Cited((one,), sources.record.cited(one))
        if not claim.quotes and not _speaks(sources, claim, alone):
            claim.doubts.append(f"{one.path}:{one.start_line} shows nothing of it")


def _speaks(sources: _Sources, claim: _Claim, cited: Cited) -> bool:
    """Tell whether one citation speaks for a claim."""
    names = [*claim.phrase.names, *(claim.lead.names if claim.lead is not None else ())]
    if any(mentions(cited.text, name) for name in names):
        return True
    if (claim.verified or claim.undecided) and any(
        cited.touches(one) for name in names for one in sources.record.meant(name)
    ):
        return True
    values = [*claim.phrase.literals, *claim.phrase.quoted, *claim.phrase.digits]
    flat = _flat(cited.text)
    if any(_flat(one) in flat for one in values if _flat(one)) and any(
        cited.touches(one) for name in names for one in sources.record.meant(name)
    ):
        return True
    numbers = sum(re.search(rf"(?<![\d.]){re.escape(n)}(?![\d])", cited.text) is not None for n in claim.phrase.digits)
    said = {word[:_STEM] for word in claim.phrase.words if word not in sources.reading.common_words}
    there = {word.casefold()[:_STEM] for word in _SUBWORDS.findall(cited.text)}
    needed = min(_ENOUGH_WORDS, max(len(said) + len(claim.phrase.digits), 1))
    return numbers + len(said & there) >= needed


def _places(claim: _Claim) -> str:
    return ", ".join(f"{one.path}:{one.start_line}" for one in claim.cited.citations) or "no line"
