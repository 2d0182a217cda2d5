"""Types, traits, impl blocks, aliases and constants of Rust.

Methods of an impl block carry its type as receiver; the trait of `impl Trait for Type` is noted on the type when it is
defined in the same file, and as the decorator `impl:Trait` on each method.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.rust.conditions import MARKS
from indexers.languages.rust.items import COMMENTS, parameter_names
from indexers.languages.rust.known_names import DERIVED_METHODS, PRIMITIVES
from indexers.languages.rust.modules import Modules
from indexers.languages.rust.types import (
    PARAMETER,
    bound_expression,
    bounded,
    bounds_of,
    head_of,
    split_top,
    type_expression,
)

MAX_BOUNDS = 4
"""Traits that one type parameter is followed through."""


class Declarations(Modules):
    """Visits what declares types, and what is written for them."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "struct_item": self._type,
            "union_item": self._type,
            "enum_item": self._type,
            "trait_item": self._type,
            "impl_item": self._impl,
            "const_item": self._constant,
            "static_item": self._constant,
            "type_item": self._alias,
            "associated_type": self._alias,
        }

    def _type(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        derived = [method for trait in self.derived if (method := DERIVED_METHODS.get(trait))]
        if "Copy" in self.derived and "clone" in derived:
            derived.remove("clone")  # a copy of all of it
        name: Node | None = None
        body: Node | None = None
        bases: list[str] = []
        for child in node.named_children:
            kind = child.type
            if kind == "type_identifier":
                name = child
            elif kind in (
                "field_declaration_list",
                "ordered_field_declaration_list",
                "enum_variant_list",
                "declaration_list",
            ):
                body = child
            elif kind == "trait_bounds":
                bases = [
                    base for part in child.named_children if part.type != "lifetime" if (base := type_expression(part))
                ]
            elif kind == "visibility_modifier":
                flags |= Flag.EXPORTED
        if name is None:
            return "#?"
        is_trait = node.type == "trait_item"
        definition = self.builder.define(
            name,
            node,
            "interface" if is_trait else "class",
            scope,
            signature=self.signature(node, body),
            docstring=docstring,
            bases=bases,
            decorators=decorators,
            flags=flags,
            type_parameters=[Parameter(parameter) for parameter in parameter_names(node)],
        )
        self.types[scope, text_of(name)] = definition
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        outer = self.generics, self.class_scope, self.receiver, self.trait, self.names
        self.generics, self.class_scope, self.receiver, self.trait, self.names = (
            bounds_of(node, self.generics),
            opened,
            "",
            "",
            None,
        )
        own = [(parameter, self.generics.get(parameter, "")) for parameter in parameter_names(node)]
        self.generics["Self"] = f"{PARAMETER}Self[{text_of(name)}]" if is_trait else _applied(text_of(name), own)
        for position, (parameter, typed) in enumerate(own):
            bound = self.impl_bounds.get(text_of(name), {}).get(position)
            if bound and typed == PARAMETER + parameter:
                self.generics[parameter] = bounded(parameter, typed, bound)
        if body is not None and is_trait:
            self.members(body, opened)
        elif body is not None:
            self._fields(body, opened, text_of(name), derived)
        self.generics, self.class_scope, self.receiver, self.trait, self.names = outer
        return "#?"

    def _derive(self, node: Node, scope: int, typed: str, derived: list[str]) -> None:
        """A derived method calls that of each field's type, where the field stands; that of a type with arguments is the library's."""
        if typed[:1].isalpha() and "[" not in typed and typed not in PRIMITIVES:
            for method in derived:
                self.builder.call(node, scope, f"{typed}.{method}", 1, int(Flag.IMPLICIT))

    def _fields(self, body: Node, scope: int, owner: str, derived: list[str]) -> None:
        """Fields of a struct, numbered ones of a tuple struct, variants of an enum. derived: methods that are made for it."""
        above: list[Node] = []
        position = 0
        for child in body.named_children:
            kind = child.type
            if kind in COMMENTS or kind == "attribute_item":
                above.append(child)
                continue
            self.pending, above = above, []
            docstring, _, flags = self.above()
            if kind == "field_declaration":
                parts = [part for part in child.named_children if part.type != "visibility_modifier"]
                typed = type_expression(parts[-1], self.generics)
                self.builder.define(
                    parts[0],
                    child,
                    "variable",
                    scope,
                    signature=self.signature(child, None),
                    docstring=docstring,
                    type=typed,
                    flags=flags | _pointer_flag(parts[-1]),
                )
                self._derive(parts[0], scope, typed, derived)
            elif kind == "enum_variant":
                name = next((part for part in child.named_children if part.type == "identifier"), child)
                self._variant_fields(child, scope, text_of(name), derived)
                self.builder.define(
                    name,
                    child,
                    "variable",
                    scope,
                    signature=self.signature(child, None),
                    docstring=docstring,
                    type=owner,
                    flags=flags,
                )
            elif body.type == "ordered_field_declaration_list" and kind != "visibility_modifier":
                typed = type_expression(child, self.generics)
                self.builder.define(
                    child,
                    child,
                    "variable",
                    scope,
                    name=str(position),
                    signature=text_of(child),
                    type=typed,
                    flags=flags | _pointer_flag(child),
                )
                self._derive(child, scope, typed, derived)
                position += 1

    def _variant_fields(self, variant: Node, scope: int, name: str, derived: list[str]) -> None:
        """Bind `Circle#0` or `Circle#radius` in the enum: what a pattern takes out of the variant."""
        body = variant.named_children[-1]
        position = 0
        for child in body.named_children:
            if body.type == "ordered_field_declaration_list":
                if child.type not in ("visibility_modifier", "attribute_item", *COMMENTS):
                    typed = type_expression(child, self.generics)
                    self.builder.assign(child, scope, f"{name}#{position}", "", typed)
                    self._derive(child, scope, typed, derived)
                    position += 1
            elif child.type == "field_declaration":
                parts = [part for part in child.named_children if part.type != "visibility_modifier"]
                typed = type_expression(parts[-1], self.generics)
                self.builder.assign(child, scope, f"{name}#{text_of(parts[0])}", "", typed)
                self._derive(parts[0], scope, typed, derived)

    def _note_impl_bounds(self, root: Node) -> None:
        """Note what impl blocks demand of the parameters of their types: fields of such a type have those members."""
        stack = [root]
        while stack:
            for child in stack.pop().named_children:
                if child.type == "mod_item":
                    stack.extend(part for part in child.named_children if part.type == "declaration_list")
                elif child.type == "impl_item":
                    self._note_bounds_of(child)

    def _note_bounds_of(self, impl: Node) -> None:
        typed = impl.child_by_field_name("type")
        if typed is None or typed.type != "generic_type" or len(typed.named_children) < 2:
            return
        generics = bounds_of(impl, {})
        known = self.impl_bounds.setdefault(text_of(typed.named_children[0]), {})
        arguments = [part for part in typed.named_children[-1].named_children if part.type != "lifetime"]
        for position, argument in enumerate(arguments):
            parameter = generics.get(text_of(argument), "") if argument.type == "type_identifier" else ""
            bound = parameter.partition("[")[2][:-1]
            if bound:
                # What any block demands the content has, where that block's methods are called.
                traits = dict.fromkeys([*split_top(known.get(position, ""), "|"), *split_top(bound, "|")])
                known[position] = "|".join([trait for trait in traits if trait][:MAX_BOUNDS])

    def _impl(self, node: Node, scope: int) -> str:
        _, marks, flags = self.above()
        trait = typed = ""
        body: Node | None = None
        subject: Node | None = None
        has_for = False
        generics = bounds_of(node, self.generics)
        for child in node.children:
            kind = child.type
            if kind == "for":
                has_for = True
                trait, subject = type_expression(subject), None
            elif kind == "declaration_list":
                body = child
            elif child.is_named and kind not in ("type_parameters", "where_clause", *COMMENTS):
                subject = child
        typed = type_expression(subject)
        head = typed.partition("[")[0] or ("slice" if typed else "")
        is_blanket = head in generics or not head
        if is_blanket:
            # Its methods read as defaults of the trait.
            head = trait.partition("[")[0]
        if has_for and trait and (not is_blanket or (subject is not None and subject.type == "type_identifier")):
            bounds = generics.get(typed, "").partition("[")[2][:-1] if is_blanket else ""
            self.implemented.append((scope, "" if is_blanket else typed.partition("[")[0] or "slice", trait, bounds))
        if body is None or not head:
            return "#?"
        applied = type_expression(subject, generics) if not is_blanket else ""
        is_generic = "[" in applied and head != "slice"
        generics["Self"] = applied if is_generic else generics.get(typed, head) if is_blanket else head
        if trait and subject is not None and subject.type == "reference_type":
            trait = "&" + trait
        outer_value, self.own_value = self.own_value, ""
        if is_blanket:
            self.own_value = f"{generics.get(typed, '')}|{head}".strip("|")
        elif head == "slice" or head in PRIMITIVES:
            self.own_value = applied or head
        outer = self.generics, self.class_scope, self.receiver, self.trait, self.names, self.conditional, self.inactive
        self.generics, self.class_scope, self.receiver, self.trait, self.names = (
            generics,
            -1,
            applied if is_generic else head,
            trait,
            None,
        )
        self.conditional += bool(flags & Flag.CONDITIONAL)
        self.inactive += bool(flags & Flag.INACTIVE)
        features, self.features = self.features, [mark for mark in marks if mark.startswith(MARKS)]
        self.members(body, scope)
        self.features = features
        self.own_value = outer_value
        self.generics, self.class_scope, self.receiver, self.trait, self.names, self.conditional, self.inactive = outer
        return "#?"

    def _alias(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        name = next((child for child in node.named_children if child.type == "type_identifier"), None)
        value = node.child_by_field_name("type")
        if name is None:
            return "#?"
        typed = type_expression(value, bounds_of(node, self.generics))
        bounds = node.child_by_field_name("bounds")
        if value is None and bounds is not None:
            typed = bound_expression(bounds, self.generics)
        if self.names is None:
            self.builder.define(
                name,
                node,
                "variable",
                scope,
                signature=self.signature(node, None),
                docstring=docstring,
                type=typed,
                receiver=self.receiver,
                decorators=decorators,
                flags=flags | Flag.TYPE_ONLY,
                type_parameters=[Parameter(parameter) for parameter in parameter_names(node)],
            )
        head = head_of(typed)
        # A type with arguments, or with parameters of its own, is read from the definition.
        is_plain = "[" not in typed and node.child_by_field_name("type_parameters") is None
        if head and head != "func" and not self.receiver and (is_plain or self.names is not None):
            self.builder.assign(name, scope, text_of(name), head)
        return "#?"

    def _constant(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return "#?"
        typed = type_expression(node.child_by_field_name("type"), self.generics)
        if self.is_thread_local:
            typed = f"LocalKey[{typed}]"
        if self.names is None:
            self.builder.define(
                name,
                node,
                "variable",
                scope,
                signature=self.signature(node, value).rstrip("= "),
                docstring=docstring,
                type=typed,
                receiver=self.receiver,
                decorators=decorators,
                flags=flags,
            )
        if value is not None:
            for path in self.values(value, scope):
                if not self.receiver and not path.startswith("#"):
                    self.builder.assign(name, scope, text_of(name), path, typed)
        return "#?"


def _pointer_flag(typed: Node) -> int:
    """Return the mark of a field that holds a reference or a pointer: `*x.field` is what its type says."""
    return int(Flag.POINTER) if typed.type in ("reference_type", "pointer_type") else 0


def _applied(name: str, parameters: list[tuple[str, str]]) -> str:
    """Return the type that an item with type parameters declares, `Wrapper['T]`."""
    return f"{name}[{','.join(typed or '?' for _, typed in parameters)}]" if parameters else name
