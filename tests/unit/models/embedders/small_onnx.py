"""Makes a sentence-transformers folder with a real, very small ONNX model: each token's vector is a row of a table.

The model file is written in protobuf's wire format by hand (onnx.proto3): no other library of the project writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = ("[PAD]", "[UNK]", "cart", "total", "price", "mail", "send", "query:", "passage:")
INT64, FLOAT = 7, 1


def write_model(folder: Path, *, pooling: str = "pooling_mode_mean_tokens", **files: Any) -> Path:
    """Write the model; `files` adds or replaces JSON files by name, with `_` for `.` left out (`modules` -> modules.json)."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "1_Pooling").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(_model(np.eye(len(WORDS), dtype=np.float32)))
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    written = {
        "modules": [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}],
        "1_Pooling/config": {pooling: True},
        "sentence_bert_config": {"max_seq_length": 4},
        **files,
    }
    for name, content in written.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def _model(table: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    node = _field(1, b"table") + _field(1, b"input_ids") + _field(2, b"last_hidden_state") + _field(4, b"Gather")
    dimensions = b"".join(_number(1, size) for size in table.shape)
    tensor = dimensions + _number(2, FLOAT) + _field(8, b"table") + _field(9, table.tobytes())
    graph = _field(1, node) + _field(2, b"small") + _field(5, tensor)
    graph += _field(11, _value(b"input_ids", INT64, 2)) + _field(11, _value(b"attention_mask", INT64, 2))
    graph += _field(12, _value(b"last_hidden_state", FLOAT, 3))
    return _number(1, 8) + _field(8, _number(2, 13)) + _field(7, graph)


def _value(name: bytes, kind: int, rank: int) -> bytes:
    shape = b"".join(_field(1, _field(2, f"d{at}".encode())) for at in range(rank))
    return _field(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, shape)))


def _field(number: int, payload: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes([*encoded, value])
