"""Settings of what is kept, and where: the index, its graph, its vectors, memory, conversations, the Ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from configs.settings.addresses import Address
from configs.settings.group import Group


class IndexSettings(Group):
    """What one `clew index` may take."""

    jobs: int | None = Field(default=None, ge=1, le=256, description="Worker processes; unset: one a CPU.")
    at_once: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Index jobs of `clew serve` that run at a time, of all its workers together; each of another repository.",
    )
    max_file_bytes: int = Field(
        default=1_500_000,
        ge=1_000,
        le=100_000_000,
        description="Larger files are reported as too_large and left out.",
    )
    lock_timeout_s: float = Field(
        default=1_800.0,
        ge=0,
        description="How long to wait for another index run of the same repository, and for one that writes the same store; 0: not at all.",
    )


class GraphSettings(Group):
    """The code graph's store."""

    backend: Literal["sqlite", "neo4j"] = Field(
        default="sqlite",
        description="sqlite (a file in `home`) or neo4j (a server); a project's own clew.yaml may not set it.",
    )
    url: Address = Field(
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


class RetrievalSettings(Group):
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
    chroma_url: Address = Field(
        default="http://127.0.0.1:8000",
        min_length=1,
        description="Address of the Chroma server; from the environment or the user's own file.",
    )
    chroma_token: SecretStr = Field(
        default=SecretStr(""), description="Bearer token of the Chroma server; from the environment only."
    )


class EmbeddingSettings(Group):
    """Where vectors come from."""

    source: Literal["auto", "learned", "ollama", "openai", "local"] = Field(
        default="auto",
        description="auto, learned (from the repository itself), ollama, openai (an endpoint that speaks its protocol), "
        "local (a folder).",
    )
    model: str = Field(default="", description="Embedding model; empty: the best one that Ollama holds.")
    url: Address = Field(
        default="", description="Base address of an endpoint that speaks OpenAI's protocol, with its version."
    )
    api_key: SecretStr = Field(default=SecretStr(""), description="Its key; from the environment only.")
    folder: Path | None = Field(
        default=None, description="Folder of a local model: sentence-transformers' layout, ONNX weights."
    )
    models_url: Address = Field(
        default="",
        pattern=r"^(https?://.*)?$",
        description="Maven repository that `clew vectors install` downloads from; empty: Maven itself knows where.",
    )
    timeout_s: float = Field(default=120.0, gt=0, le=3_600, description="Longest wait for one batch of vectors.")


class MemorySettings(Group):
    """Where answers, and what people taught, are remembered."""

    backend: Literal["sqlite", "redis"] = Field(
        default="sqlite",
        description="sqlite (files in `home`) or redis (a server that several machines share); not from a project's own clew.yaml.",
    )
    url: Address = Field(
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


class PlacedSettings(Group):
    """What is kept in files, or at a PostgreSQL server."""

    store: Literal["sqlite", "postgres"] = Field(
        default="sqlite",
        description="sqlite (files in `home`) or postgres (a server that several machines share); not from a project's own clew.yaml.",
    )
    url: Address = Field(
        default="postgresql://127.0.0.1:5432/clew",
        min_length=1,
        description="Address of the PostgreSQL server; from the environment or the user's own file.",
    )
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of the PostgreSQL server; from the environment only."
    )
    timeout_s: float = Field(default=10.0, gt=0, le=600, description="Longest wait for the PostgreSQL server.")


class ThreadSettings(PlacedSettings):
    """Conversations: where they are kept, and for how long."""

    ttl_days: int = Field(
        default=90, ge=0, le=36_500, description="Delete a conversation that nobody used for so long; 0 keeps all."
    )
    wait_s: float = Field(
        default=30.0, ge=0, le=3_600, description="Longest wait for another question of the same conversation."
    )


class LedgerSettings(PlacedSettings):
    """The record of what was asked, served, spent and changed."""

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
        default=0,
        ge=0,
        le=36_500,
        description="Age of what `clew serve` takes out every day, and `clew audit prune` unless told; 0: nothing.",
    )
