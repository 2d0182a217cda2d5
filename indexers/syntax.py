"""Whether a changed file still reads: the places that its grammar cannot read and could read before."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from tree_sitter import Node

from indexers.file_kinds import LANGUAGE_OF_SUFFIX, is_cpp_header
from indexers.languages import PACKS, parsed


def new_errors(path: str, before: bytes | None, after: bytes) -> list[int]:
    """Return the lines (1-based) of errors in `after` that `before` did not have; empty for a language that Clew does not read."""
    language = LANGUAGE_OF_SUFFIX.get(PurePosixPath(path).suffix.lower(), "")
    if language == "c" and path.endswith(".h") and is_cpp_header(after):
        language = "cpp"
    if language not in PACKS:
        return []
    known = Counter(text for _, text in _errors(language, before)) if before is not None else Counter[bytes]()
    found = []
    for line, text in _errors(language, after):
        if known[text]:
            known[text] -= 1
        else:
            found.append(line)
    if language == "python" and not found and (before is None or _python_fault(before) == 0):
        found += [line for line in [_python_fault(after)] if line]
    return found


def _python_fault(source: bytes) -> int:
    """Return the line at which Python itself stops reading, 0 when it reads all: its grammar says nothing of indentation."""
    try:
        ast.parse(source)
    except SyntaxError as exc:
        return exc.lineno or 1
    except (ValueError, RecursionError, MemoryError):  # a null byte; nested too deep for it
        return 1
    return 0


def _errors(language: str, source: bytes) -> list[tuple[int, bytes]]:
    """Return (line, the line's text) of every error, in order."""
    lines = source.split(b"\n")
    root = parsed(language, source)[2]
    rows = dict.fromkeys(node.start_point.row for node in _broken(root))
    return [(row + 1, lines[row].strip() if row < len(lines) else b"") for row in rows]


def _broken(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        one = pending.pop()
        if one.is_error or one.is_missing:
            yield one
        elif one.has_error:
            pending += reversed(one.children)
