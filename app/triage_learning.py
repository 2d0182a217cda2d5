"""Learns the intent classifier of a release from labelled wordings, and says how well it does on authors it has not read.

A wording is one JSON object a line with `text`, `intent`, `author` and, where it has them, `entities`. Each author who asked
about a repository is left out once: from those answers come the accuracy and the temperature that makes the probabilities honest.
Phrases without a repository are never left out. The file holds small
integers; `agents.questions.intents` reads it without scikit-learn.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix

from agents.questions.intents import BUCKETS, buckets, masked
from configs.errors import InputError

_STRENGTH = 30.0
_MOST_ROUNDS = 120
_LEAST_SEEN = 2
_LEVELS = 127
_Matrix = Any


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    intent: str
    author: str
    is_phrase: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """The file's content, its sha256, how many wordings, the share right and the macro-F1 on authors left out."""

    content: bytes
    sha256: str
    wordings: int
    accuracy: float
    macro_f1: float
    temperature: float


def read_wordings(files: Sequence[Path], suffixes: frozenset[str]) -> list[Wording]:
    """Return the labelled wordings of JSON Lines files, masked; compound ones have no single intent and are left out."""
    found: list[Wording] = []
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                if row.get("complexity") != "compound":
                    text = masked(row["text"], row.get("entities", ()), suffixes)
                    found.append(Wording(text, row["intent"], row["author"], "repository" not in row))
            except (ValueError, KeyError, TypeError, AttributeError) as exc:
                raise InputError(
                    f"line {number} of {str(file)!r} is no labelled wording",
                    next_step='write {"text": "...", "intent": "...", "author": "..."} on each line',
                ) from exc
    if (
        len({wording.author for wording in found if not wording.is_phrase}) < 2
        or len({wording.intent for wording in found}) < 2
    ):
        raise InputError("too few wordings", next_step="give at least two authors and two intents")
    return found


def learn(wordings: Sequence[Wording]) -> Learned:
    """Return the classifier of these wordings. The same wordings give the same bytes."""
    intents = sorted({wording.intent for wording in wordings})
    labels = np.array([intents.index(wording.intent) for wording in wordings])
    features, kept = _matrix([wording.text for wording in wordings])
    authors = np.array([wording.author for wording in wordings])
    left_out = np.zeros((len(wordings), len(intents)))
    phrases = np.array([wording.is_phrase for wording in wordings])
    for author in sorted(set(authors[~phrases])):
        own = (authors == author) & ~phrases
        weights, bias = _fit(features[~own], labels[~own], len(intents))
        left_out[own] = features[own] @ weights.T + bias
    left_out, asked = left_out[~phrases], labels[~phrases]
    temperature = _temperature(left_out, asked)
    weights, bias = _fit(features, labels, len(intents))
    content = _packed(intents, kept, weights / temperature, bias / temperature)
    said = left_out.argmax(axis=1)
    return Learned(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        wordings=len(wordings),
        accuracy=float((said == asked).mean()),
        macro_f1=_macro_f1(said, asked),
        temperature=temperature,
    )


def _matrix(texts: Sequence[str]) -> tuple[_Matrix, np.ndarray[Any, Any]]:
    """Return one row a wording, as long as 1, over the buckets that several wordings share."""
    found = [buckets(text) for text in texts]
    counts = np.bincount(np.concatenate([np.array(row, dtype=np.int64) for row in found]), minlength=BUCKETS)
    kept = np.flatnonzero(counts >= _LEAST_SEEN)
    place = np.full(BUCKETS, -1)
    place[kept] = np.arange(len(kept))
    rows = [[at for at in place[row] if at >= 0] for row in found]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    values = np.concatenate([np.full(len(row), 1 / np.sqrt(max(len(row), 1))) for row in rows])
    columns = np.concatenate([np.array(row, dtype=np.int64) for row in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(kept))), kept


def _fit(
    features: _Matrix, labels: np.ndarray[Any, Any], count: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    from sklearn.linear_model import LogisticRegression  # takes a second to import: only who learns pays it
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=_STRENGTH, max_iter=_MOST_ROUNDS, class_weight="balanced", tol=1e-3)
    with threadpool_limits(1):  # the matrices are small: threads that wait for each other cost ten times the work
        model.fit(features, labels)
    weights = np.zeros((count, features.shape[1]))
    bias = np.full(count, -20.0)  # an intent that none of these authors asked for
    if len(model.classes_) == 2:
        raise InputError("two intents alone are not learned", next_step="give wordings of at least three intents")
    weights[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return weights, bias


def _temperature(scores: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    """Return what to divide scores by so that the wordings left out are as likely as can be."""

    def surprise(temperature: float) -> float:
        scaled = scores / temperature
        top = scaled.max(axis=1, keepdims=True)
        logs = scaled - top - np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(labels)), labels].mean())

    return float(minimize_scalar(surprise, bounds=(0.2, 5.0), method="bounded").x)


def _packed(
    intents: Sequence[str], kept: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], bias: np.ndarray[Any, Any]
) -> bytes:
    scale = float(np.abs(weights).max()) / _LEVELS
    out = io.BytesIO()
    np.savez_compressed(
        out,
        intents=np.array(intents),
        buckets=kept.astype(np.uint16),
        weights=np.rint(weights.T / scale).astype(np.int8),
        scale=np.array(scale),
        bias=bias.astype(np.float32),
    )
    return out.getvalue()


def _macro_f1(said: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    values = []
    for intent in sorted(set(labels.tolist())):
        right = int(((said == intent) & (labels == intent)).sum())
        wrong = int(((said == intent) != (labels == intent)).sum())
        values.append(2 * right / (2 * right + wrong) if right or wrong else 0.0)
    return sum(values) / len(values)
