"""Functions with their bodies, and the functions that macros make: `TEST_F(Fixture, Name) { }`, `GETTER(name);`.

Sources: ISO C 6.9.1, ISO C++ [dcl.fct] and [class.base.init].
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.cfamily.declarators import (
    DECLARATORS,
    RECORDS,
    TYPES,
    Declared,
    declared_type,
    is_type,
    parameters_of,
    plain_name,
    qualified_parts,
    type_expression,
    unwrap,
)
from indexers.languages.cfamily.known_names import KEYWORDS
from indexers.languages.cfamily.members import Members
from indexers.languages.cfamily.operands import last_type_name
from indexers.languages.cfamily.operators import local_types

_GTEST_FIXTURES = frozenset({"TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "BOOST_FIXTURE_TEST_CASE"})


class Functions(Members):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits["function_definition"] = self._function

    def _function(self, node: Node, scope: int) -> str:
        scopes = self.builder.facts.scopes
        while scopes[scope].kind in (ScopeKind.FUNCTION, ScopeKind.BLOCK):
            # Functions do not nest: a brace was lost on the way here.
            scope = scopes[scope].parent
        self._is_made(node, scope)
        span, self.span = self.span or node, None
        documentation = self._documentation()
        declarator: Node | None = None
        body: Node | None = None
        typed: Node | None = None
        initialisers: Node | None = None
        flags = self._flags()
        older: list[Node] = []
        mended = ""
        for child in node.named_children:
            kind = child.type
            if kind in ("compound_statement", "try_statement"):
                body = child
            elif kind == "storage_class_specifier":
                flags |= self._static(child, scope)
            elif kind == "field_initializer_list":
                initialisers = child
            elif declarator is None and typed is None and is_type(child):
                typed = child
            elif declarator is None and kind in DECLARATORS:
                declarator = child
            elif kind == "declaration":
                older.append(child)
            elif kind == "ERROR" and declarator is None and typed is not None:
                mended = text_of(child)
            elif kind == "delete_method_clause":
                # Nothing can call it: it would only stand in the way of the other overloads.
                return "#?"
            elif kind == "pure_virtual_clause":
                flags |= Flag.ABSTRACT | Flag.DECLARATION
            elif kind == "default_method_clause" and scope == self.class_scope:
                flags |= Flag.DECLARATION
        if typed is not None and typed.type in RECORDS:
            self.visit(typed, scope)
        declared = unwrap(declarator) if declarator is not None else None
        if declared is None or declared.name is None:
            self.inside([child for child in (initialisers, body) if child is not None], scope)
            return "#?"
        if declared.parameters is None and not (typed is not None and declared.name.type == "identifier"):
            self.inside([child for child in (initialisers, body) if child is not None], scope)
            return "#?"
        if declared.name.text in KEYWORDS:
            self.inside([child for child in (initialisers, body) if child is not None], scope)
            return "#?"
        returned = mended if mended.isidentifier() else type_expression(declared.typed or typed, self.hidden)
        definition, parameters = self._define_function(
            node, span, scope, declared, typed, returned, flags, documentation, body, older
        )
        self.returned = made_class(returned, typed) if self.is_cplusplus and not declared.is_pointer else ""
        if body is not None or initialisers is not None:
            self._body(definition, parameters, scope, initialisers, body)
        return "#?"

    def _static(self, specifier: Node, scope: int) -> int:
        if specifier.text != b"static":
            return 0
        return Flag.STATIC if scope == self.class_scope else Flag.PRIVATE

    def _define_function(
        self,
        node: Node,
        span: Node,
        scope: int,
        declared: Declared,
        typed: Node | None,
        returned: str,
        flags: int,
        documentation: str,
        body: Node | None,
        older: list[Node] | None = None,
    ) -> tuple[int, list[Parameter]]:
        name_node = declared.name
        assert name_node is not None
        scopes, last = qualified_parts(name_node)
        name = plain_name(last)
        parameters = parameters_of(declared.parameters, self.hidden)
        if older:
            parameters = _with_older_types(parameters, older)
        trailing = _trailing_type(declared.parameters) if not returned and typed is not None else None
        if trailing is not None:
            returned = type_expression(trailing, self.hidden)
        receiver = ".".join(scopes)
        kind = "method" if receiver or scope == self.class_scope else "function"
        generated = (
            _generated_by_macro(name, typed, declared, parameters) if body is not None and not receiver else None
        )
        decorators: list[str] = []
        if generated is not None:
            macro, name, receiver, last, is_test = generated
            decorators = [macro + "()"]
            kind = "method" if receiver else "function"
            parameters, returned = [], ""
            # Nobody calls a test by this name: what the macro makes of it has another.
            flags |= Flag.TEST | Flag.PRIVATE if is_test else 0
        definition = self.builder.define(
            last,
            span,
            kind,
            scope,
            name=name,
            signature=self._signature(span, body.start_byte if body is not None else span.end_byte),
            docstring=documentation,
            type=returned,
            receiver=receiver,
            decorators=decorators,
            parameters=parameters,
            flags=flags,
        )
        return definition, parameters

    def _body(
        self, definition: int, parameters: list[Parameter], scope: int, initialisers: Node | None, body: Node | None
    ) -> None:
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        state = self.names, self.returns_scope, self.conditional, self.is_private, self.owner, self.returned
        self.names, self.called = local_types(parameters), set()
        self.returns_scope, self.conditional, self.is_private = opened, 0, False
        if initialisers is not None:
            for child in initialisers.named_children:
                self._member_initialiser(child, opened)
        if body is not None:
            self.visit(body, opened)
        self.names, self.returns_scope, self.conditional, self.is_private, self.owner, self.returned = state
        self.shadow = -1

    def _member_initialiser(self, node: Node, scope: int) -> None:
        """`: Base(x), size_(x)`: a base is constructed, a field is assigned."""
        parts = node.named_children
        if len(parts) < 2:
            self.inside(parts, scope)
            return
        head, values = parts[0], parts[-1]
        paths = [self.passed(value, scope) for value in values.named_children if value.type != "comment"]
        name = type_expression(head, self.hidden).partition("[")[0]
        looks_like_type = head.type != "field_identifier" or (name[:1].isupper() and not name.endswith("_"))
        if name and looks_like_type:
            self.builder.call(last_type_name(head), scope, name, len(paths), Flag.CONSTRUCTION, paths)
        elif name:
            flags = Flag.CONSTRUCTION | Flag.IMPLICIT
            self.builder.call(head, scope, f"this.{name}", len(paths), flags, paths)

    # made by macros

    def read_blocks(self, blocks: dict[int, str]) -> None:
        """Take note of the macros that open blocks: they read as `if` in the text at hand, or as nothing before a block; by offset."""
        self.blocks = blocks
        if blocks:
            self.visits["if_statement"] = self._block_of_macro
            self.visits["compound_statement"] = self._block_behind_macro

    def _block_of_macro(self, node: Node, scope: int) -> str:
        macro = self.blocks.get(node.start_byte)
        condition = node.named_children[0] if node.named_children else None
        parts = node.named_children
        if macro is not None and condition is not None:
            paths = [self.passed(argument, scope) for argument in _listed(condition)]
            self.builder.call(node, scope, macro, len(paths), arguments=paths)
            parts = parts[1:]
        self.inside(parts, scope)
        self.shadow = -1
        return "#?"

    def _block_behind_macro(self, node: Node, scope: int) -> str:
        """`YY_RULE_SETUP {`: what the macro does, it does before the block."""
        macro = self.blocks.get(node.start_byte)
        if macro is not None:
            self.builder.refer_before(node, scope, macro)
        self.inside(node.named_children, scope)
        self.shadow = -1
        return "#?"

    def _is_made(self, node: Node, scope: int) -> bool:
        """Define what `GETTER(name);` makes, which C reads as a declaration of `name`; whether there is nothing more to it."""
        parts = node.named_children
        if self.names is not None or not parts:
            return False
        head = parts[0]
        if head.type == "macro_type_specifier" and len(head.named_children) == 2:
            self.made_by(head.named_children[0], head, scope)
        elif head.type == "type_identifier" and len(parts) == 2 and parts[1].type == "parenthesized_declarator":
            return self.made_by(head, node, scope)
        return False

    def _made_with_body(self, head: Node | None, body: Node, scope: int) -> None:
        """Define what a macro with a body behind it makes: `MATCHER(IsOK, "") { ... }` makes `IsOK`."""
        call = head.named_children[0] if head is not None and head.type == "expression_statement" else None
        listed = call.named_children[-1].named_children if call is not None and call.type == "call_expression" else []
        macro = text_of(call.named_children[0]) if call is not None and listed else ""
        if head is None or not macro.isupper() or listed[0].type != "identifier":
            self.inside(body.named_children, scope)
            return
        signature = self._signature(head, head.end_byte)
        definition = self.builder.define(
            listed[0], head, "function", scope, signature=signature, decorators=[macro + "()"], flags=self._flags()
        )
        self.builder.facts.definitions[definition].end_line = body.end_point[0] + 1
        self._body(definition, [], scope, None, body)


def _listed(condition: Node) -> list[Node]:
    """Return what stands between the brackets of an `if`, separated by commas."""
    found: list[Node] = []
    pending = condition.named_children
    while pending:
        node = pending.pop()
        if node.type == "comma_expression":
            pending += node.named_children
        elif node.type != "comment":
            found.append(node)
    return found[::-1]


def made_class(type_text: str, typed: Node | None) -> str:
    """Return the path of the class that an object of a declared type is made of, empty for the language's own."""
    made = type_text.partition("[")[0]
    is_own = typed is None or typed.type in ("primitive_type", "sized_type_specifier", "enum_specifier")
    return "" if is_own or made.startswith("std.") or made.endswith("_t") else made


