from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError, StoreCorrupt
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.terms import ChunkTerms, symbol_of_chunk_id
from models.embedders import LatentSemanticEmbedder
from tests.contract.sources import entry

TOPICS = {
    "mail": "def {name}(message, recipient):\n    smtp.connect(recipient)\n    smtp.deliver(message)\n",
    "price": "def {name}(cart, discount):\n    total = cart.sum()\n    return total - discount\n",
    "queue": "def {name}(worker, job):\n    worker.reserve(job)\n    job.acknowledge(worker)\n",
}


@pytest.fixture
def chunks(tmp_path: Path) -> ChunkTerms:
    entries = [
        entry("r", f"m{topic}{number}.py", text.format(name=f"{topic}_{number}"))
        for topic, text in TOPICS.items()
        for number in range(6)
    ]
    LexicalWriter(tmp_path / "lexical").build("r", 1, entries)
    return LexicalSearch(tmp_path / "lexical", lambda _: {"r": 1}).chunk_terms("r")


def test_a_question_is_near_the_chunks_of_its_topic(chunks: ChunkTerms) -> None:
    embedder = LatentSemanticEmbedder.fit(chunks, dimension=3)
    vectors = embedder.embed_chunks(chunks, np.arange(len(chunks.ids)))
    nearest = np.argsort(-(vectors @ embedder.embed_query("deliver to the recipient")))[:6]
    assert {symbol_of_chunk_id(chunks.ids[row])[:7] for row in nearest} == {"r:mmail"}


def test_vectors_have_unit_length_or_are_zero(chunks: ChunkTerms) -> None:
    embedder = LatentSemanticEmbedder.fit(chunks, dimension=3)
    vectors = embedder.embed_documents(["the cart with a discount", "zzz unknown", ""])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0], abs=1e-5)
    assert vectors.shape == (3, embedder.dimension)
    assert vectors.dtype == np.float32


def test_the_same_chunks_give_the_same_identity(chunks: ChunkTerms) -> None:
    one, same = (LatentSemanticEmbedder.fit(chunks, dimension=3) for _ in range(2))
    assert one.identity == same.identity
    assert LatentSemanticEmbedder.fit(chunks, dimension=2).identity != one.identity


def test_saved_and_loaded_it_is_the_same(chunks: ChunkTerms, tmp_path: Path) -> None:
    embedder = LatentSemanticEmbedder.fit(chunks, dimension=3)
    assert LatentSemanticEmbedder.load(tmp_path / "lsa") is None
    embedder.save(tmp_path / "lsa")
    loaded = LatentSemanticEmbedder.load(tmp_path / "lsa")
    assert loaded is not None
    assert loaded.identity == embedder.identity
    assert loaded.embed_query("job") == pytest.approx(embedder.embed_query("job"))
    assert loaded.coverage(chunks) == embedder.coverage(chunks) > 0.5
    assert [child.name for child in (tmp_path / "lsa").iterdir()] == ["lsa.npz"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lsa.npz").write_bytes(content)
    with pytest.raises(StoreCorrupt, match="damaged"):
        LatentSemanticEmbedder.load(tmp_path)


def test_too_little_to_learn_from_says_so(chunks: ChunkTerms) -> None:
    single = ChunkTerms(chunks.ids[:1], chunks.vocabulary, chunks.row_start[:2], chunks.terms[:3], chunks.weights[:3])
    with pytest.raises(InputError, match="too few"):
        LatentSemanticEmbedder.fit(single)
