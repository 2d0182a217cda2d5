from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from configs.errors import ConfigError
from models.embedders import local
from models.embedders.local import LocalEmbedder
from tests.unit.models.embedders.small_onnx import WORDS, write_model

CART, TOTAL, PRICE, MAIL = (WORDS.index(word) for word in ("cart", "total", "price", "mail"))


def test_the_mean_of_the_tokens_is_taken_without_padding(tmp_path: Path) -> None:
    embedder = LocalEmbedder(write_model(tmp_path / "m"))
    assert embedder.dimension == len(WORDS)
    vectors = embedder.embed_documents(["cart", "cart total price mail", "mail mail"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1])
    assert np.flatnonzero(vectors[0]).tolist() == [CART], "padding to the longest adds nothing"
    assert vectors[1][[CART, TOTAL, PRICE, MAIL]] == pytest.approx([0.5] * 4)
    assert np.flatnonzero(vectors[2]).tolist() == [MAIL]
    assert embedder.embed_documents([]).shape == (0, len(WORDS))


def test_a_vector_does_not_depend_on_the_texts_beside_it(tmp_path: Path) -> None:
    embedder = LocalEmbedder(write_model(tmp_path / "m"))
    texts = ["cart", "cart total price mail", "mail"]
    together = embedder.embed_documents(texts)
    assert all((embedder.embed_documents([text])[0] == row).all() for text, row in zip(texts, together, strict=True))


def test_the_length_that_a_tokenizer_file_asks_for_is_not_kept(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding(length=4)
    tokenizer.enable_truncation(1)
    tokenizer.save(str(folder / "tokenizer.json"))
    vector = LocalEmbedder(folder).embed_documents(["cart mail"])[0]
    assert sorted(np.flatnonzero(vector)) == sorted((CART, MAIL))


def test_the_vectors_of_questions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "KEPT_QUERIES", 2)
    embedder = LocalEmbedder(write_model(tmp_path / "m"))
    first = embedder.embed_query("cart")
    assert embedder.embed_query("cart") is first
    embedder.embed_query("mail")
    embedder.embed_query("total")
    assert embedder.embed_query("cart") is not first


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n", "apache-2.0"),
        ("---\ntags:\n- a\nlicense: mit\n---\n", "mit"),
        ("---\ntags: a\n---\nlicense: mit\n", ""),
        ("license: mit\n", ""),
    ],
)
def test_the_licence_is_that_of_the_card(tmp_path: Path, card: str, licence: str) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "README.md").write_text(card)
    assert LocalEmbedder(folder).licence == licence


def test_a_longer_text_is_cut_at_what_the_model_reads(tmp_path: Path) -> None:
    embedder = LocalEmbedder(write_model(tmp_path / "m"))
    assert embedder.embed_documents(["cart total cart total mail mail mail"])[0][MAIL] == 0


@pytest.mark.parametrize(("pooling", "expected"), [("pooling_mode_cls_token", CART), ("pooling_mode_lasttoken", PRICE)])
def test_other_poolings(tmp_path: Path, pooling: str, expected: int) -> None:
    embedder = LocalEmbedder(write_model(tmp_path / "m", pooling=pooling))
    vectors = embedder.embed_documents(["cart total price", "mail send mail mail"])
    assert np.flatnonzero(vectors[0]).tolist() == [expected]


def test_the_prompts_of_the_model_are_put_before(tmp_path: Path) -> None:
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    embedder = LocalEmbedder(write_model(tmp_path / "m", config_sentence_transformers=prompts))
    assert set(np.flatnonzero(embedder.embed_query("cart"))) == {CART, WORDS.index("query:")}
    assert set(np.flatnonzero(embedder.embed_documents(["cart"])[0])) == {CART, WORDS.index("passage:")}


def test_the_identity_follows_weights_and_settings(tmp_path: Path) -> None:
    one, same = (LocalEmbedder(write_model(tmp_path / name / "m")) for name in ("a", "b"))
    other = LocalEmbedder(write_model(tmp_path / "c" / "m", pooling="pooling_mode_cls_token"))
    longer = LocalEmbedder(write_model(tmp_path / "d" / "m", sentence_bert_config={"max_seq_length": 9}))
    assert one.identity == same.identity
    assert len({one.identity, other.identity, longer.identity}) == 3


def test_a_plain_folder_with_a_model_and_a_tokenizer_is_enough(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "onnx" / "model.onnx").rename(folder / "model.onnx")
    for name in ("modules.json", "1_Pooling/config.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    assert np.flatnonzero(LocalEmbedder(folder).embed_query("cart")).tolist() == [CART]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("onnx/model.onnx", None, "no model.onnx"),
        ("onnx/model.onnx", b"no model", "whole"),
        ("tokenizer.json", None, "whole"),
        ("tokenizer.json", b"{}", "whole"),
        ("modules.json", b"{", "modules.json cannot be read"),
    ],
)
def test_what_is_missing_or_broken_is_named(tmp_path: Path, file: str, content: bytes | None, said: str) -> None:
    folder = write_model(tmp_path / "m")
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        LocalEmbedder(folder)
    assert said in f"{caught.value.message} {caught.value.next_step}"
    assert str(folder) in caught.value.message
