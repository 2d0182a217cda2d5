"""Expressions and patterns of Rust: visited once, answered with an access path.

`?`, `.await`, `&`, `*`, `Ok(..)` and `Some(..)` are transparent: they stand for what they wrap. A `let` that shadows a
local opens a scope for the statements after it. Nesting beyond `MAX_DEPTH` is put aside and walked later.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node, Parser, Range

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import passed_name
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages import parser_for
from indexers.languages.rust.known_names import MUTATING, STANDARD_MACROS
from indexers.languages.rust.tokens import argument_count, calls_in
from indexers.languages.rust.types import dotted, type_expression

MAX_DEPTH = 100
"""Nested visits before one is put aside; each takes two or three Python frames."""

_OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "&": "bitand", "|": "bitor", "^": "bitxor", "<<": "shl", ">>": "shr",
    "==": "eq",
}  # fmt: skip
"""Operators -> the methods that they call on a type of the project. `!=` and `<` call provided methods of other names."""
_IMPLICIT = int(Flag.IMPLICIT)
MAX_PARSED_BYTES = 2_000
"""A longer macro call stays tokens."""

_LITERALS = {
    "integer_literal": "#num",
    "float_literal": "#num",
    "string_literal": "#str",
    "raw_string_literal": "#str",
    "char_literal": "#num",
    "boolean_literal": "#bool",
    "unit_expression": "#?",
    "line_comment": "#?",
    "block_comment": "#?",
    "lifetime": "#?",
    "label": "#?",
    "type_identifier": "#?",
    "primitive_type": "#?",
    "generic_type": "#?",
    "continue_expression": "#?",
    "empty_statement": "#?",
    "attribute_item": "#?",
    "inner_attribute_item": "#?",
    "visibility_modifier": "#?",
}
_LEAVES = frozenset({*_LITERALS, "identifier", "self", "field_identifier"})
"""Nodes without anything inside to record: skipped where their value is not asked for."""
_TRANSPARENT_VARIANTS = frozenset({"Some", "Ok", "Err"})
_CONTENT = {
    "Some": ".?",
    "Ok": ".?",
    "Ready": ".?",
    "Continue": ".?",
    "Err": ".unwrap_err()",
    "Borrowed": "",
    "Owned": "",
}
"""Variants of the standard library -> what their content is of the value that they match."""
_WRAPPERS = frozenset({"Box.new", "Rc.new", "Arc.new", "Pin.new", "Box.pin", "Pin.new_unchecked"})
"""Constructors whose value has the members of their argument."""
_ITEMS = frozenset(
    {
        "function_item",
        "struct_item",
        "enum_item",
        "union_item",
        "trait_item",
        "impl_item",
        "mod_item",
        "use_declaration",
        "const_item",
        "static_item",
        "type_item",
        "macro_definition",
        "foreign_mod_item",
        "extern_crate_declaration",
    }
)
_STATEMENTS = _ITEMS | {
    "expression_statement",
    "let_declaration",
    "empty_statement",
    "line_comment",
    "block_comment",
    "label",
}
Visit = Callable[[Node, int], str]
Binding = tuple[Node, str, str]
"""A name that a pattern binds: its node, the access path of its value, its declared type."""


class Expressions:
    """Walks expressions; the frame of the current function is `names`, its locals with their types."""

    def __init__(self, builder: FactsBuilder) -> None:
        self.builder = builder
        self.depth = 0
        self.names: dict[str, str] | None = None
        self.generics: dict[str, str] = {}
        self.late: dict[str, int] = {}
        """Local -> the scope of its `let` without a value: what is assigned to it later is its value."""
        self.pending: list[Node] = []
        """Documentation and attributes directly above the next item."""
        self.returns_scope = -1
        self.shadow = -1
        """Scope that the statements after a shadowing `let` belong to, -1 when there is none."""
        self.last: Node | None = None
        self.deferred: list[tuple[Node, int, dict[str, str] | None, dict[str, str], int]] = []
        self.visits: dict[str, Visit] = {
            "call_expression": self._call,
            "field_expression": self._read,
            "scoped_identifier": self._scoped,
            "generic_function": self._generic_function,
            "index_expression": self._index,
            "try_expression": self._try,
            "await_expression": self._transparent,
            "parenthesized_expression": self._transparent,
            "reference_expression": self._transparent,
            "unary_expression": self._unary,
            "binary_expression": self._binary,
            "type_cast_expression": self._cast,
            "struct_expression": self._struct,
            "closure_expression": self._closure,
            "macro_invocation": self._macro_call,
            "array_expression": self._sequence,
            "tuple_expression": self._sequence,
            "assignment_expression": self._assignment,
            "compound_assignment_expr": self._assignment,
            "return_expression": self._return,
            "block": self._block,
            "let_declaration": self._let,
            "let_condition": self._let_condition,
            "for_expression": self._for,
            "match_expression": self._match,
            "if_expression": self._if,
            "else_clause": self._transparent,
            "unsafe_block": self._transparent,
            "async_block": self._transparent,
            "const_block": self._transparent,
            "expression_statement": self._transparent,
        }

    def visit(self, node: Node, scope: int) -> str:
        """Visit an expression, a statement or an item; return the access path of its value."""
        kind = node.type
        if kind == "identifier" or kind == "self":
            self.last = node
            return text_of(node)
        mark = _LITERALS.get(kind)
        if mark is not None:
            return mark
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope, self.names, self.generics, self.returns_scope))
            return "#?"
        self.depth += 1
        visit = self.visits.get(kind)
        if visit is not None:
            path = visit(node, scope)
        else:
            path = "#?"
            self.inside(node.named_children, scope)
            if kind != "let_chain":
                self.shadow = -1
        self.depth -= 1
        return path

    def inside(self, nodes: list[Node], scope: int) -> int:
        """Visit nodes in turn; return the scope that holds after them."""
        for node in nodes:
            kind = node.type
            if kind in _LEAVES:
                if kind == "identifier" and (path := text_of(node)).isupper():
                    self.builder.refer(node, scope, path)
                continue
            self.visit(node, scope)
            if self.shadow >= 0:
                scope = self.shadow
        return scope

    def walk_deferred(self) -> None:
        while self.deferred:
            node, scope, self.names, self.generics, self.returns_scope = self.deferred.pop()
            self.depth = 0
            self.visit(node, scope)
            self.shadow = -1

    def path_head(self, path: str, scope: int) -> None:
        """Note a path that starts at `super`: inside an inline module that needs an import of its own."""

    # names

    def _scoped(self, node: Node, scope: int) -> str:
        children = node.named_children
        self.last = children[-1] if children else node
        path = dotted(node, self.generics)
        if path.startswith("super."):
            self.path_head(path, scope)
        return path

    def _read(self, node: Node, scope: int) -> str:
        """Visit a field whose value is used."""
        path = self._field(node, scope)
        if path[0] != "#" and self.last is not None:
            self.builder.refer(self.last, scope, path)
        return path

    def _field(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) < 2:
            return "#?"
        if parts[0].type == "field_expression" and self.depth < MAX_DEPTH:
            self.depth += 1
            path = self._field(parts[0], scope)
            self.depth -= 1
        else:
            path = self.visit(parts[0], scope)
        name = parts[-1]
        self.last = name
        return f"{path}.{text_of(name)}"

    def _generic_function(self, node: Node, scope: int) -> str:
        return self.visit(node.named_children[0], scope)

    def _index(self, node: Node, scope: int) -> str:
        parts = node.named_children
        path = self.visit(parts[0], scope)
        last = self.last
        for part in parts[1:]:
            self.visit(part, scope)
        if path[0] != "#":
            method = "index_mut" if _is_mutated(node) else "index"
            self.builder.call(parts[0], scope, f"{path}.{method}", 1, _IMPLICIT)
        self.last = last
        is_slice = len(parts) > 1 and parts[1].type == "range_expression"
        return path if is_slice else path + "[]"

    def _transparent(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            if child.type != "mutable_specifier":
                path = self.visit(child, scope)
        return path

    def _unary(self, node: Node, scope: int) -> str:
        """`*x` has the members of x, `**x` those of what x holds."""
        path = self._transparent(node, scope)
        operand = node.named_children[-1] if node.named_children else node
        is_deref = bool(node.children) and node.children[0].type == "*"
        if is_deref and path and path[0] != "#":
            self.builder.call(
                operand, scope, f"{path}.deref_mut" if _is_mutated(node) else f"{path}.deref", 0, _IMPLICIT
            )
        twice = is_deref and operand.type == "unary_expression" and operand.children[0].type == "*"
        return f"{path}.?" if twice and path[0] != "#" else path

    def _binary(self, node: Node, scope: int) -> str:
        """Visit `a + b`: on a type of the project that is a call of `add`."""
        children = [child for child in node.children if child.type not in ("line_comment", "block_comment")]
        if len(children) != 3:
            self.inside(node.named_children, scope)
            return "#?"
        left, operator, right = children
        path, other = self._operand(left, scope), self._operand(right, scope)
        method = _OPERATORS.get(operator.type)
        if method is None or path[0] == "#" or (method == "eq" and other[0] == "#" and other[:2] != "#?"):
            return "#bool" if method is None or method == "eq" else path if path == "#num" else "#?"
        self.builder.call(left, scope, f"{path}.{method}", 1, _IMPLICIT, [other])
        return "#bool" if method == "eq" else f"{path}.{method}()"

    def _operand(self, node: Node, scope: int) -> str:
        if node.type == "identifier":
            path = text_of(node)
            if path.isupper():
                self.builder.refer(node, scope, path)
            return path
        path = self.visit(node, scope)
        if self.shadow >= 0 and node.type != "let_condition":
            self.shadow = -1
        return path

    def _try(self, node: Node, scope: int) -> str:
        path = self.visit(node.named_children[0], scope) if node.named_children else "#?"
        return path if path.startswith("#") else f"{path}.?"

    def _cast(self, node: Node, scope: int) -> str:
        parts = node.named_children
        path = self.visit(parts[0], scope)
        return "#num" if parts[-1].type == "primitive_type" else path

    # calls

    def _call(self, node: Node, scope: int) -> str:
        parts = node.named_children
        function, arguments = parts[0], parts[-1]
        if function.type == "identifier":
            callee, last = text_of(function), function
            if callee in _TRANSPARENT_VARIANTS:
                return self._wrapped(arguments, scope)
        else:
            self.last = None
            is_method = function.type == "field_expression"
            callee, last = (self._field if is_method else self.visit)(function, scope), self.last or function
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
        self.builder.call(last, scope, callee, count, Flag.CONSTRUCTION if name[:1].isupper() else 0, list(given))
        if callee in _WRAPPERS and count == 1 and not given[0].startswith("#"):
            return given[0]
        return callee + "()"

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
        if len(text) > MAX_PARSED_BYTES or not (b"|" in text or (macro not in STANDARD_MACROS and b"(" in text[1:])):
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

    # values

    def values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression that is stored or returned; return the path of each value it may take."""
        kind = node.type
        if self.depth < MAX_DEPTH:
            if kind == "if_expression":
                return self._counted(self._if_values, node, scope)
            if kind == "match_expression":
                return self._counted(self._match_values, node, scope)
            if kind in ("block", "unsafe_block", "async_block", "else_clause"):
                return self._counted(self._block_values, node, scope)
        return [self.passed(node, scope)]

    def _counted(self, visit: Callable[[Node, int], list[str]], node: Node, scope: int) -> list[str]:
        self.depth += 1
        found = visit(node, scope)
        self.depth -= 1
        return found

    def _block_values(self, node: Node, scope: int) -> list[str]:
        found: list[str] = ["#?"]
        children = node.named_children
        entry = scope
        tail = len(children) - 1
        while tail >= 0 and children[tail].type in ("line_comment", "block_comment"):
            tail -= 1
        above: list[Node] = []
        for index, child in enumerate(children):
            if child.type in ("attribute_item", "line_comment", "block_comment"):
                above.append(child)
                continue
            self.pending, above = above, []
            if index == tail and child.type not in _STATEMENTS:
                found = self.values(child, scope)
            elif index == tail and child.type == "expression_statement" and not _ends_statement(child):
                # `if .. {}` or `match` at the end of a block has no semicolon: it is the block's value.
                inner = child.named_children
                found = self.values(inner[0], scope) if inner else found
            elif child.type in _ITEMS:
                # Items are seen in the whole block, before and behind a shadowing `let`.
                self.visit(child, entry)
                self.shadow = -1
            else:
                self.visit(child, scope)
                if self.shadow >= 0:
                    scope, self.shadow = self.shadow, -1
        self.shadow = -1
        self.pending = []
        return found

    def _block(self, node: Node, scope: int) -> str:
        paths = self._block_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _if(self, node: Node, scope: int) -> str:
        paths = self._if_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _if_values(self, node: Node, scope: int) -> list[str]:
        found: list[str] = []
        inner = scope
        for index, child in enumerate(node.named_children):
            if index == 0:
                self.visit(child, scope)
                if self.shadow >= 0:
                    inner, self.shadow = self.shadow, -1
            else:
                found += self.values(child, inner if child.type == "block" else scope)
        self.shadow = -1
        return found

    def _match(self, node: Node, scope: int) -> str:
        paths = self._match_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _match_values(self, node: Node, scope: int) -> list[str]:
        parts = node.named_children
        if len(parts) < 2:
            self.inside(parts, scope)
            return []
        subject = self.visit(parts[0], scope)
        found: list[str] = []
        for arm in parts[-1].named_children:
            if arm.type == "match_arm":
                found += self._arm(arm, subject, scope)
        self.shadow = -1
        return found

    def _arm(self, arm: Node, subject: str, scope: int) -> list[str]:
        found: list[str] = []
        for child in arm.named_children:
            if child.type == "match_pattern":
                parts = child.named_children
                if parts and child.children[0] == parts[0]:
                    scope = self.bind(parts[0], subject, "", scope)
                    parts = parts[1:]
                self.inside(parts, scope)  # the guard; what stands before it may be `_`
            elif child.type not in ("attribute_item", "line_comment", "block_comment"):
                found += self.values(child, scope)
        self.shadow = -1
        return found

    def _assignment(self, node: Node, scope: int) -> str:
        """A plain name has its value from its `let`; only one that was declared without a value gets it here."""
        parts = node.named_children
        target = self._written(parts[0], scope)
        if node.type == "compound_assignment_expr" and target[0] != "#":
            method = _OPERATORS.get(node.children[1].type.removesuffix("="))
            if method is not None:
                self.builder.call(parts[0], scope, f"{target}.{method}_assign", 1, _IMPLICIT)
        home = scope if "." in target else self.late.get(target, -1)
        for value in self.values(parts[-1], scope):
            if home >= 0 and target[0] != "#" and value[0] != "#" and target[-1] not in ")]":
                self.builder.assign(node, home, target, value)
        return "#?"

    def _written(self, node: Node, scope: int) -> str:
        """Visit the target of an assignment; a field or a static is a reference that writes."""
        if node.type == "field_expression":
            path = self._field(node, scope)
        else:
            path = self.visit(node, scope)
            if node.type not in ("identifier", "scoped_identifier") or (self.names is not None and path in self.names):
                return path
        if path[0] != "#" and self.last is not None:
            self.builder.refer(self.last, scope, path, int(Flag.WRITE))
        return path

    def _return(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            for path in self.values(child, scope):
                if self.returns_scope >= 0 and not path.startswith("#"):
                    self.builder.returns(self.returns_scope, path)
        return "#?"

    # bindings

    def bind(self, pattern: Node, value: str, declared: str, scope: int) -> int:
        """Bind the names of a pattern; return the scope that sees them, a new one where a name is shadowed."""
        found = bindings_of(pattern, value, declared)
        if not found:
            return scope
        names = self.names if self.names is not None else {}
        texts = [text_of(name) for name, _, _ in found]
        inner = scope
        speaks_of_outer = any(path.startswith(text) for text, (_, path, _) in zip(texts, found, strict=True))
        if speaks_of_outer or any(text in names for text in texts):
            inner = self.builder.open_scope(ScopeKind.BLOCK, scope)
        for text, (name, path, typed) in zip(texts, found, strict=True):
            names[text] = typed
            head = path.partition(".")[0].rstrip("()[]")
            if inner != scope and head in texts and not path.startswith("#"):
                # The value speaks of the name that is shadowed: it gets a name of its own in the outer scope.
                outer = f"{text}'{name.start_byte}"
                self.builder.assign(name, scope, outer, path, typed)
                path = outer
            self.builder.assign(name, inner, text, path, typed)
        return inner

    def _let(self, node: Node, scope: int) -> str:
        pattern: Node | None = None
        typed = ""
        value: Node | None = None
        alternative: Node | None = None
        is_typed = is_value = False
        for child in node.children:
            kind = child.type
            if kind == ":":
                is_typed = True
            elif kind == "=":
                is_value = True
            elif kind == "else":
                is_value, is_typed = False, False
            elif kind == "_" and pattern is None:
                pattern = child  # it binds nothing
            elif not child.is_named or kind in ("mutable_specifier", "line_comment", "block_comment"):
                continue
            elif pattern is None:
                pattern = child
            elif is_value and value is None:
                value = child
            elif is_typed and not typed and not is_value:
                typed = type_expression(child, self.generics)
            else:
                alternative = child
        if alternative is not None:
            self.visit(alternative, scope)
        if pattern is not None and value is not None and _are_pairs(pattern, value):
            return self._let_pairs(pattern, value, scope)
        paths = self.values(value, scope) if value is not None else [""]
        if pattern is not None:
            known = [path for path in paths if not path.startswith("#?")] or [paths[0] if paths else "#?"]
            inner = self.bind(pattern, known[0], typed, scope)
            if pattern.type == "identifier" and inner == scope:
                for path in known[1:]:
                    self.builder.assign(pattern, inner, text_of(pattern), path, typed)
            self.shadow = inner if inner != scope else -1
            if pattern.type == "identifier" and value is None and not typed:
                self.late[text_of(pattern)] = inner
        return "#?"

    def _let_pairs(self, pattern: Node, value: Node, scope: int) -> str:
        """Visit `let (a, b) = (x, y);`: each name has its own value."""
        paths = [self.passed(part, scope) for part in value.named_children]
        inner = scope
        for part, position in _places(pattern):
            inner = self.bind(part, paths[position] if 0 <= position < len(paths) else "#?", "", inner)
        self.shadow = inner if inner != scope else -1
        return "#?"

    def _let_condition(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) == 2:
            value = self.visit(parts[1], scope)
            inner = self.bind(parts[0], value, "", scope)
            self.shadow = inner if inner != scope else -1
        return "#?"

    def _for(self, node: Node, scope: int) -> str:
        pattern, value = node.child_by_field_name("pattern"), node.child_by_field_name("value")
        body = node.child_by_field_name("body")
        if pattern is None or value is None or body is None:
            self.inside(node.named_children, scope)
            self.shadow = -1
            return "#?"
        path = self.visit(value, scope)
        if path[0] != "#":
            self.builder.call(value, scope, f"{path}.into_iter", 0, _IMPLICIT)
            self.builder.call(value, scope, f"{path}.into_iter().next", 0, _IMPLICIT)
        scope = self.bind(pattern, "#?" if path.startswith("#") else path + "[*]", "", scope)
        self.visit(body, scope)
        self.shadow = -1
        return "#?"


def _is_mutated(node: Node) -> bool:
    """Whether a place expression, or a part of it, is assigned to or borrowed to be changed."""
    around = node.parent
    while around is not None and around.type in ("field_expression", "parenthesized_expression", "index_expression"):
        if around.type == "index_expression" and around.children[0] != node:
            return False
        called = around.parent
        if (
            around.type == "field_expression"
            and called is not None
            and called.type == "call_expression"
            and called.children[0] == around
        ):
            return text_of(around.named_children[-1]) in MUTATING
        node, around = around, called
    if around is None:
        return False
    if around.type in ("assignment_expression", "compound_assignment_expr"):
        return around.children[0] == node
    return around.type == "reference_expression" and around.children[1].type == "mutable_specifier"


def _are_pairs(pattern: Node, value: Node) -> bool:
    """Whether a tuple pattern stands before a tuple."""
    return pattern.type == "tuple_pattern" and value.type == "tuple_expression"


def _places(node: Node) -> list[tuple[Node, int]]:
    """Return the parts of a tuple pattern with their positions, -1 behind `..`; `_` is no part but has a position."""
    found: list[tuple[Node, int]] = []
    position, inside = 0, False
    for child in node.children:
        kind = child.type
        if kind == "(":
            inside = True
        elif kind == "," and position >= 0:
            position += 1
        elif kind == "remaining_field_pattern" or kind == "..":
            position = -1
        elif inside and child.is_named and kind not in ("line_comment", "block_comment"):
            found.append((child, position))
    return found


def _ends_statement(node: Node) -> bool:
    return bool(node.children) and node.children[-1].type == ";"


def _tuple_parts(node: Node, path: str) -> list[tuple[Node, str, str]]:
    """Return what the parts of `Some(x)` or `Shape::Circle(centre, _)` are matched against."""
    parts = [part for part in node.named_children if part.type not in ("line_comment", "block_comment")]
    if not parts:
        return []
    variant = dotted(parts[0]) if parts[0].type == "scoped_identifier" else type_expression(parts[0]).partition("[")[0]
    content = _CONTENT.get(variant.rpartition(".")[2])
    if content is not None:
        inner = path if path.startswith("#") or not path else path + content
        return [(part, inner, "") for part in parts[1:]]
    return [(part, f"{variant}#{at}" if variant and at >= 0 else "#?", "") for part, at in _places(node)]


def bindings_of(pattern: Node, value: str, declared: str) -> list[Binding]:
    """Return what a pattern binds when it is matched against `value`."""
    found: list[Binding] = []
    stack = [(pattern, value, declared)]
    while stack:
        node, path, typed = stack.pop()
        kind = node.type
        if kind in ("identifier", "shorthand_field_identifier"):
            text = text_of(node)
            # An upper-case name in a pattern is a constant or a variant, not a new name.
            if not text[:1].isupper():
                found.append((node, path, typed))
        elif kind == "self":
            continue
        elif kind == "tuple_struct_pattern":
            stack.extend(reversed(_tuple_parts(node, path)))
        elif kind == "struct_pattern":
            parts = node.named_children
            owner = type_expression(parts[0]).partition("[")[0] if parts else ""
            for part in reversed(parts[1:]):
                names = part.named_children
                if part.type == "field_pattern" and names:
                    field = next((name for name in names if name.type != "mutable_specifier"), names[0])
                    inner = f"{owner}#{text_of(field)}" if owner else "#?"
                    stack.append((names[-1], inner, ""))
        elif kind in ("ref_pattern", "mut_pattern", "reference_pattern", "captured_pattern", "remaining_field_pattern"):
            parts = [part for part in node.named_children if part.type != "mutable_specifier"]
            stack.extend((part, path, typed) for part in reversed(parts))
        elif kind in ("tuple_pattern", "slice_pattern", "or_pattern", "match_pattern"):
            follows = bool(path) and path[0] != "#"
            if kind == "tuple_pattern":
                for part, at in reversed(_places(node)):
                    stack.append((part, f"{path}[{at}]" if follows and at >= 0 else "#?", ""))
                continue
            inner = path if kind in ("or_pattern", "match_pattern") else path + "[]" if follows else "#?"
            stack.extend((part, inner, "") for part in reversed(node.named_children))
    return found
