"""Runs told to LangSmith: only when it is switched on, redacted before anything leaves, the same from every door.

Off means off: no client is made, and LangSmith's own switches in the environment cannot turn one on behind our back.
Each run is named `assistant` and its nodes by their names; when it ends it is tagged with release, level, verdict and intents, and its
metadata names the repositories that the answer cites. Where code may not leave, that is all: what runs and nodes were given and gave is not told.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import langsmith
from langchain_core.tracers.langchain import LangChainTracer
from langchain_core.tracers.schemas import Run

from configs.errors import ConfigError
from configs.settings import TracingSettings, is_loopback_url
from guardrails.redaction import TextRedactor

LEFT_OUT = frozenset({"pseudonyms"})
"""Channels that never leave: the table that leads from stand-ins back to personal data."""
_KEPT_TEXTS = 4_096
"""Texts whose redaction is remembered: the same state passes by at every node."""


class AssistantTracer(LangChainTracer):
    """Tells runs with what the answer came to."""

    def _on_chain_end(self, run: Run) -> None:
        if run.parent_run_id is None and isinstance(run.outputs, Mapping):
            tags, metadata = described(run.outputs)
            run.tags = sorted({*(run.tags or []), *tags})
            run.extra = {**run.extra, "metadata": {**run.extra.get("metadata", {}), **metadata}}
        super()._on_chain_end(run)


def tracer_of(settings: TracingSettings, may_leave: Callable[[], bool]) -> AssistantTracer | None:
    """Return what tells runs to LangSmith, None when it is off.

    Args:
        may_leave: whether code may go where LangSmith is; asked again for all that is told, since a repository may come in between.

    Raises:
        ConfigError: it is on and there is no key for a server beyond this machine.
    """
    if not settings.langsmith:
        langsmith.configure(enabled=False)
        return None
    key = settings.api_key.get_secret_value()
    if not key and not is_loopback_url(settings.url):
        raise ConfigError(
            "tracing.langsmith is on, and there is no key for LangSmith",
            next_step="set CLEW_TRACING__API_KEY (or LANGSMITH_API_KEY), or CLEW_TRACING__LANGSMITH=false",
        )

    def passed(value: Any) -> Any:
        return redacted(value) if may_leave() else withheld(value)

    client = langsmith.Client(api_url=settings.url, api_key=key or "none", anonymizer=passed, auto_batch_tracing=True)
    langsmith.configure(client=client, enabled=True, project_name=settings.project)
    return AssistantTracer(client=client, project_name=settings.project)


def described(state: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the tags and the metadata of a run from its final state."""
    plan, draft = state.get("plan") or {}, state.get("draft") or {}
    tags = [f"{name}:{value}" for name, value in (("release", str(state.get("release_id") or "")[:12]),) if value]
    tags += [f"{name}:{state[name]}" for name in ("level", "verdict") if state.get(name)]
    tags += [f"intent:{intent}" for intent in dict.fromkeys(step["intent"] for step in plan.get("steps") or [])]
    cited = {
        citation["repository"]
        for block in draft.get("blocks") or []
        for claim in block["claims"]
        for citation in claim["citations"]
    }
    metadata = {"repositories": ", ".join(sorted(cited)), "run_id": state.get("run_id") or ""}
    return tags, {name: value for name, value in metadata.items() if value}


def withheld(value: Any) -> Any:
    """Return what is told in the place of what may not leave."""
    return {} if isinstance(value, Mapping) else "(withheld: code that may not leave)"


def redacted(value: Any) -> Any:
    """Return a copy of what would be sent, with secrets and personal data masked in every text."""
    if isinstance(value, str):
        return _redacted_text(value)
    if isinstance(value, Mapping):
        return {_redacted_text(str(key)): {} if key in LEFT_OUT else redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [redacted(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _redacted_text(str(value))


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def _redacted_text(text: str) -> str:
    masked, _ = TextRedactor().redact(text.encode("utf-8", "surrogatepass"))
    return masked.decode("utf-8", "replace")
