from __future__ import annotations

from typing import Any

from benchmarks.search_speed import measured, told


class Scripted:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def search_code(self, _scope: object, query: str, *, kind: str) -> list[Any]:
        self.asked.append((kind, query))
        return []

    def search_docs(self, _scope: object, query: str) -> list[Any]:
        self.asked.append(("doc", query))
        return []


def test_other_questions_are_asked_before_those_that_count() -> None:
    retriever: Any = Scripted()
    assert len(measured(retriever, ["one", "two"], ["three"], "symbol")) == 2
    assert retriever.asked == [("symbol", "three"), ("symbol", "one"), ("symbol", "two")]
    measured(retriever, ["four"], [], "doc")
    assert retriever.asked[-1] == ("doc", "four")


def test_costs_are_told_by_median_and_the_slowest_twentieth() -> None:
    assert told([(1.0, 10.0)] * 5) == "CPU p50 1.0 p95 1.0, wall p50 10.0 p95 10.0"
