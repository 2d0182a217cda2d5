"""Takes every docstring out of a Python source, lines kept, so that a docstring may be asked for its function."""

from __future__ import annotations

import ast


def without_docstrings(path: str, content: bytes) -> bytes:
    """Return the content with blanks in place of docstrings; what is no Python, or does not parse, is left alone."""
    if not path.endswith(".py"):
        return content
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return content
    lines = content.split(b"\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                _blank(lines, first)
    return b"\n".join(lines)


def _blank(lines: list[bytes], docstring: ast.Expr) -> None:
    first, last = docstring.lineno - 1, (docstring.end_lineno or docstring.lineno) - 1
    head = lines[first][: docstring.col_offset]
    tail = lines[last][docstring.end_col_offset or 0 :]
    lines[first] = head + b"..." + (tail if last == first else b"")
    for number in range(first + 1, last + 1):
        lines[number] = b"" if number < last else tail.lstrip(b"; ")
