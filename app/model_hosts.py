"""Makes the gateway of the settings: which hosts there are, which of them are inside, and whose code may leave; and tells how they fare."""

from __future__ import annotations

from app.shapes import Shape
from configs.settings import ModelSettings, PrivacySettings
from knowledge.paces import PaceStore
from models.anthropic_api import AnthropicProvider
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.openai_api import OpenAIProvider
from models.privacy import Privacy
from models.provider import Provider
from models.speed import Pace


def privacy_of(settings: PrivacySettings) -> Privacy:
    return Privacy(settings.default, settings.repositories, settings.inside)


def gateway_of(settings: ModelSettings, privacy: Privacy, paces: PaceStore | None = None) -> Gateway:
    """Return the gateway over every host that the settings name; those without models to their name are left out."""
    return Gateway(
        *ollama_hosts(settings, privacy),
        *_endpoints(settings, privacy),
        slots=settings.slots,
        first_token_s=settings.first_token_timeout_s,
        paces=paces,
    )


def ollama_hosts(settings: ModelSettings, privacy: Privacy) -> list[OllamaHost]:
    """Return the Ollama hosts, each once, in the order of the settings."""
    urls = dict.fromkeys(url.rstrip("/") for url in (settings.ollama_url, *settings.further_hosts) if url)
    return [
        OllamaHost(
            url,
            connect_s=settings.probe_timeout_s,
            keep_alive=settings.keep_alive,
            inside=privacy.is_inside(url),
        )
        for url in urls
    ]


def _endpoints(settings: ModelSettings, privacy: Privacy) -> list[Provider]:
    found: list[Provider] = []
    if settings.openai_models:
        inside = privacy.is_inside(settings.openai_url)
        found.append(OpenAIProvider(settings.openai_url, settings.openai_key, settings.openai_models, inside=inside))
    if settings.anthropic_models:
        inside = privacy.is_inside(settings.anthropic_url)
        found.append(
            AnthropicProvider(settings.anthropic_url, settings.anthropic_key, settings.anthropic_models, inside=inside)
        )
    return found


def pace_shape(pace: Pace) -> Shape | None:
    """Return the JSON of a pace; None where nothing is known."""
    reads, writes = pace.reads, pace.writes
    if reads is None and writes is None:
        return None
    return {
        "reads_tokens_s": None if reads is None else round(reads, 1),
        "writes_tokens_s": None if writes is None else round(writes, 1),
        "measured": pace.measured,
    }


def pace_said(pace: Pace) -> str:
    """Return `reads 98 and writes 12 tokens a second`; empty where nothing is known."""
    said = [f"reads {'' if pace.measured else 'at most '}{pace.reads:,.0f}"] if pace.reads is not None else []
    said += [f"writes {pace.writes:,.0f}"] if pace.writes is not None else []
    return f"{' and '.join(said)} tokens a second" if said else ""


def live_of(gateway: Gateway) -> list[Shape]:
    """Return what this process has seen of its hosts: how their calls fare, and who waits."""
    return [
        {
            "url": host.provider.url,
            "breaker": host.breaker.state,
            "opens_in_s": round(host.breaker.opens_in_s, 1),
            "usual_ms": None if host.latency_ms is None else round(host.latency_ms, 1),
            "in_flight": host.slots.in_flight - host.slots.waiting,
            "waiting": host.slots.waiting,
            "slots": host.slots.most,
        }
        for host in gateway.hosts
    ]
