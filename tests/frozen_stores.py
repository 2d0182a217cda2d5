"""Stores as an earlier Clew wrote them: a dump of each, with what was read of it then, under tests/frozen.

`python -m tests.frozen_stores NAME` freezes the present layout of one store, once a version: a released file is never written anew.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from knowledge.backends.sqlite_budgets import BUDGETS_FORMAT, SqliteBudgets
from knowledge.backends.sqlite_file import Format
from knowledge.backends.sqlite_jobs import JOBS_FORMAT, SqliteJobs
from knowledge.backends.sqlite_ledger import LEDGER_FORMAT, SqliteLedger
from knowledge.backends.sqlite_lessons import LESSONS_FORMAT, SqliteLessons
from knowledge.backends.sqlite_memory import MEMORY_FORMAT, SqliteMemory
from knowledge.backends.sqlite_outcomes import OUTCOMES_FORMAT, SqliteOutcomes
from knowledge.backends.sqlite_principals import PRINCIPALS_FORMAT, SqlitePrincipals
from knowledge.backends.sqlite_sources import SOURCES_FORMAT, SqliteSources
from knowledge.backends.sqlite_subject_keys import KEYS_FORMAT, SqliteSubjectKeys
from knowledge.backends.sqlite_threads import THREADS_FORMAT, SqliteThreads
from knowledge.budgets import Amount
from knowledge.jobs import Job, JobProgress, JobState, Order
from knowledge.ledger import Head
from knowledge.outcomes import OutcomeRecord
from knowledge.ports.memory import MemoryEntry
from knowledge.principals import ApiKey, Principal
from knowledge.scope import EVERYTHING
from knowledge.sources import Credential, Source, Webhook
from tests.contract.budgets import MONTH, booking
from tests.contract.ledger import checkpoint, draft
from tests.contract.lessons import lesson
from tests.contract.threads import turn

FOLDER = Path(__file__).parent / "frozen"


@dataclass(frozen=True, slots=True)
class Frozen:
    """write: puts something of every kind into a new store. read: returns all that its users could see of it."""

    format: Format
    write: Callable[[Path], None]
    read: Callable[[Path], Any]

    def as_json(self, path: Path) -> Any:
        """Return what is read, as JSON has it."""
        return json.loads(json.dumps(self.read(path), default=_plain, sort_keys=True))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def _write_ledger(path: Path) -> None:
    with closing(SqliteLedger(path, timeout_s=5)) as store:
        made = store.append([draft(number, body='{"name":"größe"}'.encode()) for number in range(3)])
        store.append([draft(9, "feedback", subject="")])
        store.prune(checkpoint(Head("answers", 1, made[0].digest), 1), draft(10, "administration", kind="pruned"))


def _read_ledger(path: Path) -> Any:
    with closing(SqliteLedger(path, timeout_s=5)) as store:
        streams = {head.stream: [asdict(one) for one in store.read(head.stream)] for head in store.heads()}
        found = store.checkpoint("answers")
        return {"streams": streams, "checkpoint": asdict(found) if found else None}


def _write_subject_keys(path: Path) -> None:
    with closing(SqliteSubjectKeys(path, timeout_s=5)) as store:
        store.named("ann")
        store.named("größe")
        store.drop("ann")
        store.signing_key()


def _read_subject_keys(path: Path) -> Any:
    with closing(SqliteSubjectKeys(path, timeout_s=5)) as store:
        found = store.find("größe")
        return {"ann": store.find("ann"), "größe": asdict(found) if found else None, "signing": store.signing_key()}


def _write_threads(path: Path) -> None:
    with closing(SqliteThreads(path)) as store:
        store.record(
            "ann\x1fmine", [turn(places=["shop/größe.py:3"]), turn("And who tests it?", 2.0)], ("shop", "till")
        )
        store.begin("begun", "Who calls total?", 3.0)
        store.rename("begun", "Prices, again")


def _read_threads(path: Path) -> Any:
    with closing(SqliteThreads(path)) as store:
        return [{**asdict(one), "said": [said.to_json() for said in store.turns(one.id)]} for one in store.find()]


def _write_jobs(path: Path) -> None:
    with closing(SqliteJobs(path)) as store:
        store.add(Job("0" * 32, Order("/src/shop", "shop"), JobState.QUEUED, 1.0))
        done = Job(
            "1" * 32,
            Order("/src/till", "till", force=True, documents_only=True),
            JobState.FINISHED,
            2.0,
            started_at=2.5,
            ended_at=3.0,
            progress=JobProgress("extract", 3, 9, 1.5, 4.0, "waits"),
            report={"files": {"größe": 1}},
            error={"code": "x"},
            repeats="y",
            asker="ab",
        )
        store.add(done)
        store.put(done)


def _read_jobs(path: Path) -> Any:
    with closing(SqliteJobs(path)) as store:
        return [asdict(one) for one in store.find(EVERYTHING)]


def _write_lessons(path: Path) -> None:
    with closing(SqliteLessons(path)) as store:
        store.put(lesson("one", "shop", "café", text='ünï "quoted"', files=[["a.py", "h1"]]), keep=10)
        store.put(lesson("two", kind="example", group=""), keep=10)


def _read_lessons(path: Path) -> Any:
    with closing(SqliteLessons(path)) as store:
        return [asdict(one) for kind in ("solution", "example") for one in store.find(EVERYTHING, kind)]


def _write_budgets(path: Path) -> None:
    with closing(SqliteBudgets(path)) as store:
        store.reserve(booking("r1", Amount(60, 500)), now=0.0, until=9.0)
        store.settle(booking("r1"), Amount(20, 100))
        store.reserve(booking("r2", Amount(30)), now=0.0, until=9.0)


def _read_budgets(path: Path) -> Any:
    with closing(SqliteBudgets(path)) as store:
        return {"months": store.months(), "standings": [asdict(one) for one in store.standings(MONTH, now=1.0)]}


def _write_outcomes(path: Path) -> None:
    with closing(SqliteOutcomes(path)) as store:
        store.add(OutcomeRecord("small", "qwen", True, 0.75, {"intent": "explain", "steps": 1, "strength": 0.5}))


def _read_outcomes(path: Path) -> Any:
    with closing(SqliteOutcomes(path)) as store:
        return [asdict(one) for one in store.all()]


def _write_principals(path: Path) -> None:
    with closing(SqlitePrincipals(path)) as store:
        ann, robot = (
            Principal("ann", "Ann", "user", ("pay", "web"), ("reader",)),
            Principal("r", "R", "service", disabled=True),
        )
        for one in (ann, robot):
            store.put_principal(one)
        store.put_key(ApiKey("a" * 12, "ann", "laptop", bytes(range(32)), ("ask", "read"), 1.0, 9.0))
        store.put_key(ApiKey("b" * 12, "r", "", bytes(32), ("index",), 2.0))
        store.note_use("a" * 12, 3.0)
        store.end_key("b" * 12, revoked_at=4.0)


def _read_principals(path: Path) -> Any:
    with closing(SqlitePrincipals(path)) as store:
        return {
            "principals": [asdict(one) for one in store.principals()],
            "keys": sorted((asdict(one) for one in store.all_keys()), key=lambda one: one["id"]),
        }


def _hash(_repository: str, path: str) -> str:
    return {"cart.py": "h1"}.get(path, "")


def _write_memory(path: Path) -> None:
    with closing(SqliteMemory(path, _hash)) as store:
        store.put(MemoryEntry("who calls add", {"answer": "größe"}, "all", "r1", (("shop", "cart.py", "h1"),)))


def _read_memory(path: Path) -> Any:
    with closing(SqliteMemory(path, _hash)) as store:
        found = store.get("who calls add", scope_key="all", release_id="r1")
        return asdict(found) if found else None


def _write_sources(path: Path) -> None:
    with closing(SqliteSources(path)) as store:
        store.add(Source("s1", "shop", "https://git.example/shop.git", "main", "git", created_at=1.0, commit="abc"))
        store.put_credential(Credential("git", "token", "git.example", "ann", b"sealed", 1.0))
        store.put_webhook(Webhook("w1", "s1", "github", b"sealed", 1.0))


def _read_sources(path: Path) -> Any:
    with closing(SqliteSources(path)) as store:
        return {
            "sources": [asdict(one) for one in store.sources()],
            "credentials": [asdict(one) for one in store.credentials()],
            "webhooks": [asdict(one) for one in store.webhooks()],
        }


STORES = {
    "ledger": Frozen(LEDGER_FORMAT, _write_ledger, _read_ledger),
    "ledger-keys": Frozen(KEYS_FORMAT, _write_subject_keys, _read_subject_keys),
    "transcripts": Frozen(THREADS_FORMAT, _write_threads, _read_threads),
    "jobs": Frozen(JOBS_FORMAT, _write_jobs, _read_jobs),
    "lessons": Frozen(LESSONS_FORMAT, _write_lessons, _read_lessons),
    "budgets": Frozen(BUDGETS_FORMAT, _write_budgets, _read_budgets),
    "outcomes": Frozen(OUTCOMES_FORMAT, _write_outcomes, _read_outcomes),
    "principals": Frozen(PRINCIPALS_FORMAT, _write_principals, _read_principals),
    "sources": Frozen(SOURCES_FORMAT, _write_sources, _read_sources),
    "memory": Frozen(MEMORY_FORMAT, _write_memory, _read_memory),
}
"""Stores of what nobody can make again, and of answers; the index and what is made of it are renewed instead."""


def dumped(path: Path) -> str:
    """Return a database as statements that make it again."""
    with closing(sqlite3.connect(path)) as connection:
        marks = [
            f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("application_id", "user_version")
        ]
        return "\n".join([*marks, *connection.iterdump()]) + "\n"


def loaded(file: Path, path: Path) -> Path:
    """Make a database of a dump."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(file.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def freeze(name: str) -> None:
    """Write the present layout of a store, with something in it. Raises FileExistsError for a version that is there."""
    frozen = STORES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.db"
        frozen.write(path)
        stem = FOLDER / f"{name}-{frozen.format.version}"
        with stem.with_suffix(".sql").open("x", encoding="utf-8") as file:
            file.write(dumped(path))
        seen = json.dumps(frozen.as_json(path), indent=1, sort_keys=True, ensure_ascii=False)
        stem.with_suffix(".json").write_text(seen + "\n", "utf-8")


if __name__ == "__main__":
    for one in sys.argv[1:] or STORES:
        freeze(one)
