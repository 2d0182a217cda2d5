"""reStructuredText's headings, first paragraphs, inline code and blocks of code. Blocks are docutils'.

It says which underlined lines are titles and how they nest; where they stand is found by the grammar's underline rule,
and inline code by a pattern over the lines, so that a directive or role of Sphinx, unknown to docutils, loses nothing.
docutils reads 2 MB of blocks a second without its inline parser, which we leave out.
Documents over `DOCUTILS_LIMIT` and those docutils fails on are read by the grammar's underline rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives, states
from docutils.utils import new_document

from indexers.documents.outline import CodeBlock, Heading, Outline, byte_column

DOCUTILS_LIMIT = 200_000
"""Characters; docutils' time grows faster than the text in some constructs."""

_LITERAL = re.compile(r"(?<!`)``(?!`)([^`\n]{1,200}?)``(?!`)")
_ROLE = re.compile(r":[\w:+.-]+:`(?:[^`<\n]{0,200}<)?[~!]?([^`<>\n]{1,200})>?`")
_UNDERLINE = re.compile(r"([!-/:-@\[-`{-~])\1*[ \t]*")
_MARKUP = (
    (re.compile(r":[\w:+.-]+:`~?([^`<]*?)(?:\s*<[^`>]*>)?`"), r"\1"),
    (re.compile(r"`([^`<]*?)\s*<[^`>]*>`__?"), r"\1"),
    (re.compile(r"`+([^`]*)`+_{0,2}"), r"\1"),
    (re.compile(r"(?<![\w*])(\*\*?)(?=\S)([^*]+)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([^\w\s])"), r"\1"),
    (re.compile(r"\|([^|\s][^|]*)\|_{0,2}"), r"\1"),
)


def read_restructured(text: str) -> Outline:
    """Return the outline of an RST document; `text` has plain line breaks."""
    lines = text.split("\n")
    outline = Outline()
    if len(text) > DOCUTILS_LIMIT:
        _read_underlines(lines, outline)
    else:
        try:
            _read_doctree(text, lines, outline)
        # docutils fails on some bad documents with errors of all sorts (AssertionError, IndexError, KeyError...); the
        # document is then read the plain way and the failure is an issue of the file.
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as exc:
            outline = Outline(issues=[(0, f"docutils failed ({type(exc).__name__}); read by its underlines")])
            _read_underlines(lines, outline)
    _add_codes(lines, outline)
    return outline


class _AnyOption(dict[str, Any]):
    """Options that nobody has declared: Sphinx knows more of them than docutils."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _CodeBlock(Directive):
    """A block of code as Sphinx takes it, whatever its options."""

    has_content = True
    optional_arguments = 1
    option_spec = _AnyOption(caption=directives.unchanged)  # docutils asks an empty one for nothing

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text, classes=["code", *self.arguments])]


for _name in ("code-block", "code", "sourcecode"):
    directives.register_directive(_name, _CodeBlock)


class _NoInline(states.Inliner):
    """Leaves inline markup as it is written."""

    def init_customizations(self, settings: Any) -> None:  # noqa: ARG002
        return None

    def parse(self, text: str, lineno: int, memo: Any, parent: nodes.Element) -> tuple[list[nodes.Node], list[Any]]:  # noqa: ARG002
        return [nodes.Text(text)], []

    def adjust_uri(self, uri: str) -> str:
        return uri


class _States(dict[str, Any]):
    """The states of a nested machine, made when they are first entered: of the fifteen that there are, a block needs two or three."""

    def __init__(self, machine: Any, classes: Iterable[type]) -> None:
        self._machine = machine
        self._classes = {each.__name__: each for each in classes}

    def __missing__(self, name: str) -> Any:
        state = self[name] = self._classes[name](self._machine, self._machine.debug)
        if hasattr(self._machine, "memo"):  # it runs; else its start does this
            state.runtime_init()
        return state


class _Nested(states.NestedStateMachine):
    def add_states(self, state_classes: Iterable[type]) -> None:
        self.states = _States(self, state_classes)


class _InNested(states.RSTState):
    """A state whose nested blocks are read by `_Nested`."""

    nested_sm = _Nested
    nested_sm_cache = list[Any]()

    def __init__(self, state_machine: Any, debug: bool = False) -> None:
        super().__init__(state_machine, debug)
        self.nested_sm_kwargs["state_classes"] = _STATES  # one dictionary for nested and indented blocks


_STATES = tuple(type(each.__name__, (_InNested, each), {}) for each in states.state_classes)


def _read_doctree(text: str, lines: list[str], outline: Outline) -> None:
    """Fill `outline` with the sections that docutils sees, at the lines where the underline rule finds their titles."""
    document = new_document("document", _settings())
    parser = Parser(inliner=_NoInline())
    parser.state_classes = _STATES
    parser.parse(text, document)
    if any(
        "nconsistent" in message.astext() and message["level"] >= 3
        for message in document.findall(nodes.system_message)
    ):
        raise ValueError("inconsistent title levels")
    candidates = iter(_candidates(lines))
    _walk_sections(document, 0, candidates, outline)
    _add_blocks(document, lines, outline)


def _add_blocks(document: nodes.document, lines: list[str], outline: Outline) -> None:
    """Add the literal blocks, each at the line where its text is found: docutils does not say where a directive's stands."""
    at = 0
    for block in document.findall(nodes.literal_block):
        text = block.astext()
        shown = text.split("\n")
        first = next(
            (
                number
                for number in range(at, len(lines))
                if lines[number].endswith(shown[0]) and _fits(lines, number, shown)
            ),
            None,
        )
        if first is None or not shown[0].strip():
            continue
        language = next((name for name in block["classes"] if name != "code"), "")
        outline.blocks.append(CodeBlock(language, first + 1, text, len(lines[first]) - len(shown[0])))
        at = first + len(shown)


