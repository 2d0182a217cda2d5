from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.state import CitationRow, Evidence
from agents.writing.packing import PROMPT_TOKENS, evidence_text, evidence_tokens, marked, pack
from configs.release import Releases
from guardrails.marking import Marks
from models.tokens import tokens_of

RELEASE = Releases().get("default")
ROOM = RELEASE.limits.window_tokens - RELEASE.limits.answer_tokens - PROMPT_TOKENS


def fact(
    kind: str, text: str, *, line: int = 1, path: str = "a.py", score: float = 0.0, lines: int | None = None
) -> Evidence:
    end = line + (text.count("\n") if lines is None else lines - 1)
    citation = CitationRow(repository="r", path=path, start_line=line, end_line=end, symbol="a.f", revision="1")
    return Evidence(
        id=f"t.{line}",
        task="t",
        kind=kind,
        about=None,
        other=None,
        relation=None,
        tier=None,
        citation=citation,
        excerpt=text,
        hops=0,
        score=score,
        note="",
    )


def words(count: int, word: str = "value") -> str:
    return " ".join([word] * count)


def test_the_most_useful_evidence_is_packed_first_and_the_rest_is_named() -> None:
    facts = [fact(kind, words(2500), path=f"{kind}.py") for kind in ("fact", "excerpt", "section")]
    packed = pack(facts, RELEASE, 20_000)
    assert [f["citation"]["path"] for f in packed.facts] == ["excerpt.py"]
    assert packed.omitted == ("section.py:1", "fact.py:1")
    assert "2 facts (section.py:1, fact.py:1) did not fit" in packed.findings[0]["message"]
    assert packed.notes == ["The model was shown 1 of 3 facts: the others did not fit its window."]


def test_no_room_means_no_evidence_and_says_so() -> None:
    packed = pack([fact("excerpt", words(100))], RELEASE, 1000)
    assert packed.facts == ()
    assert packed.omitted == ("a.py:1",)


def test_of_one_kind_another_file_comes_before_more_of_the_same() -> None:
    facts = [fact("excerpt", f"x{n}", line=n, score=9 - n) for n in (1, 2)] + [fact("excerpt", "y", path="b.py")]
    assert [f["citation"]["path"] for f in pack(facts, RELEASE, 20_000).facts] == ["a.py", "b.py", "a.py"]


def test_words_of_the_question_that_nothing_holds_yet_come_first() -> None:
    facts = [
        fact("excerpt", "the retry loop", path="a.py", score=3),
        fact("excerpt", "the retry again", path="b.py", score=2),
        fact("excerpt", "what a timeout does", path="c.py", score=1),
    ]
    packed = pack(facts, RELEASE, 20_000, "How do retry and timeout work together?")
    assert [f["citation"]["path"] for f in packed.facts] == ["a.py", "c.py", "b.py"]


def test_a_long_excerpt_is_narrowed_to_the_lines_that_matter_and_cites_them() -> None:
    lines = [f"filler {words(12)}"] * 700
    lines[500] = "retry after the timeout"
    packed = pack([fact("excerpt", "\n".join(lines), line=10)], RELEASE, 20_000, "where is the retry after a timeout")
    (narrowed,) = packed.facts
    citation = narrowed["citation"]
    mark, *shown = narrowed["excerpt"].split("\n")
    assert mark == f"(narrowed to lines {citation['start_line']}-{citation['end_line']} of 10-709)"
    assert shown == lines[citation["start_line"] - 10 : citation["end_line"] - 9]
    assert lines[500] in shown
    assert "1 fact (a.py:10-709) narrowed" in packed.findings[0]["message"]


def test_what_are_not_lines_of_the_file_goes_in_whole_or_not_at_all() -> None:
    packed = pack([fact("excerpt", "\n".join([words(12)] * 700), lines=3)], RELEASE, 20_000)
    assert packed.facts == ()
    assert packed.omitted == ("a.py:1-3",)


@given(
    st.lists(st.tuples(st.sampled_from(["excerpt", "section", "relation", "odd"]), st.integers(1, 900)), max_size=12),
    st.integers(0, 9_000),
)
def test_whatever_comes_in_is_packed_within_the_window_or_named_as_left_out(
    sizes: list[tuple[str, int]], budget: int
) -> None:
    facts = [
        fact(kind, "\n".join(["some words of code()"] * size), path=f"{n}.py") for n, (kind, size) in enumerate(sizes)
    ]
    packed = pack(facts, RELEASE, budget, "code words")
    assert len(packed.facts) + len(packed.omitted) == len(facts)
    used = sum(tokens_of(evidence_text(one)) for one in packed.facts)
    assert used <= max(min(ROOM, budget - RELEASE.limits.answer_tokens - PROMPT_TOKENS), 0)
    for one in packed.facts:
        whole = next(f for f in facts if f["citation"]["path"] == one["citation"]["path"])
        assert one == whole or one["excerpt"].startswith("(narrowed to lines ")


def test_a_fact_without_lines_is_a_sentence() -> None:
    assert evidence_text({**fact("summary", ""), "note": "shop\t3\t20"}) == "shop 3 20"


def test_what_a_fact_is_held_to_take_is_what_it_takes_in_the_prompt() -> None:
    """Of a short fact the marks are the larger part: thirty of them were twice as long as they were held to be."""
    facts = [fact("excerpt", words(4), path=f"some/folder/of/it/file_{n}.py") for n in range(30)]
    packed = pack(facts, RELEASE, 20_000)
    marks = Marks("8f0c6a19d3")
    prompt = "\n".join(marked(one, number, marks) for number, one in enumerate(packed.facts, 1))
    held = sum(evidence_tokens(one, "") for one in packed.facts)
    assert held == pytest.approx(tokens_of(prompt), rel=0.05)
