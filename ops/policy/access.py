"""What a principal may see, as a `Scope` a right: compiled once per principal, policies and set of repositories, and then looked up."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from configs.errors import ConfigError
from knowledge.principals import SYSTEM_RIGHTS, Principal, Right
from knowledge.scope import Scope
from ops.policy.rules import Decision, Rules

COMPILED_KEPT = 10_000
NOTHING = Scope(frozenset())

log = logging.getLogger("clew.policy")


@dataclass(frozen=True, slots=True)
class Grants:
    """What one principal may: the repositories of each right, whether it looks after the server, and whether it may have more cloned."""

    ask: Scope
    read: Scope
    index: Scope
    admin: bool
    connect: bool = False

    def of(self, right: Right) -> Scope:
        """Return the scope of a right; `admin` and `connect` by themselves show no repository."""
        return {"ask": self.ask, "read": self.read, "index": self.index}.get(right, NOTHING)


class Access:
    """Decides by the shipped policies and the file `own`, which is read again when it changes.

    A change that cannot be used is logged, and the policies before it stay. Raises ConfigError when those at the start cannot be used.
    tell: hears of each change of the file, with the digests of its text before and after, and whether it is in force.
    """

    def __init__(self, own: Path | None, tell: Callable[[str, str, bool], None] | None = None) -> None:
        self._own = own
        self._tell = tell
        self._digest = digest_of(own)
        self._stamp = self._seen()
        self.rules = Rules.read(own)
        self._compiled: OrderedDict[tuple[str, Principal, frozenset[str], frozenset[tuple[str, str]]], Grants] = (
            OrderedDict()
        )

    def grants(
        self, principal: Principal, repositories: frozenset[str], branches: Mapping[str, str] = MappingProxyType({})
    ) -> Grants:
        """Return what the principal may see of these repositories. branches: what they were indexed on, where that is known."""
        self._refresh()
        key = self.rules.version, principal, repositories, frozenset(branches.items())
        known = self._compiled.get(key)
        if known is None:
            known = self._compiled[key] = self._compile(principal, repositories, branches)
            while len(self._compiled) > COMPILED_KEPT:
                self._compiled.popitem(last=False)
        return known

    def may_book(self, principal: Principal, project: str) -> bool:
        """Tell whether the principal may book its questions on a project."""
        self._refresh()
        return self.rules.decide_project(principal, project).allowed

    def explain(
        self, principal: Principal, repository: str, branches: Mapping[str, str] = MappingProxyType({})
    ) -> dict[Right, Decision]:
        """Return the decision of every right, with the policies that made it."""
        self._refresh()
        decided: dict[Right, Decision] = {
            right: self.rules.decide(principal, right, [repository], branches)[0]
            for right in get_args(Right)
            if right not in SYSTEM_RIGHTS
        }
        return {**decided, **{right: self.rules.decide_system(principal, right) for right in SYSTEM_RIGHTS}}

    def _compile(self, principal: Principal, repositories: frozenset[str], branches: Mapping[str, str]) -> Grants:
        names = sorted(repositories)

        def scope(right: Right) -> Scope:
            decided = zip(names, self.rules.decide(principal, right, names, branches), strict=True)
            return Scope(frozenset(name for name, one in decided if one.allowed))

        system = {right: self.rules.decide_system(principal, right).allowed for right in SYSTEM_RIGHTS}
        return Grants(scope("ask"), scope("read"), scope("index"), system["admin"], system["connect"])

    def _refresh(self) -> None:
        stamp = self._seen()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        before, self._digest = self._digest, digest_of(self._own)
        in_force = True
        try:
            self.rules = Rules.read(self._own)
        except ConfigError as error:
            in_force = False
            log.error("the policies before the last change stay in force: %s (next: %s)", error, error.next_step)
        if self._tell is not None and before != self._digest:
            self._tell(before, self._digest, in_force)

    def _seen(self) -> tuple[int, int, int] | None:
        if self._own is None:
            return None
        try:
            status = self._own.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns


def digest_of(file: Path | None) -> str:
    """Return the SHA-256 of a file of policies, empty for one that is not there or cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file is not None else ""
    except OSError:
        return ""
