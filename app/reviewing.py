"""The review of a change, as the command line, MCP and REST ask for it."""

from __future__ import annotations

from pathlib import Path

from configs.errors import InputError
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from tools.review import Review, review


def reviewed(graph: CodeGraph, scope: Scope, revisions: str, depth: int, limit: int) -> tuple[str, Review]:
    """Return the one repository of the scope, and the review of its change.

    Raises:
        InputError: several repositories could be meant, or git does not know the revisions.
    """
    from indexers.comparing import compare  # start-up time

    granted = graph.repositories(scope)
    if len(granted) != 1:
        raise InputError(
            f"A review is of one repository, and {len(granted)} could be meant.",
            next_step="Run it inside an indexed repository, or name one: --repo R.",
        )
    comparison = compare(Path(granted[0].root), revisions)
    return granted[0].name, review(graph, scope, granted[0].name, comparison, max_depth=depth, limit=limit)
