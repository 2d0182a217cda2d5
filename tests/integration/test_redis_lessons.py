"""What people taught, in a real Redis server: the port's contract, and two stores that share it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from app.cli import main
from configs.errors import StoreUnavailable
from knowledge.backends.redis_lessons import RedisLessons
from knowledge.backends.redis_server import RedisServer
from knowledge.scope import EVERYTHING
from tests.contract.lessons import LessonsContract, lesson
from tests.unit.app.conftest import write_sources

pytestmark = pytest.mark.integration


class TestRedisLessons(LessonsContract):
    @pytest.fixture
    def lessons(self, redis_address: str) -> Iterator[RedisLessons]:
        lessons = RedisLessons(RedisServer(redis_address))
        yield lessons
        lessons.close()

    def test_nothing_leaves_by_itself(self, lessons: RedisLessons, redis_address: str) -> None:
        lessons.put(lesson(), keep=10)
        with Redis.from_url(redis_address) as server:
            assert [server.ttl(key) for key in server.keys("*")] == [-1]

    def test_a_missing_server_is_named(self) -> None:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            RedisLessons(RedisServer("redis://127.0.0.1:9/0")).find(EVERYTHING, "solution")


def test_what_an_earlier_clew_kept_is_read(redis_address: str) -> None:
    """As the first version of the layout had it: one hash a kind, from id to JSON."""
    kept = {
        "id": "one", "kind": "solution", "group": "ValueError", "repositories": ["shop"], "taught_at": 1.0,
        "payload": {"text": "größe"},
    }  # fmt: skip
    with Redis.from_url(redis_address) as server:
        server.hset("clew:lessons:1:solution", "one", json.dumps(kept, ensure_ascii=False))
    lessons = RedisLessons(RedisServer(redis_address))
    (found,) = lessons.find(EVERYTHING, "solution")
    assert (found.id, found.group, found.repositories, found.payload) == (
        "one",
        "ValueError",
        ("shop",),
        kept["payload"],
    )
    lessons.close()


def test_two_stores_share_a_solution_and_a_lost_server_costs_no_answer(
    redis_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_MEMORY__BACKEND", "redis")
    monkeypatch.setenv("CLEW_MEMORY__URL", redis_address)
    root = write_sources(tmp_path / "shop")
    report = tmp_path / "report.txt"
    report.write_text(
        'Traceback (most recent call last):\n  File "/srv/shop/models.py", line 3, in price\n    1\nKeyError: 1\n'
    )
    for store in ("one", "two"):
        monkeypatch.setenv("CLEW_HOME", str(tmp_path / store))
        assert main(["index", str(root), "--json"]) == 0
    assert main(["errors", "learn", str(report), "--solution", "Fill the table first."]) == 0
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "one"))
    capsys.readouterr()
    assert main(["errors", "find", str(report), "--json"]) == 0
    (known,) = json.loads(capsys.readouterr().out)["known_errors"]
    assert known["solutions"][0]["text"] == "Fill the table first."
    assert not (tmp_path / "one" / "lessons.db").exists()
    monkeypatch.setenv("CLEW_MEMORY__URL", "redis://127.0.0.1:9/0")
    assert main(["ask", report.read_text(), "--json"]) in (0, 6)
    assert json.loads(capsys.readouterr().out)["known_errors"] == []
