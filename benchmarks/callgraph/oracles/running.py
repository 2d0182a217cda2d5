"""Runs the foreign programs that oracles are made of."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from configs.errors import ClewError

TIMEOUT_S = 1_800.0


class OracleFailed(ClewError):
    """A compiler or indexer that a benchmark needs ended with an error."""

    code = "oracle_failed"


def is_program(name: str) -> bool:
    """Whether a program is there to be run."""
    return shutil.which(name) is not None


def run_tool(
    command: Sequence[str], *, cwd: Path, accepts: Sequence[int] = (0,), environment: Mapping[str, str] | None = None
) -> str:
    """Run a program and return what it printed.

    Args:
        accepts: exit codes that are no failure (a type checker finds errors in its input).

    Raises:
        OracleFailed: it cannot be started, ended otherwise, or took longer than half an hour.
    """
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise OracleFailed(f"{command[0]!r} did not run: {exc}", next_step="run it by hand to see why") from exc
    if done.returncode not in accepts:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise OracleFailed(
            f"{command[0]!r} ended with {done.returncode}: {said}", next_step="run it by hand to see why"
        )
    return done.stdout
