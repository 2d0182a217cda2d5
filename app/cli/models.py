"""`clew models`: which LLMs each host holds, what of them is in memory and what would fit; pull and warm them."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.cli.composition import opened
from app.cli.progress import StatusLine
from app.errors import FOUND, NONE
from app.model_health import loaded_said, loaded_shape
from app.model_hosts import pace_said, pace_shape
from app.rendering.screen import Cell, Screen, is_terminal, write_json
from app.shapes import Shape
from app.wiring import Wiring
from configs.errors import HostFailed, InputError
from models.gateway import Gateway
from models.host import Host
from models.keeping import WARM_TIMEOUT_S, Kept, kept_at, pull, warm
from models.ollama import OllamaHost
from models.speed import Pace

GB = 1e9


def run(command: str, store: str | None, as_json: bool = False, name: str = "", host: str | None = None) -> int:
    """Return the exit code; 1 when no host holds anything."""
    with opened(store) as wiring:
        if command == "list":
            return _list(wiring, as_json)
        chosen = _host(wiring.gateway, host)
        window = _window(wiring)
        if command == "pull":
            return asyncio.run(_pull(chosen, name, as_json))
        known = next(one for one in wiring.gateway.hosts if one.provider is chosen)
        return asyncio.run(_warm(known, chosen, name, window, as_json))


@dataclass(frozen=True, slots=True)
class _Held:
    """A host and what it holds; `fault` says why that is not known."""

    host: Host
    rows: list[Kept]
    fault: str = ""


def _list(wiring: Wiring, as_json: bool) -> int:
    found = asyncio.run(_look(wiring.gateway, _window(wiring)))
    memory = wiring.settings.model.memory_gb * GB
    if as_json:
        kept = {"default": wiring.privacy.default, "repositories": dict(wiring.privacy.repositories)}
        write_json({"hosts": [_shape(one, memory) for one in found], "privacy": kept})
    else:
        _show(Screen(), found, memory)
    return FOUND if any(one.rows or not isinstance(one.host.provider, OllamaHost) for one in found) else NONE


async def _look(gateway: Gateway, window: int) -> list[_Held]:
    return list(await asyncio.gather(*(_held(host, window) for host in gateway.hosts)))


async def _held(host: Host, window: int) -> _Held:
    provider = host.provider
    if not isinstance(provider, OllamaHost):
        infos = await provider.models()
        return _Held(host, [Kept(info, 0, 0, None, True) for info in infos])
    try:
        return _Held(host, await kept_at(provider, window))
    except HostFailed as exc:
        return _Held(host, [], exc.message)


def _shape(held: _Held, memory: float) -> Shape:
    provider = held.host.provider
    return {
        "url": provider.url,
        "kind": provider.kind,
        "inside": provider.inside,
        "slots": held.host.slots.most,
        "error": held.fault or None,
        "models": [
            {**_model_shape(row, memory), "pace": pace_shape(held.host.speeds.of(row.info.name))} for row in held.rows
        ],
    }


def _model_shape(row: Kept, memory: float) -> Shape:
    return {
        "name": row.info.name,
        "digest": row.info.digest,
        "bytes": row.info.size_bytes,
        "parameters_b": row.info.parameters_b,
        "writes": row.can_write,
        "leaves": row.info.leaves,
        "context_tokens": row.trained_tokens,
        "needs_bytes": row.needs_bytes,
        "fits": _fits(row, memory),
        "loaded": loaded_shape(row.loaded),
    }


def _fits(row: Kept, memory: float) -> bool | None:
    """Whether a model fits the GPUs beside nothing else; None when their memory or the model's need is not known."""
    return row.needs_bytes <= memory if memory and row.needs_bytes else None


