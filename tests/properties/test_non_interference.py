"""Whatever is granted to whom: no byte of a repository that is not granted reaches a caller, by any door, nor a log.

One store holds three repositories. For random grants and questions, what a caller is told holds no canary of what is not granted, and
is what a store says that holds the granted ones alone. `tests/integration/test_non_interference_at_length.py` asks hundreds, with vectors.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.backends.lexical import HistorySearch, LexicalSearch
from knowledge.backends.sqlite_budgets import SqliteBudgets
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.backends.sqlite_jobs import SqliteJobs
from knowledge.backends.sqlite_lessons import SqliteLessons
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.backends.sqlite_outcomes import SqliteOutcomes
from knowledge.backends.sqlite_threads import SqliteThreads
from knowledge.backends.sqlite_usage import SqliteUsage
from ops.ledger.journal import Journal
from tests.granted_doors import Asked, doors
from tests.granted_worlds import ALL, CANARY, GRANTS, MODELS, NAMES, Served, made, served, steady, told_only
from tests.servers.fake_ollama import FakeOllama, running


@pytest.fixture(scope="module")
def host() -> Iterator[FakeOllama]:
    """A model that says little and remembers what it was given."""
    with running(FakeOllama(models=list(MODELS), reply=lambda _prompt: "It is priced [1].")) as served_host:
        yield served_host


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory, host: FakeOllama) -> Iterator[dict[frozenset[str], Served]]:
    """The store with all repositories, and one with each set of them alone."""
    root = tmp_path_factory.mktemp("worlds")
    roots = {name: made(root, name) for name in NAMES}
    with asyncio.Runner() as loop:
        found = {
            grant: served(
                root / ("store-" + "-".join(sorted(grant))),
                {name: roots[name] for name in sorted(grant)},
                host,
                loop,
                dense=False,
            )
            for grant in GRANTS
            if grant
        }
        yield found
        for one in found.values():
            one.close()


@given(grant=st.sampled_from(GRANTS), asked=doors)
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_of_what_is_not_granted_is_told(
    worlds: dict[frozenset[str], Served], caplog: pytest.LogCaptureFixture, grant: frozenset[str], asked: Asked
) -> None:
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        told = asked.of(worlds[ALL], grant)
    told_only(told, grant, asked.door)
    told_only(caplog.text, grant, f"the log of {asked.door}")
    if grant and grant != ALL:
        assert steady(told) == steady(asked.of(worlds[grant], grant)), f"{asked} tells that there is more"


def test_no_model_reads_what_is_not_granted(worlds: dict[frozenset[str], Served], host: FakeOllama) -> None:
    read = ""
    for grant in GRANTS[1:5]:
        with host.lock:
            host.requests.clear()
        told_only(Asked("chat", "Explain checkout_price").of(worlds[ALL], grant, MODELS[0].name), grant, "chat")
        told_only(str(host.requests), grant, "the context of the model")
        read += "".join(host.prompts())
    assert all(canary in read for canary in CANARY.values()), "else this would prove nothing"


def test_what_is_granted_is_told(worlds: dict[frozenset[str], Served]) -> None:
    """Else the test above would prove nothing."""
    for asked in (
        Asked("chat", "what does checkout_price call?"),
        Asked("events", "what does checkout_price call?"),
        Asked("ask", "where is the price of an order made?"),
        Asked("callees", "checkout_price"),
        Asked("search_code", "price of an order"),
        Asked("read_lines", "beta/shared.py:1-9"),
        Asked("resource", "clew://file/beta/beta/shared.py"),
        Asked("api", "symbols?prefix=zqx"),
        Asked("api", "files?repository=beta"),
    ):
        assert CANARY["beta"] in asked.of(worlds[ALL], frozenset({"beta"})).lower(), asked


STORES = (
    SqliteCodeGraph, LexicalSearch, HistorySearch, SqliteMemory, SqliteLessons, SqliteThreads, SqliteJobs, SqliteUsage,
    SqliteBudgets, SqliteOutcomes,
)  # fmt: skip
"""All that a request is answered from. What is told to the Ledger is counted where it is told: it is written beside requests, as schedules are looked at."""


def counting(patched: pytest.MonkeyPatch) -> Counter[str]:
    """Count the calls of every store, and what the Ledger is told, by class and method."""
    calls = Counter[str]()

    def counted(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return method(*arguments, **named)

        return call

    for store in (*STORES, Journal):
        for name, method in vars(store).items():
            if not name.startswith("_") and inspect.isfunction(method) and not inspect.isgeneratorfunction(method):
                patched.setattr(store, name, counted(f"{store.__name__}.{name}", method))
    return calls


def worded(words: str, name: str) -> str:
    """Put a name of a repository, or one that stands in it alone, where the words have room for it."""
    return words.replace("NAME", name).replace("CANARY", CANARY.get(name, f"zqxgolde{name[-1]}"))


SAME_WAY = (
    ("chat", "who calls checkout_price?", True),
    ("own", "explain checkout_price", True),
    ("ask", "what does checkout_price call?", True),
    ("callers", "checkout_price", True),
    ("search_code", "price of an order", True),
    ("read_lines", "docs/prices.md:1-3", True),
    ("api", "search?q=price", True),
    ("api", "impact?symbol=checkout_price", True),
    ("api", "symbols?prefix=checkout", True),
    ("api", "repositories/NAME", False),
    ("api", "files?repository=NAME", False),
    ("api", "files/lines?repository=NAME&path=NAME/shared.py", False),
    ("api", "symbols/NAME:NAME%2Fshared.py%23shared_price_NAME", False),
    ("api", "symbols/shared_price_NAME/callers", False),
    ("resource", "clew://file/NAME/NAME/shared.py", False),
    ("find_symbol", "NAME.shared", False),
    ("jobs", "NAME", False),
    ("callers", "CANARY_total", False),
    ("impact_of", "CANARY_total", False),
    ("api", "symbols?name=CANARY_total", False),
    ("api", "symbols?prefix=CANARY", False),
    ("api", "search?q=CANARY", False),
    ("search_code", "CANARY", False),
    ("own", "who calls CANARY_total?", False),
)


@pytest.mark.parametrize(("door", "words", "narrowed"), SAME_WAY)
def test_a_forbidden_name_and_an_absent_one_take_the_same_way(
    worlds: dict[frozenset[str], Served], monkeypatch: pytest.MonkeyPatch, door: str, words: str, narrowed: bool
) -> None:
    """One name where it is there and not granted, where it is not there, and one that is nowhere: the same words, as many calls of the store."""
    grant = frozenset({"alpha"})
    told: dict[str, set[str]] = {"gamma": set(), "gamut": set()}
    calls: list[list[Counter[str]]] = [[], []]
    for world in (worlds[ALL], worlds[grant]):
        for name in ("alpha", "gamuz", "gamuz"):  # what is opened once
            Asked(door, worded(words, name), name if narrowed else None).of(world, grant)
        for time, name in (
            (0, "gamma"),
            (0, "gamut"),
            (1, "gamma"),
            (1, "gamut"),
        ):  # the second time it may be remembered
            with monkeypatch.context() as patched:
                patched.setattr("ops.policy.gate.NAMES_S", 1e9)  # else the clock decides who reads the names
                seen = counting(patched)
                told[name].add(steady(Asked(door, worded(words, name), name if narrowed else None).of(world, grant)))
            calls[time].append(seen)
    assert [len(one) for one in told.values()] == [1, 1], "\n".join(map(repr, told["gamma"]))
    for same in calls:
        assert same == [same[0]] * len(same), "\n".join(map(str, same))
        assert same[0]["SqliteCodeGraph.repositories"], "else this would prove nothing"
