"""The pictures in the documents are the graph of now."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.drawing import DOCUMENTS
from graph.assistant import NODES
from graph.drawing import draw_mermaid, with_picture

ROOT = Path(__file__).parents[3]


def test_the_drawing_shows_all_nodes_and_the_ways_back() -> None:
    drawing = draw_mermaid()
    assert all(f"{node}({node})" in drawing for node in NODES)
    assert "watcher -.-> cost_optimizer" in drawing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_shows_the_graph_of_now(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert with_picture(text) == text, "run `make graph-picture`"


def test_a_document_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_picture("# Nothing")
