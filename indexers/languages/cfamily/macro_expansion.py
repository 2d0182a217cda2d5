"""Function-like macros as a preprocessor replaces them: tokens, `#`, `##`, `__VA_ARGS__`, and rescanning under hide sets.

Owns what a macro makes outside of any function, and refuses the rest: what stands within the braces of a function that is
made stays as it is (its macros are calls, which resolution follows), and object-like macros are names to the grammar.
Whatever macros do to each other, the work is bounded by `Fuel`. Sources: ISO C 6.10.3; D. Prosser's algorithm, X3J11/86-196.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from indexers.languages.cfamily.known_names import words

MAX_NESTING = 24
"""Uses of macros within the arguments of each other."""
_TOKEN = re.compile(
    rb"(?:[ \t\r\n\f\v]|\\\r?\n|/\*.*?\*/|//[^\n]*)+|(?:u8|[uUL])?\"(?:\\.|[^\"\\\n])*\"|[uUL]?'(?:\\.|[^'\\\n])*'|"
    rb"[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|'?\w|\.)*|\#\#|.",
    re.S,
)
_SPACE = b" "
_BLANKS = b" \t\r\n\f\v\\"
_ATTRIBUTES = (b"__attribute__", b"__declspec")
_NO_NAMES = frozenset(
    [*_ATTRIBUTES, *(word.encode() for word in words("if while for switch return sizeof defined do else case goto"))]
)
_BEHIND = (b"{", b";", b"__attribute__")
_OF_PARAMETERS = (b"*", b",", b"(", b")", b"[", b"]", b".", b"&")
_NOTHING: frozenset[bytes] = frozenset()
_REST = b"__VA_ARGS__"
_SHORT = 24
"""Tokens of a macro that does no more than paste a name."""


class NoExpansion(Exception):
    """A use that does not fit its macro, or that takes more work than is left."""


@dataclass(slots=True)
class Fuel:
    """left: tokens that may still be looked at or made."""

    left: int

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise NoExpansion


class Token(NamedTuple):
    """hidden: the macros that the token does not stand for any more, for it was made by them."""

    text: bytes
    hidden: frozenset[bytes] = _NOTHING


class _Part(NamedTuple):
    """A part of a macro's body: a token, or a parameter by its place, -1 for none.

    is_text: `#parameter`. is_raw: beside a `##`, so that the argument is taken as it is written. joins: a `##` stands before.
    """

    text: bytes
    parameter: int = -1
    is_text: bool = False
    is_raw: bool = False
    joins: bool = False


class _Definition(NamedTuple):
    """takes_rest: the last parameter takes all arguments that are left."""

    parameters: list[bytes]
    takes_rest: bool
    body: list[bytes]


@dataclass
class Macro:
    """A function-like macro by the text of its definition, `#define NAME(..) ..`, read when it is first asked for."""

    text: bytes

    @cached_property
    def definition(self) -> _Definition:
        """Raises NoExpansion where the text defines no function-like macro."""
        tokens = tokens_of(self.text)
        try:
            opening = tokens.index(b"(")
            closing = tokens.index(b")", opening)
        except ValueError:
            raise NoExpansion from None
        if tokens[opening - 1] == _SPACE:
            raise NoExpansion
        listed = b"".join(tokens[opening + 1 : closing]).replace(_SPACE, b"")
        names = listed.split(b",") if listed else []
        takes_rest = bool(names) and names[-1].endswith(b"...")
        if takes_rest:
            names[-1] = names[-1][:-3] or _REST
        return _Definition(names, takes_rest, _tight(tokens[closing + 1 :]))

    @cached_property
    def parts(self) -> list[_Part]:
        return list(_parts(self.definition.body, self.definition.parameters))


def tokens_of(text: bytes) -> list[bytes]:
    """Return the tokens of a text; blanks, joined lines and comments between two are one space."""
    return [_SPACE if _is_space(found) else found for found in _TOKEN.findall(text)]


def _is_space(found: bytes) -> bool:
    return (found[0] in _BLANKS and found != b"\\") or found[:2] in (b"/*", b"//")


def _tight(body: Sequence[bytes]) -> list[bytes]:
    """Return a body without the blanks at its ends and around `##`."""
    tight: list[bytes] = []
    for token in body:
        if token == b"##" and tight[-1:] == [_SPACE]:
            tight.pop()
        if token != _SPACE or tight[-1:] not in ([], [b"##"]):
            tight.append(token)
    return tight[:-1] if tight[-1:] == [_SPACE] else tight


def _parts(body: Sequence[bytes], parameters: Sequence[bytes]) -> Iterator[_Part]:
    places = {name: place for place, name in enumerate(parameters)}
    joins = is_text = False
    for place, token in enumerate(body):
        if token == b"##" and place:
            joins = True
        elif (
            token == b"#"
            and not is_text
            and next((each for each in body[place + 1 :] if each != _SPACE), b"") in places
        ):
            is_text = True
        elif token != _SPACE or not is_text:
            is_raw = joins or body[place + 1 : place + 2] == [b"##"]
            yield _Part(token, places.get(token, -1), is_text, is_raw, joins)
            joins = is_text = False


def expanded(use: bytes, macros: Mapping[bytes, Macro], fuel: Fuel) -> list[bytes]:
    """Return the tokens that the use of a macro becomes. Raises NoExpansion."""
    pending = [Token(text) for text in reversed(tokens_of(use))]
    return [token.text for token in _expand(pending, macros, fuel, 0)]


def _expand(pending: list[Token], macros: Mapping[bytes, Macro], fuel: Fuel, nesting: int) -> list[Token]:
    """Replace what stands outside of braces; pending: the tokens in reverse, used up."""
    if nesting > MAX_NESTING:
        raise NoExpansion
    made: list[Token] = []
    braces = 0
    fuel.spend(len(pending))
    while pending:
        token = pending.pop()
        text = token.text
        braces += (text == b"{") - (text == b"}")
        macro = macros.get(text) if braces <= 0 and text not in token.hidden else None
        given = _arguments(pending, fuel) if macro is not None else None
        if macro is None or given is None:
            made.append(token)
            continue
        arguments, closing = given
        hidden = (token.hidden & closing.hidden) | {text}
        replaced = _replaced(macro, arguments, hidden, macros, fuel, nesting)
        fuel.spend(len(replaced))
        pending.extend(reversed(replaced))
    return made


def _arguments(pending: list[Token], fuel: Fuel) -> tuple[list[list[Token]], Token] | None:
    """Take what is in brackets from the end of `pending`, with the closing one; None, and nothing taken, where none opens."""
    at = len(pending) - 1
    while at >= 0 and pending[at].text == _SPACE:
        at -= 1
    if at < 0 or pending[at].text != b"(":
        return None
    arguments: list[list[Token]] = [[]]
    depth = 1
    for place in range(at - 1, -1, -1):
        token = pending[place]
        depth += (token.text == b"(") - (token.text == b")")
        if depth == 0:
            fuel.spend(len(pending) - place)
            del pending[place:]
            return arguments, token
        if token.text == b"," and depth == 1:
            arguments.append([])
        else:
            arguments[-1].append(token)
    fuel.spend(len(pending))
    return None


def _replaced(
    macro: Macro,
    arguments: list[list[Token]],
    hidden: frozenset[bytes],
    macros: Mapping[bytes, Macro],
    fuel: Fuel,
    nesting: int,
) -> list[Token]:
    """Return a macro's body with the arguments of one use in it."""
    definition = macro.definition
    given = [_trimmed(argument) for argument in _fitted(arguments, definition)]
    whole: dict[int, list[Token]] = {}
    made: list[Token] = []
    for part in macro.parts:
        if part.parameter < 0:
            piece = [Token(part.text, hidden)]
        elif part.is_text:
            piece = [Token(_as_text(given[part.parameter]), hidden)]
        elif part.is_raw:
            piece = _hiding(given[part.parameter], hidden) or [Token(b"", hidden)]
        else:
            if part.parameter not in whole:
                argument = _expand(given[part.parameter][::-1], macros, fuel, nesting + 1)
                whole[part.parameter] = [Token(_SPACE), *_hiding(argument, hidden), Token(_SPACE)]
            piece = whole[part.parameter]
        fuel.spend(len(piece))
        if part.joins and made:
            is_rest = definition.takes_rest and part.parameter == len(given) - 1
            _join(made, piece, is_rest)
        else:
            made += piece
    return [token for token in made if token.text]


