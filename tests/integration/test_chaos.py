"""Every server that Clew may rest on fails in the middle of traffic, and comes back; a worker is killed (`benchmarks.chaos`)."""

from __future__ import annotations

import pytest

from benchmarks.chaos import RECOVERED_WITHIN_S, chaos, options

pytestmark = pytest.mark.integration

AVAILABLE = 0.99
"""Of some six hundred questions here; the goal of .999 is measured over more of them (benchmarks/RESULTS.md)."""


@pytest.mark.timeout(420)  # 100 s on an idle machine: nineteen faults, and Neo4j starts twice
def test_nothing_wrong_is_answered_and_nothing_promised_is_lost_whatever_fails() -> None:
    outcome = chaos(options(["--fault-s", "2", "--clients", "4"]))
    assert outcome.wrong == []
    unwritten = [one for one in outcome.lost if one.startswith("answer ")]  # told beside the answer: docs/audit.md
    assert outcome.lost == unwritten
    assert len(unwritten) <= 0.02 * sum(tally.answered for tally in outcome.tallies.values())
    assert outcome.availability >= AVAILABLE, {name: tally.refused for name, tally in outcome.tallies.items()}
    for name, tally in outcome.tallies.items():
        assert tally.up_after_s < RECOVERED_WITHIN_S, f"{name}: not called up again"
    assert outcome.worker_back_s < RECOVERED_WITHIN_S
    assert any("open" in state for tally in outcome.tallies.values() for state in tally.seen), "breakers are seen"
