"""Reads a local Chroma store in a process of its own, because some damage ends the process that meets it.

Of 29 ways to harm the files of a store, Chroma 1.5.9 answers most with an error, but a garbled graph of neighbours and a cut header with
a segmentation fault, which no `except` sees. So a store that was not closed in order, or changed since, is read by a
child first. A store closed in order carries a seal: sizes and times of its files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SEAL = "clew.seal"
ROWS = 1_000
TIMEOUT_S = 300.0


def seal(folder: Path) -> None:
    """Say that the store in `folder` was closed in order."""
    (folder / SEAL).write_text(json.dumps(_files(folder)), "utf-8")


def damage(folder: Path) -> str:
    """Return what is wrong with the store, empty when it can be opened. Breaks the seal: the store is in use from now on."""
    sealed = folder / SEAL
    try:
        known = json.loads(sealed.read_text("utf-8"))
    except (OSError, ValueError):
        known = None
    sealed.unlink(missing_ok=True)
    if known == _files(folder) or not any(folder.rglob("*.bin")):
        return ""
    try:
        done = subprocess.run(
            [sys.executable, "-P", __file__, str(folder)],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        return f"it could not be read within {TIMEOUT_S:g} s"
    if done.returncode < 0:
        return f"reading it ended with signal {-done.returncode}"
    return (
        done.stderr.strip().rpartition("\n")[2] or f"reading it ended with {done.returncode}" if done.returncode else ""
    )


def _files(folder: Path) -> dict[str, list[int]]:
    """Return size and time of change of every file but the seal itself."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SEAL:
            status = path.stat()
            found[str(path.relative_to(folder))] = [status.st_size, status.st_mtime_ns]
    return found


def _read(folder: str) -> None:
    """Read some of every collection, and ask it for neighbours. Raises, or ends the process, when that fails."""
    import chromadb  # here, both: only the child pays for them
    import numpy as np
    from chromadb.config import Settings

    client = chromadb.PersistentClient(path=folder, settings=Settings(anonymized_telemetry=False))
    for rows in client.list_collections():
        known = client.get_collection(rows.name, embedding_function=None)
        ids = known.get(include=[])["ids"]
        read = known.get(ids=ids[:: max(len(ids) // ROWS, 1)], include=["embeddings"])
        vectors = np.asarray(read["embeddings"], np.float32)
        for vector in vectors[:: max(len(vectors) // 10, 1)]:
            known.query(query_embeddings=vector[None], n_results=min(50, len(ids)), include=["distances"])


if __name__ == "__main__":
    _read(sys.argv[1])