def _fitted(arguments: list[list[Token]], definition: _Definition) -> list[list[Token]]:
    """Return an argument for each parameter, the last one with all that is left where it takes the rest."""
    count = len(definition.parameters)
    if definition.takes_rest and len(arguments) >= count:
        rest = arguments[count - 1]
        for argument in arguments[count:]:
            rest = [*rest, Token(b","), *argument]
        return [*arguments[: count - 1], rest]
    if definition.takes_rest and len(arguments) == count - 1:
        return [*arguments, []]
    if count == 0 and len(arguments) == 1 and not _trimmed(arguments[0]):
        return []
    if len(arguments) != count:
        raise NoExpansion
    return arguments


def _trimmed(argument: list[Token]) -> list[Token]:
    start, end = 0, len(argument)
    while start < end and argument[start].text == _SPACE:
        start += 1
    while end > start and argument[end - 1].text == _SPACE:
        end -= 1
    return argument[start:end]


def _hiding(tokens: Sequence[Token], hidden: frozenset[bytes]) -> list[Token]:
    return [Token(text, own | hidden if own else hidden) for text, own in tokens]


def _as_text(argument: Sequence[Token]) -> bytes:
    written = b"".join(token.text for token in argument)
    return b'"' + written.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _join(made: list[Token], piece: Sequence[Token], is_rest: bool) -> None:
    """Paste the first token of `piece` to the last one made. A comma before the rest goes where there is none (GNU)."""
    left, right = made.pop(), piece[0]
    if left.text == b"," and is_rest:
        made.extend([left, *piece] if right.text else [])
        return
    made.append(Token(left.text + right.text, left.hidden & right.hidden))
    made.extend(piece[1:])


