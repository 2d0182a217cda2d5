"""Go source to neutral facts, in one pass over the syntax tree.

Owns the shape of the tree-sitter-go grammar and Go's own notions: packages, receivers, embedding, several results, type
switches, composite literals. Resolves nothing. Facts follow the language specification (https://go.dev/ref/spec).

Blocks that declare names open a BLOCK scope, because Go shadows freely (`for _, x := range` twice in one function, the
cases of a type switch). A closure opens a FUNCTION scope without a definition: its calls belong to the function around.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import last_length, operands, passed_name
from indexers.facts import Call, FileFacts, Flag, Parameter, Reference, ScopeKind
from indexers.languages.go.comments import documented
from indexers.languages.go.constraints import build_flags
from indexers.languages.go.types import TypeReader

MAX_DEPTH = 100
"""Tree levels walked by recursion; what is nested deeper is walked later, from the top, and its value stays `#?`."""
MAX_CHAIN_BYTES = 120
_WRITE = int(Flag.WRITE)
MAX_PATH = 180

_CHAIN = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[A-Za-z_\x80-\xff][\w\x80-\xff]*)*")
_VERSION = re.compile(r"v\d+")
_TEST_PARAMETERS = frozenset({"testing.T", "testing.B", "testing.F", "testing.M"})
_TEST_NAMES = ("Test", "Benchmark", "Fuzz")

_BASIC_TYPE_NAMES = """
bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32
uint64 uintptr any
"""
BASIC_TYPES = frozenset(_BASIC_TYPE_NAMES.split())
_LITERALS = {
    "int_literal": "#num",
    "float_literal": "#num",
    "imaginary_literal": "#num",
    "rune_literal": "#num",
    "iota": "#num",
    "interpreted_string_literal": "#str",
    "raw_string_literal": "#str",
    "true": "#bool",
    "false": "#bool",
}
_IGNORED_KINDS = """
, ( ) { } [ ] ; : := = . ... if else for switch select case default defer go return range func type var const comment
nil blank_identifier label_name dot empty_statement fallthrough_statement break_statement continue_statement
goto_statement type_identifier qualified_type generic_type pointer_type slice_type array_type map_type channel_type
function_type struct_type interface_type implicit_length_array_type parenthesized_type field_identifier
"""
_IGNORED = frozenset(_IGNORED_KINDS.split()) | {"\n"}
"""Leaves and types: nothing in them is executed."""
_SILENT = _IGNORED | _LITERALS.keys() | {"identifier"}
"""What says nothing when its value is not kept."""
_SAYS_NOTHING = _IGNORED | _LITERALS.keys()
_DECLARING = frozenset({"short_var_declaration", "var_declaration", "const_declaration", "type_declaration"})
_CONTAINERS = {
    "slice_type": "#list",
    "array_type": "#list",
    "implicit_length_array_type": "#list",
    "map_type": "#dict",
    "channel_type": "#list",
}


def extract_go(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one Go file; places that do not parse are reported and the rest is kept."""
    return _GoExtractor(source).run(root)


