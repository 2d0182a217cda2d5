from __future__ import annotations

from agents.drafts.rendering import render, without
from agents.records import citation_row, claim_row, counted
from agents.state import Block, ClaimRow, Draft

HERE = citation_row("r", "a.py", 3, 3, "a.f", "1")
BELOW = citation_row("r", "a.py", 7, 9, "a.f", "1")


def draft(*claims: ClaimRow, sources: int = 0) -> Draft:
    block = Block(intro="It is so.", title="Proof", claims=list(claims), tail="and 2 more")
    return Draft(blocks=[block], unknowns=[], notes=[], sources=[HERE, BELOW][:sources])


def claim(text: str, status: str = "verified", quote: str = "", language: str = "python") -> ClaimRow:
    row = claim_row(text, [HERE], tier=None if quote else "exact", quote=quote, language=language)
    return {**row, "status": status}


def test_a_claim_shows_its_place_and_tier() -> None:
    text = render(draft(claim("`f` calls `g`")))
    assert "- `f` calls `g` — `a.py:3` (exact)" in text
    assert text.startswith("It is so.\n\n**Proof**")
    assert text.endswith("… and 2 more")


def test_the_repository_is_shown_when_there_are_several() -> None:
    assert "`r:a.py:3`" in render(draft(claim("x")), with_repository=True)


def test_code_is_fenced_and_dedented_and_cannot_break_out() -> None:
    text = render(draft(claim("Lines", quote="    a = '''```'''\n        b", language="python")))
    assert "````python\na = '''```'''\n    b\n````" in text


def test_prose_is_quoted() -> None:
    assert "> one\n> two" in render(draft(claim("Section", quote="one\ntwo", language="markdown")))


def test_an_unchecked_claim_is_marked() -> None:
    assert "*(not verified)*" in render(draft(claim("x", status="unverified")))


def test_words_of_a_model_keep_their_shape_and_list_their_sources() -> None:
    rows = [{**claim("First [1].\n\n"), "citations": [HERE]}, {**claim("Second [2]."), "citations": [BELOW]}]
    written = draft(*rows, sources=2)  # type: ignore[arg-type]
    text = render(written)
    assert text.startswith("First [1].\n\nSecond [2].")
    assert "- [2] `a.py:7-9`" in text
    assert "- [2]" not in render(without(written, [written["blocks"][0]["claims"][1]]))


def test_a_block_goes_with_its_last_claim() -> None:
    written = draft(claim("x"))
    assert without(written, written["blocks"][0]["claims"])["blocks"] == []


def test_counts_read_as_words() -> None:
    assert [
        counted(1, "caller"),
        counted(2, "caller"),
        counted(2, "class"),
        counted(3, "dependency"),
        counted(2, "day"),
    ] == [
        "1 caller",
        "2 callers",
        "2 classes",
        "3 dependencies",
        "2 days",
    ]
