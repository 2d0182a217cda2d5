"""The passage of each operation that found something: its lead, its blocks of claims, what was cut. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from agents.drafts.claims import (
    Passage,
    Write,
    block,
    cut_all,
    cut_list,
    definition_claim,
    kind_of,
    member_claim,
    name_citation,
    names_of,
    one_line,
    quote_claim,
    relation_claim,
    relation_claims,
    symbols_in,
    with_article,
)
from agents.drafts.package_passages import PACKAGE_PASSAGES
from agents.drafts.whole_passages import WHOLE_PASSAGES
from agents.drafts.work_passages import WORK_PASSAGES, worked_with
from agents.records import claim_row, counted, short_name
from agents.state import SAYS, Evidence, Outcome, SymbolRow
from knowledge.languages import is_macro
from knowledge.schema import RelationKind, Tier


def search(passage: Passage, outcome: Outcome, facts: Sequence[Evidence]) -> None:
    sections = [fact for fact in facts if fact["kind"] == "section"]
    if sections:
        claims = [quote_claim(fact, _section_text(fact)) for fact in sections]
        passage.blocks.append(block("From the documents", claims))
    code = [fact for fact in facts if fact["kind"] != "section"]
    lost = outcome["name"] if outcome["intent"] not in TOLD_OTHERWISE else ""
    if lost:
        passage.unknowns.append(f"`{lost}` is not in the indexed code")
    if not code:
        return
    best = next((fact["about"] for fact in code if fact["about"] is not None), None)
    opening = "By the words of the question, the best match" if lost else "The best match"
    if outcome["intent"] == "docs" and not sections:
        opening = "No document speaks of this. In the code, the best match"
    if outcome["message"]:
        opening = "Nothing in the index fits these words well; the nearest"
    passage.lead = f"{opening} is `{short_name(best)}`." if best is not None else f"{opening}es:"
    claims = []
    quoted: set[str] = set()
    for fact in code:
        about = fact["about"]
        if fact["kind"] == "definition" and about is not None:
            doc = f": {about['doc']}" if about["doc"] else ""
            claims.append(
                claim_row(
                    f"`{short_name(about)}`, {kind_of(about)}{doc}",
                    [fact["citation"]],
                    identifiers=names_of(about),
                )
            )
        elif not quoted:
            quoted.add(fact["id"])
            claims.append(quote_claim(fact, "Its lines that fit best" if about is not None else "Lines that fit best"))
    passage.blocks.append(block("", claims))


TOLD_OTHERWISE = frozenset({"locate", "explain", "docs", "configure", "overview", "file"})
"""Intents in which a search stands beside what else was found: it says nothing about what a name is."""


def _section_text(fact: Evidence) -> str:
    about = fact["about"]
    return f"“{about['name']}”" if about is not None and about["name"] else f"`{fact['citation']['path']}`"


def _definitions(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    symbol = outcome["symbol"]
    assert symbol is not None
    where = f"`{symbol['path']}` at line {symbol['line']}"
    passage.lead = f"`{symbol['qualified_name']}` is {with_article(kind_of(symbol))} defined in {where}."
    claims = []
    for fact in facts:
        about = fact["about"]
        assert about is not None
        signature = f" `{one_line(about['signature'])}`" if about["signature"] else ""
        doc = f" — {about['doc']}" if about["doc"] else ""
        text = f"{kind_of(about).capitalize()} `{about['qualified_name']}`{':' if signature else ''}{signature}{doc}"
        claims.append(claim_row(text, [fact["citation"]], identifiers=[about["qualified_name"]]))
    passage.blocks.append(cut_all(claims, shown, f"clew symbol {symbol['qualified_name']}", outcome))


def _explanation(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    symbol = outcome["symbol"]
    assert symbol is not None
    by_note: dict[str, list[Evidence]] = {}
    for fact in facts:
        by_note.setdefault(fact["note"] or fact["kind"], []).append(fact)
    first, last = symbol["start_line"], symbol["end_line"]
    span = f"lines {first}–{last}" if last > first else f"line {first}"
    passage.lead = f"`{symbol['qualified_name']}` is {with_article(kind_of(symbol))} in `{symbol['path']}`, {span}."
    if symbol["doc"]:
        passage.lead += f" {symbol['doc']}"
    signature = one_line(symbol["signature"]) or symbol["name"]
    is_file = symbol["kind"] in ("module", "package", "document")
    text = f"`{symbol['path']}` begins here" if is_file else f"Defined as `{signature}`"
    head = [
        claim_row(text, [fact["citation"]], identifiers=[symbol["qualified_name"]])
        for fact in by_note.get("definition", [])[:1]
    ]
    quotes = [quote_claim(fact, "The lines that say most") for fact in by_note.get("excerpt", [])]
    passage.blocks.append(block("", head + quotes))
    for note, title in (("base", "Built on"), ("derived", "Extended by"), ("member", "Members")):
        claims = [member_claim(fact) if note == "member" else relation_claim(fact) for fact in by_note.get(note, [])]
        if claims:
            total = max(int(by_note[note][0]["score"]), len(claims))
            passage.blocks.append({**cut_list(claims, shown, f"clew show {symbol['path']}", total), "title": title})
    name = symbol["qualified_name"]
    for note, title, command in (("callee", "Calls", "callees"), ("caller", "Called by", "callers")):
        claims = relation_claims(by_note.get(note, []))
        if claims:
            tail = f"All of them: `clew {command} {name}`" if len(claims) >= 6 else ""
            passage.blocks.append(block(title, claims, tail))


def relations(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    symbol = outcome["symbol"]
    assert symbol is not None
    if same := [fact for fact in facts if fact.get("note") == "namesake"]:
        _namesakes(passage, outcome, facts, same, shown)
        return
    one, many, command = _LISTS.get(outcome["operation"], ("{name} has {count}", "relation", "impact"))
    guesses = symbols_in([fact for fact in facts if fact["tier"] == Tier.AMBIGUOUS.value])
    certain = symbols_in([fact for fact in facts if fact["tier"] != Tier.AMBIGUOUS.value])
    count = f"{counted(outcome['total'], many if certain else f'possible {many}')}{' or more' if outcome['truncated'] else ''}"
    tests = [fact for fact in facts if fact["about"] is not None and fact["about"]["is_test"]]
    split = outcome["operation"] != "tests" and bool(tests)
    if outcome["operation"] == "callers" and _only_handed_on(symbol, facts):
        one, count = (
            "Nothing seen calls {name} by its name; it is handed on to be called in {count}",
            counted(symbols_in(facts), "place"),
        )
    passage.lead = one.format(name=f"`{symbol['qualified_name']}`", count=f"**{count}**") + "."
    if guesses and certain:
        passage.notes.append(f"{guesses} of these are possible only: one candidate of several by name.")
    show_all = f"clew {command}" if command.startswith("export") else f"clew {command} {symbol['qualified_name']}"
    doing = [fact for fact in facts if fact.get("note", "").startswith(SAYS)]
    if doing:
        _by_act(passage, doing, [fact for fact in facts if fact not in doing], shown, show_all)
        return
    if not split:
        _by_hops(passage, facts, shown, show_all, outcome["total"])
        return
    production = [fact for fact in facts if fact["about"] is None or not fact["about"]["is_test"]]
    in_tests = max(outcome.get("in_tests", 0), symbols_in(tests))
    if production:
        _by_hops(passage, production, shown, show_all, max(outcome["total"] - in_tests, symbols_in(production)))
    else:
        passage.lead = f"{passage.lead.removesuffix('.')}, in tests only."
        if outcome["uncovered"]:
            passage.lead += " More may: the places below could not be resolved."
    room = max(shown // 3, 1) if production else shown
    listed = cut_list(relation_claims(tests), room, show_all, in_tests)
    passage.blocks.append(block(f"In tests ({in_tests})", listed["claims"], listed["tail"]))


def _namesakes(
    passage: Passage, outcome: Outcome, facts: Sequence[Evidence], same: Sequence[Evidence], shown: int
) -> None:
    """Functions that bear the name of what is asked about; by a mere name, nothing says that they are meant for it."""
    uses = [fact for fact in facts if fact["note"] != "namesake"]
    symbol = outcome["symbol"]
    assert symbol is not None
    if uses:
        relations(passage, outcome, uses, max(shown // 3, 1))
    else:
        what = "use of" if outcome["operation"] == "usages" else "type derived from"
        passage.lead = f"No {what} `{symbol['qualified_name']}` could be resolved."
    passage.lead += (
        f" **{counted(len(same), 'function')}** of the product {'bears' if len(same) == 1 else 'bear'} its name."
    )
    claims = [definition_claim(fact["about"]) for fact in same if fact["about"] is not None]
    listed = cut_list(claims, shown, "", len(claims))
    passage.blocks.insert(0, {**listed, "title": "Functions of that name"})


def _by_act(passage: Passage, doing: Sequence[Evidence], others: Sequence[Evidence], shown: int, show_all: str) -> None:
    """The uses whose line does what was asked about, those of the product first, and below them the others."""
    words = list(dict.fromkeys(fact["note"].removeprefix(SAYS) for fact in doing))
    said = ", ".join(f"`{word}`" for word in words[:3])
    passage.lead += (
        f" **{counted(symbols_in(doing), 'place')}** {'is' if symbols_in(doing) == 1 else 'are'} about {said}."
    )
    ordered = sorted(doing, key=lambda fact: fact["about"] is not None and fact["about"]["is_test"])
    listed = cut_list(relation_claims(ordered), shown, show_all, symbols_in(doing))
    passage.blocks.append({**listed, "title": f"With {said}"})
    rest = cut_list(relation_claims(others), max(shown // 3, 1), show_all, symbols_in(others))
    passage.blocks.append({**rest, "title": "Other uses"})


def _only_handed_on(symbol: SymbolRow, facts: Sequence[Evidence]) -> bool:
    """Whether a function, or what makes a class, is only named: in a table, as an argument. The uses of a macro are what its calls are."""
    if is_macro(symbol["language"], symbol["signature"]):
        return False
    return all(
        fact["relation"] is not None and fact["relation"]["kind"] == RelationKind.REFERENCES.value for fact in facts
    )


def _by_hops(passage: Passage, facts: Sequence[Evidence], shown: int, show_all: str, total: int) -> None:
    near = [fact for fact in facts if fact["hops"] <= 1]
    far = [fact for fact in facts if fact["hops"] > 1]
    if not near or not far:
        passage.blocks.append(cut_list(relation_claims(facts), shown, show_all, total))
        return
    passage.blocks.append({**cut_list(relation_claims(near), shown, show_all, symbols_in(near)), "title": "Directly"})
    rest = cut_list(relation_claims(far), max(shown // 2, 1), show_all, total - symbols_in(near))
    passage.blocks.append({**rest, "title": "Through these"})


def _chain(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    first, last = _ends(facts[0])[0], _ends(facts[-1])[1]
    steps = counted(len(facts), "step")
    passage.lead = f"`{first['qualified_name']}` reaches `{last['qualified_name']}` in **{steps}**."
    if any(_is_override(fact) for fact in facts):
        passage.lead = (
            f"`{first['qualified_name']}` may reach `{last['qualified_name']}` in **{steps}**: "
            "a call of a method may run one that overrides it."
        )
    claims = [relation_claim(fact, with_target=True) for fact in facts]
    passage.blocks.append({**cut_all(claims, max(shown, len(facts)), "", outcome), "form": "steps"})


def _ends(hop: Evidence) -> tuple[SymbolRow, SymbolRow]:
    """Return where a link of a chain leads from and to: a call of an overridden method leads to the one that runs."""
    near, far = hop["about"], hop["other"]
    assert near is not None and far is not None
    return (far, near) if _is_override(hop) else (near, far)


def _is_override(hop: Evidence) -> bool:
    relation = hop["relation"]
    return relation is not None and relation["kind"] in (RelationKind.OVERRIDES.value, RelationKind.IMPLEMENTS.value)


def _imports(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    symbol = outcome["symbol"]
    assert symbol is not None
    inside = [fact for fact in facts if fact["other"] is not None]
    outside = [fact for fact in facts if fact["other"] is None]
    passage.lead = f"`{symbol['path']}` imports {len(inside)} names of the project and {len(outside)} from outside."
    if inside:
        passage.blocks.append(cut_list(relation_claims(inside), shown, "", 0))
    if outside:
        claims = []
        for fact in outside:
            name = fact["note"].removeprefix("external ")
            claims.append(claim_row(f"imports `{name}`", [fact["citation"]], identifiers=[name], tier=fact["tier"]))
        passage.blocks.append({**cut_list(claims, shown, "", len(claims)), "title": "From outside the project"})


def _packages(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    passage.lead = f"The code imports **{counted(outcome['total'], 'package')}** from outside the project."
    claims = [
        claim_row(
            f"{counted(int(fact['score']), 'file')} import{'s' if fact['score'] == 1 else ''} `{fact['note']}`, as here",
            [fact["citation"]],
            identifiers=[fact["note"]],
            tier=fact["tier"],
        )
        for fact in facts
    ]
    passage.blocks.append(cut_list(claims, shown, "clew export relations --kind IMPORTS", outcome["total"]))


def _frames(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    frames = [fact for fact in facts if fact["kind"] == "frame"]
    error = frames[0]["note"].partition("\t")[0]
    last = frames[0]["about"]
    where = f" in `{last['qualified_name']}`" if last is not None else ""
    many = counted(outcome["total"], "frame")
    passage.lead = f"`{error}` came{where.replace(' in ', ' out of ') or ' out of the indexed code'}; {many} of the traceback {'lies' if outcome['total'] == 1 else 'lie'} in the indexed code."
    passage.blocks.append(
        block("", [quote_claim(fact, "The lines around") for fact in facts if fact["kind"] == "excerpt"])
    )
    claims = []
    for fact in frames:
        about = fact["about"]
        name = f"`{short_name(about)}`" if about is not None else "the file"
        moved = ", whose lines have moved since: its definition" if fact["note"].endswith("\tmoved") else ""
        identifiers = [about["qualified_name"]] if about is not None else []
        places = [fact["citation"]]
        if about is not None and about["line"] != fact["citation"]["start_line"]:
            places.append(name_citation(about))
        claims.append(claim_row(f"{name}{moved}", places, identifiers=identifiers))
    passage.blocks.append(
        {
            **cut_list(claims, max(shown, len(claims)), "", outcome["total"]),
            "title": "The way to it, innermost first",
            "form": "steps",
        }
    )
    passage.unknowns.append("frames outside the indexed code, and the values that were passed")


def _overview(passage: Passage, _outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    leads = []
    for fact in facts:
        if fact["kind"] == "summary":
            name, files, symbols, languages = fact["note"].split("\t")
            leads.append(f"**{name}**: {int(files):,} files, {int(symbols):,} symbols ({languages}).")
    passage.lead = " ".join(leads)
    for kind, title in (("framework", "Built with"), ("entry", "Entry points"), ("module", "Main modules")):
        claims = []
        for fact in (fact for fact in facts if fact["kind"] == kind):
            about = fact["about"]
            if about is None:
                claims.append(claim_row(f"The project uses {fact['note']}", [fact["citation"]]))
                continue
            doc = f" — {about['doc']}" if about["doc"] else ""
            role = "a run can begin here" if kind == "entry" else "many files import it"
            text = f"`{about['qualified_name']}`{doc or f': {role}'}"
            claims.append(claim_row(text, [fact["citation"]], identifiers=[about["qualified_name"]]))
        if claims:
            passage.blocks.append({**cut_list(claims, shown, "", len(claims)), "title": title})
    worked_with(passage, [fact for fact in facts if fact["kind"] == "stack"])


_LISTS = {
    "callers": ("{name} has {count}", "caller", "callers"),
    "usages": ("{name} has {count}", "use", "impact"),
    "callees": ("{name} makes {count}", "distinct call", "callees"),
    "impact": ("A change to {name} reaches {count}", "symbol", "impact"),
    "subclasses": ("{name} has {count}", "derived type", "export relations --kind INHERITS"),
    "superclasses": ("{name} builds on {count}", "base type", "export relations --kind INHERITS"),
    "overrides": ("{name} has {count}", "override", "export relations --kind OVERRIDES"),
    "hierarchy": ("{name} is tied to {count}", "base or derived type", "export relations --kind INHERITS"),
    "importers": ("{name} has {count}", "importer", "export relations --kind IMPORTS"),
    "tests": ("{name} is reached by {count}", "test", "impact"),
}


PASSAGES: dict[str, Write] = {
    "define": _definitions,
    "explain": _explanation,
    "path": _chain,
    "imports": _imports,
    "external": _packages,
    "overview": _overview,
    "traceback": _frames,
    **WORK_PASSAGES,
    **WHOLE_PASSAGES,
    **PACKAGE_PASSAGES,
}