def _fits(lines: list[str], first: int, shown: list[str]) -> bool:
    indent = lines[first][: len(lines[first]) - len(shown[0])]
    if indent.strip() or first + len(shown) > len(lines):
        return False
    return all(lines[first + offset].rstrip() == (indent + one).rstrip() for offset, one in enumerate(shown[1:4], 1))


def _walk_sections(parent: nodes.Element, level: int, candidates: Iterator[Heading], outline: Outline) -> None:
    for child in parent.children:
        if isinstance(child, nodes.section):
            title = " ".join(child[0].astext().split()) if child.children else ""
            # Candidates that docutils passed over stand in literal blocks or tables.
            heading = next((one for one in candidates if one.title == title), None)
            if heading is None:
                raise LookupError(f"no line holds the title {title!r}")
            heading.title, heading.level = _plain(title), level + 1
            outline.headings.append(heading)
            _walk_sections(child, level + 1, candidates, outline)
        elif isinstance(child, nodes.paragraph):
            outline.add_lead(_plain(child.astext()))


@cache
def _settings() -> Any:
    settings = get_default_settings(Parser())
    settings.report_level = 5
    settings.halt_level = 6
    settings.warning_stream = False
    settings.file_insertion_enabled = False
    settings.raw_enabled = False
    settings.syntax_highlight = "none"
    return settings


def _candidates(lines: list[str]) -> list[Heading]:
    """Return what the grammar's underline rule takes for headings, levels by the order in which styles appear."""
    styles: dict[str, int] = {}
    found: list[Heading] = []
    number = 0
    while number + 1 < len(lines):
        title, mark = lines[number], _UNDERLINE.fullmatch(lines[number + 1])
        stripped = title.strip()
        overlined = number > 0 and lines[number - 1].rstrip() == lines[number + 1].rstrip()
        is_text = bool(stripped) and not _UNDERLINE.fullmatch(title)
        above = lines[number - 1].strip() if number else ""
        starts_here = overlined or (not title[:1].isspace() and (not above or above.startswith(".. ")))
        if mark and is_text and starts_here and _is_wide_enough(stripped, lines[number + 1]):
            style = mark[1] + ("^" if overlined else "")
            level = styles.setdefault(style, len(styles) + 1)
            column = byte_column(title, len(title) - len(title.lstrip()))
            shown = " ".join(stripped.split())
            found.append(Heading(shown, level, number + 1, column, number if overlined else number + 1))
            number += 1
        number += 1
    return found


def _is_wide_enough(title: str, underline: str) -> bool:
    """docutils takes a short underline too, with a warning, from four characters on."""
    return len(underline.rstrip()) >= min(4, len(title))


def _read_underlines(lines: list[str], outline: Outline) -> None:
    """Fill `outline` by the underline rule alone. First paragraphs are the first lines of text after a heading."""
    headings = _candidates(lines)
    starts = [0, *(heading.line + 1 for heading in headings)]
    ends = [*(heading.start_line - 1 for heading in headings), len(lines)]
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if index:
            headings[index - 1].title = _plain(headings[index - 1].title)
            outline.headings.append(headings[index - 1])
        lead = _first_paragraph(lines, start, end)
        if lead:
            outline.add_lead(_plain(lead))


def _first_paragraph(lines: list[str], start: int, end: int) -> str:
    taken: list[str] = []
    for number in range(start, end):
        line = lines[number]
        if line.strip() and not line[0].isspace() and not line.startswith((".. ", ":", "|", "+-", "==")):
            taken.append(line)
        elif taken:
            break
    return " ".join(taken)


def _add_codes(lines: list[str], outline: Outline) -> None:
    for number, line in enumerate(lines, start=1):
        if "`" not in line:
            continue
        for match in _LITERAL.finditer(line):
            outline.codes.append((number, byte_column(line, match.start(1)), match[1].strip()))
        for match in _ROLE.finditer(line):
            outline.codes.append((number, byte_column(line, match.start(1)), match[1].strip()))


def _plain(text: str) -> str:
    """Return the text without inline markup, in one line."""
    text = " ".join(text.split())[:4_000]
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())
