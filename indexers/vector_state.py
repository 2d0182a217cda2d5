"""What is known of a repository's vectors without opening them: which embedder made them, how many there are of how many.

Kept in a small file beside the learned embedders, written whole or not at all, read by `clew status`.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import msgspec

NAME = "state.json"


class VectorState(msgspec.Struct, frozen=True):
    """`embedder` is the identity that answers questions; `filling` one that takes its place when it is complete, or empty.

    written, total: of the one that is filled. generation: that was filled last. reason: why this embedder. note: what holds
    it up.
    """

    embedder: str = ""
    filling: str = ""
    written: int = 0
    total: int = 0
    generation: int = 0
    reason: str = ""
    note: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.embedder) and not self.filling and self.written == self.total

    @property
    def learned(self) -> bool:
        return self.embedder.startswith("lsa-")


def read_state(folder: Path) -> VectorState:
    """Return the state of a repository; an empty one where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=VectorState)
    except (OSError, msgspec.DecodeError):
        return VectorState()


def write_state(folder: Path, state: VectorState) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{NAME}-{uuid4().hex[:8]}"
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(folder / NAME)
