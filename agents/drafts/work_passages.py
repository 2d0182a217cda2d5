"""The passages of work questions: the history of a place, a change under review, a file, settings, places to change. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from agents.drafts.claims import (
    Passage,
    Write,
    block,
    cut_list,
    kind_of,
    one_line,
    quote_claim,
    relation_claim,
    relation_claims,
)
from agents.records import claim_row, counted, short_name
from agents.state import ClaimRow, Evidence, Outcome
from knowledge.languages import title_of
from tools.configuring import IN_EXAMPLE
from tools.frameworks import package_of
from tools.places import is_aside

_BODY = " \u2014 "
_TOLD_WHOLE = 3
"""Commits whose message is told with its body; of older ones the subject is enough."""


def history(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """The newest change first in words, then one line a commit with where it stands now."""
    symbol = outcome["symbol"]
    where = f"`{symbol['qualified_name'] or symbol['path']}`" if symbol is not None else ""
    where = where or (f"`{outcome['name']}`" if outcome["name"] else "The repository")
    newest, _, who, limits = facts[0]["note"].split("\t")
    commit, _, told = newest.partition(" ")
    day, _, by = told.partition(", ")
    author, _, message = by.partition(": ")
    subject = message.partition(_BODY)[0].rstrip(".")
    passage.lead = f"{where} was last changed on {day} by {author} in {commit}: {subject}."
    if who:
        passage.lead += f" Most of its recent commits are by {who}."
    claims, elsewhere = [], []
    for number, fact in enumerate(facts):
        text, place = [*fact["note"].split("\t"), ""][:2]
        if number >= _TOLD_WHOLE:
            text = text.partition(_BODY)[0]
        if fact["citation"]["path"]:
            claims.append(claim_row(f"{text} ({place})", [fact["citation"]]))
        else:
            elsewhere.append(text.partition(" ")[0])
    listed = cut_list(claims, shown, "", 0)
    listed["tail"] = "and older commits: `git log` shows all" if outcome["truncated"] else listed["tail"]
    passage.blocks.append({**listed, "title": "Newest changes first"})
    passage.notes += [f"{limit[:1].upper()}{limit[1:]}." for limit in limits.split("; ") if limit]
    if elsewhere:
        passage.notes.append(f"Only files that are not indexed were changed by {', '.join(elsewhere[:5])}.")


def history_of_subject(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """The history of the files that were taken for a subject, and which they are."""
    taken = [fact for fact in facts if fact["kind"] == "place"]
    changes = [fact for fact in facts if fact["kind"] != "place"]
    if changes:
        history(passage, {**outcome, "name": ""}, changes, shown)
        told = passage.lead.removeprefix("The repository was ")
        passage.lead = f"What fits \u201c{outcome['name']}\u201d best was {told}"
    else:
        passage.lead = f"No commit of the files that fit “{outcome['name']}” best can be told."
    claims = [claim_row(f"`{fact['note']}`", [fact["citation"]]) for fact in taken]
    passage.blocks.append(block("Files taken for it, best first", claims))


def review(passage: Passage, _outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    by_note: dict[str, list[Evidence]] = {}
    for fact in facts:
        by_note.setdefault(fact["kind"] if fact["kind"] in _REVIEWED else fact["note"].partition("\t")[0], []).append(
            fact
        )
    base, target, files, added, removed, risk = by_note["review"][0]["note"].split("\t")
    passage.lead = f"The change from `{base}` to `{target}` is of **{risk} risk**: {counted(int(files), 'file')}, +{added} \u2212{removed} lines."
    reasons = [fact["note"] for fact in by_note.get("reason", [])]
    if reasons:
        passage.lead += " Why: " + "; ".join(reasons) + "."
    changed = []
    for fact in by_note.get("changed", []):
        about = fact["about"]
        assert about is not None
        effect = _EFFECTS.get(fact["note"].partition("\t")[2], "changed")
        text = f"`{short_name(about)}`, {kind_of(about)}: {effect}"
        changed.append(claim_row(text, [fact["citation"]], identifiers=[about["qualified_name"]]))
    lists: list[tuple[str, list[ClaimRow]]] = [
        ("Will break, or must follow", relation_claims(by_note.get("will", []))),
        ("May break", relation_claims(by_note.get("may", []))),
        ("Changed", changed),
        ("No test is known to reach", [_named(one) for one in by_note.get("untested", [])]),
        ("Tests to run, nearest first", [_named(one) for one in by_note.get("test", [])]),
        ("Whom to ask", [_owner(fact) for fact in sorted(by_note.get("owner", []), key=_is_text)]),
    ]  # fmt: skip
    for title, claims in lists:
        if claims:
            passage.blocks.append({**cut_list(claims, max(shown // 2, 1), "clew review", len(claims)), "title": title})


_REVIEWED = frozenset({"review", "reason", "owner"})
_EFFECTS = {
    "added": "new",
    "moved": "moved or renamed, its text as it was",
    "signature": "declared differently",
    "body": "changed inside",
}


def _named(fact: Evidence) -> ClaimRow:
    about = fact["about"]
    assert about is not None
    return claim_row(f"`{short_name(about)}`", [fact["citation"]], identifiers=[about["qualified_name"]])


def _is_text(fact: Evidence) -> bool:
    return PurePosixPath(fact["citation"]["path"]).suffix.lower() in (".md", ".rst", ".txt", "")


def _owner(fact: Evidence) -> ClaimRow:
    path, who = fact["note"].split("\t")
    return claim_row(f"`{path}`: {who}", [fact["citation"]])


def file_tour(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    by_note: dict[str, list[Evidence]] = {}
    for fact in facts:
        by_note.setdefault(fact["note"].partition("\t")[0], []).append(fact)
    module = outcome["symbol"]
    assert module is not None
    _, lines, users, tests = by_note["file"][0]["note"].split("\t")
    symbols = by_note.get("symbol", [])
    passage.lead = (
        f"`{module['path']}` holds {lines} lines of {title_of(module['language'])}; {counted(int(users), 'other file')} of the product "
        f"{'uses' if users == '1' else 'use'} it and {counted(int(tests), 'test')} {'reaches' if tests == '1' else 'reach'} it."
    )
    if module["doc"]:
        passage.lead += f" It says of itself: {' '.join(module['doc'].split())}"
    head = [
        claim_row(
            f"`{module['path']}` begins here", [by_note["file"][0]["citation"]], identifiers=[module["qualified_name"]]
        )
    ]
    head += [quote_claim(fact, "What it is for, in its own words") for fact in by_note.get("purpose", [])]
    passage.blocks.append(block("", head))
    claims = [_matters(fact) for fact in symbols]
    if claims:
        passage.blocks.append({**cut_list(claims, shown, "", 0), "title": "What matters in it, most used first"})
    for note, title in (
        ("user", "Who uses it"),
        ("inside", "What it uses of the project"),
        ("outside", "What it uses from outside"),
        ("test", "Tests that reach it"),
    ):
        rows = by_note.get(note, [])
        if rows:
            claims = _outside(rows) if note == "outside" else [_used(fact, note) for fact in rows]
            passage.blocks.append({**cut_list(claims[:_ROWS], shown, "", int(rows[0]["score"])), "title": title})
    begin = _where_to_begin(symbols, by_note.get("user", []), by_note.get("test", []))
    if begin:
        passage.blocks.append({**block("Where to begin", begin), "form": "steps"})


def _used(fact: Evidence, note: str) -> ClaimRow:
    """Return the claim of a relation of the file; what it imports is said without its own name and place."""
    claim, relation = relation_claim(fact), fact["relation"]
    if note != "inside" or relation is None or relation["kind"] != "IMPORTS":
        return claim
    target = next(
        (end for end in (fact["about"], fact["other"]) if end is not None and end["id"] == relation["target_id"]), None
    )
    return (
        {**claim, "text": f"imports `{short_name(target)}`", "citations": claim["citations"][:1]} if target else claim
    )


def _matters(fact: Evidence) -> ClaimRow:
    about = fact["about"]
    assert about is not None
    users = f", used by {counted(int(fact['score']), 'other file')}" if fact["score"] else ""
    doc = f" \u2014 {about['doc']}" if about["doc"] else ""
    signature = one_line(about["signature"]) or about["name"]
    return claim_row(
        f"{kind_of(about)} `{signature}`{users}{doc}", [fact["citation"]], identifiers=[about["qualified_name"]]
    )


_ROWS = 8


def _outside(facts: Sequence[Evidence]) -> list[ClaimRow]:
    """Return one claim a foreign package, with what is taken from it."""
    names: dict[str, list[Evidence]] = {}
    for fact in facts:
        names.setdefault(package_of(fact["note"].partition("\t")[2]), []).append(fact)
    claims = []
    for package, rows in names.items():
        taken = [fact["note"].partition("\t")[2] for fact in rows]
        said = "imports " + ", ".join(f"`{name}`" for name in taken[:4]) + (" and more" if len(taken) > 4 else "")
        places = [
            fact["citation"]
            for number, fact in enumerate(rows)
            if fact["citation"] not in [one["citation"] for one in rows[:number]]
        ]
        claims.append(claim_row(said, places, identifiers=[package], tier=rows[0]["tier"]))
    return claims


def _where_to_begin(
    symbols: Sequence[Evidence], users: Sequence[Evidence], tests: Sequence[Evidence]
) -> list[ClaimRow]:
    """Three steps: read what the others use most, see it used, see it tested."""
    steps = []
    if symbols and (top := symbols[0]["about"]) is not None:
        steps.append(
            claim_row(f"Read `{short_name(top)}`", [symbols[0]["citation"]], identifiers=[top["qualified_name"]])
        )
    top_id = symbols[0]["about"]["id"] if symbols and symbols[0]["about"] is not None else ""
    product = [fact for fact in users if not is_aside(fact["citation"]["path"])]
    for verb, rows in (("See it used", product), ("See it tried", tests)):
        ends = [fact for fact in rows if fact["relation"] is not None and fact["relation"]["target_id"] == top_id]
        for fact in [*ends, *rows][:1]:
            claim = relation_claim(fact)
            steps.append({**claim, "text": f"{verb}: {claim['text']}"})
    return steps


def configuration(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    claims: dict[str, list[ClaimRow]] = {}
    for fact in facts:
        kind, name, within, default, told = fact["note"].split("\t")
        full = f"{within}.{name}" if within else name
        text = f"`{full}`"
        if default:
            shown_by_example = default.endswith(IN_EXAMPLE)
            text += (
                f", `{default.removesuffix(IN_EXAMPLE)}`{IN_EXAMPLE}" if shown_by_example else f", default `{default}`"
            )
        if told:
            text += f" \u2014 {told}"
        claims.setdefault(kind, []).append(claim_row(text, [fact["citation"]], identifiers=[name]))
    total = max(outcome["total"], len(facts))
    first = (
        next(claims[kind] for kind in _SETTING_TITLES if kind in claims)[0]["text"]
        .partition(",")[0]
        .partition(" \u2014")[0]
    )
    passage.lead = f"{first} sets this."
    if total > 1:
        passage.lead = f"{counted(total, 'place')} fit these words; the first is {first}."
    for kind, title in _SETTING_TITLES.items():
        if kind in claims:
            passage.blocks.append({**cut_list(claims[kind], shown, "", len(claims[kind])), "title": title})
    if total > len(facts):
        passage.blocks[-1]["tail"] = f"and {total - len(facts)} more; a word of the name narrows the list"


_SETTING_TITLES = {
    "document": "Documented settings",
    "key": "Settings in the code",
    "field": "Fields of options",
    "option": "Command-line options",
    "environment": "Environment variables",
}


NEEDS_A_MODEL = "A model is needed to write the change itself: start Ollama, or name one with --model."


def places_to_change(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """What a patch would have to touch, when no model writes it."""
    symbol = outcome["symbol"]
    assert symbol is not None
    passage.lead = f"The change belongs in `{symbol['qualified_name']}`, `{symbol['path']}` lines {symbol['start_line']}\u2013{symbol['end_line']}."
    passage.blocks.append(
        block("", [quote_claim(fact, "The lines to change") for fact in facts if fact["note"] == "change"])
    )
    passage.notes.append(NEEDS_A_MODEL)
    for note, title in (("caller", "What has to follow"), ("test", "Tests to run afterwards")):
        claims = relation_claims([fact for fact in facts if fact["note"] == note])
        if claims:
            passage.blocks.append({**cut_list(claims, shown, "", len(claims)), "title": title})


def worked_with(passage: Passage, facts: Sequence[Evidence]) -> None:
    """How the project is built, tested and deployed, each with the line that shows it; what lies in files that are not indexed is a note."""
    claims, elsewhere = [], []
    for fact in facts:
        role, name, place, advice = fact["note"].split("\t")
        if fact["citation"]["path"]:
            claims.append(claim_row(f"{name} ({role}): {advice}", [fact["citation"]]))
        else:
            elsewhere.append(f"{name} ({role}, `{place}`)")
    if claims:
        passage.blocks.append(block("Built, tested and run by", claims))
    if elsewhere:
        passage.notes.append(f"By files that are not indexed also: {', '.join(elsewhere)}; `clew stack` says more.")


def folder(passage: Passage, _outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """What lies in a folder: how much, in its own words, file by file, and below it."""
    path, files, languages = facts[0]["note"].split("\t")
    passage.lead = f"`{path}` holds {counted(int(files), 'file')} ({languages})."
    claims, below = [], []
    for fact in facts[1:]:
        if fact["kind"] == "section":
            passage.blocks.append(block("", [quote_claim(fact, "In its own words")]))
        elif fact["kind"] == "below":
            name, many = fact["note"].split("\t")
            below.append(claim_row(f"`{name}/`: {counted(int(many), 'file')}", [fact["citation"]]))
        else:
            name, defined, more = fact["note"].split("\t")
            said = ", ".join(f"`{one}`" for one in defined.split(",") if one) + (f" and {more} more" if more else "")
            about = fact["about"]
            text = f"`{PurePosixPath(name).name}`" + (f" defines {said}" if said else "")
            claims.append(claim_row(text, [fact["citation"]], identifiers=[about["name"]] if about else []))
    total = next((int(fact["score"]) for fact in facts if fact["kind"] == "file"), 0)
    for title, listed, number in (("Files", claims, total), ("Folders in it", below, len(below))):
        if listed:
            passage.blocks.append({**cut_list(listed, shown, "", number), "title": title})


WORK_PASSAGES: dict[str, Write] = {
    "history": history,
    "subject": history_of_subject,
    "review": review,
    "file": file_tour,
    "folder": folder,
    "configure": configuration,
    "patch": places_to_change,
}
