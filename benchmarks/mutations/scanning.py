"""Where functions, methods and classes stand in a source file, by its layout alone, without Clew's extractors.

Python by its own parser; Go, C and JavaScript by the lines that their formatters keep at fixed columns. A definition that
is laid out in another way is not found, which costs a fact and never makes one up.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = {".py": "python", ".go": "go", ".c": "c", ".js": "javascript"}
_GO = re.compile(r"^func (?:\((?:\w+ )?\*?(\w+)\) )?(\w+)\(")
_GO_TYPE = re.compile(r"^type (\w+) (?:struct|interface) \{")
_C = re.compile(r"^(?![#/\s}])[\w\s*]*?\b(\w+)\((?!.*;\s*$)")
_JS_CLASS = re.compile(r"^class (\w+)(?: extends ([\w.]+))? \{")
_JS_METHOD = re.compile(r"^\t(?:static |async |get |set |\*)*(\w+)\(.*")
_JS_FUNCTION = re.compile(r"^(?:const (\w+) = (?:async )?(?:\(|function\b|\w+ =>)|(?:async )?function\*? (\w+)\()")
_NOT_METHODS = frozenset({"if", "for", "while", "switch", "catch", "return", "function"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition: `owner` is its class or receiver, empty for none; lines are 1-based and inclusive."""

    path: str
    line: int
    end_line: int
    name: str
    owner: str
    kind: str
    base: str = ""

    @property
    def shown(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name


def definitions(path: str, text: str) -> list[Definition]:
    """Return the definitions of a file; none for a language that is not read or a file that does not parse."""
    language = SUFFIXES.get(Path(path).suffix, "")
    if language == "python":
        return _python(path, text)
    lines = text.split("\n")
    if language == "go":
        return _go(path, lines)
    if language == "c":
        return _c(path, lines)
    return _javascript(path, lines) if language == "javascript" else []


def _python(path: str, text: str) -> list[Definition]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    found: list[Definition] = []

    def walk(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                bases = [ast.unparse(base) for base in node.bases]
                found.append(_definition(path, node, owner, "class", bases[0] if bases else ""))
                walk(node.body, node.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append(_definition(path, node, owner, "method" if owner else "function"))

    walk(tree.body, "")
    return found


def _definition(
    path: str, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, owner: str, kind: str, base: str = ""
) -> Definition:
    return Definition(path, node.lineno, node.end_lineno or node.lineno, node.name, owner, kind, base)


def _go(path: str, lines: list[str]) -> list[Definition]:
    found = []
    for at, line in enumerate(lines):
        if matched := _GO.match(line):
            owner, name = matched.group(1) or "", matched.group(2)
            found.append(Definition(path, at + 1, _closed(lines, at), name, owner, "method" if owner else "function"))
        elif matched := _GO_TYPE.match(line):
            found.append(Definition(path, at + 1, _closed(lines, at), matched.group(1), "", "class"))
    return found


def _c(path: str, lines: list[str]) -> list[Definition]:
    found = []
    for at, line in enumerate(lines):
        matched = _C.match(line)
        if matched is None or "=" in line:
            continue
        opens = next((n for n in range(at, min(at + 8, len(lines))) if lines[n].rstrip().endswith(("{", ";"))), None)
        if opens is not None and lines[opens].rstrip().endswith("{"):
            found.append(Definition(path, at + 1, _closed(lines, at), matched.group(1), "", "function"))
    return found


def _javascript(path: str, lines: list[str]) -> list[Definition]:
    found = []
    owner, last = "", 0
    for at, line in enumerate(lines):
        if matched := _JS_CLASS.match(line):
            owner, last = matched.group(1), _closed(lines, at)
            found.append(Definition(path, at + 1, last, owner, "", "class", matched.group(2) or ""))
        elif at + 1 < last and (matched := _JS_METHOD.match(line)) and matched.group(1) not in _NOT_METHODS:
            found.append(Definition(path, at + 1, _closed(lines, at, "\t"), matched.group(1), owner, "method"))
        elif matched := _JS_FUNCTION.match(line):
            name = matched.group(1) or matched.group(2)
            found.append(Definition(path, at + 1, _closed(lines, at), name, "", "function"))
    return found


def _closed(lines: list[str], start: int, indent: str = "") -> int:
    """Return the line that closes what begins at `start`: the next brace at its column."""
    if lines[start].rstrip().endswith(("}", ";")) and "{" not in lines[start].rstrip()[:-1]:
        return start + 1
    for at in range(start + 1, len(lines)):
        if lines[at].startswith(f"{indent}}}"):
            return at + 1
    return len(lines)
