from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.sqlite_ledger import SqliteLedger
from knowledge.backends.sqlite_subject_keys import SqliteSubjectKeys
from ops.ledger.anchors import Signer
from ops.ledger.ledger import Ledger
from tests.clock import Clock

SIGNER = Signer(b"k" * 32)


def opened(folder: Path, clock: Clock | None = None) -> Ledger:
    keys = SqliteSubjectKeys(folder / "ledger-keys.db")
    return Ledger(SqliteLedger(folder / "ledger.db"), keys, clock=clock or Clock(1_796_000_000.0))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_796_000_000.0)


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with closing(opened(tmp_path / "store", clock)) as ledger:
        yield ledger
