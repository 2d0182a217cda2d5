"""An embedding model from a folder, run on this machine: sentence-transformers' layout, ONNX weights.

Read are `modules.json`, the pooling's `config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`
(prompts), `tokenizer.json`, and `model.onnx` or `onnx/model.onnx`. onnxruntime and tokenizers come with Chroma. One thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from configs.errors import ConfigError, ModelUnavailable
from models.embedders.answers import Vectors, checked, unit_rows

BATCH_TEXTS = 16
DEFAULT_TOKENS = 512
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last"}
QUERY_PROMPTS = ("query", "s2p_query", "search_query")
DOCUMENT_PROMPTS = ("document", "passage", "search_document")


class LocalEmbedder:
    """Open the model in `folder`. Raises ConfigError when a part is missing or cannot be used."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # lazy, both: half a second, and only this embedder needs them
        from tokenizers import Tokenizer

        self._folder = folder
        weights = next(
            (path for path in (folder / "onnx" / "model.onnx", folder / "model.onnx") if path.is_file()), None
        )
        if weights is None:
            raise self._unusable("it holds no model.onnx", "Export the model to ONNX, or name another folder.")
        self._pooling, normalized = _pooling(self._json("modules.json", []), self._folder)
        prompts = self._json("config_sentence_transformers.json", {}).get("prompts") or {}
        self._query_prompt = next((prompts[name] for name in QUERY_PROMPTS if prompts.get(name)), "")
        self._document_prompt = next((prompts[name] for name in DOCUMENT_PROMPTS if prompts.get(name)), "")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        except Exception as exc:
            raise self._unusable(str(exc)[:200], "Check that tokenizer.json and model.onnx are whole.") from exc
        self._tokenizer.enable_truncation(
            int(self._json("sentence_bert_config.json", {}).get("max_seq_length") or DEFAULT_TOKENS)
        )
        self._tokenizer.enable_padding()
        self._inputs = [one.name for one in self._session.get_inputs()]
        digest = xxhash.xxh3_128(weights.read_bytes())
        digest.update(f"{self._tokenizer.to_str()}{self._pooling}{normalized}{prompts}".encode())
        self._identity = f"local:{folder.name}@{digest.hexdigest()[:16]}"
        self._dimension = 0
        self._dimension = len(self.embed_query("dimension"))

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return shape (len(texts), dimension), rows of unit length; longer texts than the model reads are cut at its end."""
        parts = [
            self._run([self._document_prompt + text for text in texts[at : at + BATCH_TEXTS]])
            for at in range(0, len(texts), BATCH_TEXTS)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._dimension), np.float32)

    def embed_query(self, text: str) -> Vectors:
        row: Vectors = self._run([self._query_prompt + text])[0]
        return row

    def _run(self, texts: list[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encoded], np.int64),
        }
        try:
            output = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        except Exception as exc:
            raise ModelUnavailable(
                f"The local embedding model in {str(self._folder)!r} failed: {str(exc)[:200]}",
                next_step="Name another with CLEW_EMBEDDING__FOLDER, or set CLEW_EMBEDDING__SOURCE=learned.",
            ) from exc
        pooled = output if output.ndim == 2 else _pooled(output, mask, self._pooling)
        return checked(pooled, len(texts), self._dimension, f"The local embedding model in {str(self._folder)!r}")

    def _json(self, name: str, default: Any) -> Any:
        path = self._folder / name
        if not path.is_file():
            return default
        try:
            return json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as exc:
            raise self._unusable(f"{name} cannot be read: {exc}", "Repair that file.") from exc

    def _unusable(self, what: str, step: str) -> ConfigError:
        return ConfigError(f"The embedding model in {str(self._folder)!r} cannot be used: {what}", next_step=step)


def _pooling(modules: list[dict[str, Any]], folder: Path) -> tuple[str, bool]:
    """Return how token vectors become one, mean unless the model says otherwise, and whether it scales them itself."""
    names = [str(one.get("type", "")).rpartition(".")[2] for one in modules]
    path = next((str(one["path"]) for one, name in zip(modules, names, strict=True) if name == "Pooling"), "1_Pooling")
    try:
        said = json.loads((folder / path / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        said = {}
    chosen = [pooling for key, pooling in POOLINGS.items() if said.get(key)]
    return (chosen or ["mean"])[0], "Normalize" in names


def _pooled(tokens: np.ndarray[Any, Any], mask: np.ndarray[Any, Any], pooling: str) -> Vectors:
    if pooling == "cls":
        return unit_rows(tokens[:, 0].astype(np.float32))
    if pooling == "last":
        return unit_rows(tokens[np.arange(len(tokens)), mask.sum(axis=1) - 1].astype(np.float32))
    weights = mask[:, :, None].astype(np.float32)
    return unit_rows((tokens * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9))
