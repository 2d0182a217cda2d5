"""Fetch the two source archives of the golden questions.

Owns: download through the ordinary clients (pip, go), the check of each archive against its
pinned sha256, and safe unpacking. Refuses: an archive with any other hash, and members that
would land outside the destination or are neither files nor folders. Indexes, proxies and
certificates are those that pip and go are already configured with.

Usage: python tests/golden/fetch.py DEST    (sources end up in DEST/celery and DEST/bbolt)
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
STAMP = ".golden-sha256"
DOWNLOAD_TIMEOUT_S = 600


class FetchError(Exception):
    """An archive could not be brought, verified or unpacked; the message names the next step."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One pinned source archive, a row of archives.json.

    `strip` is the folder prefix, with its final slash, that every member of the archive carries.
    """

    name: str
    ecosystem: str
    package: str
    version: str
    sha256: str
    strip: str


def main(argv: list[str] | None = None) -> int:
    """Fetch every archive into DEST; return 0, or 1 after printing what failed."""
    parser = argparse.ArgumentParser(description="Fetch the sources of the golden questions.")
    parser.add_argument("dest", type=Path, help="folder that receives one folder per repository")
    dest: Path = parser.parse_args(argv).dest
    failures = 0
    for archive in read_archives():
        try:
            print(fetch(archive, dest))
        except FetchError as exc:
            print(f"error: {exc}", file=sys.stderr)
            failures = 1
    return failures


def read_archives(path: Path = HERE / "archives.json") -> list[Archive]:
    """Return the pinned archives in file order."""
    return [Archive(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def fetch(archive: Archive, dest: Path) -> Path:
    """Return `dest/<name>` holding exactly the pinned sources; do nothing if it already does.

    Raises:
        FetchError: the client is missing or failed, the hash differs, or `dest/<name>` is a
            folder that an earlier fetch did not write.
    """
    target = dest / archive.name
    stamp = target / STAMP
    if stamp.is_file() and stamp.read_text(encoding="ascii").strip() == archive.sha256:
        return target
    if target.exists() and not stamp.is_file():
        raise FetchError(f"{str(target)!r} exists and is not ours; move it or choose another DEST")
    dest.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dest, prefix=".fetch-") as scratch:
        packed = DOWNLOADERS[archive.ecosystem](archive, Path(scratch))
        verify(packed, archive)
        unpacked = Path(scratch) / "unpacked"
        unpack(packed, unpacked, archive.strip)
        (unpacked / STAMP).write_text(archive.sha256 + "\n", encoding="ascii")
        if target.exists():
            shutil.rmtree(target)
        unpacked.rename(target)
    return target


def download_sdist(archive: Archive, scratch: Path) -> Path:
    """Bring a source distribution with `pip download`.

    pip prepares the metadata of a source distribution, which runs its setup script, so the
    hash goes into the requirement: pip checks it before it opens the archive.
    """
    requirement = scratch / "requirement.txt"
    pinned = f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n"
    requirement.write_text(pinned, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", archive.package, "--require-hashes"]
    command += ["--dest", str(scratch), "--requirement", str(requirement)]
    run_client(
        command,
        scratch,
        archive,
        next_step="check pip's index, proxy and certificate settings",
    )
    found = sorted(scratch.glob("*.tar.gz"))
    if len(found) != 1:
        raise FetchError(f"pip left {len(found)} archives for {archive.package!r}; expected one")
    return found[0]


def download_go_module(archive: Archive, scratch: Path) -> Path:
    """Bring a module zip with `go mod download` and return its place in Go's module cache.

    The checksum database is not asked: the pinned sha256 is stricter and works offline.
    """
    go = shutil.which("go")
    if go is None:
        raise FetchError(f"the go command is needed for {archive.package!r}; install Go and repeat this command")
    module = f"{archive.package}@{archive.version}"
    command = [go, "mod", "download", "-json", module]
    output = run_client(command, scratch, archive, next_step="check GOPROXY and the proxy settings")
    return Path(json.loads(output)["Zip"])


DOWNLOADERS = {"pypi": download_sdist, "go": download_go_module}


def verify(packed: Path, archive: Archive) -> None:
    """Raise FetchError unless the file has the pinned sha256."""
    with packed.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != archive.sha256:
        raise FetchError(
            f"{archive.package} {archive.version} has sha256 {found!r}, pinned {archive.sha256!r}; "
            "do not use it: the registry or a proxy serves another archive"
        )


def unpack(packed: Path, target: Path, strip: str) -> None:
    """Write the members below `strip` into the new folder `target`.

    Raises:
        FetchError: a member leaves the folder, lacks the prefix, or is a link or a device.
    """
    target.mkdir()
    for name, content in _iter_members(packed):
        if not name.startswith(strip):
            raise FetchError(f"member {name!r} of {packed.name!r} is not below {strip!r}")
        relative = PurePosixPath(name.removeprefix(strip))
        if relative.is_absolute() or ".." in relative.parts or "\\" in name or ":" in name:
            raise FetchError(f"member {name!r} of {packed.name!r} would leave the destination")
        place = target.joinpath(*relative.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def _iter_members(packed: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of every regular file; folders are implied by their files."""
    if packed.suffix == ".zip":
        with zipfile.ZipFile(packed) as bundle:
            for entry in bundle.infolist():
                if not entry.is_dir():
                    yield entry.filename, bundle.read(entry)
        return
    with tarfile.open(packed, "r:gz") as tar:
        for member in tar:
            if member.isdir():
                continue
            stream = tar.extractfile(member) if member.isreg() else None
            if stream is None:
                raise FetchError(f"member {member.name!r} of {packed.name!r} is not a plain file")
            yield member.name, stream.read()


def run_client(command: list[str], folder: Path, archive: Archive, *, next_step: str) -> str:
    """Run a client in an otherwise empty folder and return its standard output."""
    environment = {**os.environ, "GOSUMDB": "off"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise FetchError(f"fetching {archive.package!r} took over {DOWNLOAD_TIMEOUT_S} s; {next_step}") from exc
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise FetchError(f"fetching {archive.package!r} {archive.version} failed; {next_step}. The client said: {said}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
