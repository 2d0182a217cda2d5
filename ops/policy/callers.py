"""Who asks at this moment: set once by the door that knows, read by whatever opens a store for them.

A server that knows its callers is strict: where nobody is set, nothing is granted. One person at their own machine is `LOCAL`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from configs.errors import PolicyError
from knowledge.principals import RIGHTS, Principal, Right
from knowledge.scope import EVERYTHING, Scope
from ops.policy.access import NOTHING, Grants


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal with what it is granted and what its key may be used for.

    key_id: empty where no key was used. books: tells whether its questions may be booked on a project.
    """

    principal: Principal
    grants: Grants
    rights: frozenset[Right]
    key_id: str = ""
    books: Callable[[str], bool] = field(default=lambda _: False, compare=False, repr=False)

    def scope(self, right: Right) -> Scope:
        """Return what may be seen for this purpose; nothing when the key is not for it."""
        return self.grants.of(right) if right in self.rights else NOTHING

    def require(self, right: Right) -> None:
        """Raises PolicyError when the key is not for this, or the principal may not look after the server."""
        if right not in self.rights:
            raise PolicyError(
                f"this key may not {right}", next_step=f"use one that may (clew keys create --right {right})"
            )
        if right == "connect" and not self.grants.connect:
            raise PolicyError(
                "this is for who may connect repositories",
                next_step="ask an administrator; docs/access.md shows the action",
            )
        if right == "admin" and not self.grants.admin:
            raise PolicyError(
                "this is for administrators", next_step="ask one of them; docs/access.md tells who is one"
            )

    def require_project(self, project: str) -> None:
        """Raises PolicyError when no policy lets the principal book on it; whether there is such a project is not said."""
        if not self.books(project):
            raise PolicyError(
                f"you may not book on the project {project!r}",
                next_step='leave `project` out, or have it permitted (Action::"book", docs/access.md)',
            )


LOCAL = Caller(
    Principal("", ""),
    Grants(EVERYTHING, EVERYTHING, EVERYTHING, True, True),
    frozenset(RIGHTS),
    books=lambda _: True,
)
"""The person at this machine, who has its files anyway."""
NOBODY = Caller(Principal("", "", disabled=True), Grants(NOTHING, NOTHING, NOTHING, False), frozenset())

_caller: ContextVar[Caller | None] = ContextVar("clew_caller", default=None)


def caller(*, strict: bool) -> Caller:
    """Return who asks. strict: where nobody is set, it is nobody; else it is the person at this machine."""
    return _caller.get() or (NOBODY if strict else LOCAL)


@contextmanager
def acting(one: Caller) -> Iterator[None]:
    """Let `one` be who asks in the block, and in the tasks that start in it."""
    token = _caller.set(one)
    try:
        yield
    finally:
        _caller.reset(token)
