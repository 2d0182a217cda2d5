"""In which form a model is asked to answer, and what is made of what it wrote: prose, JSON claims, or edits that become a patch.

What cannot be read is asked for once more with the fault named, by the node that writes; what still cannot be read is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.drafts.work_passages import NEEDS_A_MODEL
from agents.state import Block, ClaimRow, Draft
from agents.writing.json_answers import claims_schema, prose_of_claims, without_thinking
from agents.writing.patch_writing import Patch
from configs.prompts import Form
from tools.patches import SCHEMA as EDITS_SCHEMA

_UNREADABLE = "the answer was not the JSON that was asked for, or held no claim: give that JSON and nothing else"
_NUMBERS = re.compile(r"\s*\[\d[\d,\s]*\]")


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """text: sentences with numbers of evidence, None when the answer could not be read; faults: why, fit for the model that is to mend it."""

    text: str | None
    patch: str = ""
    faults: tuple[str, ...] = ()


def schema_of(form: Form, facts: int, max_sentences: int) -> Mapping[str, Any] | None:
    """Return what constrains an answer of a form over so many numbered facts; prose is free."""
    if form == "claims":
        return claims_schema(facts, max_sentences)
    return EDITS_SCHEMA if form == "edits" else None


def read_answer(form: Form, answer: str, check_patch: Callable[[str], Patch]) -> ReadAnswer:
    """Return what a model's answer says.

    Args:
        check_patch: checks a proposal of edits; asked for that form alone.
    """
    if form == "edits":
        patch = check_patch(without_thinking(answer))
        return ReadAnswer(patch.explanation if patch.diff else None, patch.diff, patch.faults)
    text = prose_of_claims(answer) if form == "claims" else without_thinking(answer)
    return ReadAnswer(text) if text else ReadAnswer(None, faults=(_UNREADABLE,))


def patched(draft: Draft, patch: str, explanation: Sequence[ClaimRow]) -> Draft:
    """Return the extractive draft of a request for code with the patch: its explanation first, then what has to follow."""
    said = [{**claim, "text": _NUMBERS.sub("", claim["text"]).strip()} for claim in explanation]
    rows: list[ClaimRow] = [claim for claim in said if claim["text"] and claim["citations"]]  # type: ignore[misc]
    kept = [{**block, "claims": [one for one in block["claims"] if not one["quote"]]} for block in draft["blocks"]]
    blocks: list[Block] = [block for block in kept if block["claims"] or block["intro"]]  # type: ignore[misc]
    if rows:
        blocks.insert(1 if blocks else 0, Block(intro="", title="What changes and why", claims=rows, tail=""))
    notes = [note for note in draft["notes"] if note != NEEDS_A_MODEL]
    return {**draft, "blocks": blocks, "notes": notes, "patch": patch}
