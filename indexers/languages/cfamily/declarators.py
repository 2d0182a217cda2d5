"""Types and declarators of C and C++: `int (*open[3])(struct file *)` read from the outside to its name.

Pure functions over syntax; nothing is recorded here. Loops are bounded, so that no input exhausts the stack.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Flag, Parameter

MAX_TYPE_DEPTH = 12
"""Nesting of template arguments that a type expression keeps; real code stays below 6."""

TYPES = frozenset(
    {
        "primitive_type",
        "type_identifier",
        "sized_type_specifier",
        "struct_specifier",
        "union_specifier",
        "enum_specifier",
        "class_specifier",
        "template_type",
        "placeholder_type_specifier",
        "decltype",
        "dependent_type",
        "macro_type_specifier",
    }
)
RECORDS = frozenset({"struct_specifier", "union_specifier", "enum_specifier", "class_specifier"})
_WRAPPERS = frozenset(
    {
        "pointer_declarator",
        "reference_declarator",
        "parenthesized_declarator",
        "attributed_declarator",
        "array_declarator",
        "init_declarator",
        "variadic_declarator",
        "ms_based_modifier",
        "function_declarator",
        "abstract_pointer_declarator",
        "abstract_reference_declarator",
        "abstract_parenthesized_declarator",
        "abstract_array_declarator",
        "abstract_function_declarator",
    }
)
DECLARATORS = _WRAPPERS | {
    "identifier",
    "field_identifier",
    "qualified_identifier",
    "destructor_name",
    "operator_name",
    "operator_cast",
    "template_function",
    "template_method",
    "structured_binding_declarator",
}


@dataclass(slots=True)
class Declared:
    """What a declarator declares.

    name: the innermost node, None for an abstract one. function: the function_declarator when it is a function, not
    a pointer to one. value: the initialiser. is_pointer covers references.
    """

    name: Node | None
    function: Node | None
    parameters: Node | None
    is_callable: bool = False
    is_array: bool = False
    is_pointer: bool = False
    value: Node | None = None
    by_address: bool = False
    """A pointer to an object; not a reference, not an array of pointers."""
    typed: Node | None = None
    """The type, where a macro before it made the grammar take it for the name: `API size_t f(int)`."""


def unwrap(node: Node) -> Declared:
    """Read a declarator from the outside to its name."""
    function: Node | None = None
    behind_pointer = is_array = is_pointer = by_address = False
    value: Node | None = None
    typed: Node | None = None
    current: Node | None = node
    while current is not None:
        kind = current.type
        if kind not in _WRAPPERS:
            break
        if kind in ("function_declarator", "abstract_function_declarator"):
            function, behind_pointer = current, False
        elif "pointer" in kind or "reference" in kind:
            is_pointer = behind_pointer = True
            by_address = by_address or "pointer" in kind
        elif "array" in kind:
            is_array = True
        parts = current.named_children
        if kind == "function_declarator" and (shifted := _shifted(parts)) is not None:
            typed, current = shifted
            break
        if kind == "init_declarator" and len(parts) > 1:
            value = parts[-1]
        current = next((part for part in parts if part.type in DECLARATORS or part.type == "type_identifier"), None)
    cast = qualified_parts(current)[1] if current is not None else None
    if cast is not None and cast.type == "operator_cast":
        function = cast.named_children[-1] if cast.named_children else None
        behind_pointer = False
    is_callable = function is not None and behind_pointer
    return Declared(
        current,
        None if is_callable else function,
        function,
        is_callable,
        is_array,
        is_pointer,
        value,
        by_address,
        typed,
    )


def _shifted(parts: list[Node]) -> tuple[Node, Node] | None:
    """Return (type, name) of a function whose type the grammar takes for its name.

    `API size_t f(int);` leaves `f` as an error, and of `API size_t (f)(int);` it makes a function of a parameter `f`.
    """
    if len(parts) < 2:
        return None
    head, after = parts[0], parts[1]
    if head.type == "identifier" and after.type == "ERROR":
        inside = after.named_children
        return (head, inside[0]) if len(inside) == 1 and inside[0].type == "identifier" else None
    if head.type == "function_declarator" and after.type == "parameter_list":
        inner = head.named_children
        listed = inner[1].named_children if len(inner) == 2 and inner[0].type == "identifier" else []
        if len(listed) == 1 and listed[0].type == "parameter_declaration":
            only = listed[0].named_children
            if len(only) == 1 and only[0].type == "type_identifier":
                return inner[0], only[0]
    return None


def type_expression(node: Node | None, hidden: Container[str] = (), depth: int = 0) -> str:
    """Return the neutral type of a type node; empty for `auto` and for the names in `hidden` (template parameters)."""
    while node is not None:
        kind = node.type
        if kind in ("type_identifier", "primitive_type", "identifier", "namespace_identifier", "field_identifier"):
            text = text_of(node)
            return "" if text in hidden else text
        if kind in RECORDS:
            node = node.child_by_field_name("name")
        elif kind == "sized_type_specifier":
            return _sized_type(node)
        elif kind == "qualified_identifier":
            return _qualified_type(node, hidden, depth)
        elif kind in ("template_type", "template_function", "template_method"):
            return _template_type(node, hidden, depth)
        elif kind == "type_descriptor":
            return _described_type(node, hidden, depth)
        elif kind in ("dependent_type", "macro_type_specifier", "type_parameter_pack_expansion"):
            parts = node.named_children
            node = parts[-1] if parts else None
        else:
            return ""
    return ""


def _sized_type(node: Node) -> str:
    """Return one name for `unsigned long int` and its like."""
    said = text_of(node).split()
    if "double" in said or "float" in said:
        return "double"
    length = "llong" if said.count("long") > 1 else "long" if "long" in said else "short" if "short" in said else ""
    if "char" in said:
        return "uint8_t" if "unsigned" in said else "int8_t"
    if "unsigned" not in said:
        return length or "int"
    return {"llong": "ullong", "long": "uint64_t", "short": "uint16_t"}.get(length, "unsigned")


def _qualified_type(node: Node, hidden: Container[str], depth: int) -> str:
    parts: list[str] = []
    current: Node | None = node
    while current is not None and current.type == "qualified_identifier":
        scope = current.child_by_field_name("scope")
        if scope is not None:
            parts.append(type_expression(scope, (), depth + 1).partition("[")[0])
        current = current.child_by_field_name("name")
    parts.append(type_expression(current, (), depth + 1))
    if parts[0] in hidden:
        return ""
    return ".".join(part for part in parts if part)


def _template_type(node: Node, hidden: Container[str], depth: int) -> str:
    parts = node.named_children
    head = text_of(parts[0]) if parts else ""
    if head in hidden or depth >= MAX_TYPE_DEPTH or len(parts) < 2:
        return "" if head in hidden else head
    arguments = [
        type_expression(part, hidden, depth + 1) or "?" for part in parts[1].named_children if part.type != "comment"
    ]
    return f"{head}[{','.join(arguments)}]" if arguments else head


def _described_type(node: Node, hidden: Container[str], depth: int) -> str:
    found = ""
    for part in node.named_children:
        if part.type in TYPES or part.type == "qualified_identifier":
            found = type_expression(part, hidden, depth)
        elif part.type.startswith("abstract"):
            return declared_type(found, unwrap(part))
    return found


def is_type(node: Node) -> bool:
    """Whether a node at the head of a declaration is its type: `A::B x`, but not `A::operator bool()`."""
    kind = node.type
    return kind in TYPES or (kind == "qualified_identifier" and qualified_parts(node)[1].type != "operator_cast")


def declared_type(base: str, declared: Declared) -> str:
    """Return the type of a variable from the type before it and its declarator."""
    if declared.is_callable or declared.function is not None:
        return "func"
    return f"[]{base}" if declared.is_array and base else base


def qualified_parts(node: Node) -> tuple[list[str], Node]:
    """Return the scopes before the last name of `a::b<T>::c`, template arguments dropped, and the last name's node."""
    scopes: list[str] = []
    current = node
    while current.type == "qualified_identifier":
        scope, name = current.child_by_field_name("scope"), current.child_by_field_name("name")
        if scope is not None:
            scopes.append(type_expression(scope).partition("[")[0])
        if name is None:
            break
        current = name
    return [scope for scope in scopes if scope], current


