"""What the readers of Python expressions share: their state, and what they ask of each other."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import Flag
from indexers.languages.python.narrowing import Narrowing

IMPLICIT = int(Flag.IMPLICIT)


class Reading(Narrowing):
    """State of the walk over values. An expression is visited once; its access path is the answer."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__()
        self.builder = builder
        self.depth = 0
        self.yields: dict[int, list[str]] = {}
        """Function scope -> entries of what it yields."""
        self.bound: dict[int, set[str]] = {}
        """Function scope -> the names that it binds."""
        self.texts: dict[str, Node] = {}
        """Local name -> the last text that it was given."""
        self.outer: dict[tuple[int, str], int] = {}
        """(function scope, name) -> the scope that a `global` or `nonlocal` statement says."""

    def _expression(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is used: a bare name or attribute is a read."""
        raise NotImplementedError

    def _path(self, node: Node, scope: int) -> str:
        """Visit an expression of which a member, a call or an element is meant: the name itself is no read."""
        raise NotImplementedError

    def _values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression; return the access path of each value it may take."""
        raise NotImplementedError

    def _first_child(self, node: Node, scope: int) -> str:
        """Visit what is inside and return the path of the last part."""
        raise NotImplementedError

    def _argument(self, node: Node, scope: int) -> str:
        """Return an argument as `Call.arguments` has it."""
        raise NotImplementedError

    def _bind(self, target: Node, scope: int, values: list[str], declared: str = "", span: Node | None = None) -> None:
        raise NotImplementedError

    def _assignment(self, node: Node, scope: int) -> None:
        raise NotImplementedError
