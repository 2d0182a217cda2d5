"""TypeScript type annotations -> type expressions."""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.languages.ecmascript.walk import Walk
from indexers.resolution.type_values import split_alternatives, split_arguments

MAX_DEPTH = 30
FUNCTION_TYPE = "func"
TUPLE = "tuple["
MADE_OF_OTHERS = ("param[", "member[", "result[")
FROM_ARGUMENT = ("param[", "member[")
"""Types of what a call is given, by what it asks for."""
_UNSAFE = frozenset("[](|,<\"'`{")
"""What a path inside a type expression may not hold."""
_LITERALS = {"string": "string", "number": "number", "true": "boolean", "false": "boolean"}
_PLAIN = re.compile(r"[\w$ ./:@+-]{1,60}")
"""Literals that a type expression can hold."""
_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})
TYPE_LIMIT = 160

_NOT_TELLING = frozenset({"void", "any", "unknown", "never", "undefined", "null", "object"})
_ITERABLES = frozenset(
    {
        "Array",
        "ReadonlyArray",
        "Set",
        "ReadonlySet",
        "Iterable",
        "Iterator",
        "IterableIterator",
        "AsyncIterable",
        "AsyncIterator",
        "AsyncIterableIterator",
        "Generator",
        "AsyncGenerator",
        "NodeListOf",
        "QueryList",
    }
)
_WRAPPERS = frozenset(
    {"type_annotation", "parenthesized_type", "readonly_type", "optional_type", "rest_type", "opting_type_annotation"}
)


def type_expression(walk: Walk, node: Node | None, scope: int, depth: int = 0) -> str:
    """Return the type expression of an annotation as written in `scope`, empty when it says nothing that we follow."""
    if node is None or depth > MAX_DEPTH:
        return ""
    kind = node.type
    while kind in _WRAPPERS:
        inner = [child for child in node.named_children if child.type != "comment"]
        if not inner:
            return ""
        node, kind = inner[-1], inner[-1].type
    if kind in ("type_identifier", "identifier"):
        return _named(walk, walk.text(node), scope)
    if kind == "predefined_type":
        name = walk.text(node)
        return "" if name in _NOT_TELLING else name
    if kind in ("nested_type_identifier", "nested_identifier", "member_expression"):
        path = "".join(walk.text(node).split())
        return path if len(path) <= TYPE_LIMIT and "(" not in path else ""
    if kind == "generic_type":
        return _generic(walk, node, scope, depth)
    if kind == "array_type":
        return list_of(type_expression(walk, node.named_children[0], scope, depth + 1)) if node.named_children else ""
    if kind in ("union_type", "intersection_type"):
        return _alternatives(walk, node, scope, depth)
    if kind in ("function_type", "constructor_type"):
        return _function(walk, node, scope, depth)
    if kind == "object_type":
        return walk.makers[kind](walk, node, scope)
    if kind == "type_query":
        path = "".join(walk.text(node.named_children[0]).split()) if node.named_children else ""
        return f"typeof[{path}]" if path and len(path) <= TYPE_LIMIT and not _UNSAFE.intersection(path) else ""
    if kind == "tuple_type":
        parts = [
            type_expression(walk, part, scope, depth + 1) for part in node.named_children if part.type != "comment"
        ]
        return generic("tuple", parts) if any(parts) else ""
    if kind == "lookup_type":
        return _looked_up(walk, node, scope, depth)
    if kind == "this_type":
        return "this"
    if kind in ("type_predicate_annotation", "type_predicate"):
        return _predicate(walk, node, scope, depth)
    if kind == "asserts_annotation":
        return "boolean"
    if kind == "template_literal_type":
        return "string"
    if kind == "literal_type":
        literal = node.named_children[0].type if node.named_children else ""
        return literal if literal in ("string", "number") else ""
    return ""


def _predicate(walk: Walk, node: Node, scope: int, depth: int) -> str:
    """`x is T` is `boolean[=>T]` where x is the first parameter, `boolean` where not."""
    function = node.parent
    predicate = node if node.type == "type_predicate" else node.named_children[0]
    name, given = predicate.child_by_field_name("name"), predicate.child_by_field_name("type")
    parameters = (
        next((child for child in function.children if child.type == "formal_parameters"), None) if function else None
    )
    first = parameters.named_children[0] if parameters is not None and parameters.named_children else None
    if name is None or first is None or not walk.text(first).startswith(walk.text(name)):
        return "boolean"
    declared = type_expression(walk, given, scope, depth + 1)
    return generic("boolean", [f"=>{declared}"]) if declared else "boolean"


def literal_type(walk: Walk, node: Node | None) -> str:
    """Return `string[=a,=b]` for a type of literals of one kind, or for a literal value; empty for anything else."""
    pending, kinds, found = [node] if node is not None else [], set[str](), list[str]()
    while pending:
        current = pending.pop()
        kind = current.type
        if kind in _WRAPPERS or kind in ("union_type", "literal_type"):
            pending += [child for child in current.named_children if child.type != "comment"][::-1]
            continue
        if kind == "as_expression" and walk.text(current).endswith(" as const"):
            pending.append(current.named_children[0])
            continue
        text = walk.text(current)
        text = text[1:-1] if kind == "string" else text
        if kind not in _LITERALS or not _PLAIN.fullmatch(text):
            return ""
        kinds.add(_LITERALS[kind])
        found.append(f"={text}")
    return generic(kinds.pop(), found) if len(kinds) == 1 else ""


