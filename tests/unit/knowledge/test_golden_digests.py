"""The digests that ship are those of the golden set, all of them and no others."""

from __future__ import annotations

import json
from pathlib import Path

from knowledge.golden import golden_digest, is_golden


def test_the_shipped_digests_are_those_of_the_set() -> None:
    lines = Path("tests/golden/questions.jsonl").read_text("utf-8").splitlines()
    digests = [golden_digest(json.loads(line)["question"]) for line in lines]
    assert Path("configs/golden.txt").read_text("ascii").split() == digests


def test_another_question_is_none() -> None:
    assert not is_golden("How is the total of an order summed?")
    assert not is_golden("")
