"""Expressions -> access paths; the calls, references and inline imports met on the way are recorded.

A chain (`a.b(x).c[0]`) is unwound to its base in a loop and folded back, so each of its nodes is met once whatever its
length. Everything beside the chain (arguments, indexes, a base that is not a name) is put off to the walk.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.expressions import operands
from indexers.facts import Flag
from indexers.languages.ecmascript.annotations import generic, type_expression
from indexers.languages.ecmascript.narrowing import narrow_branches, narrow_operand
from indexers.languages.ecmascript.objects import OBJECT_CALLS, object_made
from indexers.languages.ecmascript.walk import UNKNOWN, Walk, string_text

LONGEST_PATH = 160
MAX_ALTERNATIVES = 6
MAX_NESTING = 40
"""Values inside values whose paths are followed; what lies deeper is put off to the walk."""
NAME = re.compile(r"#?[^\W\d][\w$]*|\$[\w$]*")

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})
_LITERALS = {
    "string": "#str",
    "template_string": "#str",
    "number": "#num",
    "true": "#bool",
    "false": "#bool",
    "null": "#none",
    "undefined": "#none",
    "regex": "RegExp()",
}
_SILENT = frozenset(
    {"string", "number", "true", "false", "null", "undefined", "regex", "meta_property", "super", "this"}
)
_UNWRAPPED = frozenset({"parenthesized_expression", "await_expression", "non_null_expression", "satisfies_expression"})
PLAIN_VALUES = frozenset({"identifier", "string", "number", "true", "false", "member_expression", "call_expression"})
_CASTS = frozenset({"as_expression", "type_assertion"})
_CHOICES = frozenset({"||", "??", "&&"})
_ADDERS = (".push", ".unshift")
_MAY_BRANCH = _UNWRAPPED | {"as_expression", "ternary_expression", "binary_expression"}
_NOT_IN_TYPES = re.compile(r"[^\w$.]")
_NOT_ASKING = re.compile(r"[^\w$.()~]")
ASKING_LIMIT = 60
_LOADERS = frozenset({"identifier", "import"})
_SPECIAL_MEMBERS = frozenset({"prototype", "bind"})
_PLAIN = frozenset({"identifier", "this"})
_MEMBER, _CALL, _NEW, _INDEX, _CAST = range(5)


def access_path(walk: Walk, node: Node, scope: int) -> str:
    """Record what happens inside an expression and return its access path; `walk.last_name` is its last name."""
    kind = node.type
    if kind == "identifier":
        walk.last_name = node
        return walk.named(node, scope)
    if kind == "member_expression":
        simple = _simple_member(walk, node, scope)
        if simple:
            return simple
    elif kind == "call_expression":
        simple = _simple_call(walk, node, scope)
        if simple:
            return simple
    steps: list[tuple[int, Node | None]] = []
    while True:
        if kind == "member_expression":
            children = node.children
            steps.append((_MEMBER, children[-1]))
            node = children[0]
        elif kind == "call_expression":
            children = node.children
            function = children[0]
            if function.type in _LOADERS and (module := required_module(function, children[-1])) is not None:
                path = _inline_import(walk, node, scope, module)
                break
            steps.append((_CALL, children[-1]))
            node = function
        elif kind == "subscript_expression":
            children = node.named_children
            steps.append((_INDEX, children[-1]))
            node = children[0]
        elif kind == "new_expression":
            children = node.children
            steps.append((_NEW, node))
            node = next((child for child in children[1:] if child.is_named and child.type != "comment"), children[-1])
        elif kind in _CASTS:
            steps.append((_CAST, node))
            inner = [child for child in node.named_children if child.type != "comment"]
            node = inner[-1] if kind == "type_assertion" else inner[0]
        elif kind in _UNWRAPPED:
            node = next((child for child in node.named_children if child.type != "comment"), node.children[0])
        else:
            path = _base(walk, node, scope, kind)
            break
        kind = node.type
    return _fold(walk, path, steps, scope) if steps else path


def _simple_member(walk: Walk, node: Node, scope: int) -> str:
    """Return the access path of `a.b` or `this.b`, the commonest chains by far; empty for any other."""
    first, last = node.child(0), node.child(node.child_count - 1)
    if first is None or last is None:
        return ""
    kind = first.type
    if kind not in _PLAIN or (name := walk.text(last)) in _SPECIAL_MEMBERS:
        return ""
    walk.last_name = last
    return f"{walk.named(first, scope) if kind == 'identifier' else walk.this_path[scope]}.{name}"


def _simple_call(walk: Walk, node: Node, scope: int) -> str:
    """Record `f(x)`, `a.b(x)` or `this.b(x)` and return its access path; empty for any other call."""
    function, arguments = node.child(0), node.child(1)
    if function is None or arguments is None or arguments.type != "arguments":
        return ""
    kind = function.type
    if kind == "identifier":
        path, last = walk.named(function, scope), function
        if path == "require":
            return ""
    elif kind == "member_expression":
        path = _simple_member(walk, function, scope)
        if not path or path.endswith((".call", ".apply")):
            return ""
        last = walk.last_name or function
    else:
        return ""
    passed = argument_paths(walk, arguments, scope, path)
    walk.builder.call(last, scope, path, len(passed), 0, passed)
    if path.endswith(_ADDERS):
        _add_elements(walk, node, scope, path.rpartition(".")[0], passed)
    walk.last_name = last
    return object_made(walk, arguments, scope, path, passed) if path in OBJECT_CALLS else f"{path}()"


def _add_elements(walk: Walk, node: Node, scope: int, holder: str, passed: list[str]) -> None:
    """`xs.push(f)` is an assignment to an element of `xs`."""
    for path in passed:
        if path[0] == "*":
            walk.builder.assign(node, scope, f"{holder}[]", f"{path[1:]}[]")
        elif path[0] != "#" or "@" in path:
            walk.builder.assign(node, scope, f"{holder}[]", path)


def _base(walk: Walk, node: Node, scope: int, kind: str) -> str:
    walk.last_name = node
    if kind == "identifier":
        return walk.named(node, scope)
    if kind == "this":
        return walk.this_path[scope]
    if kind == "super":
        return "super"
    make = walk.makers.get(kind)
    if make is not None:
        return make(walk, node, scope)
    if kind == "ternary_expression" or (kind == "binary_expression" and node.children[1].type in _CHOICES):
        return _choice(walk, node, scope)
    if kind not in _SILENT:
        if kind == "sequence_expression" and node.named_children:
            *rest, last = node.named_children
            for child in rest:
                walk.push(child, scope)
            if last.type == "sequence_expression":
                walk.push(last, scope)
                return UNKNOWN
            return access_path(walk, last, scope)
        walk.push(node, scope)
    return _LITERALS.get(kind, UNKNOWN)


def _choice(walk: Walk, node: Node, scope: int) -> str:
    """Return one access path for `a || b` or `c ? a : b`: a name of its own when it may be several."""
    if walk.depth >= MAX_NESTING:
        walk.push(node, scope)
        return UNKNOWN
    walk.depth += 1
    paths = alternatives(walk, node, scope)
    walk.depth -= 1
    if len(paths) == 1:
        return paths[0]
    name = walk.fresh("choice")
    for path in paths:
        walk.builder.assign(node, scope, name, path)
    return name


def _fold(walk: Walk, path: str, steps: list[tuple[int, Node | None]], scope: int) -> str:
    builder = walk.builder
    last = walk.last_name
    owner = path  # the path without its last name, to take `.call(this)` back
    is_made = False  # what is called has no name of its own: `f()(x)`
    bound = False
    for kind, extra in reversed(steps):
        if len(path) > LONGEST_PATH:
            path = UNKNOWN
        if kind == _MEMBER:
            assert extra is not None
            name = walk.text(extra)
            if name == "prototype":
                continue
            if name == "bind" and last is not None:
                bound = True
                continue
            owner, path, previous, last = path, f"{path}.{name}", last, extra
            is_made = False
            if name in ("call", "apply"):
                last_before = previous
        elif kind == _INDEX:
            assert extra is not None
            literal = walk.text(extra)[1:-1] if extra.type == "string" else ""
            if NAME.fullmatch(literal):
                owner, path, last = path, f"{path}.{literal}", extra
            elif extra.type == "number" and walk.text(extra).isdigit():
                path += f"[{walk.text(extra)}]"
            else:
                walk.push(extra, scope)
                path += "[]"
        elif bound:
            # `f.bind(x)` is f itself, used as a value.
            bound = False
            if extra is not None:
                argument_paths(walk, extra, scope)
            if last is not None and not path.startswith("#"):
                builder.refer(last, scope, path)
        elif kind == _CALL:
            assert extra is not None
            arguments = argument_paths(walk, extra, scope, path)
            count = len(arguments)
            if path.endswith((".call", ".apply")) and _passes_receiver(extra) and not owner.endswith("()"):
                is_spread = path.endswith(".apply")
                path, last, count = owner, last_before, max(count - 1, 0)
                arguments = [f"*{arguments[1]}"] if is_spread and count else arguments[1:]
            builder.call(extra if is_made or last is None else last, scope, path, count, 0, arguments)
            is_made = True
            path = object_made(walk, extra, scope, path, arguments) if path in OBJECT_CALLS else f"{path}()"
        elif kind == _CAST:
            assert extra is not None
            path = _typed(walk, extra, scope, path, _cast_type(walk, extra, scope))
        else:
            assert extra is not None
            path = _constructed(walk, extra, scope, path, last)
    walk.last_name = last
    return f"{path}.bind" if bound else path


def _constructed(walk: Walk, node: Node, scope: int, path: str, last: Node | None) -> str:
    """Record `new A<B>(c)`, of which `path` is A; return the access path of the object."""
    arguments: list[str] = []
    types: list[str] = []
    for child in node.children:
        if child.type == "arguments":
            arguments = argument_paths(walk, child, scope, path)
        elif child.type == "type_arguments":
            types = [type_expression(walk, part, scope) for part in child.named_children if part.type != "comment"]
    count = len(arguments)
    if last is not None:
        walk.builder.call(last, scope, path, count, Flag.CONSTRUCTION, arguments)
    is_plain = types and path[0] != "#" and not _NOT_IN_TYPES.search(path)
    return _typed(walk, node, scope, f"{path}()", generic(path, types) if is_plain else "")


def _cast_type(walk: Walk, node: Node, scope: int) -> str:
    """Return the type that `x as T` or `<T>x` says."""
    children = [child for child in node.named_children if child.type != "comment"]
    if len(children) < 2:
        return ""
    if node.type == "as_expression":
        return type_expression(walk, children[-1], scope)
    inner = children[0].named_children
    return type_expression(walk, inner[0], scope) if inner else ""


def _typed(walk: Walk, node: Node, scope: int, path: str, declared: str) -> str:
    """Bind a value to a name of its own with the type that it is said to have; return the name."""
    if not declared or ("[" not in declared and path.removesuffix("()") == declared):
        return path
    name = walk.fresh("typed")
    walk.builder.assign(node, scope, name, path, declared)
    return name


def _passes_receiver(arguments: Node) -> bool:
    """Whether a call's first argument can only be a receiver: then `f.call(this)` is a call of f, not of a `call` method."""
    first = next((child for child in arguments.named_children if child.type != "comment"), None)
    return first is not None and first.type in ("this", "null", "undefined")


