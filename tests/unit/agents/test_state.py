from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from agents.channels import Fresh, join_rows
from agents.state import sum_usage
from agents.turns import MAX_TURNS, join_turns, turn_of


def test_rows_of_parallel_writers_are_joined_and_none_empties() -> None:
    assert join_rows([1], [2]) == [1, 2]
    assert join_rows([1], None) == []
    assert join_rows([1], Fresh([2])) == [2]
    assert join_rows(None, [2]) == [2]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "hi"},
        {"type": "human", "content": "hi"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        ("human", "hi"),
        "hi",
        HumanMessage("hi"),
    ],
)
def test_any_common_form_of_a_message_is_read(message: object) -> None:
    assert turn_of(message) == {"role": "user", "content": "hi"}


def test_one_message_is_appended_and_several_replace() -> None:
    first = join_turns(None, {"role": "user", "content": "a"})
    second = join_turns(first, [AIMessage("b")])
    assert [turn["role"] for turn in second] == ["user", "assistant"]
    assert join_turns(second, ["x", "y"]) == [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}]
    assert join_turns(second, None) == second


def test_no_message_is_dropped_by_the_channel() -> None:
    turns = join_turns(None, [str(number) for number in range(MAX_TURNS + 5)])
    assert len(turns) == MAX_TURNS + 5, "the planner summarises what is too much"
    assert join_turns(turns, Fresh(turns[-1:])) == turns[-1:]


def test_usage_adds_up_and_starts_anew() -> None:
    one = {"input_tokens": 1, "output_tokens": 2}
    assert sum_usage(sum_usage(None, one), one) == {"input_tokens": 2, "output_tokens": 4, "micro_usd": 0}  # type: ignore[arg-type]
    assert sum_usage(one, None) == {"input_tokens": 0, "output_tokens": 0}  # type: ignore[arg-type]
