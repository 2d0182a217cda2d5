"""The settings tree: where data lives, how much an index may take, which writer answers, where the server listens.

A value comes from the first of these that has it: the run's own options (`overrides`), the environment (`CLEW_*`,
nested names joined by `__`, such as `CLEW_SERVE__PORT`), `clew.yaml` (in the current folder or a parent, else in the
user's configuration folder), the default written here. What an answer looks like is not a setting: prompts, routes
and weights belong to a release. The environment is read here and nowhere else.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from configs.errors import ConfigError

FILE_NAME = "clew.yaml"
ENVIRONMENT_PREFIX = "CLEW_"


def _split(value: Any) -> Any:
    """In the environment a list is written with commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexSettings(_Group):
    """What one `clew index` may take."""

    jobs: int | None = Field(default=None, ge=1, le=256, description="Worker processes; unset: one a CPU.")
    max_file_bytes: int = Field(
        default=1_500_000,
        ge=1_000,
        le=100_000_000,
        description="Larger files are reported as too_large and left out.",
    )
    lock_timeout_s: float = Field(
        default=1_800.0,
        ge=0,
        description="How long to wait for another index run on the same store; 0: not at all.",
    )


class GraphSettings(_Group):
    """The code graph's store."""

    backend: Literal["sqlite", "neo4j"] = Field(
        default="sqlite",
        description="sqlite (a file in `home`) or neo4j (a server); a project's own clew.yaml may not set it.",
    )
    url: str = Field(
        default="bolt://127.0.0.1:7687",
        min_length=1,
        description="Address of the Neo4j server; from the environment or the user's own file.",
    )
    user: str = Field(default="", description="User of the Neo4j server; empty: `neo4j` when there is a password.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the Neo4j server; from the environment only."
    )
    database: str = Field(default="neo4j", min_length=1, description="Database of the Neo4j server.")
    timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Longest run of one read, and longest wait for a store that another process writes.",
    )


class RetrievalSettings(_Group):
    """Search over text."""

    dense: bool = Field(
        default=True,
        description="Fill vectors in the background while `clew serve` runs, and use them in searches.",
    )
    rerank: bool = Field(
        default=False,
        description="Let a model put the first 20 results of a search in order; takes seconds, and tokens.",
    )
    vectors: Literal["local", "server"] = Field(
        default="local",
        description="Where vectors are: local (a folder of the store) or server (a Chroma server).",
    )
    chroma_url: str = Field(
        default="http://127.0.0.1:8000",
        min_length=1,
        description="Address of the Chroma server; from the environment or the user's own file.",
    )
    chroma_token: SecretStr = Field(
        default=SecretStr(""), description="Bearer token of the Chroma server; from the environment only."
    )


class EmbeddingSettings(_Group):
    """Where vectors come from."""

    source: Literal["auto", "learned", "ollama", "openai", "local"] = Field(
        default="auto",
        description="auto, learned (from the repository itself), ollama, openai (an endpoint that speaks its protocol), "
        "local (a folder).",
    )
    model: str = Field(default="", description="Embedding model; empty: the best one that Ollama holds.")
    url: str = Field(
        default="", description="Base address of an endpoint that speaks OpenAI's protocol, with its version."
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")
    folder: Path | None = Field(
        default=None, description="Folder of a local model: sentence-transformers' layout, ONNX weights."
    )
    models_url: str = Field(
        default="",
        pattern=r"^(https?://.*)?$",
        description="Maven repository that `clew vectors install` downloads from; empty: Maven itself knows where.",
    )
    timeout_s: float = Field(default=120.0, gt=0, le=3_600, description="Longest wait for one batch of vectors.")


class MemorySettings(_Group):
    """Where answers, and what people taught, are remembered."""

    backend: Literal["sqlite", "redis"] = Field(
        default="sqlite",
        description="sqlite (files in `home`) or redis (a server that several machines share); not from a project's own clew.yaml.",
    )
    url: str = Field(
        default="redis://127.0.0.1:6379/0",
        min_length=1,
        description="Address of the Redis server; from the environment or the user's own file.",
    )
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the Redis server; from the environment only."
    )
    timeout_s: float = Field(default=2.0, gt=0, le=60, description="Longest wait for the Redis server.")
    keep_days: int = Field(default=30, ge=1, le=3_650, description="How long Redis keeps an answer.")
    profile: bool = Field(
        default=True,
        description="Count what is asked about (repositories, languages, kinds of question), for `clew profile show`.",
    )


