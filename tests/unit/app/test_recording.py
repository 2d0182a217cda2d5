"""Every run of the assistant is in the Ledger, whatever door it came through and however it ended."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.events import AnswerReady, AskedBack, EvidenceFound, Progress
from app.asking import Asked
from app.cli import main
from app.recording import Recording, recorded
from app.wiring import Wiring
from configs.errors import InputError, StoreCorrupt, StoreError
from configs.settings import load_settings
from models.budgets import Payer
from ops.ledger.journal import Journal
from ops.ledger.ledger import Ledger, Opened
from tests.unit.app.conftest import Indexed, write_sources
from tests.unit.ops.ledger.conftest import opened


@pytest.fixture
def wiring(indexed: Indexed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """Parts over the small repository, whose store is this test's own."""
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    store = tmp_path / "store"
    assert (
        main(["--store", str(store), "index", str(write_sources(tmp_path / "shop")), "--name", "shop", "--json"]) == 0
    )
    return Wiring(load_settings({"home": str(store), "budget": {"team": "core", "project": "web"}}))


def asked(question: str = "Who calls price?", **other: Any) -> Asked:
    return Asked(question, ("shop",), "extractive", "default", **other)


async def run(wiring: Wiring, question: Asked) -> list[Progress]:
    return [event async for event in wiring.assistant().stream(question)]


def told(wiring: Wiring) -> list[Opened]:
    wiring.close()
    with closing(wiring.open_ledger()) as ledger:
        return list(ledger.opened(ledger.entries(["answers"])))


def test_an_answer_is_recorded_from_its_question_to_its_places(wiring: Wiring) -> None:
    ready = asyncio.run(run(wiring, asked(door="mcp")))[-1]
    assert isinstance(ready, AnswerReady)
    rows = told(wiring)
    assert [row.entry.kind for row in rows] == ["asked", "served", "answered"]
    question, places, answer = rows
    assert question.words == {"question": "Who calls price?"}
    assert {row.fields["run"] for row in rows} == {ready.answer.run_id}
    assert ["shop", "shop/models.py", 5, 5] in [place[:4] for place in places.fields["lines"]]
    assert answer.fields["release"] == question.fields["release"] == ready.answer.release
    said = {
        name: answer.fields[name] for name in ("door", "level", "verdict", "team", "project", "repositories", "model")
    }
    assert said == {
        "door": "mcp", "level": "structural", "verdict": "found", "team": "core", "project": "web", "repositories": ["shop"],
        "model": "",
    }  # fmt: skip
    assert answer.fields["claims"]["verified"] >= 1
    assert 0 < answer.fields["first_evidence_ms"] <= answer.fields["latency_ms"] + 50


def test_a_question_that_is_asked_back_is_recorded_as_such(wiring: Wiring) -> None:
    last = asyncio.run(run(wiring, asked("Who calls twice?", may_ask=True)))[-1]
    assert isinstance(last, AskedBack)
    rows = told(wiring)
    assert [row.entry.kind for row in rows] == ["asked", "unanswered"]
    assert rows[1].fields["reason"] == "asked_back"


def test_a_question_that_fails_is_recorded_with_the_code(wiring: Wiring) -> None:
    with pytest.raises(InputError):
        asyncio.run(run(wiring, asked(" ")))
    assert [row.fields.get("reason") for row in told(wiring)] == [None, "input"]


def test_an_asker_who_leaves_is_recorded(wiring: Wiring) -> None:
    async def leave() -> None:
        async with aclosing(wiring.assistant().stream(asked())) as events:
            async for _ in events:
                return

    asyncio.run(leave())
    assert [row.fields.get("reason") for row in told(wiring)] == [None, "left"]


def test_the_run_of_a_thread_carries_its_name_sealed(wiring: Wiring) -> None:
    asyncio.run(run(wiring, asked(thread_id="about money")))
    rows = told(wiring)
    assert rows[0].words == {"question": "Who calls price?", "thread": "about money"}
    assert b"money" not in b"".join(row.entry.body + row.entry.sealed for row in rows)


def test_a_ledger_that_cannot_be_opened_costs_a_finding_and_no_answer(wiring: Wiring) -> None:
    (wiring.settings.home / "ledger.db").write_bytes(b"no database at all" * 400)

    async def twice() -> list[Progress]:
        await run(wiring, asked())
        with pytest.raises(StoreCorrupt, match="damaged"):
            await asyncio.to_thread(wiring.journal.flush)
        return await run(wiring, asked())

    ready = asyncio.run(twice())[-1]
    assert isinstance(ready, AnswerReady)
    assert ready.answer.verdict == "found"
    (finding,) = [row for row in ready.answer.findings if row["gate"] == "ledger"]
    assert (finding["kind"], finding["severity"]) == ("store_corrupt", "warning")
    wiring.close()
    assert (wiring.settings.home / "ledger.db").read_bytes().startswith(b"no database")


