"""HTML pages: the text of the main part, with headings, lists, definitions and code, and the line each piece stands on.

The parser is tree-sitter's grammar, which says where every piece of text stands; scripts, styles, navigation and what
else surrounds the main part are left out. Nothing is ever carried out or fetched. A page whose lines are far too long
to cite (minified) is written as Markdown instead.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from functools import cache

import tree_sitter_html
from tree_sitter import Language, Node, Parser

from indexers.documents.blocks import Block, BlockKind, Marks, Piece, keep_lines, to_markdown

LONGEST_LINE_BYTES = 4_000
"""A text line beyond this is no place to point at: the page is laid out anew."""

_LEFT_OUT = frozenset(
    ["nav", "footer", "aside", "template", "noscript", "iframe", "svg", "button", "select", "form", "dialog", "object"]
)
_LEFT_OUT_CLASSES = frozenset(
    ["headerlink", "sphinxsidebar", "toc", "breadcrumb", "breadcrumbs", "related", "navbar", "sidebar", "navheader", "navfooter", "mw-editsection", "skip-link"]
)  # fmt: skip
_MAIN_IDS = frozenset(["main-content", "mw-content-text", "bodyContent", "content", "main"])
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    [
        "p", "div", "section", "article", "main", "header", "body", "blockquote", "table", "thead", "tbody", "tr", "ul", "ol", "dl",
        "dd", "figure", "figcaption", "details", "summary", "address", "hr", "br", "fieldset", "center", "td", "th", "caption",
    ]
)  # fmt: skip
_CODE = frozenset(["code", "tt", "kbd", "samp"])
_ADMONITIONS = frozenset(
    [
        "admonition",
        "attention",
        "callout",
        "caution",
        "danger",
        "hint",
        "important",
        "note",
        "notecard",
        "tip",
        "warning",
    ]
)
_END_OF_ADMONITION = "admonition"
"""Stands for the end of an element in which a heading is the label of a box, not the beginning of a section."""
_LANGUAGE_CLASS = re.compile(r"(?:^|[\s-])(?:language|lang|highlight|brush:)-?\s?([A-Za-z+#]+)")


def render_html(content: bytes) -> tuple[bytes, Marks | None]:
    """Return the page's text and where its structure stands; without marks it is Markdown."""
    blocks = read_blocks(content)
    text, marks = keep_lines(blocks, content.count(b"\n") + (0 if content.endswith(b"\n") else 1))
    if max(map(len, text.split(b"\n")), default=0) > LONGEST_LINE_BYTES:
        return to_markdown(blocks).encode("utf-8", "replace"), None
    return text, marks


def read_blocks(content: bytes) -> list[Block]:
    """Return the blocks of the page's main part, in order. Never raises on bad markup."""
    tree = Parser(_language()).parse(content)
    main = _main_part(tree.root_node, content)
    reader = _Reader(content)
    title = None if main.type == "document" else _first(tree.root_node, "title", content)
    reader.read(main)
    blocks = [block for block in reader.blocks if block.pieces]
    if title is not None and not any(block.kind is BlockKind.HEADING for block in blocks):
        head = _Reader(content)
        head.read(title)
        blocks[:0] = [Block(BlockKind.HEADING, block.pieces, 1) for block in head.blocks[:1] if block.pieces]
    return blocks


@cache
def _language() -> Language:
    return Language(tree_sitter_html.language())


def _main_part(root: Node, content: bytes) -> Node:
    """Return the element that holds what the page is about, the whole document where none is marked."""
    best: tuple[int, Node] | None = None
    for node in _elements(root):
        name, attributes = _tag(node, content)
        rank = (
            0 if name == "main" or attributes.get("role") == "main"
            else 1 if attributes.get("id") in _MAIN_IDS
            else 2 if name == "article"
            else 3 if name == "body"
            else 4
        )  # fmt: skip
        if rank < 4 and (best is None or rank < best[0]):
            best = rank, node
            if rank == 0:
                break
    return best[1] if best else root


def _first(root: Node, name: str, content: bytes) -> Node | None:
    return next((node for node in _elements(root) if _tag(node, content)[0] == name), None)


