"""Whether one statement holds: relations and counts by the graph, values by the lines of the definition that they are said of.

A ruling is *verified* or *refuted* where that can be decided, *unknown* where the index could not look (call sites that it could
not resolve, an absence), *unverified* where nothing was found that speaks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from guardrails.record import SEPARATORS, Record, last_part, mentions
from guardrails.statements import Statement
from knowledge.evidence import Citation, ClaimStatus
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier, UnresolvedSite

_FAILS = re.compile(r"\b(?:raise|throw|panic|abort|reject|return|reraise|except|catch|Err|Error)\b|\bErr\w*")
_GIVES = re.compile(r"\b(?:return|yield)\b|=>")
_HEAD_LINES = 40
_CERTAIN = (Tier.EXACT, Tier.INFERRED)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What came of a statement. reason: a sentence fit for a writer who is to repair it; empty when it is verified."""

    status: ClaimStatus
    reason: str = ""


VERIFIED = Ruling(ClaimStatus.VERIFIED)


def refuted(reason: str) -> Ruling:
    return Ruling(ClaimStatus.REFUTED, reason)


def unverified(reason: str) -> Ruling:
    return Ruling(ClaimStatus.UNVERIFIED, reason)


def unknown(reason: str) -> Ruling:
    return Ruling(ClaimStatus.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Cited:
    """The citations that stand for a statement, and the text of their lines."""

    citations: tuple[Citation, ...]
    text: str

    def touches(self, symbol: Symbol) -> bool:
        """Tell whether cited lines lie in the definition of a symbol."""
        return any(
            one.path == symbol.path and one.start_line <= symbol.end_line and symbol.start_line <= one.end_line
            for one in self.citations
        )

    def names_line(self, symbol: Symbol) -> bool:
        """Tell whether the line of a symbol's name, or the first one of its definition, is cited."""
        return any(
            one.path == symbol.path and any(one.start_line <= line <= one.end_line for line in (symbol.line, symbol.start_line))
            for one in self.citations
        )  # fmt: skip

    def shows(self, relation: Relation) -> bool:
        site = relation.site
        return any(one.path == site.path and one.start_line <= site.line <= one.end_line for one in self.citations)


def rule(record: Record, statement: Statement, cited: Cited) -> Ruling:
    """Return what comes of a statement that stands with these citations."""
    ruling = _RULES.get(statement.kind, _relation)(record, statement, cited)
    if not statement.is_denied:
        return ruling
    if ruling.status is ClaimStatus.VERIFIED:
        return refuted(f"it is said not to be so, but {_said(statement)}")
    if ruling.status is ClaimStatus.REFUTED:
        return unknown(f"no line can show that it is not so that {_said(statement)}")
    return ruling


def _relation(record: Record, statement: Statement, cited: Cited) -> Ruling:
    sources, targets = record.meant(statement.subject), record.meant(statement.object)
    kinds = [RelationKind(kind) for kind in statement.kinds if kind in RelationKind.__members__]
    if not sources or not targets:
        return _unresolved_names(record, statement, sources, targets, cited)
    held = _between(record, sources, targets, kinds)
    if held:
        certain = [one for one in held if one.tier in _CERTAIN]
        if not cited.citations or any(_proves(one, cited) for one in held):
            return VERIFIED if certain or _is_called_there(statement, sources, cited) else _unsure(statement)
        return refuted(f"{_places(cited)} is not where {_said(statement)}")
    if _between(record, targets, sources, kinds):
        return refuted(f"the direction is reversed: not {_said(statement)}")
    return _absent(record, statement, sources, targets, kinds, cited)


def is_related(record: Record, subject: str, other: str) -> bool:
    """Tell whether the graph has a relation from one name to another, of a kind that has a direction."""
    sources, targets = record.meant(subject), record.meant(other)
    return bool(sources and targets) and bool(_between(record, sources, targets, _DIRECTED))


_DIRECTED = (
    RelationKind.CALLS,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.OVERRIDES,
    RelationKind.IMPORTS,
)


def _between(
    record: Record, sources: Sequence[Symbol], targets: Sequence[Symbol], kinds: Sequence[RelationKind]
) -> list[Relation]:
    """Return the relations that lead from one of the sources, or from within it, to one of the targets or its members."""
    ids = {one.id for one in sources}
    spans = [
        (one.repository, one.path, one.start_line, one.end_line) for one in sources if one.kind is not SymbolKind.MODULE
    ]
    files = {(one.repository, one.path) for one in sources if one.kind is SymbolKind.MODULE}
    wanted = [target.id for target in targets]
    if RelationKind.IMPORTS in kinds and len(kinds) == 1:
        wanted += [
            one.id
            for target in targets
            for one in record.outline_of(target.repository, target.path)
            if not one.local_name
        ]
    wanted += [one.id for target in targets if target.kind in _HOLDERS for one in _constructors(record, target)]
    return [
        relation for relation in record.related(wanted, "in", kinds)
        if relation.source.id in ids
        or (relation.source.repository, relation.site.path) in files
        or any(
            relation.source.repository == repository and relation.site.path == path and first <= relation.site.line <= last
            for repository, path, first, last in spans
        )
    ]  # fmt: skip


_HOLDERS = (SymbolKind.CLASS, SymbolKind.INTERFACE)


def _constructors(record: Record, owner: Symbol) -> list[Symbol]:
    return [
        one for one in record.outline_of(owner.repository, owner.path)
        if one.parent_id == owner.id and one.name in ("__init__", "constructor", owner.name)
    ]  # fmt: skip


def _proves(relation: Relation, cited: Cited) -> bool:
    """Tell whether cited lines hold the site of a relation, or define one of its ends."""
    ends = [relation.source, *([relation.target] if relation.target is not None else [])]
    return cited.shows(relation) or any(cited.names_line(end) for end in ends if end.kind is not SymbolKind.MODULE)


def _unresolved_names(
    record: Record, statement: Statement, sources: Sequence[Symbol], targets: Sequence[Symbol], cited: Cited
) -> Ruling:
    """Judge a relation one end of which the graph does not know: what the cited lines say decides."""
    inside = any(one.path == source.path for one in cited.citations for source in sources)
    if statement.kind == "IMPORTS" and inside and mentions(cited.text, statement.object):
        return VERIFIED
    if sources and not targets:
        inside = any(cited.touches(source) for source in sources)
        if inside and _is_written(cited.text, statement.object):
            return VERIFIED
        body = "\n".join(record.body(source) for source in sources[:5])
        if not mentions(body, statement.object):
            return refuted(f"`{statement.subject}` does not mention `{statement.object}`")
        return refuted(f"{_places(cited)} does not mention `{statement.object}`") if cited.citations else unverified(
            f"nothing is cited for {_said(statement)}"
        )  # fmt: skip
    if all(mentions(cited.text, name) for name in (statement.subject, statement.object)):
        return VERIFIED
    return unverified(f"the index cannot tell whether {_said(statement)}")


def _absent(
    record: Record,
    statement: Statement,
    sources: Sequence[Symbol],
    targets: Sequence[Symbol],
    kinds: Sequence[RelationKind],
    cited: Cited,
) -> Ruling:
    """Judge a relation that the graph does not hold: the cited line may show a site that could not be resolved."""
    if not kinds or kinds[0] not in (RelationKind.CALLS, RelationKind.IMPORTS, RelationKind.TESTS):
        if (
            kinds
            and kinds[0] in (RelationKind.OVERRIDES, RelationKind.IMPLEMENTS)
            and _overrides(record, sources, targets)
        ):
            return (
                VERIFIED
                if any(cited.names_line(one) for one in sources)
                else refuted(f"{_places(cited)} does not show it")
            )
        return refuted(f"the graph does not hold that {_said(statement)}")
    inside = [one for one in sources if cited.touches(one)]
    if inside and _is_written(cited.text, statement.object):
        there = [
            one for one in record.related([s.id for s in _within(record, inside)], "out", kinds)
            if cited.shows(one) and last_part(one.target.name if one.target else one.external or "") == last_part(statement.object)
        ]  # fmt: skip
        resolved = [one for one in there if one.tier in _CERTAIN and one.target is not None]
        if not resolved:
            return VERIFIED
        if any(_akin(record, one.target, target) for one in resolved for target in targets if one.target):
            return VERIFIED
        other = resolved[0].target
        return refuted(f"at {_places(cited)} it is `{other.qualified_name if other else ''}`, not `{statement.object}`")
    if any(site.callee.endswith(last_part(statement.object)) for site in _unresolved(record, sources)):
        return unknown(
            f"some calls in `{statement.subject}` could not be resolved, so it is open whether {_said(statement)}"
        )
    return refuted(f"the graph does not hold that {_said(statement)}")


def _unresolved(record: Record, sources: Sequence[Symbol]) -> Iterable[UnresolvedSite]:
    return record.graph.unresolved_in(record.scope, [one.id for one in sources])


def _within(record: Record, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the symbols and all that is defined inside them."""
    found = {one.id: one for one in symbols}
    for symbol in symbols:
        for one in record.outline_of(symbol.repository, symbol.path):
            if symbol.start_line <= one.start_line and one.end_line <= symbol.end_line and one.local_name:
                found[one.id] = one
    return list(found.values())


def _akin(record: Record, one: Symbol, other: Symbol) -> bool:
    """Tell whether two methods of the same name belong to classes of which one is above the other."""
    owners = [_owner(record, one), _owner(record, other)]
    if one.name != other.name or owners[0] is None or owners[1] is None:
        return False
    first, second = owners[0], owners[1]
    return any(above.id == second.id for above in record.above(first)) or any(
        above.id == first.id for above in record.above(second)
    )


def _overrides(record: Record, sources: Sequence[Symbol], targets: Sequence[Symbol]) -> bool:
    for source in sources:
        owner = _owner(record, source)
        if owner is None:
            continue
        above = {one.id for one in record.above(owner)}
        if any(source.name == target.name and target.parent_id in above for target in targets):
            return True
    return False


def _owner(record: Record, symbol: Symbol) -> Symbol | None:
    return next((one for one in record.outline_of(symbol.repository, symbol.path) if one.id == symbol.parent_id), None)


def _is_called_there(statement: Statement, sources: Sequence[Symbol], cited: Cited) -> bool:
    return any(cited.touches(one) for one in sources) and _is_written(cited.text, statement.object)


def _is_written(text: str, name: str) -> bool:
    """Tell whether a name stands in a text, its receiver too where both are written with a dot."""
    return mentions(text, name)


def _unsure(statement: Statement) -> Ruling:
    return unverified(f"it is only one of several candidates that {_said(statement)}")


def _default(record: Record, statement: Statement, cited: Cited) -> Ruling:
    assert statement.value is not None
    parameter, value = statement.parameter, statement.value.text
    functions = [one for one in record.meant(statement.subject) if one.kind is not SymbolKind.MODULE]
    heads = [(one, _head(record, one)) for one in functions]
    told = [(one, given) for one, head in heads for given in _defaults(head, parameter)]
    if any(_same(given, value) for _, given in told):
        shown = not cited.citations or any(
            cited.touches(one)
            and (cited.names_line(one) or (mentions(cited.text, parameter) and _holds_value(cited.text, value)))
            for one, _ in told
        )
        return VERIFIED if shown else refuted(f"{_places(cited)} does not show `{parameter}`")
    if told:
        return refuted(f"the default of `{parameter}` is `{told[0][1]}`, not `{value}`")
    if (
        mentions(cited.text, parameter)
        and _holds_value(cited.text, value)
        and not (functions and not any(map(cited.touches, functions)))
    ):
        return VERIFIED
    if functions and not any(mentions(head, parameter) for _, head in heads):
        return refuted(f"`{statement.subject}` has no parameter `{parameter}`")
    return refuted(f"{_places(cited)} does not say that `{parameter}` is `{value}`")


def _head(record: Record, symbol: Symbol) -> str:
    return "\n".join(record.body(symbol).split("\n")[:_HEAD_LINES])


def _defaults(head: str, parameter: str) -> list[str]:
    """Return the defaults that the head of a function gives a parameter."""
    found = re.finditer(rf"(?<![\w.]){re.escape(parameter)}\??(?:\s*:\s*[^=,()]+)?\s*=(?!=)\s*", head)
    return [_value_at(head, one.end()) for one in found]


def _value_at(text: str, start: int) -> str:
    """Return the expression that begins at `start`: up to a comma or bracket that closes it, strings as they are."""
    depth, quote = 0, ""
    for at in range(start, min(len(text), start + 200)):
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}" or (sign in ",;\n" and depth == 0):
            if depth == 0:
                return text[start:at].strip()
            depth -= 1
    return text[start : start + 200].strip()


def _same(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(value: str) -> str:
    return re.sub(r"[\s\"'`]", "", value).removesuffix("()")


def _holds_value(text: str, value: str) -> bool:
    bare = _bare(value)
    if re.fullmatch(r"[\w.$]+", bare):
        before = r"(?<![\w.])" if bare[0].isdigit() else r"(?<!\w)"
        return re.search(rf"{before}{re.escape(bare)}(?![\w]|\.\d)", text) is not None
    return bare in _bare(text)


def _raises(record: Record, statement: Statement, cited: Cited) -> Ruling:
    return _in_body(record, statement, cited, _FAILS, "raises")


def _returns(record: Record, statement: Statement, cited: Cited) -> Ruling:
    return _in_body(record, statement, cited, _GIVES, "returns")


def _in_body(record: Record, statement: Statement, cited: Cited, sign: re.Pattern[str], verb: str) -> Ruling:
    assert statement.value is not None
    value = statement.value.text
    owners = [one for one in record.meant(statement.subject) if one.kind is not SymbolKind.MODULE]

    def says(text: str) -> bool:
        rows = text.split("\n")
        return any(
            _holds_value(row, value) and (sign.search(row) or (at and sign.search(rows[at - 1])))
            for at, row in enumerate(rows)
        )

    if not owners:
        return VERIFIED if says(cited.text) and mentions(cited.text, statement.subject) else unverified(
            f"the index does not know `{statement.subject}`"
        )  # fmt: skip
    if not any(says(record.body(one)) for one in owners):
        return refuted(f"`{statement.subject}` does not say anywhere that it {verb} `{value}`")
    if cited.citations and not any(cited.touches(one) for one in owners):
        return refuted(f"{_places(cited)} is not in `{statement.subject}`")
    if cited.citations and not _holds_value(cited.text, value):
        return refuted(f"{_places(cited)} does not show `{value}`")
    return VERIFIED


def _equals(record: Record, statement: Statement, cited: Cited) -> Ruling:
    assert statement.value is not None
    value = statement.value
    if value.is_name:
        return unverified("") if not mentions(cited.text, value.text) else VERIFIED
    rows = [row for row in cited.text.split("\n") if mentions(row, statement.subject)]
    if any(_holds_value(row, value.text) for row in rows):
        return VERIFIED
    if _holds_value(cited.text, value.text) and rows:
        return VERIFIED
    definitions = [record.body(one) for one in record.meant(statement.subject)[:5] if one.kind is SymbolKind.VARIABLE]
    if definitions and not any(_holds_value(text, value.text) for text in definitions):
        return refuted(f"`{statement.subject}` is not {value.text}")
    return refuted(f"{_places(cited)} does not say that `{statement.subject}` is {value.text}")


def _defined(record: Record, statement: Statement, cited: Cited) -> Ruling:
    known = record.meant(statement.subject)
    if any(cited.names_line(one) for one in known):
        return VERIFIED
    if known:
        place = f"{known[0].path}:{known[0].line}"
        return refuted(f"`{statement.subject}` is not defined at {_places(cited)} but at {place}")
    defined = mentions(cited.text, statement.subject)
    return VERIFIED if defined else refuted(f"{_places(cited)} does not name `{statement.subject}`")


def _member(record: Record, statement: Statement, cited: Cited) -> Ruling:
    """subject is said to belong to object."""
    owners = [one for one in record.meant(statement.object) if one.kind in (*_HOLDERS, SymbolKind.MODULE)]
    name = SEPARATORS.split(statement.subject.removesuffix("()"))[-1]
    if not owners:
        both = mentions(cited.text, statement.object) and mentions(cited.text, name)
        return VERIFIED if both else unverified(f"the index knows no class `{statement.object}`")
    members = record.meant(f"{statement.object}.{name}")
    if members and (not cited.citations or any(cited.names_line(one) for one in members)):
        return VERIFIED
    inside = any(cited.touches(owner) for owner in owners) and mentions(cited.text, name)
    if inside:
        return VERIFIED
    if members:
        return refuted(f"{_places(cited)} does not show `{statement.subject}` of `{statement.object}`")
    return refuted(f"`{statement.object}` has no `{name}`")


def _mentions(record: Record, statement: Statement, cited: Cited) -> Ruling:
    owners = record.meant(statement.subject)
    if not owners:
        return unverified(f"the index does not know `{statement.subject}`")
    if not any(mentions(record.body(one), statement.object) for one in owners):
        return refuted(f"`{statement.subject}` does not mention `{statement.object}`")
    if not cited.citations:
        return VERIFIED
    if any(cited.touches(one) for one in owners) and mentions(cited.text, statement.object):
        return VERIFIED
    return refuted(f"{_places(cited)} does not show `{statement.object}` in `{statement.subject}`")


def _count(record: Record, statement: Statement, _cited: Cited) -> Ruling:
    """A number of callers or subclasses: of definitions or of sites, with or without the tests."""
    known = record.meant(statement.subject)
    said = statement.count
    if not known:
        return unverified(f"the index does not know `{statement.subject}`")
    if said is not None and statement.listed and said != statement.listed:
        return refuted(f"{said} are announced and {statement.listed} listed")
    kinds = [RelationKind(kind) for kind in statement.kinds]
    relations = record.related([one.id for one in known], "in", kinds)
    counts: set[int] = set()
    for tiers in (_CERTAIN, tuple(Tier)):
        rows = [one for one in relations if one.tier in tiers]
        for some in (rows, [one for one in rows if not one.source.is_test]):
            counts |= {len({one.source.id for one in some}), len({(one.site.path, one.site.line) for one in some})}
            counts.add(len({one.source.qualified_name for one in some}))
    if said is None:
        return VERIFIED if max(counts) else refuted(f"`{statement.subject}` has none")
    if said in counts:
        return VERIFIED
    open_sites = record.graph.unresolved(record.scope, last_part(statement.subject), limit=50)
    if open_sites and said is not None and min(counts) <= said <= max(counts) + len(open_sites):
        return unknown(f"{len(open_sites)} call sites of that name could not be resolved, so {said} is open")
    return refuted(f"`{statement.subject}` has {max(counts)}, not {said}")


def _places(cited: Cited) -> str:
    return ", ".join(f"{one.path}:{one.start_line}" for one in cited.citations) or "no line"


_SAID = {
    "CALLS": "calls", "INHERITS": "inherits from", "IMPLEMENTS": "implements", "OVERRIDES": "overrides", "IMPORTS": "imports",
    "TESTS": "tests", "mentions": "mentions", "member": "belongs to", "raises": "raises", "returns": "returns", "equals": "is",
    "default": "has the default", "defined": "is defined there", "count": "has that many callers",
}  # fmt: skip


def _said(statement: Statement) -> str:
    other = f"`{statement.object}`" if statement.object else ""
    if statement.value is not None:
        other = f"`{statement.value.text}`"
    if statement.parameter:
        other = f"`{statement.parameter}` = {other}"
    return f"`{statement.subject}` {_SAID.get(statement.kind, 'is related to')} {other}".strip()


_RULES: dict[str, Callable[[Record, Statement, Cited], Ruling]] = {
    "default": _default,
    "raises": _raises,
    "returns": _returns,
    "equals": _equals,
    "defined": _defined,
    "member": _member,
    "mentions": _mentions,
    "count": _count,
}
