"""Members of files, namespaces, classes and preprocessor branches, each with the comments that stand above it.

Owns what the walk through one file knows beside the frame of a function: where it is, and what stands around.
"""

from __future__ import annotations

from abc import abstractmethod

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import Flag
from indexers.languages.cfamily.comments import docstring_of
from indexers.languages.cfamily.expressions import Expressions

_SIGNATURE_BYTES = 600


class Members(Expressions):
    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.blocks: dict[int, str] = {}
        """Macros that read as something else in the text at hand, by offset: an `if`, a namespace."""
        self.is_private = False
        self.elsewhere = 0
        """Nested preprocessor branches around that do not hold on Linux."""
        self.unset = 0
        """Nested branches around that a build which configures nothing leaves out."""
        self.optional = 0
        """Nested branches around that such a build leaves out too, where nothing else stands in their place."""
        self.pending: list[Node] = []
        """Comments that stand directly above the next member."""
        self.span: Node | None = None
        """The `template <...>` around the definition that is visited next."""
        self.owner = ""
        """Name of the class whose body is visited."""
        self.class_scope = -1
        self.visits |= dict.fromkeys(
            ("translation_unit", "declaration_list", "field_declaration_list", "linkage_specification"), self._members
        )
        self.visits |= dict.fromkeys(("template_instantiation", "concept_definition"), self._skip)

    def _skip(self, node: Node, scope: int) -> str:
        return "#?"

    # members of files, namespaces, classes and preprocessor branches

    def _members(self, node: Node, scope: int) -> str:
        self._each(node.named_children, scope)
        return "#?"

    def _each(self, children: list[Node], scope: int) -> None:
        """Visit members in turn, each with the comments that stand directly above it."""
        row = -1
        comments: list[Node] = []
        before: Node | None = None
        for child in children:
            if child.type == "comment":
                start = child.start_point[0]
                if start == row and not comments:
                    continue
                if comments and start > comments[-1].end_point[0] + 1:
                    comments = []
                comments.append(child)
                continue
            self.pending = comments if comments and comments[-1].end_point[0] + 1 >= child.start_point[0] else []
            comments = []
            if child.type == "compound_statement" and self.names is None:
                self._made_with_body(before, child, scope)
            else:
                self.visit(child, scope)
            before = child
            if self.shadow >= 0:
                scope, self.shadow = self.shadow, -1
            row = child.end_point[0]
        self.pending = []

    @abstractmethod
    def _made_with_body(self, head: Node | None, body: Node, scope: int) -> None:
        """Define what a macro with a body behind it makes."""

    def _documentation(self) -> str:
        comments, self.pending = self.pending, []
        return docstring_of(comments) if comments else ""

    def _flags(self) -> int:
        flags = (Flag.CONDITIONAL if self.conditional else 0) | (Flag.PRIVATE if self.is_private else 0)
        if self.elsewhere:
            return flags | Flag.INACTIVE
        if self.unset:
            return flags | Flag.INACTIVE | Flag.CONFIGURED
        return flags | Flag.CONFIGURED if self.optional else flags

    def _signature(self, node: Node, end: int) -> str:
        start = node.start_byte
        raw = self.builder.source[start : min(end, start + _SIGNATURE_BYTES)]
        return raw.decode("utf-8", "replace").rstrip("; \t\r\n")
