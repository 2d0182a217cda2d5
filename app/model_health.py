"""How the model hosts are now: which answer, what each holds and has in memory, and who would write if somebody asked.

A look of this process's own, with at most `model.probe_timeout_s` for each host; endpoints of vendors are not asked, for that costs money. What only
a running server can know, its breakers and its lines, it tells itself (`app.model_hosts.live_of`, asked for by `app/handover.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from agents.context import Context
from app.admission import Admission
from app.model_hosts import pace_shape
from app.shapes import Shape
from configs.errors import HostFailed, ModelError, StoreError
from configs.release import ModelClass, Release
from knowledge.scope import EVERYTHING
from models.host import Host
from models.keeping import Loaded, loaded_at
from models.ollama import OllamaHost
from models.registry import ModelInfo
from models.terms import NO_LIMIT, terms_of

BELOW_MODELS = ("cached", "extractive", "handoff")
"""What answers when no model does, in order."""


@dataclass(frozen=True, slots=True)
class HostHealth:
    """One look at a host. answers_ms: how long it took; None for one that was not asked, or did not answer: then `fault` says why."""

    host: Host
    models: tuple[ModelInfo, ...] = ()
    loaded: tuple[Loaded, ...] = ()
    answers_ms: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who would write now, best first, about the code of these repositories, where the route asks for this class of model."""

    repositories: tuple[str, ...]
    may_leave: bool
    model_class: str
    rungs: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """strained: so much of a budget is used that small models write in the place of large ones."""

    hosts: tuple[HostHealth, ...]
    ladders: tuple[Ladder, ...]
    strained: bool


def health(admission: Admission, names: Sequence[str] | None = None) -> Health:
    """Look at every host, and down the ladders of each group of these repositories (None: of all). Never raises for a host."""
    return asyncio.run(_health(admission, _names(admission) if names is None else names))


def _names(admission: Admission) -> list[str]:
    """Return what is indexed; nothing where the index cannot be read, which is another check's to say."""
    try:
        return [info.name for info in admission.graph.repositories(EVERYTHING)] if admission.has_index else []
    except StoreError:
        return []


async def _health(admission: Admission, names: Sequence[str]) -> Health:
    hosts = await asyncio.gather(*map(_looked_at, admission.gateway.hosts))
    release, kept = admission.releases.get(admission.settings.run.release), admission.privacy.kept(names)
    groups = [(True, kept), (False, [name for name in names if name not in kept])]
    found = [group for group in groups if group[1]] or [(admission.privacy.default == "local", [])]
    ladders = [await _ladder(admission, release, group, stays, one) for stays, group in found for one in release.models]
    return Health(tuple(hosts), tuple(ladders), await asyncio.to_thread(_is_strained, admission))


def _is_strained(admission: Admission) -> bool:
    if all(limit == NO_LIMIT for limit in terms_of(admission.settings.budget).limits.values()):
        return False  # and nothing is opened, which would make the file
    try:
        return admission.budgets.is_strained(admission.payer_for(Context()))
    except StoreError:
        return False


async def _looked_at(host: Host) -> HostHealth:
    provider = host.provider
    started = time.perf_counter()
    try:
        models = tuple(await host.models())
        if not isinstance(provider, OllamaHost):
            return HostHealth(host, models)
        answers_ms = (time.perf_counter() - started) * 1000
        return HostHealth(host, models, tuple(await loaded_at(provider)), round(answers_ms, 1))
    except HostFailed as exc:
        return HostHealth(host, fault=exc.message)


async def _ladder(admission: Admission, release: Release, group: Sequence[str], stays: bool, one: ModelClass) -> Ladder:
    kept = (group or None) if stays else []
    gateway, wanted, writer = admission.gateway, release.models[one], admission.settings.model.writer
    try:
        choice = await gateway.choose(writer, wanted, kept=kept)
    except ModelError as exc:
        return Ladder(tuple(group), not stays, one, (), exc.message)
    models: list[str] = []
    if choice.model is not None:
        below = await gateway.ladder(choice.model, wanted, kept=kept) if writer == "auto" else []
        models = [choice.model, *below]
    return Ladder(tuple(group), not stays, one, (*models, *BELOW_MODELS), choice.reason)


def health_shape(found: Health, live: Sequence[Shape]) -> Shape:
    """Return the JSON of it. live: what a running server said, empty when there is none."""
    seen = {row["url"]: row for row in live}
    return {
        "hosts": [_host_shape(one, seen.get(one.host.provider.url)) for one in found.hosts],
        "ladders": [
            {
                "repositories": list(one.repositories),
                "may_leave": one.may_leave,
                "class": one.model_class,
                "rungs": list(one.rungs),
                "reason": one.reason,
            }
            for one in found.ladders
        ],
        "strained": found.strained,
    }


def _host_shape(one: HostHealth, live: Shape | None) -> Shape:
    loaded = {model.name: model for model in one.loaded}
    return {
        "url": one.host.provider.url,
        "kind": one.host.provider.kind,
        "inside": one.host.provider.inside,
        "error": one.fault or None,
        "answers_ms": one.answers_ms,
        "models": [
            {
                "name": info.name,
                "digest": info.digest,
                "leaves": info.leaves,
                "loaded": loaded_shape(loaded.get(info.name)),
                "pace": pace_shape(one.host.speeds.of(info.name)),
            }
            for info in one.models
        ],
        "server": None if live is None else {name: value for name, value in live.items() if name != "url"},
    }


def loaded_shape(loaded: Loaded | None) -> Shape | None:
    if loaded is None:
        return None
    return {
        "bytes": loaded.bytes,
        "gpu_bytes": loaded.gpu_bytes,
        "context_tokens": loaded.window_tokens,
        "expires_at": loaded.expires_at,
    }


def loaded_said(loaded: Loaded) -> str:
    """Return `loaded, in GPU memory, window 8,192`."""
    share = loaded.gpu_share
    where = "in GPU memory" if share >= 1 else "in main memory" if share == 0 else f"{share:.0%} in GPU memory"
    return f"loaded, {where}" + (f", window {loaded.window_tokens:,}" if loaded.window_tokens else "")
