"""What is written in place and has no name: object and array literals, class expressions. Each gives an access path."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import MAX_ENTRIES, Flag, ScopeKind
from indexers.languages.ecmascript.annotations import MADE_OF_OTHERS, generic, type_expression
from indexers.languages.ecmascript.classes import define_class, define_method, member_name, method_name
from indexers.languages.ecmascript.expressions import FUNCTIONS, PLAIN_VALUES, value
from indexers.languages.ecmascript.functions import define_function
from indexers.languages.ecmascript.walk import UNKNOWN, Walk

_PROPERTY = int(Flag.PROPERTY)
_SETTER = int(Flag.DECLARATION)
_UNSAFE = frozenset("[]|,()")
_TYPE_MEMBERS = frozenset({"property_signature", "method_signature", "call_signature", "construct_signature"})


class _Literal:
    """An object literal that is being read: its entries, and its functions, which live in a block of their own."""

    def __init__(self, walk: Walk, scope: int) -> None:
        self.walk = walk
        self.scope = scope
        self.block = -1
        self.entries: list[tuple[str, str]] = []
        """(name, access path), the name empty where it is not known."""
        self.expected, walk.expected = walk.expected, ""
        self.methods: dict[str, int] = {}
        """Name -> definition."""

    def home(self) -> int:
        """Return the scope in which the functions live, apart from the names around."""
        if self.block < 0:
            self.block = self.walk.open(ScopeKind.BLOCK, self.scope)
        return self.block

    def add_method(self, name: str, definition: int) -> None:
        flags = self.walk.facts.definitions[definition].flags
        self.methods[name] = definition
        if not flags & _PROPERTY:
            self.entries.append((name, name))
        elif not flags & _SETTER:
            self.entries.append((name, f"{name}()"))

    def declared(self, name: str) -> str:
        """Return the type that the literal's declared type gives to a member, empty when it has none."""
        expected = self.expected
        if not expected or not name.isidentifier():
            return ""
        if expected.startswith(MADE_OF_OTHERS):
            return f"member[{name},{expected}]"
        return f"typeof[{expected}.{name}]" if not _UNSAFE.intersection(expected) else ""

    def contained(self) -> str:
        """Return the literal's access path; `this` in its functions means it."""
        entries: list[str] = []
        for name, path in self.entries[:MAX_ENTRIES]:
            head = path.lstrip("*").partition(".")[0].rstrip("()[]")
            if head in self.methods and head != name:
                continue  # it names something around, which a function of the literal hides
            entries.append(path if path[0] == "*" else f"'{name}'={path}" if _is_key(name) else f"={path}")
        path = self.walk.builder.contain("#dict", self.scope if self.block < 0 else self.block, entries)
        for definition in self.methods.values():
            self.walk.bind_this(definition, path)
        return path


def _is_key(name: str) -> bool:
    return bool(name) and name.replace("_", "a").isalnum()


def object_value(walk: Walk, node: Node, scope: int) -> str:
    """Record an object literal and return its access path."""
    literal = _Literal(walk, scope)
    comment: Node | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "comment":
            comment = child
            continue
        if kind == "pair":
            _pair(literal, child, comment)
        elif kind == "shorthand_property_identifier":
            name = walk.text(child)
            if not walk.is_local(scope, name):
                walk.builder.refer(child, scope, name)
            literal.entries.append((name, name))
        elif kind == "method_definition":
            definition = define_method(
                walk,
                child,
                literal.home(),
                comment=comment,
                this_class=-1,
                lexical_scope=scope,
                declared=literal.declared(member_name(method_name(child))),
            )
            if definition >= 0:
                literal.add_method(walk.facts.definitions[definition].name, definition)
        elif kind == "spread_element" and child.named_children:
            literal.entries.append(("", f"*{value(walk, child.named_children[0], scope)}"))
        else:
            walk.push(child, scope)
        comment = None
    return literal.contained()


def _pair(literal: _Literal, node: Node, comment: Node | None) -> None:
    walk, scope = literal.walk, literal.scope
    children = [child for child in node.named_children if child.type != "comment"]
    if len(children) < 2:
        return
    key, part = children[0], children[-1]
    name = member_name(key)
    kind = part.type
    if name and kind in FUNCTIONS:
        definition = define_function(
            walk,
            part,
            literal.home(),
            name,
            key,
            span=node,
            kind="method",
            comment=comment,
            this_class=walk.this_class[scope] if kind == "arrow_function" else -1,
            lexical_scope=scope,
            declared=literal.declared(name),
        )
        if kind == "arrow_function":
            literal.entries.append((name, name))
        else:
            literal.add_method(name, definition)
        return
    if key.type == "computed_property_name":
        walk.push(key, scope)
    walk.expected = ""
    if literal.expected and name and kind not in PLAIN_VALUES:
        walk.expect(part, literal.declared(name))
    path = value(walk, part, scope)
    if path != UNKNOWN:
        literal.entries.append((name, path))


def array_value(walk: Walk, node: Node, scope: int) -> str:
    """Record an array literal and return its access path."""
    entries: list[str] = []
    for child in node.named_children:
        kind = child.type
        if kind == "spread_element":
            inner = value(walk, child.named_children[0], scope) if child.named_children else UNKNOWN
            entries.append(f"*{inner}")
        elif kind != "comment":
            entries.append(value(walk, child, scope))
    # An empty one is there to be filled.
    return walk.builder.contain("#list", scope, entries, always=not entries)


def class_value(walk: Walk, node: Node, scope: int) -> str:
    """Record a class without a name of its own and return the name that stands for it."""
    name = walk.fresh("class")
    define_class(walk, node, scope, name, node)
    return name


def object_type(walk: Walk, node: Node, scope: int) -> str:
    """Record an object type without a name as an interface of the module and return the name that stands for it.

    One that only maps keys to a type is a `Record`.
    """
    if not any(child.type in _TYPE_MEMBERS for child in node.named_children):
        index = next((child for child in node.named_children if child.type == "index_signature"), None)
        annotation = index.named_children[-1] if index is not None and index.named_children else None
        if annotation is None or annotation.type != "type_annotation":
            return ""
        return generic("Record", ["string", type_expression(walk, annotation, scope)])
    name = walk.fresh("type")
    define_class(walk, node, scope, name, node, home=0)
    return name


def visit_made(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """A literal or class in place that nothing is done with."""
    walk.makers[node.type](walk, node, scope)
