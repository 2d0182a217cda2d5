from __future__ import annotations

import pytest

from app.ranker.learning import Judged, fitted, judged, left_out, order, scored_by_files, weights_left_out
from tools.fusion import FEATURES
from tools.question_sort import QuestionSort


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


def test_symbols_are_scored_anew_by_the_places_of_their_files() -> None:
    files = judged("one", [("a.py", {"best": 0.5}), ("b.py", {"best": 1.0})], frozenset({"b.py"}), "file")
    seen = {"file_score": -9.0, "file_rank": 0.1}
    symbols = judged("one", [("a.py::f", seen), ("b.py::g", seen), ("c.py::h", seen)], frozenset(), "symbol")
    anew = scored_by_files(symbols, files, {"file.best": 4.0})
    columns = [FEATURES["symbol"].index(name) for name in ("file_score", "file_rank")]
    assert anew.table[:, columns].tolist() == [[-2.0, 0.5], [0.0, 1.0], [-2.0, 0.0]]
    nothing = judged("one", [], frozenset(), "file")
    assert scored_by_files(symbols, nothing, {}) is symbols


def test_weights_are_learned_for_each_repository_from_the_others() -> None:
    weights = weights_left_out(QUESTIONS, "file")
    assert set(weights) == {"one", "two"}
    assert weights["one"] == fitted(QUESTIONS[3:], "file")


def test_what_tells_in_short_questions_only_is_learned_with_their_length() -> None:
    asked = []
    for wordy, telling in ((-2.0, "best"), (1.6, "path")):
        for right in ("a.py", "b.py", "c.py"):
            candidates = [(name, {telling: 1.0 if name == right else 0.5}) for name in ("a.py", "b.py", "c.py")]
            asked += [
                judged(name, candidates, frozenset({right}), "file", QuestionSort(wordy)) for name in ("one", "two")
            ]
    weights = fitted(asked, "file")
    assert weights["file.best.long"] < 0 < weights["file.path.long"]
    assert [ranked[0] for ranked in left_out(asked, "file")] == [
        name for name in ("a.py", "b.py", "c.py") * 2 for _ in "12"
    ]
    assert not any(name.endswith(".long") for name in fitted(QUESTIONS, "file"))
    assert "file.test.long" not in weights


def test_what_tells_in_descriptions_only_is_learned_with_them() -> None:
    asked = []
    for described, telling in ((0.0, "path"), (1.0, "chunk")):
        for right in ("a", "b", "c"):
            candidates = [(name, {telling: 1.0 if name == right else 0.5, "file": 0.5}) for name in ("a", "b", "c")]
            asked.append(judged("one", candidates, frozenset({right}), "symbol", QuestionSort(0.0, described)))
    weights = fitted(asked, "symbol")
    assert weights["symbol.path.described"] == 0 < weights["symbol.chunk.described"]
    assert [order(question, weights, "symbol")[0] for question in asked] == ["a", "b", "c"] * 2
    assert not any(name.endswith(".long") for name in weights)
