"""An earlier answer to a question alike, for when a model would write and none can be asked.

Beside each remembered answer of a model its question is noted, by the kinds of its steps. Alike is a question with the same steps, names,
numbers and negations, in the same repositories and release, whose other words are mostly the same; how mostly is data of the release.
The answer is given only while every file that it cites is unchanged, and always says that it was made for another question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from agents.memory.remembering import canonical_words
from agents.state import Plan
from configs.code import code_id
from configs.release import Release
from knowledge.ports.memory import Memory, MemoryEntry

KEPT = 60
"""Questions of one kind that are noted, the newest."""
_NEGATIONS = frozenset({"not", "no", "never", "without", "except", "nobody", "nothing", "unless"})


def note_question(memory: Memory, plan: Plan, entry: MemoryEntry, release: Release, at: float) -> None:
    """Note that `entry` answers the question of a plan. Raises StoreError."""
    key = _kind_key(plan)
    known = memory.get(key, scope_key=entry.scope_key, release_id=entry.release_id)
    earlier = [row for row in (known.payload["questions"] if known else []) if row["key"] != entry.key]
    row = {
        "key": entry.key,
        "question": plan["question"],
        "names": _names(plan),
        "words": canonical_words(plan, release.remembering),
        "at": at,
    }
    rows = [row, *earlier][:KEPT]
    memory.put(MemoryEntry(key, {"questions": rows}, entry.scope_key, entry.release_id, ()))


def answer_alike(
    memory: Memory, plan: Plan, scope_key: str, release: Release
) -> tuple[MemoryEntry, dict[str, Any]] | None:
    """Return the answer to the most alike question that still holds, with its note; None when there is none. Raises StoreError."""
    known = memory.get(_kind_key(plan), scope_key=scope_key, release_id=release.id)
    words, names = canonical_words(plan, release.remembering), _names(plan)
    rows = [row for row in (known.payload["questions"] if known else []) if row["names"] == names]
    ranked = sorted(
        ((likeness(words, row["words"]), row["at"], row) for row in rows), key=lambda one: one[:2], reverse=True
    )
    for alike, _, row in ranked:
        if alike < release.remembering.alike_words:
            return None
        entry = memory.get(row["key"], scope_key=scope_key, release_id=release.id)
        if entry is not None:
            return entry, row
    return None


def label_of(row: dict[str, Any], reason: str) -> str:
    """Return what stands above an answer that was made for another question."""
    date = datetime.fromtimestamp(row["at"], UTC).date().isoformat()
    return (
        f"No model could write this ({reason.rstrip('.')}). Below is the answer of {date} to “{row['question']}”; the files that it"
        " cites have not changed since."
    )


def likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of words that two questions have in common, 0 when a number or a negation differs."""
    left, right = set(one), set(other)
    if _weighty(left) != _weighty(right):
        return 0.0
    return len(left & right) / len(left | right) if left | right else 1.0


def _weighty(words: set[str]) -> set[str]:
    return {word for word in words if word in _NEGATIONS or any(letter.isdigit() for letter in word)}


def _names(plan: Plan) -> list[list[str]]:
    return [step["names"] for step in plan["steps"]]


def _kind_key(plan: Plan) -> str:
    kinds = [[step["intent"], step["operation"]] for step in plan["steps"]]
    return "alike:" + hashlib.sha256(json.dumps([code_id(), *kinds]).encode()).hexdigest()
