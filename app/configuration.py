"""The file of settings as administrators see it over REST: shown, checked, compared, written, with a history in the Ledger.

A text is checked as it would be at the start of the server, so that one that is refused there is refused here. Secrets cannot stand in
the file, and their values are not shown. What is written takes effect when the server starts again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from configs.errors import ConfigError, InputError, PolicyError
from configs.settings import Settings, find_file, personal_file, setting_names, settings_of
from ops.ledger.events import ADMINISTRATION, ConfigurationChanged
from ops.ledger.ledger import Ledger
from ops.ledger.reports import latest

LONGEST: Final = 50_000
HIDDEN: Final = "(set)"


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that another text would make another."""

    name: str
    before: Any
    after: Any


class Configuration:
    """settings: those in force. by: who asks; writable: whether they may write. Blocking."""

    def __init__(self, settings: Settings, open_ledger: Callable[[], Ledger], *, by: str, writable: bool) -> None:
        self._settings = settings
        self._open_ledger = open_ledger
        self._by = by
        self.writable = writable

    @property
    def file(self) -> Path:
        """Return the file that rules, or the one that would be made."""
        return find_file(Path.cwd()) or personal_file()

    @property
    def place(self) -> str:
        """Return the file as a person at the server would name it."""
        file, own = self.file, Path.home()
        return f"~/{file.relative_to(own).as_posix()}" if file.is_relative_to(own) else str(file)

    def text(self) -> str:
        """Return what stands in the file, empty where there is none. Raises ConfigError."""
        try:
            return self.file.read_text("utf-8") if self.file.is_file() else ""
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{str(self.file)!r} cannot be read: {exc}", next_step="repair the file") from exc

    def in_force(self) -> list[dict[str, Any]]:
        """Return every setting with its value, its default and its meaning, in the order of the tree."""
        values = dict(_values(self._settings))
        rows = []
        for name, description, default in setting_names():
            value, usual = values[name], _shown(default)
            rows.append({"name": name, "value": value, "default": usual, "meaning": description})
        return rows

    def check(self, text: str) -> list[Change]:
        """Return what the text would change, seen from the file as it is. Raises InputError for a text that cannot be used."""
        if len(text) > LONGEST:
            raise InputError(f"a file of settings has at most {LONGEST:,} characters", next_step="say less in it")
        try:
            after = dict(_values(settings_of(text, self.file)))
        except ConfigError as exc:  # here it is what somebody wrote, not what the server runs on
            raise InputError(exc.message, next_step=exc.next_step) from exc
        before = dict(_values(settings_of(self.text(), self.file)))
        return [Change(name, before[name], value) for name, value in after.items() if before[name] != value]

    def write(self, text: str, seen: str) -> list[Change]:
        """Write the text, tell the Ledger, and return what it changes.

        Args:
            seen: the digest of the file as it was read; another one means that somebody wrote it since.

        Raises:
            PolicyError: it may not be written over REST. InputError: it cannot be used, or the file is another one by now.
            ConfigError: the file cannot be written.
        """
        if not self.writable:
            raise PolicyError(
                "settings are not written over REST here",
                next_step="set serve.configurable on a server that knows its callers, or edit the file on the server",
            )
        changes = self.check(text)
        before = digest_of(self.text())
        if seen != before:
            raise InputError("somebody has written the file since it was read", next_step="read it again")
        _replace(self.file, text)
        event = ConfigurationChanged(user=self._by, before=before, after=digest_of(text), text=text)
        with closing(self._open_ledger()) as ledger:
            ledger.append([event])
        return changes

    def history(self, limit: int = 50) -> list[dict[str, Any]]:
        """Return what was written over REST, the latest first: by whom, when, and the text, None once its writer was erased."""
        with closing(self._open_ledger()) as ledger:
            rows = [row.to_json() for row in latest(ledger, ADMINISTRATION, limit, kind=ConfigurationChanged.kind)]
        return [
            {
                "at": row["at"],
                "by": row["user"],
                "digest": row["fields"]["after"],
                "text": (row["words"] or {}).get("text"),
            }
            for row in rows
        ]


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _values(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, f"{prefix}{name}.")
        else:
            yield prefix + name, _shown(value)


def _shown(value: Any) -> Any:
    """Return a value as JSON can say it; of a secret only whether there is one."""
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _shown(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _replace(file: Path, text: str) -> None:
    """Write a file whole or not at all, for its owner alone. Raises ConfigError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=file.parent, prefix=".clew-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as written:
                written.write(text)
                written.flush()
                os.fsync(written.fileno())
            Path(made).replace(file)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise ConfigError(
            f"{str(file)!r} cannot be written: {exc}", next_step="give the server's user the right to"
        ) from exc
