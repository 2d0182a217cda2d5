"""Facts of all files of a run -> symbols and streams of relations: each language family by itself, documents, manifests."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from indexers.dependencies import Dependencies
from indexers.documentation import Documentation
from indexers.languages import PACKS, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.run import Run
from indexers.scip.merging import Merger
from knowledge.ports import (
    RelationRow,
    UnresolvedRow,
)
from knowledge.schema import Symbol


@dataclass(frozen=True, slots=True)
class Resolved:
    """All languages and the documentation, resolved: `relations` and then `unresolved` stream once."""

    resolutions: list[Resolution]
    symbols: list[Symbol]
    relations: Iterator[RelationRow]
    unresolved: Iterator[UnresolvedRow]


def resolve(run: Run) -> Resolved:
    resolutions = _resolutions(run)
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
        chain(_relations(resolutions, documentation), dependencies.relations(modules)),
        (row for resolution in resolutions for row in resolution.unresolved_rows),
    )


def _resolutions(run: Run) -> list[Resolution]:
    """Resolve the languages family by family; they share nothing."""
    manifests = _manifest_texts(run)
    families = sorted({PACKS[file.found.language].family for file in run.covered if file.found.language in PACKS})
    resolutions: list[Resolution] = []
    count = 0
    for family in families:
        members = [
            file for file in run.covered if file.found.language in PACKS and PACKS[file.found.language].family == family
        ]
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
