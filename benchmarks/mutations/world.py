"""What the sources of a repository say, by text alone: it decides whether a corrupted statement is really false."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutations.scanning import SUFFIXES, Definition, definitions

_WORD = re.compile(r"[A-Za-z_]\w+")
_CALL = re.compile(r"\b(\w+)\(")
_TEST = re.compile(r"(^|/)(t|test|tests)/|_test\.go$")


@dataclass(slots=True)
class World:
    """Lines, words and definitions of the source files of one tree."""

    lines: dict[str, list[str]]
    definitions: list[Definition]
    words: set[str]
    by_name: dict[str, list[Definition]] = field(default_factory=lambda: defaultdict(list))
    called: dict[str, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    by_owner: dict[str, list[Definition]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, root: Path) -> World:
        lines: dict[str, list[str]] = {}
        found: list[Definition] = []
        for file in sorted(root.resolve().rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                path = file.relative_to(root.resolve()).as_posix()
                text = file.read_text("utf-8", errors="replace")
                lines[path] = text.split("\n")
                found += definitions(path, text)
        words = {word for rows in lines.values() for row in rows for word in _WORD.findall(row)}
        world = cls(lines, found, words)
        for one in found:
            world.by_name[one.name].append(one)
            world.by_owner[one.owner].append(one)
        for path, rows in lines.items():
            for number, row in enumerate(rows, 1):
                for name in _CALL.findall(row):
                    world.called[name].append((path, number))
        return world

    def body(self, shown: str, path: str = "") -> str:
        """Return the text of all definitions that a name may mean, `Class.method` or `function`."""
        owner, _, name = shown.rpartition(".")
        return "\n".join(
            "\n".join(self.lines[one.path][one.line - 1 : one.end_line])
            for one in self.by_name.get(name, [])
            if (not owner or one.owner == owner) and (not path or one.path == path)
        )

    def says(self, path: str, first: int, last: int, name: str) -> bool:
        """Tell whether a name is written on these lines."""
        return any(mentions(line, name) for line in self.lines.get(path, [])[first - 1 : last])

    def calls(self, name: str) -> int:
        """Return on how many places of the product a name is written with a parenthesis behind it."""
        return sum(not _TEST.search(path) for path, _ in self.called.get(name, []))

    def test_lines(self, name: str) -> list[tuple[str, int]]:
        return [(path, line) for path, line in self.called.get(name, []) if _TEST.search(path)]

    def sources(self) -> list[str]:
        return [path for path in self.lines if not _TEST.search(path)]


def mentions(text: str, name: str) -> bool:
    """Tell whether the last part of a dotted name is a word of the text."""
    last = re.split(r"[.:/]+", name.strip("`()"))[-1]
    return re.search(rf"(?<!\w){re.escape(last)}(?!\w)", text) is not None
