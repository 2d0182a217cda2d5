"""What a question says of the one who asks, and what it speaks of."""

from __future__ import annotations

import pytest

from agents.questions.asker import entities_in, expertise_of, language_of
from agents.questions.names import NameReader
from agents.services import Services
from configs.release import Releases
from knowledge.scope import EVERYTHING

TRIAGE = Releases().get("default").triage


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Who calls discount?", "en"),
        ("Wo wird der Rabatt berechnet?", "de"),
        ("Où est calculée la remise ?", "fr"),
        ("¿Dónde se calcula el descuento?", "es"),
        ("Quem chama o desconto?", "pt"),
        ("Dove viene calcolato lo sconto?", "it"),
        ("discount の説明", "ja"),
        ("折扣在哪里计算", "zh"),
        ("할인은 어디서 계산되나요", "ko"),
        ("छूट कहाँ है", "hi"),
        ("أين يتم حساب الخصم", "ar"),
        ("Где считается скидка", "ru"),
        ("discount", "en"),
    ],
)
def test_language(question: str, language: str) -> None:
    assert language_of(question, TRIAGE.languages) == language


@pytest.mark.parametrize(
    ("question", "expertise"),
    [
        ("I'm new here, what does discount do?", "newcomer"),
        ("explain shop/orders.py like I am a beginner", "newcomer"),
        ("callers of Order.total", "expert"),
        ("Could you tell me where the totals are computed, please?", "regular"),
    ],
)
def test_expertise(question: str, expertise: str) -> None:
    assert expertise_of(question, TRIAGE.newcomer) == expertise


def test_entities_by_kind(bookshop: Services) -> None:
    names = NameReader(bookshop.graph, EVERYTHING, TRIAGE)
    question = 'Since v2.1.0 `Order.total` in shop/orders.py gives "ValueError: no price" behind cart-service, why?'
    found = [(entity["kind"], entity["text"], bool(entity["symbol"])) for entity in entities_in(question, names)]
    assert found == [
        ("error", "ValueError: no price", False),
        ("version", "v2.1.0", False),
        ("service", "cart-service", False),
        ("symbol", "Order.total", True),
        ("path", "shop/orders.py", True),
    ]
