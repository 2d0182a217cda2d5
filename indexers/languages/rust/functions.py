"""Functions and methods of Rust, with their bodies."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.rust.declarations import Declarations
from indexers.languages.rust.items import COMMENTS
from indexers.languages.rust.types import bounds_of, type_expression


class Functions(Declarations):
    """Visits functions, in a frame of their own."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "function_item": self._function,
            "function_signature_item": self._function,
        }

    def _function(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        name: Node | None = None
        body: Node | None = None
        parameters: list[Parameter] = []
        returned: Node | None = None
        generics = bounds_of(node, self.generics)
        has_self = False
        for child in node.named_children:
            kind = child.type
            if kind == "identifier" or kind == "metavariable":
                name = child
            elif kind == "parameters":
                has_self, parameters = _parameters(child, generics)
                flags |= Flag.WRITE if has_self and _is_mutable(child) else 0
                flags |= Flag.POINTER if has_self and _is_reference(node) else 0
            elif kind == "block":
                body = child
            elif kind == "visibility_modifier":
                flags |= Flag.EXPORTED
            elif kind == "function_modifiers":
                flags |= Flag.ASYNC if b"async" in (child.text or b"") else 0
            elif kind not in ("type_parameters", "where_clause", *COMMENTS):
                returned = child
        if name is None:
            return "#?"
        in_type = bool(self.receiver) or scope == self.class_scope
        if body is None:
            flags |= Flag.DECLARATION | (Flag.ABSTRACT if in_type else 0)
        if in_type and not has_self:
            flags |= Flag.STATIC
        if self.trait:
            decorators.append(f"impl:{self.trait}")
        definition = self.builder.define(
            name,
            node,
            "method" if in_type else "function",
            scope,
            signature=self.signature(node, body),
            docstring=docstring,
            type=type_expression(returned, generics),
            receiver=self.receiver,
            decorators=decorators,
            parameters=parameters,
            flags=flags,
        )
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        if has_self and self.own_value and body is not None:
            self.builder.assign(name, opened, "self", "", self.own_value)
        if body is not None:
            outer = self.self_refers, self.changes_self
            lent, self.lent = self.lent, _lent(node)
            if has_self:
                self.self_refers = _is_reference(node)
                self.changes_self = text_of(name) if flags & Flag.WRITE else ""
            self._body(body, opened, parameters, generics)
            self.self_refers, self.changes_self = outer
            self.lent = lent
        return "#?"

    def _body(self, body: Node, opened: int, parameters: list[Parameter], generics: dict[str, str]) -> None:
        outer = self.names, self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait
        self.late = {}
        self.names = {parameter.name: parameter.type for parameter in parameters if parameter.name}
        self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait = generics, opened, -1, "", ""
        for path in self.values(body, opened):
            if not path.startswith("#"):
                self.builder.returns(opened, path)
        self.names, self.generics, self.returns_scope, self.class_scope, self.receiver, self.trait = outer
        self.shadow = -1


def _lent(function: Node) -> set[str]:
    """Return the names of the parameters that are references."""
    parameters = function.child_by_field_name("parameters")
    found: set[str] = set()
    for part in parameters.named_children if parameters is not None else ():
        pattern, typed = part.child_by_field_name("pattern"), part.child_by_field_name("type")
        if pattern is not None and typed is not None and typed.type == "reference_type":
            found.add(text_of(pattern))
    return found


def _is_reference(function: Node) -> bool:
    """Whether a method takes `&self` or `&mut self`."""
    parameters = function.child_by_field_name("parameters")
    first = next(
        (part for part in (parameters.named_children if parameters else ()) if part.type == "self_parameter"), None
    )
    return first is not None and first.children[0].type == "&"


def _is_mutable(parameters: Node) -> bool:
    """Whether a method takes `&mut self`."""
    kinds = [part.type for part in parameters.named_children[0].children]
    return "&" in kinds and "mutable_specifier" in kinds


def _parameters(node: Node, generics: dict[str, str]) -> tuple[bool, list[Parameter]]:
    """Return whether there is a `self`, and the other parameters; a pattern has no name."""
    found: list[Parameter] = []
    has_self = False
    for child in node.named_children:
        kind = child.type
        if kind == "self_parameter":
            has_self = True
        elif kind == "parameter":
            parts = [part for part in child.named_children if part.type != "mutable_specifier"]
            if len(parts) >= 2:
                pattern = parts[0]
                has_self = has_self or pattern.type == "self"
                if pattern.type == "self":
                    continue
                name = text_of(pattern) if pattern.type == "identifier" else ""
                found.append(Parameter(name, type_expression(parts[-1], generics)))
        elif kind == "variadic_parameter":
            found.append(Parameter("", "", int(Flag.VARIADIC)))
    return has_self, found