class ThreadSettings(_Group):
    """Conversations: where they are kept, and for how long."""

    store: Literal["sqlite", "postgres"] = Field(
        default="sqlite",
        description="sqlite (files in `home`) or postgres (a server that several machines share); not from a project's own clew.yaml.",
    )
    url: str = Field(
        default="postgresql://127.0.0.1:5432/clew",
        min_length=1,
        description="Address of the PostgreSQL server; from the environment or the user's own file.",
    )
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the PostgreSQL server; from the environment only."
    )
    timeout_s: float = Field(default=10.0, gt=0, le=600, description="Longest wait for the PostgreSQL server.")
    ttl_days: int = Field(
        default=90, ge=0, le=36_500, description="Delete a conversation that nobody used for so long; 0 keeps all."
    )
    wait_s: float = Field(
        default=30.0, ge=0, le=3_600, description="Longest wait for another question of the same conversation."
    )


class LedgerSettings(_Group):
    """The record of what was asked, served, spent and changed."""

    store: Literal["sqlite", "postgres"] = Field(
        default="sqlite",
        description="sqlite (files in `home`) or postgres (a server that several machines share); not from a project's own clew.yaml.",
    )
    url: str = Field(
        default="postgresql://127.0.0.1:5432/clew",
        min_length=1,
        description="Address of the PostgreSQL server; from the environment or the user's own file.",
    )
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the PostgreSQL server; from the environment only."
    )
    timeout_s: float = Field(default=10.0, gt=0, le=600, description="Longest wait for the store of the Ledger.")
    required: bool = Field(
        default=False,
        description="No answer that is not in the Ledger first; else a failing Ledger is told and passed over.",
    )
    anchor_file: Path | None = Field(
        default=None, description="Where the heads of the chains are written; unset: `ledger.anchor` in `home`."
    )
    anchor_every_s: float = Field(
        default=60.0, ge=0, description="Shortest time between two anchors, but for the last one."
    )
    signing_key: SecretStr = Field(
        default=SecretStr(""),
        description="Signs anchors and checkpoints; from the environment only. Empty: a key that stands in the store.",
    )
    keep_days: int = Field(
        default=0, ge=0, le=36_500, description="Age of what `clew audit prune` takes out unless told; 0: nothing."
    )


class TracingSettings(_Group):
    """Runs told to LangSmith. LangSmith's own variables (LANGSMITH_TRACING, _ENDPOINT, _PROJECT, _API_KEY) count where ours are silent."""

    langsmith: bool = Field(
        default=False, description="Tell runs to LangSmith, redacted; never from a project's own clew.yaml."
    )
    url: str = Field(
        default="https://api.smith.langchain.com", min_length=1, description="Address of the LangSmith server."
    )
    project: str = Field(default="clew", min_length=1, description="LangSmith project that runs are told to.")
    api_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")


class ModelSettings(_Group):
    """Which LLM writes, and where it is."""

    writer: str = Field(
        default="auto",
        min_length=1,
        description="auto, extractive (no LLM), or the name of an LLM that a host serves.",
    )
    ollama_url: str = Field(default="http://127.0.0.1:11434", description="Address of the first Ollama host.")
    further_hosts: Names = Field(default=(), description="Addresses of further Ollama hosts.")
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
    openai_url: str = Field(
        default="https://api.openai.com/v1", description="Base address of an endpoint that speaks OpenAI's protocol."
    )
    openai_models: Names = Field(default=(), description="Its models that may write; none: it is not used.")
    openai_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")
    anthropic_url: str = Field(default="https://api.anthropic.com", description="Base address of Anthropic's API.")
    anthropic_models: Names = Field(default=(), description="Models of Anthropic that may write; none: it is not used.")
    anthropic_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")


class PrivacySettings(_Group):
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


class RunSettings(_Group):
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


class PriceSettings(_Group):
    """What a model costs."""

    input_usd: float = Field(default=0.0, ge=0, description="Dollars for a million tokens that it reads.")
    output_usd: float = Field(default=0.0, ge=0, description="Dollars for a million tokens that it writes.")


class LimitSettings(_Group):
    """The most that may be spent."""

    tokens: int | None = Field(default=None, ge=0, description="Tokens, read and written; unset: no limit.")
    usd: float | None = Field(default=None, ge=0, description="Dollars; unset: no limit.")


