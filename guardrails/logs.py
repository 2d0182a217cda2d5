"""The log gate: a filter on every handler of the process, so that no line of a log carries a secret, a canary or personal data.

A log outlives what it speaks of, is copied into tickets and read by more people than the code. So messages, arguments, traces
of exceptions and extra fields are masked before a handler formats them, whoever wrote them; and a line stays one
line, for text of a repository must not forge another.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from guardrails.visible import shown

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime"}
_GATED = "clew_gated"
_ENDS = re.compile(r"(?<=API Key: )\w+\*{4,}\w*")
"""A key whose ends were left, as LangSmith's client logs its own."""


class LogGate(logging.Filter):
    """Lets every record through, masked. Several handlers may share it; a record is masked once."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, _GATED, False):
            return True
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a line whose arguments do not fit: logging would print them as they are
            message = f"a log line of {record.name} could not be written: {type(record.msg).__name__}"
        record.msg, record.args = masked(_ENDS.sub("*", message)).replace("\n", "\\n"), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        for name in record.__dict__.keys() - _STANDARD:
            record.__dict__[name] = _masked_value(record.__dict__[name])
        record.__dict__[_GATED] = True
        return True


def masked(text: str) -> str:
    """Return the text with secrets, canaries and personal data as `*`, and nothing that drives a terminal."""
    from guardrails.redaction import TextRedactor  # start-up time: most runs of the command line log nothing

    kept, _ = TextRedactor().redact(text.encode("utf-8", "surrogatepass"))
    return shown(kept.decode("utf-8", "replace"))


GATE = LogGate()


def gate_logs() -> None:
    """Put the gate on every handler there is, and on the one that Python falls back on. Doing it again does no harm."""
    for handler in _handlers():
        handler.addFilter(GATE)  # adds a filter once


def _handlers() -> Iterator[logging.Handler]:
    if logging.lastResort is not None:
        yield logging.lastResort
    yield from logging.root.handlers
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers


def _masked_value(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _masked_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_value(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else masked(str(value))
