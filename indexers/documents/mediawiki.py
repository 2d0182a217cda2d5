"""A MediaWiki export (XML) as Markdown: a section a page, its headings below. Templates are left out. Parser: mwparserfromhell.

Source: mediawiki.org, Help:Export and the schema export-0.11.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

import mwparserfromhell
from mwparserfromhell.nodes import ExternalLink, Heading, HTMLEntity, Node, Tag, Text, Wikilink

from indexers.documents.blocks import escaped, fenced, heading

_CODE_BLOCKS = frozenset(["source", "syntaxhighlight", "pre"])
_CODE = frozenset(["code", "tt", "kbd", "samp"])
_LEFT_OUT = frozenset(["ref", "references", "gallery", "table"])


def render_mediawiki(content: bytes) -> bytes:
    """Return all pages, each at its last revision. Raises ValueError when the file is no export."""
    if b"<!ENTITY" in content:
        raise ValueError("it declares entities, which no export does")
    parts: list[str] = []
    try:
        for _, element in ElementTree.iterparse(io.BytesIO(content)):  # noqa: S314 - entities are refused above
            if _local(element.tag) == "page":
                title, text = _page(element)
                parts += [heading(title, 1), *_paragraphs(text)]
                element.clear()
    except ElementTree.ParseError as exc:
        raise ValueError(f"not well-formed XML: {exc}") from exc
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _page(page: ElementTree.Element) -> tuple[str, str]:
    title, text = "", ""
    for element in page.iter():
        if _local(element.tag) == "title":
            title = element.text or ""
        elif _local(element.tag) == "text":
            text = element.text or ""
    return title or "(untitled)", text


def _paragraphs(text: str) -> Iterable[str]:
    """Yield the Markdown of one page, piece by piece."""
    prose: list[str] = []

    def flush() -> Iterable[str]:
        joined = "".join(prose)
        prose.clear()
        for paragraph in joined.split("\n\n"):
            if paragraph.strip():
                yield escaped("\n".join(" ".join(line.split()) for line in paragraph.strip().split("\n")))

    for node in mwparserfromhell.parse(text).nodes:
        if isinstance(node, Heading):
            yield from flush()
            yield heading(_plain(node.title.nodes), node.level)
        elif isinstance(node, Tag) and str(node.tag).strip().lower() in _CODE_BLOCKS:
            yield from flush()
            language = str(node.get("lang").value) if node.has("lang") else ""
            yield fenced(str(node.contents).strip("\n"), language.strip().lower())
        else:
            prose.append(_plain([node]))
    yield from flush()


def _plain(nodes: Iterable[Any]) -> str:
    return "".join(map(_text, nodes))


def _text(node: Node) -> str:
    if isinstance(node, Text):
        return str(node.value)
    if isinstance(node, HTMLEntity):
        return str(node.normalize())
    if isinstance(node, Wikilink):
        target = str(node.title)
        return "" if target.startswith(("File:", "Image:", "Category:")) else _plain((node.text or node.title).nodes)
    if isinstance(node, ExternalLink):
        return _plain((node.title or node.url).nodes)
    if isinstance(node, Tag):
        name = str(node.tag).strip().lower()
        if name in _LEFT_OUT:
            return ""
        inside = _plain(node.contents.nodes) if node.contents is not None else ""
        if name in _CODE and inside.strip() and "`" not in inside:
            return f"`{inside.strip()}`"
        if name in ("li", "dt", "dd"):
            return inside or "- "
        return "\n" if name == "br" else inside
    return ""  # templates, comments, arguments
