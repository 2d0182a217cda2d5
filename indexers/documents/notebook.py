"""A Jupyter notebook as Markdown: its Markdown cells as they are, its code as blocks. Outputs are left out. Source: nbformat 4, 3."""

from __future__ import annotations

import json
from typing import Any

from indexers.documents.blocks import fenced


def render_notebook(content: bytes) -> bytes:
    """Return the cells in order. Raises ValueError when it is no notebook."""
    notebook = json.loads(content)
    cells = _cells(notebook)
    language = _language(notebook)
    parts: list[str] = []
    for cell in cells:
        source = _source(cell)
        kind = cell.get("cell_type")
        if not source.strip():
            continue
        if kind == "code":
            parts.append(fenced(source, "" if source.startswith("%%") else language))
        elif kind in ("markdown", "heading"):
            parts.append(f"{'#' * int(cell.get('level', 1))} {source}" if kind == "heading" else source)
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _cells(notebook: Any) -> list[dict[str, Any]]:
    if not isinstance(notebook, dict):
        raise ValueError("a notebook is an object with cells")
    sheets = notebook.get("worksheets")
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets, list):  # nbformat 3
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells", [])]
    if not isinstance(cells, list):
        raise ValueError("the notebook has no cells")
    return [cell for cell in cells if isinstance(cell, dict)]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        return "python"
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        described = metadata.get(key)
        if isinstance(described, dict) and isinstance(described.get(field), str):
            return str(described[field]).lower()
    return "python"
