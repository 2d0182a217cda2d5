"""Runs that the dev server starts itself are in the Ledger too."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from agents.context import Context
from app.cli import main
from app.studio_recording import StudioRecorder
from app.wiring import Wiring
from configs.errors import InputError
from configs.settings import load_settings
from graph.assistant import compiled
from models.budgets import Payer
from ops.ledger.ledger import Opened
from tests.unit.app.conftest import write_sources


@pytest.fixture
def wiring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    store = tmp_path / "store"
    assert (
        main(["--store", str(store), "index", str(write_sources(tmp_path / "shop")), "--name", "shop", "--json"]) == 0
    )
    return Wiring(load_settings({"home": str(store)}))


def told(wiring: Wiring, question: str) -> list[Opened]:
    recorder = StudioRecorder(wiring.journal, Payer("ann", "core"))
    services = replace(wiring.services, clarifies=True, callbacks=(recorder,))
    graph: Any = compiled(services, InMemorySaver())
    config = {"configurable": {"thread_id": "t"}}
    asyncio.run(graph.ainvoke({"question": question}, config, context=Context(model="extractive")))
    wiring.close()
    with closing(wiring.open_ledger()) as ledger:
        return list(ledger.opened(ledger.entries(["answers"])))


def test_a_run_of_studio_is_recorded_once(wiring: Wiring) -> None:
    rows = told(wiring, "Who calls price, asks ada@fernpost.de?")
    assert [row.entry.kind for row in rows] == ["asked", "served", "answered"]
    assert {row.user for row in rows} == {"ann"}
    assert rows[0].words == {"question": "Who calls price, asks " + "*" * len("ada@fernpost.de") + "?"}
    assert len({row.fields["run"] for row in rows}) == 1
    assert (rows[2].fields["door"], rows[2].fields["team"], rows[2].fields["verdict"]) == ("studio", "core", "found")
    assert ["shop", "shop/models.py", 5, 5] in [place[:4] for place in rows[1].fields["lines"]]


def test_a_run_that_stands_still_is_recorded_as_asked_back(wiring: Wiring) -> None:
    rows = told(wiring, "Who calls twice?")
    assert [row.entry.kind for row in rows] == ["asked", "unanswered"]
    assert rows[0].words == {"question": "Who calls twice?"}
    assert rows[1].fields["reason"] == "asked_back"
    assert rows[1].fields["run"] == rows[0].fields["run"]


def test_a_run_that_fails_is_recorded_with_the_code(wiring: Wiring) -> None:
    recorder, run = StudioRecorder(wiring.journal, Payer("ann")), uuid4()
    recorder.on_chain_start({}, {"messages": [{"role": "user", "content": "why?"}]}, run_id=run)
    recorder.on_chain_error(InputError("no"), run_id=run)
    recorder.on_chain_start({}, {}, run_id=uuid4(), parent_run_id=run)
    recorder.on_chain_end({}, run_id=uuid4())
    wiring.close()
    with closing(wiring.open_ledger()) as ledger:
        rows = list(ledger.opened(ledger.entries(["answers"])))
    assert [(row.entry.kind, row.fields["run"]) for row in rows] == [("asked", run.hex), ("unanswered", run.hex)]
    assert rows[0].words == {"question": "why?"}
    assert rows[1].fields["reason"] == "input"
