"""An embedding model from a folder, run on this machine: sentence-transformers' layout, ONNX weights.

Read are `modules.json`, the pooling's `config.json`, `sentence_bert_config.json`, `config_sentence_transformers.json`
(prompts), the licence in the head of `README.md`, `tokenizer.json`, and `model.onnx` or `onnx/model.onnx`. onnxruntime and
tokenizers come with Chroma. One thread, and one text at a time: a quantized model scales what it computes by the largest value
among the texts that it reads together, so the vector of a text would depend on its company (cosine down to .985); and
without padding that is no slower.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from configs.errors import ConfigError, ModelUnavailable
from models.embedders.answers import Vectors, checked, unit_rows

DEFAULT_TOKENS = 512
POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last"}
QUERY_PROMPTS = ("query", "s2p_query", "search_query")
DOCUMENT_PROMPTS = ("document", "passage", "search_document")
KEPT_QUERIES = 256
NEEDS = "Install Clew again from its lock files (make demo): onnxruntime and tokenizers are among them."
_CARD_LICENCE = re.compile(r"\A---\n(?:(?!---).*\n)*?license:[ \t]*(\S+)")


class LocalEmbedder:
    """Open the model in `folder`. Raises ConfigError when a part is missing or cannot be used.

    licence: as the model's card names it, empty when it names none.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime  # lazy, both: half a second, and only this embedder needs them
            from tokenizers import Tokenizer
        except ImportError as exc:
            raise ConfigError(
                f"A local embedding model needs a package that is missing: {exc.name}", next_step=NEEDS
            ) from exc

        self._folder = folder
        self._queries: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
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
        self._tokenizer.no_padding()  # some files ask for a fixed length
        self._inputs = [one.name for one in self._session.get_inputs()]
        digest = xxhash.xxh3_128(weights.read_bytes())
        digest.update(f"{self._tokenizer.to_str()}{self._pooling}{normalized}{prompts}".encode())
        self.licence = _licence(folder)
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
        rows = [self._run(self._document_prompt + text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._dimension), np.float32)

    def embed_query(self, text: str) -> Vectors:
        with self._lock:
            if (known := self._queries.get(text)) is None:
                known = self._queries[text] = self._run(self._query_prompt + text)
                if len(self._queries) > KEPT_QUERIES:
                    self._queries.popitem(last=False)
        return known

    def _run(self, text: str) -> Vectors:
        encoded = self._tokenizer.encode(text)
        mask = np.array([encoded.attention_mask], np.int64)
        given = {
            "input_ids": np.array([encoded.ids], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([encoded.type_ids], np.int64),
        }
        try:
            output = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        except Exception as exc:
            raise ModelUnavailable(
                f"The local embedding model in {str(self._folder)!r} failed: {str(exc)[:200]}",
                next_step="Name another with CLEW_EMBEDDING__FOLDER, or set CLEW_EMBEDDING__SOURCE=learned.",
            ) from exc
        pooled = output if output.ndim == 2 else _pooled(output, mask, self._pooling)
        row: Vectors = checked(pooled, 1, self._dimension, f"The local embedding model in {str(self._folder)!r}")[0]
        return row

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


def _licence(folder: Path) -> str:
    """Return the licence that the model's card names, empty when there is none."""
    try:
        said = _CARD_LICENCE.match((folder / "README.md").read_text("utf-8", "replace"))
    except OSError:
        return ""
    return said.group(1) if said else ""


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