def argument_paths(walk: Walk, node: Node, scope: int, callee: str = "") -> list[str]:
    """Record the arguments of a call of `callee` or a tagged template; return the access path of each."""
    if node.type != "arguments":
        walk.push(node, scope)
        return [UNKNOWN] * (1 + node.named_child_count)
    paths: list[str] = []
    for child in node.named_children:
        kind = child.type
        if kind == "spread_element":
            inner = value(walk, child.named_children[0], scope) if child.named_children else UNKNOWN
            paths.append(f"*{inner}")
        elif kind == "object":
            walk.expected = asked_for(walk, callee, len(paths))
            paths.append(value(walk, child, scope))
            walk.expected = ""
        elif kind != "comment":
            paths.append(value(walk, child, scope))
    return paths


def asked_for(walk: Walk, callee: str, position: int) -> str:
    """Return the type that a callee's parameter has, for the functions in an object that it is given."""
    if walk.reads_jsdoc or not callee or len(callee) > ASKING_LIMIT or _NOT_ASKING.search(callee):
        return ""
    return f"param[{position},typeof[{callee}]]"


def value(walk: Walk, node: Node, scope: int) -> str:
    """Record an expression used as a value and return its access path; a name or an attribute is a reference."""
    kind = node.type
    if kind == "identifier":
        name = walk.text(node)
        walk.last_name = node
        if not name:
            return UNKNOWN  # what broken source leaves out
        if not walk.is_local(scope, name):
            walk.builder.refer(node, scope, name)
        return walk.named(node, scope) if walk.narrowed else name
    literal = _LITERALS.get(kind)
    if literal is not None and kind != "template_string":
        return literal
    if walk.depth >= MAX_NESTING:
        walk.push(node, scope)
        return UNKNOWN
    walk.depth += 1
    path = access_path(walk, node, scope)
    walk.depth -= 1
    if kind == "member_expression":
        _refer_member(walk, scope, path)
    return path or UNKNOWN