class ScopeLimitSettings(_Group):
    """The most of one question, and of a month for each user, each team, each project, and all together."""

    request: LimitSettings = LimitSettings()
    user: LimitSettings = LimitSettings()
    team: LimitSettings = LimitSettings()
    project: LimitSettings = LimitSettings()
    month: LimitSettings = LimitSettings()


class BudgetSettings(_Group):
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


class ServeSettings(_Group):
    """The REST server."""

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; one that other machines reach needs keys or an identity provider.",
    )
    port: int = Field(default=8674, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    clarify: bool = Field(
        default=False,
        description="Ask chat clients back when a name means several things, unless a request says otherwise.",
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, le=100_000_000, description="Larger requests are refused.")
    drain_timeout_s: float = Field(
        default=10.0, ge=0, le=600, description="Time for running answers to end at shutdown."
    )
    roots: tuple[Path, ...] = Field(
        default=(),
        description="Folders below which requests may have new repositories indexed; indexed ones may be brought up to date.",
    )
    reconnect_s: float = Field(
        default=30.0, ge=0, le=3_600, description="How long a streamed answer goes on while nobody reads it."
    )
    body_timeout_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for the body of a request.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain (PEM): serve over TLS.")
    tls_key: Path | None = Field(default=None, description="Its private key (PEM), readable by its owner alone.")
    allowed_hosts: Names = Field(
        default=(), description="Names that the Host header may have where callers are known; none: any."
    )
    cors_origins: Names = Field(
        default=(), description="Origins whose pages may ask where callers are known; none: no page."
    )
    trusted_proxies: Names = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For and -Proto are believed; none: nobody's."
    )


Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures with a key pair only: a shared secret would have to be in every client, and `none` is none."""


class OidcSettings(_Group):
    """An identity provider that signs bearer tokens (OpenID Connect)."""

    issuer: str = Field(default="", description="Issuer of bearer tokens, as it calls itself; empty: none are taken.")
    audience: str = Field(
        default="", description="Name that the provider knows Clew by; tokens for others are refused."
    )
    jwks_url: str = Field(default="", description="Address of its keys; empty: as its discovery document says.")
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=("RS256", "ES256"), min_length=1, description="Algorithms of signatures that are taken."
    )
    leeway_s: float = Field(default=60.0, ge=0, le=600, description="How far its clock may be from ours.")
    name_claim: str = Field(default="name", min_length=1, description="Claim with the person's name.")
    groups_claim: str = Field(default="groups", min_length=1, description="Claim with the groups: teams of policies.")
    roles: dict[str, str] = Field(default_factory=dict, description="Group -> the role that its people have.")


class AccessSettings(_Group):
    """Who may ask."""

    authentication: Literal["auto", "required"] = Field(
        default="auto",
        description="required: every caller is known; auto: so beyond this machine, with an identity provider, or behind a proxy.",
    )
    policies: Path | None = Field(
        default=None, description="Cedar policies of your own; unset: `policies.cedar` in `home`."
    )
    oidc: OidcSettings = OidcSettings()


class RateSettings(_Group):
    """How much may be asked where callers are known; 0 is no limit."""

    store: Literal["memory", "redis"] = Field(
        default="memory", description="Where requests are counted: memory, or redis (several servers, one count)."
    )
    url: str = Field(default="redis://127.0.0.1:6379/1", min_length=1, description="Address of that Redis server.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of that Redis server; from the environment only."
    )
    key_requests: int = Field(default=600, ge=0, description="Requests a minute of one key.")
    user_requests: int = Field(
        default=1_200, ge=0, description="Requests a minute of one principal, all keys together."
    )
    user_tokens: int = Field(default=0, ge=0, description="Tokens of models a minute for one principal.")
    failures: int = Field(default=30, ge=0, description="Refused keys and tokens a minute from one address.")
    user_answers: int = Field(default=4, ge=0, le=10_000, description="Answers at once for one principal; more wait.")
    answers: int = Field(
        default=32, ge=0, le=10_000, description="Answers at once for all; more wait, in turn by principal."
    )
    waiting: int = Field(default=200, ge=0, le=100_000, description="Questions that may wait; more are refused.")
    wait_s: float = Field(default=30.0, ge=0, le=600, description="Longest wait for one's turn.")


class Settings(BaseSettings):
    """The whole tree. Frozen: a run's settings do not change under it."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
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


