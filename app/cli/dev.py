"""`clew dev fake-ollama`: a stand-in for an Ollama host, to try the assistant and its failures without a model."""

from __future__ import annotations

import re
import threading
from typing import get_args

from app.dev.fake_ollama import FakeOllama, Fault, running
from app.dev.fake_replies import EmbedFault, FakeModel, quoting
from app.errors import FOUND
from app.rendering.screen import Screen
from configs.errors import ConfigError, InputError

MOST_REPEATED = 1_000
BYTES_A_BILLION = 620_000_000
"""A model in four bits a weight takes about so much a thousand million parameters."""
_SIZE = re.compile(r":(\d+(?:\.\d+)?)b\b")


def run(
    store: str | None,
    port: int,
    models: tuple[str, ...],
    faults: tuple[str, ...],
    tokens_per_second: float,
    reads_per_second: float = 0.0,
) -> int:
    """Serve until interrupted."""
    del store  # every command has it, this one stores nothing
    host = fake_host(models, faults, tokens_per_second)
    host.reads_per_second = reads_per_second
    try:
        with running(host, port):
            names = ", ".join(model.name for model in host.models)
            Screen().line("a fake Ollama at ", (host.url, "path"), f" holds {names}; Ctrl-C stops it")
            Screen().flush()
            _until_interrupted()
    except OSError as exc:
        raise ConfigError(f"cannot listen on port {port}: {exc.strerror}", next_step="choose another --port") from exc
    return FOUND


def fake_host(models: tuple[str, ...], faults: tuple[str, ...], tokens_per_second: float) -> FakeOllama:
    """Return the host. A fault `NAME` stays, `NAME:N` is that of the next N answers; those of embeddings stay."""
    host = FakeOllama(reply=quoting, tokens_per_second=tokens_per_second)
    if models:
        host.models = [_model(name if ":" in name else f"{name}:latest") for name in models]
    for given in faults:
        name, _, count = given.partition(":")
        if name in get_args(Fault) and name:
            if count:
                host.faults += [name] * _times(given, count)  # type: ignore[list-item]
            else:
                host.fault = name  # type: ignore[assignment]
        elif name in get_args(EmbedFault) and name:
            host.embed_fault = name  # type: ignore[assignment]
        else:
            known = ", ".join(sorted({*get_args(Fault), *get_args(EmbedFault)} - {""}))
            raise InputError(f"there is no fault {name!r}", next_step=f"one of {known}")
    return host


def _model(name: str) -> FakeModel:
    """Return a model as large as its tag says: `qwen2.5-coder:1.5b`; of seven thousand million parameters when it does not."""
    size = _SIZE.search(name)
    billions = float(size[1]) if size else 7.6
    return FakeModel(name, parameter_size=f"{billions:g}B", context_tokens=32_768, size=int(billions * BYTES_A_BILLION))


def _times(given: str, count: str) -> int:
    if not count.isdecimal() or not 1 <= int(count) <= MOST_REPEATED:
        raise InputError(
            f"{given!r} is no fault with a count", next_step=f"write NAME:N with N from 1 to {MOST_REPEATED}"
        )
    return int(count)


def _until_interrupted() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        Screen().line("stopped")
