"""What a condition says of a name: the members of a union that it may still be where the condition holds, and where not.

`x.kind === "a"`, `switch (x.kind)`, `x instanceof A`, `"p" in x`, `typeof x === "string"`, `isA(x)` and their negations, in `if`,
`while`, `? :`, `&&`, `||`, and behind an `if` that leaves. A narrowed name is a version (`x~1`) in a range of the source, up to
where the name is assigned again; `resolution.narrowing` says what the version means. Members (`this.state`) are not narrowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tree_sitter import Node

from indexers.languages.ecmascript.walk import Walk

MAX_OPERANDS = 12
"""Operands of one condition that are looked at."""
MAX_CONDITION = 400
"""Bytes of a condition that is read."""
MAX_LABELS = 24
_CLASS_NAMES = frozenset({"identifier", "member_expression"})
_PATH = re.compile(r"[\w$]+(?:\.[\w$]+)*")
_CONSTANT = re.compile(r"(?:[\w$]+\.)*[A-Z][\w$]*")
_PLAIN = re.compile(r"[\w$ ./:@+-]{1,60}")
_GUARD = re.compile(r"(?:[\w$]+\.)*_*(?:is|has)[A-Z_]?[\w$]*")
_TELLS = re.compile(rb"instanceof|[!=]=|\bin\b|\b_*(?:is|has)[A-Z_]|\.")
_TELLS_CLASS = re.compile(rb"instanceof|typeof")
_TRUTH = (",=true", ",=false")
_EQUALITY = {"===": True, "==": True, "!==": False, "!=": False}
_PRIMITIVES = frozenset({"string", "number", "boolean", "bigint", "symbol"})
_LITERALS = frozenset({"string", "number", "true", "false"})
_LEAVES = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})


class Told(NamedTuple):
    """`name` is narrowed by `operator` and what it is given; without an operator it is of the type `given`."""

    name: str
    operator: str
    given: str


def narrow(walk: Walk, condition: Node, scope: int, node: Node | None, holds: bool) -> None:
    """Narrow, inside `node`, what the condition says where it holds or does not."""
    if node is not None and _tells(walk, condition):
        _apply(walk, condition, scope, node.start_byte, node.end_byte, told(walk, condition, scope, holds))


def narrow_branches(walk: Walk, node: Node, scope: int) -> None:
    """Narrow what stands behind the `?` and the `:` of a choice; in the two ways of an `if`, and behind it where one leaves."""
    condition = node.child_by_field_name("condition")
    if condition is None or not _tells(walk, condition):
        return
    consequence, otherwise = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
    if consequence is None:
        return
    is_left = leaves(consequence) if node.type == "if_statement" else False
    held = told(walk, condition, scope, True)
    denied = told(walk, condition, scope, False) if otherwise is not None or is_left else []
    _apply(walk, condition, scope, consequence.start_byte, consequence.end_byte, held)
    if otherwise is not None:
        _apply(walk, condition, scope, otherwise.start_byte, otherwise.end_byte, denied)
    rest = denied if is_left else held if otherwise is not None and leaves(otherwise) else []
    if rest and node.parent is not None and node.type == "if_statement":
        _apply(walk, condition, scope, node.end_byte, node.parent.end_byte, rest)


def narrow_operand(walk: Walk, node: Node, scope: int) -> None:
    """The right operand of `&&` is only asked where the left one holds, that of `||` where it does not."""
    operator = node.children[1].type
    if operator in ("&&", "||"):
        narrow(walk, node.children[0], scope, node.children[-1], operator == "&&")


def _tells(walk: Walk, condition: Node) -> bool:
    """Whether a condition looks as if it told anything: cheap. A long one is not read, each part of a chain would be again."""
    if condition.end_byte - condition.start_byte > MAX_CONDITION:
        return False
    tells = _TELLS_CLASS if walk.reads_jsdoc else _TELLS
    return tells.search(walk.source, condition.start_byte, condition.end_byte) is not None


def narrow_cases(walk: Walk, subject: Node, body: Node, scope: int) -> None:
    """`switch (x.kind) { case "a": ... }`: each case narrows what stands in it, with the cases that fall into it."""
    place = _discriminant(walk, subject)
    if place is None:
        return
    name, field = place
    labels: list[str] = []
    every: list[str] | None = []
    for case in body.named_children:
        if case.type == "switch_case":
            value = case.child_by_field_name("value")
            label = _label(walk, value) if value is not None else ""
            if every is not None:
                every = [*every, label] if label else None
            statements = [child for child in case.named_children if child != value and child.type != "comment"]
            labels.append(label)
            if statements and all(labels) and len(labels) <= MAX_LABELS:
                found = [Told(name, "?is", ",".join([field, *labels]))]
                _apply(walk, subject, scope, statements[0].start_byte, case.end_byte, found)
        elif case.type == "switch_default":
            statements = [child for child in case.named_children if child.type != "comment"]
            if statements and not labels and every and len(every) <= MAX_LABELS:
                found = [Told(name, "?not", ",".join([field, *every]))]
                _apply(walk, subject, scope, statements[0].start_byte, case.end_byte, found)
        else:
            continue
        if statements and leaves(statements[-1]):
            labels = []
        elif case.type == "switch_default":
            labels = [""]


def leaves(node: Node) -> bool:
    """Whether what follows a statement is not reached from its end."""
    while node.type in ("statement_block", "else_clause"):
        inner = [child for child in node.named_children if child.type != "comment"]
        if not inner:
            return False
        node = inner[-1]
    return node.type in _LEAVES


def told(walk: Walk, condition: Node, scope: int, holds: bool) -> list[Told]:
    """Return what is known of names where a condition holds, or does not; in the order of the source."""
    found: list[Told] = []
    pending = [(condition, holds)]
    for _ in range(MAX_OPERANDS):
        if not pending:
            break
        node, wanted = pending.pop()
        kind = node.type
        if kind in ("parenthesized_expression", "else_clause"):
            pending += [(child, wanted) for child in node.named_children if child.type != "comment"]
        elif kind == "unary_expression" and node.children[0].type == "!":
            pending.append((node.children[-1], not wanted))
        elif kind == "binary_expression":
            left, operator, right = node.children[0], node.children[1].type, node.children[-1]
            if operator in ("&&", "||"):
                if wanted is (operator == "&&"):
                    pending += [(right, wanted), (left, wanted)]
                else:
                    found += _either(told(walk, left, scope, wanted), told(walk, right, scope, wanted))
            elif operator in _EQUALITY:
                found += _compared(walk, left, right, wanted is _EQUALITY[operator])
            else:
                found += _related(walk, left, operator, right, scope, wanted)
        elif walk.reads_jsdoc:
            continue
        elif kind == "call_expression":
            found += _guarded(walk, node, wanted)
        elif kind == "member_expression" and (place := _discriminant(walk, node)) is not None:
            found.append(Told(place[0], "?not", f"{place[1]},={'false' if wanted else 'true'}"))
    return found


def _either(left: list[Told], right: list[Told]) -> list[Told]:
    """Return what two conditions say of the same name in the same way, one of which holds."""
    if len(left) != 1 or len(right) != 1:
        return []
    one, other = left[0], right[0]
    if one.name != other.name or one.operator != other.operator:
        return []
    if not one.operator:
        return [Told(one.name, "", f"{one.given}|{other.given}")]
    field, _, labels = other.given.partition(",")
    return (
        [Told(one.name, "?is", f"{one.given},{labels}")]
        if one.operator == "?is" and one.given.startswith(f"{field},")
        else []
    )


def _compared(walk: Walk, left: Node, right: Node, equal: bool) -> Iterable[Told]:
    """`x.kind === "a"`, `typeof x === "string"`, either way round."""
    if left.type in _LITERALS or _CONSTANT.fullmatch(walk.text(left)):
        left, right = right, left
    if left.type == "unary_expression" and left.children[0].type == "typeof":
        inner, name = left.children[-1], walk.text(right)[1:-1]
        is_told = equal and inner.type == "identifier" and right.type == "string" and name in _PRIMITIVES
        return [Told(walk.text(inner), "", name)] if is_told else []
    if walk.reads_jsdoc:
        return []
    place = _discriminant(walk, left)
    label = _label(walk, right) if place is not None else ""
    return [Told(place[0], "?is" if equal else "?not", f"{place[1]},{label}")] if place is not None and label else []


def _related(walk: Walk, left: Node, operator: str, right: Node, scope: int, holds: bool) -> Iterable[Told]:
    """`x instanceof A`, `"p" in x`."""
    if operator == "instanceof" and left.type == "identifier" and right.type in _CLASS_NAMES:
        name = "".join(walk.text(right).split())
        if _PATH.fullmatch(name) and _is_of_file(walk, scope, name.partition(".")[0]):
            return [Told(walk.text(left), "" if holds else "?notof", name)]
    elif operator == "in" and left.type == "string" and right.type == "identifier" and not walk.reads_jsdoc:
        name = walk.text(left)[1:-1]
        if name.isidentifier():
            return [Told(walk.text(right), "?has" if holds else "?lacks", name)]
    return []


def _guarded(walk: Walk, node: Node, holds: bool) -> Iterable[Told]:
    """`isA(x)`: what the declared result of the function says of its first argument."""
    function, arguments = node.children[0], node.children[-1]
    given = [child for child in arguments.named_children if child.type != "comment"]
    if function.type not in _CLASS_NAMES or arguments.type != "arguments" or not given or given[0].type != "identifier":
        return []
    callee = "".join(walk.text(function).split())
    return [Told(walk.text(given[0]), "?guard" if holds else "?unguard", callee)] if _GUARD.fullmatch(callee) else []


def _discriminant(walk: Walk, node: Node) -> tuple[str, str] | None:
    """Return name and field of `x.kind` or `x["kind"]`, None for anything else."""
    while node.type in ("parenthesized_expression", "non_null_expression") and node.named_children:
        node = node.named_children[0]
    if node.type == "member_expression" and node.children[0].type == "identifier":
        return walk.text(node.children[0]), walk.text(node.children[-1])
    if node.type == "subscript_expression" and node.children[0].type == "identifier":
        key = node.named_children[-1]
        field = walk.text(key)[1:-1] if key.type == "string" else ""
        return (walk.text(node.children[0]), field) if field.isidentifier() else None
    return None


def _label(walk: Walk, node: Node) -> str:
    """Return what a discriminant is compared with: `=When` for a literal, the path of a constant, empty for anything else."""
    text = walk.text(node)
    if node.type in _LITERALS:
        literal = text[1:-1] if node.type == "string" else text
        return f"={literal}" if _PLAIN.fullmatch(literal) else ""
    return text if node.type in _CLASS_NAMES and _CONSTANT.fullmatch(text) else ""


def _is_of_file(walk: Walk, scope: int, name: str) -> bool:
    """Whether the file declares or imports a name: what the language has of itself may be anything more special."""
    declared = f"class {name}".encode()
    return walk.declaring_scope(scope, name) >= 0 or declared + b" " in walk.source or declared + b"<" in walk.source


def _apply(walk: Walk, node: Node, scope: int, start: int, end: int, found: list[Told]) -> None:
    """Make a version of each name that is told something of, for what stands from `start` on."""
    made: dict[str, str] = {}
    stops: dict[str, int] = {}
    for name, operator, given in found:
        if name not in stops:
            stops[name] = _last_use(walk.source, name.encode(), start, end)
            if given.endswith(_TRUTH) and walk.source.find(given[: given.index(",")].encode(), start, end) >= 0:
                stops[name] = 0  # not the mark of a union, but something that may be missing
        if not stops[name]:
            continue
        current = made.get(name) or walk.version_at(name, node.start_byte, scope)
        made[name] = version = walk.new_version(name, scope)
        if operator:
            walk.builder.assign(node, scope, version, "", f"{operator}[{current},{given}]")
        else:
            walk.builder.assign(node, scope, version, current, given)
    for name, version in made.items():
        walk.narrow(name, start, stops[name], version, scope)


def _last_use(source: bytes, name: bytes, start: int, end: int) -> int:
    """Return where what is known of a name ends: before it is assigned again; 0 where it is not used until then."""
    if source.find(name, start, end) < 0:
        return 0
    again = re.compile(rb"(?<![\w$.])" + re.escape(name) + rb"\s*(?:=(?![=>])|[-+*/|&?]{1,2}=)").search(
        source, start, end
    )
    stop = again.start() if again is not None else end
    return stop if source.find(name, start, stop) >= 0 else 0
