"""Types, generic bounds and paths of Rust, as neutral strings. Pure functions over syntax."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from indexers.extraction.builder import text_of

MAX_TYPE_DEPTH = 12
PARAMETER = "'"
"""Begins a type parameter: `'T`, with its bounds `'T[Read|Seek]`."""
MAX_BOUND_LENGTH = 240
_NO_BOUNDS: Mapping[str, str] = {}
_MARKERS = frozenset(
    {
        "Clone",
        "Copy",
        "Send",
        "Sync",
        "Sized",
        "Debug",
        "Unpin",
        "Eq",
        "PartialEq",
        "Hash",
        "Ord",
        "PartialOrd",
        "Default",
    }
)
"""Bounds whose methods say nothing about the project's own traits."""

_ITERATORS = frozenset(
    {"Iterator", "IntoIterator", "DoubleEndedIterator", "ExactSizeIterator", "FusedIterator", "Stream"}
)
"""Traits that read as a list of their items."""


def type_expression(node: Node | None, generics: Mapping[str, str] = _NO_BOUNDS, depth: int = 0) -> str:
    """Return the neutral type of a type node; a type parameter is `'T[Bound]`, `impl Tr` and `dyn Tr` read as `Tr`."""
    if node is None or depth > MAX_TYPE_DEPTH:
        return ""
    kind = node.type
    if kind in (
        "type_identifier",
        "primitive_type",
        "identifier",
        "self",
        "super",
        "crate",
        "shorthand_field_identifier",
    ):
        text = text_of(node)
        return generics.get(text, text)
    if kind in ("scoped_type_identifier", "scoped_identifier"):
        return _associated_of_parameter(node, generics, depth) or dotted(node, generics, depth)
    if kind in ("generic_type", "generic_type_with_turbofish"):
        return _generic(node, generics, depth)
    if kind == "higher_ranked_trait_bound":  # `for<'a> Reads<'a>`
        return type_expression(node.child_by_field_name("type"), generics, depth + 1)
    if kind in ("array_type", "slice_type"):
        element = type_expression(_first_type(node), generics, depth + 1)
        return f"[]{element}" if element else ""
    if kind == "tuple_type":
        return f"tuple[{','.join(type_expression(part, generics, depth + 1) or '?' for part in node.named_children)}]"
    if kind == "function_type":
        return _function(node, generics, depth)
    if kind == "qualified_type":
        return _associated(node, generics, depth)
    if kind in (
        "reference_type",
        "pointer_type",
        "dynamic_type",
        "abstract_type",
        "bracketed_type",
        "bounded_type",
    ):
        inner = _first_type(node)
        return type_expression(inner, generics, depth + 1)
    return ""


def _associated_of_parameter(node: Node, generics: Mapping[str, str], depth: int) -> str:
    """Return `member[Item,'T]` for `T::Item`, and for that of a `Self` with type arguments; empty for any other path."""
    parts = node.named_children
    if len(parts) != 2 or not generics:
        return ""
    owner = parts[0]
    if owner.type in ("identifier", "type_identifier", "bracketed_type", "scoped_type_identifier", "scoped_identifier"):
        typed = type_expression(owner, generics, depth + 1)
        if "[" in typed or typed[:1] == PARAMETER:
            return f"member[{text_of(parts[1])},{typed}]"
    return ""


def _function(node: Node, generics: Mapping[str, str], depth: int) -> str:
    """`func[A,B,=>C]` for `fn(A, B) -> C` and `Fn(A, B) -> C`: what a closure in its place is given and gives back."""
    parameters = next((part for part in node.named_children if part.type == "parameters"), None)
    given = [
        type_expression(part.named_children[-1] if part.type == "parameter" else part, generics, depth + 1) or "?"
        for part in (parameters.named_children if parameters is not None else ())
        if part.type not in ("lifetime", "attribute_item", "line_comment", "block_comment")
    ]
    returned = type_expression(node.child_by_field_name("return_type"), generics, depth + 1)
    given += [f"=>{returned}"] if returned else []
    return f"func[{','.join(given)}]" if any(part != "?" for part in given) else "func"


def _associated(node: Node, generics: Mapping[str, str], depth: int) -> str:
    """Return what `T as Trait` stands for in `<T as Trait>::Name`: the bound of a generic T, else T itself."""
    parts = node.named_children
    typed = type_expression(parts[0], generics, depth + 1) if parts else ""
    return typed or (type_expression(parts[-1], generics, depth + 1) if len(parts) > 1 else "")


def _first_type(node: Node) -> Node | None:
    return next(
        (
            part
            for part in node.named_children
            if part.type not in ("lifetime", "mutable_specifier", "type_parameters", "for_lifetimes")
        ),
        None,
    )


