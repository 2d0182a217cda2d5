"""Functions of every form: declarations, expressions, arrows, methods; their parameters, scopes and returns."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.ecmascript import jsdoc
from indexers.languages.ecmascript.annotations import (
    FROM_ARGUMENT,
    TUPLE,
    TYPE_LIMIT,
    declare_type_parameters,
    tuple_types,
    type_expression,
)
from indexers.languages.ecmascript.expressions import alternatives, decorator_path
from indexers.languages.ecmascript.patterns import assign_pattern
from indexers.languages.ecmascript.walk import UNKNOWN, UNSET, Walk

_TYPE_NODES = frozenset({"type_annotation", "type_predicate_annotation", "asserts_annotation"})
_PARAMETER_MARKS = frozenset({"accessibility_modifier", "override_modifier", "readonly"})


def define_function(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    *,
    span: Node | None = None,
    kind: str = "function",
    comment: Node | None = None,
    receiver: str = "",
    decorators: list[str] | None = None,
    flags: int = 0,
    this_class: int = UNSET,
    lexical_scope: int = -1,
    declared: str = "",
) -> int:
    """Record a function that has a name, put its body off, and return its definition.

    declared: the function type that it is declared to have, which says what its own annotations do not.

    this_class: class scope that `this` means inside; left out, an arrow keeps that of its surroundings and any other
    function has none. lexical_scope: where the body looks names up, when that is not where the name lives.
    """
    span = span or node
    body, parameters, returned, type_parameters = _parts(node)
    for child in node.children:
        mark = child.type
        if mark == "async":
            flags |= Flag.ASYNC
        elif mark == "formal_parameters":
            break
    if body is None:
        flags |= Flag.DECLARATION
    documentation = jsdoc.read(walk, comment)
    end = body.start_byte if body is not None else span.end_byte
    definition = walk.builder.define(
        name_node,
        span,
        kind,
        scope,
        name=name,
        signature=walk.slice(span.start_byte, end).rstrip("=> \n\t{"),
        docstring=documentation.text,
        receiver=receiver,
        decorators=decorators,
        flags=flags,
    )
    if this_class == UNSET and node.type != "arrow_function":
        this_class = -1
    parent = scope if lexical_scope < 0 else lexical_scope
    opened = walk.open(ScopeKind.FUNCTION, parent, definition, this_class=this_class, hoists=True)
    walk.returns_to[opened] = opened
    if type_parameters is not None:
        declare_type_parameters(walk, type_parameters, opened)
    record = walk.facts.definitions[definition]
    record.parameters = [
        Parameter(item.name, item.type or documentation.parameters.get(item.name, ""), item.flags)
        for item in _spread_out(_parameters(walk, parameters, opened), body is None)
    ]
    record.type = type_expression(walk, returned, opened) or documentation.returned
    if declared and len(declared) <= TYPE_LIMIT:
        _contextual(record.parameters, declared)
        if not declared.startswith(FROM_ARGUMENT):
            record.type = record.type or f"result[{declared}]"
    _own_name(walk, node, opened, name)
    if body is not None:
        _body(walk, body, opened)
    return definition


def in_place(walk: Walk, node: Node, scope: int, comment: Node | None = None, this_class: int = -1) -> str:
    """Record a function without a name of its own, put its body off, and return its access path.

    Its calls count to what surrounds it. this_class: class scope of `this` inside, when it is not an arrow function.
    """
    own = _own_name_node(node)
    if own is not None:
        return _named_in_place(walk, node, scope, own, comment, this_class)
    opened = walk.open(
        ScopeKind.FUNCTION, scope, this_class=UNSET if node.type == "arrow_function" else this_class, hoists=True
    )
    walk.returns_to[opened] = opened
    expected, walk.expected = walk.expected, ""
    body, parameters, _, type_parameters = _parts(node)
    if type_parameters is not None:
        declare_type_parameters(walk, type_parameters, opened)
    found = _spread_out(_parameters(walk, parameters, opened), False)
    documented = jsdoc.read(walk, comment).parameters
    for item in found if documented else ():
        item.type = item.type or documented.get(item.name, "")
    if expected:
        _contextual(found, expected)
        walk.results[opened] = f"result[{expected}]"
    walk.facts.scopes[opened].parameters = found
    path = f"#lambda@{opened}"
    if body is not None:
        _body(walk, body, opened)
    return path


def _named_in_place(walk: Walk, node: Node, scope: int, own: Node, comment: Node | None, this_class: int) -> str:
    """Record a function expression with a name of its own, which only it sees, and return its access path."""
    expected, walk.expected = walk.expected, ""
    aside = walk.open(ScopeKind.BLOCK, scope)
    definition = define_function(
        walk, node, aside, walk.text(own), own, comment=comment, this_class=this_class, declared=expected
    )
    return f"#lambda@{walk.facts.definitions[definition].opens}"


def _contextual(parameters: list[Parameter], declared: str) -> None:
    """Give parameters without an annotation the type that the declared function type gives them."""
    for position, item in enumerate(parameters):
        if not item.type and not item.flags & Flag.VARIADIC:
            item.type = f"param[{position},{declared}]"


def visit_anonymous(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    in_place(walk, node, scope, comment)


def _own_name_node(node: Node) -> Node | None:
    """Return the name written in a function expression."""
    if node.type not in ("function_expression", "generator_function"):
        return None
    return next((child for child in node.children if child.type == "identifier"), None)


def _own_name(walk: Walk, node: Node, opened: int, path: str) -> None:
    """A function expression sees itself, known by `path`, under the name written in it."""
    own = _own_name_node(node)
    if own is not None and (text := walk.text(own)) != path:
        walk.declare(opened, text)
        walk.builder.assign(own, opened, text, path)


def _parts(node: Node) -> tuple[Node | None, Node | None, Node | None, Node | None]:
    """Return body, parameters, return annotation and type parameters."""
    body = parameters = returned = type_parameters = None
    children = node.children
    for index, child in enumerate(children):
        kind = child.type
        if kind == "formal_parameters":
            parameters = child
        elif kind == "statement_block":
            body = child
        elif kind in _TYPE_NODES:
            returned = child
        elif kind == "type_parameters":
            type_parameters = child
        elif kind == "=>":
            body = next((part for part in children[index + 1 :] if part.is_named and part.type != "comment"), None)
            before = children[index - 1]
            if parameters is None and before.type == "identifier":
                parameters = before
            break
    return body, parameters, returned, type_parameters


def _body(walk: Walk, body: Node, opened: int) -> None:
    if body.type == "statement_block":
        visit_statements(walk, body, opened, None)
        return
    target = walk.returns_to[opened]
    walk.expect(body, _declared_result(walk, target) if target >= 0 else "")
    for path in alternatives(walk, body, opened):
        if target >= 0:
            walk.builder.returns(target, path)


def visit_statements(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """Put the statements of a block off, each with the comment before it."""
    before: Node | None = None
    for child in node.named_children:
        if child.type == "comment":
            before = child
        else:
            walk.push(child, scope, before)
            before = None


def visit_return(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """`return` and `yield`."""
    target = walk.returns_to[scope]
    declared = _declared_result(walk, target) if target >= 0 and node.type == "return_statement" else ""
    for child in node.named_children:
        if child.type == "comment":
            continue
        walk.expect(child, declared)
        for path in alternatives(walk, child, scope):
            if target >= 0 and path != "#?":
                walk.builder.returns(target, path)


def _declared_result(walk: Walk, target: int) -> str:
    definition = walk.facts.scopes[target].definition
    return walk.facts.definitions[definition].type if definition >= 0 else walk.results.get(target, "")


# parameters


def _parameters(walk: Walk, node: Node | None, scope: int) -> list[Parameter]:
    """Read a parameter list; defaults and patterns are recorded in the function's own scope."""
    if node is None:
        return []
    if node.type == "identifier":
        walk.declare(scope, walk.text(node))
        return [Parameter(walk.text(node))]
    found: list[Parameter] = []
    for child in node.named_children:
        kind = child.type
        if kind in ("required_parameter", "optional_parameter"):
            item = _typed_parameter(walk, child, scope, len(found))
        elif kind in ("comment", "decorator"):
            continue
        elif kind == "assignment_pattern":
            children = child.named_children
            item = _pattern(walk, children[0], scope, len(found), "", Flag.DEFAULT)
            _default(walk, children[-1], scope, item)
        else:
            item = _pattern(walk, child, scope, len(found), "", 0)
        if item is not None:
            found.append(item)
    return found


