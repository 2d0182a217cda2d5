"""API keys: what is kept of them, who comes in with one, and when they end."""

from __future__ import annotations

import hmac
import sqlite3
import stat
from pathlib import Path

import pytest

from configs.errors import InputError, StoreBusy
from knowledge.backends.sqlite_principals import SqlitePrincipals
from knowledge.principals import Principal
from ops.policy.keys import Keys
from tests.clock import Clock

ALICE = Principal("alice", "Alice", teams=("pay",), roles=("reader",))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


@pytest.fixture
def principals(tmp_path: Path) -> SqlitePrincipals:
    store = SqlitePrincipals(tmp_path / "store" / "principals.db")
    store.put_principal(ALICE)
    return store


@pytest.fixture
def keys(principals: SqlitePrincipals, clock: Clock) -> Keys:
    return Keys(principals, clock)


def test_a_key_opens_and_is_kept_as_a_hash_only(keys: Keys, principals: SqlitePrincipals, tmp_path: Path) -> None:
    secret, key = keys.create(ALICE, label="laptop", rights=("ask",), lifetime_s=60)
    assert keys.holder(secret) == (key, ALICE)
    assert secret.startswith(f"clew_{key.id}_")
    assert len(secret) == len("clew_") + 12 + 1 + 43, "256 random bits"
    file = tmp_path / "store" / "principals.db"
    whole = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert secret.encode() not in whole
    assert secret.removeprefix(f"clew_{key.id}_").encode() not in whole
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.any_live()
    principals.close()


def test_whatever_is_not_the_key_is_refused_after_one_comparison(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, key = keys.create(ALICE, label="", rights=("ask",), lifetime_s=None)
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def noted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    end = "A" if secret[-1] != "A" else "B"
    wrong = [
        secret[:-1] + end,
        f"clew_{'x' * 12}_{secret[-43:]}",
        secret[:-1],
        secret + "A",
        secret.upper(),
        "clew_",
        "",
        f"clew_{key.id}_' OR 1=1 --".ljust(60, "x"),
        "clew_\ud800" + "x" * 50,
    ]
    for given in wrong:
        assert keys.holder(given) is None
    assert len(compared) == len(wrong), "an unknown id costs what a wrong secret costs"
    assert {len(a) for a, _ in compared} == {len(b) for _, b in compared} == {32}


def test_a_revoked_key_is_refused_at_once_also_by_another_process(
    keys: Keys, principals: SqlitePrincipals, clock: Clock, tmp_path: Path
) -> None:
    secret, key = keys.create(ALICE, label="", rights=("ask",), lifetime_s=None)
    assert keys.holder(secret)
    elsewhere = Keys(SqlitePrincipals(tmp_path / "store" / "principals.db"), clock)
    elsewhere.revoke(key.id)
    assert keys.holder(secret) is None
    assert not keys.any_live()
    with pytest.raises(InputError, match="no live key 'nope'"):
        keys.revoke("nope")


def test_a_key_expires_and_a_disabled_principal_comes_in_no_more(
    keys: Keys, principals: SqlitePrincipals, clock: Clock
) -> None:
    secret, _ = keys.create(ALICE, label="", rights=("ask",), lifetime_s=60)
    clock.now += 59.9
    assert keys.holder(secret)
    clock.now += 0.1
    assert keys.holder(secret) is None
    other, _ = keys.create(ALICE, label="", rights=("ask",), lifetime_s=None)
    principals.put_principal(Principal("alice", "Alice", disabled=True))
    assert keys.holder(other) is None


def test_a_rotated_key_has_the_same_rights_and_lifetime_and_the_old_one_a_grace(keys: Keys, clock: Clock) -> None:
    secret, key = keys.create(ALICE, label="ci", rights=("ask", "read"), lifetime_s=1_000)
    clock.now += 500
    fresh, second = keys.rotate(key.id, grace_s=10)
    assert (second.label, second.rights) == ("ci", ("ask", "read"))
    assert second.expires_at == clock.now + 1_000
    clock.now += 9
    assert keys.holder(secret)
    clock.now += 2
    assert keys.holder(secret) is None
    assert keys.holder(fresh)
    third, _ = keys.rotate(second.id, grace_s=0)
    assert keys.holder(fresh) is None
    assert keys.holder(third)
    with pytest.raises(InputError, match="no live key"):
        keys.rotate(key.id, grace_s=0)


def test_a_grace_never_makes_a_key_last_longer(keys: Keys, clock: Clock) -> None:
    secret, key = keys.create(ALICE, label="", rights=("ask",), lifetime_s=5)
    keys.rotate(key.id, grace_s=1_000)
    clock.now += 6
    assert keys.holder(secret) is None


def test_the_last_use_is_noted_once_a_minute_and_a_full_disk_keeps_nobody_out(
    keys: Keys, principals: SqlitePrincipals, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = keys.create(ALICE, label="", rights=("ask",), lifetime_s=None)
    used: list[float] = []
    note = principals.note_use

    def noted(key_id: str, at: float) -> None:
        used.append(at)
        note(key_id, at)

    monkeypatch.setattr(principals, "note_use", noted)
    for _ in range(3):
        keys.holder(secret)
    clock.now += 61
    keys.holder(secret)
    assert used == [1_000_000.0, 1_000_061.0]
    found = principals.key(key.id)
    assert found is not None
    assert found[0].used_at == 1_000_061.0

    def full(_key: str, _at: float) -> None:
        raise StoreBusy("the disk is full")

    monkeypatch.setattr(principals, "note_use", full)
    clock.now += 61
    assert keys.holder(secret)


def test_a_store_that_is_not_ours_opens_for_nobody(tmp_path: Path) -> None:
    path = tmp_path / "principals.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE keys (id)")
    with pytest.raises(Exception, match="not a store of Clew"):
        SqlitePrincipals(path)
