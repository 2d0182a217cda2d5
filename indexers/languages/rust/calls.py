"""Calls of functions, methods and macros of Rust, values of structures, and closures."""

from __future__ import annotations

from tree_sitter import Node, Parser, Range

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import passed_name
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages import parser_for
from indexers.languages.rust.known_names import STANDARD_MACROS
from indexers.languages.rust.operands import Operands
from indexers.languages.rust.patterns import bindings_of
from indexers.languages.rust.tokens import argument_count, calls_in
from indexers.languages.rust.types import dotted, type_expression
from indexers.languages.rust.walk import MAX_DEPTH

_TRANSPARENT_VARIANTS = frozenset({"Some", "Ok", "Err"})
_WRAPPERS = frozenset({"Box.new", "Rc.new", "Arc.new", "Pin.new", "ManuallyDrop.new", "Box.pin", "Pin.new_unchecked"})
"""Constructors whose value has the members of their argument."""
MAX_PARSED_BYTES = 2_000
"""A longer macro call stays tokens."""


class Calls(Operands):
    """Visits what is called, built, or given to a call."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "call_expression": self._call,
            "struct_expression": self._struct,
            "closure_expression": self._closure,
            "macro_invocation": self._macro_call,
            "array_expression": self._sequence,
            "tuple_expression": self._sequence,
        }

    def _call(self, node: Node, scope: int) -> str:
        parts = node.named_children
        function, arguments = parts[0], parts[-1]
        receiver: Node | None = None
        if function.type == "identifier":
            callee, last = text_of(function), function
            if callee in _TRANSPARENT_VARIANTS:
                return self._wrapped(arguments, scope)
        else:
            self.last = None
            is_method = function.type == "field_expression"
            callee, last = (self._field if is_method else self.visit)(function, scope), self.last or function
            receiver = function.named_children[0] if is_method else None
        given: list[str] = []
        for argument in arguments.named_children:
            if argument.type == "closure_expression":
                given.append(self._closure(argument, scope, callee, len(given)))
            elif argument.type not in ("line_comment", "block_comment", "attribute_item"):
                given.append(self.passed(argument, scope))
        count = len(given)
        owner, _, name = callee.rpartition(".")
        if name[:1].isupper() and owner.rpartition(".")[2][:1].isupper() and "(" not in owner:
            # `Shape::Circle(1)` makes a value of the enum; nothing is called.
            self.builder.refer(last, scope, callee)
            return owner + "()"
        flags = Flag.CONSTRUCTION if name[:1].isupper() else 0
        self.builder.call(self._site(last, arguments), scope, callee, count, flags, list(given), receiver)
        if callee in _WRAPPERS and count == 1 and not given[0].startswith("#"):
            return given[0]
        return callee + "()"

    def _site(self, name: Node, arguments: Node) -> Node:
        """Return the node at whose place a call stands: its name's; in a macro that is given only the name, the macro's brackets."""
        places = self.builder.places
        if places is None or places[name.start_point[0]][2] == places[arguments.start_point[0]][2]:
            return name
        return arguments

    def _wrapped(self, arguments: Node, scope: int) -> str:
        paths = [self.passed(argument, scope) for argument in arguments.named_children]
        return paths[0] if paths else "#?"

    def passed(self, node: Node, scope: int) -> str:
        """Visit a value that is handed on; one that may be a function is a reference."""
        kind = node.type
        if kind == "identifier":
            return passed_name(self.builder, node, scope, self.names)
        if kind == "scoped_identifier":
            path = self._scoped(node, scope)
            if self.last is not None:
                self.builder.refer(self.last, scope, path)
            return path
        if kind == "reference_expression" and self.depth < MAX_DEPTH and node.named_children:
            self.depth += 1
            path = self.passed(node.named_children[-1], scope)
            self.depth -= 1
            return path
        return self.visit(node, scope)

    def _macro_call(self, node: Node, scope: int) -> str:
        name = node.named_children[0]
        path = dotted(name) if name.type == "scoped_identifier" else text_of(name)
        last = name.named_children[-1] if name.type == "scoped_identifier" and name.named_children else name
        tree = node.named_children[-1]
        if tree.type != "token_tree":
            return "#?"
        expressions = self._parsed_arguments(tree, path)
        if expressions is None:
            self.builder.call(last, scope, path, argument_count(tree), Flag.MACRO)
            self.token_calls(tree, scope)
        else:
            given = [self.passed(expression, scope) for expression in expressions]
            self.builder.call(last, scope, path, len(given), Flag.MACRO, list(given))
            if path not in STANDARD_MACROS and len(given) == 1 and given[0][0] != "#":
                # A macro around one expression most often unwraps it, as `try!` did.
                return f"{given[0]}.?"
        return "#list" if path == "vec" else "#str" if path == "format" else f"{path}()"

    def _parsed_arguments(self, tree: Node, macro: str) -> list[Node] | None:
        """Return the arguments of a macro call as expressions, where tokens would say too little and they parse as such."""
        text = self.builder.source[tree.start_byte : tree.end_byte]
        if len(text) > MAX_PARSED_BYTES or not (
            b"|" in text or b"." in text or (macro not in STANDARD_MACROS and b"(" in text[1:])
        ):
            return None
        closing = self.builder.source.find(b";", tree.end_byte)
        language = parser_for("rust").language
        if closing < 0 or language is None or text[:1] == b"{":
            return None
        # Read as `(a, b);`: the next semicolon of the file, wherever it stands, ends the statement.
        row = tree.end_point[0] + self.builder.source.count(b"\n", tree.end_byte, closing)
        ends = [
            Range(tree.start_point, tree.end_point, tree.start_byte, tree.end_byte),
            Range((row, 0), (row, 1), closing, closing + 1),
        ]
        root = Parser(language, included_ranges=ends).parse(self.builder.source).root_node
        if root.has_error or root.named_child_count != 1:
            return None
        statement = root.named_children[0]
        group = statement.named_children[0] if statement.named_children else statement
        if group.type not in ("parenthesized_expression", "tuple_expression", "array_expression"):
            return None
        return [child for child in group.named_children if child.type not in ("line_comment", "block_comment")]

    def token_calls(self, tree: Node, scope: int) -> None:
        for last, path, count, is_macro in calls_in(tree):
            flags = Flag.MACRO if is_macro else Flag.CONSTRUCTION if text_of(last)[:1].isupper() else 0
            owner = path.rpartition(".")[0].rpartition(".")[2]
            if flags == Flag.CONSTRUCTION and owner[:1].isupper():
                self.builder.refer(last, scope, path)
                continue
            if path.startswith("super."):
                self.path_head(path, scope)
            self.builder.call(last, scope, path, count, flags)

    def _struct(self, node: Node, scope: int) -> str:
        typed = ""
        count = 0
        given: list[str] = []
        for child in node.named_children:
            if child.type == "field_initializer_list":
                for field in child.named_children:
                    parts = field.named_children
                    count += 1
                    if parts:
                        path = self.passed(parts[-1], scope)
                        if path[:2] != "#?" and field.type != "base_field_initializer":
                            given.append(f"{text_of(parts[0])}={path}")
            elif not typed:
                typed = type_expression(child).partition("[")[0]
                last = child
        if not typed:
            return "#?"
        while (
            last.type in ("scoped_type_identifier", "generic_type", "generic_type_with_turbofish")
            and last.named_children
        ):
            last = last.named_children[0 if last.type.startswith("generic") else -1]
        owner, _, _name = typed.rpartition(".")
        if owner.rpartition(".")[2][:1].isupper() and owner != "Self":
            self.builder.refer(last, scope, typed)
            return owner + "()"
        self.builder.call(last, scope, typed, count, Flag.CONSTRUCTION, given)
        return typed + "()"

    def _sequence(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            self.passed(child, scope)
        return "#list" if node.type == "array_expression" else "#tuple"

    def _closure(self, node: Node, scope: int, callee: str = "", position: int = 0) -> str:
        """Visit a closure, an argument of `callee` where that is known: what it is given depends on that."""
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope)
        parameters = self.builder.facts.scopes[opened].parameters = []
        names, returns = self.names, self.returns_scope
        self.names = dict(names) if names is not None else {}
        self.returns_scope = opened
        for child in node.named_children:
            kind = child.type
            if kind == "closure_parameters":
                for index, parameter in enumerate(child.named_children):
                    given = f"{callee}{{{position}:{index}}}" if callee and "#" not in callee else "#?"
                    parameters.append(self._closure_parameter(parameter, opened, given))
            elif kind not in ("line_comment", "block_comment") and not kind.endswith(("_type", "type_identifier")):
                for path in self.values(child, opened):
                    if path[:2] != "#?":
                        self.builder.returns(opened, path)
        self.names, self.returns_scope, self.shadow = names, returns, -1
        return f"#lambda@{opened}"

    def _closure_parameter(self, node: Node, scope: int, given: str) -> Parameter:
        pattern, typed = node, ""
        if node.type == "parameter":
            pattern = node.child_by_field_name("pattern") or node
            typed = type_expression(node.child_by_field_name("type"), self.generics)
        for name, value, declared in bindings_of(pattern, given, typed):
            text = text_of(name)
            assert self.names is not None
            self.names[text] = declared
            self.builder.assign(name, scope, text, value, declared)
        return Parameter(text_of(pattern) if pattern.type == "identifier" else "", typed)