def plain_name(node: Node) -> str:
    """Return the name that a name node spells: `run` for `run<T>`, `operator==`, `~A`, `operator bool`."""
    kind = node.type
    if kind in ("template_function", "template_method", "template_type", "dependent_name"):
        parts = node.named_children
        return plain_name(parts[0]) if parts and parts[0].type != kind else text_of(node)
    if kind == "operator_cast":
        return "operator " + type_expression(node.child_by_field_name("type"))
    text = text_of(node)
    return " ".join(text.split()) if kind == "operator_name" else text


def parameters_of(node: Node | None, hidden: Container[str] = ()) -> list[Parameter]:
    """Return the parameters that a function declarator lists; `(void)` lists none."""
    found: list[Parameter] = []
    listing = node.child_by_field_name("parameters") if node is not None else None
    for child in listing.named_children if listing is not None else ():
        kind = child.type
        if kind == "identifier":
            found.append(Parameter(text_of(child)))
        elif kind == "variadic_parameter":
            found.append(Parameter("", "", int(Flag.VARIADIC)))
        elif kind.endswith("parameter_declaration"):
            found.append(_parameter(child, kind, hidden))
    if len(found) == 1 and found[0].type == "void" and not found[0].name:
        return []
    return found


def _parameter(node: Node, kind: str, hidden: Container[str]) -> Parameter:
    declared: Declared | None = None
    base, flags, typed = "", Flag.NONE, False
    for part in node.named_children:
        part_kind = part.type
        if not typed and (part_kind in TYPES or part_kind == "qualified_identifier"):
            base, typed = type_expression(part, hidden), True
        elif typed and declared is None and part_kind in DECLARATORS:
            declared = unwrap(part)
    if kind.startswith("optional"):
        flags |= Flag.DEFAULT
    elif kind.startswith("variadic"):
        flags |= Flag.VARIADIC
    if declared is None:
        return Parameter("", base, int(flags))
    if declared.by_address:
        flags |= Flag.POINTER
    name = text_of(declared.name) if declared.name is not None else ""
    # "void *" is not "void": the lone parameter of `f(void *)` stays a parameter.
    shown = declared_type(base, declared) or base
    return Parameter(name or ("_" if base == "void" else ""), shown, int(flags))
