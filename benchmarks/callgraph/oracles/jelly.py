"""Dynamic call graphs of JavaScript in Jelly's format (`tests/micro/*.json`): which functions each call really ran.

    python -m benchmarks.callgraph.oracles.jelly FOLDER OUT.json [--in-place]

Such a graph knows only what the run reached: it judges recall. A false edge shows only at a call that ran.
A file's `functions` and `calls` are `file:line:column:line:column` from 1; `call2fun` pairs them by number. Functions that
have no name in the source (`f(() => 1)`) are no symbols of ours; `--in-place` counts the calls of them too.
Source: the test-suite of cs-au-dk/jelly.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NEEDS = "a checkout of cs-au-dk/jelly"

_NAMED = re.compile(
    r"(?:async\s+)?function\s*\*?\s*[\w$]|(?:(?:static|async|get|set)\s+|\*\s*)*(?!function\b|async\b)#?[\w$]+\s*\("
)
_GIVEN_A_NAME = re.compile(r"[\w$'\")]\s*(?<![=!<>])[=:]\s*\(*$")

Span = tuple[str, int, int, int, int]
"""(file, first line, first column, last line, last column), from 1."""


def is_available() -> bool:
    return True


def edges(root: Path, *, in_place: bool = False) -> dict[str, Any]:
    """Return the verdicts of every dynamic call graph in the folder `root`; see the module."""
    found: set[tuple[str, int, str, int, int]] = set()
    texts = _Texts(root)
    for file in sorted(root.glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        if isinstance(content, dict) and {"files", "functions", "calls", "call2fun"} <= content.keys():
            found.update(_edges(content, texts, in_place))
    return {"tool": "jelly (dynamic)", "edges": [[*edge] for edge in sorted(found)]}


def _edges(content: dict[str, Any], texts: _Texts, in_place: bool) -> Iterator[tuple[str, int, str, int, int]]:
    files = content["files"]
    functions = [_span(text, files) for text in _in_order(content["functions"])]
    calls = [_span(text, files) for text in _in_order(content["calls"])]
    for call, function in content["call2fun"]:
        site, target = calls[call], functions[function]
        if not (texts.has(site[0]) and texts.has(target[0])) or texts.is_module(target):
            continue
        if "node_modules" in Path(site[0]).parts or "node_modules" in Path(target[0]).parts:
            continue  # what is installed is not indexed
        if in_place or texts.is_named(target):
            yield site[0], -1, target[0], target[1] - 1, texts.name_line(site) - 1


def _in_order(entries: list[str] | dict[str, str]) -> list[str]:
    return entries if isinstance(entries, list) else [entries[key] for key in sorted(entries, key=int)]


def _span(text: str, files: list[str]) -> Span:
    number, *places = text.split(":")
    first_line, first_column, last_line, last_column = (int(place) for place in places)
    return files[int(number)], first_line, first_column, last_line, last_column


class _Texts:
    """The lines of the sources, each file read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lines: dict[str, list[str]] = {}

    def lines(self, path: str) -> list[str]:
        if path not in self._lines:
            file = self.root / path
            self._lines[path] = file.read_text("utf-8", "replace").split("\n") if file.is_file() else []
        return self._lines[path]

    def has(self, path: str) -> bool:
        return bool(self.lines(path))

    def is_module(self, span: Span) -> bool:
        """Whether a "function" is a whole file."""
        return span[1:3] == (1, 1) and span[3] >= len(self.lines(span[0])) - 1

    def is_named(self, span: Span) -> bool:
        """Whether a function has a name: its own, or that of what it is assigned to."""
        line = self.lines(span[0])[span[1] - 1]
        before, after = line[: span[2] - 1].rstrip(), line[span[2] - 1 :]
        return bool(_NAMED.match(after) or _GIVEN_A_NAME.search(before))

    def name_line(self, span: Span) -> int:
        """Return the line of the callee's last name: that of the parenthesis which the call ends with."""
        depth = 0
        for number in range(span[3], span[1] - 1, -1):
            line = self.lines(span[0])[number - 1]
            for character in reversed(line[: span[4]] if number == span[3] else line):
                depth += (character in ")]}`") - (character in "([{")
                if depth == 0 and character == "(":
                    return number
        return span[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.callgraph.oracles.jelly")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--in-place", action="store_true", help="count calls of functions without a name too")
    options = parser.parse_args()
    content = edges(options.folder, in_place=options.in_place)
    options.out.write_text(json.dumps(content), "utf-8")
    print(f"{len(content['edges'])} edges")
    return 0


if __name__ == "__main__":
    sys.exit(main())
