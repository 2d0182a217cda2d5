"""Python source -> neutral facts, in one walk.

`_expression` visits an expression, records the calls and references inside it and returns its access path, so that no
node is visited twice. Blocks are flattened into their function: Python scopes names to functions, not to blocks.
Source: the node types of tree-sitter-python 0.25; semantics of names from the language reference, chapter 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import FileFacts, Flag, Parameter, ScopeKind

MAX_DEPTH = 150
"""Nesting beyond which an expression is not followed; real code stays below 40."""

_LITERALS = {
    "string": "#str",
    "concatenated_string": "#str",
    "list": "#list",
    "list_comprehension": "#list",
    "dictionary": "#dict",
    "dictionary_comprehension": "#dict",
    "set": "#set",
    "set_comprehension": "#set",
    "tuple": "#tuple",
    "generator_expression": "#list",
}
_LEAVES = {"integer": "#num", "float": "#num", "true": "#bool", "false": "#bool", "none": "#none", "ellipsis": "#?"}
_CONDITIONAL_PARENTS = {"if_statement", "try_statement", "elif_clause", "else_clause", "except_clause"}


def extract_python(source: bytes, root: Node) -> FileFacts:
    """Return the facts of one module. Never raises on bad source: what is not understood is an issue."""
    builder = FactsBuilder("python", source)
    _Walk(builder).module(root)
    builder.report_syntax(root)
    return builder.facts


class _Walk:
    def __init__(self, builder: FactsBuilder) -> None:
        self.builder = builder
        self.depth = 0
        self.conditional = 0
        self.variables: set[tuple[int, str]] = set()
        self.statements: dict[str, Callable[[Node, int], object]] = {
            "function_definition": self._function,
            "class_definition": self._class,
            "decorated_definition": self._decorated,
            "import_statement": self._import,
            "import_from_statement": self._import_from,
            "expression_statement": self._expression_statement,
            "return_statement": self._return,
            "for_statement": self._for,
            "with_statement": self._with,
            "except_clause": self._except,
            "global_statement": self._nothing,
            "nonlocal_statement": self._nothing,
            "future_import_statement": self._nothing,
            "type_alias_statement": self._type_alias,
            "case_clause": self._case,
            "comment": self._nothing,
        }
        self.expressions: dict[str, Callable[[Node, int], str]] = {
            "string": self._string,
            "attribute": self._attribute,
            "call": self._call,
            "subscript": self._subscript,
            "await": self._first_child,
            "parenthesized_expression": self._first_child,
            "named_expression": self._walrus,
            "lambda": self._lambda,
            "binary_operator": self._binary,
            "conditional_expression": self._choice,
            "boolean_operator": self._choice,
            "yield": self._yield,
            "keyword_argument": self._keyword_argument,
            "for_in_clause": self._for_in,
            "type": self._nothing,
            "comment": self._nothing,
        }

    def module(self, root: Node) -> None:
        self.builder.facts.docstring = self._docstring(root)
        self._block(root, 0)

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

    def _nothing(self, node: Node, scope: int) -> str:
        return "#?"

    def _expression_statement(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "assignment":
                self._assignment(child, scope)
            else:
                self._expression(child, scope)

    def _assignment(self, node: Node, scope: int) -> None:
        left = right = annotation = None
        for index, child in enumerate(node.children):
            if index == 0:
                left = child
            elif child.type == "type":
                annotation = child
            elif child.is_named and child.type != "comment":
                right = child
        if left is None:
            return
        declared = _type_expression(annotation) if annotation is not None else ""
        if right is not None and right.type == "assignment":
            self._assignment(right, scope)
            right = next((child for child in right.children if child.is_named), None)
            values = [text_of(right)] if right is not None and right.type == "identifier" else ["#?"]
        else:
            values = self._values(right, scope) if right is not None else [""]
        self._bind(left, scope, values, declared, span=node)

    def _values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression; return the access path of each value it may take."""
        if node.type in ("conditional_expression", "boolean_operator"):
            parts = [child for child in node.named_children if child.type != "comment"]
            if node.type == "conditional_expression" and len(parts) == 3:
                self._expression(parts.pop(1), scope)
            return [value for part in parts for value in self._values(part, scope)]
        return [self._expression(node, scope)]

    def _bind(self, target: Node, scope: int, values: list[str], declared: str = "", span: Node | None = None) -> None:
        kind = target.type
        if kind == "identifier":
            name = text_of(target)
            self._variable(target, scope, name, declared, span)
            for value in values:
                self.builder.assign(target, scope, name, value, declared)
        elif kind in ("attribute", "subscript"):
            path = self._expression(target, scope)
            for value in values:
                self.builder.assign(target, scope, path, value, declared)
        else:
            element = [value + "[]" if value and value[-1] != "?" else "#?" for value in values]
            for child in target.named_children:
                self._bind(child, scope, element)

    def _variable(self, target: Node, scope: int, name: str, declared: str, span: Node | None) -> None:
        """Module and class variables are symbols; locals are not."""
        if (
            span is None
            or self.builder.facts.scopes[scope].kind == ScopeKind.FUNCTION
            or (scope, name) in self.variables
        ):
            return
        self.variables.add((scope, name))
        flags = Flag.CONDITIONAL if self.conditional else 0
        self.builder.define(
            target, span, "variable", scope, name=name, signature=_head(span), type=declared, flags=flags
        )

    def _type_alias(self, node: Node, scope: int) -> None:
        sides = [child for child in node.named_children if child.type == "type"]
        if len(sides) == 2 and sides[0].named_children:
            self._bind(sides[0].named_children[0], scope, [_type_expression(sides[1])], span=node)

    def _return(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            for value in self._values(child, scope):
                self.builder.returns(scope, value)

    def _yield(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            self._expression(child, scope)
        return "#?"

    def _for(self, node: Node, scope: int) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self._bind(left, scope, [f"{value}[]" for value in self._values(right, scope)])
        for child in node.named_children:
            if child not in (left, right):
                self._other(child, scope)

    def _for_in(self, node: Node, scope: int) -> str:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self._bind(left, scope, [f"{value}[]" for value in self._values(right, scope)])
        return "#?"

    def _with(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "with_clause":
                for item in child.named_children:
                    self._with_item(item, scope)
            else:
                self._other(child, scope)

    def _with_item(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "as_pattern":
                parts = child.named_children
                values = [f"{value}.__enter__()" for value in self._values(parts[0], scope)]
                for target in parts[1:]:
                    for name in target.named_children or [target]:
                        self._bind(name, scope, values)
            else:
                self._expression(child, scope)

    def _except(self, node: Node, scope: int) -> None:
        self.conditional += 1
        for child in node.named_children:
            if child.type == "as_pattern" and child.named_children:
                value = self._expression(child.named_children[0], scope)
                for target in child.named_children[1:]:
                    for name in target.named_children or [target]:
                        self._bind(name, scope, ["#?" if value.startswith("#") else value + "()"])
            else:
                self._other(child, scope)
        self.conditional -= 1

    def _case(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "block":
                self._block(child, scope)
            elif child.type == "case_pattern":
                self._case_names(child, scope)
            else:
                self._other(child, scope)

    def _case_names(self, node: Node, scope: int) -> None:
        """Names that a pattern binds; a class pattern `A(x=y)` refers to A."""
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type == "class_pattern":
                head = current.named_children[0]
                self.builder.refer(head, scope, text_of(head))
                stack.extend(current.named_children[1:])
            elif current.type == "dotted_name" and b"." not in (current.text or b""):
                self.builder.assign(current, scope, text_of(current), "#?")
            else:
                stack.extend(current.named_children)

    # definitions

    def _decorated(self, node: Node, scope: int) -> None:
        paths: list[str] = []
        for child in node.named_children:
            if child.type == "decorator" and child.named_children:
                inner = child.named_children[0]
                path = self._expression(inner, scope)
                if inner.type in ("identifier", "attribute"):
                    self.builder.refer(_last_name(inner), scope, path)
                paths.append(path)
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        if definition.type == "class_definition":
            self._class(definition, scope, node, paths)
        else:
            self._function(definition, scope, node, paths)

    def _function(self, node: Node, scope: int, span: Node | None = None, decorators: list[str] | None = None) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return
        builder, decorators = self.builder, decorators or []
        parameters_node, returned = node.child_by_field_name("parameters"), node.child_by_field_name("return_type")
        parameters, defaults = self._parameters(parameters_node)
        for default in defaults:
            self._argument(default, scope)
        in_class = builder.facts.scopes[scope].kind == ScopeKind.CLASS
        definition = builder.define(
            name,
            span or node,
            "method" if in_class else "function",
            scope,
            signature=_signature(node, body),
            docstring=self._docstring(body),
            type=_type_expression(returned) if returned is not None else "",
            decorators=decorators,
            parameters=parameters,
            flags=self._function_flags(node, decorators),
        )
        opened = builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        depth, self.depth = self.depth, 0 if self.depth < MAX_DEPTH // 2 else self.depth
        conditional, self.conditional = self.conditional, 0
        self._block(body, opened)
        self.depth, self.conditional = depth, conditional

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

    def _parameters(self, node: Node | None) -> tuple[list[Parameter], list[Node]]:
        found: list[Parameter] = []
        defaults: list[Node] = []
        for child in node.named_children if node is not None else ():
            kind = child.type
            if kind == "identifier":
                found.append(Parameter(text_of(child)))
                continue
            annotation = child.child_by_field_name("type")
            default = child.child_by_field_name("value")
            name = child.child_by_field_name("name") or (child.named_children[0] if child.named_children else None)
            if name is None:
                continue
            flags = Flag.DEFAULT if default is not None else Flag.NONE
            if "splat" in kind or "splat" in name.type:
                flags |= Flag.VARIADIC
                name = name.named_children[0] if name.named_children else name
            if default is not None:
                defaults.append(default)
            declared = _type_expression(annotation) if annotation is not None else ""
            found.append(Parameter(text_of(name).lstrip("*"), declared, int(flags)))
        return found, defaults

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
            path = self._expression(child, scope)
            if path and not path.startswith("#"):
                bases.append(
                    _type_text(text_of(child)) if child.type in ("subscript", "attribute", "identifier") else path
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
        opened = self.builder.open_scope(ScopeKind.CLASS, scope, definition)
        conditional, self.conditional = self.conditional, 0
        self._block(body, opened)
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

    # expressions

    def _expression(self, node: Node, scope: int) -> str:
        kind = node.type
        if kind == "identifier":
            return text_of(node)
        leaf = _LEAVES.get(kind)
        if leaf is not None:
            return leaf
        self.depth += 1
        if self.depth >= MAX_DEPTH:
            self.depth -= 1
            return "#?"
        visit = self.expressions.get(kind)
        path = visit(node, scope) if visit is not None else self._composite(node, scope)
        self.depth -= 1
        return path

    def _composite(self, node: Node, scope: int) -> str:
        """A literal or an operator: visit what is inside, answer with the literal's mark or `#?`."""
        for child in node.named_children:
            if child.type == "assignment":
                self._assignment(child, scope)
            elif child.type == "pair":
                for part in child.named_children:
                    self._argument(part, scope)
            elif node.type in ("list", "tuple", "set"):
                self._argument(child, scope)
            elif child.type not in ("string_start", "string_content", "string_end"):
                self._expression(child, scope)
        return _LITERALS.get(node.type, "#?")

    def _string(self, node: Node, scope: int) -> str:
        """Only a formatted string holds expressions; its prefix tells (`f`, `rf`, `t`)."""
        prefix = (node.text or b"")[:3].partition(b"'")[0].partition(b'"')[0].lower()
        return self._composite(node, scope) if b"f" in prefix or b"t" in prefix else "#str"

    def _attribute(self, node: Node, scope: int) -> str:
        children = node.children
        return f"{self._expression(children[0], scope)}.{text_of(children[-1])}"

    def _call(self, node: Node, scope: int) -> str:
        children = node.named_children
        function = children[0]
        callee = self._expression(function, scope)
        count = 0
        for arguments in children[1:]:
            if arguments.type == "generator_expression":
                self._expression(arguments, scope)
                count = 1
            else:
                for argument in arguments.named_children:
                    if argument.type != "comment":
                        self._argument(argument, scope)
                        count += 1
        self.builder.call(_last_name(function), scope, callee, count)
        return callee + "()"

    def _argument(self, node: Node, scope: int) -> None:
        """An expression whose value is passed on: a bare name or attribute may hand over a function."""
        kind = node.type
        if kind == "keyword_argument":
            value = node.child_by_field_name("value")
            if value is not None:
                self._argument(value, scope)
        elif kind in ("identifier", "attribute"):
            path = self._expression(node, scope)
            self.builder.refer(_last_name(node), scope, path)
        elif kind in ("list_splat", "dictionary_splat"):
            for child in node.named_children:
                self._argument(child, scope)
        else:
            self._expression(node, scope)

    def _keyword_argument(self, node: Node, scope: int) -> str:
        self._argument(node, scope)
        return "#?"

    def _subscript(self, node: Node, scope: int) -> str:
        base, *indexes = node.named_children
        path = self._expression(base, scope)
        for index in indexes:
            self._expression(index, scope)
        return path + "[]"

    def _first_child(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            path = self._expression(child, scope)
        return path

    def _choice(self, node: Node, scope: int) -> str:
        values = self._values(node, scope)
        named = [value for value in values if not value.startswith("#")]
        return named[0] if len(named) == 1 else "#?"

    def _binary(self, node: Node, scope: int) -> str:
        paths = [self._expression(child, scope) for child in node.named_children]
        return "#str" if paths and paths[0] == "#str" else "#?"

    def _walrus(self, node: Node, scope: int) -> str:
        children = node.named_children
        values = self._values(children[-1], scope)
        self._bind(children[0], scope, values)
        return values[0]

    def _lambda(self, node: Node, scope: int) -> str:
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope)
        parameters, defaults = self._parameters(node.child_by_field_name("parameters"))
        for default in defaults:
            self._argument(default, scope)
        for parameter in parameters:
            self.builder.assign(node, opened, parameter.name, "#?")
        body = node.child_by_field_name("body")
        if body is not None:
            self._expression(body, opened)
        return "#lambda"


def _last_name(node: Node) -> Node:
    """Return the node of the last name of a callee: of `run` in `a.b.run`."""
    return node.children[-1] if node.type == "attribute" else node


def _signature(node: Node, body: Node) -> str:
    raw = node.text or b""
    return raw[: body.start_byte - node.start_byte].decode("utf-8", "replace").split("\n#")[0].rstrip().rstrip(":")


def _head(node: Node) -> str:
    return text_of(node).partition("\n")[0]


def _type_expression(node: Node) -> str:
    return _type_text(text_of(node))


def _type_text(text: str) -> str:
    """Reduce an annotation to a type expression: quotes, white space and `None` alternatives go."""
    if text.isidentifier():
        return "" if text == "None" else text
    flat = "".join(text.split()).replace('"', "").replace("'", "")
    if "|" in flat and "[" not in flat:
        flat = "|".join(part for part in flat.split("|") if part != "None")
    return flat if len(flat) <= 200 else ""
