"""The records of a manifest, and where in its text a name is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class ManifestError(ValueError):
    """The text is not what its file name promises; the message says where."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One declared dependency. line, column: 1-based, of its name. requirement: the version as written, may be empty.

    group: `runtime`, `dev`, `optional`, `build`, `peer` or `indirect`.
    """

    name: str
    requirement: str
    group: str
    line: int
    column: int


@dataclass(slots=True)
class Manifest:
    """name: what the project calls itself, empty where it does not say."""

    name: str = ""
    dependencies: list[Dependency] = field(default_factory=list)


class Places:
    """Finds where names are written: each further question for a name gives its next place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def of(self, name: str) -> tuple[int, int]:
        """Return line and column (1-based, in bytes) of the next whole occurrence of `name`; (1, 1) when there is none."""
        pattern = re.compile(rf"(?<![\w@/-]){re.escape(name)}(?![\w-])", re.I)
        found = pattern.search(self._text, self._next.get(name, 0)) or pattern.search(self._text)
        if found is None:
            return 1, 1
        self._next[name] = found.end()
        start = self._text.rfind("\n", 0, found.start()) + 1
        return self._text.count("\n", 0, found.start()) + 1, len(self._text[start : found.start()].encode()) + 1


class Collector:
    """Gathers the dependencies of one manifest."""

    def __init__(self, text: str) -> None:
        self.manifest = Manifest()
        self._places = Places(text)

    def add(self, name: str, requirement: str = "", group: str = "runtime") -> None:
        if name:
            line, column = self._places.of(name)
            self.manifest.dependencies.append(Dependency(name, requirement, group, line, column))
