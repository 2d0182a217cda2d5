"""What holds for every test: fixtures are sources to index, never tests to collect; real servers start when asked for.

Generated tests draw the same examples every time; `HYPOTHESIS_PROFILE=exploring pytest tests/properties` draws new ones.
"""

import gc
import os
import signal

import pytest
from hypothesis import settings

from tests.servers.neo4j_server import guarded_neo4j, neo4j_server
from tests.servers.postgres_server import postgres_address, postgres_server
from tests.servers.redis_server import redis_address, redis_server

__all__ = ["guarded_neo4j", "neo4j_server", "postgres_address", "postgres_server", "redis_address", "redis_server"]

# What a shell starts in the background ignores Ctrl-C, and so would the processes that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", max_examples=400, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

collect_ignore = ["fixtures"]


@pytest.fixture(scope="module", autouse=True)
def what_is_loaded_is_passed_over(request: pytest.FixtureRequest) -> None:
    """Index runs collect garbage between their stages; with this they do not look at every module and collected test again."""
    if "properties" in request.path.parts or not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def no_audit_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A share of remembered answers, drawn by chance, is made anew: in tests only where one asks for all of them."""
    monkeypatch.setattr("agents.cost_optimizer.is_audited", lambda _run_id, share: share >= 1)
