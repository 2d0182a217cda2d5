"""Python source -> neutral facts, in one walk.

`expressions.py` visits what has a value, `binding.py` what gives names to values; here are statements and definitions.
Blocks are flattened into their function: Python scopes names to functions, not to blocks.
Source: the node types of tree-sitter-python 0.25; semantics of names from the language reference, chapter 4.2.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from inspect import cleandoc

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import FileFacts, Flag, ScopeKind
from indexers.languages.python.binding import Binding
from indexers.languages.python.calls import last_name
from indexers.languages.python.expressions import MAX_DEPTH
from indexers.languages.python.flow import Versions
from indexers.languages.python.types import type_expression, type_text

_CONDITIONAL_PARENTS = {"if_statement", "try_statement", "elif_clause", "else_clause", "except_clause"}
_DECORATOR = int(Flag.DECORATOR)
_IMPLICIT = int(Flag.IMPLICIT)
_BUILTINS = frozenset(dir(builtins))


def extract_python(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one module. Never raises on bad source: what is not understood is an issue."""
    builder = FactsBuilder("python", source)
    walk = _Walk(builder)
    walk.module(root)
    walk.let_go()
    builder.report_syntax(root)
    return builder.facts


class _Walk(Binding):
    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.conditional = 0
        self.variables = set()
        self.statements: dict[str, Callable[[Node, int], object]] = {
            "function_definition": self._function,
            "class_definition": self._class,
            "decorated_definition": self._decorated,
            "import_statement": self._import,
            "import_from_statement": self._import_from,
            "expression_statement": self._expression_statement,
            "return_statement": self._return,
            "for_statement": self._for,
            "while_statement": self._while,
            "if_statement": self._if,
            "assert_statement": self._assert,
            "try_statement": self._try,
            "match_statement": self._match,
            "delete_statement": self._delete,
            "with_statement": self._with,
            "except_clause": self._except,
            "raise_statement": self._raise,
            "global_statement": self._outer_names,
            "nonlocal_statement": self._outer_names,
            "future_import_statement": self._nothing,
            "type_alias_statement": self._type_alias,
            "case_clause": self._case,
            "comment": self._nothing,
        }

    def module(self, root: Node) -> None:
        self.builder.facts.docstring = self._docstring(root)
        self._block(root, 0)
        self._forget_builtins()

    def _forget_builtins(self) -> None:
        """Take back the reads of builtins that this module does not hide."""
        facts = self.builder.facts
        own = {item.alias for item in facts.imports} | {item.name for item in facts.definitions}
        facts.references = [item for item in facts.references if item.path not in _BUILTINS or item.path in own]

    def let_go(self) -> None:
        """Drop the tables of methods, which hold the walk: nothing is left then for the collector of garbage."""
        self.statements.clear()
        self.expressions.clear()

    # statements

    def _block(self, node: Node, scope: int) -> None:
        self.depth += 1
        if self.depth < MAX_DEPTH:
            statements = self.statements
            for child in node.named_children:
                statements.get(child.type, self._other)(child, scope)
        self.depth -= 1

    def _other(self, node: Node, scope: int) -> None:
        """A compound statement or a bare expression: statements below it, expressions in its head."""
        kind = node.type
        if kind == "block":
            self._block(node, scope)
        elif kind.endswith(("_statement", "_clause")) or kind in ("module", "ERROR"):
            guarded = kind in _CONDITIONAL_PARENTS
            self.conditional += guarded
            self._block(node, scope)
            self.conditional -= guarded
        else:
            self._expression(node, scope)

    def _expression_statement(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "assignment":
                self._assignment(child, scope)
            elif child.type == "augmented_assignment":
                self._augmented(child, scope)
            else:
                self._path(child, scope)

    def _return(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            for value in self._values(child, scope):
                self.builder.returns(scope, value)

    # definitions

    def _decorated(self, node: Node, scope: int) -> None:
        paths: list[str] = []
        for child in node.named_children:
            if child.type == "decorator" and child.named_children:
                inner = child.named_children[0]
                path = self._expression(inner, scope)
                paths.append(path)
                self._apply(inner, node, scope, path)
        self.fresh.clear()
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        if definition.type == "class_definition":
            self._class(definition, scope, node, paths)
        else:
            self._function(definition, scope, node, paths)

    def _apply(self, decorator: Node, node: Node, scope: int, path: str) -> None:
        """The call that a decorator makes: where it stands; what a call gave is applied where the decorated name stands."""
        definition = node.child_by_field_name("definition")
        name = definition.child_by_field_name("name") if definition is not None else None
        if name is None or path[0] == "#":
            return
        at = last_name(decorator) if decorator.type in ("identifier", "attribute") else name
        self.builder.call(at, scope, path, 1, _DECORATOR | _IMPLICIT)

    def _function(self, node: Node, scope: int, span: Node | None = None, decorators: list[str] | None = None) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        builder, decorators = self.builder, decorators or []
        parameters_node, returned = node.child_by_field_name("parameters"), node.child_by_field_name("return_type")
        parameters = self._parameters(parameters_node, scope)
        in_class = builder.facts.scopes[scope].kind == ScopeKind.CLASS
        definition = builder.define(
            name,
            span or node,
            "method" if in_class else "function",
            scope,
            signature=_signature(node, body),
            docstring=self._docstring(body),
            type=type_expression(returned) if returned is not None else "",
            decorators=decorators,
            parameters=parameters,
            flags=self._function_flags(node, decorators),
        )
        opened = builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        names = self.bound[opened] = {parameter.name for parameter in parameters}
        self._note_local(scope, text_of(name))
        self._join_definition(text_of(name))
        first, first_return = len(builder.facts.references), len(builder.facts.returns)
        depth, self.depth = self.depth, 0 if self.depth < MAX_DEPTH // 2 else self.depth
        conditional, self.conditional = self.conditional, 0
        around, texts = (self.versions, self.latest, self.fresh), self.texts
        if self.versions is not None:
            self.versions.is_captured = True
        receiver = parameters[0].name if in_class and parameters else ""
        self.versions, self.latest, self.fresh = Versions(opened, names, receiver), {}, {}
        self.texts = {}
        self._block(body, opened)
        self._leave_function(node)
        (self.versions, self.latest, self.fresh), self.texts = around, texts
        self.depth, self.conditional = depth, conditional
        self._forget_locals(opened, first)
        self._make_generator(opened, first_return)

    def _make_generator(self, scope: int, first_return: int) -> None:
        """A function that yields returns an iterator of that, whatever its `return` statements say."""
        entries = self.yields.pop(scope, None)
        if entries is not None:
            returns = self.builder.facts.returns
            returns[first_return:] = [item for item in returns[first_return:] if item.scope != scope]
            self.builder.returns(scope, self.builder.contain("#iterator", scope, entries))

    def _function_flags(self, node: Node, decorators: list[str]) -> int:
        flags = Flag.CONDITIONAL if self.conditional else Flag.NONE
        if node.children[0].type == "async":
            flags |= Flag.ASYNC
        for decorator in decorators:
            last = decorator.rpartition(".")[2]
            if last == "staticmethod":
                flags |= Flag.STATIC
            elif last == "classmethod":
                flags |= Flag.CLASS_METHOD
            elif last in ("property", "cached_property") or decorator.endswith((".setter", ".deleter", ".getter")):
                flags |= Flag.PROPERTY
            elif last in ("abstractmethod", "abstractproperty"):
                flags |= Flag.ABSTRACT
            elif last == "overload":
                flags |= Flag.DECLARATION
            if decorator.endswith((".setter", ".deleter")):
                flags |= Flag.DECLARATION
        return int(flags)

    def _class(self, node: Node, scope: int, span: Node | None = None, decorators: list[str] | None = None) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        bases: list[str] = []
        superclasses = node.child_by_field_name("superclasses")
        for child in superclasses.named_children if superclasses is not None else ():
            if child.type == "keyword_argument":
                self._expression(child, scope)
                continue
            path = self._path(child, scope)
            if path and not path.startswith("#"):
                bases.append(
                    type_text(text_of(child)) if child.type in ("subscript", "attribute", "identifier") else path
                )
        definition = self.builder.define(
            name,
            span or node,
            "class",
            scope,
            signature=_signature(node, body),
            docstring=self._docstring(body),
            bases=bases,
            decorators=decorators,
            flags=Flag.CONDITIONAL if self.conditional else 0,
        )
        self._note_local(scope, text_of(name))
        self._join_definition(text_of(name))
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        conditional, self.conditional = self.conditional, 0
        self.fresh.clear()
        around = (self.versions, self.latest, self.fresh)
        if self.versions is not None:
            self.versions.is_captured = True
        self.versions, self.latest, self.fresh = None, {}, {}
        self._block(body, opened)
        self.versions, self.latest, self.fresh = around
        self.conditional = conditional

    def _docstring(self, body: Node) -> str:
        for child in body.named_children:
            if child.type == "comment":
                continue
            if child.type == "expression_statement" and child.named_children:
                literal = child.named_children[0]
                if literal.type == "string":
                    content = [part for part in literal.named_children if part.type == "string_content"]
                    return cleandoc(text_of(content[0])) if content else ""
            return ""
        return ""

    # imports

    def _import(self, node: Node, scope: int) -> None:
        flags = Flag.CONDITIONAL if self.conditional else 0
        for child in node.named_children:
            if child.type == "aliased_import":
                module, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if module is not None and alias is not None:
                    self.builder.add_import(module, scope, text_of(module), "", text_of(alias), flags)
            elif child.type == "dotted_name":
                module_text = text_of(child)
                head, dot, _ = module_text.partition(".")
                self.builder.add_import(child, scope, head, "", head, flags)
                if dot:
                    self.builder.add_import(child, scope, module_text, "", "", flags)

    def _import_from(self, node: Node, scope: int) -> None:
        module_node = node.child_by_field_name("module_name")
        if module_node is None:
            return
        module = text_of(module_node).replace(" ", "")
        flags = Flag.CONDITIONAL if self.conditional else 0
        for child in node.named_children:
            if child == module_node:
                continue
            if child.type == "wildcard_import":
                self.builder.add_import(child, scope, module, "*", "*", flags)
            elif child.type == "dotted_name":
                self.builder.add_import(child, scope, module, text_of(child), text_of(child), flags)
            elif child.type == "aliased_import":
                name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if name is not None and alias is not None:
                    self.builder.add_import(name, scope, module, text_of(name), text_of(alias), flags)


def _signature(node: Node, body: Node) -> str:
    raw = node.text or b""
    return raw[: body.start_byte - node.start_byte].decode("utf-8", "replace").split("\n#")[0].rstrip().rstrip(":")
