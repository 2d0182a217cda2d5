"""Whatever a model writes: reading it never fails, loses no character and ends soon; what is refuted is never shown as verified."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.drafts.rendering import claims_of, render, without
from agents.services import Services
from agents.state import Block, Draft
from configs.release import Releases
from guardrails.phrases import phrase_of
from guardrails.prose import judge_prose
from guardrails.reading import units_of
from guardrails.statements import statements_in
from knowledge.evidence import Citation, ClaimStatus
from knowledge.scope import EVERYTHING
from tests.bookshop import NAME, open_services, write_bookshop

READING = Releases().get("default").guards.reading
PIECES = st.sampled_from(
    ["`checkout`", "`Order.total`", "`brew`", " calls ", " is called by ", " not ", ", which ", " and ", "(shop/orders.py:33)", "[1]", "[99]",
     "shop/none.py:1", ". ", ":\n", "\n\n", "- ", "| a | b |\n", "|---|---|\n", "```\n", "~~~py\n", "    x = 1\n", "# ", "> ", "* ", "1. ", "**", "\t",
     "<b>", "[1]: x\n", "\r\n", "\x0b", "\u2028", "é", "N0 C1 V2", "always ", "only ", "three ", "5 ", '"too large"', "`x=1`", "`` ` ``", "\\"]
)  # fmt: skip
ANSWERS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=300))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(tmp_path_factory.mktemp("store"), write_bookshop(tmp_path_factory.mktemp("bookshop")))
    yield opened
    opened.graph.close()


@given(ANSWERS)
def test_the_units_of_any_text_are_the_text(answer: str) -> None:
    units = units_of(answer)
    assert "".join(unit.text for unit in units) == answer
    for at, unit in enumerate(units):
        assert -1 <= unit.lead < at
        statements_in(phrase_of(unit.text, READING), READING)


@given(ANSWERS)
def test_what_is_refuted_is_never_shown_as_verified(services: Services, answer: str) -> None:
    revision = services.graph.repositories(EVERYTHING)[0].revision
    units = units_of(answer)
    citations = [[Citation(NAME, p.path, p.first, p.last, None, revision) for p in unit.places] for unit in units]
    for judgement in judge_prose(services.graph, EVERYTHING, units, citations, READING):
        verified = judgement.claim.status is ClaimStatus.VERIFIED
        assert not (verified and (judgement.faults or judgement.doubts))
        refuted = judgement.claim.status is ClaimStatus.REFUTED
        assert refuted == bool(judgement.faults)
        named = "brew" in judgement.claim.identifiers and judgement.claim.citations
        assert not (verified and named), "an invented name"


@given(st.lists(st.sampled_from([status.value for status in ClaimStatus]), max_size=8))
def test_every_claim_that_is_not_verified_is_marked_or_left_out(statuses: list[str]) -> None:
    rows: Any = [
        {"text": f"Claim {n}x.\n", "status": status, "citations": [], "quote": "", "tier": None}
        for n, status in enumerate(statuses)
    ]
    here: Any = {"repository": "r", "path": "a.py", "start_line": 1, "end_line": 1, "symbol": None, "revision": "1"}
    block = Block(intro="", title="", claims=rows, tail="")
    draft = Draft(blocks=[block], unknowns=[], notes=[], sources=[here])
    refuted = [row for row in claims_of(draft) if row["status"] == "refuted"]
    lines = {
        line.split("x")[0]: line for line in render(without(draft, refuted)).split("\n") if line.startswith("Claim")
    }
    for n, status in enumerate(statuses):
        line = lines.get(f"Claim {n}", "")
        assert (status == "refuted") == (not line)
        assert (status in ("unverified", "unknown")) == ("*(" in line)


@pytest.mark.parametrize(
    "text",
    ["`a` calls " * 3000, "a.b/" * 5000, "| x " * 4000, ">" * 3000 + "x", "- " * 3000, "`" * 5000, "(a/b.py:1) " * 2000, "which " * 4000,
     "`a` and " * 900 + "call `b`", "N0 " * 5000, "not " * 4000, "[" * 4000, "**" * 4000],
)  # fmt: skip
def test_long_answers_take_bounded_time(text: str) -> None:
    start = time.process_time()
    for unit in units_of(text):
        statements_in(phrase_of(unit.text, READING), READING)
    assert time.process_time() - start < 5
