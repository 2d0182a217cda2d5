"""Circles of questions have one answer; what varies is forgotten when it changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from indexers.resolution.tabling import MAX_DEPTH, Memo, Tabling
from indexers.resolution.values import UNKNOWN, Outcome


class Graph(Tabling):
    """Node -> the values that it has itself and the nodes whose values it takes over."""

    def __init__(self, links: Mapping[int, tuple[set[int], list[int]]]) -> None:
        super().__init__()
        self.links = links
        self.memo: Memo = {}
        self.computed = 0

    def ask(self, node: int) -> Outcome:
        known = self.memo.get(node)
        if known is None:
            return self._solve(self.memo, node, self._compute, (node,))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _compute(self, node: int) -> Outcome:
        self.computed += 1
        own, others = self.links[node]
        found = set(own)
        if node < 0:
            self.depend_on(-node)
        for other in others:
            found.update(self.ask(other)[0])
        return tuple(sorted(found)), 0


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (3, 1, 4, 2), (2, 4, 1, 3)])
def test_a_circle_has_the_same_answers_whoever_is_asked_first(order: tuple[int, ...]) -> None:
    graph = Graph({1: ({1}, [2]), 2: ({2}, [3, 1]), 3: ({3}, [1, 4]), 4: ({4}, [4])})
    answers = {node: graph.ask(node)[0] for node in order}
    assert answers == {1: (1, 2, 3, 4), 2: (1, 2, 3, 4), 3: (1, 2, 3, 4), 4: (4,)}
    assert all(isinstance(known, tuple) for known in graph.memo.values())


def test_a_long_chain_is_answered_whole() -> None:
    length = MAX_DEPTH * 5
    links: dict[int, tuple[set[int], list[int]]] = {node: (set(), [node + 1]) for node in range(1, length)}
    graph = Graph({**links, length: ({7}, [])})
    assert graph.ask(1)[0] == (7,)
    assert graph.computed < length * 4


def test_a_circle_longer_than_the_depth_ends() -> None:
    length = MAX_DEPTH * 3
    graph = Graph({node: ({1} if node == length else set(), [node % length + 1]) for node in range(1, length + 1)})
    assert graph.ask(1)[0] in ((1,), UNKNOWN[0])


def test_only_what_depends_on_a_change_is_forgotten() -> None:
    graph = Graph({1: (set(), [-1]), 2: (set(), [-2]), 3: ({3}, []), -1: ({5}, []), -2: ({6}, [])})
    graph.watch()
    for node in (1, 2, 3):
        graph.ask(node)
    graph.forget_varying({1})
    assert set(graph.memo) == {2, 3, -2}
    graph.stop_watching()
    assert graph.ask(2) == ((6,), 0)
    assert all(isinstance(known, tuple) for known in graph.memo.values())
