"""Whether something is used at all: who imports it, which manifest declares it, where the code or a document names it. Never a guess.

Case does not matter, a part of an identifier counts (`RedisCache`, `redis_url`), a part of a word does not (`go` in `google`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol
from knowledge.scope import Scope
from tools.frameworks import MANIFESTS
from tools.places import is_aside, is_history

_AROUND = 60
"""Characters of a line that are shown on either side of the word."""
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


class How(StrEnum):
    """In which way a file has to do with it, the surest first."""

    IMPORTED = "imported"
    DECLARED = "declared"
    CODE = "code"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Mention:
    """The first line of a file that says most. word: the identifier as it is written there, empty where it is none; aside: no file of the product."""

    repository: str
    path: str
    line: int
    text: str
    word: str
    how: How
    aside: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """mentions: one a file, the surest first, product before tests and examples. files: how many were read."""

    mentions: tuple[Mention, ...]
    files: int


def mentions_of(
    graph: CodeGraph, scope: Scope, thing: str, *, within: Symbol | None = None, documents: Collection[str] = ()
) -> Presence:
    """Return where `thing` is named in the indexed files.

    Args:
        within: look into the lines of this symbol alone.
        documents: languages that are prose.
    """
    pattern = pattern_of(thing)
    imported = {
        (link.source.repository, link.site.path): link.site.line
        for link in graph.iter_relations(scope, kinds=[RelationKind.IMPORTS])
        if link.external is not None and pattern.search(link.external)
    }
    found: list[Mention] = []
    files = 0
    for info in graph.repositories(scope):
        for path, (_, language, _) in graph.paths(scope, info.name).items():
            if within is not None and (info.name, path) != (within.repository, within.path):
                continue
            files += 1
            text = (graph.read_text(scope, info.name, path) or b"").decode("utf-8", "replace")
            lines = _lines(text, pattern, within)
            first = next(lines, 0)
            if not first:
                continue
            how = How.DOCUMENT if language in documents or is_history(path) else How.CODE
            if path.rpartition("/")[2] in MANIFESTS:
                how = How.DECLARED
            elif (at := imported.get((info.name, path), 0)) in {first, *lines}:
                how, first = How.IMPORTED, at
            found.append(_mention(info.name, path, first, text.split("\n")[first - 1], pattern, how))
    order = list(How)
    found.sort(key=lambda one: (order.index(one.how), one.aside, one.path))
    return Presence(tuple(found), files)


def pattern_of(thing: str) -> re.Pattern[str]:
    """Return what finds a name in text, its plural too."""
    bare = thing.removesuffix("s") if len(thing) > 3 and not thing.endswith("ss") else thing
    small, big = re.escape(bare), re.escape(bare[:1].upper() + bare[1:])
    return re.compile(rf"(?:(?<![A-Za-z])(?i:{small})|(?<=[a-z]){big})(?i:s)?(?![a-z])")


def _lines(text: str, pattern: re.Pattern[str], within: Symbol | None) -> Iterator[int]:
    """Yield the numbers of the lines that hold it."""
    last, line, counted = 0, 1, 0
    for match in pattern.finditer(text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        if line != last and (within is None or within.start_line <= line <= within.end_line):
            last = line
            yield line


def _mention(repository: str, path: str, line: int, text: str, pattern: re.Pattern[str], how: How) -> Mention:
    match = pattern.search(text)
    assert match is not None
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    shown = " ".join(text[start:end].split())
    words = (one for one in _IDENTIFIER.finditer(text) if one.start() <= match.start() < one.end())
    word = next((one.group(0) for one in words), "")
    return Mention(repository, path, line, shown, word, how, is_aside(path))
