"""True prose about the bookshop is kept, and every way to make it false is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.services import Services
from configs.release import Releases
from guardrails.evidence import Judgement, findings_of
from guardrails.prose import judge_prose
from guardrails.reading import units_of
from knowledge.evidence import Citation, ClaimStatus
from knowledge.scope import EVERYTHING
from tests.bookshop import NAME, line_of, open_services, write_bookshop

READING = Releases().get("default").guards.reading
CALL = line_of("shop/orders.py", 'json.dumps({"total"')
CHECKOUT = line_of("shop/orders.py", "def checkout")
SUPER = line_of("shop/orders.py", "super().total()")
GIFT = line_of("shop/orders.py", "class GiftOrder")
RAISES = line_of("shop/pricing.py", "raise ValueError")
TOTAL = line_of("shop/orders.py", "def total")
TAXED = line_of("shop/orders.py", "return with_tax")
TAX = line_of("shop/pricing.py", "total * 1.2")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = open_services(tmp_path_factory.mktemp("store"), write_bookshop(tmp_path_factory.mktemp("bookshop")))
    yield opened
    opened.graph.close()


def judged(services: Services, answer: str, evidence: str = "") -> list[Judgement]:
    revision = services.graph.repositories(EVERYTHING)[0].revision
    units = units_of(answer)
    citations = [[Citation(NAME, p.path, p.first, p.last, None, revision) for p in unit.places] for unit in units]
    return judge_prose(services.graph, EVERYTHING, units, citations, READING, evidence)


def worst(judgements: list[Judgement]) -> tuple[str, str]:
    order = [ClaimStatus.REFUTED, ClaimStatus.UNVERIFIED, ClaimStatus.UNKNOWN, ClaimStatus.VERIFIED]
    one = min(judgements, key=lambda judgement: order.index(judgement.claim.status))
    return one.claim.status.value, "; ".join([*one.faults, *one.doubts])


ORDERS, PRICING = "shop/orders.py", "shop/pricing.py"
TRUE = [
    f"`checkout` calls `Order.total` ({ORDERS}:{CALL}).",
    f"`Order.total` is invoked by `checkout` [{ORDERS}:{CALL}].",
    f"`GiftOrder` inherits from `Order` `{ORDERS}:{GIFT}`.",
    f"`GiftOrder.total` overrides `Order.total` ({ORDERS}:{GIFT}-{SUPER}).",
    f"`discount` raises `ValueError` ({PRICING}:{RAISES}).",
    f"`checkout` is defined at {ORDERS}:{CHECKOUT}.",
    f"The total is multiplied by 1.2 ({PRICING}:{TAX}).",
    f"`with_tax` returns `total * 1.2` ({PRICING}:{TAX}).",
    f"`with_tax` has one caller: `Order.total` ({ORDERS}:{TAXED}).",
    f"`with_tax` has one caller:\n\n- `Order.total` ({ORDERS}:{TAXED})\n",
    f"These functions call `with_tax` ({PRICING}:{TAX - 2}).\n\n| Caller | Place |\n|---|---|\n| `Order.total` | {ORDERS}:{TAXED} |\n",
    f"From `with_tax` ({PRICING}:{TAX - 2}-{TAX}):\n\n```python\nreturn total * 1.2\n```\n",
    "In short:\n",
]
FALSE = [
    (f"`Order.total` calls `checkout` ({ORDERS}:{CALL}).", "refuted", "reversed"),
    (f"`checkout` does not call `Order.total` ({ORDERS}:{CALL}).", "refuted", "said not to be so"),
    (f"`checkout` calls `brew_coffee` ({ORDERS}:{CALL}).", "refuted", "brew_coffee"),
    (f"`checkout` calls `discount` ({ORDERS}:{CALL}).", "refuted", "does not hold"),
    (f"`checkout` calls `Order.total` ({ORDERS}:{GIFT}).", "refuted", "is not where"),
    (f"`checkout` calls `Order.total` (shop/absent.py:{CALL}).", "refuted", "not an indexed file"),
    (f"`checkout` calls `Order.total` ({ORDERS}:9999).", "refuted", "outside"),
    ("`checkout` calls `Order.total`.", "unverified", "nothing is cited"),
    (f"`Stock.total` raises `ValueError` ({PRICING}:{RAISES}).", "refuted", "Stock.total"),
    (f"`discount` raises `KeyError` ({PRICING}:{RAISES}).", "refuted", "KeyError"),
    (f"The total is multiplied by 1.3 ({PRICING}:{TAX}).", "unverified", "does not say 1.3"),
    (f"`checkout` is defined at {ORDERS}:{CHECKOUT + 1}.", "refuted", "is not defined at"),
    (f"The class `checkout` is defined at {ORDERS}:{CHECKOUT}.", "refuted", "no class"),
    (f"`with_tax` has three callers: `Order.total` ({ORDERS}:{TAXED}).", "refuted", "announced"),
    (f"`checkout` always calls `Order.total` ({ORDERS}:{CALL}).", "unverified", "always"),
    (f"`checkout` is the function that books are paid with ({PRICING}:{TAX}).", "unverified", "does not mention"),
    (f"It says \"too expensive\" in `discount` ({PRICING}:{RAISES}).", "unverified", "too expensive"),
    (f"From `with_tax` ({PRICING}:{TAX - 2}-{TAX}):\n\n```python\nreturn total * 1.5\n```\n", "refuted", "quoted lines"),
    ("As it stands in the repository:\n\n```python\nreturn total * 1.5\n```\n", "refuted", "does not stand"),
    ("You could write:\n\n```python\nprint(1)\n```\n", "unverified", ""),
    (f"`checkout` does not call `discount` ({ORDERS}:{CHECKOUT}-{CALL}).", "unknown", "no line can show"),
    ("The design is clean and simple.", "unverified", "nothing is cited"),
]  # fmt: skip


READ_LATER = [
    f"`Order.total` has `checkout` among its callers ({ORDERS}:{CALL}).",
    f"In `checkout`, the method `Order.total` gets called ({ORDERS}:{CALL}).",
    f"`Order.total`: called by `checkout` ({ORDERS}:{CALL})",
    f"`checkout` lets `Order.total` do the work ({ORDERS}:{CALL}).",
    f"One caller was found: `Order.total` is called by `checkout` ({ORDERS}:{CALL}).",
    f"`with_tax` has the following one callers: `Order.total` ({ORDERS}:{TAXED}).",
    f"`GiftOrder.total` overrides what `Order.total` does ({ORDERS}:{GIFT}-{SUPER}).",
    f"The method `total` is part of `Order` ({ORDERS}:{TOTAL}).",
    f"`Order` implements `total` ({ORDERS}:{TOTAL}).",
    f"Without `Order.total`, which it calls, `checkout` could do little ({ORDERS}:{CALL}).",
    f"`checkout` is where `Order.total` is called ({ORDERS}:{CALL}).",
    f"`checkout`, among other things, calls `Order.total` ({ORDERS}:{CALL}).",
    f"`total` is defined in the class `Order` ({ORDERS}:{TOTAL}).",
    f"`total`, a method of `Order`, is at {ORDERS}:{TOTAL}.",
    f"If the price is negative, a `ValueError` is raised, see `discount` ({PRICING}:{RAISES}).",
    f"`checkout` calls `Order.total` ({ORDERS}:{CALL}); apart from that, `GiftOrder` inherits from `Order` ({ORDERS}:{GIFT}).",
    "**Relevant facts**\n",
    f"**Relevant facts**\n\n- `checkout` calls `Order.total` ({ORDERS}:{CALL}).\n",
    f"There is one function: one caller of `with_tax`, namely `Order.total` ({ORDERS}:{TAXED}).",
    f"One functions depend on `with_tax`: `Order.total` ({ORDERS}:{TAXED}).",
    f"The error `ValueError` comes from `discount` ({PRICING}:{RAISES}).",
    f"`checkout` transitively calls `with_tax`, by way of `Order.total` ({ORDERS}:{CALL}).",
    f"`checkout` farms all of it out to `Order.total` ({ORDERS}:{CALL}).",
    f"`Order.total` is orchestrated from `checkout` ({ORDERS}:{CALL}).",
]


@pytest.mark.parametrize(
    "answer",
    [
        f"`Order.total` farms all of it out to `checkout` ({ORDERS}:{CALL}).",
        f"`checkout` is orchestrated from `Order.total` ({ORDERS}:{CALL}).",
        f"`with_tax` transitively calls `checkout` ({ORDERS}:{CALL}).",
    ],
)
def test_a_direction_turned_round_by_an_unread_verb_is_not_verified(services: Services, answer: str) -> None:
    assert worst(judged(services, answer))[0] != "verified"


@pytest.mark.parametrize("answer", READ_LATER)
def test_other_wordings_of_what_is_true_are_verified(services: Services, answer: str) -> None:
    assert worst(judged(services, answer)) == ("verified", "")


@pytest.mark.parametrize(
    "answer",
    [
        f"`checkout` is the function that calls `Order.total` most often ({ORDERS}:{CALL}).",
        f"`Order.total` is the most important method that `checkout` calls ({ORDERS}:{CALL}).",
        f"`GiftOrder` is the largest subclass of `Order` ({ORDERS}:{GIFT}).",
        f"More often than any other error, `discount` raises `ValueError` ({PRICING}:{RAISES}).",
        f"`checkout` used to call `Order.total` ({ORDERS}:{CALL}).",
        f"Formerly `checkout` called `Order.total` ({ORDERS}:{CALL}).",
        f"`checkout` once called `Order.total`; that was removed ({ORDERS}:{CALL}).",
    ],
)
def test_what_no_line_of_now_can_show_is_not_verified(services: Services, answer: str) -> None:
    status, reason = worst(judged(services, answer))
    assert (status, "no line can show" in reason) == ("unverified", True), reason


@pytest.mark.parametrize(
    "statement",
    [
        "It would be wrong to say that `checkout` calls `Order.total`",
        "It is a common misconception that `checkout` calls `Order.total`",
        "One might think that `checkout` calls `Order.total`, but that is not the case",
        "The claim that `checkout` calls `Order.total` is false",
        "Supposedly `checkout` calls `Order.total`",
        "Contrary to its name, `checkout` in no way calls `Order.total`",
        "`checkout` hardly calls `Order.total`",
    ],
)
def test_what_takes_back_a_true_relation_is_not_verified(services: Services, statement: str) -> None:
    assert worst(judged(services, f"{statement} ({ORDERS}:{CALL})."))[0] in ("unverified", "refuted")


@pytest.mark.parametrize("quality", ["deprecated", "thread-safe", "recursive", "purely experimental"])
def test_a_quality_that_the_cited_lines_do_not_say_is_not_verified(services: Services, quality: str) -> None:
    told = f"`checkout` calls `Order.total` ({ORDERS}:{CALL}). `checkout` is {quality} ({ORDERS}:{CALL})."
    status, reason = worst(judged(services, told))
    assert (status, "does not say" in reason) == ("unverified", True), reason


@pytest.mark.parametrize("answer", TRUE)
def test_true_prose_is_verified(services: Services, answer: str) -> None:
    assert worst(judged(services, answer)) == ("verified", "")


@pytest.mark.parametrize(("answer", "status", "reason"), FALSE)
def test_false_prose_is_named(services: Services, answer: str, status: str, reason: str) -> None:
    found = worst(judged(services, answer))
    assert found[0] == status, found
    assert reason in found[1]


def test_code_of_the_evidence_is_the_repositorys_without_a_citation(services: Services) -> None:
    answer = "Like this:\n\n```python\nreturn total * 1.2\n```\n"
    assert worst(judged(services, answer, evidence="def with_tax():\n    return total * 1.2"))[0] == "verified"


def test_findings_say_what_to_repair_and_what_is_only_marked(services: Services) -> None:
    findings = findings_of(judged(services, f"`Order.total` calls `checkout` ({ORDERS}:{CALL}). It is nice."))
    assert [(one.severity, one.action) for one in findings] == [("error", "repair"), ("warning", "annotate")]


MANY = [
    (f"`checkout` calls `Order.total` ({ORDERS}:{CALL}), while `discount` raises `ValueError` ({PRICING}:{RAISES}).", "verified"),
    (f"`checkout` calls `Order.total` ({PRICING}:{RAISES}), while `discount` raises `ValueError` ({ORDERS}:{CALL}).", "refuted"),
    (f"`Order.total` ({ORDERS}:{TAXED}) and `checkout` ({ORDERS}:{CALL}) call `with_tax`.", "refuted"),
    (f"| Caller | Callee | Where |\n|---|---|---|\n| `checkout` | `Order.total` | {ORDERS}:{CALL} |\n", "verified"),
    (f"| Callee | Caller | Where |\n|---|---|---|\n| `checkout` | `Order.total` | {ORDERS}:{CALL} |\n", "refuted"),
    (f"- **`checkout`**: calls `Order.total` ({ORDERS}:{CALL})\n", "verified"),
    (f"- **`Order.total`**: calls `checkout` ({ORDERS}:{CALL})\n", "refuted"),
    (f"`ValueError` is the error that `discount` raises ({PRICING}:{RAISES}).", "verified"),
    (f"`ValueError` is the error that `discount` never raises ({PRICING}:{RAISES}).", "refuted"),
    (f"`discount` stops short of raising the well known `ValueError` ({PRICING}:{RAISES}).", "unverified"),
    (f"`with_tax` is called from dozens of places ({PRICING}:{TAX - 2}).", "unverified"),
    (f"Nothing in `checkout` calls `Order.total` ({ORDERS}:{CALL}).", "refuted"),
    (f"The class named `checkout` is declared at {ORDERS}:{CHECKOUT}.", "refuted"),
    (f"`with_tax` raises `total * 1.2` ({PRICING}:{TAX}).", "refuted"),
    (f"Every method of `Order` calls `with_tax` ({ORDERS}:{TAXED}).", "unverified"),
    (f"`with_tax` is called by one other function:\n\n- `Order.total` ({ORDERS}:{TAXED})\n", "verified"),
    (f"{ORDERS}:{CHECKOUT} defines `checkout`.", "verified"),
    (f"The parent class of `GiftOrder` is `Order` ({ORDERS}:{GIFT}).", "verified"),
    (f"The parent class of `Order` is `GiftOrder` ({ORDERS}:{GIFT}).", "unverified"),
    (f"`Order` serves as the base class for `GiftOrder` ({ORDERS}:{GIFT}).", "verified"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "status"), MANY)
def test_clauses_lists_and_tables_are_judged_part_by_part(services: Services, answer: str, status: str) -> None:
    assert worst(judged(services, answer))[0] == status, judged(services, answer)


@pytest.mark.parametrize("digits", [19, 400, 5_000])
def test_a_number_that_is_longer_than_any_count_is_not_verified(services: Services, digits: int) -> None:
    """A number of 309 digits is infinite to a float; one of 4,301 is refused by Python itself."""
    for noun in ("callers", "methods", "subclasses"):
        status, _ = worst(judged(services, f"`with_tax` has {'1' * digits} {noun} ({PRICING}:{TAX})."))
        assert status != ClaimStatus.VERIFIED.value
