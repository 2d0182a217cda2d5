"""C and C++ source -> neutral facts, in one walk over the named children.

The walk is put together from what each idea of the languages adds to it: `members.py`, `preprocessing.py`, `namespaces.py`,
`records.py`, `functions.py`, `variables.py`, over `expressions.py`. Macros are expanded where they make
functions (`expansions.py`); else the calls in their bodies are kept as calls of the macro. Where a macro breaks the grammar, what tree-sitter recovers is read on.
Source: node types of tree-sitter-c 0.24 and tree-sitter-cpp 0.23; ISO C 6.7, ISO C++ [dcl] and [class].
"""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from indexers.extraction.builder import MAX_SYNTAX_ISSUES, FactsBuilder
from indexers.facts import FileFacts, ParseIssue
from indexers.languages import parser_for
from indexers.languages.cfamily.branches import mended
from indexers.languages.cfamily.comments import file_docstring
from indexers.languages.cfamily.grammar_gaps import readable
from indexers.languages.cfamily.macro_words import without_macro_words
from indexers.languages.cfamily.macros import looks_like_cplusplus, without_class_macros, without_macro_comments
from indexers.languages.cfamily.namespace_macros import has_namespace_macros, with_open_namespaces
from indexers.languages.cfamily.namespaces import Namespaces
from indexers.languages.cfamily.preprocessing import Preprocessing
from indexers.languages.cfamily.variables import Variables
from indexers.macro_links import SharedMacro


def prepare_c(source: bytes) -> tuple[str, bytes]:
    """Return the language to read a `.c` or `.h` file as, and its text as the grammar can read it."""
    if looks_like_cplusplus(source):
        return prepare_cpp(source)
    return "c", without_macro_comments(source)


def prepare_cpp(source: bytes) -> tuple[str, bytes]:
    return "cpp", without_class_macros(without_macro_comments(source))


def extract_c(source: bytes, root: Node, macros: Sequence[SharedMacro] = ()) -> FileFacts:
    """Return the facts of a C file from the tree of its prepared text. macros: of other files. Never raises on bad source."""
    return _extract("c", source, root, macros)


def extract_cpp(source: bytes, root: Node, macros: Sequence[SharedMacro] = ()) -> FileFacts:
    """Return the facts of a C++ file from the tree of its prepared text. macros: of other files. Never raises on bad source."""
    return _extract("cpp", source, root, macros)


def _extract(language: str, source: bytes, root: Node, macros: Sequence[SharedMacro]) -> FileFacts:
    """Walk the tree; where macros or branches break the grammar, walk that of a mended text of the same length."""
    builder = FactsBuilder(language, source)
    walk = _Walk(builder, language == "cpp")
    walk.lend(macros)
    source, uses = walk.with_ended_uses(source)
    if uses:
        text = without_macro_comments(source)
        root = parser_for(language).parse(without_class_macros(text) if language == "cpp" else text).root_node
    dropped: list[int] = []
    blocks: dict[int, str] = {}
    if root.has_error or (language == "cpp" and has_namespace_macros(source)):
        text = without_macro_comments(source)
        text, opened = with_open_namespaces(text) if language == "cpp" else (text, {})
        text, dropped = mended(
            without_class_macros(text) if language == "cpp" else text, is_cplusplus=language == "cpp"
        )
        text, blocks = without_macro_words(text)
        blocks |= opened
        text = readable(text) if language == "cpp" else text
        if text != root.text:
            root = parser_for(language).parse(text).root_node
    walk.read_blocks(blocks)
    walk.file(root)
    walk.note_links()
    walk.let_go()
    builder.report_syntax(root)
    issues = builder.facts.issues
    issues.extend(
        ParseIssue(line, "syntax", "this branch of a preprocessor condition is not read")
        for line in dropped[:MAX_SYNTAX_ISSUES]
    )
    return builder.facts


class _Walk(Preprocessing, Namespaces, Variables):
    def file(self, root: Node) -> None:
        leading: list[Node] = []
        for child in root.named_children:
            if child.type != "comment":
                self.builder.facts.docstring = file_docstring(leading, child.start_point[0])
                break
            leading.append(child)
        self.visit(root, 0)
        self.walk_deferred()
