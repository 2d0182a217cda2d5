"""The memory of answers in a real Redis server: the port's contract, what goes wrong with a server, and two processes' answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.cli import main
from configs.errors import ConfigError, StoreFull, StoreRefused, StoreUnavailable
from knowledge.backends.redis_memory import PREFIX, RedisMemory
from knowledge.backends.redis_server import RedisServer
from knowledge.ports.memory import MemoryEntry
from tests.contract.memory import Hashes, MemoryContract, answer
from tests.servers.redis_server import running_redis
from tests.unit.app.conftest import write_sources

pytestmark = pytest.mark.integration


class TestRedisMemory(MemoryContract):
    @pytest.fixture
    def memory(self, redis_address: str, hashes: Hashes) -> Iterator[RedisMemory]:
        memory = RedisMemory(RedisServer(redis_address), lambda repository, path: hashes.get((repository, path)))
        yield memory
        memory.close()

    def test_another_process_sees_what_was_put(self, memory: RedisMemory, redis_address: str, hashes: Hashes) -> None:
        memory.put(answer())
        other = RedisMemory(RedisServer(redis_address), lambda repository, path: hashes.get((repository, path)))
        assert other.get("who calls add", scope_key="all", release_id="r1") == answer()
        other.close()

    def test_an_entry_leaves_by_itself(self, redis_address: str) -> None:
        memory = RedisMemory(RedisServer(redis_address), lambda _repository, _path: None, keep_s=60)
        memory.put(MemoryEntry("hello", {}, "all", "r1", ()))
        with Redis.from_url(redis_address) as server:
            (place,) = server.keys(f"{PREFIX}*")
            assert 0 < int(str(server.ttl(place))) <= 60
        memory.close()

    def test_a_forgotten_repository_is_gone_wherever_it_is_named(self, memory: RedisMemory, redis_address: str) -> None:
        memory.put(MemoryEntry("quoted", {"answer": "as in shop"}, "all", "r1", ()))
        memory.put(MemoryEntry("granted", {"answer": "nothing"}, '["caf\\u00e9", "shop"]', "r1", ()))
        memory.put(MemoryEntry("kept", {"answer": "nothing"}, '["caf\\u00e9"]', "r1", ()))
        memory.forget_repository("shop")
        assert memory.get("kept", scope_key='["caf\\u00e9"]', release_id="r1") is not None
        memory.forget_repository("café")
        with Redis.from_url(redis_address) as server:
            assert server.keys(f"{PREFIX}*") == []


def nothing(_repository: str, _path: str) -> str | None:
    return None


def test_a_wrong_password_a_full_and_a_missing_server_are_told_apart(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--requirepass", "right") as url:
        with pytest.raises(StoreRefused, match="refuses the password"):
            RedisMemory(RedisServer(url, "wrong"), nothing).put(answer())
        RedisMemory(RedisServer(url, "right"), nothing).put(answer())
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        RedisMemory(RedisServer(url), nothing).put(answer())
    with running_redis(tmp_path, "--maxmemory", "1mb") as url, pytest.raises(StoreFull, match="is full"):
        RedisMemory(RedisServer(url), nothing).put(answer(text="x" * 3_000_000))
    with pytest.raises(ConfigError, match="no address"):
        RedisMemory(RedisServer("http://127.0.0.1"), nothing)


def test_answers_are_shared_and_a_lost_server_costs_no_answer(
    redis_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_MEMORY__BACKEND", "redis")
    monkeypatch.setenv("CLEW_MEMORY__URL", redis_address)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    root = write_sources(tmp_path / "shop")
    assert main(["index", str(root), "--json"]) == 0

    def asked() -> str:
        capsys.readouterr()
        assert main(["ask", "Who calls price?", "--json"]) == 0
        return str(json.loads(capsys.readouterr().out)["route"])

    assert "from memory" not in asked()
    assert any("from memory" in asked() for _ in range(3))  # a share of them is made anew, to be compared
    assert not (tmp_path / "store" / "memory.db").exists()
    monkeypatch.setenv("CLEW_MEMORY__URL", "redis://127.0.0.1:9/0")
    assert "from memory" not in asked()
    monkeypatch.setenv("CLEW_MEMORY__URL", redis_address)
    assert main(["forget", "shop", "--yes"]) == 0
