"""Where the chains ended at some time, in a small file that an administrator copies away: what was cut off later cannot hide.

The file is one JSON document, replaced as a whole. Its mac is an HMAC-SHA256 with `ledger.signing_key` of the settings, else with the
key that the Ledger made for itself: that one tells damage from design only as long as nobody else reads the store.
"""

from __future__ import annotations

import hmac
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from configs.errors import InputError, StoreUnavailable
from knowledge.ledger import Checkpoint, Head
from ops.ledger.ledger import Ledger

FORMAT = "clew-ledger-anchor/1"


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes and checks macs with one key; `id` names the key without telling it."""

    key: bytes

    @property
    def id(self) -> str:
        return sha256(b"clew ledger signer" + self.key).hexdigest()[:16]

    def mac(self, said: bytes) -> bytes:
        return hmac.new(self.key, said, sha256).digest()

    def holds(self, said: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.mac(said), mac)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads at one time. signer: whose mac it is; source: the file it stands in."""

    at_us: int
    heads: tuple[Head, ...]
    signer: str
    mac: bytes
    source: str = ""

    def said(self) -> bytes:
        return _said(self.at_us, self.heads)

    def to_json(self) -> dict[str, Any]:
        heads = {head.stream: {"number": head.number, "digest": head.digest.hex()} for head in self.heads}
        return {
            "format": FORMAT, "at_us": self.at_us, "heads": heads, "signer": self.signer, "mac": self.mac.hex(),
        }  # fmt: skip


class Anchoring:
    """Writes the anchor of a running process, at most once in `every_s` seconds; `last` writes it whatever the time."""

    def __init__(self, file: Path, signer_of: Callable[[Ledger], Signer], every_s: float) -> None:
        self._file = file
        self._signer_of = signer_of
        self._every_s = every_s
        self._next_at = 0.0
        self._written: tuple[Head, ...] = ()

    def anchored(self, ledger: Ledger, last: bool) -> None:
        """Raises StoreError."""
        if not last and time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + self._every_s
        heads = tuple(ledger.heads())
        if heads != self._written:
            write_anchor(anchor_of(heads, ledger.now_us(), self._signer_of(ledger)), self._file)
            self._written = heads


def anchor_of(heads: Sequence[Head], at_us: int, signer: Signer) -> Anchor:
    kept = tuple(heads)
    return Anchor(at_us, kept, signer.id, signer.mac(_said(at_us, kept)))


def write_anchor(anchor: Anchor, file: Path) -> None:
    """Replace the file, whole or not at all. Raises StoreUnavailable."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(anchor.to_json(), indent=1) + "\n", "utf-8")
        fresh.replace(file)
    except OSError as exc:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise StoreUnavailable(
            f"the anchor of the Ledger cannot be written to {str(file)!r}: {exc.strerror}",
            next_step="make the folder writable, or set CLEW_LEDGER__ANCHOR_FILE",
        ) from exc


def read_anchor(file: Path) -> Anchor:
    """Raises InputError for what is no anchor."""
    try:
        row = json.loads(file.read_text("utf-8"))
        if row["format"] != FORMAT:
            raise ValueError(row["format"])
        heads = tuple(
            Head(str(stream), int(head["number"]), bytes.fromhex(head["digest"]))
            for stream, head in row["heads"].items()
        )
        return Anchor(int(row["at_us"]), heads, str(row["signer"]), bytes.fromhex(row["mac"]), str(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputError(
            f"{str(file)!r} is no anchor of a Ledger", next_step="give a file that `clew audit anchor` wrote"
        ) from exc


def signed_checkpoint(head: Head, at_us: int, pruned: int, signer: Signer) -> Checkpoint:
    mac = signer.mac(_checkpoint_said(head.stream, head.number, head.digest, at_us, pruned))
    return Checkpoint(head.stream, head.number, head.digest, at_us, pruned, signer.id, mac)


def is_signed(checkpoint: Checkpoint, signer: Signer) -> bool:
    one = checkpoint
    return signer.holds(_checkpoint_said(one.stream, one.number, one.digest, one.at_us, one.pruned), one.mac)


def _said(at_us: int, heads: Sequence[Head]) -> bytes:
    rows = [[head.stream, head.number, head.digest.hex()] for head in sorted(heads, key=lambda head: head.stream)]
    return json.dumps([FORMAT, at_us, rows], separators=(",", ":")).encode()


def _checkpoint_said(stream: str, number: int, digest: bytes, at_us: int, pruned: int) -> bytes:
    row = ["clew-ledger-checkpoint/1", stream, number, digest.hex(), at_us, pruned]
    return json.dumps(row, separators=(",", ":")).encode()
