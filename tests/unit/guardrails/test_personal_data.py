"""Personal data in all its forms is masked; what only looks like it is left alone."""

from __future__ import annotations

from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails import personal_data
from guardrails.personal_data import KINDS, iter_personal
from guardrails.redaction import PERSONAL_GATE, TextRedactor
from tests.unit.guardrails import planted_personal as planted

REDACTOR = TextRedactor()


def test_every_rule_has_a_maker() -> None:
    assert set(planted.KINDS) == KINDS


def test_of_the_published_corpus_no_byte_is_left() -> None:
    rows = planted.corpus(planted.PUBLISHED_SEED, 40)
    redacted, findings = REDACTOR.redact("\n".join(line for _, _, line in rows).encode(), "x.md")
    for (kind, datum, _), line in zip(rows, redacted.decode().split("\n"), strict=True):
        assert datum not in line, kind
    assert {finding.gate for finding in findings} == {PERSONAL_GATE}


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_recall_by_kind_on_other_seeds(seed: int) -> None:
    found: Counter[str] = Counter()
    for kind, datum, line in planted.corpus(seed, 60):
        found[kind] += datum not in REDACTOR.redact(line.encode(), "x.py")[0].decode()
    assert {kind: count for kind, count in found.items() if count < 0.95 * 60} == {}


@pytest.mark.parametrize(
    "text",
    [
        "@app.task(bind=True)", "git@github.com:celery/celery.git", "ssh://user@host.domain.org/x", "someone@example.com",
        "noreply@kestrel.io", "admin@localhost", "x = a@b.T", "icon@2x.png", "import '@scope/pkg.js'", "1234567890123456",
        "0x1234567890abcdef", "uuid 123e4567-e89b-12d3-a456-426614174000", "version 1.2.3.4.5.6.7.8", "2026-11-29 10:00:00.123456",
        "192.168.100.200:8080", "3.14159265358979323846", "id=12345678901", "+1 +2 +3 +4 +5", "a[100-200-3000]", "1e-10 555-01",
        "sha256 4532015112830366aa", "telephone +49", "000-00-0000", "666-12-3456", "DE00 0000 0000 0000 0000 00", "if (123) 456 - 7890",
        "0123456789012345678901234567890123456789", "isbn 978-3-16-148410-0", "range 100-200-3000", "AB 12 34 56 C", "port 55555-66666",
    ],
)  # fmt: skip
def test_what_only_looks_like_it(text: str) -> None:
    assert list(iter_personal(text.encode())) == []


def test_lines_and_columns_stay() -> None:
    text = "é ada.hopper@fernpost.de\r\n+49 30 901820 x\n".encode()
    redacted, findings = REDACTOR.redact(text, "a.md")
    assert len(redacted) == len(text)
    assert redacted.split(b"\n")[1].endswith(b" x")
    assert [(one.kind, one.line) for one in findings] == [("mail address", 1), ("telephone number", 2)]


def test_many_digits_take_time_in_proportion() -> None:
    table = b"".join(b"%d, " % (7_919 * number % 10**16) for number in range(40_000))
    assert len(REDACTOR.redact(table)[0]) == len(table)


@given(st.lists(st.text("09AZz ,.()-/\xa0", max_size=12), max_size=30).map("\n".join))
def test_asking_stretch_by_stretch_passes_no_number(text: str) -> None:
    source = text.encode()
    with mock.patch.object(personal_data, "_STRETCH", 20):
        found = [match.span() for match in personal_data._anchors(source)]
    assert found == [match.span() for match in personal_data._ANCHOR.finditer(source)]
