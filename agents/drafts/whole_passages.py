"""The passages of questions about the whole code: what is unused, untested, circular, central. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from agents.drafts.claims import Passage, Write, block, cut_list, kind_of, relation_claim
from agents.records import claim_row, counted
from agents.state import ClaimRow, Evidence, Outcome

_RINGS = 5


def unused(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    many = counted(outcome["total"], "candidate")
    passage.lead = (
        f"**{many}**: code that is not shown to the outside and that nothing indexed uses{place_asked(outcome)}. "
        "Reflection and configuration can use code that looks unused."
    )
    alone = [_claim(fact, "its name is written nowhere else") for fact in facts if _alone(fact)]
    written = [
        _claim(fact, f"no use seen; its name is written {counted(int(fact['score']), 'time')} elsewhere")
        for fact in facts
        if fact["note"] == "unused" and fact["score"]
    ]
    tested = [_claim(fact, "only tests use it") for fact in facts if fact["note"] == "by tests"]
    left = outcome["total"]
    for title, claims in (("Written nowhere else", alone), ("No use seen", written), ("Only tests use these", tested)):
        if claims:
            listed = cut_list(claims, shown, "clew dead-code --limit 1000", len(claims))
            passage.blocks.append({**listed, "title": title})
            left -= len(claims)
    if left:
        passage.blocks[-1]["tail"] = f"and {left} more candidates: `clew dead-code --limit 1000` shows all"


def untested(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    many = counted(outcome["total"], "function")
    passage.lead = (
        f"No test leads to **{many}**{place_asked(outcome)}, as far as uses could be resolved. Most used first:"
    )
    claims = [
        _claim(fact, f"used {counted(int(fact['score']), 'time')}" if fact["score"] else "no use seen")
        for fact in facts
    ]
    passage.blocks.append(cut_list(claims, shown, "clew untested --limit 1000", outcome["total"]))


def circular(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    many = counted(outcome["total"], "ring")
    passage.lead = f"**{many}** of modules that import each other{place_asked(outcome)}; each by a shortest way round."
    rings: dict[str, list[Evidence]] = {}
    for fact in facts:
        rings.setdefault(fact["note"], []).append(fact)
    for number, way in enumerate(list(rings.values())[:_RINGS], 1):
        claims = [relation_claim(fact) for fact in way]
        title = f"Ring {number}, of {counted(int(way[0]['score']), 'module')}"
        passage.blocks.append({**block(title, claims[: max(shown, len(claims))]), "form": "steps"})
    if outcome["total"] > _RINGS:
        passage.blocks[-1]["tail"] = f"and {counted(outcome['total'] - _RINGS, 'more ring')}: `clew cycles` shows all"


def central(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    passage.lead = f"Most of the code leads to these{place_asked(outcome)}, so a mistake in them reaches furthest:"
    claims = [_claim(fact, f"used by {counted(int(fact['score']), 'symbol')}") for fact in facts]
    passage.blocks.append(cut_list(claims, shown, "clew hotspots --limit 100", len(claims)))


def presence(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """Yes, no, or only named: who imports it first, then what else names it."""
    thing = f"`{outcome['name']}`"
    if facts[0]["kind"] == "absence":
        passage.lead = f"No: none of the {counted(outcome['total'], 'indexed file')} names {thing}."
        silent = [
            claim_row(f"`{fact['citation']['path']}` declares nothing of that name", [fact["citation"]])
            for fact in facts
        ]
        passage.blocks.append(cut_list(silent, shown, "", len(silent)))
        return
    by_how: dict[str, list[ClaimRow]] = {}
    many: dict[str, int] = {}
    aside = True
    for fact in facts:
        how, word, is_aside, text = fact["note"].split("\t", 3)
        claim = claim_row(f"`{text.replace('`', chr(39))}`", [fact["citation"]], identifiers=[word] if word else [])
        by_how.setdefault(how, []).append(claim)
        many[how] = int(fact["score"])
        aside &= bool(is_aside) or how == "document"
    imports, declares = many.get("imported", 0), many.get("declared", 0)
    if imports:
        passage.lead = (
            f"Yes: **{counted(imports, 'file')}** {'imports' if imports == 1 else 'import'} what is called {thing}."
        )
    elif declares:
        passage.lead = f"{thing} is named in {counted(declares, 'manifest')}; no file imports a package of that name."
    elif code := many.get("code", 0):
        passage.lead = f"No file imports a package called {thing}, but **{counted(code, 'file')}** of code {'names' if code == 1 else 'name'} it."
    else:
        passage.lead = f"No code names {thing}; **{counted(many['document'], 'document')}** {'does' if many['document'] == 1 else 'do'}."
    if aside and "document" not in by_how:
        passage.lead = f"{passage.lead.removesuffix('.')}, in tests and examples only."
    room = shown
    for how, title in (
        ("imported", "Imported"),
        ("declared", "In manifests"),
        ("code", "Named in the code"),
        ("document", "Named in documents"),
    ):
        if how in by_how:
            listed = cut_list(by_how[how], max(room, 2), "", many[how])
            passage.blocks.append({**listed, "title": title})
            room = max(room - len(listed["claims"]), 0) // 2


WHOLE_PASSAGES: dict[str, Write] = {
    "unused": unused,
    "untested": untested,
    "cycles": circular,
    "central": central,
    "presence": presence,
}


def _alone(fact: Evidence) -> bool:
    return fact["note"] == "unused" and not fact["score"]


def place_asked(outcome: Outcome) -> str:
    """Return where the question looks, behind a sentence: empty for all of the code."""
    return f" in `{outcome['name'].partition('#')[0].rpartition(':')[2]}`" if outcome["name"] else ""


def _claim(fact: Evidence, what: str) -> ClaimRow:
    about = fact["about"]
    assert about is not None
    text = f"{kind_of(about).capitalize()} `{about['qualified_name']}`: {what}"
    return claim_row(text, [fact["citation"]], identifiers=[about["qualified_name"]])
