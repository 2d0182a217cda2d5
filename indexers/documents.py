"""Markdown and reStructuredText files as facts: one definition a heading, references from inline code.

Owns which lines a section covers and how headings nest. Neither language's directives, raw HTML nor includes are ever
carried out; a document that cannot be parsed as RST is read by its underlines alone, with an issue.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from indexers.facts import Definition, FileFacts, ParseIssue, Reference, Scope, ScopeKind
from indexers.markdown import read_markdown
from indexers.restructured import read_restructured
from indexers.sections import Heading, Outline

DOCSTRING_LIMIT = 2_000
NAME_LIMIT = 200
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::|#)[A-Za-z_]\w*)*")
_CODE_SHAPE = re.compile(r"[_.:#()\d]|[a-z][A-Z]")
_SEPARATORS = re.compile(r"::|#")

_READERS: dict[str, Callable[[str], Outline]] = {"markdown": read_markdown, "rst": read_restructured}


def extract_document(language: str, source: bytes) -> FileFacts:
    """Return the facts of a document. language: `markdown` or `rst`. Bad source gives issues, never an error."""
    text = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    line_count = text.count("\n") + (0 if text.endswith("\n") or not text else 1)
    outline = _READERS[language](text)
    facts = FileFacts(language, line_count)
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    scope_starts = _add_sections(facts, outline.headings, line_count)
    _add_references(facts, outline, scope_starts)
    title = outline.headings[0].title if outline.headings else ""
    lead = outline.lead or (outline.headings[0].lead if outline.headings else "")
    facts.docstring = "\n".join(part for part in (title, lead) if part)[:DOCSTRING_LIMIT]
    facts.issues.extend(ParseIssue(line, "syntax", detail) for line, detail in outline.issues)
    return facts


@dataclass(slots=True)
class _Open:
    level: int
    definition: int
    scope: int


def _add_sections(facts: FileFacts, headings: list[Heading], line_count: int) -> list[tuple[int, int]]:
    """Add a definition and a scope for each heading. Return (first line, scope) of each, by line."""
    stack: list[_Open] = []
    starts: list[tuple[int, int]] = []
    for heading in headings:
        while stack and stack[-1].level >= heading.level:
            facts.definitions[stack.pop().definition].end_line = heading.start_line - 1
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
                line_count,
                signature=title,
                docstring=heading.lead[:DOCSTRING_LIMIT],
            )
        )
        facts.scopes.append(Scope(ScopeKind.NAMESPACE, outer, index))
        stack.append(_Open(heading.level, index, scope))
        starts.append((heading.start_line, scope))
    return starts


def _add_references(facts: FileFacts, outline: Outline, starts: list[tuple[int, int]]) -> None:
    """Add what inline code names, each in the section it stands in."""
    at, scope = 0, 0
    for line, column, text in sorted(outline.codes):
        while at < len(starts) and starts[at][0] <= line:
            scope = starts[at][1]
            at += 1
        name = text.strip().removesuffix("()")
        if len(name) > 2 and _IDENTIFIER.fullmatch(name) and (_CODE_SHAPE.search(name) or len(name) > 3):
            facts.references.append(Reference(scope, _SEPARATORS.sub(".", name)[:NAME_LIMIT], line, column))
