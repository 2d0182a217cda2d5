"""Macros of Rust that hold items or stand for them.

Items inside the braces of a macro call (`cfg_rt! { pub fn .. }`) are read as items where they parse as such.
"""

from __future__ import annotations

from tree_sitter import Node, Parser, Range

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, ScopeKind
from indexers.languages import parser_for
from indexers.languages.rust.conditions import MARKS, holds, stands_for
from indexers.languages.rust.expanding import Expansions, name_of
from indexers.languages.rust.items import COMMENTS
from indexers.languages.rust.known_names import STANDARD_MACROS, words
from indexers.languages.rust.tokens import argument_count
from indexers.languages.rust.types import dotted
from indexers.macro_links import MacroDefinition

CONDITION_PREFIX = "cfg"
"""How the names of macros that stand for `#[cfg(..)]` begin."""
STANDS_FOR = "stands_for:"
WITHIN = "within:"
MAX_SHARED_BYTES = 40_000
"""Longer definitions are expanded in their own file alone."""
_ITEM_WORDS = words("pub fn mod use impl struct enum trait const async unsafe static type extern #")


class MacroItems(Expansions):
    """Visits definitions of macros, and uses in the place of items."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.unknown_macros: set[str] = set()
        """Paths of macros that are used and that nothing is known of."""
        self.visits |= {
            "macro_definition": self._macro,
            "macro_invocation": self._invocation,
        }

    def _macro(self, node: Node, scope: int) -> str:
        docstring, decorators, flags = self.above()
        names = node.named_children
        if not names:
            return "#?"
        definition = self.builder.define(
            names[0],
            node,
            "function",
            scope,
            signature=f"macro_rules! {text_of(names[0])}",
            docstring=docstring,
            decorators=decorators,
            flags=flags | Flag.MACRO,
        )
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, definition)
        rules = [rule for rule in names[1:] if rule.type == "macro_rule" and rule.named_children]
        for rule in rules:
            condition = stands_for(rule.named_children[-1])
            self.builder.facts.definitions[definition].decorators.extend(f"{STANDS_FOR}{mark}" for mark in condition)
        self._note_definition(text_of(names[0]), node, scope, decorators, flags)
        self.define_macro(text_of(names[0]), node, [rule.named_children[-1] for rule in rules], opened)
        return "#?"

    def _note_definition(self, name: str, node: Node, scope: int, decorators: list[str], flags: int) -> None:
        """Note a definition that other files may use."""
        if self.builder.places is None and self.names is None and node.end_byte - node.start_byte <= MAX_SHARED_BYTES:
            row, column = node.start_point
            inactive = bool(flags & Flag.INACTIVE) or self.lacks_feature
            exported = "macro_export" in decorators or "macro_export()" in decorators
            module = self.inline_modules(scope)
            definition = MacroDefinition(name, text_of(node), row, column, module, exported, inactive)
            self.builder.facts.macros.definitions.append(definition)

    def _invocation(self, node: Node, scope: int) -> str:
        """Visit an invocation; what stands above it holds for all that it makes."""
        if not self.pending:
            return self._used(node, scope)
        _, marks, flags = self.above()
        outer = self.conditional, self.inactive, self.features
        self.conditional += bool(flags & Flag.CONDITIONAL)
        self.inactive += bool(flags & Flag.INACTIVE) or self.lacks_feature
        self.features = [mark for mark in marks if mark.startswith(MARKS)]
        path = self._used(node, scope)
        self.conditional, self.inactive, self.features = outer
        return path

    def _used(self, node: Node, scope: int) -> str:
        tree = node.named_children[-1] if node.named_children else None
        if tree is None or tree.type != "token_tree":
            return self._macro_call(node, scope)
        name = text_of(node.named_children[0])
        if name.rpartition(":")[2] == "cfg_if" and self.names is None and (branches := branches_of(tree)):
            return self._branches(node, branches, scope)
        parsed = [
            root for block in ([tree] if holds_items(tree) else []) if (root := self._parsed_items(block)) is not None
        ]
        if not (parsed and name.startswith(CONDITION_PREFIX)) and (made := self._made(node, tree, scope)) is not None:
            return made
        if not parsed:
            return self._macro_call(node, scope)
        self.builder.call(node.named_children[0], scope, name, 0, Flag.MACRO)
        # By convention such a macro stands for `#[cfg(..)]`; for which one, its definition says, most often in another file.
        is_condition = name.startswith(CONDITION_PREFIX)
        self.conditional += is_condition
        within, self.within = self.within, [*self.within, *([f"{WITHIN}{name}"] if is_condition else ())]
        self.is_thread_local = name.rpartition(":")[2] == "thread_local"
        for root in parsed:
            self.members(root, scope)
        self.is_thread_local = False
        self.conditional -= is_condition
        self.within = within
        return "#?"

    def _branches(self, node: Node, branches: list[tuple[bool | None, Node]], scope: int) -> str:
        """Visit the branches of a `cfg_if!`: behind the one that the usual build takes, none is in it."""
        self.builder.call(node.named_children[0], scope, text_of(node.named_children[0]), 0, Flag.MACRO)
        is_taken = False
        for holds_here, block in branches:
            inactive = is_taken or holds_here is False
            conditional = not inactive and holds_here is None
            root = self._parsed_items(block)
            if root is not None:
                self.inactive += inactive
                self.conditional += conditional
                self.members(root, scope)
                self.inactive -= inactive
                self.conditional -= conditional
            is_taken = is_taken or holds_here is True
        return "#?"

    def _made(self, node: Node, tree: Node, scope: int) -> str | None:
        """Walk what a macro of this file makes of its arguments; None where that is not known."""
        name = node.named_children[0]
        if name_of(node) not in self.macros and name_of(node) not in STANDARD_MACROS:
            self.unknown_macros.add(dotted(name))
            return None
        around = node.parent
        is_statement = around is not None and around.type == "expression_statement" and around.children[-1].type == ";"
        path = self.expand(name_of(node), tree, scope, as_items=self.names is None, as_statement=is_statement)
        if path is not None:
            self.builder.call(name, scope, dotted(name), argument_count(tree), Flag.MACRO)
        return path

    def _parsed_items(self, tree: Node) -> Node | None:
        """Parse what stands between the braces as items, at its place in the file; None when it is something else."""
        opening, closing = tree.children[0], tree.children[-1]
        span = Range(opening.end_point, closing.start_point, opening.end_byte, closing.start_byte)
        language = parser_for("rust").language
        if language is None:
            return None
        root = Parser(language, included_ranges=[span]).parse(self.builder.source).root_node
        return None if root.has_error else root


def branches_of(tree: Node) -> list[tuple[bool | None, Node]]:
    """Return (whether its condition holds in the usual build, block) of each branch of a `cfg_if!`; nothing where it is none."""
    found: list[tuple[bool | None, Node]] = []
    condition: bool | None = True
    for child in tree.children[1:-1]:
        if child.type != "token_tree":
            continue
        inner = child.named_children
        if child.children[0].type == "[" and len(inner) == 2 and text_of(inner[0]) == "cfg":
            # Whether the crate has a feature its manifest says, which is not known here.
            condition = holds(inner[1], None)
        elif child.children[0].type == "{":
            found.append((condition, child))
            condition = True
    return found


def holds_items(tree: Node) -> bool:
    children = tree.children
    if len(children) <= 2 or children[0].type != "{":
        return False
    first = text_of(children[1])
    # A condition within a condition: `cfg_rt! { cfg_metrics! { fn f() {} } }`.
    is_condition = first.startswith(CONDITION_PREFIX) and children[2].type == "!"
    return first in _ITEM_WORDS or children[1].type in COMMENTS or is_condition