def _show(screen: Screen, found: list[_Held], memory: float) -> None:
    for held in found:
        provider = held.host.provider
        place = "inside" if provider.inside else "elsewhere: code of repositories labelled local never goes there"
        title = provider.url if isinstance(provider, OllamaHost) else f"{provider.kind} {provider.url}"
        screen.line((title, "title"), "  ", (f"{place}; {held.host.slots.most} calls at once", "dim"))
        if held.fault:
            screen.line("  ", (held.fault, "warn"))
        elif not held.rows:
            screen.line("  ", ("holds no model: clew models pull qwen2.5-coder", "warn"))
        screen.table([[*_cells(row, memory), pace_said(held.host.speeds.of(row.info.name))] for row in held.rows])


def _cells(row: Kept, memory: float) -> list[Cell]:
    info = row.info
    size = f"{info.size_bytes / GB:.1f} GB" if info.size_bytes else ""
    window = f"{row.trained_tokens:,} tokens" if row.trained_tokens else ""
    kind = "" if row.can_write else "embeddings"
    return [(info.name, "path"), (info.digest[:12], "dim"), size, window, kind, _memory_cell(row, memory)]


def _memory_cell(row: Kept, memory: float) -> Cell:
    loaded = row.loaded
    if row.info.leaves:
        return "served elsewhere", "warn"
    if loaded is not None:
        return loaded_said(loaded), "good" if loaded.gpu_share >= 1 else "warn"
    if not row.needs_bytes:
        return ""
    needs, fits = f"needs about {row.needs_bytes / GB:.1f} GB", _fits(row, memory)
    if fits is None:
        return needs, "dim"
    return (f"{needs}: fits", "dim") if fits else (f"{needs}: too large for {memory / GB:g} GB", "warn")


def _window(wiring: Wiring) -> int:
    return wiring.releases.get(wiring.settings.run.release).limits.window_tokens


def _host(gateway: Gateway, wanted: str | None) -> OllamaHost:
    """Return the Ollama host that a command means: the one named by its address or a part of it, else the first."""
    known = [host.provider for host in gateway.hosts if isinstance(host.provider, OllamaHost)]
    fitting = [one for one in known if wanted is None or wanted in urlsplit(one.url).netloc or wanted == one.url]
    if not fitting:
        names = ", ".join(one.url for one in known) or "none"
        raise InputError(f"no Ollama host is called {wanted!r}", next_step=f"known: {names}")
    return fitting[0]


async def _pull(host: OllamaHost, name: str, as_json: bool) -> int:
    line = StatusLine() if is_terminal(sys.stderr) else None
    said = ""
    try:
        async with aclosing(pull(host, name)) as steps:
            async for step in steps:
                share = f" {step.done / step.total:.0%} of {step.total / GB:.1f} GB" if step.total else ""
                if line:
                    line.show(f"{name}: {step.status}{share}")
                elif step.status != said:
                    print(f"{name}: {step.status}", file=sys.stderr, flush=True)
                said = step.status
    finally:
        if line:
            line.close()
    if as_json:
        write_json({"host": host.url, "model": name, "pulled": True})
    else:
        Screen().line(f"{host.url} holds ", (name, "path"))
    return FOUND


async def _warm(known: Host, host: OllamaHost, name: str, window: int, as_json: bool) -> int:
    loaded = await warm(host, name, window)
    try:
        pace = await known.measure(loaded.name if loaded else name, window, WARM_TIMEOUT_S)
    except HostFailed:
        pace = Pace()  # a model of vectors, for instance, writes nothing
    share = loaded.gpu_share if loaded else 0.0
    if as_json:
        row = (
            {"bytes": loaded.bytes, "gpu_bytes": loaded.gpu_bytes, "context_tokens": loaded.window_tokens}
            if loaded
            else None
        )
        write_json(
            {"host": host.url, "model": name, "keep_alive": host.keep_alive, "loaded": row, "pace": pace_shape(pace)}
        )
        return FOUND
    where = f"{share:.0%} of it in GPU memory" if loaded and loaded.gpu_bytes else "in main memory"
    Screen().line((name, "path"), f" is loaded at {host.url}, {where}, window {window:,} tokens, for {host.keep_alive}")
    if said := pace_said(pace):
        Screen().line(f"it {said}")
    if loaded and 0 < share < 1:
        Screen().line(("it spills out of the GPU: a smaller model would answer faster", "warn"))
    return FOUND
