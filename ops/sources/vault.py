"""Secrets as they are kept: sealed with a key that is not in the same file, opened for the moment of their use.

The key comes from the settings (the environment), else from a file of the store that only its owner can read, made when first needed.
A secret is bound to the name of what it belongs to: moved to another row, it does not open. See `ops/ledger/sealing.py`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from configs.errors import ConfigError
from ops.ledger.sealing import opened, seal

_WORD = "secret"
_BYTES = 32


class Vault:
    """key: any text of the settings, empty: the file `key_file`."""

    def __init__(self, key: str, key_file: Path) -> None:
        self._text = key
        self._file = key_file
        self._key = b""

    def seal(self, secret: str, bound_to: str) -> bytes:
        """Return the secret as nothing but the key opens it. Raises ConfigError when there can be no key."""
        return seal(self._opener(), {_WORD: secret}, bound_to)

    def open(self, sealed: bytes, bound_to: str) -> str:
        """Return the secret. Raises ConfigError when this key is not the one that sealed it."""
        found = opened(self._opener(), sealed, bound_to)
        if not found:
            raise ConfigError(
                f"what belongs to {bound_to!r} was sealed with another key",
                next_step="bring back sources.key or CLEW_SOURCES__SEALING_KEY, or give the secret again",
            )
        return found[_WORD]

    def _opener(self) -> bytes:
        if not self._key:
            self._key = hashlib.sha256(b"clew sources\0" + self._text.encode()).digest() if self._text else self._kept()
        return self._key

    def _kept(self) -> bytes:
        """Return the key of the file; two processes that make it at once end with the same."""
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._file.exists():
                fresh = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}.new")
                with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
                    written.write(secrets.token_bytes(_BYTES))
                    written.flush()
                    os.fsync(written.fileno())
                with suppress(FileExistsError):
                    os.link(fresh, self._file)
                fresh.unlink()
            key = self._file.read_bytes()
        except OSError as exc:
            raise ConfigError(
                f"the key in {str(self._file)!r} cannot be had: {exc.strerror}",
                next_step="make the store writable, or set CLEW_SOURCES__SEALING_KEY",
            ) from exc
        if len(key) != _BYTES:
            raise ConfigError(
                f"{str(self._file)!r} holds no key", next_step="bring the file back from a backup, or remove it"
            )
        return key
