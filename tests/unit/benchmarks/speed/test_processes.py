"""CPU and memory of commands."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.speed.processes import descendants, measured, proportional_kib

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def test_a_command_is_measured_with_what_it_starts() -> None:
    inner = "import time; kept = bytearray(50_000_000); time.sleep(0.25)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}], check=True)"
    result = measured([sys.executable, "-c", outer])
    assert result.peak_mib > 50
    assert result.wall_s >= 0.25
    assert 0 < result.cpu_s < 10


def test_a_failing_command_stops_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="failed with 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"])


def test_processes_that_have_gone_weigh_nothing() -> None:
    with subprocess.Popen(["sleep", "10"]) as process:
        assert process.pid in descendants(os.getpid())
        process.kill()
    assert process.pid not in descendants(os.getpid())
    assert proportional_kib(process.pid) == 0
    assert descendants(process.pid) == []
