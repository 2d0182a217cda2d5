"""What the command line and MCP look up in the same way: a question to the code graph by its name, and a place as a person writes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from configs.errors import InputError
from indexers.projects import projects_named
from knowledge.evidence import Span, anchor_of
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol
from knowledge.scope import Scope
from tools import structure
from tools.answers import StructuralAnswer
from tools.reading import file_meant, holder_of, outline, read_span

_PLACE = re.compile(r"(?P<path>[^#]+?)(?:#(?P<anchor>[^:]+))?(?::(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?)?")


def asked(
    graph: CodeGraph, scope: Scope, command: str, name: str, depth: int, limit: int, dispatch: bool
) -> StructuralAnswer:
    """Return the answer to `symbol`, `callers` or `callees`."""
    if command == "symbol":
        return structure.find_symbol(graph, scope, name, limit=limit)
    walk = {"callers": structure.callers, "callees": structure.callees}[command]
    return walk(graph, scope, name, max_depth=depth, limit=limit, dispatch=dispatch)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file defines, in order."""

    repository: str
    path: str
    symbols: list[Symbol]


def package_called(graph: CodeGraph, scope: Scope, name: str) -> str:
    """Return, of a name that is no symbol's, which package calls itself so and how to ask what depends on it; empty: none does."""
    found = projects_named(graph, scope, name)
    if not found:
        return ""
    said = f"{name} is the package of {found[0].path}; what depends on it tells"
    return f'{said}: clew ask "which packages depend on {name}?"'


def look_up(graph: CodeGraph, scope: Scope, place: str) -> Span | Outline:
    """Return the lines that `PATH[#HEADING][:LINE[-LINE]]` names, or the outline of the file when it names none.

    Raises:
        InputError: no file or section of the scope is called so, or several are; with those that could be meant.
    """
    written = place.replace("\\", "/").removeprefix("./")
    parts = _PLACE.fullmatch(written)
    path = file_meant(graph, scope, parts["path"] if parts else written)
    repository = holder_of(graph, scope, path)
    lines = _lines_of(parts, lambda: outline(graph, scope, repository, path)) if parts else None
    if lines is None:
        return Outline(repository, path, outline(graph, scope, repository, path))
    return read_span(graph, scope, repository, path, *lines, check_stale=True)


def _lines_of(parts: re.Match[str], symbols: Callable[[], list[Symbol]]) -> tuple[int, int] | None:
    """Return the lines that are asked for: those that are named, else those of the named section; None: neither is named."""
    if parts["start"]:
        return int(parts["start"]), int(parts["end"] or parts["start"])
    if not parts["anchor"]:
        return None
    wanted = anchor_of(parts["anchor"])
    section = next((one for one in symbols() if anchor_of(one.name) == wanted), None)
    if section is None:
        raise InputError(
            f"{parts['path']!r} has no section {parts['anchor']!r}", next_step=f"see them: clew show {parts['path']}"
        )
    return section.start_line, section.end_line
