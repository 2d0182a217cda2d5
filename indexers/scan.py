"""What an index run saw, kept with its generation: enough to know without reading which files are as they were.

A file whose size, times and inode are as seen holds what it held, unless it was written so shortly before the run that a
second write could have left the same times ("racily clean", as git calls it): such a file is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
import xxhash

from guardrails.redaction import RULES_VERSION
from indexers.discovery import Discovery, Signature
from indexers.facts import FACTS_VERSION
from indexers.worker import ANALYSIS_VERSION
from knowledge.terms import TERMS_VERSION

STATE_VERSION = 1
RACY_NS = 2_000_000_000
"""Times of files are as coarse as two seconds on some file systems."""


class SeenFile(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One file as it was read. content_hash is empty when it could not be read."""

    language: str
    signature: Signature
    content_hash: str
    is_test: bool = False
    handed: str = ""
    """Digest of the macros of other files that were expanded in it."""


class State(msgspec.Struct, array_like=True):
    """versions: `versions()` of the run. began_ns: when it looked at the files. discovered: `digest_of_discovery`.

    files: by path, covered or not. rows: the digest of what each path owns in the code graph (`indexers.changes`).
    """

    versions: str
    began_ns: int
    discovered: str
    redactions: int
    files: dict[str, SeenFile]
    rows: dict[str, bytes]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


def versions(max_file_bytes: int) -> str:
    """Return everything besides the files that the rows depend on."""
    parts = (STATE_VERSION, FACTS_VERSION, TERMS_VERSION, RULES_VERSION, ANALYSIS_VERSION, max_file_bytes)
    return f"{'.'.join(map(str, parts))}:{code_digest()}"


@cache
def code_digest() -> str:
    """Return a digest of this package's sources: a store that another resolver wrote is written anew, as a whole."""
    digest = xxhash.xxh3_64()
    package = Path(__file__).parent
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def encode_state(state: State) -> bytes:
    return _encoder.encode(state)


def decode_state(payload: bytes, expected_versions: str) -> State | None:
    """Return the state, None when there is none or another version of the code or the settings made it."""
    try:
        state = _decoder.decode(payload)
    except msgspec.DecodeError:
        return None
    return state if state.versions == expected_versions else None


def digest_of_discovery(discovery: Discovery) -> str:
    """Return a digest of what the walk alone says: what it left out and why, and which files are manifests."""
    digest = xxhash.xxh3_128()
    for issue in discovery.issues:
        digest.update(f"{issue.path}\0{issue.reason}\0{issue.detail}\n".encode("utf-8", "surrogateescape"))
    digest.update("\0".join(["", *discovery.notes, *discovery.manifests]).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Scan:
    """The content hash of every file that is as it was seen, and the paths that must be read."""

    known: dict[str, str]
    suspect: Sequence[str]


def compare(state: State | None, signatures: Mapping[str, Signature]) -> Scan:
    """Tell the files that surely hold what they held from those that must be read."""
    if state is None:
        return Scan({}, list(signatures))
    safe_before = state.began_ns - RACY_NS
    known: dict[str, str] = {}
    suspect: list[str] = []
    seen = state.files
    for path, signature in signatures.items():
        before = seen.get(path)
        if (
            before is not None
            and before.content_hash
            and before.signature == signature
            and signature[1] < safe_before
            and signature[2] < safe_before
        ):
            known[path] = before.content_hash
        else:
            suspect.append(path)
    return Scan(known, suspect)
