"""How an answer shall look: how deep, with a diagram, as a table. Read from the question, the caller's wish and the profile.

The words that say so are data of the release. What the caller asks for outright comes first, then the question's own words,
then the habit of the person: more than half of at least HABIT answers asked for in one depth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agents.context import Context
from agents.state import Block, Draft, MannerRow
from configs.release import Manner
from knowledge.profile import Profile

DEPTHS = ("brief", "normal", "deep")
HABIT = 5
_LONGEST_SAID = 400
"""Characters of a question within which a manner is looked for: a pasted log asks for nothing."""
_BRIEF_BLOCKS = 2
_LONGEST_LIST = 15


def manner_of(question: str, context: Context, profile: Profile | None, manner: Manner) -> MannerRow:
    """Return how this question wants to be answered. `said`: the depth that somebody asked for outright, empty when nobody did."""
    said = context.depth if context.depth in DEPTHS else _depth_said(question, manner)
    return MannerRow(
        depth=said or _habit(profile) or "normal",
        said=said,
        diagram=context.diagram or _says(question, manner.diagram),
        table=_says(question, manner.table),
    )


def plain(question: str, manner: Manner) -> str:
    """Return the question without the words that only say how it shall be answered, and to whom."""
    if len(question) > _LONGEST_SAID or "\n" in question:  # what is pasted is no request
        return question
    text = question
    for pattern in (*manner.depths_said.values(), manner.diagram, manner.table, manner.reader):
        text = re.sub(pattern, _what_is_asked, text, flags=re.IGNORECASE) if pattern else text
    if text == question:
        return question
    text = re.sub(r"[\s,;:]+([?!.,;])", r"\1", " ".join(text.split())).strip(" ,;:")
    return text if re.search(r"\w{2}", text) else question


def _what_is_asked(said: re.Match[str]) -> str:
    """Return what a phrase of the manner leaves: its group `asked`, which only tells where the phrase may stand."""
    return f"{said.groupdict().get('asked') or ''} "


def at_depth(draft: Draft, manner: MannerRow) -> Draft:
    """Return the draft in its depth and form: a brief one says what it found and quotes nothing that it can point at."""
    shaped = draft
    if manner["depth"] == "brief":
        shaped = {**draft, "blocks": [_brief(block) for block in draft["blocks"][:_BRIEF_BLOCKS]]}
    return {**shaped, "blocks": [_tabled(block, manner["table"]) for block in shaped["blocks"]]}


def _brief(block: Block) -> Block:
    plainly = [claim for claim in block["claims"] if not claim["quote"]]
    return {**block, "claims": plainly or block["claims"][:1]}


def _tabled(block: Block, wanted: bool) -> Block:
    """Rows to compare, and lists that are too long to be read as one, are tables."""
    rows = sum(not claim["quote"] for claim in block["claims"])
    if block.get("form") == "steps" or rows <= (1 if wanted else _LONGEST_LIST):
        return block
    return {**block, "form": "table"}


def _depth_said(question: str, manner: Manner) -> str:
    return next((depth for depth, pattern in manner.depths_said.items() if _says(question, pattern)), "")


def _says(question: str, pattern: str) -> bool:
    return bool(pattern) and len(question) <= _LONGEST_SAID and re.search(pattern, question, re.IGNORECASE) is not None


def _habit(profile: Profile | None) -> str:
    counts: Mapping[str, int] = profile.of("manner") if profile is not None else {}
    total = sum(counts.values())
    return next(
        (depth for depth, count in counts.items() if total >= HABIT and 2 * count > total and depth in DEPTHS), ""
    )