def _elements(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "element":
            yield node
        pending.extend(child for child in reversed(node.children) if child.type in ("element", "ERROR"))


def _tag(element: Node, content: bytes) -> tuple[str, dict[str, str]]:
    """Return an element's name, in lower case, and the attributes that tell what it is for."""
    start = element.child(0)
    if start is None or start.type not in ("start_tag", "self_closing_tag"):
        return "", {}
    name, attributes = "", {}
    for child in start.named_children:
        if child.type == "tag_name":
            name = _source(child, content).lower()
        elif child.type == "attribute" and child.named_child_count == 2:
            key, value = child.named_children
            written = _source(key, content).lower()
            if written in ("id", "class", "role"):
                attributes[written] = _source(value, content).strip("\"'")
    return name, attributes


def _source(node: Node, content: bytes) -> str:
    return content[node.start_byte : node.end_byte].decode("utf-8", "replace")


class _Reader:
    """Walks one element without recursion: pages nest as deep as they like."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.blocks: list[Block] = [Block(BlockKind.PARAGRAPH)]
        self._level = 0
        self._code = 0
        self._pre = 0
        self._admonitions = 0
        self._terms: list[list[Block]] = []
        """The terms that are sections, of each list of definitions that is open."""
        self._last_line = 0
        self._named = ""
        """The language that an element around the next block of code names."""
        self._at = -1
        """Byte after the last tag or text; what lies before the next one is white space, by the grammar."""
        self._gap = ""
        """White space since the last text."""

    def read(self, root: Node) -> None:
        pending: list[tuple[Node | None, str]] = [(root, "")]
        while pending:
            node, closing = pending.pop()
            if node is None:
                self._close(closing)
            elif node.type in ("element", "document", "ERROR"):
                name, attributes = _tag(node, self.content) if node.type == "element" else ("", {})
                if name in _LEFT_OUT or (name == "head" and node is not root) or _is_left_out(attributes):
                    self._pass(node)
                    continue
                if _is_admonition(name, attributes):
                    self._admonitions += 1
                    pending.append((None, _END_OF_ADMONITION))
                self._open(name, attributes)
                pending.append((None, name))
                pending.extend((child, "") for child in reversed(node.children))
            elif node.type in ("text", "entity"):
                self._add(node)
            else:
                self._pass(node)

    def _pass(self, node: Node) -> None:
        if 0 <= self._at < node.start_byte:
            self._gap += self.content[self._at : node.start_byte].decode("utf-8", "replace")
        self._at = max(self._at, node.end_byte)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._named = _language_named(attributes) or self._named
        if name in _HEADINGS and not self._admonitions:
            self._level = _HEADINGS[name]
            self._begin(BlockKind.HEADING, self._level)
        elif name == "dt" and "id" in attributes:
            # A term with an id of its own is what a page of reference links to: a section below the last heading.
            self._begin(BlockKind.HEADING, self._level + max(len(self._terms), 1))
            if self._terms:
                self._terms[-1].append(self.blocks[-1])
        elif name == "dt":
            self._begin(BlockKind.PARAGRAPH)
        elif name == "pre":
            self._begin(BlockKind.CODE)
            self._pre += 1
        elif name == "li":
            self._begin(BlockKind.ITEM)
        elif name in _BLOCKS or name in _HEADINGS:
            self._begin(BlockKind.PARAGRAPH)
            if name == "dl":
                self._terms.append([])
        elif name in _CODE:
            self._code += 1

    def _close(self, name: str) -> None:
        if name == "pre":
            self._pre = max(0, self._pre - 1)
            _trim(self.blocks[-1])
            self.blocks[-1].language, self._named = self._named, ""
        elif name in _CODE:
            self._code = max(0, self._code - 1)
        elif name == _END_OF_ADMONITION:
            self._admonitions -= 1
        elif name == "dl":
            for term in self._terms.pop():
                term.end_line = self._last_line  # what follows is about the heading around the list
        if name in _HEADINGS or name in _BLOCKS or name in ("dt", "li", "pre"):
            self._begin(BlockKind.PARAGRAPH)

    def _begin(self, kind: BlockKind, level: int = 0) -> None:
        if self._pre:
            return
        last = self.blocks[-1]
        if last.pieces:
            self.blocks.append(Block(kind, [], level))
        elif kind is not BlockKind.PARAGRAPH or last.kind is BlockKind.CODE:
            last.kind, last.level = kind, level

    def _add(self, node: Node) -> None:
        self._pass(node)
        gap, self._gap = self._gap, ""
        block, line = self.blocks[-1], node.start_point.row + 1
        text = _source(node, self.content)
        self._last_line = node.end_point.row + 1
        if node.type == "entity":
            text = entities.unescape(text)
        if block.kind is BlockKind.CODE:
            _add_code(block, gap + text, line - gap.count("\n"))
            return
        for offset, part in enumerate(text.split("\n")):
            words = " ".join(part.split())
            if words:
                spaced = bool(block.pieces) and (offset > 0 or bool(gap))
                block.pieces.append(Piece(line + offset, words, spaced, self._code > 0))


def _add_code(block: Block, text: str, line: int) -> None:
    """Add text as it stands, one piece a line. line: of its first character."""
    for number, part in enumerate(text.replace("\r\n", "\n").split("\n")):
        if number == 0 and block.pieces:
            last = block.pieces[-1]
            block.pieces[-1] = Piece(last.line, last.text + part, code=True)
        else:
            block.pieces.append(Piece(line + number, part, code=True))


def _trim(block: Block) -> None:
    if block.kind is not BlockKind.CODE:
        return
    while block.pieces and not block.pieces[-1].text.strip():
        block.pieces.pop()
    while block.pieces and not block.pieces[0].text.strip():
        block.pieces.pop(0)


def _is_left_out(attributes: dict[str, str]) -> bool:
    if attributes.get("role") in ("navigation", "search", "banner", "contentinfo"):
        return True
    return not _LEFT_OUT_CLASSES.isdisjoint(attributes.get("class", "").split())


def _is_admonition(name: str, attributes: dict[str, str]) -> bool:
    if name not in ("div", "section", "blockquote", "p"):
        return False
    return attributes.get("role") == "note" or not _ADMONITIONS.isdisjoint(attributes.get("class", "").split())


def _language_named(attributes: dict[str, str]) -> str:
    """Return the language that a class names: `language-python`, `highlight-c`, `brush: js`."""
    match = _LANGUAGE_CLASS.search(attributes.get("class", ""))
    return match[1].lower() if match else ""
