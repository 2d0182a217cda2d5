"""What is indexed."""

from __future__ import annotations

from app.rendering.screen import Screen
from knowledge.schema import RepositoryInfo


def show(screen: Screen, known: list[RepositoryInfo]) -> None:
    screen.table(
        [
            (
                (info.name, "title"),
                f"{info.file_count:,} files",
                f"{info.symbol_count:,} symbols",
                short_revision(info.revision),
                (info.root, "path"),
            )
            for info in known
        ],
        indent=0,
    )


def short_revision(revision: str) -> str:
    """Return the revision with its hash cut to 12 digits, as people write it."""
    kind, colon, digest = revision.rpartition(":")
    return f"{kind}{colon}{digest[:12]}"