def _spread_out(parameters: list[Parameter], is_signature: bool) -> list[Parameter]:
    """Return the parameters with a rest parameter of a tuple's type (`...parts: [A, B]`) as what it takes, one by one.

    In a body its name stands for them all, and says nothing.
    """
    last = parameters[-1] if parameters else None
    if last is None or not last.flags & Flag.VARIADIC or not last.type.startswith(TUPLE):
        return parameters
    if not is_signature:
        last.type = ""
        return parameters
    parts = (Parameter(f"{last.name}${position}", each) for position, each in enumerate(tuple_types(last.type)))
    return [*parameters[:-1], *parts]


def _typed_parameter(walk: Walk, node: Node, scope: int, position: int) -> Parameter | None:
    pattern = annotation = default = None
    is_member = False
    flags = Flag.DEFAULT if node.type == "optional_parameter" else Flag.NONE
    for child in node.children:
        kind = child.type
        if kind in _PARAMETER_MARKS:
            is_member = True
        elif kind == "type_annotation":
            annotation = child
        elif kind == "decorator":
            decorator_path(walk, child, scope)
        elif child.is_named and kind != "comment":
            if pattern is None:
                pattern = child
            else:
                default = child
    if pattern is not None and pattern.type == "this":
        walk.declare_this(node, scope, type_expression(walk, annotation, scope))
        return None
    if pattern is None:
        return None
    if default is not None:
        flags |= Flag.DEFAULT
    declared = type_expression(walk, annotation, scope)
    if is_member and pattern.type == "identifier":
        _parameter_property(walk, node, pattern, scope, declared)
    item = _pattern(walk, pattern, scope, position, declared, int(flags))
    if default is not None:
        _default(walk, default, scope, item)
    return item


