"""The settings tree, and the names in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from configs.settings.connecting import SourceSettings
from configs.settings.models import BudgetSettings, ModelSettings, PrivacySettings, RunSettings, TracingSettings
from configs.settings.serving import AccessSettings, RateSettings, ServeSettings
from configs.settings.slack import SlackSettings
from configs.settings.stores import (
    EmbeddingSettings,
    GraphSettings,
    IndexSettings,
    LedgerSettings,
    MemorySettings,
    RetrievalSettings,
    ThreadSettings,
)

ENVIRONMENT_PREFIX = "CLEW_"


class Settings(BaseSettings):
    """The whole tree. Frozen: a run's settings do not change under it."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    home: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("clew", appauthor=False),
        description="Folder that holds the index and everything else Clew stores.",
    )
    index: IndexSettings = IndexSettings()
    graph: GraphSettings = GraphSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    memory: MemorySettings = MemorySettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    threads: ThreadSettings = ThreadSettings()
    ledger: LedgerSettings = LedgerSettings()
    tracing: TracingSettings = TracingSettings()
    model: ModelSettings = ModelSettings()
    privacy: PrivacySettings = PrivacySettings()
    run: RunSettings = RunSettings()
    budget: BudgetSettings = BudgetSettings()
    serve: ServeSettings = ServeSettings()
    access: AccessSettings = AccessSettings()
    rates: RateSettings = RateSettings()
    sources: SourceSettings = SourceSettings()
    slack: SlackSettings = SlackSettings()


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield (dotted name, description, default) of every setting, in the order of the tree."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from setting_names(field.annotation, f"{prefix}{name}.")
        else:
            yield (
                prefix + name,
                field.description or "",
                field.get_default(call_default_factory=True),
            )
