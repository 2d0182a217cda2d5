"""Which intent a wording has: a linear classifier over hashed features, its weights stored beside the release.

Names are masked first, so that what is learned on one repository holds for another. Learning is `app.triage_learning`; here
nothing but numpy is needed, and that only once a question is asked.
"""

from __future__ import annotations

import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agents.questions.names import is_marked, spaced, written_names
from configs.release import Release
from configs.triage import Weights

if TYPE_CHECKING:
    import numpy as np

BUCKETS = 1 << 15
NAME, PATH = "\u25c6", "\u25c7"
"""What stands for a name and for a file in a masked wording."""
_LONGEST = 600
"""Characters that are read; what a question wants is said in its first sentences."""
_ERROR = re.compile(
    r"\w(?:Error|Exception|Fault)\b|\bpanic|\bE[A-Z]{3,}\b|\b0x[0-9a-f]+|\berrno\b|\bsig(?:segv|kill|abrt)\b", re.I
)
_REVISIONS = re.compile(r"\bHEAD\b|\w\.\.\w|\b[0-9a-f]{7,40}\b")
_WORD = re.compile(rf"[{NAME}{PATH}]|[^\W\d_]+|\d+|[^\w\s]")
_PLACEHOLDERS = (("OTHER", NAME), ("NAME", NAME), ("PATH", PATH))


def masked(text: str, names: Sequence[str], suffixes: frozenset[str]) -> str:
    """Return a wording with `names`, and whatever has the form of code, replaced by what stands for it."""
    text = spaced(text)
    for word, sign in _PLACEHOLDERS:
        text = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", sign, text)
    known = {name.strip("`") for name in names}
    for piece in sorted({*written_names(text), *known}, key=len, reverse=True):
        bare = piece.strip("`\"'.,:;?!()")
        if not bare or not (piece in known or bare in known or is_marked(piece, suffixes)):
            continue
        is_file = bare.rpartition(".")[2].lower() in suffixes or "/" in bare
        text = text.replace(piece.strip(".,:;?!") or piece, PATH if is_file else NAME)
    return text[:_LONGEST]


def features(text: str) -> Iterator[str]:
    """Yield what is seen in a masked wording: words, pairs and runs of characters, and a few signs."""
    if _ERROR.search(text):
        yield "is:error"
    if _REVISIONS.search(text):
        yield "is:revisions"
    yield f"names:{min(text.count(NAME), 2)}"
    yield f"paths:{min(text.count(PATH), 2)}"
    lowered = " ".join(text.lower().split())
    words = _WORD.findall(lowered)
    yield f"long:{min(len(words) // 4, 5)}"
    plain = [word for word in words if word[0].isalnum() or word in (NAME, PATH)]
    if plain:
        yield f"first:{plain[0]}"
        yield f"first:{' '.join(plain[:2])}"
        yield f"last:{plain[-1]}"
    for index, word in enumerate(plain):
        yield f"w:{word}"
        if index:
            yield f"p:{plain[index - 1]} {word}"
        if index > 1:
            yield f"s:{plain[index - 2]} * {word}"
            yield f"t:{plain[index - 2]} {plain[index - 1]} {word}"
    run = f" {lowered} "
    for size in (2, 3, 4, 5):
        for start in range(len(run) - size + 1):
            yield run[start : start + size]


def buckets(text: str) -> list[int]:
    """Return the buckets of a masked wording's features, each once, in order."""
    return sorted({zlib.crc32(feature.encode()) % BUCKETS for feature in features(text)})


@dataclass(frozen=True, slots=True)
class IntentClassifier:
    """weights: bucket row x intent; `rows` maps a bucket to its row, -1 for one that was never seen in learning."""

    intents: tuple[str, ...]
    rows: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]

    def probabilities(self, text: str) -> Mapping[str, float]:
        """Return intent -> probability of a masked wording; calibrated on wordings that were left out of learning."""
        seen = [row for row in self.rows[buckets(text)].tolist() if row >= 0]
        scale = 1.0 / math.sqrt(max(len(seen), 1))
        scores = (self.weights[seen].sum(axis=0) * scale + self.bias).tolist()
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        total = sum(shares)
        return {intent: share / total for intent, share in zip(self.intents, shares, strict=True)}


def classifier_of(release: Release) -> IntentClassifier | None:
    """Return the classifier of a release, None when it names none. It never names an intent that the release cannot answer."""
    weights = release.triage.classifier
    return None if weights is None else _of_release(weights, tuple(sorted(release.routes)))


@lru_cache(maxsize=4)
def _of_release(weights: Weights, answerable: tuple[str, ...]) -> IntentClassifier:
    return load(weights.content(), answerable)


def load(content: bytes, answerable: tuple[str, ...] = ()) -> IntentClassifier:
    """Return the classifier of what `app.triage_learning` wrote, over the `answerable` intents (none: all)."""
    import numpy as np  # costs a tenth of a second: only who asks a question pays it

    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        rows = np.full(BUCKETS, -1, dtype=np.int32)
        rows[kept["buckets"]] = np.arange(len(kept["buckets"]), dtype=np.int32)
        weights = kept["weights"].astype(np.float32) * kept["scale"].astype(np.float32)
        intents: list[str] = kept["intents"].tolist()
        columns = [at for at, intent in enumerate(intents) if not answerable or intent in answerable]
        return IntentClassifier(
            tuple(intents[at] for at in columns),
            rows,
            np.ascontiguousarray(weights[:, columns]),
            kept["bias"].astype(np.float32)[columns],
        )
