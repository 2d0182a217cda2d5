"""Brings the pinned sources that benchmarks measure, through the registries' ordinary clients.

Adds npm, Maven and Cargo to what `tests/golden/fetch.py` does for pip and Go: the archive's sha256 is pinned and checked
before anything is unpacked, and nothing lands outside the destination. Registries, proxies and certificates are those that the
clients are configured with.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.golden import fetch
from tests.golden.fetch import Archive, FetchError

__all__ = ["Archive", "FetchError", "bring"]


def bring(archive: Archive, folder: Path) -> Path:
    """Return `folder/<name>` with exactly the pinned sources; nothing is fetched twice.

    Raises:
        FetchError: the client is missing or failed, or the archive has another hash.
    """
    fetch.DOWNLOADERS.update(_DOWNLOADERS)
    return fetch.fetch(archive, folder.resolve())


def _client(name: str, archive: Archive) -> str:
    found = shutil.which(name)
    if found is None:
        raise FetchError(f"{name} is needed for {archive.package!r}; install it and repeat this command")
    return found


def _npm(archive: Archive, scratch: Path) -> Path:
    """Bring a package's tarball; npm runs no script of it."""
    command = [_client("npm", archive), "pack", f"{archive.package}@{archive.version}", "--json", "--ignore-scripts"]
    output = fetch.run_client(command, scratch, archive, next_step="check npm's registry and proxy settings")
    name: str = json.loads(output)[0]["filename"]
    return scratch / name


def _maven(archive: Archive, scratch: Path) -> Path:
    """Bring the sources of `group:artifact`."""
    artifact = f"{archive.package}:{archive.version}:jar:sources"
    command = [
        _client("mvn", archive),
        "-q",
        "dependency:copy",
        f"-Dartifact={artifact}",
        f"-DoutputDirectory={scratch}",
    ]
    fetch.run_client(command, scratch, archive, next_step="check Maven's repository and proxy settings")
    jars = list(scratch.glob("*.jar"))
    if len(jars) != 1:
        raise FetchError(f"Maven left {len(jars)} archives for {archive.package!r}; expected one")
    return jars[0].rename(jars[0].with_suffix(".zip"))


def _cargo(archive: Archive, scratch: Path) -> Path:
    """Bring a crate by way of a package that depends on it; return its place in Cargo's cache."""
    cargo = _client("cargo", archive)
    (scratch / "src").mkdir()
    (scratch / "src/lib.rs").touch()
    manifest = f'[package]\nname = "fetching"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n{archive.package} = "={archive.version}"\n'
    (scratch / "Cargo.toml").write_text(manifest, "utf-8")
    fetch.run_client([cargo, "fetch"], scratch, archive, next_step="check Cargo's registry and proxy settings")
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    crates = list(home.glob(f"registry/cache/*/{archive.package}-{archive.version}.crate"))
    if not crates:
        raise FetchError(f"Cargo's cache {str(home)!r} lacks {archive.package!r}; set CARGO_HOME to where it is")
    return crates[0]


_DOWNLOADERS: dict[str, Callable[[Archive, Path], Path]] = {"npm": _npm, "maven": _maven, "crates": _cargo}
