from __future__ import annotations

from agents.state import ClaimRow
from agents.writing.assertions import claims_in, units_in
from agents.writing.packing import pack
from configs.release import Releases
from tests.unit.agents.writing.test_prompting import fact

RELEASE = Releases().get("default")
ANSWER = "`f` calls `g` [1][2]. Nobody knows why [7]. It is in (b.py:3-4). So:\n\n| A | B |\n|---|---|\n| `x` | [1] |\n"


def claims(answer: str = ANSWER) -> list[ClaimRow]:
    packed = pack([fact("excerpt", "def f(): ...", line=4), fact("excerpt", "def g(): ...", line=9)], RELEASE, 20_000)
    return claims_in(answer, packed, RELEASE.guards.reading, lambda path: ("r", "1"))


def test_units_become_claims_with_the_citations_of_their_numbers_and_places() -> None:
    made = claims()
    assert "".join(claim["text"] for claim in made) == ANSWER
    lines = [[c["start_line"] for c in claim["citations"]] for claim in made]
    assert lines == [[4, 9], [], [3], [], [], [4]]
    assert (made[2]["citations"][0]["path"], made[2]["citations"][0]["end_line"]) == ("b.py", 4)


def test_a_place_of_the_evidence_is_the_evidence_itself() -> None:
    assert claims("It is so (a.py:4).")[0]["citations"][0]["symbol"] == "a.f"


def test_what_frames_other_claims_asserts_nothing() -> None:
    assert [claim["status"] for claim in claims()] == ["unverified"] * 3 + ["verified"] * 2 + ["unverified"]


def test_an_answer_that_lost_claims_is_read_claim_by_claim() -> None:
    made = claims()
    assert [unit.text for unit in units_in(made)] == [claim["text"] for claim in made]
    left = [made[0], made[5]]  # without its head a row is no row any more
    assert [unit.text for unit in units_in(left)] == [claim["text"] for claim in left]
