"""The picture of the compiled graph as Mermaid text, and the documents that show it: `python -m graph.drawing` brings them up to date.

A document marks the place with two comments; a test fails when what stands between them is not the graph of now.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import cast

from agents.services import Services
from graph.assistant import NAME, build

DOCUMENTS = ("ARCHITECTURE.md", "docs/studio.md")
_PICTURE = re.compile(r"(<!-- picture of the graph: make graph-picture -->\n).*?(<!-- end of the picture -->)", re.S)


def draw_mermaid() -> str:
    """Return the graph as Mermaid text. Needs no ports: nothing runs."""
    return build(cast(Services, None)).compile(name=NAME).get_graph().draw_mermaid()


def with_picture(document: str) -> str:
    """Return the document with the picture of now between its marks. Raises ValueError where it has none."""
    picture = f"```mermaid\n{draw_mermaid().strip()}\n```\n"
    drawn, count = _PICTURE.subn(lambda marks: marks[1] + picture + marks[2], document)
    if not count:
        raise ValueError("the document has no place for the picture")
    return drawn


def main() -> int:
    """Write the picture into every document that shows it."""
    root = Path(__file__).parents[1]
    for name in DOCUMENTS:
        path = root / name
        path.write_text(with_picture(path.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
