"""The log gate: whatever is logged, by whomever, no handler writes a secret, a canary or personal data."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from random import Random

import pytest

from guardrails.logs import GATE, gate_logs, masked
from tests.unit.guardrails import planted_secrets

MAIL = "ada.hopper@fernpost.de"
CANARY = "clew-canary-00112233445566778899"
TOKEN = planted_secrets.tokens(Random(5))["github"]
PLANTED = (MAIL, CANARY, TOKEN)


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger with a handler of its own, gated as any other."""
    stream = io.StringIO()
    logger = logging.getLogger("clew.tests.gate")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s %(extra)s", defaults={"extra": ""}))
    logger.addHandler(handler)
    logger.propagate = False
    gate_logs()
    yield logger, stream
    logger.removeHandler(handler)


def test_no_part_of_a_line_carries_what_was_planted(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.error("asked by %s with %s", MAIL, {"token": TOKEN, "canary": CANARY})
    logger.warning("plain", extra={"extra": {"who": [MAIL, TOKEN], "n": 3}})
    try:
        raise ValueError(f"cannot open {TOKEN} of {MAIL} near {CANARY}")
    except ValueError:
        logger.exception("it broke", stack_info=True)
    told = stream.getvalue()
    assert not [datum for datum in PLANTED if datum in told]
    assert "ERROR asked by" in told and "Traceback" in told and "'n': 3" in told


def test_a_line_stays_one_line_and_drives_no_terminal(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.warning("file %s", "a\nERROR forged \x1b[2J\u202e.py")
    assert stream.getvalue() == "WARNING file a\\nERROR forged \ufffd[2J\ufffd.py \n"


def test_arguments_that_do_not_fit_are_not_printed(
    written: tuple[logging.Logger, io.StringIO], capsys: pytest.CaptureFixture[str]
) -> None:
    logger, stream = written
    logger.error("%d of %s", TOKEN)
    assert "could not be written" in stream.getvalue()
    assert TOKEN not in stream.getvalue() + capsys.readouterr().err


def test_every_handler_there_is_has_the_gate_once(written: tuple[logging.Logger, io.StringIO]) -> None:
    gate_logs()
    handlers = [*logging.root.handlers, *written[0].handlers, logging.lastResort]
    assert [handler.filters.count(GATE) for handler in handlers if handler] == [1] * len(handlers)


def test_two_handlers_mask_a_record_once(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    second = logging.StreamHandler(stream)
    logger.addHandler(second)
    gate_logs()
    logger.error("for %s\n", MAIL)
    logger.removeHandler(second)
    assert stream.getvalue().count("\\n") == 2
    assert MAIL not in stream.getvalue()


def test_what_is_fine_stays() -> None:
    assert (
        masked("node writer failed in 3.2 ms at shop/orders.py:12")
        == "node writer failed in 3.2 ms at shop/orders.py:12"
    )
