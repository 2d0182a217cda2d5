"""Markdown's headings, first paragraphs, inline code and blocks of code. Blocks are markdown-it's (CommonMark).

Its inline parser reads headings and first paragraphs alone: it takes five sixths of the time, and all we want of other
text is code spans.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexers.documents.outline import CodeBlock, Heading, Outline, byte_column

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n.*?^\1[ \t]*(?:\n|\Z)", re.S | re.M)
_CODE_SPAN = re.compile(r"(?<!`)(`{1,3})(?!`)(.{1,200}?)(?<!`)\1(?!`)")
_ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]*\}\s*\Z")
_BLOCKS = MarkdownIt("commonmark")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])
_INLINE = MarkdownIt("commonmark")
_LONGEST_PLAIN = 4_000
_SHOWN = frozenset({"text", "text_special", "code_inline"})
_BREAKS = frozenset({"softbreak", "hardbreak"})

Environment = dict[str, Any]
"""What markdown-it keeps of a document: the targets of its reference links."""


def read_markdown(text: str) -> Outline:
    """Return the outline of a Markdown document; `text` has plain line breaks."""
    front = _FRONT_MATTER.match(text)
    outline = Outline()
    if front:
        outline.title = _front_title(front.group())
        # Blank lines in place of the front matter keep the line numbers.
        text = "\n" * front.group().count("\n") + text[front.end() :]
    lines = text.split("\n")
    environment: Environment = {}
    tokens = _BLOCKS.parse(text, environment)
    for index, token in enumerate(tokens):
        if token.type == "inline" and token.map:
            opener = tokens[index - 1]
            if opener.type == "heading_open" and opener.level == 0:
                outline.headings.append(_heading(token, opener, lines, environment))
            elif opener.type == "paragraph_open" and opener.level == 0 and outline.wants_lead:
                plain = _plain(token.content, environment)
                if plain:
                    outline.add_lead(plain)
            _add_codes(outline, token, lines)
        elif token.type in ("fence", "code_block") and token.map:
            outline.blocks.append(_block(token, lines))
    return outline


def _front_title(front: str) -> str:
    """Return the title that YAML or TOML front matter gives; none when it is not to be read."""
    body = front.strip().strip("-+\n")
    if front.startswith("+++"):
        try:
            title = tomllib.loads(body).get("title", "")
        except (tomllib.TOMLDecodeError, RecursionError):
            return ""
    else:
        try:
            node = yaml.compose(body, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError):
            return ""
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        title = next((value.value for key, value in entries if key.value == "title"), "")
    return " ".join(title.split()) if isinstance(title, str) else ""


def _block(token: Token, lines: list[str]) -> CodeBlock:
    first = (token.map[0] if token.map else 0) + (1 if token.type == "fence" else 0)
    text = token.content.rstrip("\n")
    written = lines[first] if first < len(lines) else ""
    shown = text.split("\n")[0]
    indent = len(written) - len(written.lstrip()) - (len(shown) - len(shown.lstrip()))
    words = token.info.replace("{", " ").replace(",", " ").split()
    return CodeBlock(words[0].strip(".}") if words else "", first + 1, text, max(0, indent))


def _heading(token: Token, opener: Token, lines: list[str], environment: Environment) -> Heading:
    first = token.map[0] if token.map else 0
    shown = token.content.split("\n")[0]
    found = lines[first].find(shown) if first < len(lines) else -1
    column = byte_column(lines[first], max(0, found)) if first < len(lines) else 1
    name = _ATTRIBUTES.sub("", _plain(token.content, environment))
    return Heading(name, int(opener.tag[1:]), first + 1, column, first + 1)


def _add_codes(outline: Outline, token: Token, lines: list[str]) -> None:
    if "`" not in token.content or not token.map:
        return
    for number in range(token.map[0], min(token.map[1], len(lines))):
        line = lines[number]
        for match in _CODE_SPAN.finditer(line):
            text = match[2]
            start = match.start(2) + len(text) - len(text.lstrip())
            outline.codes.append((number + 1, byte_column(line, start), text.strip()))


def _plain(text: str, environment: Environment) -> str:
    """Return the text without its markup, images and HTML tags, in one line."""
    inline = _INLINE.parseInline(text[:_LONGEST_PLAIN], environment)[0]
    parts = [
        child.content if child.type in _SHOWN else " " * (child.type in _BREAKS) for child in inline.children or []
    ]
    return " ".join("".join(parts).split())
