"""Sources in memory, resolved without a file system."""

from __future__ import annotations

from collections.abc import Mapping

from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from knowledge.ports.graph import RelationRow
from knowledge.schema import RelationKind, Tier


def resolution_of(sources: Mapping[str, str], language: str = "python", family: str = "python") -> Resolution:
    profile = profile_for(family)(Layout(sources, {}))
    files = [ProgramFile(path, extract(language, text.encode())) for path, text in sources.items()]
    return Resolution("r", files, profile)


def targets(
    resolution: Resolution, rows: list[RelationRow], kind: RelationKind = RelationKind.CALLS
) -> list[tuple[str, int, str]]:
    """Return (path, line, qualified name of the target) of the rows of a kind that are sure and inside the project."""
    return sorted(
        {
            (row[7], row[8], resolution.symbols[row[5]].qualified_name)
            for row in rows
            if row[0] == kind and row[5] >= 0 and row[2] is not Tier.AMBIGUOUS
        }
    )


def symbol_named(resolution: Resolution, name: str) -> int:
    return next(index for index, symbol in enumerate(resolution.symbols) if symbol.qualified_name == name)
