"""Values that become definitions under the name they are given: functions, classes, objects, loaded modules."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag
from indexers.languages.ecmascript import jsdoc
from indexers.languages.ecmascript.classes import define_class, define_object
from indexers.languages.ecmascript.expressions import FUNCTIONS, access_path, required_module, value
from indexers.languages.ecmascript.functions import define_function
from indexers.languages.ecmascript.walk import UNSET, Walk, name_text

CLASS_EXPRESSIONS = frozenset({"class", "class_expression"})
_CASTS = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"})
_SAME_FUNCTION = frozenset(
    {
        "memoize",
        "memoizeOne",
        "memoizee",
        "once",
        "debounce",
        "throttle",
        "useCallback",
        "memo",
        "forwardRef",
        "observer",
        "cache",
        "asyncHandler",
        "catchAsync",
    }
)
"""Functions that give back the function they are given, with the same behaviour."""


_INTEROPERATION = frozenset(
    {"importDefault", "importStar", "interopRequireDefault", "interopRequireWildcard", "toESM", "interopDefault"}
)
"""What compilers wrap around `require` gives the module itself, with its default under `default`."""


def bind_value(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    *,
    home: int,
    span: Node,
    comment: Node | None = None,
    flags: int = 0,
    receiver: str = "",
    this_class: int = -1,
    kind: str = "function",
    declared: str = "",
) -> bool:
    """Record a value that becomes a definition or an import under `name`; False when it is neither.

    scope: where the value is read; home: where the name lives.
    """
    while node.type in _CASTS and node.named_children:
        node = node.named_children[0]
    type_of = node.type
    if type_of in FUNCTIONS:
        if (
            type_of != "arrow_function"
            and this_class < 0
            and (name in walk.prototyped or (name[:1].isupper() and not receiver and assigns_this(node)))
        ):
            constructor_function(
                walk, node, home, name, name_node, comment=comment, flags=flags, span=span, receiver=receiver
            )
            return True
        define_function(
            walk,
            node,
            home,
            name,
            name_node,
            span=span,
            kind=kind,
            comment=comment,
            receiver=receiver,
            flags=flags,
            lexical_scope=scope,
            this_class=UNSET if type_of == "arrow_function" else this_class,
            declared=declared,
        )
        return True
    if type_of in CLASS_EXPRESSIONS:
        define_class(walk, node, home, name, name_node, span=span, comment=comment, flags=flags, receiver=receiver)
        return True
    if type_of == "object" and not receiver:
        define_object(walk, node, home, name, name_node, span=span, comment=comment, flags=flags, evaluated=scope)
        return True
    if type_of == "call_expression" and not receiver:
        return _bind_call(walk, node, scope, name, name_node, home, span, comment, flags)
    return False


def _bind_call(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    home: int,
    span: Node,
    comment: Node | None,
    flags: int,
) -> bool:
    """`x = require("m")` is an import, `f = memoize(() => ...)` the function inside."""
    function, arguments = node.children[0], node.children[-1]
    module = required_module(function, arguments) or _interoperated(function, arguments)
    if module is not None:
        walk.builder.add_import(name_node, home, module, "", name, Flag.DEFAULT)
        return True
    if arguments.type != "arguments":
        return False
    if function.type == "member_expression" and (bound := _bound_function(walk, function)) is not None:
        for extra in arguments.named_children:
            walk.push(extra, scope)
        define_function(
            walk, bound, home, name, name_node, span=span, comment=comment, flags=flags, lexical_scope=scope
        )
        return True
    last = function.children[-1] if function.type == "member_expression" else function
    if not (last.type in ("identifier", "property_identifier") and walk.text(last) in _SAME_FUNCTION):
        return False
    inner = [child for child in arguments.named_children if child.type != "comment"]
    if not inner or inner[0].type not in FUNCTIONS:
        return False
    path = access_path(walk, function, scope)
    passed = [name, *(value(walk, extra, scope) for extra in inner[1:])]
    walk.builder.call(last, scope, path, len(inner), 0, passed)
    define_function(walk, inner[0], home, name, name_node, span=span, comment=comment, flags=flags, lexical_scope=scope)
    return True


def _bound_function(walk: Walk, callee: Node) -> Node | None:
    """Return the function in `function () {}.bind`, None for any other callee."""
    function = callee.children[0]
    while function.type == "parenthesized_expression" and function.named_children:
        function = function.named_children[0]
    return function if function.type in FUNCTIONS and walk.text(callee.children[-1]) == "bind" else None


def _interoperated(function: Node, arguments: Node) -> str | None:
    """Return the module of `__importDefault(require("m"))`, as compilers write it, None for any other call."""
    name = name_text(function.children[-1] if function.type == "member_expression" else function)
    inner = arguments.named_children if arguments.type == "arguments" and name.startswith("_") else []
    if not inner or inner[0].type != "call_expression" or name.lstrip("_") not in _INTEROPERATION:
        return None
    return required_module(inner[0].children[0], inner[0].children[-1])


def assigns_this(node: Node) -> bool:
    """Whether a function's body has a statement `this.x = ...`: then it is written to be called with `new`."""
    body = node.children[-1]
    if body.type != "statement_block":
        return False
    for statement in body.named_children:
        if statement.type == "expression_statement" and (statement.text or b"").startswith(b"this."):
            inner = statement.named_children
            if inner and inner[0].type == "assignment_expression":
                return True
    return False


def constructor_function(
    walk: Walk,
    node: Node,
    scope: int,
    name: str,
    name_node: Node,
    *,
    comment: Node | None = None,
    flags: int = 0,
    span: Node | None = None,
    receiver: str = "",
) -> int:
    """Record a function that makes instances: a class whose constructor is the function."""
    span = span or node
    documentation = jsdoc.read(walk, comment)
    definition = walk.builder.define(
        name_node,
        span,
        "class",
        scope,
        name=name,
        signature=walk.slice(span.start_byte, node.children[-1].start_byte).rstrip("{ \n\t"),
        docstring=documentation.text,
        bases=list(documentation.bases),
        receiver=receiver,
        flags=flags,
    )
    opened = walk.open_class(scope, definition)
    walk.classes[name] = definition
    define_function(
        walk, node, opened, "constructor", name_node, span=span, kind="method", comment=comment, this_class=opened
    )
    return definition


def own_name(node: Node) -> Node | None:
    """Return the name written in a function or class expression."""
    if node.type in FUNCTIONS or node.type in CLASS_EXPRESSIONS:
        for child in node.children:
            if child.type in ("identifier", "type_identifier"):
                return child if node.type != "arrow_function" else None
            if child.type in ("formal_parameters", "class_body"):
                break
    return None
