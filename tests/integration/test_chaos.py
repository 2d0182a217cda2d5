"""Every server that Clew may rest on fails in the middle of traffic, and comes back; a worker is killed (`benchmarks.chaos`)."""

from __future__ import annotations

import pytest

from benchmarks.chaos import RECOVERED_WITHIN_S, chaos, options

pytestmark = pytest.mark.integration

AVAILABLE = 0.999
"""Answers that say what was away count. There are some six hundred questions here: all are answered."""
BACK_WITHIN_S = 5.0
"""After which a supervisor has a killed worker's place taken."""
KEPT_UP_S = 5.0
"""How far the journal of a worker may be behind on a busy machine; with one that keeps up it is 20 ms (docs/audit.md)."""


@pytest.mark.timeout(420)  # 100 s on an idle machine: nineteen faults, and Neo4j starts twice
def test_nothing_wrong_is_answered_and_nothing_promised_is_lost_whatever_fails() -> None:
    outcome = chaos(options(["--fault-s", "2", "--clients", "4"]))
    assert outcome.wrong == []
    assert outcome.lost == []
    assert all(before < KEPT_UP_S for before in outcome.unwritten), outcome.unwritten
    assert outcome.availability >= AVAILABLE, {name: tally.refused for name, tally in outcome.tallies.items()}
    for name, tally in outcome.tallies.items():
        assert tally.up_after_s < RECOVERED_WITHIN_S, f"{name}: not called up again"
    assert outcome.worker_back_s < BACK_WITHIN_S
    assert any("open" in state for tally in outcome.tallies.values() for state in tally.seen), "breakers are seen"
