"""`clew graph sync`: copies what is indexed to a Neo4j server."""

from __future__ import annotations

import time

from app.cli.composition import opened
from app.cli.progress import ProgressLine
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, counted, write_json
from app.shapes import Shape
from knowledge.schema import RepositoryInfo


def run(repository: str | None, as_json: bool, store: str | None) -> int:
    """Return 0 when something is indexed, else 1."""
    progress = ProgressLine()
    began = time.monotonic()
    with opened(store) as wiring:
        try:
            copies = wiring.indexing.copy_to_neo4j(repository, progress=progress, say=progress.note)
        finally:
            progress.close()
        url, wall_s = wiring.settings.graph.url, time.monotonic() - began
    if as_json:
        rows = [_shape(copy.repository, copy.copied) for copy in copies]
        write_json({"to": "neo4j", "url": url, "repositories": rows, "wall_s": round(wall_s, 3)})
        return FOUND if copies else NONE
    screen = Screen()
    for copy in copies:
        info = copy.repository
        said = "copied" if copy.copied else "was there already"
        screen.line(
            (info.name, "title"),
            f"  generation {info.generation}: {counted(info.symbol_count, 'symbol')}, ",
            f"{counted(info.relation_count, 'relation')}  ",
            (said, "good"),
        )
    screen.line((f"{url}, {wall_s:.1f} s", "dim") if copies else "none: nothing is indexed; run `clew index PATH`")
    return FOUND if copies else NONE


def _shape(info: RepositoryInfo, copied: bool) -> Shape:
    return {
        "name": info.name,
        "generation": info.generation,
        "revision": info.revision,
        "files": info.file_count,
        "symbols": info.symbol_count,
        "relations": info.relation_count,
        "copied": copied,
    }
