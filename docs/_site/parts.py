"""Brings the scripts that the site carries with it: by npm, each at one version, and only with the content that is written here.

Mermaid draws the pictures; the shim lets the search work in pages that are opened from a disk. The built site asks nobody for them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "site"
PARTS = {
    "mermaid.min.js": (
        "mermaid@11.17.2",
        "package/dist/mermaid.min.js",
        "581ed7d74bd9048d0e3a91363927d72ef22942d7722546b27f7cc29e35390eb8",
    ),
    "iframe-worker.js": (
        "iframe-worker@1.0.4",
        "package/shim/index.js",
        "e8e412dbcfea9b7e31b5ffa288d7b6035915e714c542f4176a0cdbe262fc9609",
    ),
}
"""File -> package, its place there, and the SHA-256 of it."""


def bring() -> None:
    """Fetch what is not there yet."""
    npm = shutil.which("npm")
    for name, (package, member, digest) in PARTS.items():
        if is_part(FOLDER / name, digest):
            continue
        if npm is None:
            sys.exit(f"the site needs {package}, which npm brings: install Node, then `make docs` again")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([npm, "pack", "--silent", package, "--pack-destination", folder], check=True, cwd=folder)
            (packed,) = Path(folder).glob("*.tgz")
            with tarfile.open(packed) as archive:
                found = archive.extractfile(member)
                assert found is not None, f"{package} holds no {member}"
                content = found.read()
        if hashlib.sha256(content).hexdigest() != digest:
            sys.exit(f"{package}: {member} is not what it was when it was chosen")
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)


def is_part(path: Path, digest: str) -> bool:
    """Return whether a file is there with the content that was chosen."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


if __name__ == "__main__":
    bring()
