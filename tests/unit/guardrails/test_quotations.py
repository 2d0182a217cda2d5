from __future__ import annotations

import pytest

from guardrails.quotations import holds

LINES = ["def f(x):", "    if x:", "        return 1", "", "    log()", "    return 2"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["if x:", "    return 1"], True),
        (["def f(x):", "    ...", "    return 2"], True),
        (["def f(x):", "    # ...", "    return 2"], True),
        (["    return 1", "    log()"], True),
        (["def f(x):", "    return 2"], False),
        (["return 2", "...", "return 1"], False),
        (["return 3"], False),
        (["..."], False),
    ],
)
def test_quoted_lines_stand_in_order_and_gaps_are_marked(rows: list[str], expected: bool) -> None:
    assert holds(LINES, rows) is expected
