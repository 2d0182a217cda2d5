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


def test_each_question_is_asked_once_before_it_counts() -> None:
    retriever: Any = Scripted()
    assert len(measured(retriever, ["one", "two"], "symbol")) == 2
    assert retriever.asked == [("symbol", "one"), ("symbol", "two")] * 2
    measured(retriever, ["three"], "doc")
    assert retriever.asked[-1] == ("doc", "three")


def test_costs_are_told_by_median_and_the_slowest_twentieth() -> None:
    assert told([(1.0, 10.0)] * 5) == "CPU p50 1.0 p95 1.0, wall p50 10.0 p95 10.0"
