"""What Go's expressions say: access paths, composite literals, closures, assertions.

An access path stands for a value where its parts can be followed; `#?` for one where they cannot.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length, operands, passed_name
from indexers.facts import Call, Flag, Reference, ScopeKind
from indexers.languages.go.signatures import Signatures
from indexers.languages.go.walk import CHAIN, IGNORED, LITERALS, MAX_CHAIN_BYTES, MAX_PATH, SAYS_NOTHING

CONTAINERS = {
    "slice_type": "#list",
    "array_type": "#list",
    "implicit_length_array_type": "#list",
    "map_type": "#dict",
    "channel_type": "#list",
}


class Expressions(Signatures):
    def values(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind not in IGNORED and kind not in LITERALS:
                self.value(child, scope)
        return "#?"

    def value(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is used: a bare name may mean a function, a method or a variable."""
        kind = node.type
        if kind == "identifier":
            return passed_name(self.builder, node, scope, self.locals)
        if kind == "selector_expression":
            path = self.selector(node, scope)
            if path[0] != "#":
                row, column = node.end_point
                self.facts.references.append(Reference(scope, path, row + 1, column + 1 - last_length(path)))
            return path
        return self.walk(node, scope)

    def typed_values(self, nodes: list[Node], scope: int, count: int) -> list[tuple[str, str]]:
        """Return (access path, type where the expression says it) for each of `count` targets."""
        typed = [self.typed_value(node, scope) for node in nodes]
        if len(typed) == count:
            return typed
        if not typed:
            return [("", "")] * count
        path = typed[0][0]
        if len(nodes) == 1 and nodes[0].type == "call_expression" and path[:1] != "#":
            return typed + [(f"{path}[{position}]", "") for position in range(1, count)]
        return (typed + [("#?", "")] * count)[:count]

    def typed_value(self, node: Node, scope: int) -> tuple[str, str]:
        kind = node.type
        if kind == "unary_expression" and node.child_count == 2 and node.children[0].type == "&":
            node = node.children[1]
            kind = node.type
        if kind == "composite_literal":
            return self.composite(node, scope)
        if kind == "type_assertion_expression":
            return self.assertion(node, scope)
        path = self.value(node, scope)
        if kind == "call_expression" and path in ("#list", "#dict"):
            arguments = node.children[-1].named_children
            return path, self.declared_type(arguments[0]) if arguments else ""
        return path, ""

    def selector(self, node: Node, scope: int) -> str:
        start, end = node.start_byte, node.end_byte
        if end - start <= MAX_CHAIN_BYTES:
            text = self.source[start:end]
            if CHAIN.fullmatch(text):
                return text.decode("utf-8", "replace")
        children = node.children
        path = self.walk(children[0], scope)
        field = text_of(children[-1])
        return f"{path}.{field}" if len(path) + len(field) < MAX_PATH else f"#?.{field}"[:MAX_PATH]

    def composite(self, node: Node, scope: int) -> tuple[str, str]:
        """Visit `T{...}`; return its access path and type. A named type is constructed, a container is not."""
        type_node = body = None
        for child in node.children:
            if child.type == "literal_value":
                body = child
            elif child.is_named and child.type != "comment":
                type_node = child
        if body is not None:
            self.elements(body, scope)
        if type_node is None:
            return "#?", ""
        kind = type_node.type
        declared = self.declared_type(type_node)
        if kind in CONTAINERS or not declared:
            return CONTAINERS.get(kind, "#?"), declared
        head = declared.partition("[")[0]
        if kind == "struct_type":
            return "#?", ""
        name_node = type_node.named_children[0] if kind == "generic_type" else type_node
        row, column = name_node.end_point
        count = sum(child.is_named for child in body.children) if body is not None else 0
        self.facts.calls.append(
            Call(scope, head, count, row + 1, column + 1 - last_length(head), int(Flag.CONSTRUCTION))
        )
        return f"{head}()", declared

    def elements(self, body: Node, scope: int) -> str:
        """Visit `{a, Key: b, {c}}`."""
        for child in body.children:
            kind = child.type
            if kind == "literal_element":
                inner = child.children[0]
                if inner.type not in LITERALS:
                    self.value(inner, scope)
            elif kind == "keyed_element":
                self.keyed_element(child, scope)
        return "#?"

    def keyed_element(self, node: Node, scope: int) -> None:
        elements = [child for child in node.children if child.type == "literal_element"]
        for position, element in enumerate(elements):
            inner = element.children[0]
            kind = inner.type
            # A bare name as key is a field of the struct far more often than a constant.
            if kind not in LITERALS and (position or kind != "identifier"):
                self.value(inner, scope)

    def closure(self, node: Node, scope: int) -> str:
        parameters = body = None
        for child in node.children:
            if child.type == "parameter_list" and parameters is None:
                parameters = child
            elif child.type == "block":
                body = child
            elif child.type == "parameter_list":
                result = self.results(child)
                parameters_of_result = [item for item in result if item.name]
                self.locals.update(item.name for item in parameters_of_result)
        given = self.parameters(parameters) if parameters is not None else []
        inner = self.builder.open_scope(ScopeKind.FUNCTION, scope, -1, given)
        self.locals.update(item.name for item in given)
        if body is not None:
            outer, self.returns_scope = self.returns_scope, inner
            self.walk_children(body, inner)
            self.returns_scope = outer
        return f"#lambda@{inner}"

    def index(self, node: Node, scope: int) -> str:
        children = [child for child in node.named_children if child.type != "comment"]
        for child in children[1:]:
            self.value(child, scope)
        return f"{self.value(children[0], scope)}[]" if children else "#?"

    def slice(self, node: Node, scope: int) -> str:
        children = [child for child in node.named_children if child.type != "comment"]
        for child in children[1:]:
            self.walk(child, scope)
        return self.walk(children[0], scope) if children else "#?"

    def assertion(self, node: Node, scope: int) -> tuple[str, str]:
        """Visit `x.(T)`: a T, written as the access path `T()` so that a chain goes on from it."""
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return "#?", ""
        path = self.walk(children[0], scope)
        declared = self.declared_type(children[-1]) if len(children) > 1 else ""
        if not declared or declared[0] == "[" or declared in ("func", "struct", "interface"):
            return ("#?" if declared else path), declared
        return f"{declared.partition('[')[0]}()", declared

    def parenthesized(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            if child.type != "comment":
                path = self.walk(child, scope)
        return path

    def unary(self, node: Node, scope: int) -> str:
        children = node.children
        operator = children[0].type
        path = self.value(children[-1], scope)
        if operator == "&" or operator == "*":
            return path
        if operator == "<-":
            return f"{path}[]"
        return "#bool" if operator == "!" else "#num"

    def binary(self, node: Node, scope: int) -> str:
        for operand in operands(node, SAYS_NOTHING):
            self.value(operand, scope)
        return "#?"
