"""Lays a SCIP index over a tree: for each call site, the symbol of ours that the compiler means there.

An overlay is kept per file content in the facts cache, so that a later run without the index still has it, and a file
that changed since has none: positions of another content say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from configs.errors import InputError
from indexers.facts import FileFacts
from indexers.naming import local_names
from indexers.scip.symbols import CONSTRUCTORS, dotted_name, is_local
from indexers.scip.wire import DEFINITION, Document, Encoding, documents

Position = tuple[int, int]
"""line and column of a name, both 1-based; the column counts UTF-8 bytes."""

OVERLAY_VERSION = 1
_AGAIN = re.compile(r"~\d+$")
FITTING = 0.8
"""The least share of our definitions, in the files of an index, that it must know at the same place."""
MIN_JUDGED = 20
"""Definitions below which nothing is said about whether an index fits."""


class FileOverlay(msgspec.Struct, array_like=True):
    """What the compiler says about one file. sites: `line, column` pairs; targets: one a site.

    A target is `path#local name` of a symbol of ours, or `=dotted.name` for something outside the project.
    """

    sites: list[Position]
    targets: list[str]

    def by_position(self) -> dict[Position, str]:
        return dict(zip(self.sites, self.targets, strict=True))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileOverlay)


@dataclass(frozen=True, slots=True)
class CoveredFile:
    """A file as the overlay needs it. facts, text: read them; the text may be that of the same bytes with secrets masked."""

    path: str
    content_hash: str
    facts: Callable[[], FileFacts]
    text: Callable[[], bytes]


@dataclass(slots=True)
class ScipReport:
    """What an index brought. documents: those of covered files; strangers: those of others."""

    documents: int = 0
    strangers: int = 0
    sites: int = 0
    outside: int = 0
    known_definitions: int = 0
    all_definitions: int = 0
    overlays: dict[str, FileOverlay] = field(default_factory=dict)


def cache_key(repository: str, path: str, content_hash: str) -> str:
    """Return the key of a file's overlay in the facts cache."""
    return f"{content_hash}:scip{OVERLAY_VERSION}:{repository}:{path}"


def encode_overlay(overlay: FileOverlay) -> bytes:
    return _encoder.encode(overlay)


def decode_overlay(payload: bytes) -> FileOverlay:
    """Raises msgspec.DecodeError (ValueError) when the payload is damaged."""
    return _decoder.decode(payload)


def read_index(index: Path, files: Mapping[str, CoveredFile]) -> ScipReport:
    """Read the SCIP index at `index` against the covered `files`, by path.

    Two passes over the mapped file: where symbols are defined, then what is meant where. In memory: one entry a global
    symbol, one document, and the sites that our facts know.

    Raises:
        InputError: it is no SCIP index, holds none of our files, or was made from another state of the tree.
    """
    report = ScipReport()
    targets = _definitions(index, files, report)
    if not report.documents:
        raise InputError(
            f"{str(index)!r} describes none of the indexed files ({report.strangers} others).",
            next_step="Index the folder that the SCIP index was made in; its paths are relative to that folder.",
        )
    if report.all_definitions >= MIN_JUDGED and report.known_definitions < FITTING * report.all_definitions:
        raise InputError(
            f"{str(index)!r} does not fit: it knows {report.known_definitions} of {report.all_definitions} definitions at"
            " their place.",
            next_step="Make the SCIP index from the present state of the tree.",
        )
    for document in documents(index):
        file = files.get(document.path)
        if file is not None:
            overlay = _overlay(document, file, targets, report)
            if overlay.sites:
                report.overlays[document.path] = overlay
    return report


