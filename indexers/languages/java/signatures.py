"""Types, parameters, type parameters, modifiers and heads of Java's declarations."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length
from indexers.facts import Flag, Parameter, Reference
from indexers.languages.java.walk import TYPES, JavaWalk

_TEST_ANNOTATIONS = frozenset(
    {"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Theory", "Property"}
)
_MODIFIERS = {
    "static": Flag.STATIC,
    "abstract": Flag.ABSTRACT,
    "public": Flag.EXPORTED,
    "private": Flag.PRIVATE,
}


class Signatures(JavaWalk):
    def head(self, node: Node, body: Node | None) -> str:
        """Return the declaration without its annotations and its body."""
        start = node.start_byte
        first = node.children[0] if node.child_count else None
        if first is not None and first.type == "modifiers":
            for child in first.children:
                if "annotation" not in child.type and "comment" not in child.type:
                    start = child.start_byte
                    break
                start = child.end_byte
        end = body.start_byte if body is not None else node.end_byte
        return self.source[start : min(end, start + 1000)].decode("utf-8", "replace").rstrip("; \n\t")

    def modifiers(self, node: Node, scope: int) -> tuple[int, list[str]]:
        """Return flags and annotations; each annotation is a use of its type."""
        flags = 0
        decorators: list[str] = []
        for child in node.children:
            kind = child.type
            if kind == "marker_annotation" or kind == "annotation":
                name_node = next(
                    (item for item in child.named_children if item.type in ("identifier", "scoped_identifier")), None
                )
                if name_node is None:
                    continue
                name = "".join(text_of(name_node).split())
                decorators.append(f"{name}()" if kind == "annotation" else name)
                row, column = name_node.end_point
                self.facts.references.append(Reference(scope, name, row + 1, column + 1 - last_length(name)))
                if name.rpartition(".")[2] in _TEST_ANNOTATIONS:
                    flags |= Flag.TEST
            elif kind in _MODIFIERS:
                flags |= _MODIFIERS[kind]
        return int(flags), decorators

    def type_list(self, node: Node) -> list[str]:
        found: list[str] = []
        for child in node.named_children:
            if child.type == "type_list":
                found.extend(self.type_list(child))
            elif child.type in TYPES:
                found.append(self.type_of(child))
        return [item for item in found if item]

    def bounds(self, node: Node) -> list[Parameter]:
        """Return the type parameters, each with its first bound as its type."""
        found: list[Parameter] = []
        for parameter in node.named_children:
            name, bound = "", ""
            for child in parameter.named_children:
                if child.type in ("type_identifier", "identifier") and not name:
                    name = text_of(child)
                elif child.type == "type_bound":
                    bound = next(iter(self.type_list(child)), "")
            if name:
                found.append(Parameter(name, bound))
        return found

    def parameters(self, node: Node) -> list[Parameter]:
        found: list[Parameter] = []
        for child in node.named_children:
            if child.type == "formal_parameter":
                name = next((item for item in child.named_children if item.type == "identifier"), None)
                found.append(Parameter(text_of(name) if name is not None else "_", self.parameter_type(child)))
            elif child.type == "spread_parameter":
                declarator = next((item for item in child.named_children if item.type == "variable_declarator"), None)
                name = declarator.named_children[0] if declarator is not None and declarator.named_child_count else None
                found.append(
                    Parameter(
                        text_of(name) if name is not None else "_", self.parameter_type(child), int(Flag.VARIADIC)
                    )
                )
        return found

    def parameter_type(self, node: Node) -> str:
        declared = self.variable_type(node)
        return f"[]{declared}" if any(child.type == "dimensions" for child in node.children) else declared

    def variable_type(self, node: Node) -> str:
        """Return the declared type of a field, local variable or parameter, empty for `var`."""
        for child in node.children:
            if child.type in TYPES:
                declared = self.declared_type(child)
                return "" if declared == "var" else declared
        return ""

    def declared_type(self, node: Node) -> str:
        return self.type_of(node)

    def array_type(self, node: Node) -> str:
        """Return the type of `new T[n]`."""
        element, depth = "", 0
        for child in node.named_children:
            if child.type in TYPES:
                element = element or self.type_of(child)
            elif child.type == "dimensions_expr":
                depth += 1
            elif child.type == "dimensions":
                depth += text_of(child).count("[")
        return "[]" * depth + element if element and depth else ""

    def declared_names(self, node: Node) -> list[Node]:
        return [
            child.children[0]
            for child in node.children
            if child.type == "variable_declarator" and child.child_count and child.children[0].type == "identifier"
        ]
