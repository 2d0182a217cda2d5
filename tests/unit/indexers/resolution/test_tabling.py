"""Circles of questions have one answer; what varies is forgotten when it changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from indexers.resolution.tabling import MAX_DEPTH, Memo, OtherState, Tabling, TooMuch
from indexers.resolution.tracking import Recorder
from indexers.resolution.values import UNKNOWN, Outcome


class Graph(Tabling):
    """Node -> the values that it has itself and the nodes whose values it takes over."""

    def __init__(self, links: Mapping[int, tuple[set[int], list[int]]], recorder: Recorder | None = None) -> None:
        super().__init__(recorder)
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


def test_in_another_state_what_does_not_hold_is_asked_again_and_put_back() -> None:
    links: dict[int, tuple[set[int], list[int]]] = {1: (set(), [2, -3]), 2: ({2}, []), -3: ({3}, [1])}
    graph = Graph(links, Recorder())
    assert graph.ask(1)[0] == (2, 3)
    kept = dict(graph.memo)
    links[-3] = ({4}, [1])
    with graph.in_state(OtherState(lambda depends: 3 not in depends, 10)):
        assert graph.ask(1)[0] == (2, 4), "in a circle too"
        assert graph.ask(2)[0] == (2,)
        assert graph.memo[2] is kept[2], "what does not vary is not asked again"
    assert graph.memo == kept
    with graph.in_state(OtherState(lambda _depends: True, 0)):
        assert graph.ask(1)[0] == (2, 3)
    with pytest.raises(TooMuch), graph.in_state(OtherState(lambda _depends: False, 1)):
        graph.ask(1)
