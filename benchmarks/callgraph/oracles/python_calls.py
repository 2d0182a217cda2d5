"""The call expressions of Python files, as Python's own parser sees them: where they start and where their names stand."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CallExpression:
    """Lines are 1-based; columns are 0-based and count characters. `caller_line` is 0 at module level.

    start and end: of the whole expression; line and column: of the callee's last name.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    line: int
    column: int
    byte_column: int
    caller_line: int


@dataclass(frozen=True, slots=True)
class PythonFile:
    calls: list[CallExpression]
    callables: dict[int, str]
    """Line of the name -> `function` or `class`."""


def parse_file(file: Path) -> PythonFile | None:
    """Return the calls and definitions of a file, None when Python cannot parse it."""
    source = file.read_text("utf-8", "replace")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    # Only these end a line for Python's parser; splitlines() knows more.
    lines = [line.encode() for line in source.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    visitor = _Visitor(lines)
    visitor.visit(tree)
    return visitor.parsed


class _Visitor(ast.NodeVisitor):
    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.caller_line = 0
        self.parsed = PythonFile([], {})

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.parsed.callables[node.lineno] = "function"
        for around in (*node.decorator_list, node.args, *([node.returns] if node.returns else [])):
            self.visit(around)
        outer, self.caller_line = self.caller_line, node.lineno
        for statement in node.body:
            self.visit(statement)
        self.caller_line = outer

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.parsed.callables[node.lineno] = "class"
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        call = _call(node, self.caller_line, self.lines)
        if call is not None:
            self.parsed.calls.append(call)
        self.generic_visit(node)


def _call(node: ast.Call, caller_line: int, lines: list[bytes]) -> CallExpression | None:
    """Return a call whose callee ends in a name, None for `f()()` and `table[key]()`."""
    callee = node.func
    if isinstance(callee, ast.Name):
        line, column = callee.lineno, callee.col_offset
    elif isinstance(callee, ast.Attribute) and callee.end_lineno and callee.end_col_offset is not None:
        line, column = callee.end_lineno, callee.end_col_offset - len(callee.attr.encode())
    else:
        return None
    end_line, end_column = node.end_lineno or line, node.end_col_offset or 0
    return CallExpression(
        (node.lineno, _characters(lines, node.lineno, node.col_offset)),
        (end_line, _characters(lines, end_line, end_column)),
        line,
        _characters(lines, line, column),
        column,
        caller_line,
    )


def _characters(lines: list[bytes], line: int, column: int) -> int:
    return len(lines[line - 1][:column].decode("utf-8", "replace"))
