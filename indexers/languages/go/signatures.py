"""Parameters, results and type parameters of Go's functions, methods and types."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Flag, Parameter
from indexers.languages.go.walk import BASIC_TYPES, GoWalk


class Signatures(GoWalk):
    def parameters(self, node: Node) -> list[Parameter]:
        found: list[Parameter] = []
        for declaration in node.named_children:
            variadic = declaration.type == "variadic_parameter_declaration"
            if not variadic and declaration.type != "parameter_declaration":
                continue
            names: list[str] = []
            declared = ""
            for child in declaration.named_children:
                if child.type == "identifier":
                    names.append(text_of(child))
                elif child.type != "comment":
                    declared = self.declared_type(child)
            if variadic:
                found.append(Parameter(names[0] if names else "_", declared, int(Flag.VARIADIC)))
            else:
                found.extend(Parameter(name, declared) for name in names or ("_",))
        return found

    def results(self, node: Node) -> list[Parameter]:
        if node.type != "parameter_list":
            return [Parameter("", self.declared_type(node))]
        return [Parameter("" if item.name == "_" else item.name, item.type) for item in self.parameters(node)]

    def constraints(self, node: Node) -> dict[str, str]:
        """Return type parameter -> the interface that bounds it, empty when any type will do."""
        found: dict[str, str] = {}
        for declaration in node.named_children:
            bound = ""
            names: list[str] = []
            for child in declaration.named_children:
                if child.type == "identifier":
                    names.append(text_of(child))
                elif child.type != "comment":
                    bound = self.type_of(child)
            usable = (
                bound and bound not in BASIC_TYPES and bound != "comparable" and not any(mark in bound for mark in "|~")
            )
            found.update((name, bound if usable else "") for name in names)
        return found