def _refer_member(walk: Walk, scope: int, path: str, flags: int = 0) -> None:
    """Record that `path`, an attribute just read, is used as a value."""
    last = walk.last_name
    if last is None or path[0] == "#" or path[-1] == "]":
        return
    if walk.reads_jsdoc and path[:5] != "this." and walk.is_local(scope, _head_of(path)):
        # Without declared types it says nothing.
        return
    walk.builder.refer(last, scope, path, flags)


def _head_of(path: str) -> str:
    """Return the name that a path begins with, as the source has it."""
    return path.partition(".")[0].partition("~")[0].rstrip("()[]")


def refer_written(walk: Walk, node: Node, scope: int) -> None:
    """Record that a name or an attribute is assigned to."""
    if node.type == "identifier":
        name = walk.text(node)
        if not walk.is_local(scope, name):
            walk.builder.refer(node, scope, name, Flag.WRITE)
    elif node.type == "member_expression":
        _refer_member(walk, scope, access_path(walk, node, scope), Flag.WRITE)


def alternatives(walk: Walk, node: Node, scope: int) -> list[str]:
    """Record an expression and return the access path of each value that it may have."""
    if node.type not in _MAY_BRANCH:
        return [value(walk, node, scope)]
    found: list[str] = []
    open_nodes = [node]
    while open_nodes:
        current = open_nodes.pop()
        kind = current.type
        if (kind in _UNWRAPPED or _is_idle_cast(current)) and (
            inner := [child for child in current.named_children if child.type != "comment"]
        ):
            open_nodes.append(inner[0])
        elif kind == "ternary_expression":
            parts = [child for child in current.named_children if child.type != "comment"]
            narrow_branches(walk, current, scope)
            walk.push(parts[0], scope)
            open_nodes.extend(parts[:0:-1])
        elif kind == "binary_expression" and current.children[1].type in _CHOICES:
            left, right = current.children[0], current.children[-1]
            narrow_operand(walk, current, scope)
            if current.children[1].type == "&&":
                walk.push(left, scope)
                open_nodes.append(right)
            else:
                open_nodes.extend((right, left))
        else:
            found.append(value(walk, current, scope))
    told = [path for path in dict.fromkeys(found) if path != UNKNOWN]
    return told[:MAX_ALTERNATIVES] or [UNKNOWN]


