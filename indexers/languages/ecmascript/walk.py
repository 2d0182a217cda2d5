"""The state of one walk over a JavaScript or TypeScript tree: pending work, scopes, and what is declared where.

Owns the work stack (so that depth never costs Python stack) and the scope bookkeeping; knows no syntax.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import FileFacts, ScopeKind

UNSET = -2
MODULE = "#module"
"""The access path of what the module exports, as `this` in one of its functions."""
UNKNOWN = "#?"
EXPECTED_LIMIT = 160
LATEST = 24
"""Ranges of a narrowed name that a use is looked up in, the latest first."""
_TYPED_IN_PLACE = frozenset({"arrow_function", "function_expression", "object"})


class Walk:
    """One file. Visitors are called as `visit(walk, node, scope, comment)`; `comment` is the comment before the node."""

    def __init__(
        self,
        language: str,
        source: bytes,
        visitors: dict[str, Visitor | None],
        fallback: Visitor,
        makers: dict[str, Maker],
    ) -> None:
        self.builder = FactsBuilder(language, source)
        self.facts: FileFacts = self.builder.facts
        self.source = source
        self.reads_jsdoc = language == "javascript"
        """Types in comments count where the language has no others."""
        self.visitors = visitors
        self.fallback = fallback
        self.makers = makers
        """Node kind -> what records a function, class or container written in place and returns its access path."""
        self.pending: list[tuple[Visitor, Node, int, Node | None]] = []
        self.this_class = [-1]
        """By scope: the class scope that `this` belongs to, -1 where it is not known."""
        self.this_path = [UNKNOWN]
        """By scope: the access path of `this`: itself in a class, the literal in an object's methods."""
        self.declared_this: dict[int, Node] = {}
        """Function scope -> the parameter that declares its `this`."""
        self.returns_to = [-1]
        """By scope: the function scope that a `return` there belongs to, -1 in a module or a class."""
        self.in_function = [False]
        """By scope: whether a function with a name is around; one in place alone does not count."""
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
        self.bound_names: set[str] = set()
        """Names that some scope below the module's binds: any other is not local, wherever it stands."""
        self.last_name: Node | None = None
        """The last name of the access path read most recently."""
        self.expected = ""
        """Type that the function or object read next is declared to have."""
        self.results: dict[int, str] = {}
        """By scope of a function in place: what it is declared to give back."""
        self._texts: dict[bytes, str] = {}
        self.narrowed: dict[str, list[tuple[int, int, str, int]]] = {}
        """Name -> where it is narrowed: from, to, the version that it is there, the scope that declares the name."""
        self.versions: dict[str, int] = {}
        self.depth = 0
        """Values inside values being read right now."""
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
        if this_class == UNSET:
            self.this_class.append(self.this_class[parent])
            self.this_path.append(self.this_path[parent])
        else:
            self.this_class.append(this_class)
            self.this_path.append("this" if this_class >= 0 else UNKNOWN)
        self.in_function.append(self.in_function[parent] or (definition >= 0 and kind == ScopeKind.FUNCTION))
        self.returns_to.append(self.returns_to[parent] if returns_to == UNSET else returns_to)
        self.hoists_to.append(scope if hoists else self.hoists_to[parent])
        self.declared.append(set())
        return scope

    def bind_this(self, definition: int, path: str) -> None:
        """`this` in a function that is put into an object, a prototype or a module's exports means that; no other definition."""
        opened = self.facts.definitions[definition].opens if definition < len(self.facts.definitions) else -1
        if opened >= 0 and self.facts.scopes[opened].kind == ScopeKind.FUNCTION:
            declared = self.declared_this.get(opened)
            if declared is not None:
                self.builder.assign(declared, opened, self.this_path[opened], path)
            else:
                self.this_path[opened] = path

    def declare_this(self, node: Node, scope: int, declared: str) -> None:
        """`function (this: T)`: a name of its own stands for `this`, of the type that it is declared to have."""
        if not declared:
            return
        path, self.this_path[scope] = self.this_path[scope], self.fresh("this")
        self.declared_this[scope] = node
        self.builder.assign(node, scope, self.this_path[scope], "" if path == UNKNOWN else path, declared)

    def open_class(self, parent: int, definition: int) -> int:
        """Open the scope of a class or an object, which `this` means inside."""
        opened = self.open(ScopeKind.CLASS, parent, definition, returns_to=-1)
        self.this_class[opened] = opened
        self.this_path[opened] = "this"
        return opened

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

    def declare(self, scope: int, name: str) -> None:
        """Note that a scope binds a name."""
        self.declared[scope].add(name)
        if scope > 0:
            self.bound_names.add(name)

    def is_local(self, scope: int, name: str) -> bool:
        """Whether a name is bound inside a function, a block or a class around, as far as the walk has come."""
        if name not in self.bound_names:
            return False
        declaring = self.declaring_scope(scope, name)
        return declaring > 0 and self.facts.scopes[declaring].kind != ScopeKind.NAMESPACE

    def named(self, node: Node, scope: int) -> str:
        """Return the text of an identifier that is read in `scope`, or the version of it that a condition narrowed there."""
        name = self.text(node)
        return self.version_at(name, node.start_byte, scope) if self.narrowed and name in self.narrowed else name

    def version_at(self, name: str, position: int, scope: int) -> str:
        home = -2
        for start, end, version, declaring in reversed(self.narrowed.get(name, ())[-LATEST:]):
            if start <= position < end:
                if home == -2:
                    home = self.declaring_scope(scope, name)
                if home == declaring:
                    return version
        return name

    def new_version(self, name: str, scope: int) -> str:
        """Return a name, known in `scope`, for what a condition says that `name` is."""
        count = self.versions[name] = self.versions.get(name, 0) + 1
        version = f"{name}~{count}"
        self.declared[scope].add(version)
        return version

    def narrow(self, name: str, start: int, end: int, version: str, scope: int) -> None:
        """`name` means `version` from one place of the source to another, where nothing else of that name is declared."""
        self.narrowed.setdefault(name, []).append((start, end, version, self.declaring_scope(scope, name)))

    def expect(self, node: Node, declared: str) -> None:
        """Say what type the value `node` is declared to have, for what it leaves open."""
        while node.type == "parenthesized_expression" and node.named_child_count:
            node = node.named_children[0]
        self.expected = declared if node.type in _TYPED_IN_PLACE and len(declared) <= EXPECTED_LIMIT else ""

    def fresh(self, prefix: str) -> str:
        """Return a name that the source cannot clash with in practice."""
        self.counter += 1
        return f"{prefix}${self.counter}"

    def text(self, node: Node) -> str:
        """Return a node's source text; equal ones are one string. Much cheaper than asking the node."""
        raw = self.source[node.start_byte : node.end_byte]
        known = self._texts.get(raw)
        if known is None:
            known = self._texts[raw] = raw.decode("utf-8", "replace")
        return known

    def slice(self, start: int, end: int, limit: int = 600) -> str:
        return self.source[start : min(end, start + limit)].decode("utf-8", "replace")


Visitor = Callable[[Walk, Node, int, Node | None], None]
Maker = Callable[[Walk, Node, int], str]


def name_text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def string_text(node: Node) -> str:
    """Return the content of a string literal without its quotes; escapes stay as written."""
    return name_text(node)[1:-1]
