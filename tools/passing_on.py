"""What modules and classes pass on under their own names: `django.db.models.Model` is defined in `django.db.models.base`, `tokio::spawn` in
`tokio::task::spawn`, and `ServerBootstrap.bind` in the class that `ServerBootstrap` inherits from.

People know a project by the names that it passes on, not by where they are defined. A module passes on what its import
statements name, and through an import of everything (`*`) what the other module has. A name that an import changes is not seen.
"""

from __future__ import annotations

import re

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.reaching import HIERARCHY

MAX_STEPS = 6
"""Modules that hand a name to each other, one after the other."""
MAX_OWNERS = 4
"""Names before the last one that may be passed on themselves (`tokio::sync::Mutex::lock` has one): a longer name is nobody's."""
MAX_MODULES = 20
"""Modules of the same name that are looked into."""
MAX_TYPES = 5
"""Types of the same name that are looked into."""
MAX_ANCESTRY = 12
MAX_ANCESTORS = 200
_TYPES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_MODULES = (SymbolKind.MODULE, SymbolKind.PACKAGE)
_LAST_PART = re.compile(r"(?P<owner>.+?)(?P<mark>::|[./#])(?P<last>[^.:/#]+)$")


def passed_on(graph: CodeGraph, scope: Scope, name: str) -> list[Symbol]:
    """Return the definitions that a module, or a type by its own name or a passed on one, has under `name`; none for a name of one part."""
    return _of_owners(graph, scope, name, MAX_OWNERS)


def _of_owners(graph: CodeGraph, scope: Scope, name: str, owners: int) -> list[Symbol]:
    parts = _LAST_PART.match(name)
    if parts is None or owners == 0:
        return []
    owner, last = parts["owner"], parts["last"]
    modules = [
        module  # a module `mutex` is no type `Mutex`
        for module in graph.find(scope, owner, kinds=_MODULES, limit=MAX_MODULES)
        if owner.endswith(module.name)
    ]
    found = _of_modules(graph, scope, modules, last)
    if not found and not modules:
        types = [one for one in graph.find(scope, owner, kinds=_TYPES, limit=MAX_TYPES) if owner.endswith(one.name)]
        for symbol in types or _of_owners(graph, scope, owner, owners - 1):
            found += _members(graph, scope, symbol, last) or _inherited(graph, scope, symbol, last)
    return list({symbol.id: symbol for symbol in found}.values())


def _members(graph: CodeGraph, scope: Scope, owner: Symbol, name: str) -> list[Symbol]:
    whole = f"{owner.qualified_name}{'::' if '::' in owner.qualified_name else '.'}{name}"
    return [one for one in graph.find(scope, whole) if one.qualified_name == whole]


def _inherited(graph: CodeGraph, scope: Scope, owner: Symbol, name: str) -> list[Symbol]:
    """Return the members of that name of the nearest ancestor that has any."""
    walk = graph.walk(scope, [owner.id], "out", kinds=HIERARCHY, max_depth=MAX_ANCESTRY, limit=MAX_ANCESTORS)
    for step in sorted(walk.steps, key=lambda step: step.depth):
        found = _members(graph, scope, step.symbol, name)
        if found:
            return found
    return []


def _of_modules(graph: CodeGraph, scope: Scope, modules: list[Symbol], last: str) -> list[Symbol]:
    """Return what the modules, or the nearest ones that they take everything from, import as `last`."""
    seen: set[str] = set()
    for _ in range(MAX_STEPS):
        modules = [module for module in modules if module.id not in seen]
        if not modules:
            return []
        seen.update(module.id for module in modules)
        links = graph.relations(
            scope, [module.id for module in modules], "out", kinds=(RelationKind.IMPORTS, RelationKind.REFERENCES)
        )
        imports = [link for link in links if link.kind is RelationKind.IMPORTS]
        sites = {(link.source.id, link.site) for link in imports}
        found = [
            link.target
            for link in links
            if link.target is not None and link.target.name == last and (link.source.id, link.site) in sites
        ]
        if found:
            named = [symbol for symbol in found if symbol.kind not in _MODULES]
            return named or found
        modules = [link.target for link in imports if link.target is not None and _takes_everything(graph, scope, link)]
        found = [
            one
            for module in modules
            for one in graph.outline(scope, module.repository, module.path)
            if one.local_name == last
        ]
        if found:
            return found
    return []


def _takes_everything(graph: CodeGraph, scope: Scope, link: Relation) -> bool:
    lines = (graph.read_text(scope, link.source.repository, link.site.path) or b"").splitlines()
    return link.site.line <= len(lines) and b"*" in lines[link.site.line - 1]
