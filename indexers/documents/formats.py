"""The formats of documents: which files have which, how large they may be, how each becomes text with an outline.

Some are kept as they are written (Markdown, RST, OpenAPI), so that a citation opens the file's own line; so is HTML, cleaned
but line by line. The others have no lines worth citing: they are laid out as Markdown, and lines are those of that text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from indexers.documents.blocks import Marks
from indexers.documents.outline import Outline

_LIMITS = {
    "html": 10_000_000,
    "openapi": 20_000_000,
    "notebook": 50_000_000,
    "pdf": 50_000_000,
    "devdocs": 50_000_000,
    "mediawiki": 50_000_000,
}
"""Bytes; other files obey the setting alone."""
HEAD_BYTES = 4_096

ALWAYS = {".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".rst": "rst", ".ipynb": "notebook"}
"""Documents wherever they lie."""
AMONG_DOCUMENTS = {".html": "html", ".htm": "html", ".xhtml": "html", ".pdf": "pdf"}
"""Documents in a folder of documents; elsewhere they are templates, fixtures and papers."""
BY_HEAD = frozenset({".yaml", ".yml", ".json", ".xml", ".txt"})
"""What only the first bytes tell."""
FOLDERS = frozenset({"doc", "docs", "documentation", "manual", "wiki", "guide", "guides"})

_RST = re.compile(rb"^\.\. [\w-]+::|^\S[^\n]*\r?\n(?P<line>[=~^\"'#*+-])(?P=line){2,}[ \t]*\r?$", re.M)
"""A directive, or a title that is underlined: Django and Vim call such documents `.txt`."""
_DEVDOCS = re.compile(rb'\s*\{\s*"[^"\\]{1,200}"\s*:\s*"\s*(?:<|\\u003[cC])')
_MEDIAWIKI = re.compile(rb"\s*(?:<\?xml[^>]*>)?\s*<mediawiki[\s>]")


class DocumentError(ValueError):
    """A document that its reader cannot read; the message says why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document as text. marks: where its structure stands, None when the text's own syntax says it (`syntax`)."""

    text: bytes
    syntax: str
    marks: Marks | None = None


def _rendered_html(content: bytes) -> Rendered:
    from indexers.documents.html import render_html  # start-up time: a grammar

    text, marks = render_html(content)
    return Rendered(text, "markdown", marks)


def _rendered_devdocs(content: bytes) -> Rendered:
    from indexers.documents.devdocs import render_devdocs  # start-up time: a grammar

    return Rendered(render_devdocs(content), "markdown")


def _rendered_notebook(content: bytes) -> Rendered:
    from indexers.documents.notebook import render_notebook

    return Rendered(render_notebook(content), "markdown")


def _rendered_pdf(content: bytes) -> Rendered:
    from indexers.documents.pdf import render_pdf  # start-up time: pypdf

    return Rendered(render_pdf(content), "markdown")


def _rendered_mediawiki(content: bytes) -> Rendered:
    from indexers.documents.mediawiki import render_mediawiki  # start-up time: mwparserfromhell

    return Rendered(render_mediawiki(content), "markdown")


def _rendered_openapi(content: bytes) -> Rendered:
    from indexers.documents.openapi import render_openapi  # start-up time: PyYAML

    return Rendered(render_openapi(content), "openapi")


_RENDERERS: dict[str, Callable[[bytes], Rendered]] = {
    "html": _rendered_html,
    "devdocs": _rendered_devdocs,
    "notebook": _rendered_notebook,
    "pdf": _rendered_pdf,
    "mediawiki": _rendered_mediawiki,
    "openapi": _rendered_openapi,
}
FORMATS = frozenset({"markdown", "rst", *_RENDERERS})


def byte_limit(language: str, max_file_bytes: int) -> int:
    """Return how large a file of this language may be."""
    return max(max_file_bytes, _LIMITS.get(language, 0))


def format_of_head(suffix: str, head: bytes, *, among_documents: bool) -> str | None:
    """Return the format that the first bytes of a file tell, for the suffixes of `BY_HEAD`."""
    if suffix in (".yaml", ".yml", ".json"):
        from indexers.documents.openapi import is_openapi  # start-up time: PyYAML

        if is_openapi(head):
            return "openapi"
    if among_documents and suffix == ".json" and _DEVDOCS.match(head):
        return "devdocs"
    if suffix == ".txt":
        return "rst" if among_documents and _RST.search(head) else None
    return "mediawiki" if suffix == ".xml" and _MEDIAWIKI.match(head) else None


def render(language: str, content: bytes) -> Rendered:
    """Return the document as text; what is no document is returned as it is. Raises DocumentError."""
    renderer = _RENDERERS.get(language)
    if renderer is None:
        return Rendered(content, language)
    try:
        return renderer(content)
    except RecursionError as exc:
        raise DocumentError("nested too deeply") from exc
    except ValueError as exc:
        raise DocumentError(str(exc) or type(exc).__name__) from exc


def outline_of(rendered: Rendered, text: str) -> Outline:
    """Return the outline of a rendered document whose `text` has been masked since."""
    if rendered.marks is not None:
        return rendered.marks.outline(text.encode("utf-8", "surrogatepass"))
    if rendered.syntax == "openapi":
        from indexers.documents.openapi import read_openapi  # start-up time: PyYAML

        return read_openapi(text)
    if rendered.syntax == "rst":
        from indexers.documents.restructured import read_restructured  # start-up time: docutils

        return read_restructured(text)
    from indexers.documents.markdown import read_markdown

    return read_markdown(text)
