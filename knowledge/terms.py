"""Term counts of files and chunks as they travel: from the indexing worker to a lexical index, from there to an embedder.

`FileTerms` depends on a file's content alone, so it is cached by content hash; paths and symbol ids are joined to it
when the index is written. Change `TERMS_VERSION` whenever the tokenizer, the chunking or the field weights change.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

TERMS_VERSION = 1


class FileTerms(msgspec.Struct, array_like=True, gc=False):
    """One file. Arrays are raw bytes in this machine's order; `chunk_*` have one row a chunk, postings one row a (chunk, term).

    vocabulary: the file's terms joined by line feeds. definition: index into `FileFacts.definitions`, -1 for text
    outside any. start/end: 1-based lines, inclusive. digest: xxh3-64 of the chunk's own text and name.
    length: weighted number of terms. Postings hold local term numbers and fielded (BM25F) pseudo-frequencies.
    """

    version: int
    vocabulary: bytes
    chunk_definition: bytes  # int32
    chunk_start: bytes  # int32
    chunk_end: bytes  # int32
    chunk_digest: bytes  # uint64
    chunk_length: bytes  # float32
    posting_count: bytes  # int32, one a chunk
    posting_term: bytes  # uint16, uint32 when the vocabulary has more terms than that holds
    posting_weight: bytes  # float16


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileTerms)


def encode_terms(terms: FileTerms) -> bytes:
    return _encoder.encode(terms)


def decode_terms(payload: bytes) -> FileTerms:
    """Raises ValueError when the payload is damaged or of another version."""
    terms = _decoder.decode(payload)
    if terms.version != TERMS_VERSION:
        raise ValueError(f"term counts of version {terms.version!r}, expected {TERMS_VERSION!r}")
    return terms


def number_type(count: int) -> np.dtype[np.uint16] | np.dtype[np.uint32]:
    """Return the smallest type that numbers `count` things from 0."""
    return np.dtype(np.uint16) if count <= 1 << 16 else np.dtype(np.uint32)


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """All chunks of one repository as a sparse matrix in rows (CSR): what an embedder learns from.

    digests: of each chunk's own text and name, one a row, as in `ports.ChunkTable`.
    weights: saturated, length-normalised BM25 impacts without IDF, in (0, k1 + 1].
    """

    digests: npt.NDArray[np.uint64]
    vocabulary: list[bytes]
    row_start: npt.NDArray[np.int64]
    terms: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
