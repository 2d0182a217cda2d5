"""Reads what is stored of a file: its outline and its lines. Text is redacted, as everything in the store is."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import xxhash

from configs.errors import InputError, UnknownRepository
from knowledge.evidence import Span
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RepositoryInfo, Symbol
from knowledge.scope import Scope

_PATHS_NAMED = 5


def repository_info(graph: CodeGraph, scope: Scope, repository: str) -> RepositoryInfo:
    """Return the granted repository of this name. Raises UnknownRepository."""
    for info in graph.repositories(scope.narrowed(frozenset({repository}))):
        return info
    raise UnknownRepository(
        f"No repository {repository!r} is indexed here.", next_step="See `clew repos`, or run `clew index PATH`."
    )


def holder_of(graph: CodeGraph, scope: Scope, path: str) -> str:
    """Return the one granted repository that covers the file.

    Raises:
        InputError: none does, or several.
    """
    found = [info.name for info in graph.repositories(scope) if graph.read_text(scope, info.name, path) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{path!r} is a file of {', '.join(found)}", next_step=f"say which: --repo {found[0]}")
    raise InputError(
        f"no indexed file is called {path!r}",
        next_step="write it as the answers do, from the repository's root; `clew status` says what is covered",
    )


def file_meant(graph: CodeGraph, scope: Scope, written: str) -> str:
    """Return the path of the covered file that `written` is, or is the end of.

    Raises:
        InputError: it is the end of several paths, a folder, or of no file; with what could be meant.
    """
    paths = [path for info in graph.repositories(scope) for path in graph.paths(scope, info.name)]
    if written in paths:
        return written
    ending = sorted({path for path in paths if path.endswith(f"/{written}")}, key=lambda path: (path.count("/"), path))
    if len(ending) == 1:
        return ending[0]
    if ending:
        message = f"{written!r} is the end of {len(ending)} paths"
        raise InputError(message, next_step=f"say which: {_some(ending)}")
    folder = f"{written.rstrip('/')}/"
    inside = sorted(path for path in paths if path.startswith(folder))
    if inside:
        raise InputError(f"{written!r} is a folder of {len(inside):,} files", next_step=f"name one: {_some(inside)}")
    names: dict[str, str] = {}
    for path in paths:
        names.setdefault(path.rpartition("/")[2], path)
    near = get_close_matches(written.rpartition("/")[2], names, n=3, cutoff=0.8)
    hint = f"near: {_some([names[one] for one in near])}" if near else "`clew status` says what is covered"
    raise InputError(f"no indexed file is called {written!r}", next_step=hint)


def _some(paths: list[str]) -> str:
    return ", ".join(paths[:_PATHS_NAMED]) + (
        f" and {len(paths) - _PATHS_NAMED:,} more" if len(paths) > _PATHS_NAMED else ""
    )


def outline(graph: CodeGraph, scope: Scope, repository: str, path: str) -> list[Symbol]:
    """Return the symbols of a file by line, its module first; empty when the file is not covered.

    Raises:
        UnknownRepository: it is not indexed, or not granted.
    """
    repository_info(graph, scope, repository)
    return graph.outline(scope, repository, path)


def read_span(
    graph: CodeGraph,
    scope: Scope,
    repository: str,
    path: str,
    start_line: int,
    end_line: int,
    *,
    max_lines: int = 200,
    check_stale: bool = False,
) -> Span:
    """Return the lines `start_line..end_line` of a file as indexed, at most `max_lines` of them.

    Args:
        start_line, end_line: 1-based, inclusive; an end beyond the file means its last line.
        check_stale: compare the working file with the indexed one (reads it whole).

    Raises:
        UnknownRepository: it is not indexed, or not granted.
        InputError: the file is not covered, or has no such lines.
    """
    info = repository_info(graph, scope, repository)
    content = graph.read_text(scope, repository, path)
    if content is None:
        raise InputError(
            f"The file {path!r} of {repository!r} is not indexed.", next_step="See what is covered with `clew status`."
        )
    lines = content.decode("utf-8", "replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    if not 1 <= start_line <= min(end_line, max(len(lines), 1)):
        raise InputError(
            f"The file {path!r} has no lines {start_line}..{end_line}; it has {len(lines)}.",
            next_step="Give a range within the file, first line first.",
        )
    last = min(end_line, max(len(lines), 1), start_line + max_lines - 1)
    text = "\n".join(line.removesuffix("\r") for line in lines[start_line - 1 : last])
    stale = check_stale and is_stale(graph, scope, info, path)
    return Span(repository, path, start_line, last, text, info.revision, stale)


def is_stale(graph: CodeGraph, scope: Scope, info: RepositoryInfo, path: str) -> bool:
    """Return whether the working file is no longer the one that was indexed; False where there is no working copy."""
    root = Path(info.root)
    known = graph.paths(scope, info.name).get(path)
    if known is None or not root.is_dir():
        return False
    working = root / path
    if not working.is_file() or not working.resolve().is_relative_to(root.resolve()):
        return True
    return xxhash.xxh3_128_hexdigest(working.read_bytes()) != known[0]


def first_lines(graph: CodeGraph, scope: Scope, repository: str, path: str, start_line: int, count: int) -> str:
    """Return at most `count` lines of a file as indexed, from `start_line`; nothing when it is not covered or not granted."""
    text = graph.read_text(scope, repository, path) or b""
    return "\n".join(text.decode("utf-8", "replace").split("\n")[start_line - 1 : start_line - 1 + count])
