"""Collects the facts of one file while an extractor walks its tree.

Owns positions (1-based lines, 1-based byte columns), length caps and the scope table; knows no language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tree_sitter import Node

from indexers.facts import (
    MAX_ENTRIES,
    Assignment,
    Call,
    Container,
    Definition,
    FileFacts,
    Import,
    Parameter,
    ParseIssue,
    Reference,
    Return,
    Scope,
    ScopeKind,
)

SIGNATURE_LIMIT = 300
DOCSTRING_LIMIT = 2_000
PATH_LIMIT = 200
MAX_SYNTAX_ISSUES = 20


def text_of(node: Node) -> str:
    """Return the node's source text; invalid UTF-8 becomes U+FFFD."""
    return str(node.text or b"", "utf-8", "replace")


def _is_followed(entry: str) -> bool:
    """Whether an entry of a container says more than the kind of a literal."""
    path = entry.rpartition("=")[2].lstrip("*")
    return not path.startswith("#") or "@" in path or "." in path


def one_line(text: str, limit: int = SIGNATURE_LIMIT) -> str:
    """Collapse white space and cut at `limit` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class Place(NamedTuple):
    """Where something is written: row from 0, column in bytes from 0, and in whose text: 0 for what uses a macro, else the macro's number.

    written: as in `Call`, for the text of a macro of another file; row and column are those of its use then.
    """

    row: int
    column: int
    origin: int
    written: tuple[int, int, int] | None = None


class FactsBuilder:
    """Append-only. Scope 0, the module, exists from the start."""

    def __init__(self, language: str, source: bytes) -> None:
        self.source = source
        self.places: Sequence[Place] | None = None
        """Where the text that is walked is not the file's (an expanded macro): its rows -> places in the file."""
        line_count = source.count(b"\n") + (0 if source.endswith(b"\n") or not source else 1)
        self.facts = FileFacts(language, line_count)
        self.facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))

    def open_scope(
        self,
        kind: ScopeKind,
        parent: int,
        definition: int = -1,
        parameters: list[Parameter] | None = None,
        macro: str = "",
    ) -> int:
        """Return the index of the new scope; `parameters` only for a function in place."""
        scopes = self.facts.scopes
        scopes.append(Scope(kind, parent, definition, parameters or [], macro))
        if definition >= 0:
            self.facts.definitions[definition].opens = len(scopes) - 1
        return len(scopes) - 1

    def define(
        self,
        name_node: Node,
        span: Node,
        kind: str,
        scope: int,
        *,
        name: str | None = None,
        signature: str = "",
        docstring: str = "",
        type: str = "",
        receiver: str = "",
        bases: list[str] | None = None,
        implements: list[str] | None = None,
        decorators: list[str] | None = None,
        parameters: list[Parameter] | None = None,
        flags: int = 0,
        type_parameters: list[Parameter] | None = None,
        results: list[str] | None = None,
    ) -> int:
        """Return the index of the new definition. `span` covers it whole, `name_node` gives the line of its name."""
        start, end, at = span.start_point, span.end_point, name_node.start_point
        row, column = at
        # A span that ends at column 0 ends with the line break of the line before.
        first, end_line = start[0], (end[0] if end[1] == 0 and end[0] > start[0] else end[0] + 1)
        if self.places is not None:
            rows = self._rows_with(row, first, end_line)
            first, end_line, (row, column, _, _) = min(rows), max(rows) + 1, self.places[row]
        self.facts.definitions.append(
            Definition(
                name if name is not None else text_of(name_node),
                kind,
                scope,
                -1,
                row + 1,
                column + 1,
                first + 1,
                end_line,
                one_line(signature),
                docstring[:DOCSTRING_LIMIT],
                type,
                receiver,
                bases or [],
                implements or [],
                decorators or [],
                parameters or [],
                flags,
                type_parameters or [],
                results or [],
            )
        )
        return len(self.facts.definitions) - 1

    def _rows_with(self, row: int, first: int, end: int) -> list[int]:
        """Return the file's rows of what is written in the same text as the name at `row`: the rest of a definition may be a macro's."""
        assert self.places is not None
        origin = self.places[row][2]
        return [place[0] for place in self.places[first:end] if place[2] == origin]

    def _at(self, node: Node) -> tuple[int, int]:
        at = node.start_point
        if self.places is None:
            return at
        place = self.places[at[0]]
        return place.row, place.column

    def add_import(
        self,
        node: Node,
        scope: int,
        module: str,
        name: str = "",
        alias: str = "",
        flags: int = 0,
        conditions: Sequence[str] = (),
    ) -> None:
        at = self._at(node)
        self.facts.imports.append(Import(scope, module, name, alias, at[0] + 1, at[1] + 1, flags, list(conditions)))

    def assign(self, node: Node, scope: int, target: str, value: str = "", type: str = "", home: int = -1) -> None:
        self.facts.assignments.append(
            Assignment(scope, target[:PATH_LIMIT], value[:PATH_LIMIT], type, self._at(node)[0] + 1, home)
        )

    def call(
        self,
        name_node: Node,
        scope: int,
        callee: str,
        argument_count: int,
        flags: int = 0,
        arguments: list[str] | None = None,
        receiver: Node | None = None,
    ) -> None:
        """`arguments` as in `Call`; those at the end that are not followed are cut off here. receiver: what stands before the name."""
        at: tuple[int, int] = name_node.start_point
        written = None
        if self.places is not None:
            row, column, _, written = self.places[at[0]]
            at = row, column
        while arguments and arguments[-1] == "#?":
            arguments.pop()
        begins = 0
        if receiver is not None and (row := self._at(receiver)[0]) != at[0]:
            begins = row + 1
        self.facts.calls.append(
            Call(
                scope,
                callee[:PATH_LIMIT],
                argument_count,
                at[0] + 1,
                at[1] + 1,
                flags,
                arguments or [],
                begins,
                written,
            )
        )

    def refer(self, name_node: Node, scope: int, path: str, flags: int = 0) -> None:
        at = name_node.start_point if self.places is None else self.places[name_node.start_point[0]]
        self.facts.references.append(Reference(scope, path[:PATH_LIMIT], at[0] + 1, at[1] + 1, flags))

    def refer_before(self, node: Node, scope: int, path: str) -> None:
        """Refer to what is written before a node and is hidden from its tree, where it is written last."""
        start = self.source.rfind(path.encode(), 0, node.start_byte)
        if start < 0 or self.places is not None:
            self.refer(node, scope, path)
            return
        row, begins = self.source.count(b"\n", 0, start), self.source.rfind(b"\n", 0, start) + 1
        self.facts.references.append(Reference(scope, path[:PATH_LIMIT], row + 1, start - begins + 1))

    def contain(self, mark: str, scope: int, entries: list[str], *, always: bool = False) -> str:
        """Return the path of a container literal: `#list@3`, or the bare mark when no entry can be followed.

        mark: `#list`, `#dict`, `#tuple`, `#set` or `#iterator`; entries as in `Container`; `always`: also one without
        anything to follow, because something may be put into it later.
        """
        kept = [entry if len(entry) <= PATH_LIMIT else "#?" for entry in entries[:MAX_ENTRIES]]
        if not always and not any(_is_followed(entry) for entry in kept):
            return mark
        self.facts.containers.append(Container(scope, kept))
        return f"{mark}@{len(self.facts.containers) - 1}"

    def returns(self, scope: int, value: str) -> None:
        self.facts.returns.append(Return(scope, value[:PATH_LIMIT]))

    def report_syntax(self, root: Node) -> None:
        """Report where the tree holds errors, at most `MAX_SYNTAX_ISSUES` places; the rest of the file stays indexed."""
        if not root.has_error:
            return
        stack, found = [root], 0
        while stack and found < MAX_SYNTAX_ISSUES:
            node = stack.pop()
            if node.is_error or node.is_missing:
                detail = "missing " + node.type if node.is_missing else "not understood"
                self.facts.issues.append(ParseIssue(node.start_point[0] + 1, "syntax", detail))
                found += 1
                continue
            stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
