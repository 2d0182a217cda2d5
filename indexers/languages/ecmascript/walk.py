"""The state of one walk over a JavaScript or TypeScript tree: pending work, scopes, and what is declared where.

Owns the work stack (so that depth never costs Python stack) and the scope bookkeeping; knows no syntax.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import FileFacts, ScopeKind

UNSET = -2


class Walk:
    """One file. Visitors are called as `visit(walk, node, scope, comment)`; `comment` is the comment before the node."""

    def __init__(self, language: str, source: bytes, visitors: dict[str, Visitor | None], fallback: Visitor) -> None:
        self.builder = FactsBuilder(language, source)
        self.facts: FileFacts = self.builder.facts
        self.source = source
        self.reads_jsdoc = language == "javascript"
        """Types in comments count where the language has no others."""
        self.visitors = visitors
        self.fallback = fallback
        self.pending: list[tuple[Visitor, Node, int, Node | None]] = []
        self.this_class = [-1]
        """By scope: the class scope that `this` belongs to, -1 where it is not known."""
        self.returns_to = [-1]
        """By scope: the function scope that a `return` there belongs to, -1 in an anonymous function or a module."""
        self.hoists_to = [0]
        """By scope: where `var` and parameters declare."""
        self.declared: list[set[str]] = [set()]
        self.type_parameters: dict[int, dict[str, str]] = {}
        """Scope -> type parameter -> its constraint."""
        self.exported: set[str] = set()
        self.classes: dict[str, int] = {}
        """Plain name -> definition of the classes and constructor functions met so far, for bases set later."""
        self.prototyped: frozenset[str] = frozenset()
        """Names that this file gives a prototype: functions of these names are classes."""
        self.element_hints: dict[int, str] = {}
        """Node id of a callback -> access path of its first parameter."""
        self.last_name: Node | None = None
        """The last name of the access path read most recently."""
        self.counter = 0

    def push(self, node: Node, scope: int, comment: Node | None = None) -> None:
        """Put a node off until the current visitor is done; children of one visitor are visited in order."""
        visit = self.visitors.get(node.type, self.fallback)
        if visit is not None:
            self.pending.append((visit, node, scope, comment))

    def run(self) -> None:
        pending = self.pending
        while pending:
            visit, node, scope, comment = pending.pop()
            mark = len(pending)
            visit(self, node, scope, comment)
            if len(pending) - mark > 1:
                pending[mark:] = pending[: mark - 1 if mark else None : -1]

    def open(
        self,
        kind: ScopeKind,
        parent: int,
        definition: int = -1,
        *,
        this_class: int = UNSET,
        returns_to: int = UNSET,
        hoists: bool = False,
    ) -> int:
        """Open a scope; what is not given is inherited from the scope around."""
        scope = self.builder.open_scope(kind, parent, definition)
        self.this_class.append(self.this_class[parent] if this_class == UNSET else this_class)
        self.returns_to.append(self.returns_to[parent] if returns_to == UNSET else returns_to)
        self.hoists_to.append(scope if hoists else self.hoists_to[parent])
        self.declared.append(set())
        return scope

    def is_class(self, scope: int) -> bool:
        return self.facts.scopes[scope].kind == ScopeKind.CLASS

    def names_symbols(self, scope: int) -> bool:
        """Whether plain variables of this scope are symbols: those of modules, namespaces and classes are."""
        return self.facts.scopes[scope].kind in (ScopeKind.MODULE, ScopeKind.NAMESPACE, ScopeKind.CLASS)

    def declaring_scope(self, scope: int, name: str) -> int:
        """Return the nearest scope around that declares `name`, -1 when none has so far."""
        scopes = self.facts.scopes
        while scope >= 0 and name not in self.declared[scope]:
            scope = scopes[scope].parent
        return scope

    def fresh(self, prefix: str) -> str:
        """Return a name that the source cannot clash with in practice."""
        self.counter += 1
        return f"{prefix}${self.counter}"

    def slice(self, start: int, end: int, limit: int = 600) -> str:
        return self.source[start : min(end, start + limit)].decode("utf-8", "replace")


Visitor = Callable[[Walk, Node, int, Node | None], None]


def name_text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def string_text(node: Node) -> str:
    """Return the content of a string literal without its quotes; escapes stay as written."""
    return name_text(node)[1:-1]
