"""Blocks, `if`, `match` and what may be their value, and what a pattern or an assignment binds it to.

A `let` that shadows a local opens a scope for the statements after it.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import ScopeKind
from indexers.languages.rust.calls import Calls
from indexers.languages.rust.patterns import bindings_of
from indexers.languages.rust.walk import MAX_DEPTH

ITEMS = frozenset(
    {
        "function_item",
        "struct_item",
        "enum_item",
        "union_item",
        "trait_item",
        "impl_item",
        "mod_item",
        "use_declaration",
        "const_item",
        "static_item",
        "type_item",
        "macro_definition",
        "foreign_mod_item",
        "extern_crate_declaration",
    }
)
_STATEMENTS = ITEMS | {
    "expression_statement",
    "let_declaration",
    "empty_statement",
    "line_comment",
    "block_comment",
    "label",
}


class Branches(Calls):
    """Visits what chooses among values, and what gives them names."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "block": self._block,
            "match_expression": self._match,
            "if_expression": self._if,
        }

    def values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression that is stored or returned; return the path of each value it may take."""
        kind = node.type
        if self.depth < MAX_DEPTH:
            if kind == "if_expression":
                return self._counted(self._if_values, node, scope)
            if kind == "match_expression":
                return self._counted(self._match_values, node, scope)
            if kind in ("block", "unsafe_block", "async_block", "else_clause"):
                return self._counted(self._block_values, node, scope)
        return [self.passed(node, scope)]

    def _counted(self, visit: Callable[[Node, int], list[str]], node: Node, scope: int) -> list[str]:
        self.depth += 1
        found = visit(node, scope)
        self.depth -= 1
        return found

    def _block_values(self, node: Node, scope: int) -> list[str]:
        found: list[str] = ["#?"]
        children = node.named_children
        entry = scope
        tail = len(children) - 1
        while tail >= 0 and children[tail].type in ("line_comment", "block_comment"):
            tail -= 1
        above: list[Node] = []
        for index, child in enumerate(children):
            if child.type in ("attribute_item", "line_comment", "block_comment"):
                above.append(child)
                continue
            self.pending, above = above, []
            if index == tail and child.type not in _STATEMENTS:
                found = self.values(child, scope)
            elif index == tail and child.type == "expression_statement" and not _ends_statement(child):
                # `if .. {}` or `match` at the end of a block has no semicolon: it is the block's value.
                inner = child.named_children
                found = self.values(inner[0], scope) if inner else found
            elif child.type in ITEMS:
                # Items are seen in the whole block, before and behind a shadowing `let`.
                self.visit(child, entry)
                self.shadow = -1
            else:
                self.visit(child, scope)
                if self.shadow >= 0:
                    scope, self.shadow = self.shadow, -1
        self.shadow = -1
        self.pending = []
        return found

    def _block(self, node: Node, scope: int) -> str:
        paths = self._block_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _if(self, node: Node, scope: int) -> str:
        paths = self._if_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _if_values(self, node: Node, scope: int) -> list[str]:
        found: list[str] = []
        inner = scope
        for index, child in enumerate(node.named_children):
            if index == 0:
                self.visit(child, scope)
                if self.shadow >= 0:
                    inner, self.shadow = self.shadow, -1
            else:
                found += self.values(child, inner if child.type == "block" else scope)
        self.shadow = -1
        return found

    def _match(self, node: Node, scope: int) -> str:
        paths = self._match_values(node, scope)
        return next((path for path in paths if not path.startswith("#")), "#?")

    def _match_values(self, node: Node, scope: int) -> list[str]:
        parts = node.named_children
        if len(parts) < 2:
            self.inside(parts, scope)
            return []
        subject = self.visit(parts[0], scope)
        found: list[str] = []
        for arm in parts[-1].named_children:
            if arm.type == "match_arm":
                found += self._arm(arm, subject, scope)
        self.shadow = -1
        return found

    def _arm(self, arm: Node, subject: str, scope: int) -> list[str]:
        found: list[str] = []
        for child in arm.named_children:
            if child.type == "match_pattern":
                parts = child.named_children
                if parts and child.children[0] == parts[0]:
                    scope = self.bind(parts[0], subject, "", scope)
                    parts = parts[1:]
                self.inside(parts, scope)  # the guard; what stands before it may be `_`
            elif child.type not in ("attribute_item", "line_comment", "block_comment"):
                found += self.values(child, scope)
        self.shadow = -1
        return found

    def bind(self, pattern: Node, value: str, declared: str, scope: int) -> int:
        """Bind the names of a pattern; return the scope that sees them, a new one where a name is shadowed."""
        found = bindings_of(pattern, value, declared)
        if not found:
            return scope
        names = self.names if self.names is not None else {}
        texts = [text_of(name) for name, _, _ in found]
        inner = scope
        speaks_of_outer = any(path.startswith(text) for text, (_, path, _) in zip(texts, found, strict=True))
        if speaks_of_outer or any(text in names for text in texts):
            inner = self.builder.open_scope(ScopeKind.BLOCK, scope)
        for text, (name, path, typed) in zip(texts, found, strict=True):
            names[text] = typed
            self.lent.discard(text)
            head = path.partition(".")[0].rstrip("()[]")
            if inner != scope and head in texts and not path.startswith("#"):
                # The value speaks of the name that is shadowed: it gets a name of its own in the outer scope.
                outer = f"{text}'{name.start_byte}"
                self.builder.assign(name, scope, outer, path, typed)
                path = outer
            self.builder.assign(name, inner, text, path, typed)
        return inner


def _ends_statement(node: Node) -> bool:
    return bool(node.children) and node.children[-1].type == ";"
