"""Facts of all files of a run -> symbols and streams of relations: each language family by itself, documents, manifests.

Families share nothing but the manifests: one whose files and manifests are as they are stored is not resolved again. Its
symbols are made all the same, for documents may name them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from indexers.dependencies import Dependencies
from indexers.documents.relations import Documentation
from indexers.languages import PACKS, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.run import Covered, Run
from indexers.scan import digest_of_discovery
from indexers.scip.merging import Merger
from knowledge.ports import (
    RelationRow,
    UnresolvedRow,
)
from knowledge.schema import Symbol


@dataclass(frozen=True, slots=True)
class Resolved:
    """All languages and the documentation, resolved: `relations` and then `unresolved` stream once.

    as_stored: the paths of the languages that were left as they are stored; none of their relations are in the stream.
    """

    resolutions: list[Resolution]
    symbols: list[Symbol]
    relations: Iterator[RelationRow]
    unresolved: Iterator[UnresolvedRow]
    as_stored: frozenset[str] = frozenset()


def resolve(run: Run) -> Resolved:
    """Resolve what is not as it is stored."""
    resolutions = _resolutions(run)
    as_stored = _families_as_stored(run)
    changed = [each for each in resolutions if PACKS[each.program.files[0].facts.language].family not in as_stored]
    for resolution in changed:
        _ = resolution.evaluator  # here, not when its relations are first asked for
    symbols: list[Symbol] = [symbol for resolution in resolutions for symbol in resolution.symbols]
    documents = [(file.found.path, file.facts) for file in run.covered if file.found.language not in PACKS]
    documentation = Documentation(run.name, documents, symbols)
    symbols.extend(documentation.symbols)
    dependencies = Dependencies(_manifest_texts(run))
    run.issues.extend(dependencies.issues)
    run.issues.sort(key=lambda issue: (issue.path, issue.line))
    modules = {symbol.path: index for index, symbol in enumerate(symbols) if not symbol.local_name}
    return Resolved(
        resolutions,
        symbols,
        chain(_relations(changed, documentation), dependencies.relations(modules)),
        (row for resolution in changed for row in resolution.unresolved_rows),
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


def _resolutions(run: Run) -> list[Resolution]:
    """Resolve the languages family by family; they share nothing."""
    manifests = _manifest_texts(run)
    families = sorted({_family(file) for file in run.covered} - {""})
    resolutions: list[Resolution] = []
    count = 0
    for family in families:
        members = [file for file in run.covered if _family(file) == family]
        profile = profile_for(family)(Layout([file.found.path for file in members], manifests))
        for file in members:
            file.is_test = profile.is_test_path(file.found.path)
        files = [ProgramFile(file.found.path, file.facts, file.is_test) for file in members]
        resolution = Resolution(run.name, files, profile, count)
        laid = {file.path: run.overlays[file.path] for file in files if file.path in run.overlays}
        if laid:
            resolution.overlay = Merger(resolution.symbols, count, laid).merged
        resolutions.append(resolution)
        count += len(resolutions[-1].symbols)
    return resolutions


def _manifest_texts(run: Run) -> dict[str, str]:
    """Return the text of every manifest, empty for one that is not covered."""
    texts = dict.fromkeys(run.discovery.manifests, "")
    for file in run.covered:
        if file.found.path in texts:
            texts[file.found.path] = zlib.decompress(file.analysis.text).decode("utf-8", "replace")
    return texts


def _relations(resolutions: Sequence[Resolution], documentation: Documentation) -> Iterator[RelationRow]:
    for resolution in resolutions:
        yield from resolution.relations()
    yield from documentation.relations()
