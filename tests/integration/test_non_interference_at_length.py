"""Non-interference at length: hundreds of requests with vectors, a model that remembers what it read, memory that others filled, and the Ledger after all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.ledger.events import STREAMS
from ops.ledger.reports import latest
from tests.granted_doors import QUESTIONS, Asked, doors
from tests.granted_worlds import (
    ALL,
    CANARY,
    GRANTS,
    MODELS,
    NAMES,
    Served,
    made,
    principal_of,
    served,
    steady,
    told_only,
)
from tests.servers.fake_ollama import FakeOllama, running

pytestmark = pytest.mark.integration

EXAMPLES = 400
SOME = GRANTS[1:7]
"""The grants of one or two repositories."""


@pytest.fixture(scope="module")
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(models=list(MODELS), reply=lambda _prompt: "It is priced [1].")) as served_host:
        yield served_host


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, host: FakeOllama) -> Iterator[dict[frozenset[str], Served]]:
    """The store with all repositories, in which somebody who is granted all of them has asked everything, and two with some of them alone."""
    root = tmp_path_factory.mktemp("worlds")
    roots = {name: made(root, name) for name in NAMES}
    with asyncio.Runner() as loop:
        found = {}
        for grant in (ALL, frozenset({"alpha"}), frozenset({"alpha", "beta"})):
            held = {name: roots[name] for name in sorted(grant)}
            found[grant] = served(root / f"store-{len(grant)}", held, host, loop, dense=True)
        for question in QUESTIONS:
            for model in ("extractive", MODELS[0].name):
                told = Asked("thread", question.format("checkout_price")).of(found[ALL], ALL, model)
                assert told.startswith("200"), told
        yield found
        for one in found.values():
            one.close()


@given(grant=st.sampled_from(GRANTS), asked=doors, model=st.sampled_from(("extractive", "extractive", MODELS[0].name)))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_of_what_is_not_granted_is_told_or_read(
    worlds: dict[frozenset[str], Served],
    host: FakeOllama,
    caplog: pytest.LogCaptureFixture,
    grant: frozenset[str],
    asked: Asked,
    model: str,
) -> None:
    caplog.clear()
    with host.lock:
        host.requests.clear()
    with caplog.at_level(logging.DEBUG):
        told = asked.of(worlds[ALL], grant, model)
    told_only(told, grant, asked.door)
    told_only(caplog.text, grant, f"the log of {asked.door}")
    told_only(str(host.requests), grant, f"the model of {asked.door}")
    if grant in worlds and grant != ALL and model == "extractive":
        assert steady(told) == steady(asked.of(worlds[grant], grant)), f"{asked} tells that there is more"


def test_vectors_took_part_and_models_read_something(worlds: dict[frozenset[str], Served], host: FakeOllama) -> None:
    """Else the test above would prove less than it says."""
    world = worlds[ALL]
    assert world.wiring.own_vectors().is_open
    with host.lock:
        host.requests.clear()
    beta = frozenset({"beta"})
    told = Asked("api", "search?q=what+an+order+is+worth&kind=function").of(world, beta)
    assert any(path == "/api/embed" for path, _ in host.requests)
    assert "beta/" in told
    assert CANARY["beta"] in Asked("chat", "explain checkout_price").of(world, beta, MODELS[0].name)
    assert any(CANARY["beta"] in prompt for prompt in host.prompts())


def test_the_ledger_holds_of_each_what_they_were_granted(worlds: dict[frozenset[str], Served]) -> None:
    """Events of a principal: what was asked, what was served and read, what was thought of it."""
    world = worlds[ALL]
    for grant in SOME:
        for question in ("explain checkout_price", "where is the price of an order made?"):
            Asked("own", question).of(world, grant)
    world.wiring.journal.flush()
    with closing(world.wiring.open_ledger()) as ledger:
        for grant in SOME:
            rows = [row for stream in STREAMS for row in latest(ledger, stream, 500, user=principal_of(grant))]
            assert rows
            told_only(str([row.to_json() for row in rows]), grant, "the Ledger")


def test_threads_hold_what_their_owner_was_granted_and_are_shown_to_nobody_else(
    worlds: dict[frozenset[str], Served],
) -> None:
    world = worlds[ALL]
    for grant in SOME:
        Asked("thread", "where is the price of an order made?").of(world, grant)
        for route in ("threads", "threads/mine", "threads/mine/markdown"):
            told = Asked("api", route).of(world, grant)
            assert told.startswith("200"), told
            told_only(told, grant, route)
