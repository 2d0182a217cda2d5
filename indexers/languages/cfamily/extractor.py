"""C and C++ source -> neutral facts, in one walk over the named children.

Both branches of a preprocessor condition are read (flag CONDITIONAL); macros are not expanded, the calls in their bodies
are kept as calls of the macro. Where a macro breaks the grammar, what tree-sitter recovers is read on.
Source: node types of tree-sitter-c 0.24 and tree-sitter-cpp 0.23; ISO C 6.7, ISO C++ [dcl] and [class].
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import MAX_SYNTAX_ISSUES, FactsBuilder, text_of
from indexers.facts import Call, FileFacts, Flag, Parameter, ParseIssue, ScopeKind
from indexers.languages import parser_for
from indexers.languages.cfamily.branches import mended
from indexers.languages.cfamily.comments import docstring_of, file_docstring
from indexers.languages.cfamily.conditions import Truth, is_defined, off_unless_configured, truth_of
from indexers.languages.cfamily.declarators import (
    DECLARATORS,
    RECORDS,
    TYPES,
    Declared,
    declared_type,
    parameters_of,
    plain_name,
    qualified_parts,
    type_expression,
    unwrap,
)
from indexers.languages.cfamily.expressions import Expressions, last_type_name, local_type, local_types
from indexers.languages.cfamily.known_names import KEYWORDS
from indexers.languages.cfamily.macros import (
    alias_in,
    calls_in,
    functions_in,
    holds_code,
    looks_like_cplusplus,
    without_class_macros,
    without_macro_comments,
)
from indexers.resolution.macros import filled

_SIGNATURE_BYTES = 600
_ALTERNATIVES = frozenset({"preproc_elif", "preproc_elifdef", "preproc_else"})
_GTEST_FIXTURES = frozenset({"TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "BOOST_FIXTURE_TEST_CASE"})


def prepare_c(source: bytes) -> tuple[str, bytes]:
    """Return the language to read a `.c` or `.h` file as, and its text as the grammar can read it."""
    if looks_like_cplusplus(source):
        return prepare_cpp(source)
    return "c", without_macro_comments(source)


def prepare_cpp(source: bytes) -> tuple[str, bytes]:
    return "cpp", without_class_macros(without_macro_comments(source))


def extract_c(source: bytes, root: Node) -> FileFacts:
    """Return the facts of a C file from the tree of its prepared text. Never raises on bad source."""
    return _extract("c", source, root)


def extract_cpp(source: bytes, root: Node) -> FileFacts:
    """Return the facts of a C++ file from the tree of its prepared text. Never raises on bad source."""
    return _extract("cpp", source, root)


def _extract(language: str, source: bytes, root: Node) -> FileFacts:
    """Walk the tree; where macros or branches break the grammar, walk that of a mended text of the same length."""
    builder = FactsBuilder(language, source)
    dropped: list[int] = []
    if root.has_error:
        readable = without_macro_comments(source)
        readable, dropped = mended(without_class_macros(readable) if language == "cpp" else readable)
        if readable != root.text:
            root = parser_for(language).parse(readable).root_node
    _Walk(builder, language == "cpp").file(root)
    builder.report_syntax(root)
    issues = builder.facts.issues
    issues.extend(
        ParseIssue(line, "syntax", "this branch of a preprocessor condition is not read")
        for line in dropped[:MAX_SYNTAX_ISSUES]
    )
    return builder.facts


class _Walk(Expressions):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.is_private = False
        self.elsewhere = 0
        """Nested preprocessor branches around that do not hold on Linux."""
        self.pending: list[Node] = []
        """Comments that stand directly above the next member."""
        self.span: Node | None = None
        """The `template <...>` around the definition that is visited next."""
        self.owner = ""
        """Name of the class whose body is visited."""
        self.class_scope = -1
        self.visits |= {
            "translation_unit": self._members,
            "declaration_list": self._members,
            "field_declaration_list": self._members,
            "linkage_specification": self._members,
            "function_definition": self._function,
            "declaration": self._declaration,
            "field_declaration": self._declaration,
            "type_definition": self._typedef,
            "struct_specifier": self._record,
            "union_specifier": self._record,
            "class_specifier": self._record,
            "enum_specifier": self._enum,
            "preproc_include": self._include,
            "preproc_def": self._macro,
            "preproc_function_def": self._macro,
            "preproc_if": self._condition,
            "preproc_ifdef": self._condition,
            "namespace_definition": self._namespace,
            "namespace_alias_definition": self._namespace_alias,
            "using_declaration": self._using,
            "alias_declaration": self._alias,
            "template_declaration": self._template,
            "template_instantiation": self._skip,
            "concept_definition": self._skip,
            "friend_declaration": self._friend,
            "for_range_loop": self._for_range,
            "catch_clause": self._catch,
            "condition_clause": self._condition_clause,
            "expression_statement": self._expression_statement,
        }

    def file(self, root: Node) -> None:
        leading: list[Node] = []
        for child in root.named_children:
            if child.type != "comment":
                self.builder.facts.docstring = file_docstring(leading, child.start_point[0])
                break
            leading.append(child)
        self.visit(root, 0)
        self.walk_deferred()

    def _skip(self, node: Node, scope: int) -> str:
        return "#?"

    # members of files, namespaces, classes and preprocessor branches

    def _members(self, node: Node, scope: int) -> str:
        self._each(node.named_children, scope)
        return "#?"

    def _each(self, children: list[Node], scope: int) -> None:
        """Visit members in turn, each with the comments that stand directly above it."""
        row = -1
        comments: list[Node] = []
        before: Node | None = None
        for child in children:
            if child.type == "comment":
                start = child.start_point[0]
                if start == row and not comments:
                    continue
                if comments and start > comments[-1].end_point[0] + 1:
                    comments = []
                comments.append(child)
                continue
            self.pending = comments if comments and comments[-1].end_point[0] + 1 >= child.start_point[0] else []
            comments = []
            if child.type == "compound_statement" and self.names is None:
                self._made_by_macro(before, child, scope)
            else:
                self.visit(child, scope)
            before = child
            if self.shadow >= 0:
                scope, self.shadow = self.shadow, -1
            row = child.end_point[0]
        self.pending = []

    def _made_by_macro(self, head: Node | None, body: Node, scope: int) -> None:
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

    def made_by(self, macro: Node, use: Node, arguments: list[str], scope: int) -> None:
        """Define the functions that a macro of this file makes where it is used outside of any function."""
        parameters, names = self.makers[text_of(macro)]
        given = dict(zip(parameters, arguments, strict=False))
        for name in names:
            made = filled(name, given)
            if made.isidentifier():
                signature = self._signature(use, use.end_byte)
                self.builder.define(
                    macro, use, "function", scope, name=made, signature=signature, flags=self._flags(),
                    decorators=[text_of(macro) + "()"],
                )  # fmt: skip

    def _documentation(self) -> str:
        comments, self.pending = self.pending, []
        return docstring_of(comments) if comments else ""

    def _flags(self) -> int:
        flags = (Flag.CONDITIONAL if self.conditional else 0) | (Flag.PRIVATE if self.is_private else 0)
        return flags | Flag.INACTIVE if self.elsewhere else flags

    def _signature(self, node: Node, end: int) -> str:
        start = node.start_byte
        raw = self.builder.source[start : min(end, start + _SIGNATURE_BYTES)]
        return raw.decode("utf-8", "replace").rstrip("; \t\r\n")

    # preprocessor

    def _include(self, node: Node, scope: int) -> str:
        path = node.named_children[0] if node.named_children else None
        if path is not None and path.type in ("string_literal", "system_lib_string"):
            self.builder.add_import(path, 0, text_of(path).strip('"'), flags=self._flags() & ~Flag.PRIVATE)
        return "#?"

    def _macro(self, node: Node, scope: int) -> str:
        name: Node | None = None
        listing: Node | None = None
        body: Node | None = None
        for child in node.named_children:
            kind = child.type
            if kind == "identifier":
                name = name or child
            elif kind == "preproc_params":
                listing = child
            elif kind == "preproc_arg":
                body = child
        if name is None:
            return "#?"
        builder, raw = self.builder, (body.text or b"") if body is not None else b""
        parameters = (
            [Parameter(text_of(part)) for part in listing.named_children if part.type == "identifier"]
            if listing
            else []
        )
        if listing is not None and b"..." in (listing.text or b""):
            parameters.append(Parameter("", "", int(Flag.VARIADIC)))
        is_callable = listing is not None or holds_code(raw)
        definition = builder.define(
            name,
            node,
            "function" if is_callable else "variable",
            0,
            signature=self._signature(node, node.end_byte),
            docstring=self._documentation(),
            parameters=parameters,
            flags=Flag.MACRO | self._flags(),
        )
        if listing is not None and (made := functions_in(raw)):
            self.makers[text_of(name)] = ([part.name for part in parameters], made)
        alias = alias_in(raw) if listing is None else ""
        if alias:
            builder.assign(name, 0, text_of(name), alias)
        elif body is not None and (b"(" in raw or b";" in raw):
            self._macro_calls(definition, body, raw)
        return "#?"

    def _macro_calls(self, definition: int, body: Node, raw: bytes) -> None:
        """Record what a macro's body calls, in a scope of its own: resolution puts it where the macro is used."""
        builder = self.builder
        opened = -1
        line, column = body.start_point[0] + 1, body.start_point[1] + 1
        for path, offset, count, arguments in calls_in(raw):
            if opened < 0:
                opened = builder.open_scope(ScopeKind.FUNCTION, 0, definition)
            breaks = raw.count(b"\n", 0, offset)
            at = offset - raw.rfind(b"\n", 0, offset) if breaks else column + offset
            flags = Flag.MACRO if count < 0 else Flag.NONE
            builder.facts.calls.append(Call(opened, path, max(count, 0), line + breaks, at, flags, arguments))

    def _condition(self, node: Node, scope: int) -> str:
        self._branch(node, scope, False, True)
        return "#?"

    def _branch(self, node: Node, scope: int, taken: bool, untaken: bool) -> None:
        """Visit one branch of a condition, then the next.

        Args:
            taken: an earlier branch holds for certain on Linux. untaken: none of the earlier ones can hold.
        """
        truth, children = self._judged(node)
        if truth is not False and taken:
            truth = False
        elif node.type == "preproc_else" and untaken:
            truth = True
        following = children.pop() if children and children[-1].type in _ALTERNATIVES else None
        head = node.child_by_field_name("condition") or node.child_by_field_name("name")
        guard = head is not None and bool(children) and children[0].type == "preproc_def" and scope == 0
        guard = guard and head is not None and children[0].named_children[0].text == head.text
        foreign = truth is False
        self.conditional += not guard
        self.elsewhere += foreign
        if not (foreign and head is not None and head.text == b"0"):
            self._each(children, scope)  # what stands under `#if 0` is no code anywhere
        self.elsewhere -= foreign
        if following is not None:
            self._branch(following, scope, taken or truth is True, untaken and truth is False)
        self.conditional -= not guard

    def _judged(self, node: Node) -> tuple[Truth, list[Node]]:
        """Return whether a branch's own condition holds on Linux, and what it encloses."""
        children = node.named_children
        kind = node.type
        if kind == "preproc_else":
            return None, children
        if not children:
            return None, children
        text = text_of(children[0])
        if kind in ("preproc_ifdef", "preproc_elifdef"):
            known = is_defined(text, self.is_cplusplus)
            if known is None and _has_alternative(node):
                known = off_unless_configured(text)
            negative = (node.children[0].text or b"").endswith(b"ndef")
            return (not known if negative and known is not None else known), children[1:]
        known = truth_of(text, self.is_cplusplus)
        if known is None and _has_alternative(node):
            known = off_unless_configured(text)
        return known, children[1:]

    # namespaces

    def _namespace(self, node: Node, scope: int) -> str:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if body is None:
            return "#?"
        documentation = self._documentation()
        if name is None:
            was_private, self.is_private = self.is_private, True
            self._members(body, scope)
            self.is_private = was_private
            return "#?"
        parts = name.named_children if name.type == "nested_namespace_specifier" else [name]
        while parts and parts[-1].type == "nested_namespace_specifier":
            parts = parts[:-1] + parts[-1].named_children
        for part in parts:
            definition = self.builder.define(part, node, "package", scope, docstring=documentation, flags=self._flags())
            scope = self.builder.open_scope(ScopeKind.NAMESPACE, scope, definition)
        self._members(body, scope)
        return "#?"

    def _namespace_alias(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) == 2:
            self.builder.add_import(parts[0], scope, text_of(parts[1]), "", text_of(parts[0]), Flag.REEXPORT)
        return "#?"

    def _using(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if not parts or self.class_scope == scope:
            return "#?"
        written = text_of(parts[-1]).replace(" ", "").lstrip(":")
        if any(child.type == "namespace" for child in node.children):
            self.builder.add_import(parts[-1], scope, written, "*", "*", Flag.REEXPORT)
        else:
            module, _, name = written.rpartition("::")
            self.builder.add_import(parts[-1], scope, module, name, name, Flag.REEXPORT)
        return "#?"

    # types

    def _template(self, node: Node, scope: int) -> str:
        was_hidden, was_span = self.hidden, self.span
        self.span = was_span or node
        for child in node.named_children:
            if child.type == "template_parameter_list":
                names = (_type_parameter(parameter) for parameter in child.named_children)
                self.hidden = self.hidden | {name for name in names if name}
            elif child.type != "comment":
                self.visit(child, scope)
        self.hidden, self.span = was_hidden, was_span
        return "#?"

    def _record(self, node: Node, scope: int, given: Node | None = None, given_name: str = "") -> str:
        name: Node | None = given
        body: Node | None = None
        bases: list[str] = []
        for child in node.named_children:
            kind = child.type
            if kind == "field_declaration_list":
                body = child
            elif kind == "base_class_clause":
                bases = [
                    base
                    for part in child.named_children
                    if part.type in TYPES or part.type == "qualified_identifier"
                    if (base := type_expression(part, self.hidden))
                ]
            elif name is None and kind in ("type_identifier", "template_type", "qualified_identifier"):
                name = child
        if body is None:
            return "#?"
        if name is None:
            self._members(body, scope)
            return "#?"
        span, self.span = self.span or node, None
        scopes, last = qualified_parts(name)
        definition = self.builder.define(
            last,
            span,
            "class",
            scope,
            name=given_name or plain_name(last),
            signature=self._signature(span, body.start_byte),
            docstring=self._documentation(),
            receiver=".".join(scopes),
            bases=bases,
            flags=self._flags(),
        )
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        state = self.owner, self.names, self.is_private, self.class_scope, self.conditional
        self.owner, self.names, self.is_private, self.class_scope, self.conditional = (
            plain_name(last),
            None,
            False,
            opened,
            0,
        )
        self._members(body, opened)
        self.owner, self.names, self.is_private, self.class_scope, self.conditional = state
        return "#?"

    def _enum(self, node: Node, scope: int, given: Node | None = None) -> str:
        name: Node | None = given
        body: Node | None = None
        for child in node.named_children:
            if child.type == "enumerator_list":
                body = child
            elif name is None and child.type in ("type_identifier", "qualified_identifier"):
                name = child
        if body is None:
            return "#?"
        builder, members = self.builder, scope
        if name is not None:
            definition = builder.define(
                name,
                node,
                "class",
                scope,
                signature=self._signature(node, body.start_byte),
                docstring=self._documentation(),
                flags=self._flags(),
            )
            opened = builder.open_scope(ScopeKind.CLASS, scope, definition)
            if any(child.type in ("class", "struct") for child in node.children):
                members = opened
        for child in body.named_children:
            if child.type == "enumerator":
                parts = child.named_children
                typed = text_of(name) if name is not None else ""
                builder.define(
                    parts[0],
                    child,
                    "variable",
                    members,
                    signature=text_of(child)[:300],
                    type=typed,
                    flags=self._flags(),
                )
            elif child.type.startswith("preproc"):
                self.visit(child, members)
        return "#?"

    def _typedef(self, node: Node, scope: int) -> str:
        record: Node | None = None
        base = ""
        names: list[Declared] = []
        for child in node.named_children:
            kind = child.type
            if kind in RECORDS and record is None:
                record = child
                base = type_expression(child)
            elif not base and record is None and (kind in TYPES or kind == "qualified_identifier"):
                base = type_expression(child, self.hidden)
            elif kind in DECLARATORS or kind == "type_identifier":
                names.append(unwrap(child))
        documentation = self._documentation()
        if record is not None:
            # `typedef struct { ... } name;`: the first name that is no pointer is the type's own.
            own = next((declared for declared in names if not declared.is_pointer and declared.name is not None), None)
            given = own.name if not base and own is not None else None
            self.pending = []
            self._typedef_record(node, record, scope, given, documentation)
            if given is not None:
                base = text_of(given)
        for declared in names:
            if declared.name is not None:
                aliased = declared_type(base, declared)
                # In C++ an alias stands for the class when it constructs: it stays a name bound to the class.
                is_record = record is not None and aliased == base and not (declared.is_pointer or self.is_cplusplus)
                self._define_alias(declared.name, node, scope, aliased, documentation, is_record)
        return "#?"

    def _typedef_record(self, node: Node, record: Node, scope: int, given: Node | None, documentation: str) -> None:
        before = len(self.builder.facts.definitions)
        if record.type == "enum_specifier":
            self._enum(record, scope, given)
        else:
            self._record(record, scope, given)
        if len(self.builder.facts.definitions) > before and documentation:
            self.builder.facts.definitions[before].docstring = documentation

    def _alias(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) >= 2:
            self._define_alias(parts[0], node, scope, type_expression(parts[-1], self.hidden), self._documentation())
        return "#?"

    def _define_alias(
        self, name: Node, span: Node, scope: int, aliased: str, documentation: str, is_record: bool = False
    ) -> None:
        """Record another name of a type; that of a C struct, union or enum is a class that stands for it."""
        text = text_of(name)
        if text == aliased:
            return
        if self.names is None:
            definition = self.builder.define(
                name,
                span,
                "class" if is_record else "variable",
                scope,
                signature=self._signature(span, span.end_byte),
                docstring=documentation,
                type=aliased,
                flags=Flag.TYPE_ONLY | self._flags(),
            )
            if is_record:
                self.builder.open_scope(ScopeKind.CLASS, scope, definition)
                return
        if aliased and aliased[0] != "[" and aliased != "func":
            self.builder.assign(name, scope, text, aliased.partition("[")[0])

    def _friend(self, node: Node, scope: int) -> str:
        scopes = self.builder.facts.scopes
        outer = scope
        while scopes[outer].kind == ScopeKind.CLASS:
            outer = scopes[outer].parent
        for child in node.named_children:
            if child.type in ("function_definition", "declaration"):
                owner, self.owner = self.owner, ""
                self.visit(child, outer)
                self.owner = owner
        return "#?"

    # functions

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
            elif declarator is None and typed is None and _is_type(child):
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
        state = self.names, self.returns_scope, self.conditional, self.is_private, self.owner
        self.names, self.called = local_types(parameters), set()
        self.returns_scope, self.conditional, self.is_private = opened, 0, False
        if initialisers is not None:
            for child in initialisers.named_children:
                self._member_initialiser(child, opened)
        if body is not None:
            self.visit(body, opened)
        self.names, self.returns_scope, self.conditional, self.is_private, self.owner = state
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

    # declarations

    def _is_made(self, node: Node, scope: int) -> bool:
        """Define what `GETTER(name);` makes, which C reads as a declaration of `name`; whether there is nothing more to it."""
        parts = node.named_children
        if self.names is not None or not self.makers or not parts:
            return False
        head = parts[0]
        if head.type == "macro_type_specifier" and len(head.named_children) == 2:
            macro, argument = head.named_children
            if text_of(macro) in self.makers:
                self.made_by(macro, head, [text_of(argument)], scope)
        elif (
            head.type == "type_identifier"
            and len(parts) == 2
            and parts[1].type == "parenthesized_declarator"
            and text_of(head) in self.makers
        ):
            self.made_by(head, node, [text_of(parts[1]).strip("() ")], scope)
            return True
        return False

    def _declaration(self, node: Node, scope: int) -> str:
        if self._is_made(node, scope):
            return "#?"
        typed: Node | None = None
        flags = self._flags()
        mended = ""
        found: list[Declared] = []
        is_field = node.type == "field_declaration"
        for child in node.named_children:
            kind = child.type
            if typed is None and not found and _is_type(child):
                typed = child
            elif kind in DECLARATORS:
                found.append(unwrap(child))
            elif kind == "storage_class_specifier":
                flags |= self._static(child, scope)
                if child.text == b"extern":
                    flags |= Flag.DECLARATION
            elif kind == "ERROR" and typed is not None and not found:
                mended = text_of(child)
            elif kind == "ERROR":
                self.inside(child.named_children, scope)
            elif found and kind not in ("comment", "bitfield_clause", "type_qualifier", "attribute_specifier"):
                found[-1].value = child
        base = mended if mended.isidentifier() else type_expression(typed, self.hidden)
        if typed is not None and typed.type in RECORDS:
            base = self._declared_record(typed, scope, found, base)
        documentation = self._documentation()
        span, self.span = self.span or node, None
        for declared in found:
            if declared.function is not None:
                given = type_expression(declared.typed, self.hidden) if declared.typed is not None else base
                self._prototype(node, span, scope, declared, typed, given, flags, documentation)
            elif declared.name is not None and declared.name.type == "structured_binding_declarator":
                self._structured_binding(declared, scope)
            elif declared.name is not None:
                self._variable(span, scope, declared, typed, base, flags, documentation, is_field)
        return "#?"

    def _declared_record(self, typed: Node, scope: int, found: list[Declared], base: str) -> str:
        """Define the struct that a declaration writes out; a nameless one is named `<variable>`."""
        pending, self.pending = self.pending, []
        if typed.type == "enum_specifier":
            self._enum(typed, scope)
        elif base or not found or found[0].name is None or typed.child_by_field_name("body") is None:
            self.pending = pending if not found else []
            self._record(typed, scope)
        else:
            base = f"<{text_of(found[0].name)}>"
            self._record(typed, scope, found[0].name, base)
        self.pending = pending
        return base

    def _prototype(
        self,
        node: Node,
        span: Node,
        scope: int,
        declared: Declared,
        typed: Node | None,
        base: str,
        flags: int,
        documentation: str,
    ) -> None:
        name = declared.name
        if name is None or name.text in KEYWORDS:
            return
        if self.names is None:
            pure = declared.value is not None and declared.value.type == "number_literal"
            flags |= Flag.DECLARATION | (Flag.ABSTRACT if pure else 0)
            self._define_function(node, span, scope, declared, typed, base, flags, documentation, None)
            return
        parameters = parameters_of(declared.parameters)
        if (
            self.is_cplusplus
            and parameters
            and typed is not None
            and all(not parameter.name for parameter in parameters)
        ):
            # `A a(b);` inside a function: the grammar cannot tell it from a prototype; people mean a variable.
            text = text_of(name)
            self.builder.assign(name, scope, text, base + "()", base)
            self.names[text] = base
            paths = self._misread_arguments(declared, scope)
            self.builder.call(
                last_type_name(typed), scope, base.partition("[")[0], len(parameters), Flag.CONSTRUCTION, paths
            )

    def _misread_arguments(self, declared: Declared, scope: int) -> list[str]:
        """Return the arguments of `A a(b, f());` from what the grammar takes for parameters."""
        listing = declared.parameters.child_by_field_name("parameters") if declared.parameters is not None else None
        paths: list[str] = []
        for child in listing.named_children if listing is not None else ():
            if not child.type.endswith("parameter_declaration"):
                continue
            parts = child.named_children
            path = type_expression(parts[0], self.hidden).partition("[")[0] or "#?"
            if len(parts) > 1 and parts[1].type == "abstract_function_declarator" and path != "#?":
                inner = self._misread_arguments(unwrap(parts[1]), scope)
                self.builder.call(last_type_name(parts[0]), scope, path, len(inner), 0, list(inner))
                path += "()"
            elif path != "#?" and parts[0].type == "type_identifier":
                self.read(parts[0], scope)
            paths.append(path)
        return paths

    def _variable(
        self,
        span: Node,
        scope: int,
        declared: Declared,
        typed: Node | None,
        base: str,
        flags: int,
        documentation: str,
        is_field: bool,
    ) -> None:
        name, value = declared.name, declared.value
        assert name is not None
        builder = self.builder
        type_text = declared_type(base, declared)
        scopes, last = qualified_parts(name)
        text, receiver = plain_name(last), ".".join(scopes)
        if self.names is None:
            end = value.start_byte if value is not None else span.end_byte
            builder.define(
                last,
                span,
                "variable",
                scope,
                name=text,
                signature=self._signature(span, end).rstrip("= {("),
                docstring=documentation,
                type=type_text,
                receiver=receiver,
                flags=flags | Flag.POINTER if declared.by_address else flags,
            )
            if value is None:
                return
            if receiver:
                self.values(value, scope)
                return
        values = self._initial_values(typed, base, declared, text, scope)
        if self.names is not None:
            scope = self._local(text, f"*{type_text}" if declared.by_address else type_text, scope, values)
        for path in values or [""]:
            if path or self.names is not None:
                builder.assign(name, scope, text, path, type_text)

    def _local(self, name: str, type_text: str, scope: int, values: list[str]) -> int:
        """Note a local; one of another type under the same name opens a scope that shadows the first."""
        assert self.names is not None
        known = self.names.get(name)
        self.names[name] = type_text
        same = known is None and name not in self.called
        if same or (known == type_text and type_text) or self.conditional:
            return scope
        opened = self.builder.open_scope(ScopeKind.BLOCK, scope)
        self.shadow = opened
        for index, path in enumerate(values):
            head = path.partition(".")[0].rstrip("()[]")
            if head == name:
                values[index] = "#?"
        return opened

    def _initial_values(self, typed: Node | None, base: str, declared: Declared, text: str, scope: int) -> list[str]:
        """Visit the initialiser of a variable; return the access paths it may hold."""
        value = declared.value
        made = base.partition("[")[0]
        is_class = self.is_cplusplus and bool(made) and typed is not None and typed.type != "primitive_type"
        is_object = is_class and not declared.is_pointer and not declared.is_callable and not declared.is_array
        if value is None:
            if (
                is_object
                and self.names is not None
                and typed is not None
                and not made.startswith("std.")
                and not made.endswith("_t")
            ):
                self.builder.call(last_type_name(typed), scope, made, 0, Flag.CONSTRUCTION)
            return []
        if value.type in ("argument_list", "initializer_list"):
            if is_object and typed is not None and value.start_point >= typed.end_point:
                paths = self.initialised(value, scope, text)
                self.builder.call(last_type_name(typed), scope, made, len(paths), Flag.CONSTRUCTION, paths)
                return [made + "()"]
            self.initialised(value, scope, text)
            return []
        return [path for path in self.values(value, scope) if path[:1] != "#" or path.startswith("#lambda@")]

    def _structured_binding(self, declared: Declared, scope: int) -> None:
        if declared.value is not None:
            self.values(declared.value, scope)
        if self.names is not None and declared.name is not None:
            for child in declared.name.named_children:
                self.names[text_of(child)] = ""
                self.builder.assign(child, scope, text_of(child), "#?")

    # statements that bind

    def _for_range(self, node: Node, scope: int) -> str:
        typed: Node | None = None
        declared: Declared | None = None
        rest: list[Node] = []
        for child in node.named_children:
            kind = child.type
            if typed is None and (kind in TYPES or kind == "qualified_identifier"):
                typed = child
            elif declared is None and typed is not None and kind in DECLARATORS:
                declared = unwrap(child)
            elif kind not in ("type_qualifier", "comment"):
                rest.append(child)
        if declared is None or declared.name is None or not rest:
            self.inside(rest, scope)
            return "#?"
        path = self.visit(rest[0], scope)
        if declared.name.type == "structured_binding_declarator":
            self._structured_binding(declared, scope)
        else:
            base = type_expression(typed, self.hidden)
            name, values = text_of(declared.name), ["#?" if path.startswith("#") else path + "[]"]
            if self.names is not None:
                scope = self._local(name, base, scope, values)
                self.shadow = -1
            self.builder.assign(declared.name, scope, name, values[0], base)
        self.inside(rest[1:], scope)
        self.shadow = -1
        return "#?"

    def _catch(self, node: Node, scope: int) -> str:
        for parameter in parameters_of(node):
            if parameter.name and self.names is not None:
                scope = self._local(parameter.name, local_type(parameter), scope, [])
                self.shadow = -1
                self.builder.assign(node, scope, parameter.name, "", parameter.type)
        body = node.child_by_field_name("body")
        if body is not None:
            self.visit(body, scope)
        return "#?"

    def _expression_statement(self, node: Node, scope: int) -> str:
        """`POST;` runs the statements of an object-like macro: a call without parentheses."""
        for child in node.named_children:
            path = self.visit(child, scope)
            if child.type == "identifier" and self.names is not None and path not in self.names:
                self.builder.call(child, scope, path, 0, Flag.MACRO)
        return "#?"

    def _condition_clause(self, node: Node, scope: int) -> str:
        """A local declared in a condition is seen by the statement's branches: the scope stays open for the caller."""
        for child in node.named_children:
            self.visit(child, scope)
            scope = self.shadow if self.shadow >= 0 else scope
        return "#?"


def _is_type(node: Node) -> bool:
    """Whether a node at the head of a declaration is its type: `A::B x`, but not `A::operator bool()`."""
    kind = node.type
    return kind in TYPES or (kind == "qualified_identifier" and qualified_parts(node)[1].type != "operator_cast")


def _has_alternative(node: Node) -> bool:
    children = node.named_children
    return bool(children) and children[-1].type in _ALTERNATIVES


def _type_parameter(node: Node) -> str:
    """Return the name of `typename T`, empty for a value parameter."""
    if node.type in (
        "type_parameter_declaration",
        "variadic_type_parameter_declaration",
        "optional_type_parameter_declaration",
    ):
        for child in node.named_children:
            if child.type == "type_identifier":
                return text_of(child)
    return ""


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
    if name in _GTEST_FIXTURES:
        return name, arguments[1], arguments[0], nodes[1] if len(nodes) > 1 else declared.name, True
    return name, f"{arguments[0]}.{arguments[1]}", "", nodes[1] if len(nodes) > 1 else declared.name, True
