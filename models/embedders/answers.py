"""What an embedder answered, looked at before anything is stored: count, dimension, finite values; then unit length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.errors import ModelUnavailable

Vectors = npt.NDArray[np.float32]
CHECK = "Check that embedder, or take another: CLEW_EMBEDDING__SOURCE=learned needs none."


def checked(answer: Sequence[Any] | npt.NDArray[Any], count: int, dimension: int, who: str) -> Vectors:
    """Return unit vectors, shape (count, dimension); a zero vector stays zero. dimension 0: whatever it is.

    Raises ModelUnavailable when the answer has another count, another dimension, or a value that is no finite number.
    """
    if len(answer) != count:
        raise ModelUnavailable(f"{who} gave {len(answer)} vectors for {count} texts", next_step=CHECK)
    try:
        vectors = np.asarray(answer, np.float32).reshape(count, -1) if count else np.zeros((0, dimension), np.float32)
    except (TypeError, ValueError) as exc:
        raise ModelUnavailable(f"{who} gave something that is not a vector: {exc}", next_step=CHECK) from exc
    if not vectors.shape[1] and count:
        raise ModelUnavailable(f"{who} gave an empty vector", next_step=CHECK)
    if dimension and vectors.shape[1] != dimension:
        raise ModelUnavailable(
            f"{who} gave vectors of dimension {vectors.shape[1]}, where it had {dimension}",
            next_step="If the model was changed under its name, run `clew vectors --rebuild`.",
        )
    if not np.isfinite(vectors).all():
        raise ModelUnavailable(f"{who} gave a value that is not a finite number (NaN or infinity)", next_step=CHECK)
    return unit_rows(vectors)


def unit_rows(vectors: Vectors) -> Vectors:
    """Return the rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 1e-9)
    return unit