def rendered(tokens: Sequence[bytes]) -> bytes:
    """Return the text of tokens, a blank where two would become one."""
    pieces: list[bytes] = []
    last = b""
    for token in tokens:
        if _is_word(last[-1:]) and _is_word(token[:1]):
            pieces.append(_SPACE)
        pieces.append(token)
        last = token
    return b"".join(pieces)


def _is_word(sign: bytes) -> bool:
    return sign.isalnum() or sign == b"_"


# what tokens say outside of braces


def makes_functions(tokens: Sequence[bytes]) -> bool:
    """Whether tokens define or declare a function outside of braces: a type, a name, parameters, and `{` or `;` behind."""
    return any(
        each.is_typed and (each.declares or (each.is_empty and each.behind == b"{")) and each.behind in _BEHIND
        for each in _bracketed(tokens)
    )


def names_with_brackets(tokens: Sequence[bytes]) -> set[bytes]:
    """Return the names that brackets follow outside of braces: those of functions, and what may be uses of macros."""
    return {each.name for each in _bracketed(tokens)}


def may_make_functions(tokens: Sequence[bytes]) -> bool:
    """Whether the body of a macro makes functions, is uses of other macros alone, or pastes the name of something."""
    if makes_functions(tokens):
        return True
    return _is_uses_alone(_joined(tokens)) or (b"##" in tokens and len(tokens) <= _SHORT and b"{" not in tokens)


def _is_uses_alone(solid: Sequence[bytes]) -> bool:
    """Whether tokens are nothing but names with brackets, each with a semicolon behind it or none."""
    at = 0
    while at < len(solid):
        if not _is_word(solid[at][:1]) or solid[at] in _NO_NAMES or solid[at + 1 : at + 2] != [b"("]:
            return False
        at = _closing(solid, at + 1) + 1
        at += solid[at : at + 1] == [b";"]
    return at > 0


class _Bracketed(NamedTuple):
    """A name with brackets. is_typed: a type may stand before it. declares: something in the brackets is a parameter with its type."""

    name: bytes
    is_typed: bool
    is_empty: bool
    declares: bool
    behind: bytes


def _bracketed(tokens: Sequence[bytes]) -> Iterator[_Bracketed]:
    """Yield the names with brackets outside of braces; attributes are passed over."""
    solid = _joined(tokens)
    braces = at = 0
    before = token = b""
    while at < len(solid):
        if solid[at] in _ATTRIBUTES and solid[at + 1 : at + 2] == [b"("]:
            at = _closing(solid, at + 1) + 1
            continue
        before, token = token, solid[at]
        braces += (token == b"{") - (token == b"}")
        if braces or not _is_word(token[:1]) or token in _NO_NAMES or solid[at + 1 : at + 2] != [b"("]:
            at += 1
            continue
        closing = _closing(solid, at + 1)
        behind = solid[closing + 1] if closing + 1 < len(solid) else b""
        typed = before == b"*" or (_is_word(before[:1]) and before not in _NO_NAMES)
        inside = solid[at + 2 : closing]
        yield _Bracketed(token, typed, not inside, _declares(inside), behind)
        token, at = b")", closing + 1


def _declares(inside: Sequence[bytes]) -> bool:
    """Whether what stands in brackets is a list of parameters: `void`, `struct name *`, `int a`."""
    if any((not _is_word(token[:1]) and token not in _OF_PARAMETERS) or token[:1].isdigit() for token in inside):
        return False
    pairs = itertools.pairwise(inside)
    return list(inside) == [b"void"] or any(
        _is_word(one[:1]) and (_is_word(two[:1]) or two == b"*") for one, two in pairs
    )


def _joined(tokens: Sequence[bytes]) -> list[bytes]:
    """Return tokens without blanks, with what `##` pastes as one."""
    solid: list[bytes] = []
    joins = False
    for token in tokens:
        if token == _SPACE:
            continue
        if token == b"##":
            joins = bool(solid)
        elif joins:
            solid[-1] += token
            joins = False
        else:
            solid.append(token)
    return solid


def _closing(tokens: Sequence[bytes], opening: int) -> int:
    """Return the place of the bracket that closes the one at `opening`; the last place where none does."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] == b"(") - (tokens[place] == b")")
        if depth == 0:
            return place
    return len(tokens) - 1
