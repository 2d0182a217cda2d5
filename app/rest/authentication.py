"""Who asks, and what they may see: every route that reads a store takes its `Scope` from here, and from nowhere else.

There are no principals yet. The server listens on this machine alone (`app.rest.guard`), so whoever reaches it is the person at it,
and sees what the command line sees.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from knowledge.scope import EVERYTHING, Scope


async def scope_of(request: Request) -> Scope:  # noqa: ARG001 - what decides once requests have principals
    """Return what the request may see."""
    return EVERYTHING


Granted: TypeAlias = Annotated[Scope, Depends(scope_of)]
"""The parameter of a route that reads."""