def test_a_required_ledger_that_fails_stops_the_answer_before_it_begins(wiring: Wiring) -> None:
    strict = Wiring(
        wiring.settings.model_copy(update={"ledger": wiring.settings.ledger.model_copy(update={"required": True})})
    )
    asyncio.run(run(strict, asked()))
    with closing(strict.open_ledger()) as ledger:  # before anything is closed: it was waited for
        assert [entry.kind for entry in ledger.entries(["answers"])] == ["asked", "served", "answered"]
    (wiring.settings.home / "ledger.db").unlink()
    (wiring.settings.home / "ledger.db").mkdir()
    strict.close()
    again, seen = Wiring(strict.settings), []

    async def refused() -> None:
        async for event in again.assistant().stream(asked()):
            seen.append(event)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(StoreError):
        asyncio.run(refused())
    assert seen == []
    again.close()
    wiring.close()


class Told:
    """A journal that writes into a Ledger of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(lambda: opened(folder))

    def rows(self) -> list[Opened]:
        self.journal.close()
        ledger: Ledger
        with closing(opened(self.folder)) as ledger:
            return list(ledger.opened(ledger.entries()))


def recording(journal: Journal) -> Recording:
    return Recording(journal, asked(), Payer("ann", "core", "web"))


def events_of(*events: Progress, fails: Exception | None = None) -> Callable[[], AsyncGenerator[Progress, None]]:
    async def stream() -> AsyncGenerator[Progress, None]:
        for event in events:
            yield event
        if fails is not None:
            raise fails

    return stream


def test_findings_of_weight_are_recorded_one_each(tmp_path: Path, wiring: Wiring) -> None:
    ready = asyncio.run(run(wiring, asked()))[-1]
    assert isinstance(ready, AnswerReady)
    wiring.close()
    row = {
        "gate": "prose", "kind": "unnamed", "severity": "warning", "message": "not told", "confidence": 0.5,
        "action": "annotate", "path": "a.py", "line": 3,
    }  # fmt: skip
    answer = replace(ready.answer, findings=(row, {**row, "severity": "info"}, *[{**row, "severity": "error"}] * 60))
    told = Told(tmp_path / "other")

    async def all_of_it() -> None:
        events = events_of(EvidenceFound("t1", "found", 1, ("a.py:3",)), replace(ready, answer=answer))
        async for _ in recorded(recording(told.journal), events()):
            pass

    asyncio.run(all_of_it())
    rows = told.rows()
    found = [row.fields for row in rows if row.entry.kind == "finding"]
    assert len(found) == 50
    assert {key: found[0][key] for key in ("gate", "finding", "severity", "path", "line")} == {
        "gate": "prose", "finding": "unnamed", "severity": "warning", "path": "a.py", "line": 3,
    }  # fmt: skip
    assert b"not told" not in b"".join(row.entry.body for row in rows)


def test_a_fault_is_recorded_as_internal(tmp_path: Path) -> None:
    told = Told(tmp_path)

    async def fail() -> None:
        async for _ in recorded(recording(told.journal), events_of(fails=ValueError("a bug"))()):
            pass

    with pytest.raises(ValueError, match="a bug"):
        asyncio.run(fail())
    assert [row.fields.get("reason") for row in told.rows()] == [None, "internal"]


def test_telling_costs_an_answer_less_than_a_millisecond(tmp_path: Path) -> None:
    told = Told(tmp_path)

    async def many() -> float:
        began = time.process_time()
        for _ in range(200):
            one = recording(told.journal)
            await one.begin()
            one.unanswered("left")
        return (time.process_time() - began) / 200

    assert asyncio.run(many()) < 0.001
    assert len(told.rows()) == 400


def test_doors_say_who_they_are(wiring: Wiring, capsys: pytest.CaptureFixture[str]) -> None:
    store = str(wiring.settings.home)
    wiring.close()
    capsys.readouterr()
    assert main(["--store", store, "ask", "Who calls price?", "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    assert main(["--store", store, "audit", "show", "--run", run_id, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["events"]
    assert [row["fields"].get("door") for row in rows] == ["cli", None, "cli"]


def test_index_runs_and_forgotten_repositories_are_recorded(wiring: Wiring) -> None:
    store = str(wiring.settings.home)
    wiring.close()
    assert main(["--store", store, "forget", "shop", "--yes"]) == 0
    with closing(wiring.open_ledger()) as ledger:
        rows = [row.fields for row in ledger.opened(ledger.entries(["administration"]))]
    assert [(row["repository"], row["state"]) for row in rows] == [("shop", "done"), ("shop", "forgotten")]
    assert (rows[0]["files"], rows[0]["revision"][:9]) == (7, "worktree:")


def test_a_question_that_is_asked_again_in_other_words_is_told_of_the_answer_before(wiring: Wiring) -> None:
    async def ask() -> list[str]:
        runs = []
        for question in ("Who calls price?", "Who is calling price?", "What does price call?"):
            ready = (await run(wiring, asked(question)))[-1]
            assert isinstance(ready, AnswerReady)
            runs.append(ready.answer.run_id)
        return runs

    first, _, _ = asyncio.run(ask())
    wiring.close()
    with closing(wiring.open_ledger()) as ledger:
        (signal,) = ledger.opened(ledger.entries(["feedback"]))
    assert {key: signal.fields[key] for key in ("run", "signal", "propensity", "door")} == {
        "run": first, "signal": "rephrased", "propensity": 1.0, "door": "cli",
    }  # fmt: skip
