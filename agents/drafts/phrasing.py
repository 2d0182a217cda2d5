"""From the outcome of a task to its passage: its own words when it found something, else what is known instead.

Pure functions; no markup beyond backticks and emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.drafts.claims import Passage, block, cut_all, cut_list, definition_claim, quote_claim
from agents.drafts.passages import PASSAGES, relations, search
from agents.drafts.whole_passages import place_asked
from agents.records import claim_row, counted, short_name
from agents.state import OF_THE_WHOLE, WITHOUT_NAME, Block, ClaimRow, Evidence, Outcome
from knowledge.evidence import Verdict
from tools.places import is_aside

_SITE = re.compile(r":\d+$")
_FILES_NAMED = 3


def passage_of(outcome: Outcome, facts: Sequence[Evidence], shown: int) -> Passage:
    """Return the passage of a task: its own words when it found something, else what is known instead.

    Args:
        shown: claims of a list before it is cut.
    """
    passage = Passage()
    if outcome["message"] and outcome["operation"] != "path":
        passage.unknowns.append(f"{_what(outcome)}: {outcome['message']}")
    if outcome["operation"] == "search":
        search(passage, outcome, facts)
        return _opened(passage)
    if any(fact["kind"] == "spelled" for fact in facts):
        _spelled(passage, outcome, facts, shown)
    elif outcome["verdict"] == Verdict.AMBIGUOUS.value:
        _ambiguous(passage, outcome, facts, shown)
    elif outcome["operation"] == "traceback" and not facts:
        passage.lead = "Where this error comes from is not in the indexed code."
    elif outcome["symbol"] is None and not facts and outcome["operation"] not in WITHOUT_NAME:
        _not_known(passage, outcome)
    elif not facts and outcome["operation"] == "presence":
        many = counted(outcome["total"], "indexed file")
        passage.lead = (
            f"No: none of the {many} names `{outcome['name']}`." if outcome["name"] else "What to look for is not said."
        )
    elif not facts and outcome["symbol"] is None:
        passage.lead = _EMPTY.get(outcome["operation"], "The index holds nothing of the kind.")
        if outcome["operation"] in OF_THE_WHOLE:
            passage.lead = f"{passage.lead.removesuffix('.')}{place_asked(outcome)}."
    elif not facts:
        _nothing(passage, outcome)
        _other_meanings(passage, outcome)
    elif (
        outcome["symbol"] is None
        and outcome["operation"] not in WITHOUT_NAME
        and not any(fact["kind"] == "relation" for fact in facts)
    ):
        search(passage, outcome, facts)  # what was found by words is no import of anything
    elif outcome["symbol"] is None and outcome["operation"] not in WITHOUT_NAME:
        _outside(passage, outcome, facts, shown)
    else:
        PASSAGES.get(outcome["operation"], relations)(passage, outcome, facts, shown)
        _other_meanings(passage, outcome)
    _uncovered(passage, outcome)
    return _opened(passage)


def _opened(passage: Passage) -> Passage:
    """Put the lead in front of the first block; it stands alone when there is none."""
    if passage.lead and passage.blocks:
        passage.blocks[0]["intro"] = passage.lead
    elif passage.lead:
        passage.blocks.append(Block(intro=passage.lead, title="", claims=[], tail=""))
    return passage


def _outside(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """A name of another package: what the project does with it, by the lines that say so."""
    many = counted(outcome["total"], "file")
    verb = "imports" if outcome["total"] == 1 else "import"
    passage.lead = f"`{outcome['name']}` comes from outside the project; **{many}** {verb} it or its package."
    if outcome["operation"] != "importers":
        passage.unknowns.append(
            f"which lines of these files use `{outcome['name']}`: foreign code is not followed further"
        )
    by_file: dict[str, ClaimRow] = {}
    for fact in sorted(facts, key=lambda fact: is_aside(fact["citation"]["path"])):
        about = fact["about"]
        assert about is not None
        claim = claim_row(f"`{short_name(about)}` imports it here", [fact["citation"]], tier=fact["tier"])
        known = by_file.setdefault(about["id"], claim)
        if known is not claim:
            known["citations"] += claim["citations"]
    passage.blocks.append(cut_list(list(by_file.values()), shown, "", outcome["total"]))


def _ambiguous(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    candidates = outcome["candidates"] or [fact["about"] for fact in facts if fact["about"] is not None]
    passage.lead = f"`{outcome['name']}` may mean {counted(len(candidates), 'symbol')}. Ask again with the full name."
    passage.blocks.append(cut_all([definition_claim(symbol) for symbol in candidates], shown, "", outcome))


def _not_known(passage: Passage, outcome: Outcome) -> None:
    passage.lead = f"The index has no symbol named `{outcome['name']}`."
    passage.unknowns.append(f"`{outcome['name']}` is not in the indexed code")
    if outcome["candidates"]:
        claims = [definition_claim(symbol) for symbol in outcome["candidates"][:5]]
        passage.blocks.append(block("Names close to it", claims))


def _spelled(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """A name that no symbol has: what documents explain under it, then the lines that hold it, those of the product first."""
    by_how: dict[str, list[ClaimRow]] = {}
    for fact in facts:
        if fact["kind"] != "spelled":
            passage.blocks.append(block("", [quote_claim(fact, "Documented here")]))
            continue
        how, word, text = fact["note"].split("\t", 2)
        about = fact["about"]
        where = f"`{short_name(about)}`: " if about is not None and about["local_name"] else ""
        by_how.setdefault(how, []).append(claim_row(f"{where}`{text}`", [fact["citation"]], identifiers=[word]))
    many = counted(outcome["total"], "line")
    of_code = (
        f"**{many}** of code {'holds' if outcome['total'] == 1 else 'hold'} it"
        if outcome["total"]
        else "no line of code holds it"
    )
    passage.lead = f"`{outcome['name']}` is no symbol of the index; {of_code}{_in_shorter_form(outcome, facts)}."
    room = shown
    for how, title in (("code", "In the code"), ("aside", "In tests and examples"), ("document", "In documents")):
        if (claims := by_how.get(how)) and room:
            passage.blocks.append({**cut_list(claims, min(room, _LINES_SHOWN[how]), "", len(claims)), "title": title})
            room = max(room - len(claims), 0)
    if outcome["candidates"]:
        close = [definition_claim(symbol) for symbol in outcome["candidates"][:_CLOSE_NAMES]]
        passage.blocks.append(block("Names close to it", close))


_CLOSE_NAMES = 3
_LINES_SHOWN = {"code": 12, "aside": 4, "document": 3}


def _in_shorter_form(outcome: Outcome, facts: Sequence[Evidence]) -> str:
    word = next(fact["note"].split("\t")[1] for fact in facts if fact["kind"] == "spelled")
    return "" if word == outcome["name"] else f", as `{word}`"


def _nothing(passage: Passage, outcome: Outcome) -> None:
    symbol = outcome["symbol"]
    assert symbol is not None
    what = _NOTHING.get(outcome["operation"], "no result for {name}").format(
        name=f"`{symbol['qualified_name']}`", package=f"`{outcome['name']}`", other=f"`{outcome['message']}`"
    )
    if outcome["verdict"] == Verdict.UNKNOWN.value:
        passage.lead = f"There is {what} that could be resolved; some places could not be looked into."
    else:
        passage.lead = f"There is {what} in the indexed code."
    passage.blocks.append(block("", [definition_claim(symbol)]))


_NOTHING = {
    "callers": "no call of {name}",
    "usages": "no use of {name}",
    "callees": "no call to project code in {name}",
    "impact": "nothing that depends on {name}",
    "subclasses": "no type derived from {name}",
    "overrides": "no override of {name}",
    "superclasses": "no base type of {name}",
    "hierarchy": "neither base nor derived type of {name}",
    "importers": "no import of {name}",
    "imports": "no import in the file of {name}",
    "tests": "no test that reaches {name}",
    "dependants": "nothing outside of {package} that declares or imports it",
    "requirements": "no dependency that {package} declares",
    "path": "no chain of calls from {name} to {other}",
}


_EMPTY = {
    "history": "What changed here cannot be told.",
    "subject": "Which files this is about cannot be told, so neither what changed them nor who knows them.",
    "review": "There is no change that could be reviewed.",
    "configure": "No setting, option or environment variable in the indexed files fits these words.",
    "file": "Which file is meant is not said.",
    "unused": "No candidate: all code that is not shown to the outside is used, as far as can be seen.",
    "untested": "No function was found that tests do not lead to.",
    "cycles": "No module reaches itself by its imports.",
    "central": "No use of one symbol by another is in the index.",
}


def _other_meanings(passage: Passage, outcome: Outcome) -> None:
    others = [f"`{symbol['qualified_name']}`" for symbol in outcome["candidates"]]
    if others and outcome["symbol"] is not None:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        passage.notes.append(
            f"The name also fits {', '.join(others[:3])}{more}; ask with the full name to mean one of those."
        )


def _uncovered(passage: Passage, outcome: Outcome) -> None:
    passage.unknowns += [f"{_what(outcome)}: {place}" for place in grouped(outcome["uncovered"])]


def grouped(places: Sequence[str]) -> list[str]:
    """Return the places that could not be seen, one line a site and one a reason for whole files; tests and examples last.

    Args:
        places: `path:line reason` for a site, `path reason: detail` for a file, as the outcome has them.
    """
    sites: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    rest = []
    for place in places:
        path, _, reason = place.partition(" ")
        if place.startswith("and "):
            rest.append(place)
        elif _SITE.search(path):
            sites.setdefault(path, []).append(reason)
        else:
            what, _, detail = reason.partition(": ")
            # a name ending stands for files: how many, and of which language, is the detail
            files.setdefault(what, []).append(f"{path} ({detail})" if path.startswith("*.") and detail else path)
    lines = [
        f"{site} {reasons[0].replace('one of several', f'one of {len(reasons)}') if len(reasons) > 1 else reasons[0]}"
        for site, reasons in sorted(sites.items(), key=lambda item: is_aside(item[0]))
    ]
    for reason, paths in files.items():
        named = ", ".join(paths[:_FILES_NAMED])
        more = f" and {len(paths) - _FILES_NAMED} more" if len(paths) > _FILES_NAMED else ""
        lines.append(f"{named}{more}: not read ({reason})")
    return lines + rest


def _what(outcome: Outcome) -> str:
    name = outcome["symbol"]["name"] if outcome["symbol"] is not None else outcome["name"]
    return f"{outcome['operation']} of `{name}`" if name else outcome["operation"]
