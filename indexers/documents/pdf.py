"""A PDF as Markdown: a section a page, below the document's own bookmarks. Text only; nothing in it is carried out. Reader: pypdf."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError

from indexers.documents.blocks import escaped, heading

PAGE_LIMIT = 3_000
_MAX_LEVEL = 4

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every oddity of every file


def render_pdf(content: bytes) -> bytes:
    """Return the text of all pages. Raises ValueError when the file cannot be read, or needs a password."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it needs a password")
        if len(reader.pages) > PAGE_LIMIT:
            raise ValueError(f"{len(reader.pages)} pages, the limit is {PAGE_LIMIT}")
        titles = _bookmarks(reader)
        parts: list[str] = []
        for number, page in enumerate(reader.pages):
            marked = titles.get(number, [])
            parts += [heading(f"{title} (page {number + 1})", level) for level, title in marked]
            if not marked:
                parts.append(heading(f"Page {number + 1}", _MAX_LEVEL + 1))
            parts.append(escaped(page.extract_text().strip()))
    except ValueError:
        raise
    except (
        PdfReadError,
        ArithmeticError,
        AttributeError,
        LookupError,
        NotImplementedError,
        OSError,
        RecursionError,
        TypeError,
    ) as exc:
        raise ValueError(f"{type(exc).__name__}: {exc}") from exc  # a damaged file fails in any of these ways
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _bookmarks(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """Return (level, title) of the bookmarks that lead to each page, in order."""
    found: dict[int, list[tuple[int, str]]] = {}

    def walk(entries: Iterable[Any], level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
                continue
            page = reader.get_destination_page_number(entry)
            title = str(entry.title or "").strip()
            if page is not None and page >= 0 and title:
                found.setdefault(page, []).append((min(level, _MAX_LEVEL), title))

    walk(reader.outline, 1)
    return found
