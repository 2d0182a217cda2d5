"""Credentials for repositories: kept sealed, bound to one host, handed to git for the moment of a run and shown to nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from configs.errors import InputError, SourceRefused, UnknownSource
from knowledge.sources import Credential, CredentialKind, SourceStore
from ops.sources.addresses import Remote, checked_host
from ops.sources.git import Secret
from ops.sources.vault import Vault

LONGEST_TOKEN, LONGEST_KEY = 4_000, 20_000
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_USERNAME = re.compile(r"[\w.@+-]{1,100}")
TOKEN_USER = "x-access-token"  # noqa: S105 - a user
"""What hosts take beside a token, whoever it is of."""

Told = Callable[[str, str, str], None]
"""Hears of a change: what (`credential`), its name, what was done."""


class Credentials:
    """The credentials of one store. clock: seconds since 1970."""

    def __init__(self, store: SourceStore, vault: Vault, clock: Callable[[], float], told: Told) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._told = told

    def add(self, name: str, *, kind: CredentialKind, host: str, username: str, secret: str) -> Credential:
        """Keep a new one. Raises InputError for words that cannot be used, or a name that is taken."""
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a credential", next_step="use letters, digits and . _ -, at most 64"
            )
        if self._store.credential(name) is not None:
            raise InputError(f"there is a credential {name!r} already", next_step=f"clew credentials rotate {name}")
        if username and not _USERNAME.fullmatch(username):
            raise InputError("the user of the credential cannot be used", next_step="use letters, digits and . _ @ + -")
        host = checked_host(host)
        username = username or ("git" if kind == "ssh" else TOKEN_USER)
        sealed = self._vault.seal(_checked(kind, secret), _binding(name, host))
        made = Credential(name, kind, host, username, sealed, self._clock())
        self._store.put_credential(made)
        self._told("credential", name, "added")
        return made

    def rotate(self, name: str, secret: str) -> Credential:
        """Keep another secret in place of the one that there was. Raises UnknownSource, InputError."""
        old = self.get(name)
        sealed = self._vault.seal(_checked(old.kind, secret), _binding(name, old.host))
        made = replace(old, secret=sealed, rotated_at=self._clock())
        self._store.put_credential(made)
        self._told("credential", name, "rotated")
        return made

    def remove(self, name: str) -> None:
        """Raises UnknownSource, and InputError while a repository is cloned with it."""
        self.get(name)
        used = [source.repository for source in self._store.sources() if source.credential == name]
        if used:
            raise InputError(
                f"the credential {name!r} opens {', '.join(used[:5])}", next_step="remove those first, or rotate it"
            )
        self._store.remove_credential(name)
        self._told("credential", name, "removed")

    def all(self) -> list[Credential]:
        return self._store.credentials()

    def get(self, name: str) -> Credential:
        """Raises UnknownSource."""
        found = self._store.credential(name)
        if found is None:
            raise UnknownSource(f"there is no credential {name!r}", next_step="see `clew credentials list`")
        return found

    def check(self, name: str, remote: Remote) -> None:
        """Raises UnknownSource, and SourceRefused when the credential is for another host or another way in."""
        found = self.get(name)
        if found.host != remote.host:
            raise SourceRefused(
                f"the credential {name!r} is for {found.host!r}, not for {remote.host!r}",
                next_step="add one for this host: a secret goes to the host that it was given for, and nowhere else",
            )
        if (found.kind == "ssh") != (remote.scheme == "ssh") or remote.scheme == "git":
            raise SourceRefused(
                f"the credential {name!r} does not open {remote.scheme}:// addresses",
                next_step="use a token with https://, a private key with ssh://",
            )
        if remote.scheme == "http":
            raise SourceRefused("a credential is not sent over http://", next_step="use https://")

    def secret(self, name: str, remote: Remote) -> Secret | None:
        """Return what opens a remote, None without a name. Raises as `check`, and ConfigError when it cannot be opened."""
        if not name:
            return None
        self.check(name, remote)
        found = self.get(name)
        return Secret(found.kind, found.username, self._vault.open(found.secret, _binding(name, found.host)))


def _binding(name: str, host: str) -> str:
    return f"credential {name} for {host}"


def _checked(kind: CredentialKind, secret: str) -> str:
    """Return the secret without what a copy brings along. Raises InputError, which does not repeat it."""
    secret = secret.strip()
    if kind == "ssh":
        if not secret.startswith("-----BEGIN ") or len(secret) > LONGEST_KEY or "PRIVATE KEY-----" not in secret:
            raise InputError("that is no private key", next_step="give the whole file, as ssh-keygen wrote it")
        return secret + "\n"
    if not secret or len(secret) > LONGEST_TOKEN or not secret.isprintable():
        raise InputError("that is no token", next_step="give one line, at most 4,000 characters")
    return secret
