"""Mermaid of what an answer states: its grammar, its escapes, and nothing that was refuted."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agents.drafts.diagrams import MAX_EDGES, escaped, mermaid
from agents.records import claim_row
from agents.state import ClaimRow, RelationRow

NODE = re.compile(r'    n\d+\["[^"\[\]{}<>|`\n\\]*"\]')
EDGE = re.compile(r"    n\d+ (?:-->\|[a-z ]+\||-\. may [a-z ]+ \.->) n\d+")


def claim(source: str, kind: str, target: str, *, tier: str = "exact", status: str = "verified") -> ClaimRow:
    relation = RelationRow(kind=kind, source_id=source, target_id=target)
    return {**claim_row("x", [], relations=[relation], tier=tier), "status": status}


def is_valid(text: str) -> bool:
    head, *lines = text.split("\n")
    plain = (
        NODE.fullmatch(line) or EDGE.fullmatch(line) or re.fullmatch(r"    %% and \d+ more", line) for line in lines
    )
    return head in ("flowchart LR", "flowchart BT") and all(plain)


def test_calls_go_to_the_right_and_inheritance_goes_up() -> None:
    text = mermaid([claim("r:a.py#A.f", "CALLS", "r:b.py#g"), claim("r:b.py#g", "CALLS", "r:b.py#h", tier="ambiguous")])
    assert text.split("\n") == [
        "flowchart LR",
        '    n1["A.f"]',
        '    n2["g"]',
        '    n3["h"]',
        "    n1 -->|calls| n2",
        "    n2 -. may call .-> n3",
    ]
    assert mermaid([claim("r:a.py#B", "INHERITS", "r:a.py#A")]).startswith("flowchart BT")


def test_two_of_one_name_are_told_apart_and_files_are_called_by_their_path() -> None:
    text = mermaid([claim("r:a.py#f", "CALLS", "r:b.py#f"), claim("r:c.py#", "IMPORTS", "r:b.py#f")])
    assert {'    n1["f (a.py)"]', '    n2["f (b.py)"]', '    n3["c.py"]'} <= set(text.split("\n"))


def test_what_was_refuted_is_not_drawn_and_each_relation_once() -> None:
    twice = [claim("r:a#f", "CALLS", "r:a#g")] * 2
    assert mermaid(twice).count("-->") == 1
    assert mermaid([claim("r:a#f", "CALLS", "r:a#g", status="refuted")]) == ""
    assert mermaid([]) == ""


def test_a_large_picture_is_cut_and_says_so() -> None:
    text = mermaid([claim(f"r:a#f{number}", "CALLS", "r:a#g") for number in range(MAX_EDGES + 3)])
    assert text.count("-->") == MAX_EDGES
    assert text.endswith("%% and 3 more")


@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["CALLS", "INHERITS", "x"]), st.text(max_size=30)), min_size=1, max_size=6))  # fmt: skip
def test_no_name_breaks_the_diagram(edges: list[tuple[str, str, str]]) -> None:
    text = mermaid([claim(f"r:{a}#{b}", kind, f"r:{b}#{a}", tier="ambiguous") for a, kind, b in edges])
    assert is_valid(text), text
    assert not set('"[]{}<>|`') & set(escaped('a"b[c]{d}<e>|f`').replace("#", "").replace(";", ""))
