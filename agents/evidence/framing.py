"""What a question says only to ask: "which part of the code is responsible for ..." tells nothing of the place that is sought."""

from __future__ import annotations

from configs.triage import Seeking

_FEWEST_WORDS = 2


def without_frame(question: str, seeking: Seeking) -> str:
    """Return what is asked about; the question as it is where hardly anything would be left."""
    left = " ".join(seeking.compiled_frame.sub(" ", question).split()).strip(" ?,.")
    return left if len(left.split()) >= _FEWEST_WORDS else question