def _default(walk: Walk, node: Node, scope: int, item: Parameter) -> None:
    """Record a default value: what the parameter may be, unless its type is declared."""
    paths = alternatives(walk, node, scope)
    if item.type or paths == [UNKNOWN]:
        return
    if len(paths) == 1:
        item.default = paths[0]
        return
    for path in paths:
        walk.builder.assign(node, scope, item.name, path)


def _parameter_property(walk: Walk, node: Node, name: Node, scope: int, declared: str) -> None:
    """`constructor(private a: A)` declares the attribute a."""
    owner = walk.facts.scopes[scope].parent
    if walk.is_class(owner):
        walk.builder.define(
            name, node, "variable", owner, signature=walk.slice(node.start_byte, node.end_byte), type=declared
        )
        if not declared:
            walk.builder.assign(name, scope, f"this.{walk.text(name)}", walk.text(name))


def _pattern(walk: Walk, node: Node, scope: int, position: int, declared: str, flags: int) -> Parameter:
    if node.type == "rest_pattern" and node.named_children:
        node = node.named_children[0]
        flags |= Flag.VARIADIC
        # The flag says that it is a list.
        is_list = declared.startswith("[]") and "|" not in declared
        declared = declared[2:] if is_list else declared if declared.startswith(TUPLE) else ""
    if node.type == "identifier":
        name = walk.text(node)
        walk.declare(scope, name)
        return Parameter(name, declared, int(flags))
    name = f"${position}"
    assign_pattern(walk, node, scope, name, declares=True)
    return Parameter(name, declared, int(flags))
