"""Which questions are golden cases: what is measured must never be learned from.

`configs/golden.txt` holds one digest a case and not the questions, so that the set does not ship with what it measures. Made anew by
`python -m knowledge.golden < tests/golden/questions.jsonl > configs/golden.txt`; a test compares.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path

from knowledge.text import query_terms

_FILE = Path(__file__).parents[1] / "configs" / "golden.txt"


def golden_digest(question: str) -> str:
    """Return what is the same of a question whatever its case, its stop words and the order of its words."""
    return hashlib.sha256(b" ".join(sorted(query_terms(question.lower())))).hexdigest()


def is_golden(question: str) -> bool:
    return golden_digest(question) in _digests()


@cache
def _digests() -> frozenset[str]:
    return frozenset(_FILE.read_text("ascii").split())


if __name__ == "__main__":
    for line in sys.stdin:
        print(golden_digest(json.loads(line)["question"]))
