"""Rust: the call sites as rustc sees them, from the MIR text of one crate (`mir.py`)."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.mir import verdicts_of_mir
from benchmarks.callgraph.oracles.running import OracleFailed, is_program, run_tool

NEEDS = "rustc and cargo"
FLAGS = (
    "--emit=mir -Zmir-include-spans=on -Zmir-opt-level=0 -Zinline-mir=no -Ztrim-diagnostic-paths=no --cap-lints=allow"
)


def is_available() -> bool:
    return is_program("cargo") and is_program("rustc")


def edges(root: Path, features: Sequence[str] = ()) -> dict[str, Any]:
    """Return an oracle's file for the library crate at `root`.

    Cargo builds what the crate depends on, and may fetch it with its own client.

    Args:
        features: to build with, beside the default ones.

    Raises:
        OracleFailed: the crate does not build.
    """
    manifest = tomllib.loads((root / "Cargo.toml").read_text("utf-8"))
    package: str = manifest["package"]["name"]
    library: str = manifest.get("lib", {}).get("name", package).replace("-", "_")
    with tempfile.TemporaryDirectory() as folder:
        # A package that depends on it: rustc writes absolute paths only of what is not the package at hand.
        around = Path(folder) / "around"
        (around / "src").mkdir(parents=True)
        (around / "src/lib.rs").touch()
        dependency = f"{{ path = {json.dumps(str(root.resolve()))}, features = {json.dumps(list(features))} }}"
        head = '[package]\nname = "around"\nversion = "0.0.0"\nedition = "2021"\n\n'
        (around / "Cargo.toml").write_text(f"{head}[dependencies]\n{package} = {dependency}\n", "utf-8")
        # The flags are unstable: only so does a stable compiler take them.
        environment = {**os.environ, "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": FLAGS, "CARGO_TARGET_DIR": folder}
        run_tool(["cargo", "check", "--quiet"], cwd=around, environment=environment)
        texts = sorted(Path(folder).glob(f"debug/deps/{library}-*.mir"))
        if not texts:
            raise OracleFailed(f"cargo made no MIR of {library!r}", next_step="see whether it has a library")
        return verdicts_of_mir(texts)
