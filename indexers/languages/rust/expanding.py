"""Macros expanded where they are used, as if what they make were written there: those of this file, and those of others that it is lent.

The expansion is parsed with the grammar and walked by the same layers as the source. What is written in the invocation keeps its
line; what is written in the macro's body has its line there, as in what rustc says (the span of a token is where it is
written), so both are lines of this file. What a macro of another file has in its body is at the line of its use, and its calls
know where they are written. What does not parse, matches no arm or passes a limit stays tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, Place, text_of
from indexers.facts import ScopeKind
from indexers.languages import parser_for
from indexers.languages.rust.functions import Functions
from indexers.languages.rust.lexing import Kind, Token, rendered, tokens_of
from indexers.languages.rust.macro_rules import Fuel, MacroRules, NoExpansion, macro_rules
from indexers.macro_links import SharedMacro

MAX_DEPTH = 24
"""Expansions within each other: macros that eat their arguments token by token nest as deep as these are long."""
MAX_LOCALS = 4
"""Locals of a macro, each holding the next, that its value is followed through."""
FUEL = 200_000
"""Tokens that the macros of one file may look at or write."""
_WRAPPED = b"fn _() {\n%b\n}"
_LAST = b"\n;"
"""Ends each text: arguments of macros are read as a statement, up to the next semicolon."""


@dataclass(slots=True)
class Defined:
    """A macro, `rules` once it is used; its arms with the scope that its body opens.

    source, places: of the text that it stands in, from the first byte, which is at a row and a column, to the end. text: index of
    the other file that it is of, -1 for this one.
    """

    source: bytes
    first: int
    end: int
    at: Sequence[int]
    places: Sequence[Place] | None
    number: int
    arms: Sequence[Node] = ()
    opened: int = -1
    text: int = -1
    rules: MacroRules | None = None
    is_read: bool = False

    def as_rules(self, name: str) -> MacroRules | None:
        if not self.is_read:
            self.is_read = True
            tokens = placed(self.source, self.first, self.end, self.at, self.places, self.number)
            if tokens and self.text >= 0:
                tokens = [
                    Token(kind, text, Place(row, column, number, (self.text, row + 1, column + 1)))
                    for kind, text, (row, column, number, _) in tokens
                ]
            self.rules = macro_rules(name, tokens) if tokens else None
        return self.rules


class Expansions(Functions):
    """Puts the text of an expansion in the place of the source for as long as it is walked."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.macros: dict[str, Defined] = {}
        self.every_macro: list[Defined] = []
        self.fuel = Fuel(FUEL)
        self.expansion_depth = 0
        self.has_expanded = False
        self.made: tuple[int, list[Token]] | None = None
        """The first row of the tokens that the text is made of, and they, one a row; None for a text that was written."""

    def define_macro(self, name: str, node: Node, arms: list[Node], opened: int) -> None:
        """Note a definition; from here on its name means it."""
        builder, number = self.builder, len(self.every_macro) + 1
        kept = arms if builder.places is None else []
        self.macros[name] = Defined(
            builder.source, node.start_byte, node.end_byte, node.start_point, builder.places, number, kept, opened
        )
        self.every_macro.append(self.macros[name])

    def lend(self, macros: Iterable[SharedMacro]) -> None:
        """Make macros of other files known, until this file defines others of their names."""
        texts = self.builder.facts.texts
        for macro in macros:
            if macro.path not in texts:
                texts.append(macro.path)
            source, number = macro.text.encode(), len(self.every_macro) + 1
            at = macro.row, macro.column
            defined = Defined(source, 0, len(source), at, None, number, text=texts.index(macro.path))
            self.macros[macro.name] = defined
            self.every_macro.append(defined)

    def expand(self, name: str, tree: Node, scope: int, *, as_items: bool, as_statement: bool = False) -> str | None:
        """Walk what an invocation stands for; return the path of its value, None where it is not followed."""
        defined = self.macros.get(name)
        rules = defined.as_rules(name) if defined is not None else None
        if rules is None or self.expansion_depth >= MAX_DEPTH or tree.child_count < 2:
            return None
        opening, closing = tree.children[0], tree.children[-1]
        given = self._between(opening, closing)
        if given is None:
            return None
        try:
            arm, made = rules.expanded(given, self.fuel)
        except NoExpansion:
            return None
        path = self._walked(made, tree, scope, as_items=as_items, as_statement=as_statement)
        if path is not None:
            rules.used.add(arm)
            self.has_expanded = True
        return path

    def _between(self, opening: Node, closing: Node) -> Sequence[Token] | None:
        """Return the tokens between two brackets of the text."""
        builder = self.builder
        if self.made is None:
            return placed(builder.source, opening.end_byte, closing.start_byte, opening.end_point, builder.places, 0)
        first, tokens = self.made
        between = tokens[opening.start_point[0] + 1 - first : closing.start_point[0] - first]
        return [token if token[0] < Kind.BEGIN else _as_bracket(token) for token in between]

    def _walked(self, made: list[Token], tree: Node, scope: int, *, as_items: bool, as_statement: bool) -> str | None:
        home = self._place(tree)
        text, rows = rendered(made)
        is_one_a_row = len(rows) == len(made)
        first = 0
        if not as_items:
            text, rows, first = _WRAPPED % text, [home, *rows, home], 1
        text += _LAST
        root = parser_for("rust").parse(text).root_node
        if root.has_error:
            return None
        builder, put_aside = self.builder, len(self.deferred)
        outer = builder.source, builder.places, self.pending, self.made
        builder.source, builder.places = text, Rows([*rows, home], home)
        self.made = (first, made) if is_one_a_row else None
        self.expansion_depth += 1
        try:
            if as_items:
                self.members(root, scope)
                path = "#?"
            else:
                block = root.named_children[0].child_by_field_name("body") or root
                path = self._statements(block, scope) if as_statement else self._block_value(block, scope)
        finally:
            builder.source, builder.places, self.pending, self.made = outer
            self.expansion_depth -= 1
            # Nodes of this text: they mean nothing once it is left.
            del self.deferred[put_aside:]
            self.last = None
        return path

    def _block_value(self, block: Node, scope: int) -> str:
        """Visit a block whose locals nobody else sees: a macro's names are its own."""
        names, self.names = self.names, dict(self.names) if self.names is not None else None
        first = len(self.builder.facts.assignments)
        paths = self.values(block, self.builder.open_scope(ScopeKind.BLOCK, scope))
        self.names = names
        path = next((path for path in paths if not path.startswith("#")), paths[0] if paths else "#?")
        return self._outside(path, first)

    def _outside(self, path: str, first: int) -> str:
        """Return the path of a value without the locals that were assigned since the first: what they hold in their place."""
        assigned = self.builder.facts.assignments[first:]
        values = {item.target: item.value or "#?" for item in reversed(assigned)}
        for _ in range(MAX_LOCALS):
            head, dot, rest = path.partition(".")
            name = head.rstrip("()[]?")
            if name not in values:
                return path
            path = values[name] + head[len(name) :] + dot + rest
        return "#?"

    def _statements(self, block: Node, scope: int) -> str:
        """Visit statements that stand in the block around the invocation: their `let` is seen after it."""
        inner = self.inside(block.named_children, scope)
        self.shadow = inner if inner != scope else -1
        return "#?"

    def _place(self, node: Node) -> Place:
        row, column = node.start_point
        return Place(row, column, 0) if self.builder.places is None else self.builder.places[row]

    def unused_arms(self) -> list[tuple[Node, int]]:
        """Return the arms that nothing was expanded by, with the scopes of their macros."""
        return [
            (arm, defined.opened)
            for defined in self.every_macro
            for number, arm in enumerate(defined.arms)
            if defined.rules is None or number not in defined.rules.used
        ]