class _GoExtractor:
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.builder = FactsBuilder("go", source)
        self.facts = self.builder.facts
        self.depth = 0
        self.deferred: list[tuple[Node, int, int]] = []
        self.locals: set[str] = set()
        """Names of parameters and variables of the function being walked: they never mean a symbol by themselves."""
        self.returns_scope = 0
        """Scope of the function or closure that a `return` here leaves."""
        self.packages: set[str] = set()
        self.type_parameters: dict[str, str] = {}
        self.type_of = TypeReader(source).read
        self.file_flags = 0
        self.rules: dict[str, Callable[[Node, int], str]] = {
            "selector_expression": self.value,
            "call_expression": self.call,
            "type_conversion_expression": self.conversion,
            "type_instantiation_expression": self.instantiation,
            "composite_literal": lambda node, scope: self.composite(node, scope)[0],
            "func_literal": self.closure,
            "index_expression": self.index,
            "slice_expression": self.slice,
            "type_assertion_expression": lambda node, scope: self.assertion(node, scope)[0],
            "parenthesized_expression": self.parenthesized,
            "unary_expression": self.unary,
            "binary_expression": self.binary,
            "expression_list": self.values,
            "literal_value": self.elements,
            "variadic_argument": self.values,
            "send_statement": self.values,
            "block": self.block,
            "statement_list": self.statements,
            "short_var_declaration": self.short_variables,
            "assignment_statement": self.assignment,
            "inc_statement": self.increment,
            "dec_statement": self.increment,
            "var_declaration": self.local_variables,
            "const_declaration": self.local_variables,
            "type_declaration": self.type_declaration,
            "return_statement": self.return_statement,
            "if_statement": self.scoped,
            "for_statement": self.scoped,
            "range_clause": self.range_clause,
            "expression_switch_statement": self.scoped,
            "type_switch_statement": self.type_switch,
            "communication_case": self.scoped,
            "receive_statement": self.receive,
            "function_declaration": self.function,
            "method_declaration": self.function,
        }

    # the file

    def run(self, root: Node) -> FileFacts:
        for child, documentation in documented(root.children):
            match child.type:
                case "package_clause":
                    self.facts.package = text_of(child.named_children[0]) if child.named_children else ""
                    self.facts.docstring = documentation
                    self.file_flags = build_flags(self.source[: child.start_byte])
                case "import_declaration":
                    self.imports(child)
                case "function_declaration" | "method_declaration":
                    self.function(child, 0, documentation)
                case "type_declaration":
                    self.type_declaration(child, 0, documentation)
                case "var_declaration" | "const_declaration":
                    self.package_variables(child, documentation)
                case _:
                    self.walk(child, 0)
            self.drain()
        self.builder.report_syntax(root)
        return self.facts

    def drain(self) -> None:
        """Walk what was nested too deeply, each piece from depth 0."""
        while self.deferred:
            node, scope, self.returns_scope = self.deferred.pop()
            self.walk(node, scope)

    def imports(self, declaration: Node) -> None:
        specs = [child for child in declaration.named_children if child.type != "comment"]
        if specs and specs[0].type == "import_spec_list":
            specs = [child for child in specs[0].named_children if child.type == "import_spec"]
        for spec in specs:
            given, path = "", ""
            for child in spec.named_children:
                if child.type in ("interpreted_string_literal", "raw_string_literal"):
                    path = text_of(child)[1:-1]
                elif child.type != "comment":
                    given = text_of(child)
            if not path:
                continue
            if given == ".":
                self.builder.add_import(spec, 0, path, name="*")
            elif given == "_":
                self.builder.add_import(spec, 0, path)
            else:
                alias = given or self.package_name(path)
                self.packages.add(alias)
                self.builder.add_import(spec, 0, path, alias=alias)

    def package_name(self, path: str) -> str:
        """Guess the name that the package at `path` declares: of the usual spellings, the first that the file uses."""
        parts = path.split("/")
        last = parts[-1]
        if _VERSION.fullmatch(last) and len(parts) > 1:
            last = parts[-2]
        last = re.sub(r"\.v\d+$", "", last)
        bare = last.removeprefix("go-").removesuffix("-go").removesuffix(".go")
        spellings = (
            last,
            bare,
            bare.replace("-", "_"),
            bare.replace("-", ""),
            last.replace("-", ""),
            bare.rpartition("-")[2],
        )
        candidates = [spelling for spelling in dict.fromkeys(spellings) if spelling.isidentifier()]
        if len(candidates) > 1:
            for candidate in candidates:
                if re.search(rb"\b" + candidate.encode() + rb"\.", self.source):
                    return candidate
        return candidates[0] if candidates else last

    # definitions

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

    def variable_spec(self, spec: Node) -> tuple[list[Node], str, list[Node]]:
        """Return the names, the declared type and the value nodes of `var a, b T = x, y`."""
        names: list[Node] = []
        declared = ""
        values: list[Node] = []
        for child in spec.named_children:
            kind = child.type
            if kind == "expression_list":
                values = _expressions(child)
            elif kind == "identifier" or kind == "blank_identifier":
                names.append(child)
            elif kind != "comment":
                declared = self.declared_type(child)
        return names, declared, values

    # statements

    def walk(self, node: Node, scope: int) -> str:
        """Visit one node and return its access path."""
        kind = node.type
        if kind == "identifier":
            return node.text.decode("utf-8", "replace")  # type: ignore[union-attr]
        literal = _LITERALS.get(kind)
        if literal is not None:
            return literal
        if kind in _IGNORED:
            return "#?"
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope, self.returns_scope))
            return "#?"
        self.depth += 1
        rule = self.rules.get(kind)
        path = rule(node, scope) if rule is not None else self.walk_children(node, scope)
        self.depth -= 1
        return path

    def walk_children(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind in _SILENT:
                continue
            if kind == "expression_statement" or kind == "statement_list":
                self.walk_children(child, scope)
            else:
                self.walk(child, scope)
        return "#?"

    def block(self, node: Node, scope: int) -> str:
        return self.walk_children(node, self.block_scope(node, scope))

    def block_scope(self, node: Node, scope: int) -> int:
        """Return a new BLOCK scope when the block declares names, else the scope around."""
        for child in node.children:
            if child.type == "statement_list" and any(item.type in _DECLARING for item in child.children):
                return self.builder.open_scope(ScopeKind.BLOCK, scope)
        return scope

    def statements(self, node: Node, scope: int) -> str:
        return self.walk_children(node, scope)

    def scoped(self, node: Node, scope: int) -> str:
        """Visit an `if`, `for`, `switch` or `select` case: names of its header live in it and its blocks alone."""
        for child in node.children:
            kind = child.type
            if kind in _DECLARING or kind in ("range_clause", "for_clause", "receive_statement"):
                scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
            if kind == "expression_case" or kind == "default_case":
                self.walk_children(child, self.block_scope(child, scope))
            elif kind == "statement_list":
                declares = any(item.type in _DECLARING for item in child.children)
                self.walk_children(child, self.builder.open_scope(ScopeKind.BLOCK, scope) if declares else scope)
            elif kind not in _SILENT:
                self.walk(child, scope)
        return "#?"

    def type_switch(self, node: Node, scope: int) -> str:
        alias, value, subject = "", "", False
        for child in node.children:
            kind = child.type
            if kind == "short_var_declaration":
                scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
                self.short_variables(child, scope)
            elif kind == "expression_list" and not subject:
                alias = text_of(child)
                self.locals.add(alias)
            elif kind == "type_case" or kind == "default_case":
                self.type_case(child, scope, alias, value)
            elif kind not in _IGNORED and child.is_named:
                value, subject = self.walk(child, scope), True
        return "#?"

    def type_case(self, node: Node, scope: int, alias: str, value: str) -> None:
        types: list[Node] = []
        for child in node.named_children:
            if child.type == "statement_list":
                if alias or any(item.type in _DECLARING for item in child.children):
                    scope = self.builder.open_scope(ScopeKind.BLOCK, scope)
                if alias and alias != "_":
                    single = self.declared_type(types[0]) if len(types) == 1 and types[0].type != "nil" else ""
                    # Under `switch x := x.(type)` the value would name itself: the type alone says all.
                    own = value == alias or value.startswith((alias + ".", alias + "["))
                    self.builder.assign(node, scope, alias, "" if own else value, single)
                self.walk_children(child, scope)
            elif child.type != "comment":
                types.append(child)

    def short_variables(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3 or children[0].type != "expression_list" or children[2].type != "expression_list":
            return self.walk_children(node, scope)
        targets = _expressions(children[0])
        typed = self.typed_values(_expressions(children[2]), scope, len(targets))
        for target, (value, declared) in zip(targets, typed, strict=True):
            if target.type == "identifier":
                name = text_of(target)
                if value != name:
                    self.locals.add(name)
                    self.builder.assign(target, scope, name, value or "#?", declared)
        return "#?"

    def local_variables(self, node: Node, scope: int) -> str:
        specs = node.named_children
        if specs and specs[0].type == "var_spec_list":
            specs = specs[0].named_children
        for spec in specs:
            if spec.type not in ("var_spec", "const_spec"):
                continue
            names, declared, values = self.variable_spec(spec)
            typed = self.typed_values(values, scope, len(names))
            for name, (value, value_type) in zip(names, typed, strict=True):
                if name.type == "identifier":
                    text = text_of(name)
                    self.locals.add(text)
                    self.builder.assign(name, scope, text, "" if value == text else value, declared or value_type)
        return "#?"

    def assignment(self, node: Node, scope: int) -> str:
        children = node.children
        if len(children) != 3 or children[0].type != "expression_list" or children[2].type != "expression_list":
            return self.walk_children(node, scope)
        targets = _expressions(children[0])
        typed = self.typed_values(_expressions(children[2]), scope, len(targets))
        for target, (value, declared) in zip(targets, typed, strict=True):
            self.store(target, scope, value or "#?", declared)
        return "#?"

    def store(self, target: Node, scope: int, value: str, declared: str = "") -> None:
        """Record an assignment to a field. A plain name has its type from its declaration, and `=` declares none here."""
        path = self.selector(target, scope) if target.type == "selector_expression" else self.walk(target, scope)
        if path[0] == "#":
            return
        if target.type == "selector_expression":
            row, column = target.end_point
            at = Reference(scope, path, row + 1, column + 1 - last_length(path), _WRITE)
            self.facts.references.append(at)
            if "(" not in path:
                self.builder.assign(target, scope, path, value, declared)
        elif target.type == "identifier" and path not in self.locals:
            self.builder.refer(target, scope, path, _WRITE)

    def increment(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            self.store(child, scope, "#num")
        return "#?"

    def range_clause(self, node: Node, scope: int) -> str:
        targets: list[Node] = []
        subject = None
        declares = False
        for child in node.children:
            kind = child.type
            if kind == "expression_list" and subject is None and not targets:
                targets = _expressions(child)
            elif kind == ":=":
                declares = True
            elif child.is_named and kind != "comment":
                subject = child
        path, declared = self.typed_value(subject, scope) if subject is not None else ("#?", "")
        is_followed = path not in ("#num", "#?")
        element_type = declared[2:] if declared.startswith("[]") else ""
        for position, target in enumerate(targets):
            # The second variable is the element; the first is the key of a map, what comes out of a channel, or an index.
            if position:
                self.bind(target, scope, f"{path}[]" if is_followed else path, element_type, declares)
            else:
                single = element_type if len(targets) == 1 else ""
                self.bind(target, scope, f"{path}[*]" if is_followed else path, single, declares)
        return "#?"

    def receive(self, node: Node, scope: int) -> str:
        targets: list[Node] = []
        declares = False
        path, declared = "#?", ""
        for child in node.children:
            kind = child.type
            if kind == "expression_list" and not targets:
                targets = _expressions(child)
            elif kind == ":=":
                declares = True
            elif kind not in _IGNORED:
                path, declared = self.typed_value(child, scope)
        for position, target in enumerate(targets):
            self.bind(target, scope, "#bool" if position else path, "" if position else declared, declares)
        return "#?"

    def bind(self, target: Node, scope: int, value: str, declared: str, declares: bool) -> None:
        if not declares:
            self.store(target, scope, value, declared)
        elif target.type == "identifier":
            name = text_of(target)
            self.locals.add(name)
            self.builder.assign(target, scope, name, value, declared)

    def return_statement(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            if child.type == "expression_list":
                for position, expression in enumerate(_expressions(child)):
                    path = self.value(expression, scope)
                    if position == 0 and path[:2] != "#?":
                        self.builder.returns(self.returns_scope, path)
        return "#?"

    # expressions

    def values(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind not in _IGNORED and kind not in _LITERALS:
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
            if _CHAIN.fullmatch(text):
                return text.decode("utf-8", "replace")
        children = node.children
        path = self.walk(children[0], scope)
        field = text_of(children[-1])
        return f"{path}.{field}" if len(path) + len(field) < MAX_PATH else f"#?.{field}"[:MAX_PATH]

    def call(self, node: Node, scope: int) -> str:
        children = node.children
        function, arguments = children[0], children[-1]
        kind = function.type
        while kind == "parenthesized_expression" and function.named_child_count == 1:
            inner = function.named_children[0]
            if inner.type not in ("identifier", "selector_expression", "index_expression", "parenthesized_expression"):
                break
            function, kind = inner, inner.type
        if kind == "identifier":
            path = text_of(function)
            if path in ("new", "make", "append") and path not in self.locals:
                return self.allocation(path, function, arguments, scope)
            row, column = function.start_point
            self.emit(scope, path, self.arguments(arguments, scope), row, column)
        elif kind == "selector_expression":
            path = self.selector(function, scope)
            row, column = function.end_point
            self.emit(scope, path, self.arguments(arguments, scope), row, column - last_length(path))
        elif kind == "index_expression":
            path = self.generic_call(function, arguments, scope)
        else:
            path = self.walk(function, scope)
            self.arguments(arguments, scope)
            if kind == "parenthesized_expression" and path[:1] != "#" and path[-1:] not in ")]":
                # `(*T)(x)` converts: the value is a T.
                return f"{path}()"
        if len(path) > MAX_PATH:
            return "#?"
        return f"{path}()" if path[:2] != "#?" or "." in path else "#?"

    def emit(self, scope: int, path: str, given: list[str], row: int, column: int, flags: int = 0) -> None:
        if path not in BASIC_TYPES:
            count = len(given)
            while given and given[-1] == "#?":
                given.pop()
            self.facts.calls.append(Call(scope, path, count, row + 1, column + 1, flags, given))

    def arguments(self, node: Node, scope: int) -> list[str]:
        """Visit the arguments of a call and return their access paths."""
        given: list[str] = []
        for child in node.children:
            kind = child.type
            if kind == "," or kind == "(" or kind == ")" or kind == "comment":
                continue
            if kind == "identifier":
                name = child.text.decode("utf-8", "replace")  # type: ignore[union-attr]
                if name not in self.locals:
                    self.builder.refer(child, scope, name)
                given.append(name)
            elif kind == "variadic_argument":
                given.append("*" + self.value(child.children[0], scope))
            elif kind in _LITERALS:
                given.append(_LITERALS[kind])
            else:
                given.append(self.value(child, scope)[:MAX_PATH] if kind not in _IGNORED else "#?")
        return given

    def allocation(self, builtin: str, function: Node, arguments: Node, scope: int) -> str:
        """Visit `new(T)`, `make(T, n)` or `append(xs, ...)`: their values are a T, a container, and xs."""
        row, column = function.start_point
        self.emit(scope, builtin, self.arguments(arguments, scope), row, column)
        given = [child for child in arguments.named_children if child.type != "comment"]
        if not given:
            return "#?"
        first = given[0]
        if builtin == "append":
            start, end = first.start_byte, first.end_byte
            text = self.source[start : min(end, start + MAX_CHAIN_BYTES + 1)]
            return text.decode("utf-8", "replace") if _CHAIN.fullmatch(text) else "#list"
        if builtin == "make":
            return _CONTAINERS.get(first.type, "#list")
        declared = self.declared_type(first) if first.type != "identifier" else text_of(first)
        return f"{declared}()" if declared and declared[0] != "[" else "#?"

    def generic_call(self, function: Node, arguments: Node, scope: int) -> str:
        """Visit `f[x](y)`: an instantiated function when `f` may be one, an element of a container otherwise."""
        path = self.index(function, scope)
        operand = function.children[0]
        head = path.removesuffix("[]")
        instantiated = (
            path.endswith("[]") and operand.type in ("identifier", "selector_expression") and self.may_be_generic(head)
        )
        given = self.arguments(arguments, scope)
        if instantiated:
            row, column = operand.end_point
            self.emit(scope, head, given, row, column - last_length(head))
            return head
        return path

    def may_be_generic(self, path: str) -> bool:
        head, dot, _ = path.partition(".")
        return head in self.packages if dot else head not in self.locals

    def conversion(self, node: Node, scope: int) -> str:
        """Visit `[]byte(x)`, and `Map[int](xs)`, which the grammar takes for a conversion to a generic type."""
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return "#?"
        target = children[0]
        given = [self.value(child, scope) for child in children[1:]]
        if target.type != "generic_type":
            declared = self.declared_type(target)
            return _CONTAINERS.get(target.type) or (
                f"{declared}()" if declared and declared not in BASIC_TYPES else "#?"
            )
        head = target.named_children[0]
        path = text_of(head).replace(" ", "")
        if not self.may_be_generic(path) or self.names_element(path, target):
            return f"{path}[]()"
        row, column = head.end_point
        self.emit(scope, path, given, row, column - last_length(path))
        return f"{path}()"

    def names_element(self, path: str, target: Node) -> bool:
        """Whether `path[key]` rather subscripts a variable: its key is a local variable."""
        arguments = target.named_children[-1].named_children
        return len(arguments) == 1 and text_of(arguments[0]) in self.locals

    def instantiation(self, node: Node, scope: int) -> str:
        """Visit `f[int, string]` used as a value."""
        head = node.named_children[0]
        path = text_of(head)
        self.builder.refer(head, scope, path)
        return path

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
        if kind in _CONTAINERS or not declared:
            return _CONTAINERS.get(kind, "#?"), declared
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
                if inner.type not in _LITERALS:
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
            if kind not in _LITERALS and (position or kind != "identifier"):
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
        for operand in operands(node, _SAYS_NOTHING):
            self.value(operand, scope)
        return "#?"

    # types

    def declared_type(self, node: Node) -> str:
        """Return the type expression; a type parameter is known by the interface that bounds it."""
        declared = self.type_of(node)
        return self.type_parameters.get(declared, declared) if self.type_parameters else declared


def _expressions(node: Node) -> list[Node]:
    """Return the members of an expression list."""
    children = node.children
    if len(children) > 1:
        return [child for child in children if child.type not in (",", "comment")]
    return children
