"""`macro_rules!`: a definition's arms, an invocation matched against them, the arm's body with the fragments put in.

Tokens in, tokens out; each token keeps the place where it is written. Names are not kept apart (hygiene): a local of a body and one
of the invocation that are called alike are one. Source: the Rust reference, "Macros By Example".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from indexers.languages.rust.fragments import ENDS
from indexers.languages.rust.lexing import Kind, Token, group_end

MAX_TOKENS = 8_000
"""Longer expansions are dropped."""
MAX_NESTING = 30
"""Brackets and repetitions within each other, in an arm."""
MAX_RETREAT = 3
"""Iterations of a repetition that are given back where what follows it does not match."""
_PLAIN_PUNCTUATION = frozenset({".", "::", "?", "!", "$"})
_LOOSE_WORDS = frozenset({"return", "break", "move", "as", "yield"})


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    fragment: str
    token: Token


@dataclass(frozen=True, slots=True)
class Delimited:
    opening: Token
    closing: Token
    inner: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """operator: `*`, `+` or `?`."""

    inner: tuple[Element, ...]
    separator: Token | None
    operator: str
    names: frozenset[str]
    tree: str
    """The variable, where all that is repeated is `$x:tt`."""


@dataclass(frozen=True, slots=True)
class Rounds:
    """A repetition of a body."""

    inner: Body
    separator: Token | None
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Body:
    """What an arm makes: tokens in a row as one tuple, with what is put between them. cost: in fuel, without what is put in."""

    pieces: tuple[tuple[Token, ...] | Variable | Rounds, ...]
    cost: int


Element: TypeAlias = Token | Variable | Delimited | Repetition
Bound: TypeAlias = tuple[Token, ...] | list["Bound"]
"""What a variable stands for: tokens, or one entry an iteration of the repetition around it."""


class NoExpansion(Exception):
    """This is not followed: no arm matches, or a limit is reached."""


@dataclass(slots=True)
class Fuel:
    """What the macros of one file may still cost, in tokens looked at or written."""

    left: int

    def burn(self, amount: int = 1) -> None:
        self.left -= amount
        if self.left < 0:
            raise NoExpansion


@dataclass(frozen=True, slots=True)
class Arm:
    matcher: tuple[Element, ...]
    body: Body
    opening: str
    """Bracket around the body."""


@dataclass(slots=True)
class MacroRules:
    name: str
    arms: list[Arm]
    used: set[int] = field(default_factory=set)
    """Arms that an invocation of this file was expanded by."""

    def expanded(self, tokens: Sequence[Token], fuel: Fuel) -> tuple[int, list[Token]]:
        """Return the arm that takes the tokens of an invocation, and what it makes of them. Raises NoExpansion."""
        for number, arm in enumerate(self.arms):
            found = _Matching(tokens, fuel).whole(arm.matcher)
            if found is not None:
                made: list[Token] = []
                _transcribe(arm.body, found, made, fuel)
                return number, made
        raise NoExpansion


def macro_rules(name: str, tokens: Sequence[Token]) -> MacroRules | None:
    """Return the macro whose definition, `macro_rules! name { .. }`, these tokens are; None for one that is not followed."""
    opening = next((at for at, token in enumerate(tokens) if token.kind == Kind.OPEN), -1)
    if opening < 0:
        return None
    arms: list[Arm] = []
    at, end = opening + 1, group_end(tokens, opening) - 1
    try:
        while at < end:
            matcher_end = group_end(tokens, at)
            if matcher_end + 1 >= end or tokens[matcher_end].text != "=>" or tokens[at].kind != Kind.OPEN:
                return None
            body, body_end = matcher_end + 1, group_end(tokens, matcher_end + 1)
            if tokens[body].kind != Kind.OPEN:
                return None
            matcher = tuple(_elements(tokens[at + 1 : matcher_end - 1], is_matcher=True))
            arms.append(Arm(matcher, _body(_elements(tokens[body + 1 : body_end - 1])), tokens[body].text))
            at = body_end
            at += at < end and tokens[at].text in (";", ",")
    except NoExpansion:
        return None
    return MacroRules(name, arms) if arms else None


def _elements(tokens: Sequence[Token], *, is_matcher: bool = False, depth: int = 0) -> Iterator[Element]:
    if depth > MAX_NESTING:
        raise NoExpansion
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.kind == Kind.PUNCTUATION and token.text == "$" and following is not None:
            if following.text == "(" and following.kind == Kind.OPEN:
                end = group_end(tokens, at + 1)
                inner = tuple(_elements(tokens[at + 2 : end - 1], is_matcher=is_matcher, depth=depth + 1))
                separator, operator, at = _repeated(tokens, end)
                first = inner[0] if len(inner) == 1 else None
                tree = first.name if isinstance(first, Variable) and first.fragment == "tt" else ""
                yield Repetition(inner, separator, operator, frozenset(_names(inner)), tree)
                continue
            if following.kind != Kind.WORD:
                raise NoExpansion
            at += 2
            if following.text == "crate":
                yield Token(Kind.WORD, "crate", following.place)
                continue
            fragment = ""
            if is_matcher:
                if at + 1 >= len(tokens) or tokens[at].text != ":" or tokens[at + 1].text not in ENDS:
                    raise NoExpansion
                fragment = tokens[at + 1].text
                at += 2
            yield Variable(following.text, fragment, following)
        elif token.kind == Kind.OPEN:
            end = group_end(tokens, at)
            inner = tuple(_elements(tokens[at + 1 : end - 1], is_matcher=is_matcher, depth=depth + 1))
            yield Delimited(token, tokens[end - 1], inner)
            at = end
        else:
            yield token
            at += 1


def _repeated(tokens: Sequence[Token], at: int) -> tuple[Token | None, str, int]:
    """Return separator and operator behind `$( .. )`, and the index behind them."""
    if at < len(tokens) and tokens[at].text in ("*", "+", "?"):
        return None, tokens[at].text, at + 1
    if at + 1 < len(tokens) and tokens[at + 1].text in ("*", "+"):
        return tokens[at], tokens[at + 1].text, at + 2
    raise NoExpansion


def _names(elements: Sequence[Element]) -> Iterator[str]:
    for element in elements:
        if isinstance(element, Variable):
            yield element.name
        elif isinstance(element, Repetition):
            yield from element.names
        elif isinstance(element, Delimited):
            yield from _names(element.inner)


class _Matching:
    """One invocation against one arm."""

    def __init__(self, tokens: Sequence[Token], fuel: Fuel) -> None:
        self.tokens = tokens
        self.fuel = fuel

    def whole(self, matcher: Sequence[Element]) -> dict[str, Bound] | None:
        found = self._sequence(matcher, 0, 0, len(self.tokens))
        return found[1] if found is not None else None

    def _sequence(
        self, elements: Sequence[Element], first: int, at: int, must_end: int
    ) -> tuple[int, dict[str, Bound]] | None:
        """Match elements from the first on; must_end: where they have to end, -1 for anywhere."""
        tokens, bound = self.tokens, dict[str, Bound]()
        self.fuel.burn(len(elements) - first)
        for index in range(first, len(elements)):
            element = elements[index]
            if isinstance(element, Token):
                if at >= len(tokens) or tokens[at].text != element.text or tokens[at].kind != element.kind:
                    return None
                at += 1
            elif isinstance(element, Variable):
                end = ENDS[element.fragment](tokens, at)
                if end < 0 or end > len(tokens):
                    return None
                self.fuel.burn(end - at)
                bound[element.name] = _as_one(tokens[at:end], element.fragment)
                at = end
            elif isinstance(element, Delimited):
                if at >= len(tokens) or tokens[at].kind != Kind.OPEN or tokens[at].text != element.opening.text:
                    return None
                end = group_end(tokens, at)
                found = self._sequence(element.inner, 0, at + 1, end - 1)
                if found is None:
                    return None
                bound.update(found[1])
                at = end
            else:
                return self._repetition(elements, index, at, must_end, bound)
        return (at, bound) if must_end in (-1, at) else None

    def _repetition(
        self, elements: Sequence[Element], index: int, at: int, must_end: int, bound: dict[str, Bound]
    ) -> tuple[int, dict[str, Bound]] | None:
        """Match a repetition as often as it goes, and what follows it."""
        element = elements[index]
        assert isinstance(element, Repetition)
        tokens, ends, rounds = self.tokens, [at], list[dict[str, Bound]]()
        while element.operator != "?" or not rounds:
            start = ends[-1]
            if rounds and element.separator is not None:
                if start >= len(tokens) or tokens[start].text != element.separator.text:
                    break
                start += 1
            if start >= len(tokens) or tokens[start].kind in (Kind.CLOSE, Kind.END):
                break
            found = self._tree(element.tree, start) if element.tree else self._sequence(element.inner, 0, start, -1)
            if found is None or found[0] <= start:
                break
            ends.append(found[0])
            rounds.append(found[1])
        least = 1 if element.operator == "+" else 0
        for count in range(len(rounds), max(least, len(rounds) - MAX_RETREAT) - 1, -1):
            rest = self._sequence(elements, index + 1, ends[count], must_end)
            if rest is not None:
                bound.update({name: [each[name] for each in rounds[:count]] for name in element.names})
                bound.update(rest[1])
                return rest[0], bound
        return None

    def _tree(self, name: str, at: int) -> tuple[int, dict[str, Bound]]:
        end = group_end(self.tokens, at)
        self.fuel.burn(1 + end - at)
        return end, {name: tuple(self.tokens[at:end])}


def _as_one(tokens: Sequence[Token], fragment: str) -> tuple[Token, ...]:
    """Return a fragment as it is put in: an expression of several operands stays one wherever it comes to stand."""
    if fragment.startswith("expr") and len(tokens) > 1 and _is_loose(tokens):
        while tokens[0].text == "#" and tokens[1].text == "[":  # an attribute: the grammar reads none in brackets
            tokens = tokens[group_end(tokens, 1) :]
        first, last = tokens[0].place, tokens[-1].place
        return (Token(Kind.BEGIN, "", first), *tokens, Token(Kind.END, "", last))
    return tuple(tokens)


def _is_loose(tokens: Sequence[Token]) -> bool:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == Kind.PUNCTUATION and token.text not in _PLAIN_PUNCTUATION:
            return True
        if token.kind == Kind.WORD and token.text in _LOOSE_WORDS:
            return True
        at = group_end(tokens, at)
    return False


def _body(elements: Iterable[Element]) -> Body:
    """Return elements of a body with the tokens between two variables as one piece."""
    pieces: list[tuple[Token, ...] | Variable | Rounds] = []
    run: list[Token] = []
    cost = 0
    stack = [iter(elements)]
    closing: list[Token] = []
    while stack:
        element = next(stack[-1], None)
        cost += element is not None
        if element is None:
            stack.pop()
            run.extend([closing.pop()] if closing else [])
        elif isinstance(element, Token):
            run.append(element)
        elif isinstance(element, Delimited):
            run.append(element.opening)
            closing.append(element.closing)
            stack.append(iter(element.inner))
        else:
            pieces.extend([tuple(run)] if run else [])
            run.clear()
            if isinstance(element, Variable):
                pieces.append(element)
            else:
                pieces.append(Rounds(_body(element.inner), element.separator, element.names))
    pieces.extend([tuple(run)] if run else [])
    return Body(tuple(pieces), cost)


def _transcribe(body: Body, bound: Mapping[str, Bound], made: list[Token], fuel: Fuel) -> None:
    fuel.burn(body.cost)
    for piece in body.pieces:
        if isinstance(piece, Variable):
            value = bound.get(piece.name)
            if isinstance(value, list):
                raise NoExpansion
            if value is None:  # of a macro that the body defines
                made.append(Token(Kind.PUNCTUATION, "$", piece.token.place))
                made.append(piece.token)
            else:
                made += value
                fuel.burn(len(value))
        elif isinstance(piece, Rounds):
            _transcribe_rounds(piece, bound, made, fuel)
        else:
            made += piece
        if len(made) > MAX_TOKENS:
            raise NoExpansion


def _transcribe_rounds(rounds: Rounds, bound: Mapping[str, Bound], made: list[Token], fuel: Fuel) -> None:
    repeated = {name: value for name in rounds.names if isinstance(value := bound.get(name), list)}
    counts = {len(value) for value in repeated.values()}
    if len(counts) != 1:  # repetitions of a macro that the body defines are not followed
        raise NoExpansion
    only = rounds.inner.pieces[0] if len(rounds.inner.pieces) == 1 else None
    for number in range(counts.pop()):
        if number and rounds.separator is not None:
            made.append(rounds.separator)
        if isinstance(only, Variable) and isinstance(value := repeated[only.name][number], tuple):
            made += value
            fuel.burn(rounds.inner.cost + len(value))
            continue
        inner = {**bound, **{name: value[number] for name, value in repeated.items()}}
        _transcribe(rounds.inner, inner, made, fuel)
