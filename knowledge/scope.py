"""What a request may see. Decided above (by the principal's grants), enforced inside every query of every store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The granted repositories; `None` grants every repository of the store (the local command line).

    A store filters by it before it ranks, counts or truncates, never after.
    """

    repositories: frozenset[str] | None = None

    def allows(self, repository: str) -> bool:
        return self.repositories is None or repository in self.repositories

    def narrowed(self, repositories: frozenset[str] | None) -> Scope:
        """Return the scope that both grant; narrowing never widens."""
        if repositories is None:
            return self
        if self.repositories is None:
            return Scope(repositories)
        return Scope(self.repositories & repositories)


EVERYTHING = Scope()
