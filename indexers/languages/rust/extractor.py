"""Rust source -> neutral facts, in one walk over the named children.

What each kind of node gives stands in its own layer: `items`, `modules`, `declarations`, `functions`, `macro_items` above the
expressions. Source: node types of tree-sitter-rust 0.24; the Rust reference, "Items" and "Names".
"""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import Call, FileFacts
from indexers.languages.rust.items import inner_documentation
from indexers.languages.rust.macro_items import MacroItems
from indexers.macro_links import MacroImport, MacroLinks, SharedMacro


def extract_rust(source: bytes, root: Node, macros: Sequence[SharedMacro] = ()) -> FileFacts:
    """Return the facts of one Rust file. macros: of other files, to be expanded here. Never raises on bad source."""
    builder = FactsBuilder("rust", source)
    walk = _Walk(builder)
    walk.lend(macros)
    walk.file(root)
    builder.report_syntax(root)
    return builder.facts


EXTENDS = "extends:"
"""Begins the mark of a trait that is written for a type of another file or library, `extends:u8`, or for every type, `extends:`."""
BOUNDED = "bounded:"
"""Begins the mark of a trait that is written for every type with some traits, `bounded:Read|Seek`."""


class _Walk(MacroItems):
    def file(self, root: Node) -> None:
        self.builder.facts.docstring = inner_documentation(root)
        self._note_impl_bounds(root)
        self.visit(root, 0)
        self.walk_deferred()
        for arm, opened in self.unused_arms():
            self.token_calls(arm, opened)
        if self.has_expanded:
            self.builder.facts.calls = _without_repeats(self.builder.facts.calls)
        self._note_links(self.builder.facts.macros)
        definitions = self.builder.facts.definitions
        for scope, name, trait, bounds in self.implemented:
            index = self.types.get((scope, name))
            extended = self.types.get((scope, trait.partition("[")[0]))
            if index is not None and trait not in definitions[index].implements:
                definitions[index].implements.append(trait)
            elif index is None and extended is not None:
                marks = [f"{EXTENDS}{name}", *([f"{BOUNDED}{bounds}"] if bounds else [])]
                definitions[extended].decorators.extend(
                    mark for mark in marks if mark not in definitions[extended].decorators
                )

    def _note_links(self, links: MacroLinks) -> None:
        """Note the macros that are used here and not known, and what `use` says of them and of those defined here."""
        links.used = sorted(self.unknown_macros)
        named = {path.rpartition(".")[2] for path in links.used} | {macro.name for macro in links.definitions}
        for item in self.builder.facts.imports if named else ():
            source, _, last = item.module.rpartition("::")
            name = item.name or last
            if name in named or item.alias in named:
                links.imports.append(MacroImport(item.module if item.name else source, name, item.alias))


def _without_repeats(calls: list[Call]) -> list[Call]:
    """Leave one of the calls that a macro makes several times of what it was given once."""
    return list(
        {(call.scope, call.callee, call.line, call.column, call.flags, call.written): call for call in calls}.values()
    )
