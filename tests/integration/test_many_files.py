"""Twenty thousand files of one line: indexed in bounded memory, found, and left alone when nothing has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4"),
    pytest.mark.timeout(1_800),
]

FILES = 20_000
A_FOLDER = 500
MOST_MIB = 400
"""Peak of the command itself; 210 were measured, and 100,000 files must not need five times that."""


def write_tiny(root: Path) -> None:
    for number in range(FILES):
        folder = root / f"d{number // A_FOLDER:03}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True)
        match number % 4:
            case 0:
                (folder / f"m{number}.py").write_text(f"def f{number}(): return g{number}()\n")
            case 1:
                (folder / f"m{number}.js").write_text(f"export function f{number}() {{ return {number}; }}\n")
            case 2:
                (folder / f"m{number}.go").write_text(f"package p{number // A_FOLDER}\n")
            case _:
                (folder / f"m{number}.md").write_text(f"# Note {number} of the shop\n")


LAUNCHER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss / 1024, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A process's peak begins with that of the one which starts it, and a test run may be larger than what is measured."""


def index(root: Path) -> tuple[dict[str, object], float]:
    """Return the report of an index run in a process of its own, and its peak of memory in MiB."""
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "app", "index", str(root), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found, float(done.stderr.split()[-1])


def test_tiny_files_are_indexed_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    write_tiny(tmp_path / "tiny")
    first, peak_mib = index(tmp_path / "tiny")
    assert (first["files"], first["lines"]) == ({"indexed": FILES, "cached": 0, "skipped": 0}, FILES)
    assert peak_mib < MOST_MIB
    assert main(["symbol", "f12344", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["symbol"]["path"] == "d024/m12344.py"
    assert main(["search", "note 19999", "--kind", "doc", "--top-k", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["path"] == "d039/m19999.md"
    again, _ = index(tmp_path / "tiny")
    assert again["generation"] == first["generation"]
