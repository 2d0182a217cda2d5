"""Functions that a macro makes where it is used outside of any: `RB_GENERATE(tree, node, entry, compare);`.

The macro is expanded, one of this file or of another that this one is lent, and what comes out is walked by the same layers as the
source, at the place of the use: that is where a compiler has it, and where a reader finds it. Each definition carries the macro
among its decorators and the use as its signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, Place, one_line, text_of
from indexers.facts import Call, Flag
from indexers.languages import parser_for
from indexers.languages.cfamily.functions import Functions
from indexers.languages.cfamily.macro_expansion import (
    Fuel,
    Macro,
    NoExpansion,
    expanded,
    makes_functions,
    may_make_functions,
    names_with_brackets,
    rendered,
)
from indexers.languages.cfamily.macro_words import without_macro_words
from indexers.languages.cfamily.maker_uses import begins_as_declarations, macros_in, makers_among, with_ended_uses
from indexers.macro_links import MacroDefinition, MacroImport, MacroLinks, SharedMacro

FUEL = 200_000
"""Tokens that the macros of one file may look at or write."""
_INACTIVE = int(Flag.INACTIVE)


class Expansions(Functions):
    """Puts the text of an expansion in the place of the source for as long as it is walked."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.macros: dict[bytes, Macro] = {}
        self.fuel = Fuel(FUEL)
        self.unknown_macros: set[str] = set()
        """Names that are used like macros outside of functions and that this file does not define."""
        self.is_expanding = False
        self.uses: dict[int, int] = {}
        """Where uses end that the text at hand gives another shape, by where they begin."""

    def lend(self, macros: Iterable[SharedMacro]) -> None:
        """Make macros of other files known, until this file defines others of their names."""
        self.macros |= {macro.name.encode(): Macro(macro.text.encode()) for macro in macros}

    def with_ended_uses(self, source: bytes) -> tuple[bytes, dict[int, int]]:
        """Return the source with the uses ended that no semicolon ends, and these by where they begin and end; to be parsed then."""
        makers = makers_among(self.macros | macros_in(source))
        if makers:
            source, self.uses = with_ended_uses(source, makers)
        return source, self.uses

    def define_macro(self, name: str, node: Node) -> None:
        """Note a function-like macro; from here on its name means it, but for one that another platform has."""
        if self.elsewhere and name.encode() in self.macros:
            return
        text = node.text or b""
        macro = self.macros[name.encode()] = Macro(text)
        if not begins_as_declarations(text):
            return
        try:
            is_shared = may_make_functions(macro.definition.body)
        except NoExpansion:
            return
        if is_shared:
            definition = MacroDefinition(name, text_of(node), 0, 0, inactive=self.elsewhere > 0)
            self.builder.facts.macros.definitions.append(definition)

    def note_links(self) -> None:
        """Note what this file needs of others: macros that it does not define, and what it includes."""
        links: MacroLinks = self.builder.facts.macros
        links.used = sorted(self.unknown_macros)
        links.imports = [
            MacroImport(item.module)
            for item in self.builder.facts.imports
            if not item.alias and not item.name and not item.flags & _INACTIVE
        ]

    def made_by(self, macro: Node, use: Node, scope: int) -> bool:
        """Walk the functions that a use makes, with a reference to the macro; whether it makes any."""
        if self.is_expanding:
            return False
        name = text_of(macro)
        if name.encode() not in self.macros:
            self.unknown_macros.add(name)
            return False
        end = self.uses.get(use.start_byte, use.end_byte)
        try:
            tokens = expanded(self.builder.source[use.start_byte : end], self.macros, self.fuel)
        except NoExpansion:
            return False
        self.unknown_macros |= {found.decode() for found in names_with_brackets(tokens) if found not in self.macros}
        if not makes_functions(tokens):
            return False
        self.builder.refer(macro, scope, name)
        self._walk_expansion(rendered(tokens), f"{name}()", use, end, scope)
        return True

    def _walk_expansion(self, text: bytes, decorator: str, use: Node, end: int, scope: int) -> None:
        parser, blocks = parser_for("cpp" if self.is_cplusplus else "c"), dict[int, str]()
        root = parser.parse(text).root_node
        if root.has_error:
            text, blocks = without_macro_words(text)
            root = parser.parse(text).root_node
        builder, facts = self.builder, self.builder.facts
        kept = len(facts.definitions), len(facts.calls), len(facts.references)
        outer = builder.source, self.blocks, self.deferred, self.pending, self.span
        frame = self.names, self.called, self.returns_scope, self.hidden, self.depth, self.returned
        builder.source, builder.places = text, _Everywhere(Place(*use.start_point, 1))
        self.deferred, self.pending, self.span, self.is_expanding = [], [], None, True
        self.read_blocks(blocks)
        self.visit(root, scope)
        self.walk_deferred()
        builder.source, self.blocks, self.deferred, self.pending, self.span = outer
        self.names, self.called, self.returns_scope, self.hidden, self.depth, self.returned = frame
        builder.places, self.last, self.shadow, self.is_expanding = None, None, -1, False
        signature = one_line(self._signature(use, end))
        end_line = use.start_point[0] + 1 + builder.source.count(b"\n", use.start_byte, end)
        for definition in facts.definitions[kept[0] :]:
            definition.end_line, definition.signature = end_line, signature
            definition.decorators.append(decorator)
        facts.calls[kept[1] :] = _without_repeats(facts.calls[kept[1] :])
        facts.references[kept[2] :] = {
            (item.scope, item.path, item.flags): item for item in facts.references[kept[2] :]
        }.values()


def _without_repeats(calls: list[Call]) -> list[Call]:
    """Leave one of the calls that a function makes several times with the same arguments: all are at one place."""
    return list({(call.scope, call.callee, call.flags, *call.arguments): call for call in calls}.values())


class _Everywhere(Sequence[Place]):
    """The places of the rows of an expansion: all are where the macro is used."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, row: int) -> Place: ...
    @overload
    def __getitem__(self, row: slice) -> list[Place]: ...
    def __getitem__(self, row: int | slice) -> Place | list[Place]:
        return [self._place] if isinstance(row, slice) else self._place