def load_settings(overrides: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Settings:
    """Return the settings of one run.

    Args:
        overrides: the run's own values, nested as in the tree; `None` values count as absent.
        folder: where the search for `clew.yaml` begins; the current folder by default.

    Raises:
        ConfigError: an unknown key, or a value of the wrong type or out of range, wherever it came from.
    """
    file = find_file(folder or _current_folder())
    file_values = _read_file(file) if file else {}

    class FromThisFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - passed by keyword
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                init_settings,
                env_settings,
                InitSettingsSource(settings_cls, init_kwargs=file_values),
                InitSettingsSource(settings_cls, init_kwargs=_langsmith_variables()),
            )

    try:
        settings = FromThisFile(**_without_none(overrides or {}))
    except ValidationError as exc:
        raise _explained(exc, file) from exc
    except ValueError as exc:  # an environment value that should be JSON and is not (pydantic's SettingsError)
        raise ConfigError(
            f"settings cannot be read: {exc}",
            next_step="check the CLEW_* environment variables",
        ) from exc
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def find_file(folder: Path) -> Path | None:
    """Return the `clew.yaml` that rules in `folder`: the nearest one upwards, else the user's own, else None."""
    for candidate in (folder, *folder.absolute().parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    personal = _personal_file()
    return personal if personal.is_file() else None


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


def unknown_variables() -> list[str]:
    """Return the `CLEW_*` environment variables that name no setting, by name."""
    known = {ENVIRONMENT_PREFIX + name.upper().replace(".", "__") for name, _, _ in setting_names()}
    return sorted(
        name for name in os.environ if name.upper().startswith(ENVIRONMENT_PREFIX) and name.upper() not in known
    )


def colour_refused() -> bool:
    """Tell whether the person wants plain text (https://no-color.org, or a terminal that cannot do more)."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def is_loopback_url(url: str) -> bool:
    """Tell whether what is sent to `url` stays on this machine."""
    return is_loopback(_host_of(url))


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an address, without a port) stays on this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _langsmith_variables() -> dict[str, Any]:
    """Return what LangSmith's own environment variables say, as our settings; their older names count too."""
    found: dict[str, Any] = {}
    for key, name in (("langsmith", "TRACING"), ("url", "ENDPOINT"), ("project", "PROJECT"), ("api_key", "API_KEY")):
        older = "LANGCHAIN_TRACING_V2" if name == "TRACING" else f"LANGCHAIN_{name}"
        value = os.environ.get(f"LANGSMITH_{name}") or os.environ.get(older)
        if value:
            found[key] = value.strip().lower() in ("true", "1") if name == "TRACING" else value
    return {"tracing": found} if found else {}


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as exc:
        raise ConfigError(f"the current folder cannot be used: {exc.strerror}", next_step="go to another one") from exc


def _personal_file() -> Path:
    return platformdirs.user_config_path("clew", appauthor=False) / FILE_NAME


def _read_file(file: Path) -> dict[str, Any]:
    import yaml  # start-up time: most folders have no clew.yaml

    try:
        loaded = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise ConfigError(
            f"{str(file)!r} cannot be read: {exc}",
            next_step="repair or remove the file",
        ) from exc
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError(
            f"{str(file)!r} must hold keys and values, not {type(loaded).__name__}",
            next_step="see docs/settings.md",
        )
    _check_keys(loaded, Settings, "", file)
    _check_no_secret(loaded, file)
    if isinstance(loaded.get("home"), str):
        loaded["home"] = str(file.parent / Path(loaded["home"]).expanduser())
    if file != _personal_file():
        _check_project_file(loaded, file)
    return loaded


def _check_keys(values: Mapping[Any, Any], model: type[BaseModel], prefix: str, file: Path) -> None:
    fields = model.model_fields
    for key, value in values.items():
        if key not in fields:
            near = difflib.get_close_matches(str(key), fields, n=1, cutoff=0.5)
            hint = f"did you mean {prefix + near[0]!r}?" if near else f"known here: {', '.join(fields)}"
            raise ConfigError(f"unknown key {prefix + str(key)!r} in {str(file)!r}", next_step=hint)
        annotation = fields[key].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, Mapping):
            _check_keys(value, annotation, f"{prefix}{key}.", file)


