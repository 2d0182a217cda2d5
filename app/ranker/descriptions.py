"""Questions from what authors say of their functions: its first sentence asks, the function it stands at is the answer.

The corpus of such questions is the tree without descriptions (`without_descriptions`), lines kept, or the answer could be
read off. A user who knows what a function does, and not what it is called, asks like that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath

from app.ranker.cases import Case
from app.ranker.corpora import files_at
from indexers.facts import FileFacts
from indexers.file_kinds import LANGUAGE_OF_SUFFIX
from indexers.languages import PACKS, extract
from indexers.naming import local_names
from knowledge.schema import SymbolKind
from tools.places import is_aside

MIN_WORDS, MAX_WORDS = 4, 40
_FUNCTIONS = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_PARAGRAPH_END = re.compile(r"\n\s*(?:\n|[@\\]\w)")
_COMMENT = re.compile(rb"\s*(?://|/\*|\*)")
_PYTHON = "python"


def described_cases(git_dir: Path, commit: str, repository: str, *, limit: int) -> list[Case]:
    """Return functions asked for by what is said of them: `limit` of them by chance, which is always the same."""
    found: dict[str, Case | None] = {}
    for path, content in files_at(git_dir, commit):
        if is_aside(path):
            continue  # who asks for a function seldom wants an example of one
        for name, said in _said_of_functions(path, content):
            question = first_sentence(said, name.rpartition(".")[2])
            if MIN_WORDS <= len(question.split()) <= MAX_WORDS:
                case = Case(
                    f"{repository}:{path}:{name}",
                    repository,
                    commit,
                    question,
                    question,
                    frozenset({path}),
                    frozenset({f"{path}::{name}"}),
                )
                found[question] = None if question in found else case  # what is said of several tells none of them
    cases = [case for case in found.values() if case is not None]
    return sorted(cases, key=lambda case: sha256(case.id.encode()).digest())[:limit]


def first_sentence(said: str, name: str) -> str:
    """Return the first sentence of a description; `name`, with which a Go comment begins, is left out."""
    words = _PARAGRAPH_END.split(said.strip(), maxsplit=1)[0].split()
    if words and words[0] == name:
        del words[0]
    return _SENTENCE_END.split(" ".join(words), maxsplit=1)[0]


def without_descriptions(path: str, content: bytes) -> bytes:
    """Return the content without docstrings, and without the comments right above definitions; its lines stay."""
    if _language_of(path) == _PYTHON:
        return without_docstrings(content)
    lines = content.split(b"\n")
    facts = _facts_of(path, content)
    for definition in facts.definitions if facts is not None else ():
        above = definition.start_line - 2
        while 0 <= above < len(lines) and _COMMENT.match(lines[above]):
            lines[above] = b""
            above -= 1
    return b"\n".join(lines)


def without_docstrings(content: bytes) -> bytes:
    """Return a Python source with blanks in place of docstrings; what does not parse is left alone."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return content
    lines = content.split(b"\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                _blank(lines, first)
    return b"\n".join(lines)


def _blank(lines: list[bytes], docstring: ast.Expr) -> None:
    first, last = docstring.lineno - 1, (docstring.end_lineno or docstring.lineno) - 1
    head = lines[first][: docstring.col_offset]
    tail = lines[last][docstring.end_col_offset or 0 :]
    lines[first] = head + b"..." + (tail if last == first else b"")
    for number in range(first + 1, last + 1):
        lines[number] = b"" if number < last else tail.lstrip(b"; ")


def _said_of_functions(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the qualified name and the description of each function that has one."""
    facts = _facts_of(path, content)
    if facts is not None:
        for definition, name in zip(facts.definitions, local_names(facts), strict=True):
            if definition.kind in _FUNCTIONS and definition.docstring and "~" not in name:
                yield name, definition.docstring


def _facts_of(path: str, content: bytes) -> FileFacts | None:
    """Return None for what is no source code, or cannot be read as such."""
    language = _language_of(path)
    if language not in PACKS:
        return None
    try:
        return extract(language, content)
    except RecursionError:
        return None


def _language_of(path: str) -> str:
    return LANGUAGE_OF_SUFFIX.get(PurePosixPath(path).suffix.lower(), "")
