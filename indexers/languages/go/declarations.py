"""What a Go file declares: functions and methods, structs, interfaces, other types, package variables."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.go.comments import documented
from indexers.languages.go.statements import Statements
from indexers.languages.go.walk import BASIC_TYPES

_TEST_PARAMETERS = frozenset({"testing.T", "testing.B", "testing.F", "testing.M"})
_TEST_NAMES = ("Test", "Benchmark", "Fuzz")


class Declarations(Statements):
    def function(self, node: Node, scope: int, documentation: str = "") -> str:
        name = receiver = parameters = result = type_parameters = body = None
        for child in node.children:
            kind = child.type
            if kind == "block":
                body = child
            elif kind == "parameter_list":
                if name is None:
                    receiver = child
                elif parameters is None:
                    parameters = child
                else:
                    result = child
            elif name is None and kind in ("identifier", "field_identifier"):
                name = child
            elif kind == "type_parameter_list":
                type_parameters = child
            elif parameters is not None and child.is_named and kind != "comment":
                result = child
        if name is None:
            self.walk_children(node, scope)
            return "#?"
        self.locals = set()
        self.type_parameters = self.constraints(type_parameters) if type_parameters is not None else {}
        received = self.parameters(receiver) if receiver is not None else []
        taken = self.parameters(parameters) if parameters is not None else []
        results = self.results(result) if result is not None else []
        name_text = text_of(name)
        end = body.start_byte if body is not None else node.end_byte
        index = self.builder.define(
            name,
            node,
            "function" if receiver is None else "method",
            scope,
            name=name_text,
            signature=self.source[node.start_byte : min(end, node.start_byte + 1000)].decode("utf-8", "replace"),
            docstring=documentation,
            type=results[0].type if results else "",
            receiver=received[0].type if received else "",
            parameters=taken,
            flags=self.flags_of(name_text, taken) | (0 if body is not None else Flag.DECLARATION),
            results=[item.type for item in results[1:]],
        )
        if body is None:
            return "#?"
        inner = self.builder.open_scope(ScopeKind.FUNCTION, scope, index)
        self.bind_typed(node, inner, received)
        self.bind_typed(node, inner, [item for item in results if item.name])
        self.locals.update(item.name for item in taken)
        self.returns_scope = inner
        self.walk_children(body, inner)
        return "#?"

    def flags_of(self, name: str, parameters: list[Parameter] | None = None) -> int:
        flags = self.file_flags
        if name[:1].isupper():
            flags |= Flag.EXPORTED
            if parameters and name.startswith(_TEST_NAMES) and parameters[0].type in _TEST_PARAMETERS:
                flags |= Flag.TEST
        return int(flags)

    def bind_typed(self, node: Node, scope: int, items: list[Parameter]) -> None:
        """Declare receivers, named results and the parameters of closures as variables of the scope."""
        for item in items:
            if item.name and item.name != "_":
                self.locals.add(item.name)
                self.builder.assign(node, scope, item.name, "", item.type)

    def type_declaration(self, node: Node, scope: int, documentation: str = "") -> str:
        outer = self.type_parameters
        for spec, own in documented(node.children):
            if spec.type in ("type_spec", "type_alias"):
                span = spec if node.child_count > 2 and node.children[1].type == "(" else node
                self.type_spec(spec, span, scope, own or documentation)
        self.type_parameters = outer
        return "#?"

    def type_spec(self, spec: Node, span: Node, scope: int, documentation: str) -> None:
        name = type_node = None
        parameters: dict[str, str] = {}
        for child in spec.named_children:
            if name is None and child.type == "type_identifier":
                name = child
            elif child.type == "type_parameter_list":
                parameters = self.constraints(child)
            elif child.type != "comment":
                type_node = child
        if name is None or type_node is None:
            return
        self.type_parameters = parameters
        if type_node.type == "struct_type":
            self.structure(name, span, type_node, scope, documentation)
        elif type_node.type == "interface_type":
            self.interface(name, span, type_node, scope, documentation)
        else:
            declared = self.type_of(type_node)
            named = type_node.type in ("type_identifier", "qualified_type", "generic_type", "pointer_type")
            self.builder.define(
                name,
                span,
                "class",
                scope,
                signature=text_of(spec)[:1000] if spec is span else f"type {text_of(spec)[:1000]}",
                docstring=documentation,
                type=declared,
                # An alias has all the members of what it stands for; a defined type has none of its methods.
                bases=[declared] if spec.type == "type_alias" and named else [],
                flags=self.flags_of(text_of(name)),
            )

    def structure(self, name: Node, span: Node, node: Node, scope: int, documentation: str) -> None:
        fields = next((child for child in node.named_children if child.type == "field_declaration_list"), None)
        declarations = list(documented(fields.children)) if fields is not None else []
        index = self.builder.define(
            name,
            span,
            "class",
            scope,
            signature=f"type {self.source[name.start_byte : node.start_byte].decode('utf-8', 'replace')} struct",
            docstring=documentation,
            flags=self.flags_of(text_of(name)),
        )
        inner = self.builder.open_scope(ScopeKind.CLASS, scope, index)
        bases = self.facts.definitions[index].bases
        for declaration, own in declarations:
            if declaration.type == "field_declaration":
                self.field(declaration, inner, own, bases)

    def field(self, node: Node, scope: int, documentation: str, bases: list[str]) -> None:
        names: list[Node] = []
        declared_node = None
        for child in node.named_children:
            if child.type == "field_identifier":
                names.append(child)
            elif child.type not in ("comment", "raw_string_literal", "interpreted_string_literal"):
                declared_node = child
        if declared_node is None:
            return
        declared = self.type_of(declared_node)
        signature = text_of(node)[:300]
        for name in names:
            text = text_of(name)
            self.builder.define(
                name,
                node,
                "variable",
                scope,
                name=text,
                signature=signature,
                docstring=documentation,
                type=declared,
                flags=self.flags_of(text),
            )
        if not names and declared:
            # An embedded field: its members are promoted, and it is a field named as its type.
            bases.append(declared)
            text = declared.partition("[")[0].rpartition(".")[2]
            self.builder.define(
                declared_node,
                node,
                "variable",
                scope,
                name=text,
                signature=signature,
                docstring=documentation,
                type=declared,
                flags=self.flags_of(text),
            )

    def interface(self, name: Node, span: Node, node: Node, scope: int, documentation: str) -> None:
        index = self.builder.define(
            name,
            span,
            "interface",
            scope,
            signature=f"type {self.source[name.start_byte : node.start_byte].decode('utf-8', 'replace')} interface",
            docstring=documentation,
            flags=self.flags_of(text_of(name)),
        )
        inner = self.builder.open_scope(ScopeKind.CLASS, scope, index)
        bases = self.facts.definitions[index].bases
        for member, own in documented(node.children):
            if member.type == "method_elem":
                self.interface_method(member, inner, own)
            elif member.type == "type_elem":
                base = self.type_of(member)
                if base and base not in BASIC_TYPES and base != "comparable" and not any(mark in base for mark in "|~"):
                    bases.append(base)

    def interface_method(self, node: Node, scope: int, documentation: str) -> None:
        name = parameters = result = None
        for child in node.named_children:
            if name is None and child.type == "field_identifier":
                name = child
            elif parameters is None and child.type == "parameter_list":
                parameters = child
            elif child.type != "comment":
                result = child
        if name is None:
            return
        results = self.results(result) if result is not None else []
        text = text_of(name)
        self.builder.define(
            name,
            node,
            "method",
            scope,
            name=text,
            signature=text_of(node)[:1000],
            docstring=documentation,
            type=results[0].type if results else "",
            parameters=self.parameters(parameters) if parameters is not None else [],
            flags=self.flags_of(text) | Flag.DECLARATION,
            results=[item.type for item in results[1:]],
        )

    def package_variables(self, node: Node, documentation: str) -> None:
        self.locals = set()
        self.type_parameters = {}
        specs = list(documented(node.children))
        if len(specs) == 1 and specs[0][0].type == "var_spec_list":
            specs = list(documented(specs[0][0].children))
        group_type = ""
        for spec, own in specs:
            if spec.type not in ("var_spec", "const_spec"):
                continue
            names, declared, values = self.variable_spec(spec)
            # A constant without a value repeats the type and the value of the one before it.
            group_type = declared = declared if declared or values or spec.type == "var_spec" else group_type
            signature = f"{'var' if spec.type == 'var_spec' else 'const'} {text_of(spec)[:300]}"
            typed = self.typed_values(values, 0, len(names))
            for name, (value, value_type) in zip(names, typed, strict=True):
                text = text_of(name)
                if text == "_":
                    continue
                self.builder.define(
                    name,
                    spec,
                    "variable",
                    0,
                    name=text,
                    signature=signature,
                    docstring=own or documentation,
                    type=declared or value_type,
                    flags=self.flags_of(text),
                )
                if value:
                    self.builder.assign(name, 0, text, value, declared or value_type)