def _generic(node: Node, generics: Mapping[str, str], depth: int) -> str:
    parts = node.named_children
    head = type_expression(parts[0], generics, depth + 1)
    if len(parts) < 2:
        return head
    arguments: list[str] = []
    for part in parts[-1].named_children:
        if part.type == "type_binding":
            bound = part.named_children
            typed = type_expression(bound[-1], generics, depth + 1)
            if text_of(bound[0]) == "Item" and head.rpartition(".")[2] in _ITERATORS:
                return f"[]{typed}"
            if typed:
                arguments.append(f"{text_of(bound[0])}={typed}")
        elif part.type not in ("lifetime", "block", "line_comment", "block_comment"):
            arguments.append(type_expression(part, generics, depth + 1) or "?")
    return f"{head}[{','.join(arguments)}]" if arguments else head


def dotted(node: Node, generics: Mapping[str, str] = _NO_BOUNDS, depth: int = 0) -> str:
    """Return `crate.net.Client` for `crate::net::Client`, type arguments dropped; `self::` says nothing and goes."""
    parts: list[str] = []
    current: Node | None = node
    while current is not None and current.type in ("scoped_identifier", "scoped_type_identifier"):
        children = current.named_children
        if not children:
            break
        parts.append(text_of(children[-1]))
        current = children[0] if len(children) > 1 else None
    if current is not None:
        if current.type in (
            "generic_type",
            "generic_type_with_turbofish",
            "bracketed_type",
            "type_identifier",
            "identifier",
        ):
            head = head_of(type_expression(current, generics, depth + 1))
        else:
            head = text_of(current)
        if head != "self":
            parts.append(head or "#?")
    return ".".join(reversed(parts))


def head_of(expression: str) -> str:
    """Return the name that a type begins with; of a type parameter that of its first bound, empty for one without."""
    if expression[:1] == PARAMETER:
        expression = expression.partition("[")[2].rstrip("]")
    return expression.partition("[")[0].partition("|")[0]


def split_top(text: str, mark: str) -> list[str]:
    """Split a type expression at the marks that no bracket holds."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if character == mark and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def bounds_of(node: Node, outer: Mapping[str, str]) -> dict[str, str]:
    """Return generic parameter -> its type expression, `'T[Bound|Bound]`, of an item; parameters around it included."""
    found = dict(outer)
    bounds: list[tuple[str, Node | None]] = []
    projected: list[tuple[Node, Node]] = []
    for child in node.named_children:
        if child.type == "type_parameters":
            for parameter in child.named_children:
                if parameter.type in (
                    "type_parameter",
                    "constrained_type_parameter",
                    "optional_type_parameter",
                    "type_identifier",
                ):
                    parts = parameter.named_children
                    name = text_of(parts[0]) if parts else text_of(parameter)
                    bounds.append((name, next((part for part in parts if part.type == "trait_bounds"), None)))
                    found[name] = PARAMETER + name
        elif child.type == "where_clause":
            for predicate in child.named_children:
                parts = predicate.named_children
                if len(parts) != 2 or parts[1].type != "trait_bounds":
                    continue
                if parts[0].type == "type_identifier":
                    bounds.append((text_of(parts[0]), parts[1]))
                elif parts[0].type == "scoped_type_identifier":
                    projected.append((parts[0], parts[1]))
    for name, bound in bounds:
        if bound is not None and found.get(name, "")[:1] == PARAMETER:
            found[name] = bounded(name, found[name], bound_expression(bound, found))
    for node, bound in projected:
        _bound_associated(node, bound, found)
    return found


def _bound_associated(node: Node, bound: Node, found: dict[str, str]) -> None:
    """`I::Item: Read` and `<I as Input>::Item: Read`: a bound of I, `where[Item='_[Read]]`."""
    parts = node.named_children
    typed = type_expression(parts[0], found) if len(parts) == 2 else ""
    traits = bound_expression(bound, found)
    if typed[:1] == PARAMETER and traits:
        name = typed[1:].partition("[")[0]
        if name in found:
            found[name] = bounded(name, found[name], f"where[{text_of(parts[1])}={PARAMETER}_[{traits}]]")


def bounded(name: str, known: str, bound: str) -> str:
    """Return the expression of a type parameter with a further bound."""
    former = known.partition("[")[2][:-1]
    if not bound or len(former) + len(bound) > MAX_BOUND_LENGTH:
        return known
    return f"{PARAMETER}{name}[{former + '|' if former else ''}{bound}]"


def bound_expression(node: Node, generics: Mapping[str, str] = _NO_BOUNDS) -> str:
    """Return the traits of `A + B` joined by `|`, without lifetimes and the markers that have no methods of interest."""
    traits = [
        type_expression(part, generics)
        for part in node.named_children
        if part.type not in ("lifetime", "removed_trait_bound")
    ]
    known = [trait for trait in traits if trait and trait.partition("[")[0].rpartition(".")[2] not in _MARKERS]
    return "|".join(known[:3])
