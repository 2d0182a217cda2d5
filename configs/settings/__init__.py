"""The settings tree: where data lives, how much an index may take, which writer answers, where the server listens.

A value comes from the first of these that has it: the run's own options (`overrides`), the environment (`CLEW_*`,
nested names joined by `__`, such as `CLEW_SERVE__PORT`), the file that `CLEW_CONFIG` names, else `clew.yaml` (in the current
folder or a parent, else in the user's configuration folder), the default written here. What an answer looks like is not a setting: prompts, routes
and weights belong to a release. The environment is read here and nowhere else.
"""

from __future__ import annotations

from configs.settings.addresses import is_loopback, is_loopback_url
from configs.settings.connecting import SourceSettings
from configs.settings.files import find_file, personal_file, use_file
from configs.settings.loading import colour_refused, load_settings, pager_wished, settings_of, unknown_variables
from configs.settings.models import (
    BudgetSettings,
    LimitSettings,
    ModelSettings,
    PriceSettings,
    PrivacySettings,
    RunSettings,
    ScopeLimitSettings,
    TracingSettings,
)
from configs.settings.serving import AccessSettings, OidcSettings, RateSettings, ServeSettings
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
from configs.settings.tree import Settings, setting_names

__all__ = (
    "AccessSettings",
    "BudgetSettings",
    "EmbeddingSettings",
    "GraphSettings",
    "IndexSettings",
    "LedgerSettings",
    "LimitSettings",
    "MemorySettings",
    "ModelSettings",
    "OidcSettings",
    "PriceSettings",
    "PrivacySettings",
    "RateSettings",
    "RetrievalSettings",
    "RunSettings",
    "ScopeLimitSettings",
    "ServeSettings",
    "Settings",
    "SlackSettings",
    "SourceSettings",
    "ThreadSettings",
    "TracingSettings",
    "colour_refused",
    "find_file",
    "is_loopback",
    "is_loopback_url",
    "load_settings",
    "pager_wished",
    "personal_file",
    "setting_names",
    "settings_of",
    "unknown_variables",
    "use_file",
)
