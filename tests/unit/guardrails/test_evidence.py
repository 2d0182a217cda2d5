"""Corrupted claims are caught, true ones kept, against the bookshop's real graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents.services import Services
from guardrails.evidence import Judgement, findings_of, judge
from guardrails.record import last_part
from knowledge.evidence import Citation, Claim, ClaimStatus, StatedRelation
from knowledge.scope import EVERYTHING, Scope
from tests.bookshop import NAME, line_of, open_services, write_bookshop

CHECKOUT, TOTAL = f"{NAME}:shop/orders.py#checkout", f"{NAME}:shop/orders.py#Order.total"
CALL_LINE = line_of("shop/orders.py", 'json.dumps({"total"')


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(tmp_path_factory.mktemp("store"), write_bookshop(tmp_path_factory.mktemp("bookshop")))
    yield opened
    opened.graph.close()


@pytest.fixture(scope="module")
def call(services: Services) -> Claim:
    """A true claim: checkout calls Order.total."""
    revision = services.graph.repositories(EVERYTHING)[0].revision
    citation = Citation(NAME, "shop/orders.py", CALL_LINE, CALL_LINE, "shop.orders.checkout", revision)
    return Claim(
        "`checkout` calls `Order.total`",
        (citation,),
        identifiers=("shop.orders.checkout", "shop.orders.Order.total"),
        relations=(StatedRelation("CALLS", CHECKOUT, TOTAL),),
        tier="exact",
    )


def judged(services: Services, claim: Claim, quote: str = "", scope: Scope = EVERYTHING) -> Judgement:
    return judge(services.graph, scope, [claim], quotes=[quote])[0]


def test_a_true_claim_is_verified(services: Services, call: Claim) -> None:
    judgement = judged(services, call)
    assert judgement.faults == ()
    assert judgement.claim.status is ClaimStatus.VERIFIED


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_call_site_one_line_off_is_refuted(services: Services, call: Claim, shift: int) -> None:
    line = CALL_LINE + shift
    moved = replace(call, citations=(replace(call.citations[0], start_line=line, end_line=line),))
    if shift == 1:  # past the end of the file, or of the function
        assert judged(services, moved).claim.status is ClaimStatus.REFUTED
    else:
        assert "not where" in judged(services, moved).faults[0]


def test_a_reversed_relation_is_refuted_and_named(services: Services, call: Claim) -> None:
    judgement = judged(services, replace(call, relations=(StatedRelation("CALLS", TOTAL, CHECKOUT),)))
    assert judgement.claim.status is ClaimStatus.REFUTED
    assert "reversed" in judgement.faults[0]


def test_another_kind_of_relation_is_refuted(services: Services, call: Claim) -> None:
    judgement = judged(services, replace(call, relations=(StatedRelation("INHERITS", CHECKOUT, TOTAL),)))
    assert judgement.claim.status is ClaimStatus.REFUTED


def test_an_invented_identifier_is_refuted(services: Services, call: Claim) -> None:
    judgement = judged(services, replace(call, identifiers=("shop.orders.brew_coffee",), relations=()))
    assert judgement.claim.status is ClaimStatus.REFUTED
    assert any("brew_coffee" in fault for fault in judgement.faults)


def test_an_unknown_word_that_the_evidence_holds_is_no_invention(services: Services, call: Claim) -> None:
    claim = replace(call, identifiers=("dumps", "Order.total"), relations=())
    assert judge(services.graph, EVERYTHING, [claim])[0].faults == ()
    claim = replace(call, identifiers=("frobnicate", "json"), relations=())
    assert judge(services.graph, EVERYTHING, [claim])[0].faults
    assert not judge(services.graph, EVERYTHING, [claim], evidence="we frobnicate it")[0].faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"path": "shop/absent.py"}, "not an indexed file"),
        ({"path": "shop/pricing.py", "start_line": 1, "end_line": 1}, "does not define"),
        ({"start_line": 0}, "outside"),
        ({"end_line": 9999}, "outside"),
        ({"symbol": "shop.orders.Order"}, "are not in"),
        ({"symbol": "shop.orders.nobody"}, "does not define"),
        ({"revision": "0000000"}, "indexed is"),
        ({"repository": "elsewhere"}, "not indexed"),
    ],
)
def test_a_citation_that_does_not_resolve_is_refuted(
    services: Services, call: Claim, change: dict[str, object], fault: str
) -> None:
    judgement = judged(services, replace(call, citations=(replace(call.citations[0], **change),)))  # type: ignore[arg-type]
    assert judgement.claim.status is ClaimStatus.REFUTED
    assert fault in judgement.faults[0]


def test_a_second_citation_that_shows_nothing_is_refuted(services: Services, call: Claim) -> None:
    stray = replace(call.citations[0], start_line=CALL_LINE - 1, end_line=CALL_LINE - 1)
    judgement = judged(services, replace(call, citations=(call.citations[0], stray)))
    assert "shows nothing" in judgement.faults[0]


def test_a_definition_must_stand_where_it_is_cited(services: Services, call: Claim) -> None:
    line = line_of("shop/orders.py", "def checkout")
    here = replace(call.citations[0], start_line=line, end_line=line)
    claim = Claim("`checkout` is defined here", (here,), identifiers=("shop.orders.checkout",))
    assert judged(services, claim).claim.status is ClaimStatus.VERIFIED
    below = replace(claim, citations=(replace(here, start_line=line + 1, end_line=line + 1),))
    assert judged(services, below).claim.status is ClaimStatus.REFUTED


def test_a_quote_must_be_word_for_word(services: Services, call: Claim) -> None:
    claim = replace(call, identifiers=(), relations=())
    text = '    return json.dumps({"total": order.total()})'
    assert judged(services, claim, text).claim.status is ClaimStatus.VERIFIED
    assert "quoted" in judged(services, claim, text.replace("total()", "sum()")).faults[0]


def test_a_claim_without_proof_is_unverified_not_refuted(services: Services) -> None:
    judgement = judged(services, Claim("The sky is blue.", ()))
    assert judgement.claim.status is ClaimStatus.UNVERIFIED
    assert [finding.kind for finding in findings_of([judgement])] == ["claim_unverified"]


def test_outside_the_grant_nothing_is_verified(services: Services, call: Claim) -> None:
    judgement = judged(services, call, scope=Scope(frozenset({"other"})))
    assert judgement.claim.status is ClaimStatus.REFUTED


@pytest.mark.parametrize("name", ["app.Task.run", "r:a.py#Task.run", "Task::run", "run~2", "run()"])
def test_the_last_part_of_a_name(name: str) -> None:
    assert last_part(name) == "run"
