"""Modules, `use` trees and external crates of Rust."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, ScopeKind
from indexers.languages.rust.conditions import MARKS
from indexers.languages.rust.items import Items, inner_documentation
from indexers.languages.rust.known_names import PRIMITIVES
from indexers.languages.rust.use_trees import leaves
from indexers.macro_links import ModuleLine


class Modules(Items):
    """Visits what makes namespaces and brings names."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "mod_item": self._module,
            "use_declaration": self._use,
            "extern_crate_declaration": self._extern_crate,
        }

    def path_head(self, path: str, scope: int) -> None:
        scopes = self.builder.facts.scopes
        while scope > 0 and scopes[scope].kind != ScopeKind.NAMESPACE:
            scope = scopes[scope].parent
        if scope > 0 and scope not in self.has_super and self.last is not None:
            self.has_super.add(scope)
            self.builder.add_import(self.last, scope, "super", "", "super")

    def _module(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        name: Node | None = None
        body: Node | None = None
        for child in node.named_children:
            if child.type == "identifier":
                name = child
            elif child.type == "declaration_list":
                body = child
            elif child.type == "visibility_modifier":
                flags |= Flag.EXPORTED
        if name is None:
            return "#?"
        if body is None:
            self._note_module(name, scope, shares="macro_use" in decorators)
            kept = Flag.REEXPORT if flags & Flag.EXPORTED else 0
            conditions = [mark for mark in decorators if mark.startswith(MARKS)]
            flags |= Flag.INACTIVE if self.lacks_feature and not conditions else 0
            module = _module_of(self.path_attribute) if self.path_attribute else text_of(name)
            kept |= self.within_flag() | (flags & (Flag.CONDITIONAL | Flag.INACTIVE))
            self.builder.add_import(name, scope, f"self::{module}", "", text_of(name), kept, conditions)
            return "#?"
        definition = self.builder.define(
            name,
            node,
            "package",
            scope,
            signature=self.signature(node, body),
            docstring=docstring or inner_documentation(body),
            decorators=decorators,
            flags=flags,
        )
        opened = self.builder.open_scope(ScopeKind.NAMESPACE, scope, definition)
        is_test = bool(flags & Flag.TEST)
        own = [mark for mark in decorators if mark.startswith(MARKS) and mark not in self.features]
        is_inactive = bool(flags & Flag.INACTIVE) or (self.lacks_feature and not own)
        self.in_test += is_test
        self.inactive += is_inactive
        features, self.features = self.features, [*self.features, *own]
        self.members(body, opened)
        self.features = features
        self.in_test -= is_test
        self.inactive -= is_inactive
        return "#?"

    def _note_module(self, name: Node, scope: int, *, shares: bool) -> None:
        if self.builder.places is None and self.names is None:
            line = ModuleLine(text_of(name), name.start_point[0], self.inline_modules(scope), shares)
            self.builder.facts.macros.modules.append(line)

    def inline_modules(self, scope: int) -> str:
        """Return the modules written out around a scope of this file, `a::b`, without those that share their macros."""
        facts = self.builder.facts
        names: list[str] = []
        while scope > 0:
            entry = facts.scopes[scope]
            if entry.kind == ScopeKind.NAMESPACE and entry.definition >= 0:
                module = facts.definitions[entry.definition]
                if "macro_use" not in module.decorators:
                    names.insert(0, module.name)
            scope = entry.parent
        return "::".join(names)

    def _use(self, node: Node, scope: int) -> str:
        _, marks, above = self.above()
        conditions = [mark for mark in marks if mark.startswith(MARKS)]
        is_left_out = self.lacks_feature and not conditions
        flags = (above & (Flag.CONDITIONAL | Flag.INACTIVE)) | (Flag.INACTIVE if is_left_out else 0)
        flags |= self.within_flag()
        for child in node.named_children:
            if child.type == "visibility_modifier":
                flags |= Flag.REEXPORT
            else:
                for leaf, module, name, alias in leaves(child):
                    if module in ("core", "std") and alias in PRIMITIVES:
                        continue  # `use core::u8`: the module; the name means the type all the same
                    self.builder.add_import(leaf, scope, module, name, alias if alias != "_" else "", flags, conditions)
        return "#?"

    def within_flag(self) -> int:
        """Return the mark of an import inside a macro that stands for a condition: which one, its line says."""
        return int(Flag.MACRO) if self.within else 0

    def _extern_crate(self, node: Node, scope: int) -> str:
        self.pending = []
        names = [child for child in node.named_children if child.type == "identifier"]
        if names:
            self.builder.add_import(names[0], scope, text_of(names[0]), "", text_of(names[-1]))
        return "#?"


def _module_of(path: str) -> str:
    """Return the module path of a `#[path]` attribute's file: `unix/mod.rs` -> `unix`."""
    parts = [part for part in path.removesuffix(".rs").split("/") if part not in ("", ".")]
    return "::".join("super" if part == ".." else part for part in (parts[:-1] if parts[-1:] == ["mod"] else parts))
