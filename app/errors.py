"""One table: what each error of `configs/errors.py` means as an exit code and as an HTTP status.

Exit codes: 0 found, 1 none, 2 usage, 3 a component is unavailable, 4 refused, 5 ambiguous, 6 unknown; 130 interrupted.
"""

from __future__ import annotations

from typing import Final

from configs.errors import ClewError

FOUND, NONE, USAGE, UNAVAILABLE, REFUSED, AMBIGUOUS, UNKNOWN = range(7)
INTERRUPTED: Final = 130

OUTCOMES: Final[dict[str, tuple[int, int]]] = {
    "clew": (UNAVAILABLE, 500),
    "config": (USAGE, 500),
    "unknown_release": (USAGE, 404),
    "input": (USAGE, 400),
    "bad_cursor": (USAGE, 400),
    "cursor_expired": (USAGE, 410),
    "indexing": (UNAVAILABLE, 500),
    "repository_not_found": (USAGE, 404),
    "nothing_to_index": (NONE, 422),
    "store": (UNAVAILABLE, 500),
    "store_unavailable": (UNAVAILABLE, 503),
    "store_busy": (UNAVAILABLE, 503),
    "thread_busy": (UNAVAILABLE, 503),
    "store_timeout": (UNAVAILABLE, 504),
    "store_corrupt": (UNAVAILABLE, 500),
    "store_too_new": (UNAVAILABLE, 500),
    "store_full": (UNAVAILABLE, 507),
    "store_refused": (UNAVAILABLE, 500),
    "store_unsupported": (UNAVAILABLE, 500),
    "store_answer_too_large": (UNAVAILABLE, 500),
    "unknown_repository": (UNKNOWN, 404),
    "unknown_symbol": (UNKNOWN, 404),
    "unknown_thread": (UNKNOWN, 404),
    "unknown_run": (UNKNOWN, 404),
    "unknown_job": (UNKNOWN, 404),
    "job_running": (UNAVAILABLE, 409),
    "model": (UNAVAILABLE, 502),
    "model_unavailable": (UNAVAILABLE, 503),
    "host_failed": (UNAVAILABLE, 503),
    "no_model_answered": (UNAVAILABLE, 503),
    "model_stopped": (UNAVAILABLE, 502),
    "model_forbidden": (REFUSED, 403),
    "budget_exceeded": (REFUSED, 429),
    "source": (UNAVAILABLE, 502),
    "source_refused": (REFUSED, 422),
    "source_too_large": (REFUSED, 422),
    "source_denied": (REFUSED, 422),
    "source_gone": (NONE, 422),
    "source_unreachable": (UNAVAILABLE, 503),
    "source_exists": (USAGE, 409),
    "unknown_source": (UNKNOWN, 404),
    "policy": (REFUSED, 403),
    "webhook_refused": (REFUSED, 401),
    "unauthenticated": (REFUSED, 401),
    "identity_unavailable": (UNAVAILABLE, 503),
    "rate_limited": (REFUSED, 429),
}
"""Error code -> (exit code, HTTP status). Every class of the tree has a row; a test compares."""

VERDICT_EXITS: Final[dict[str, int]] = {
    "found": FOUND,
    "none": NONE,
    "unknown": UNKNOWN,
    "ambiguous": AMBIGUOUS,
}


def exit_code(error: ClewError) -> int:
    return OUTCOMES[error.code][0]


def http_status(error: ClewError) -> int:
    return OUTCOMES[error.code][1]


def error_body(error: ClewError) -> dict[str, object]:
    """Return `{error: {code, message, next_step, retryable}}`."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "next_step": error.next_step,
            "retryable": error.retryable,
        }
    }
