"""The picture of the compiled graph as Mermaid text, and the place of a document that shows it, marked by two comments."""

from __future__ import annotations

import re
from typing import cast

from agents.services import Services
from graph.assistant import NAME, build

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