def _is_idle_cast(node: Node) -> bool:
    """Whether a cast says nothing: `as const`, `as any`."""
    if node.type != "as_expression":
        return False
    children = [child for child in node.named_children if child.type != "comment"]
    return len(children) < 2 or children[-1].type == "predefined_type"


def required_module(function: Node, arguments: Node) -> str | None:
    """Return the module of `require("m")` or `import("m")`, None for another call."""
    kind = function.type
    if kind != "import" and not (kind == "identifier" and function.text == b"require"):
        return None
    if arguments.type != "arguments":
        return None
    children = arguments.named_children
    return string_text(children[0]) if children and children[0].type == "string" else None


def _inline_import(walk: Walk, node: Node, scope: int, module: str) -> str:
    """Bind a module that is loaded in the middle of an expression to a name of its own."""
    alias = walk.fresh("require")
    walk.builder.add_import(node, scope, module, "", alias, Flag.DEFAULT)
    walk.last_name = node
    return alias


def visit_expression(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    value(walk, node, scope)


def visit_update(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """`x++` reads and writes, `x += y` as well."""
    target = next((child for child in node.named_children if child.type != "comment"), None)
    if target is not None and target.type in ("identifier", "member_expression"):
        refer_written(walk, target, scope)
    elif target is not None:
        walk.push(target, scope)
    if node.type == "augmented_assignment_expression":
        walk.push(node.children[-1], scope)


def visit_binary(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """The operands of nested binary expressions, each a value."""
    current = node
    while current.type == "binary_expression":
        narrow_operand(walk, current, scope)
        current = current.children[0]
    for operand in operands(node, _SILENT):
        walk.push(operand, scope)


def visit_ternary(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    narrow_branches(walk, node, scope)
    for child in node.named_children:
        walk.push(child, scope)


def visit_decorator(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    decorator_path(walk, node, scope)


def decorator_path(walk: Walk, node: Node, scope: int) -> str:
    """Record a decorator and return its access path: `Dec()` when it is called, `dec` when it is not."""
    inner = next((child for child in node.named_children if child.type != "comment"), None)
    if inner is None:
        return ""
    path = access_path(walk, inner, scope)
    if walk.last_name is not None and not path.endswith(")"):
        walk.builder.call(walk.last_name, scope, path, 1, Flag.DECORATOR)
        walk.builder.refer(walk.last_name, scope, path)
    return path