class Rows(Sequence[Place]):
    """The places of the rows of an expansion; what a macro of another file has in its body is at home, where it is used."""

    def __init__(self, rows: Sequence[Place], home: Place) -> None:
        self._rows = rows
        self._home = home

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> Place: ...
    @overload
    def __getitem__(self, row: slice) -> list[Place]: ...
    def __getitem__(self, row: int | slice) -> Place | list[Place]:
        if isinstance(row, slice):
            return [self._at(place) for place in self._rows[row]]
        return self._at(self._rows[row])

    def _at(self, place: Place) -> Place:
        if place[3] is None:
            return place
        return Place(self._home[0], self._home[1], place[2], place[3])


def _as_bracket(token: Token) -> Token:
    return Token(Kind.OPEN, "(", token.place) if token.kind == Kind.BEGIN else Token(Kind.CLOSE, ")", token.place)


def placed(
    source: bytes, start: int, end: int, at: Sequence[int], places: Sequence[Place] | None, origin: int
) -> list[Token] | None:
    """Return the tokens of a part of a text with their places in the file; places: of the rows of the text, None for the file's own."""
    found = tokens_of(source, start, end, at[0], at[1], origin)
    if found is None or places is None:
        return found
    return [Token(kind, text, places[row]) for kind, text, (row, _, _, _) in found]


def name_of(invocation: Node) -> str:
    """Return the last name of the macro that is used."""
    name = invocation.named_children[0]
    return text_of(name.named_children[-1] if name.type == "scoped_identifier" and name.named_children else name)
