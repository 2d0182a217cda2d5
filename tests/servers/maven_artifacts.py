"""Brings one artifact of Maven Central by Maven itself, once, into the folder that tests keep outside the repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def brought(group: str, artifact: str, version: str) -> Path:
    """Return the path of the jar, fetched when it is not there."""
    folder = Path(os.environ.get("CLEW_TEST_CACHE") or Path.home() / ".cache" / "clew-tests") / "artifacts"
    jar = folder / f"{artifact}-{version}.jar"
    if not jar.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={group}:{artifact}:{version}"]
        subprocess.run([*command, f"-DoutputDirectory={folder}"], check=True, timeout=900, cwd=folder)
    return jar
