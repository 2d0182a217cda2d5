"""ES module statements: `import` and `export` in all their forms.

The default export is the name `default` of the file's module scope: a definition of that name when it has no other,
else an assignment `default = name`. CommonJS `module.exports = x` binds the same name.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.facts import EXPORTED_ONLY, Flag
from indexers.languages.ecmascript.binding import CLASS_EXPRESSIONS, bind_value, own_name
from indexers.languages.ecmascript.declarations import DECLARATIONS
from indexers.languages.ecmascript.expressions import FUNCTIONS, alternatives, decorator_path
from indexers.languages.ecmascript.walk import UNKNOWN, Walk, name_text, string_text


def visit_import(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    clause = source = None
    flags = 0
    for child in node.children:
        kind = child.type
        if kind in ("import_clause", "import_require_clause"):
            clause = child
        elif kind == "string":
            source = child
        elif kind in ("type", "typeof") and not child.is_named:
            flags = Flag.TYPE_ONLY
    if clause is not None and clause.type == "import_require_clause":
        _import_require(walk, clause, scope)
        return
    if source is None:
        return
    module = walk.text(source)[1:-1]
    if clause is None:
        walk.builder.add_import(source, scope, module)
        return
    for child in clause.named_children:
        kind = child.type
        if kind == "identifier":
            _bound(walk, child, scope, module, "default", walk.text(child), flags | Flag.DEFAULT)
        elif kind == "namespace_import" and child.named_children:
            name = child.named_children[-1]
            _bound(walk, name, scope, module, "", walk.text(name), flags)
        elif kind == "named_imports":
            for specifier in child.named_children:
                parts = _specifier(specifier)
                if parts is not None:
                    mark = Flag.DEFAULT if parts[0] == "default" else 0
                    _bound(walk, specifier, scope, module, parts[0], parts[1], flags | parts[2] | mark)


def _bound(walk: Walk, node: Node, scope: int, module: str, name: str, alias: str, flags: int) -> None:
    walk.declare(scope, alias)
    walk.builder.add_import(node, scope, module, name, alias, flags)


def _import_require(walk: Walk, clause: Node, scope: int) -> None:
    """`import fs = require("fs")`."""
    name = source = None
    for child in clause.named_children:
        if child.type == "identifier":
            name = child
        elif child.type == "string":
            source = child
    if name is not None and source is not None:
        _bound(walk, name, scope, walk.text(source)[1:-1], "", walk.text(name), Flag.DEFAULT)


def _specifier(node: Node) -> tuple[str, str, int] | None:
    """Return name, alias and TYPE_ONLY of `a as b` in an import or export clause."""
    flags = 0
    names: list[str] = []
    for child in node.children:
        kind = child.type
        if kind in ("type", "typeof") and not child.is_named:
            flags = Flag.TYPE_ONLY
        elif kind == "string":
            names.append(string_text(child))
        elif kind not in ("as", "comment"):
            names.append(name_text(child))
    return (names[0], names[-1], flags) if names else None


def visit_import_alias(walk: Walk, node: Node, scope: int, _comment: Node | None) -> None:
    """`import A = N.B`."""
    children = [child for child in node.named_children if child.type != "comment"]
    if len(children) == 2:
        name = walk.text(children[0])
        walk.declare(scope, name)
        walk.builder.assign(children[0], scope, name, "".join(walk.text(children[1]).split()))


def visit_export(walk: Walk, node: Node, scope: int, comment: Node | None) -> None:
    """`export` before a declaration, of a list, of a default, from another module."""
    clause = source = spread = declaration = None
    is_default = is_star = is_assignment = False
    flags = 0
    decorators: list[str] = []
    first = len(walk.facts.definitions)
    for child in node.children:
        kind = child.type
        if kind == "default":
            is_default = True
        elif kind == "*":
            is_star = True
        elif kind == "=":
            is_assignment = True
        elif kind == "type" and not child.is_named:
            flags = Flag.TYPE_ONLY
        elif kind == "export_clause":
            clause = child
        elif kind == "namespace_export":
            spread = child
        elif kind == "string" and not is_default:
            source = child
        elif kind == "decorator":
            decorators.append(decorator_path(walk, child, scope))
        elif child.is_named and kind != "comment":
            declaration = child
    if source is not None:
        _reexport(walk, clause, spread, source, scope, flags, is_star)
    elif clause is not None:
        _export_names(walk, clause, scope)
    elif declaration is None:
        return
    elif is_default or is_assignment:
        _export_default(walk, node, declaration, scope, comment)
    else:
        declare = DECLARATIONS.get(declaration.type)
        if declare is None:
            walk.push(declaration, scope)
        else:
            declare(walk, declaration, scope, comment, Flag.EXPORTED, node)
    if decorators and len(walk.facts.definitions) > first:
        walk.facts.definitions[first].decorators[:0] = decorators


def _reexport(
    walk: Walk, clause: Node | None, spread: Node | None, source: Node, scope: int, flags: int, is_star: bool
) -> None:
    module = walk.text(source)[1:-1]
    flags |= Flag.REEXPORT
    if spread is not None and spread.named_children:
        name = spread.named_children[-1]
        text = walk.text(name)[1:-1] if name.type == "string" else walk.text(name)
        walk.builder.add_import(name, scope, module, "", text, flags)
    elif clause is not None:
        for specifier in clause.named_children:
            parts = _specifier(specifier)
            if parts is not None:
                mark = Flag.DEFAULT if parts[0] == "default" else 0
                walk.builder.add_import(specifier, scope, module, parts[0], parts[1], flags | parts[2] | mark)
    elif is_star:
        walk.builder.add_import(source, scope, module, "*", "*", flags)


def _export_names(walk: Walk, clause: Node, scope: int) -> None:
    for specifier in clause.named_children:
        parts = _specifier(specifier)
        if parts is None:
            continue
        name, alias, _ = parts
        if name == alias:
            walk.exported.add(name)
        else:
            walk.builder.assign(specifier, scope, alias, name, home=EXPORTED_ONLY)


def _export_default(walk: Walk, node: Node, declaration: Node, scope: int, comment: Node | None) -> None:
    declare = DECLARATIONS.get(declaration.type)
    if declare is not None:
        name = declare(walk, declaration, scope, comment, Flag.EXPORTED | Flag.DEFAULT, node)
        if name:
            walk.builder.assign(node, scope, "default", name)
            return
    own = own_name(declaration)
    is_definition = declaration.type in FUNCTIONS or declaration.type in CLASS_EXPRESSIONS
    name = walk.text(own) if own is not None else "default"
    flags = Flag.EXPORTED | Flag.DEFAULT
    if bind_value(
        walk, declaration, scope, name, own or declaration, home=scope, span=node, comment=comment, flags=flags
    ):
        if name != "default":
            walk.builder.assign(node, scope, "default", name)
        if not is_definition:
            walk.exported.add("default")
        return
    for path in alternatives(walk, declaration, scope):
        if path != UNKNOWN:
            walk.builder.assign(node, scope, "default", path)
