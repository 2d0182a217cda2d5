"""Whoever composes Clew has gated logs: a process of its own, with the handlers that a process has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

from tests.unit.guardrails import planted_secrets

ROOT = Path(__file__).parents[3]
TOKEN = planted_secrets.tokens(Random(5))["github"]
MAIL = "ada.hopper@fernpost.de"
PROGRAM = f"""
import logging, sys
if sys.argv[1] == "configured":
    logging.basicConfig(level="DEBUG")
from app.wiring import Wiring
from configs.settings import load_settings
wiring = Wiring(load_settings({{"home": sys.argv[2]}}))
for name in ("clew.rest", "agents.observer", "uvicorn.error", "somebody.else"):
    logging.getLogger(name).warning("asked by %s with %s\\nERROR forged", {MAIL!r}, {TOKEN!r})
try:
    raise ValueError({TOKEN!r})
except ValueError:
    logging.getLogger("clew.rest").exception("it broke")
"""


def test_no_line_of_a_process_carries_what_was_planted(tmp_path: Path) -> None:
    for handlers in ("none", "configured"):
        command = [sys.executable, "-c", PROGRAM, handlers, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        told = done.stdout + done.stderr
        assert told.count("asked by *") == 4 and "Traceback" in told, told
        assert TOKEN not in told and MAIL not in told
        assert "\nERROR forged" not in told
