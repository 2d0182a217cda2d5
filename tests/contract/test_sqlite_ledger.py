from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreBusy, StoreCorrupt
from knowledge.backends.sqlite_ledger import SqliteLedger
from knowledge.backends.sqlite_subject_keys import SqliteSubjectKeys
from knowledge.ledger import Head
from tests.contract.ledger import LedgerStoreContract, SubjectKeysContract, checkpoint, draft


class TestSqliteLedger(LedgerStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteLedger]:
        with closing(SqliteLedger(tmp_path / "store" / "ledger.db")) as store:
            yield store

    def test_another_process_goes_on_in_the_same_chain(self, store: SqliteLedger, tmp_path: Path) -> None:
        store.append([draft(1)])
        with closing(SqliteLedger(tmp_path / "store" / "ledger.db")) as other:
            other.append([draft(2)])
        assert [one.number for one in store.append([draft(3)])] == [3]

    def test_what_is_pruned_leaves_the_files(self, store: SqliteLedger, tmp_path: Path) -> None:
        made = store.append([draft(number, body=b"zebra stripes " * 900) for number in range(3)])
        store.prune(checkpoint(Head("answers", 3, made[2].digest), 3), draft(9, "administration"))
        held = b"".join(file.read_bytes() for file in (tmp_path / "store").iterdir())
        assert b"zebra" not in held

    def test_one_that_another_process_writes_for_too_long_is_busy_and_then_works(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.db"
        with closing(SqliteLedger(path, timeout_s=0.05)) as store, closing(SqliteLedger(path)) as other:
            with other._appending(), pytest.raises(StoreBusy):  # a transaction that another process holds open
                store.append([draft(1)])
            assert len(store.append([draft(1)])) == 1

    def test_a_damaged_file_is_named_and_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.db"
        path.write_bytes(b"no database at all" * 400)
        with pytest.raises(StoreCorrupt, match="damaged"):
            SqliteLedger(path)
        assert path.exists()


class TestSqliteSubjectKeys(SubjectKeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Path) -> Iterator[SqliteSubjectKeys]:
        with closing(SqliteSubjectKeys(tmp_path / "keys.db")) as keys:
            yield keys

    def test_no_byte_of_a_dropped_key_or_name_stays_in_the_files(self, tmp_path: Path) -> None:
        with (
            closing(SqliteSubjectKeys(tmp_path / "keys.db")) as keys,
            closing(SqliteSubjectKeys(tmp_path / "keys.db")) as other,
        ):
            made = [keys.named(f"zebra-{number}") for number in range(40)]
            assert other.find("zebra-7") is not None  # another process has read it, and its connection stays
            for one in made:
                keys.drop(one.name)
            held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"zebra" not in held
        assert not [one for one in made if one.key in held or one.key[:8] in held]

    @pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX's")
    def test_only_the_owner_reads_the_file(self, keys: SqliteSubjectKeys, tmp_path: Path) -> None:
        keys.named("ann")
        assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("keys.db*")} == {0}


_APPENDS = """
import sys
from pathlib import Path
from knowledge.backends.sqlite_ledger import SqliteLedger
from tests.contract.ledger import draft
store, number = SqliteLedger(Path(sys.argv[1])), 0
while True:
    entries = store.append([draft(number), draft(number + 1)])
    number += 2
    print(entries[-1].number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with subprocess.Popen([sys.executable, "-c", _APPENDS, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= 20:
                process.send_signal(signal.SIGKILL)
                break
    with closing(SqliteLedger(path)) as store:
        kept = store.read("answers")
        assert len(kept) >= acknowledged
        assert len(kept) % 2 == 0
        assert store.append([draft(1)])[0].number == len(kept) + 1
