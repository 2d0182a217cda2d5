from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError, StoreCorrupt
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.scope import EVERYTHING
from knowledge.terms import ChunkTerms
from models.embedders.latent import LatentSemanticEmbedder
from tests.contract.sources import entry

TOPICS = {
    "mail": "def {name}(message, recipient):\n    smtp.connect(recipient)\n    smtp.deliver(message)\n",
    "price": "def {name}(cart, discount):\n    total = cart.sum()\n    return total - discount\n",
    "queue": "def {name}(worker, job):\n    worker.reserve(job)\n    job.acknowledge(worker)\n",
}


@pytest.fixture
def search(tmp_path: Path) -> LexicalSearch:
    entries = [
        entry("r", f"m{topic}{number}.py", text.format(name=f"{topic}_{number}"))
        for topic, text in TOPICS.items()
        for number in range(6)
    ]
    LexicalWriter(tmp_path / "lexical").build("r", 1, entries)
    return LexicalSearch(tmp_path / "lexical", lambda _: {"r": 1})


@pytest.fixture
def chunks(search: LexicalSearch) -> ChunkTerms:
    return search.chunk_terms("r")


def test_a_question_is_near_the_chunks_of_its_topic(search: LexicalSearch, chunks: ChunkTerms) -> None:
    embedder = LatentSemanticEmbedder.fit(chunks, dimension=3)
    vectors = embedder.of_chunks(chunks)(np.arange(len(chunks.digests)))
    nearest = np.argsort(-(vectors @ embedder.embed_query("deliver to the recipient")))[:6]
    table = search.chunks(EVERYTHING)[0]
    assert {table.chunk(int(row)).path[:5] for row in nearest} == {"mmail"}


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
    folder = tmp_path / "lsa"
    embedder, other = (LatentSemanticEmbedder.fit(chunks, dimension=dimension) for dimension in (3, 2))
    assert LatentSemanticEmbedder.load(folder, embedder.identity) is None
    embedder.save(folder)
    other.save(folder)
    loaded = LatentSemanticEmbedder.load(folder, embedder.identity)
    assert loaded is not None
    assert loaded.identity == embedder.identity
    assert loaded.embed_query("job") == pytest.approx(embedder.embed_query("job"))
    assert loaded.coverage(chunks) == embedder.coverage(chunks) > 0.5
    assert len(list(folder.iterdir())) == 2
    LatentSemanticEmbedder.keep_only(folder, other.identity)
    assert [child.stem for child in folder.iterdir()] == [other.identity]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "lsa-3-0.npz").write_bytes(content)
    with pytest.raises(StoreCorrupt, match="damaged"):
        LatentSemanticEmbedder.load(tmp_path, "lsa-3-0")


def test_a_file_of_another_embedder_is_not_taken_for_it(chunks: ChunkTerms, tmp_path: Path) -> None:
    embedder = LatentSemanticEmbedder.fit(chunks, dimension=3)
    embedder.save(tmp_path)
    (tmp_path / f"{embedder.identity}.npz").rename(tmp_path / "lsa-3-0.npz")
    with pytest.raises(StoreCorrupt, match="damaged"):
        LatentSemanticEmbedder.load(tmp_path, "lsa-3-0")


def test_too_little_to_learn_from_says_so(chunks: ChunkTerms) -> None:
    single = ChunkTerms(
        chunks.digests[:1], chunks.vocabulary, chunks.row_start[:2], chunks.terms[:3], chunks.weights[:3]
    )
    with pytest.raises(InputError, match="too few"):
        LatentSemanticEmbedder.fit(single)
