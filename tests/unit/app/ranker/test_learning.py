from __future__ import annotations

import pytest

from app.ranker.learning import Judged, fitted, judged, left_out, order


def question(repository: str, right: str) -> Judged:
    candidates = [(name, {"best": 1.0 if name == right else 0.5, "path": 0.3}) for name in ("a.py", "b.py", "c.py")]
    return judged(repository, candidates, frozenset({right}), "file")


QUESTIONS = [question(repository, right) for repository in ("one", "two") for right in ("a.py", "b.py", "c.py")]


def test_what_tells_right_from_wrong_gets_weight() -> None:
    weights = fitted(QUESTIONS, "file")
    assert weights["file.best"] > 1
    assert abs(weights["file.path"]) < 0.01
    assert order(QUESTIONS[1], weights, "file")[0] == "b.py"


def test_one_of_several_answers_may_be_enough() -> None:
    candidates = [("a.py", {"best": 1.0}), ("b.py", {"path": 0.9}), ("c.py", {"path": 1.0})]
    asked = [judged(name, candidates, frozenset({"a.py", "b.py"}), "file") for name in ("one", "two")]
    any_answer, every = fitted(asked, "file", any_answer=True), fitted(asked, "file")
    assert order(asked[0], any_answer, "file")[0] == "a.py"
    assert any_answer["file.best"] > 0 > every["file.best"]


def test_policy_is_not_learned() -> None:
    assert fitted(QUESTIONS, "file")["file.test"] == -2.5


def test_a_repository_is_judged_by_what_others_taught() -> None:
    assert [ranked[0] for ranked in left_out(QUESTIONS, "file")] == ["a.py", "b.py", "c.py"] * 2
    with pytest.raises(ValueError, match="needs two"):
        left_out(QUESTIONS[:3], "file")


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no question"):
        fitted([judged("one", [("a.py", {})], frozenset({"z.py"}), "file")], "file")
