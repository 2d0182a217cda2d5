"""Lessons in one SQLite file: the Lessons port. The grant is a condition of every query."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.lessons import Kind, Lesson
from knowledge.scope import Scope

LESSONS_FORMAT: Final = Format(
    application_id=0x436C6C65,
    version=1,
    schema="CREATE TABLE lessons (kind TEXT NOT NULL, id TEXT NOT NULL, grouped TEXT NOT NULL, repositories TEXT NOT NULL,"
    " taught_at REAL NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (kind, id));"
    "CREATE INDEX lessons_by_group ON lessons (kind, grouped)",
)
"""The application id spells `Clle`. `repositories` is a JSON list, `payload` a JSON object."""

_COLUMNS = "id, kind, grouped, repositories, taught_at, payload"
_GRANTED = (
    "(? IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(lessons.repositories) AS own"
    " WHERE own.value NOT IN (SELECT value FROM json_each(?))))"
)


class SqliteLessons:
    """path: the database file, made when missing; threads and other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, LESSONS_FORMAT, timeout_s=timeout_s, read_only=False)

    def put(self, lesson: Lesson, *, keep: int) -> None:
        row = (
            lesson.id,
            lesson.kind,
            lesson.group,
            json.dumps(lesson.repositories, ensure_ascii=False),
            lesson.taught_at,
            json.dumps(lesson.payload, ensure_ascii=False),
        )
        with self._file.writing() as connection:
            connection.execute(f"INSERT OR REPLACE INTO lessons ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - constants
            connection.execute(
                "DELETE FROM lessons WHERE kind = ? AND id NOT IN"
                " (SELECT id FROM lessons WHERE kind = ? ORDER BY taught_at DESC, id LIMIT ?)",
                (lesson.kind, lesson.kind, keep),
            )

    def get(self, scope: Scope, kind: Kind, lesson_id: str) -> Lesson | None:
        found = self._select("kind = ? AND id = ?", (kind, lesson_id), scope)
        return found[0] if found else None

    def find(self, scope: Scope, kind: Kind, group: str | None = None) -> list[Lesson]:
        if group is None:
            return self._select("kind = ?", (kind,), scope)
        return self._select("kind = ? AND grouped = ?", (kind, group), scope)

    def forget(self, scope: Scope, kind: Kind, lesson_id: str) -> bool:
        granted = _granted(scope)
        with self._file.writing(erasing=True) as connection:
            gone = connection.execute(
                f"DELETE FROM lessons WHERE kind = ? AND id = ? AND {_GRANTED}",  # noqa: S608 - constants
                (kind, lesson_id, granted, granted),
            )
            return gone.rowcount > 0

    def forget_repository(self, repository: str) -> None:
        with self._file.writing(erasing=True) as connection:
            connection.execute(
                "DELETE FROM lessons WHERE EXISTS (SELECT 1 FROM json_each(repositories) WHERE value = ?)",
                (repository,),
            )

    def close(self) -> None:
        self._file.close()

    def _select(self, condition: str, values: tuple[str, ...], scope: Scope) -> list[Lesson]:
        granted = _granted(scope)
        statement = f"SELECT {_COLUMNS} FROM lessons WHERE {condition} AND {_GRANTED} ORDER BY taught_at DESC, id"  # noqa: S608 - constants
        with self._file.reading() as connection:
            rows = connection.execute(statement, (*values, granted, granted)).fetchall()
        return [
            Lesson(lesson_id, kind, group, tuple(json.loads(repositories)), taught_at, json.loads(payload))
            for lesson_id, kind, group, repositories, taught_at, payload in rows
        ]


def _granted(scope: Scope) -> str | None:
    return None if scope.repositories is None else json.dumps(sorted(scope.repositories), ensure_ascii=False)
