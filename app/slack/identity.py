"""Who somebody in Slack is here: Slack's ids of people, linked to principals by an administrator; a file of the store."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from configs.errors import InputError, StoreCorrupt
from knowledge.principals import Principals
from ops.ledger.events import Event, PolicyChanged

_SLACK_ID = re.compile(r"[UW][A-Z0-9]{2,30}")


class SlackUsers:
    """The file at `path`. What one process links, the next question finds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, str]:
        """Return Slack id -> principal. Raises StoreCorrupt: who is who cannot be guessed."""
        try:
            rows = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as exc:
            raise self._unreadable() from exc
        if not isinstance(rows, dict) or not all(isinstance(one, str) for one in rows.values()):
            raise self._unreadable()
        return rows

    def principal_of(self, slack_id: str) -> str | None:
        return self.all().get(slack_id)

    def link(
        self, slack_id: str, principal: str, principals: Principals, tell: Callable[[Event], object], by: str
    ) -> None:
        """Let somebody in Slack be a principal from now on. Raises InputError for an id that is none, and an unknown principal."""
        if not _SLACK_ID.fullmatch(slack_id):
            raise InputError(
                f"{slack_id!r} is no id of a Slack user", next_step="see their profile in Slack: Copy member ID (U...)"
            )
        if principals.principal(principal) is None:
            raise InputError(
                f"there is no principal {principal!r}",
                next_step="see `clew principals list`; `clew principals set NAME --role reader` makes one",
            )
        self._write({**self.all(), slack_id: principal})
        tell(PolicyChanged(user=by, policy="slack", change="linked", principal=f"{principal} as {slack_id}"))

    def unlink(self, slack_id: str, tell: Callable[[Event], object], by: str) -> None:
        """Let somebody in Slack be nobody again. Raises InputError when they are."""
        rows = self.all()
        if slack_id not in rows:
            raise InputError(f"the Slack user {slack_id!r} is not linked", next_step="see `clew slack users`")
        principal = rows.pop(slack_id)
        self._write(rows)
        tell(PolicyChanged(user=by, policy="slack", change="unlinked", principal=f"{principal} as {slack_id}"))

    def _write(self, rows: dict[str, str]) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        made.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n", "utf-8")
        made.chmod(0o600)
        made.replace(self._path)

    def _unreadable(self) -> StoreCorrupt:
        return StoreCorrupt(
            f"{str(self._path)!r} cannot be read, so nobody in Slack is known",
            next_step="restore it from a backup, or delete it and link people anew (clew slack link)",
        )
