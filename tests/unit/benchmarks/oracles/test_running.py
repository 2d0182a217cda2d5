"""Running foreign programs: what they print, and how their failures are told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.callgraph.oracles.running import OracleFailed, is_program, run_tool


def test_output_is_returned_and_expected_codes_are_no_failure(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd()); sys.exit(3)"
    assert run_tool([sys.executable, "-c", code], cwd=tmp_path, accepts=(0, 3)).strip() == str(tmp_path.resolve())


def test_a_failure_says_what_the_program_said(tmp_path: Path) -> None:
    with pytest.raises(OracleFailed, match="ended with 1: no such module"):
        run_tool([sys.executable, "-c", "raise SystemExit('no such module')"], cwd=tmp_path)


def test_a_missing_program_is_a_failure(tmp_path: Path) -> None:
    assert not is_program("no-such-program")
    with pytest.raises(OracleFailed, match="did not run"):
        run_tool(["no-such-program"], cwd=tmp_path)
