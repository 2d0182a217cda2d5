"""What Chroma leaves on the disk of what it deletes, erased.

It deletes a collection from its database and leaves the folder of its index, with ids and vectors; rows stay in free pages of the database;
and an index is written with its unused room as that was allocated, with whatever stood in memory there.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

from configs.errors import StoreCorrupt

DATABASE = "chroma.sqlite3"
BUSY_S = 30.0
_HEADER, _HEADER_AT = struct.Struct("<QQQ"), 12
"""In the header.bin of an index: elements there is room for, elements in use, bytes of one."""


def erase_folders(folder: Path) -> None:
    """Delete the index of every collection that is gone. Raises StoreCorrupt, as the others here."""
    with _explained(folder):
        with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_S)) as database:
            known = {str(name) for (name,) in database.execute("SELECT id FROM segments")}
        for index in _indexes(folder):
            if index.name not in known:
                shutil.rmtree(index)


def erase_pages(folder: Path) -> None:
    """Leave no deleted row in the database."""
    with _explained(folder), closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_S)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def erase_room(folder: Path) -> None:
    """Fill the unused room of every index with zeros. No process may have the store open."""
    with _explained(folder):
        for index in _indexes(folder):
            header, elements = index / "header.bin", index / "data_level0.bin"
            if not (header.is_file() and elements.is_file()):
                continue
            _, count, size = _HEADER.unpack_from(header.read_bytes(), _HEADER_AT)
            room = elements.stat().st_size - count * size
            if room > 0:
                with elements.open("r+b") as file:
                    file.seek(count * size)
                    file.write(bytes(room))


def _indexes(folder: Path) -> Iterator[Path]:
    """Yield the folders that hold an index: each is named by the id of a segment."""
    for path in folder.iterdir():
        try:
            is_index = path.is_dir() and str(UUID(path.name)) == path.name
        except ValueError:
            continue
        if is_index:
            yield path


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, struct.error, OSError) as exc:
        raise StoreCorrupt(
            f"The vector store {str(folder)!r} cannot be compacted: {exc}", next_step="Delete it."
        ) from exc
