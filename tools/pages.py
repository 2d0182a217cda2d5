"""Documents as questions read them, kept while they are asked about: outline, sections, each section's own text.

A page is kept by the state of the index that it was read from, so that an edit is seen by the next question. Which
repositories may be read the caller says, question by question: nothing is kept by who asked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from knowledge.ports.graph import CodeGraph
from knowledge.schema import RepositoryInfo, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.passages import Passage
from tools.vocabulary import MOST_WORDS, Vocabulary

MOST_CHARACTERS = 20_000
"""Of a section's own text: a longer one is read up to here."""
MOST_KEPT_CHARACTERS = 4_000_000
"""Of all kept pages: some 30 MB with their words."""

Key = tuple[str, int, str, str, str]


class Page:
    """A document with its outline. Sections are read when they are first asked for."""

    def __init__(self, path: str, text: bytes, outline: Iterable[Symbol], vocabulary: Vocabulary) -> None:
        self.size = len(text)
        self._path = path
        self._lines = text.split(b"\n")
        self._sections = {section.id: section for section in outline}
        self._parts: dict[str | None, list[Symbol]] = {}
        for section in self._sections.values():
            self._parts.setdefault(section.parent_id, []).append(section)
        self._title = next((one.name for one in self._sections.values() if one.kind is SymbolKind.SECTION), "")
        self._vocabulary = vocabulary
        self._passages: dict[str, Passage] = {}

    def outer_of(self, symbol_id: str) -> str:
        section = self._sections.get(symbol_id)
        return section.parent_id or "" if section is not None else ""

    def passage(self, symbol_id: str) -> Passage:
        """Return the section with its own text: without that of the sections in it."""
        known = self._passages.get(symbol_id)
        if known is None:
            known = self._passages[symbol_id] = self._read(symbol_id)
        return known

    def _read(self, symbol_id: str) -> Passage:
        section = self._sections.get(symbol_id)
        if section is None:
            return Passage("", f"{self._title} {self._path}", "", self._vocabulary)
        heading = section.name if section.kind is SymbolKind.SECTION else ""
        outer = [self._title, self._path]
        around = self._sections.get(section.parent_id or "")
        while around is not None and around.kind is SymbolKind.SECTION:
            outer.append(around.name)
            around = self._sections.get(around.parent_id or "")
        return Passage(heading, "\n".join(outer), self._own_text(section), self._vocabulary)

    def _own_text(self, section: Symbol) -> str:
        pieces: list[bytes] = []
        left = MOST_CHARACTERS
        for first, last in _without(section, self._parts.get(section.id, ())):
            for line in self._lines[first - 1 : last]:
                pieces.append(line)
                left -= len(line) + 1
                if left < 0:
                    return b"\n".join(pieces)[:MOST_CHARACTERS].decode("utf-8", "ignore")
        return b"\n".join(pieces).decode("utf-8", "replace")


class Pages:
    """The pages that were read last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._size = 0
        self._vocabulary = Vocabulary()
        self._lock = threading.Lock()

    def page(self, graph: CodeGraph, scope: Scope, info: RepositoryInfo, path: str) -> Page:
        """Return a document of a granted repository, whose state `info` says. Raises StoreError when it cannot be read."""
        key = info.name, info.generation, info.indexed_at, info.revision, path
        with self._lock:
            known = self._pages.get(key)
            if known is not None:
                self._pages.move_to_end(key)
                return known
            vocabulary = self._vocabulary
        text = graph.read_text(scope, info.name, path) or b""
        page = Page(path, text, graph.outline(scope, info.name, path), vocabulary)
        with self._lock:
            if len(self._vocabulary) > MOST_WORDS:
                self._vocabulary, self._size = Vocabulary(), 0
                self._pages.clear()
            elif key not in self._pages:
                self._pages[key] = page
                self._size += page.size
                while self._size > MOST_KEPT_CHARACTERS and len(self._pages) > 1:
                    self._size -= self._pages.popitem(last=False)[1].size
        return page


def _without(section: Symbol, parts: Iterable[Symbol]) -> Iterable[tuple[int, int]]:
    """Yield the lines of a section that none of its parts holds."""
    at = section.start_line
    for part in sorted(parts, key=lambda part: part.start_line):
        if part.start_line > at:
            yield at, part.start_line - 1
        at = max(at, part.end_line + 1)
    if at <= section.end_line:
        yield at, section.end_line