def _trailing_type(function: Node | None) -> Node | None:
    for child in function.named_children if function is not None else ():
        if child.type == "trailing_return_type" and child.named_children:
            return child.named_children[0]
    return None


def _with_older_types(parameters: list[Parameter], declarations: list[Node]) -> list[Parameter]:
    """Give the parameters of a K&R definition the types declared below its head."""
    types: dict[str, str] = {}
    for declaration in declarations:
        base = ""
        for child in declaration.named_children:
            if child.type in TYPES:
                base = type_expression(child)
            elif child.type in DECLARATORS:
                declared = unwrap(child)
                if declared.name is not None:
                    types[text_of(declared.name)] = declared_type(base, declared)
    return [
        Parameter(parameter.name, types.get(parameter.name, parameter.type), parameter.flags)
        for parameter in parameters
    ]


def _generated_by_macro(
    name: str, typed: Node | None, declared: Declared, parameters: list[Parameter]
) -> tuple[str, str, str, Node, bool] | None:
    """Recognise `TEST_F(Fixture, Name) { }` and `TEST_IMPL(name) { }`: a definition whose head is a macro.

    Returns (macro, name, receiver, name node, whether it is a test), None for an ordinary function.
    """
    assert declared.name is not None
    if typed is not None:
        # C reads `TEST_IMPL(name) {}` as a type and a parenthesised name.
        macro = text_of(typed)
        if declared.function is None and declared.parameters is None and macro.isupper():
            return macro, name, "", declared.name, "TEST" in macro
        return None
    if not (name.isupper() and name.isidentifier()) or not parameters or any(p.name and p.type for p in parameters):
        return None
    arguments = [parameter.type or parameter.name for parameter in parameters]
    if not all(arguments):
        return None
    is_test = "TEST" in name
    listing = declared.parameters.child_by_field_name("parameters") if declared.parameters is not None else None
    nodes = listing.named_children if listing is not None else []
    if not is_test or len(arguments) == 1:
        return name, arguments[0], "", nodes[0] if nodes else declared.name, is_test
    if name in _GTEST_FIXTURES or "FIXTURE" in name:
        return name, arguments[1], arguments[0], nodes[1] if len(nodes) > 1 else declared.name, True
    return name, f"{arguments[0]}.{arguments[1]}", "", nodes[1] if len(nodes) > 1 else declared.name, True
