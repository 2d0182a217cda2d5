"""Assignments: to names, attributes, prototypes, exports and patterns; functions and classes assigned are definitions."""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import Flag
from indexers.languages.ecmascript.binding import bind_value, own_name
from indexers.languages.ecmascript.classes import object_members
from indexers.languages.ecmascript.commonjs import export_name, exported_object, is_exports
from indexers.languages.ecmascript.expressions import NAME, access_path, alternatives, refer_written
from indexers.languages.ecmascript.patterns import assign_pattern
from indexers.languages.ecmascript.walk import MODULE, Walk


def visit_assignment(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    """`target = value`, with several targets in a row."""
    children = node.children
    targets = [children[0]]
    right = children[-1]
    while right.type == "assignment_expression":
        targets.append(right.children[0])
        right = right.children[-1]
    whole = node.parent if node.parent is not None and node.parent.type == "expression_statement" else node
    if _defines(walk, targets, right, scope, comment, whole):
        return
    paths = alternatives(walk, right, scope)
    for target in targets:
        assign_target(walk, target, scope, paths, right)
        refer_written(walk, target, scope)


def _defines(walk: Walk, targets: list[Node], right: Node, scope: int, comment: Node | None, whole: Node) -> bool:
    """Record a function, class, object or module that is assigned; the first target that can be named names it."""
    places = [(target, place) for target in targets if (place := _definable(walk, target, scope)) is not None]
    if not places:
        return False
    target, place = places[0]
    name, home, receiver, this_class = place
    if receiver and right.type == "object" and target.children[-1].text == b"prototype":
        known = walk.classes.get(receiver, -1)
        if known >= 0:
            object_members(walk, right, scope, walk.facts.definitions[known].opens)
        return known >= 0
    if name == "default" and right.type == "object" and home == 0:
        return exported_object(walk, right, scope, comment)
    name_node = target.children[-1] if target.type == "member_expression" else target
    if name == "default" and (own := own_name(right)) is not None:
        name, name_node = walk.text(own), own
    is_method = bool(receiver) or walk.is_class(home)
    first = len(walk.facts.definitions)
    if not bind_value(
        walk,
        right,
        scope,
        name,
        name_node,
        home=home,
        span=whole,
        comment=comment,
        receiver=receiver,
        this_class=this_class,
        kind="method" if is_method else "function",
        flags=Flag.EXPORTED if home == 0 and not receiver and target.type == "member_expression" else 0,
    ):
        return False
    if this_class < 0 and right.type != "arrow_function" and (receiver or _is_member_of_exports(walk, target, scope)):
        walk.bind_this(first, receiver or MODULE)
    if home == 0 and not receiver:
        walk.exported.add(name)
    path = f"{receiver}.{name}" if receiver else name
    for other in targets:
        if other is not target or place[0] != name:
            assign_target(walk, other, scope, [path], right)
    return True


def _is_member_of_exports(walk: Walk, target: Node, scope: int) -> bool:
    """Whether a function is put into what the module exports (`exports.run = ...`), and does not take its place."""
    return target.type == "member_expression" and is_exports(walk, target.children[0], scope)


def _definable(walk: Walk, target: Node, scope: int) -> tuple[str, int, str, int] | None:
    """Return name, home scope, receiver and class scope of `this` for a function assigned to `target`; None: not nameable."""
    if target.type == "identifier":
        name = walk.text(target)
        home = walk.declaring_scope(scope, name)
        if name == "exports" and home < 0:
            return None
        return (name, home, "", -1) if home >= 0 else None
    if target.type == "subscript_expression":
        return _keyed(walk, target, scope)
    if target.type != "member_expression":
        return None
    base, last = target.children[0], target.children[-1]
    name = walk.text(last)
    if is_exports(walk, base, scope):
        return name, 0, "", -1
    if is_exports(walk, target, scope):
        return "default", 0, "", -1
    if base.type == "this":
        owner = walk.this_class[scope]
        return (name, owner, "", owner) if owner >= 0 else None
    if base.type == "identifier":
        return _member_of(walk, walk.text(base), name, scope)
    if base.type == "member_expression" and base.children[-1].text == b"prototype":
        receiver = _named(walk, base.children[0], scope)
        known = walk.classes.get(receiver, -1)
        opens = walk.facts.definitions[known].opens if known >= 0 else 0
        return (name, _home_of(walk, scope, receiver), receiver, opens) if receiver else None
    return None


def _named(walk: Walk, node: Node, scope: int) -> str:
    """Return the name of what is written plainly or as a member of the module's exports, empty for anything else."""
    if node.type == "member_expression" and is_exports(walk, node.children[0], scope):
        return walk.text(node.children[-1])
    return walk.text(node) if node.type == "identifier" else ""


def _keyed(walk: Walk, target: Node, scope: int) -> tuple[str, int, str, int] | None:
    """`api["run"] = ...` is `api.run = ...`."""
    children = target.named_children
    base, key = children[0], children[-1]
    name = walk.text(key)[1:-1] if key.type == "string" else ""
    if base.type != "identifier" or not NAME.fullmatch(name):
        return None
    return _member_of(walk, walk.text(base), name, scope)


def _member_of(walk: Walk, receiver: str, name: str, scope: int) -> tuple[str, int, str, int]:
    known = walk.classes.get(receiver, -1)
    return name, _home_of(walk, scope, receiver), receiver, walk.facts.definitions[known].opens if known >= 0 else -1


def _home_of(walk: Walk, scope: int, receiver: str) -> int:
    declared = walk.declaring_scope(scope, receiver)
    return declared if declared >= 0 else scope


def assign_target(walk: Walk, target: Node, scope: int, paths: list[str], right: Node) -> None:
    """Record the assignment of the values at `paths` to one target."""
    kind = target.type
    builder = walk.builder
    if kind == "identifier":
        name = walk.text(target)
        if name == "exports" and walk.declaring_scope(scope, name) < 0:
            return
        home = walk.declaring_scope(scope, name)
        for path in paths:
            builder.assign(target, _assignable(walk, scope, home, path), name, path)
    elif kind == "member_expression":
        base = target.children[0]
        if is_exports(walk, base, scope):
            for path in paths:
                export_name(walk, target, scope, walk.text(target.children[-1]), path)
        elif is_exports(walk, target, scope):
            for path in paths:
                if not path.startswith("#?"):
                    builder.assign(target, 0 if walk.hoists_to[scope] == 0 else scope, "default", path)
        elif target.children[-1].text == b"prototype" and base.type == "identifier":
            _prototype(walk, walk.text(base), right, paths)
        else:
            path_of_target = access_path(walk, target, scope)
            if base.type == "this" and walk.this_class[scope] >= 0:
                # Whatever `this` is declared to be, it is the class around that gets the attribute.
                path_of_target = f"this.{walk.text(target.children[-1])}"
            for path in paths:
                builder.assign(target, scope, path_of_target, path)
    elif kind in ("object_pattern", "array_pattern"):
        assign_pattern(walk, target, scope, paths[0], declares=False)
    elif kind == "subscript_expression":
        builder.assign(target, scope, access_path(walk, target, scope), paths[0])
    else:
        walk.push(target, scope)


def _assignable(walk: Walk, scope: int, home: int, path: str) -> int:
    """Return the scope to record `name = path` in: where the name is declared, if `path` means the same there."""
    if home < 0 or home == scope:
        return scope
    head = path.partition(".")[0].rstrip("()[]")
    if head in ("this", "super"):
        return home if walk.this_class[home] == walk.this_class[scope] else scope
    scopes = walk.facts.scopes
    current = scope
    while current != home and current >= 0:
        if head in walk.declared[current]:
            return scope
        current = scopes[current].parent
    return home


def _prototype(walk: Walk, name: str, right: Node, paths: list[str]) -> None:
    """`A.prototype = {...}` gives A methods, `A.prototype = Object.create(B.prototype)` or `new B()` a base."""
    known = walk.classes.get(name, -1)
    if known < 0:
        return
    record = walk.facts.definitions[known]
    for path in paths:
        if path.endswith("()") and path != "Object.create()" and path not in record.bases:
            record.bases.append(path[:-2])
    if right.type == "call_expression" and right.children[0].text == b"Object.create":
        add_base(walk, name, next(iter(right.children[-1].named_children), None))


def add_base(walk: Walk, name: str, node: Node | None) -> None:
    """Make what `node` names (`B` or `B.prototype`) a base of a class met before."""
    known = walk.classes.get(name, -1)
    if known < 0 or node is None or node.type not in ("identifier", "member_expression"):
        return
    base = "".join(walk.text(node).split()).removesuffix(".prototype")
    bases = walk.facts.definitions[known].bases
    if base and base not in bases:
        bases.append(base)
