"""Facts of all files of a run -> symbols and streams of relations: each language family by itself, documents, manifests.

One family is resolved and its rows are put aside before the facts of the next are decoded: what is in memory at one time is
the largest family, not the repository. Families share nothing but the manifests: one whose files and manifests are as they
are stored is not resolved again. Its symbols are made all the same, for documents may name them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from indexers.dependencies import Dependencies
from indexers.documents.relations import Documentation
from indexers.languages import PACKS, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.resolution.tracking import Recorder
from indexers.run import Covered, Run
from indexers.scan import digest_of_discovery
from indexers.scip.merging import Merger
from indexers.spooling import SpooledRows
from knowledge.ports.graph import RelationRow, UnresolvedRow
from knowledge.schema import Symbol, SymbolKind, unpack_text

if TYPE_CHECKING:  # start-up time: what keeps a program in memory is not for one run
    from indexers.families import Families

_SymbolColumns = tuple[
    str, str, SymbolKind, str, str, str, str, int, int, int, int, str, str, str, bool, str | None
]  # fmt: skip
_columns_of_symbol = attrgetter(*(column.name for column in fields(Symbol)))
_decode_symbols = msgspec.msgpack.Decoder(list[_SymbolColumns]).decode
_decode_relations = msgspec.msgpack.Decoder(list[RelationRow]).decode
_decode_unresolved = msgspec.msgpack.Decoder(list[UnresolvedRow]).decode


@dataclass(frozen=True, slots=True)
class Resolved:
    """All languages and the documentation, resolved: `relations` and `unresolved` stream once, while the run's spool is open.

    as_stored: the paths of the languages that were left as they are stored; none of their relations are in the stream.
    """

    symbols: list[Symbol]
    relations: Iterator[RelationRow]
    unresolved: Iterator[UnresolvedRow]
    as_stored: frozenset[str] = frozenset()


def resolve(run: Run, families: Families | None = None) -> Resolved:
    """Resolve what is not as it is stored; where resolutions stay, every language."""
    as_stored = _families_as_stored(run)
    put_aside = SpooledRows(run.spool, _decode_symbols)
    relations = SpooledRows(run.spool, _decode_relations)
    unresolved = SpooledRows(run.spool, _decode_unresolved)
    for family, resolution in resolutions(run, families):
        if family not in as_stored:
            relations.extend(resolution.relations())
            unresolved.extend(resolution.unresolved_rows)
        else:
            learn(resolution)
        resolution.unresolved_rows.clear()
        put_aside.extend(map(_columns_of_symbol, resolution.symbols))
        del resolution  # before the next one is made
    symbols = list(_recreated(put_aside))
    numbers = list(_numbers(symbols)) if families is not None else None
    if numbers is not None:
        symbols = [symbol for symbol in symbols if symbol.id]
    documents = [(file.found.path, file.facts) for file in run.covered if file.found.language not in PACKS]
    documentation = Documentation(run.name, documents, symbols)
    symbols.extend(documentation.symbols)
    dependencies = Dependencies(_manifest_texts(run))
    run.issues.extend(dependencies.issues)
    run.issues.sort(key=lambda issue: (issue.path, issue.line))
    modules = {symbol.path: index for index, symbol in enumerate(symbols) if not symbol.local_name}
    return Resolved(
        symbols,
        chain(_renumbered(relations, numbers), documentation.relations(), dependencies.relations(modules)),
        iter(unresolved) if numbers is None else _renumbered_calls(unresolved, numbers),
        frozenset(file.found.path for file in run.covered if _family(file) in as_stored),
    )


def _family(file: Covered) -> str:
    """Return the language family of a file, empty for what is no source."""
    pack = PACKS.get(file.found.language)
    return pack.family if pack is not None else ""


def _families_as_stored(run: Run) -> frozenset[str]:
    """Return the families of which the store holds every file, and nothing else, as it is now."""
    before = run.before
    if before is None or before.discovered != digest_of_discovery(run.discovery):
        return frozenset()
    manifests = run.discovery.manifests
    if any(path not in before.files or before.files[path].content_hash != run.hashes.get(path) for path in manifests):
        return frozenset()
    now: dict[str, dict[str, str]] = {}
    for file in run.covered:
        now.setdefault(_family(file), {})[file.found.path] = file.analysis.content_hash
    stored: dict[str, dict[str, str]] = {}
    for path, (content_hash, language, _) in run.stored.items():
        stored.setdefault(PACKS[language].family if language in PACKS else "", {})[path] = content_hash
    laid_over = {_family(file) for file in run.covered if file.found.path in run.overlays}
    return frozenset(family for family, files in now.items() if family and stored.get(family) == files) - laid_over


def _recreated(rows: Iterable[_SymbolColumns]) -> Iterator[Symbol]:
    """Make the symbols anew, once nothing else is there: kept from before, they would hold on to the memory around them."""
    known: dict[str, str] = {}
    shared = known.setdefault
    for (
        id_, repository, kind, name, local, qualified, path, line, column, start, end, language, signature, docstring, is_test,
        parent,
    ) in rows:  # fmt: skip
        yield Symbol(
            shared(id_, id_), shared(repository, repository), kind, name, local, qualified, shared(path, path), line, column,
            start, end, shared(language, language), signature, docstring, is_test,
            None if parent is None else shared(parent, parent),
        )  # fmt: skip


def _numbers(symbols: Iterable[Symbol]) -> Iterator[int]:
    """Yield where each symbol stands once the room between them is left out."""
    count = 0
    for symbol in symbols:
        yield count
        count += symbol.id != ""


def _renumbered(rows: Iterable[RelationRow], numbers: list[int] | None) -> Iterator[RelationRow]:
    if numbers is None:
        yield from rows
        return
    for kind, how, tier, sure, source, target, *rest in rows:
        row: Any = (kind, how, tier, sure, numbers[source], numbers[target] if target >= 0 else target, *rest)
        yield row


def _renumbered_calls(rows: Iterable[UnresolvedRow], numbers: list[int]) -> Iterator[UnresolvedRow]:
    for source, *rest in rows:
        row: Any = (numbers[source], *rest)
        yield row


def learn(resolution: Resolution) -> None:
    """Make every row once, where that tells what it was made of and none was made so far."""
    if resolution.recorder is not None and not resolution.is_learnt:
        deque(resolution.relations(), 0)


def resolutions(run: Run, kept: Families | None) -> Iterator[tuple[str, Resolution]]:
    """Yield (family, its resolution), one after the other.

    Where they stay they keep their facts and note who reads what; those that are there already are taken as they are.
    """
    manifests = _manifest_texts(run)
    if kept is not None:
        kept.keep_only({_family(file) for file in run.covered})
    families = sorted({_family(file) for file in run.covered} - {""})
    count = 0
    for family in families:
        members = [file for file in run.covered if _family(file) == family]
        contents = {file.found.path: file.analysis.content_hash for file in members}
        known = kept.of(family, contents, manifests) if kept is not None else None
        if known is not None and not run.overlays:
            yield family, _taken_up(known, members, count)
            count += len(known.symbols)
            continue
        profile = profile_for(family)(Layout([file.found.path for file in members], manifests))
        for file in members:
            file.is_test = profile.is_test_path(file.found.path)
            file.held = file.facts if kept is not None else None
        files = [ProgramFile(file.found.path, file.facts, file.is_test) for file in members]
        resolution = Resolution(run.name, files, profile, count, Recorder() if kept is not None else None)
        laid = {file.path: run.overlays[file.path] for file in files if file.path in run.overlays}
        if laid:
            resolution.overlay = Merger(resolution.symbols, count, laid).merged
        count += len(resolution.symbols)
        if kept is not None:
            kept.keep(family, resolution, contents, manifests)
        yield family, resolution
        del resolution, files, laid


def _taken_up(resolution: Resolution, members: Iterable[Covered], first_index: int) -> Resolution:
    """Let a resolution of the same files stand for them; other families may have more or fewer symbols now."""
    resolution.first_index = first_index
    for file in members:
        known = resolution.program.files[resolution.file_number(file.found.path)]
        file.is_test, file.held = known.is_test, known.facts
    return resolution


def _manifest_texts(run: Run) -> dict[str, str]:
    """Return the text of every manifest, empty for one that is not covered."""
    texts = dict.fromkeys(run.discovery.manifests, "")
    for file in run.covered:
        if file.found.path in texts:
            texts[file.found.path] = unpack_text(file.whole().text).decode("utf-8", "replace")
    return texts
