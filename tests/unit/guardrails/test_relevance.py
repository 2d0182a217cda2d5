"""Refusals, empty talk, and answers to another question or in the other direction are named."""

from __future__ import annotations

import pytest

from agents.services import Services
from configs.release import Releases
from guardrails.prose import judge_prose
from guardrails.reading import units_of
from guardrails.record import Record
from guardrails.relevance import Asked, relevance_faults
from knowledge.evidence import Citation
from knowledge.scope import EVERYTHING
from tests.bookshop import NAME
from tests.unit.guardrails.test_prose import CALL, ORDERS, PRICING, TAX, services

__all__ = ["services"]
READING = Releases().get("default").guards.reading

ABOUT = [
    ("callees", "checkout", f"`checkout` calls `Order.total` ({ORDERS}:{CALL}).", ""),
    ("callers", "Order.total", f"`checkout` calls `Order.total` ({ORDERS}:{CALL}).", ""),
    ("callers", "checkout", f"`checkout` calls `Order.total` ({ORDERS}:{CALL}).", "what it calls"),
    ("callees", "Order.total", f"`checkout` calls `Order.total` ({ORDERS}:{CALL}).", "who calls it"),
    ("explain", "GiftOrder", f"The total is multiplied by 1.2 ({PRICING}:{TAX}).", "does not speak of it"),
    ("explain", "with_tax", f"The total is multiplied by 1.2 ({PRICING}:{TAX}).", ""),
    ("explain", "checkout", "I'm sorry, but I cannot answer that.", "refuses"),
    ("explain", "checkout", "It is well designed and easy to extend.", "states nothing"),
    ("explain", "checkout", "", "states nothing"),
]


@pytest.mark.parametrize(("operation", "name", "answer", "fault"), ABOUT)
def test_what_an_answer_is_about(services: Services, operation: str, name: str, answer: str, fault: str) -> None:
    revision = services.graph.repositories(EVERYTHING)[0].revision
    units = units_of(answer)
    citations = [[Citation(NAME, p.path, p.first, p.last, None, revision) for p in unit.places] for unit in units]
    judgements = judge_prose(services.graph, EVERYTHING, units, citations, READING)
    record = Record.of(services.graph, EVERYTHING)
    faults = relevance_faults(record, [Asked(operation, (name,))], units, judgements, READING)
    assert bool(faults) is bool(fault), faults
    assert fault in "; ".join(faults)
