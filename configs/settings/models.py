"""Settings of what a question may use: which models, whose code they may read, what they may cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from configs.settings.addresses import Address, Addresses
from configs.settings.group import Group, Names


class TracingSettings(Group):
    """Runs told to LangSmith. LangSmith's own variables (LANGSMITH_TRACING, _ENDPOINT, _PROJECT, _API_KEY) count where ours are silent."""

    langsmith: bool = Field(
        default=False, description="Tell runs to LangSmith, redacted; never from a project's own clew.yaml."
    )
    url: Address = Field(
        default="https://api.smith.langchain.com", min_length=1, description="Address of the LangSmith server."
    )
    project: str = Field(default="clew", min_length=1, description="LangSmith project that runs are told to.")
    api_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")


class ModelSettings(Group):
    """Which LLM writes, and where it is."""

    writer: str = Field(
        default="auto",
        min_length=1,
        description="auto, extractive (no LLM), or the name of an LLM that a host serves.",
    )
    ollama_url: Address = Field(default="http://127.0.0.1:11434", description="Address of the first Ollama host.")
    further_hosts: Addresses = Field(default=(), description="Addresses of further Ollama hosts.")
    probe_timeout_s: float = Field(
        default=0.5,
        gt=0,
        le=30,
        description="Longest wait when looking whether a host is there.",
    )
    first_token_timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=3_600,
        description="Longest wait for the first piece of an answer; loading a model counts.",
    )
    slots: int = Field(default=4, ge=1, le=1_000, description="Calls at once at one host; the others wait in line.")
    keep_alive: str = Field(
        default="10m",
        pattern=r"^-?\d+(\.\d+)?(ms|s|m|h)?$",
        description="How long an Ollama host keeps a model in memory after a call; -1: for ever.",
    )
    memory_gb: float = Field(
        default=0.0, ge=0, description="Memory of a host's GPUs, for `clew models` to say what fits; 0: not known."
    )
    openai_url: Address = Field(
        default="https://api.openai.com/v1", description="Base address of an endpoint that speaks OpenAI's protocol."
    )
    openai_models: Names = Field(default=(), description="Its models that may write; none: it is not used.")
    openai_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")
    anthropic_url: Address = Field(default="https://api.anthropic.com", description="Base address of Anthropic's API.")
    anthropic_models: Names = Field(default=(), description="Models of Anthropic that may write; none: it is not used.")
    anthropic_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")


class PrivacySettings(Group):
    """Which code may leave."""

    default: Literal["local", "remote"] = Field(
        default="local",
        description="Label of every repository that has none: local (its code goes to hosts inside only) or remote.",
    )
    repositories: dict[str, Literal["local", "remote"]] = Field(
        default_factory=dict, description="Repository -> its label."
    )
    inside: Names = Field(
        default=(), description="Hosts that are the company's own, by name, or by the end of it (.example.com)."
    )


class RunSettings(Group):
    """Limits of one question."""

    release: str = Field(
        default="default",
        min_length=1,
        description="Name or id of the release that decides the behaviour.",
    )
    ask_before_tokens: int = Field(
        default=0, ge=0, description="Ask before a call of a model that may take more tokens; 0: never."
    )
    max_question_characters: int = Field(
        default=20_000, ge=100, le=1_000_000, description="Longer questions are refused."
    )


class PriceSettings(Group):
    """What a model costs."""

    input_usd: float = Field(default=0.0, ge=0, description="Dollars for a million tokens that it reads.")
    output_usd: float = Field(default=0.0, ge=0, description="Dollars for a million tokens that it writes.")


class LimitSettings(Group):
    """The most that may be spent."""

    tokens: int | None = Field(default=None, ge=0, description="Tokens, read and written; unset: no limit.")
    usd: float | None = Field(default=None, ge=0, description="Dollars; unset: no limit.")


class ScopeLimitSettings(Group):
    """The most of one question, and of a month for each user, each team, each project, and all together."""

    request: LimitSettings = LimitSettings()
    user: LimitSettings = LimitSettings()
    team: LimitSettings = LimitSettings()
    project: LimitSettings = LimitSettings()
    month: LimitSettings = LimitSettings()


class BudgetSettings(Group):
    """What models may cost, and who pays."""

    team: str = Field(default="", max_length=100, description="Team whose budget is used too; empty: none.")
    project: str = Field(default="", max_length=100, description="Project whose budget is used too; empty: none.")
    limits: ScopeLimitSettings = ScopeLimitSettings()
    alert_shares: tuple[float, ...] = Field(
        default=(0.5, 0.8, 1.0), description="Shares of a limit, 0 to 1, at which it is said that so much is used."
    )
    economy_share: float = Field(
        default=0.8, gt=0, le=1, description="Share of a limit from which on only the cheapest model is taken."
    )
    reservation_s: float = Field(
        default=600.0, ge=1, le=86_400, description="After so long what a call has reserved is free again."
    )
    prices: dict[str, PriceSettings] = Field(
        default_factory=dict,
        description="Beginning of a model's name -> its price; none: free at a host inside, refused elsewhere where dollars are limited.",
    )

    @field_validator("alert_shares")
    @classmethod
    def _ascending(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 < share <= 1 for share in shares):
            raise ValueError("each share must be above 0 and at most 1")
        return tuple(sorted(set(shares)))
