"""The checkpoint stores: LangGraph's savers for SQLite and PostgreSQL, opened for as long as a turn takes.

Our doors need the newest checkpoint of a thread only, so older ones are pruned after each turn: a conversation of a hundred turns
is as large as its last state, not a hundred of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

from langgraph.checkpoint.base import BaseCheckpointSaver

Checkpointer: TypeAlias = BaseCheckpointSaver[Any]
"""Keeps the threads of conversations between runs."""


_MAKING = 0x436C6C70
"""Advisory lock under which the tables are made."""
LOCKED_POLL_S = 0.05


def sqlite_checkpoints(path: Path) -> AbstractAsyncContextManager[Checkpointer]:
    """Open the checkpoints of a SQLite file, made when missing. Raises sqlite3.Error, now or while they are open."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # start-up time: only a named thread needs it

    class PrunedSqliteSaver(AsyncSqliteSaver):
        """With what the base class leaves out: pruning, and tables where a thread is deleted before any was kept."""

        async def adelete_thread(self, thread_id: str) -> None:
            await self.setup()
            await super().adelete_thread(thread_id)

        async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
            if strategy != "keep_latest":
                raise ValueError(f"only older checkpoints are pruned, not {strategy!r}")
            await self.setup()
            for thread_id in thread_ids:
                newest = "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)"
                for table in ("writes", "checkpoints"):
                    statement = f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < {newest}"  # noqa: S608 - constants
                    async with self.lock:
                        await self.conn.execute(statement, (thread_id, thread_id))
                        await self.conn.commit()

    return PrunedSqliteSaver.from_conn_string(str(path))


@asynccontextmanager
async def postgres_checkpoints(
    dsn: str, *, made: bool, within_s: float, hang_up: Callable[[Any], None]
) -> AsyncIterator[Checkpointer]:
    """Open the checkpoints of a PostgreSQL database. Raises psycopg.Error, also for a server that says nothing for `within_s`.

    Args:
        made: the tables are known to be there, which saves two round trips.
        hang_up: breaks a connection whose server says nothing.
    """
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # an optional extra

    class TimedPostgresSaver(AsyncPostgresSaver):
        """The driver waits for a server that hangs for as long as the connection lasts: so it does not last."""

        @asynccontextmanager
        async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[Any]:
            cutting = asyncio.get_running_loop().call_later(within_s, hang_up, self.conn)
            try:
                async with super()._cursor(pipeline=pipeline) as cursor:
                    yield cursor
            finally:
                cutting.cancel()

    async with TimedPostgresSaver.from_conn_string(dsn) as saver:
        if not made:
            await _set_up(saver)
        yield saver


async def _set_up(saver: Any) -> None:
    """Make the tables, alone: two processes that do it at once hinder each other.

    The lock is looked for rather than waited for: LangGraph makes indexes concurrently, which waits for whoever waits in the database.
    """
    connection = saver.conn
    while True:
        row = await (await connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", (_MAKING,))).fetchone()
        if row["taken"]:
            break
        await asyncio.sleep(LOCKED_POLL_S)
    try:
        await saver.setup()
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", (_MAKING,))


async def thread_ids(checkpoints: Checkpointer) -> list[str]:
    """Return the ids of all threads that have a checkpoint."""
    seen: dict[str, None] = {}
    async for found in checkpoints.alist(None):
        seen.setdefault(found.config["configurable"]["thread_id"])
    return list(seen)
