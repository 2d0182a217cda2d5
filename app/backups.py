"""Copies of a whole store, made while it serves, and brought back: every file under its hash in a manifest.

Databases are copied through SQLite's own backup, each as one committed state; the code graph and the lexical index belong together,
so index runs wait meanwhile. Vectors are copied while nobody owns them and left out otherwise: they are made again from the rest.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path

from app.store_files import CLONES_FOLDER, LEDGER_KEYS_FILE, SOURCES_KEY_FILE, USAGE_FILE, VECTORS_FOLDER
from app.store_lock import HOLDER_NAME, LOCK_NAME, index_lock, store_alone
from configs.errors import ConfigError, InputError, StoreBusy, StoreCorrupt, StoreUnavailable
from knowledge.backends.chroma_ownership import Ownership, owner_of
from knowledge.backends.sqlite_backup import copy_database, is_database
from ops.ledger.leftovers import FOLDER as LEFTOVERS_FOLDER

FORMAT = "clew-backup/1"
MANIFEST = "manifest.json"
FILES = "store"
_PASSING = ("-wal", "-shm", "-journal", ".lock", ".pid", ".new")
"""Ends of names of files that belong to running processes."""

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """files: path under the store -> (bytes, SHA-256). left_out: what is missing, and why."""

    made_at: float
    version: str
    files: dict[str, tuple[int, str]]
    left_out: tuple[str, ...]

    @property
    def total_bytes(self) -> int:
        return sum(size for size, _ in self.files.values())


def back_up(
    home: Path, target: Path, *, keys: bool = True, timeout_s: float, say: Callable[[str], None], told: Told
) -> Backup:
    """Copy the store into a folder that is not there yet, or is empty.

    Args:
        keys: copy what the Ledger's words are sealed with too; without it they cannot be read once it is brought back.
        timeout_s: longest wait for an index run.

    Raises:
        InputError: the folder holds something, or lies in the store.
        StoreError: a store cannot be read, or the copy not written.
    """
    if target.resolve().is_relative_to(home.resolve()):
        raise InputError(f"{str(target)!r} lies in the store itself", next_step="name a folder elsewhere")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{str(target)!r} holds something already", next_step="name a new folder")
    left_out = []
    with index_lock(home, os.getpid(), timeout_s=timeout_s, say=say):
        vectors = _vectors_held(home)
        if vectors is None:
            left_out.append(f"{VECTORS_FOLDER}: a running process owns them; they are made again by `clew serve`")
        if not keys:
            left_out.append(f"{LEDGER_KEYS_FILE}: left out as asked; words in the Ledger stay sealed")
            if (home / SOURCES_KEY_FILE).exists():
                left_out.append(f"{SOURCES_KEY_FILE}: left out as asked; credentials of repositories stay sealed")
        if (home / CLONES_FOLDER).is_dir():
            left_out.append(f"{CLONES_FOLDER}: repositories are cloned again by their next refresh")
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            paths = [
                path
                for path in sorted(_kept(home), key=lambda path: (path.name in KEY_FILES, str(path)))
                if (keys or path.name not in KEY_FILES)
                and (vectors is not None or not path.is_relative_to(home / VECTORS_FOLDER))
            ]
            files = {}
            for number, path in enumerate(paths, 1):
                relative = path.relative_to(home)
                files[relative.as_posix()] = _copied(path, target / FILES / relative)
                told("copy", number, len(paths))
            made = Backup(time.time(), version("clew"), files, tuple(left_out))
            _write_manifest(made, target)
        except OSError as exc:
            raise StoreUnavailable(
                f"the backup cannot be written to {str(target)!r}: {exc.strerror or exc}",
                next_step="free space, or name another folder",
            ) from exc
        finally:
            if isinstance(vectors, Ownership):
                vectors.release()
    return made


def read_backup(folder: Path) -> Backup:
    """Return what a backup says that it holds. Raises InputError for what is none."""
    try:
        row = json.loads((folder / MANIFEST).read_text("utf-8"))
        if row["format"] != FORMAT:
            raise ValueError(row["format"])
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in row["files"].items()}
        found = Backup(float(row["made_at"]), str(row["version"]), files, tuple(row["left_out"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise InputError(f"{str(folder)!r} is no backup of Clew", next_step="name what `clew backup` made") from exc
    outside = [name for name in found.files if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside:
        raise InputError(f"the backup names a file outside of it: {outside[0]!r}", next_step="do not use this backup")
    return found


def checked(folder: Path, backup: Backup, told: Told) -> None:
    """Compare every file with its hash. Raises StoreCorrupt, naming the first that differs."""
    for number, (name, (size, digest)) in enumerate(backup.files.items(), 1):
        file = folder / FILES / name
        if file.is_symlink() or not file.is_file() or file.stat().st_size != size or _hash(file) != digest:
            raise StoreCorrupt(
                f"the backup is damaged: {name!r} is not what was copied",
                next_step="take another backup; nothing was changed",
            )
        told("verify", number, len(backup.files))


def bring_back(
    folder: Path, home: Path, *, timeout_s: float, say: Callable[[str], None], told: Told
) -> tuple[Backup, Path | None]:
    """Put a checked backup in the place of the store; return it, and where the store that was there is now.

    Raises:
        InputError: no backup. StoreCorrupt: a file differs from its hash. StoreBusy: a process uses the store.
    """
    backup = read_backup(folder)
    checked(folder, backup, told)
    fresh = home.with_name(f"{home.name}.restoring-{os.getpid()}")
    before: Path | None = None
    try:
        _write_tree(folder, backup, fresh, told)
        if home.exists():
            with store_alone(home, os.getpid(), timeout_s=timeout_s, say=say):
                owner = owner_of(home / VECTORS_FOLDER)
                if owner is not None:
                    raise StoreBusy(
                        f"the store is in use by process {owner.pid}", next_step="stop `clew serve`, then restore again"
                    )
                before = home.with_name(f"{home.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
                home.rename(before)
        fresh.rename(home)
    except OSError as exc:
        if before is not None and not home.exists():
            with suppress(OSError):
                before.rename(home)
        raise StoreUnavailable(
            f"the store cannot be put in place: {exc.strerror or exc}", next_step="free space, or name another --store"
        ) from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return backup, before


def remove_store(home: Path, *, timeout_s: float, say: Callable[[str], None]) -> int:
    """Delete everything that Clew keeps in the folder, and the folder if nothing else is in it; return how many files went.

    Raises:
        StoreBusy: a process uses the store. ConfigError: the folder is no store of Clew.
    """
    known = [path for path in home.iterdir() if _is_ours(path)] if home.is_dir() else []
    if not any(path.suffix == ".db" for path in known):
        raise ConfigError(f"{str(home)!r} is no store of Clew", next_step="name it with --store")
    with store_alone(home, os.getpid(), timeout_s=timeout_s, say=say):
        owner = owner_of(home / VECTORS_FOLDER)
        if owner is not None:
            raise StoreBusy(f"the store is in use by process {owner.pid}", next_step="stop `clew serve` first")
        count = sum(1 for path in known for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
        for path in known:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    for name in (LOCK_NAME, HOLDER_NAME):
        (home / name).unlink(missing_ok=True)
    with suppress(OSError):  # somebody keeps something else there
        home.rmdir()
    return count


FOLDERS = ("lexical", "vectors", "embedders", CLONES_FOLDER, LEFTOVERS_FOLDER)
SINGLE = (
    "branches.json",
    "slack.json",
    "profile.json",
    "store.name",
    "ledger.anchor",
    "policies.cedar",
    SOURCES_KEY_FILE,
)
KEY_FILES = (LEDGER_KEYS_FILE, SOURCES_KEY_FILE)
"""What opens sealed words."""


def _is_ours(path: Path) -> bool:
    name = path.name
    if path.is_dir():
        return name in FOLDERS or name.endswith(".locks")
    database = name.removesuffix("-wal").removesuffix("-shm").endswith(".db")
    return database or name.removesuffix(".lock") in (*SINGLE, *FOLDERS) or name.startswith(FOLDERS)


def _kept(home: Path) -> Iterator[Path]:
    """Yield the files of the store that outlive its processes, but for the sums of the Ledger: copied a moment later than it, they
    would count events that it lacks, and pass over those that take their numbers. They are made again. Nor what waits for the Ledger:
    brought back, it would be written twice.
    """
    for path in home.iterdir():
        if (
            path.is_symlink()
            or not _is_ours(path)
            or path.name.endswith((*_PASSING, ".locks"))
            or path.name in (CLONES_FOLDER, LEFTOVERS_FOLDER, USAGE_FILE)
        ):
            continue
        if path.is_file():
            yield path
        else:
            yield from (
                inner
                for inner in path.rglob("*")
                if inner.is_file()
                and not inner.is_symlink()
                and not inner.name.startswith(".")
                and not inner.name.endswith(_PASSING)
            )


def _vectors_held(home: Path) -> Ownership | bool | None:
    """Own the vectors while they are copied; None while somebody else does, False where there are none."""
    if not (home / VECTORS_FOLDER).is_dir():
        return False
    try:
        return Ownership(home / VECTORS_FOLDER)
    except StoreBusy:
        return None


def _copied(source: Path, target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_database(source):
        target.touch(mode=0o600)
        copy_database(source, target)
        shutil.copymode(source, target)
    else:
        shutil.copy2(source, target)
    return target.stat().st_size, _hash(target)


def _write_tree(folder: Path, backup: Backup, fresh: Path, told: Told) -> None:
    fresh.mkdir(mode=0o700, parents=True)
    for number, name in enumerate(backup.files, 1):
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / FILES / name, fresh / name)
        told("copy", number, len(backup.files))


def _write_manifest(backup: Backup, target: Path) -> None:
    text = json.dumps({"format": FORMAT, **asdict(backup)}, indent=1) + "\n"
    (target / MANIFEST).write_text(text, "utf-8")


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
