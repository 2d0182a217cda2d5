"""Whether stated relations, and numbers of them, hold: the code graph decides, and where it could not look the cited line itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from guardrails.record import Record, last_part, mentions
from guardrails.ruling import VERIFIED, Cited, Ruling, lies_in, refuted, said, unknown, unverified
from guardrails.statements import Statement
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier, UnresolvedSite

_CERTAIN = (Tier.EXACT, Tier.INFERRED)


def relation(record: Record, statement: Statement, cited: Cited) -> Ruling:
    sources, targets = record.meant(statement.subject), record.meant(statement.object)
    kinds = [RelationKind(kind) for kind in statement.kinds if kind in RelationKind.__members__]
    if not sources or not targets:
        return _unresolved_names(record, statement, sources, targets, cited)
    held = _between(record, sources, targets, kinds)
    if held:
        certain = [one for one in held if one.tier in _CERTAIN]
        if not cited.citations or any(_proves(one, cited) for one in held):
            return VERIFIED if certain or _is_called_there(statement, sources, cited) else _unsure(statement)
        return refuted(f"{cited.places} is not where {said(statement)}")
    if _between(record, targets, sources, kinds):
        return refuted(f"the direction is reversed: not {said(statement)}")
    return _absent(record, statement, sources, targets, kinds, cited)


def reaches(record: Record, statement: Statement, cited: Cited) -> Ruling:
    """Calls over other functions, up to `_WALKED` of them in a row; a cited line lies in the first or in one on the way."""
    sources, targets = record.meant(statement.subject), record.meant(statement.object)
    if not sources or not targets:
        return unverified(f"the index cannot tell whether {said(statement)}")
    walk = record.graph.walk(
        record.scope, [one.id for one in sources], "out", kinds=(RelationKind.CALLS,), tiers=_CERTAIN,
        max_depth=_WALKED, limit=_WALK_LIMIT,
    )  # fmt: skip
    found = {step.symbol.id for step in walk.steps}
    if not any(one.id in found for one in targets):
        return unverified(f"no calls were found by which {said(statement)}")
    on_the_way = [*sources, *(step.symbol for step in walk.steps)]
    if cited.citations and not any(cited.touches(one) for one in on_the_way):
        return refuted(f"{cited.places} is not on the way from `{statement.subject}` to `{statement.object}`")
    return VERIFIED


_WALKED = 4
_WALK_LIMIT = 500


def is_related(record: Record, subject: str, other: str) -> bool:
    """Tell whether the graph has a relation from one name to another, of a kind that has a direction."""
    sources, targets = record.meant(subject), record.meant(other)
    return bool(sources and targets) and bool(_between(record, sources, targets, _DIRECTED))


def is_descent(record: Record, subject: str, other: str) -> bool:
    """Tell whether what relates two names is that one inherits from, implements or overrides the other."""
    one, two = record.meant(subject), record.meant(other)
    return bool(_between(record, one, two, _DESCENT) or _between(record, two, one, _DESCENT))


_DESCENT = (RelationKind.INHERITS, RelationKind.IMPLEMENTS, RelationKind.OVERRIDES)
_COUNTED = (RelationKind.CALLS, *_DESCENT, RelationKind.IMPORTS, RelationKind.TESTS, RelationKind.REFERENCES)


def counts_something(record: Record, name: str, number: int, listed: int) -> bool:
    """Tell whether so many symbols are related to a name in any one way; where some are listed, that many are."""
    return any(
        count(record, Statement("count", name, "", (kind,), count=number, listed=listed), Cited((), "")) == VERIFIED
        for kind in _COUNTED
    )


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
        if inside and mentions(cited.text, statement.object):
            return VERIFIED
        body = "\n".join(record.body(source) for source in sources[:5])
        if not mentions(body, statement.object):
            return refuted(f"`{statement.subject}` does not mention `{statement.object}`")
        return refuted(f"{cited.places} does not mention `{statement.object}`") if cited.citations else unverified(
            f"nothing is cited for {said(statement)}"
        )  # fmt: skip
    if all(mentions(cited.text, name) for name in (statement.subject, statement.object)):
        return VERIFIED
    return unverified(f"the index cannot tell whether {said(statement)}")


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
                else refuted(f"{cited.places} does not show it")
            )
        return refuted(f"the graph does not hold that {said(statement)}")
    inside = [one for one in sources if cited.touches(one)]
    within = [one for one in cited.citations if any(lies_in(one, symbol) for symbol in inside)]
    if within and _is_used_so("\n".join(map(record.cited, within)), statement):
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
        return refuted(f"at {cited.places} it is `{other.qualified_name if other else ''}`, not `{statement.object}`")
    if any(site.callee.endswith(last_part(statement.object)) for site in _unresolved(record, sources)):
        return unknown(
            f"some calls in `{statement.subject}` could not be resolved, so it is open whether {said(statement)}"
        )
    return refuted(f"the graph does not hold that {said(statement)}")


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


def _is_used_so(text: str, statement: Statement) -> bool:
    """Tell whether a text does with a name what is stated: where a call is, it is written as one, or handed on by itself."""
    if statement.kinds != ("CALLS",):
        return mentions(text, statement.object)
    name = re.escape(last_part(statement.object.removesuffix("()")))
    heads = re.search(
        rf"\b(?:class|struct|interface|import|from|extends|implements)\b.*(?<![\w$]){name}(?![\w$])", text
    )
    return mentions(text, statement.object) and heads is None


def _is_called_there(statement: Statement, sources: Sequence[Symbol], cited: Cited) -> bool:
    return any(cited.touches(one) for one in sources) and mentions(cited.text, statement.object)


def _unsure(statement: Statement) -> Ruling:
    return unverified(f"it is only one of several candidates that {said(statement)}")


def count(record: Record, statement: Statement, _cited: Cited) -> Ruling:
    """A number of callers or subclasses: of definitions or of sites, with or without the tests."""
    known = record.meant(statement.subject)
    told = statement.count
    if not known:
        return unverified(f"the index does not know `{statement.subject}`")
    if told is not None and statement.listed and told != statement.listed:
        return refuted(f"{told} are announced and {statement.listed} listed")
    kinds = [RelationKind(kind) for kind in statement.kinds]
    relations = record.related([one.id for one in known], "in", kinds)
    counts: set[int] = set()
    for tiers in (_CERTAIN, tuple(Tier)):
        rows = [one for one in relations if one.tier in tiers]
        for some in (rows, [one for one in rows if not one.source.is_test]):
            counts |= {len({one.source.id for one in some}), len({(one.site.path, one.site.line) for one in some})}
            counts.add(len({one.source.qualified_name for one in some}))
    if told is None:
        return VERIFIED if max(counts) else refuted(f"`{statement.subject}` has none")
    if told in counts:
        return VERIFIED
    open_sites = record.graph.unresolved(record.scope, last_part(statement.subject), limit=50)
    if open_sites and told is not None and min(counts) <= told <= max(counts) + len(open_sites):
        return unknown(f"{len(open_sites)} call sites of that name could not be resolved, so {told} is open")
    return refuted(f"`{statement.subject}` has {max(counts)}, not {told}")
