"""One row an error class, and nothing else."""

from __future__ import annotations

from app.errors import OUTCOMES, error_body, exit_code, http_status
from configs import errors
from configs.errors import ClewError, PolicyError, RateLimited, StoreBusy


def every_error() -> list[type[ClewError]]:
    return [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, ClewError)]


def test_every_error_has_its_row_and_every_row_its_error() -> None:
    assert {error.code for error in every_error()} == set(OUTCOMES)
    with_a_code = [
        error for error in every_error() if "code" in vars(error)
    ]  # others are a kind of the error above them
    assert len({error.code for error in with_a_code}) == len(with_a_code)


def test_exit_codes_are_those_of_the_contract_and_statuses_are_errors() -> None:
    for exit_status, status in OUTCOMES.values():
        assert exit_status in range(1, 7)
        assert 400 <= status < 600


def test_refusals_and_busy_stores() -> None:
    assert exit_code(PolicyError("no")) == 4
    assert http_status(PolicyError("no")) == 403
    assert exit_code(StoreBusy("wait")) == 3


def test_a_retryable_error_is_a_server_side_one_or_says_when_to_come_back() -> None:
    for error in every_error():
        if error.retryable:
            assert OUTCOMES[error.code][1] >= 500 or error is RateLimited, error
    assert RateLimited("slow down", retry_after_s=7).retry_after_s == 7


def test_the_body_carries_all_that_a_program_needs() -> None:
    body = error_body(StoreBusy("being written", next_step="wait"))
    assert body == {"error": {"code": "store_busy", "message": "being written", "next_step": "wait", "retryable": True}}
