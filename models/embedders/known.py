"""What is known of embedding models by name: prefixes, dimension, context.

Sources: the models' cards, and what Ollama serves of them (nomic-embed-text is trained to 8,192 tokens, and served with
2,048). A `num_ctx` above the trained size can crash the host, so the context is always said.
"""

from __future__ import annotations

from dataclasses import dataclass

ASKED = "Instruct: Given a question about a codebase, retrieve the code and documents that answer it\nQuery: "


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """`dimension` 0: not known before the first answer. `context_tokens`: what one text may have. `licence`: empty when not known."""

    query_prefix: str = ""
    document_prefix: str = ""
    dimension: int = 0
    context_tokens: int = 512
    licence: str = ""


UNKNOWN = EmbeddingModel()

_KNOWN = {
    "nomic-embed-text": EmbeddingModel("search_query: ", "search_document: ", 768, 2_048, "apache-2.0"),
    "qwen3-embedding": EmbeddingModel(ASKED, "", 0, 8_192, "apache-2.0"),
    "qwen3-embedding:0.6b": EmbeddingModel(ASKED, "", 1_024, 8_192, "apache-2.0"),
    "qwen3-embedding:4b": EmbeddingModel(ASKED, "", 2_560, 8_192, "apache-2.0"),
    "qwen3-embedding:8b": EmbeddingModel(ASKED, "", 4_096, 8_192, "apache-2.0"),
    "bge-m3": EmbeddingModel("", "", 1_024, 8_192, "mit"),
    "mxbai-embed-large": EmbeddingModel(
        "Represent this sentence for searching relevant passages: ", "", 1_024, 512, "apache-2.0"
    ),
    "all-minilm": EmbeddingModel("", "", 384, 512, "apache-2.0"),
}
PREFERRED = ("qwen3-embedding", "bge-m3", "nomic-embed-text", "mxbai-embed-large", "all-minilm")
"""When a host holds several, in this order; those that we do not know come after."""


def known_model(name: str) -> EmbeddingModel:
    """Return what is known of a model, by its name with tag, else by its name; `UNKNOWN` else."""
    last = name.rpartition("/")[2].lower()
    return _KNOWN.get(last) or _KNOWN.get(last.partition(":")[0]) or UNKNOWN


def preference(name: str) -> int:
    """Return the place of a model among those to choose from: smaller is better."""
    plain = name.rpartition("/")[2].lower().partition(":")[0]
    return PREFERRED.index(plain) if plain in PREFERRED else len(PREFERRED)