SECRETS = (
    ("graph", "password", "password"),
    ("memory", "password", "password"),
    ("threads", "password", "password"),
    ("ledger", "password", "password"),
    ("ledger", "signing_key", "key"),
    ("tracing", "api_key", "key"),
    ("retrieval", "chroma_token", "token"),
    ("embedding", "api_key", "key"),
    ("model", "openai_key", "key"),
    ("model", "anthropic_key", "key"),
    ("rates", "password", "password"),
)
"""Group, setting, what it is: none of them may stand in a file."""


def _check_no_secret(values: Mapping[str, Any], file: Path) -> None:
    for group, key, what in SECRETS:
        found = values.get(group)
        if isinstance(found, Mapping) and key in found:
            raise ConfigError(
                f"{str(file)!r} sets '{group}.{key}': a {what} does not belong into a file",
                next_step=f"take it out, and set CLEW_{group.upper()}__{key.upper()}",
            )


OWNERS_CHOICE = (
    *(("graph", key) for key in ("backend", "url", "user", "database")),
    *(("memory", key) for key in ("backend", "url")),
    *(("threads", key) for key in ("store", "url")),
    *(("ledger", key) for key in ("store", "url", "required", "anchor_file", "keep_days")),
    *(("tracing", key) for key in ("langsmith", "url", "project")),
    *(("retrieval", key) for key in ("vectors", "chroma_url")),
    ("embedding", "folder"),
    ("embedding", "models_url"),
    *(("budget", key) for key in ("limits", "team", "alert_shares", "economy_share", "reservation_s", "prices")),
    *(("model", key) for key in ("openai_models", "anthropic_models", "anthropic_url")),
    *(("privacy", key) for key in ("default", "repositories", "inside")),
    ("serve", "roots"),
    *(("access", key) for key in AccessSettings.model_fields),
    *(("rates", key) for key in RateSettings.model_fields),
    *(("serve", key) for key in ("host", "tls_cert", "tls_key", "allowed_hosts", "cors_origins", "trusted_proxies")),
)
"""Group and setting that only the person may set: where data goes, who may ask, and whose model is loaded."""


ADDRESSES = (("model", "ollama_url"), ("model", "further_hosts"), ("model", "openai_url"), ("embedding", "url"))
"""Group and setting of the addresses that code is sent to."""


def _check_project_file(values: Mapping[str, Any], file: Path) -> None:
    """A `clew.yaml` that came with somebody's repository must not choose where code is sent, nor which store is read."""
    if "home" in values:
        raise ConfigError(
            f"{str(file)!r} sets 'home': a project's file may not choose the store",
            next_step=f"set CLEW_HOME, use --store, or write it into {str(_personal_file())!r}",
        )
    for group, key in OWNERS_CHOICE:
        found = values.get(group)
        if isinstance(found, Mapping) and key in found:
            raise ConfigError(
                f"{str(file)!r} sets '{group}.{key}': a project's file may not choose the store or load a model",
                next_step=f"set CLEW_{group.upper()}__{key.upper()}, or write it into {str(_personal_file())!r}",
            )
    for group, key in ADDRESSES:
        found = values.get(group)
        named = found.get(key) if isinstance(found, Mapping) else None
        for url in named if isinstance(named, list) else _split(named or ""):
            if isinstance(url, str) and not is_loopback(_host_of(url)):
                raise ConfigError(
                    f"{str(file)!r} sends code to {url!r}: a project's file may only name a host on this machine",
                    next_step=f"set CLEW_{group.upper()}__{key.upper()} or write it into {str(_personal_file())!r}",
                )


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # such as a bracket that is never closed
        return ""


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {key: _without_none(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    return {key: value for key, value in cleaned.items() if value is not None and value != {}}


def _explained(error: ValidationError, file: Path | None) -> ConfigError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    variable = f"{ENVIRONMENT_PREFIX}{name.upper().replace('.', '__')}"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, [known for known, _, _ in setting_names()], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see docs/settings.md"
        return ConfigError(f"there is no setting {name!r} (environment variable {variable})", next_step=hint)
    where = f"the run's options, {variable}" + (f" and {str(file)!r}" if file else "")
    return ConfigError(
        f"setting {name!r} cannot be {first['input']!r}: {first['msg'].lower()}", next_step=f"look at {where}"
    )
