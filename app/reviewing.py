"""The review of a change, as the command line, MCP, REST and an editor ask for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from configs.errors import InputError
from knowledge.changes import Comparison
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from tools.review import Review, review


def reviewed(graph: CodeGraph, scope: Scope, revisions: str, depth: int, limit: int) -> tuple[str, Review]:
    """Return the one repository of the scope, and the review of its change.

    Raises:
        InputError: several repositories could be meant, or git does not know the revisions.
    """
    from indexers.comparing import compare  # start-up time

    return _of(graph, scope, lambda root: compare(root, revisions), depth, limit)


def reviewed_diff(graph: CodeGraph, scope: Scope, diff: str, base: str, depth: int, limit: int) -> tuple[str, Review]:
    """Return the same of a diff that somebody sent, which starts from the commit `base`.

    Raises:
        InputError: several repositories could be meant, or it is no diff of a repository.
    """
    from indexers.posted import compare_posted  # start-up time

    return _of(graph, scope, lambda root: compare_posted(root, diff, base), depth, limit)


def _of(
    graph: CodeGraph, scope: Scope, compared: Callable[[Path], Comparison], depth: int, limit: int
) -> tuple[str, Review]:
    granted = graph.repositories(scope)
    if len(granted) != 1:
        raise InputError(
            f"A review is of one repository, and {len(granted)} could be meant.",
            next_step="Run it inside an indexed repository, or name one: --repo R.",
        )
    comparison = compared(Path(granted[0].root))
    return granted[0].name, review(graph, scope, granted[0].name, comparison, max_depth=depth, limit=limit)