def _function(walk: Walk, node: Node, scope: int, depth: int) -> str:
    """`(a: A) => R` is `func[A,=>R]`; `func` when it says nothing that we follow, or too much."""
    returned, parameters = "", []
    outside = walk.type_parameters.get(scope)
    for child in node.named_children:
        kind = child.type
        if kind == "type_parameters":
            declare_type_parameters(walk, child, scope)
        elif kind == "formal_parameters":
            for item in child.named_children:
                parts = [part for part in item.named_children if part.type != "comment"]
                if item.type in _PARAMETERS and parts and parts[0].type != "this":
                    annotation = next((part for part in parts if part.type == "type_annotation"), None)
                    declared = type_expression(walk, annotation, scope, depth + 1)
                    if parts[0].type == "rest_pattern":
                        parameters += _rest(declared)
                    else:
                        parameters.append(declared)
        elif kind != "comment":
            returned = type_expression(walk, child, scope, depth + 1)
    if outside is not None:
        walk.type_parameters[scope] = outside
    else:
        walk.type_parameters.pop(scope, None)
    return generic(FUNCTION_TYPE, [*parameters, f"=>{returned}"] if returned else parameters)


def _rest(declared: str) -> list[str]:
    """Return the types of the first parameters that a rest parameter takes."""
    if declared.startswith(TUPLE):
        return tuple_types(declared)
    return [declared[2:] if declared.startswith("[]") and "|" not in declared else ""]


def tuple_types(declared: str) -> list[str]:
    """Return the types inside `tuple[A,B]`; `any` says nothing."""
    return [each if each != "any" else "" for each in split_arguments(declared[len(TUPLE) : -1])]


def _looked_up(walk: Walk, node: Node, scope: int, depth: int) -> str:
    """`A["b"]` is the type of a member."""
    children = [child for child in node.named_children if child.type != "comment"]
    head = type_expression(walk, children[0], scope, depth + 1) if len(children) == 2 else ""
    name = walk.text(children[1])[1:-1] if head and children[1].type == "literal_type" else ""
    return f"{head}.{name}" if name.isidentifier() and not _UNSAFE.intersection(head) else ""


def list_of(element: str) -> str:
    """Return the type of a list whose elements are of type `element`, alternatives spread: `A|B` gives `[]A|[]B`."""
    if "|" not in element:
        return f"[]{element}" if element else ""
    return "|".join(f"[]{part}" for part in split_alternatives(element))


def generic(head: str, arguments: list[str]) -> str:
    """Return `Head[A,B]`; what iterates becomes a list; arguments that say nothing are left out or `any`."""
    if head in _ITERABLES:
        return list_of(arguments[0]) if arguments and arguments[0] else head
    if not any(arguments):
        return "" if head in ("ReturnType", "InstanceType") else head
    if head == "ReturnType":
        return f"result[{arguments[0]}]"
    if head == "InstanceType":
        return arguments[0].removeprefix("typeof[").removesuffix("]")
    full = f"{head}[{','.join(argument or 'any' for argument in arguments)}]"
    return full if len(full) <= TYPE_LIMIT else head


def joined(parts: list[str]) -> str:
    """Return the alternatives, each once, without those that say nothing."""
    text = "|".join(dict.fromkeys(part for part in parts if part))
    return text if len(text) <= TYPE_LIMIT else ""


def _named(walk: Walk, name: str, scope: int) -> str:
    if walk.type_parameters:
        scopes = walk.facts.scopes
        while scope >= 0:
            names = walk.type_parameters.get(scope)
            if names is not None and name in names:
                return names[name]
            scope = scopes[scope].parent
    return name


def _generic(walk: Walk, node: Node, scope: int, depth: int) -> str:
    children = [child for child in node.named_children if child.type != "comment"]
    if len(children) < 2:
        return ""
    head = type_expression(walk, children[0], scope, depth + 1)
    arguments = [
        type_expression(walk, child, scope, depth + 1)
        for child in children[-1].named_children
        if child.type != "comment"
    ]
    return generic(head, arguments) if head else ""


def _alternatives(walk: Walk, node: Node, scope: int, depth: int) -> str:
    """A union is a left-leaning tree: follow its spine in a loop."""
    parts: list[str] = []
    current: Node | None = node
    while current is not None and current.type in ("union_type", "intersection_type"):
        inner = [child for child in current.named_children if child.type != "comment"]
        if len(inner) > 1:
            parts.append(type_expression(walk, inner[-1], scope, depth + 1))
        current = inner[0] if inner else None
    parts.append(type_expression(walk, current, scope, depth + 1))
    return joined(parts[::-1])


def declare_type_parameters(walk: Walk, node: Node, scope: int) -> None:
    """Note the type parameters of a `type_parameters` node for the scope they hold in; a bound one means its bound."""
    names: dict[str, str] = {}
    for child in node.named_children:
        if child.type != "type_parameter" or not child.named_children:
            continue
        bound = next((part for part in child.named_children if part.type == "constraint"), None)
        inner = bound.named_children if bound is not None else []
        names[walk.text(child.named_children[0])] = type_expression(walk, inner[0], scope) if inner else ""
    if names:
        walk.type_parameters[scope] = {**walk.type_parameters.get(scope, {}), **names}
