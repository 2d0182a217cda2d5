"""A DevDocs bundle (`db.json`: path of a page -> its HTML) as one Markdown text, a section a page. Source: devdocs.io."""

from __future__ import annotations

import json

from indexers.documents.blocks import BlockKind, heading, to_markdown
from indexers.documents.html import read_blocks


def render_devdocs(content: bytes) -> bytes:
    """Return all pages, in the bundle's order. Raises ValueError when it is no such bundle."""
    pages = json.loads(content)
    if not isinstance(pages, dict):
        raise ValueError("a DevDocs bundle is an object of pages")
    parts: list[str] = []
    for path, page in pages.items():
        if not isinstance(page, str):
            raise ValueError(f"the page {path!r} is no text")
        blocks = read_blocks(page.encode("utf-8", "replace"))
        title = path
        if blocks and blocks[0].kind is BlockKind.HEADING:
            title = f"{blocks[0].plain} ({path})" if path != blocks[0].plain else path
            blocks = blocks[1:]
        levels = [block.level for block in blocks if block.kind is BlockKind.HEADING]
        parts.append(heading(title, 1))
        parts.append(to_markdown(blocks, deeper=2 - min(levels, default=2)))
    return "\n\n".join(parts).encode("utf-8", "replace")
