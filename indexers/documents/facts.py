"""Documents as facts: one definition a heading, references from inline code and from what blocks of code call.

Owns which lines a section covers and how headings nest. No directive, script, include or cell is ever carried out.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from indexers.documents.code_blocks import named_in
from indexers.documents.formats import Rendered, outline_of
from indexers.documents.outline import Heading, Outline
from indexers.facts import Definition, FileFacts, ParseIssue, Reference, Scope, ScopeKind

DOCSTRING_LIMIT = 2_000
NAME_LIMIT = 200
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::|#)[A-Za-z_]\w*)*")
_CODE_SHAPE = re.compile(r"[_.:#()\d]|[a-z][A-Z]")
_SEPARATORS = re.compile(r"::|#")

_UNLABELLED = {"rst": "python"}
"""Sphinx' own default for blocks that name no language."""


def extract_document(language: str, source: bytes, rendered: Rendered | None = None) -> FileFacts:
    """Return the facts of a document. Bad source gives issues, never an error.

    Args:
        language: one of `formats.FORMATS`.
        source: its text, as it is stored. rendered: how it was made, for a format that is not stored as it is written.
    """
    text = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    line_count = text.count("\n") + (0 if text.endswith("\n") or not text else 1)
    outline = outline_of(rendered or Rendered(source, language), text)
    facts = FileFacts(language, line_count)
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    _add_sections(facts, outline.headings, line_count)
    _add_references(facts, outline, _UNLABELLED.get(language, ""))
    title = outline.title or (outline.headings[0].title if outline.headings else "")
    lead = outline.lead or (outline.headings[0].lead if outline.headings else "")
    facts.docstring = "\n".join(part for part in (title, lead) if part)[:DOCSTRING_LIMIT]
    facts.issues.extend(ParseIssue(line, "syntax", detail) for line, detail in outline.issues)
    return facts


@dataclass(slots=True)
class _Open:
    level: int
    definition: int
    scope: int


def _add_sections(facts: FileFacts, headings: list[Heading], line_count: int) -> None:
    """Add a definition and a scope for each heading."""
    stack: list[_Open] = []
    for heading in headings:
        while stack and (
            stack[-1].level >= heading.level or facts.definitions[stack[-1].definition].end_line < heading.start_line
        ):
            closed = facts.definitions[stack.pop().definition]
            closed.end_line = max(closed.start_line, min(closed.end_line, heading.start_line - 1))
        outer = stack[-1].scope if stack else 0
        index = len(facts.definitions)
        scope = len(facts.scopes)
        title = heading.title[:NAME_LIMIT] or "(untitled)"
        facts.definitions.append(
            Definition(
                title,
                "section",
                outer,
                scope,
                heading.line,
                heading.column,
                heading.start_line,
                heading.end_line or line_count,
                signature=title,
                docstring=heading.lead[:DOCSTRING_LIMIT],
            )
        )
        facts.scopes.append(Scope(ScopeKind.NAMESPACE, outer, index))
        stack.append(_Open(heading.level, index, scope))


def _add_references(facts: FileFacts, outline: Outline, unlabelled: str) -> None:
    """Add what inline code and blocks of code name, each in the innermost section it stands in."""
    named = [(line, column, name) for line, column, text in outline.codes if (name := _inline_name(text))]
    named += [(line, column, name) for name, line, column in named_in(outline.blocks, unlabelled)]
    waiting = deque(facts.definitions)
    around: list[Definition] = []
    for line, column, name in sorted(named):
        while waiting and waiting[0].start_line <= line:
            around.append(waiting.popleft())
            while len(around) > 1 and around[-2].end_line < around[-1].start_line:
                del around[-2]
        while around and around[-1].end_line < line:
            around.pop()
        facts.references.append(Reference(around[-1].opens if around else 0, name[:NAME_LIMIT], line, column))


def _inline_name(text: str) -> str:
    """Return the dotted name that inline code is, empty when it is none."""
    name = text.strip().removesuffix("()")
    if len(name) > 2 and _IDENTIFIER.fullmatch(name) and (_CODE_SHAPE.search(name) or len(name) > 3):
        return _SEPARATORS.sub(".", name)
    return ""
