"""`clew repos`: what is indexed."""

from __future__ import annotations

from app.cli.composition import opened
from app.cli.index import short_revision
from app.cli.screen import Screen, write_json
from app.errors import FOUND, NONE
from app.shapes.repositories import repository_shape
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING


def run(as_json: bool, store: str | None) -> int:
    """Return 0 when a repository is indexed, else 1."""
    with opened(store) as wiring:
        known = wiring.graph.repositories(EVERYTHING) if wiring.has_index else []
        if as_json:
            write_json({"repositories": [repository_shape(info) for info in known]})
        elif known:
            show(Screen(), known)
        else:
            Screen().line(f"none: nothing is indexed in {str(wiring.settings.home)!r}; run `clew index PATH`")
    return FOUND if known else NONE


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