def _definitions(index: Path, files: Mapping[str, CoveredFile], report: ScipReport) -> dict[str, str]:
    """Return global symbol -> `path#local name` of ours, empty for what is defined here and no symbol of ours."""
    found: dict[str, str] = {}
    for document in documents(index):
        file = files.get(document.path)
        if file is None:
            report.strangers += 1
            continue
        report.documents += 1
        ours = _named_places(file)
        known = set()
        columns = _Columns(document.encoding, file.text)
        for line, column, symbol, roles in document.occurrences:
            if not roles & DEFINITION:
                continue
            place = (line + 1, columns.utf8(line, column) + 1)
            local = ours.get(place)
            if local is not None and (is_local(symbol) or local.rpartition(".")[2].partition("~")[0] in symbol):
                known.add(place)
            if not is_local(symbol):
                target = "" if local is None else f"{document.path}#{local}"
                if target or symbol not in found:
                    found[symbol] = target
        judged = {place for place, local in ours.items() if local}
        report.all_definitions += len(judged)
        report.known_definitions += len(judged & known)
    return found


def _named_places(file: CoveredFile) -> dict[Position, str]:
    """Return where our symbols are named; a module has its first character, unless something else is named there."""
    places: dict[Position, str] = {(1, 1): ""}
    facts = file.facts()
    for definition, name in zip(facts.definitions, local_names(facts), strict=True):
        places[definition.line, definition.column] = name
    return places


def _overlay(document: Document, file: CoveredFile, targets: Mapping[str, str], report: ScipReport) -> FileOverlay:
    wanted = {(call.line, call.column) for call in file.facts().calls}
    columns = _Columns(document.encoding, file.text)
    ours = _named_places(file)
    local_targets = _local_definitions(document, columns, ours)
    meant: dict[Position, str] = {}
    for line, column, symbol, roles in document.occurrences:
        if roles & DEFINITION:
            continue
        place = (line + 1, columns.utf8(line, column) + 1)
        if place not in wanted:
            continue
        target = local_targets.get(symbol, "") if is_local(symbol) else targets.get(symbol)
        if target is None:
            outside = dotted_name(symbol)
            target = f"={outside}" if outside else ""
        if target and columns.says(place, target) and (place not in meant or meant[place].startswith("=")):
            meant[place] = target
    report.sites += len(meant)
    report.outside += sum(target.startswith("=") for target in meant.values())
    return FileOverlay(list(meant), list(meant.values()))


def _local_definitions(document: Document, columns: _Columns, ours: Mapping[Position, str]) -> dict[str, str]:
    """Return local symbol -> `path#local name` where it is a symbol of ours (a nested function, say)."""
    found = {}
    for line, column, symbol, roles in document.occurrences:
        if roles & DEFINITION and is_local(symbol):
            name = ours.get((line + 1, columns.utf8(line, column) + 1))
            if name:
                found[symbol] = f"{document.path}#{name}"
    return found


class _Columns:
    """Turns a column of the index into UTF-8 bytes; on lines of plain ASCII it is the same number."""

    def __init__(self, encoding: Encoding, text: Callable[[], bytes]) -> None:
        self._encoding = encoding
        self._text = text
        self._all: list[bytes] | None = None
        self._wide: dict[int, str] | None = None

    @property
    def _lines(self) -> list[bytes]:
        if self._all is None:
            self._all = self._text().split(b"\n")
        return self._all

    def says(self, place: Position, target: str) -> bool:
        """Whether the name of the target is what is written there. Indexers err on names that come in through `*`;
        an alias is not believed either, for our own resolution follows it."""
        names = re.split(r"[.#]", target.lstrip("="))
        name = _AGAIN.sub("", names[-1])
        if name in CONSTRUCTORS and len(names) > 1:
            name = _AGAIN.sub("", names[-2])
        line = self._lines[place[0] - 1] if place[0] <= len(self._lines) else b""
        return line.startswith(name.encode(), place[1] - 1)

    def utf8(self, line: int, column: int) -> int:
        if self._encoding is Encoding.UTF8:
            return column
        if self._wide is None:
            self._wide = {
                number: each.decode("utf-8", "replace") for number, each in enumerate(self._lines) if not each.isascii()
            }
        wide = self._wide.get(line)
        if wide is None:
            return column
        if self._encoding is Encoding.UTF32:
            return len(wide[:column].encode())
        return len(wide.encode("utf-16-le")[: column * 2].decode("utf-16-le", "ignore").encode())
