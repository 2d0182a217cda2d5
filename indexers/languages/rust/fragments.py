"""How far a fragment of a macro's matcher reaches (`$x:expr`, `$t:ty`): token index -> token index behind it, -1 for no match.

Types and paths are read by their grammar; expressions and patterns end where what may follow them begins, since the compiler lets
a matcher continue in no other way. Source: the Rust reference, "Macros By Example", "Metavariables" and "Follow-set Ambiguity".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexers.languages.rust.known_names import words
from indexers.languages.rust.lexing import Kind, Token, group_end

Tokens = Sequence[Token]
MAX_DEPTH = 60
_ENDS_OF_EXPRESSIONS = frozenset({",", ";", "=>"})
_ENDS_OF_PATTERNS = frozenset({"=>", ",", "=", ";"})
_ENDS_ITEM = words("fn struct enum union trait impl mod extern macro_rules unsafe")
_OPERANDS = frozenset({Kind.WORD, Kind.LITERAL, Kind.CLOSE, Kind.END})
_NO_OPERANDS = words("return break move in match if while else async unsafe yield static")
_NO_EXPRESSION = words("let as in else where pub use mod struct enum impl trait type const fn")
_LITERALS = words("true false")


def text_at(tokens: Tokens, at: int) -> str:
    return tokens[at].text if at < len(tokens) and tokens[at].kind != Kind.LITERAL else ""


def _kind_at(tokens: Tokens, at: int) -> int:
    return tokens[at].kind if at < len(tokens) else -1


def _identifier(tokens: Tokens, at: int) -> int:
    return at + 1 if _kind_at(tokens, at) == Kind.WORD else -1


def _lifetime(tokens: Tokens, at: int) -> int:
    return at + 1 if _kind_at(tokens, at) == Kind.LIFETIME else -1


def _literal(tokens: Tokens, at: int) -> int:
    if text_at(tokens, at) == "-":
        at += 1
    is_literal = _kind_at(tokens, at) == Kind.LITERAL or text_at(tokens, at) in _LITERALS
    if _kind_at(tokens, at) == Kind.BEGIN and at + 2 < len(tokens) and tokens[at + 2].kind == Kind.END:
        return _whole(tokens, at) if tokens[at + 1].kind == Kind.LITERAL else -1
    return at + 1 if is_literal else -1


def _whole(tokens: Tokens, at: int) -> int:
    return group_end(tokens, at)


def _tree(tokens: Tokens, at: int) -> int:
    return group_end(tokens, at) if at < len(tokens) and tokens[at].kind not in (Kind.CLOSE, Kind.END) else -1


def _block(tokens: Tokens, at: int) -> int:
    return group_end(tokens, at) if text_at(tokens, at) == "{" else -1


def _visibility(tokens: Tokens, at: int) -> int:
    if text_at(tokens, at) != "pub":
        return at
    at += 1
    if text_at(tokens, at) == "(" and text_at(tokens, at + 1) in ("crate", "self", "super", "in"):
        return group_end(tokens, at)
    return at


def _meta(tokens: Tokens, at: int) -> int:
    at = type_end(tokens, at)
    if at < 0:
        return -1
    if _kind_at(tokens, at) == Kind.OPEN:
        return group_end(tokens, at)
    return expression_end(tokens, at + 1) if text_at(tokens, at) == "=" else at


def expression_end(tokens: Tokens, at: int) -> int:
    """Return where an expression ends: at a `,`, `;` or `=>` outside of all brackets, closures and type arguments included."""
    start = at
    if text_at(tokens, at) in _NO_EXPRESSION and _kind_at(tokens, at) == Kind.WORD:
        return -1
    while at < len(tokens):
        token = tokens[at]
        if token.kind in (Kind.CLOSE, Kind.END):
            break
        if token.kind == Kind.PUNCTUATION:
            before = tokens[at - 1] if at > start else None
            after_operand = before is not None and before.kind in _OPERANDS and before.text not in _NO_OPERANDS
            if token.text in _ENDS_OF_EXPRESSIONS:
                break
            if token.text == "|" and not after_operand:
                at = _parameters_end(tokens, at)
                continue
            if token.text == "::" and text_at(tokens, at + 1) == "<":
                at = _angles_end(tokens, at + 1)
                if at < 0:
                    return -1
                continue
            if token.text == "<" and not after_operand:
                at = _angles_end(tokens, at)
                if at < 0:
                    return -1
                continue
        elif token.text == "as" and token.kind == Kind.WORD:
            at = type_end(tokens, at + 1)
            if at < 0:
                return -1
            continue
        at = group_end(tokens, at)
    return at if at > start else -1


def _parameters_end(tokens: Tokens, at: int) -> int:
    """Return the index behind the parameters of a closure."""
    at += 1
    while at < len(tokens) and text_at(tokens, at) != "|":
        at = group_end(tokens, at)
    return at + 1


def _pattern(tokens: Tokens, at: int) -> int:
    start = at
    while at < len(tokens):
        token = tokens[at]
        if token.kind in (Kind.CLOSE, Kind.END):
            break
        if token.kind == Kind.PUNCTUATION and token.text in _ENDS_OF_PATTERNS:
            break
        if token.kind == Kind.WORD and token.text in ("if", "in") and at > start:
            break
        at = group_end(tokens, at)
    return at if at > start else -1


def _single_pattern(tokens: Tokens, at: int) -> int:
    end = _pattern(tokens, at)
    index = at
    while index < end:
        if index > at and tokens[index].kind == Kind.PUNCTUATION and tokens[index].text == "|":
            return index
        index = group_end(tokens, index)
    return end


def _statement(tokens: Tokens, at: int) -> int:
    if text_at(tokens, at) != "let":
        return _item(tokens, at) if _begins_item(tokens, at) else expression_end(tokens, at)
    while at < len(tokens) and text_at(tokens, at) != ";" and tokens[at].kind not in (Kind.CLOSE, Kind.END):
        at = group_end(tokens, at)
    return at


def _begins_item(tokens: Tokens, at: int) -> bool:
    text, following = text_at(tokens, at), text_at(tokens, at + 1)
    if text in ("unsafe", "async", "const", "extern"):
        return following not in ("{", "move")
    return text in ("pub", "#", "fn", "struct", "enum", "trait", "impl", "mod", "use", "static", "type", "macro_rules")


def _item(tokens: Tokens, at: int) -> int:
    start = at
    while text_at(tokens, at) == "#" and text_at(tokens, at + 1) == "[":
        at = group_end(tokens, at + 1)
    if not _begins_item(tokens, at):
        return -1
    has_block = True
    while at < len(tokens):
        token = tokens[at]
        if token.kind in (Kind.CLOSE, Kind.END):
            return -1
        at = group_end(tokens, at)
        if token.kind == Kind.WORD and token.text in ("const", "static", "use", "type"):
            has_block = token.text == "const" and text_at(tokens, at) in ("fn", "unsafe", "extern", "async")
        if token.kind == Kind.PUNCTUATION and token.text == ";":
            return at
        if token.kind == Kind.OPEN and token.text == "{" and has_block:
            return at
    return at if at > start and not has_block else -1


def _angles_end(tokens: Tokens, at: int) -> int:
    """Return the index behind the `>` that closes the `<` at `at`."""
    open_angles = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind in (Kind.CLOSE, Kind.END):
            return -1
        if token.kind == Kind.PUNCTUATION:
            open_angles += {"<": 1, "<<": 2, ">": -1, ">>": -2}.get(token.text, 0)
            if open_angles <= 0:
                return at + 1 if open_angles == 0 else -1
            if token.text == ";":
                return -1
        at = group_end(tokens, at)
    return -1


def type_end(tokens: Tokens, at: int, depth: int = 0) -> int:
    """Return the index behind the type or path that begins at `at`."""
    if at >= len(tokens) or depth > MAX_DEPTH:
        return -1
    token = tokens[at]
    text = text_at(tokens, at)
    if token.kind == Kind.BEGIN:
        return _path_rest(tokens, group_end(tokens, at), depth)
    if token.kind == Kind.OPEN:
        return group_end(tokens, at) if text != "{" else -1
    if text in ("&", "&&"):
        at += 1
        at += _kind_at(tokens, at) == Kind.LIFETIME
        at += text_at(tokens, at) == "mut"
        return type_end(tokens, at, depth + 1)
    if text == "*":
        return type_end(tokens, at + 2, depth + 1) if text_at(tokens, at + 1) in ("const", "mut") else -1
    if text in ("!", "_"):
        return at + 1
    if text in ("dyn", "impl"):
        return _bounds_end(tokens, at + 1, depth + 1)
    if text == "for" and text_at(tokens, at + 1) == "<":
        at = _angles_end(tokens, at + 1)
        return type_end(tokens, at, depth + 1) if at >= 0 else -1
    if text in ("unsafe", "extern", "fn"):
        return _function_end(tokens, at, depth)
    if text == "<":
        at = _angles_end(tokens, at)
        return _path_rest(tokens, at, depth) if at >= 0 else -1
    if text == "::":
        at += 1
    return _path_rest(tokens, at + 1, depth) if _kind_at(tokens, at) == Kind.WORD else -1


def _path_rest(tokens: Tokens, at: int, depth: int) -> int:
    """Return the end of a path whose first name was read."""
    while at < len(tokens):
        text = text_at(tokens, at)
        if text == "<":
            at = _angles_end(tokens, at)
            if at < 0:
                return -1
        elif text == "::" and text_at(tokens, at + 1) == "<":
            at += 1
        elif text == "::" and _kind_at(tokens, at + 1) == Kind.WORD:
            at += 2
        elif text == "(" and tokens[at - 1].text in ("Fn", "FnMut", "FnOnce"):
            at = group_end(tokens, at)
            return _result_end(tokens, at, depth)
        elif text == "!" and _kind_at(tokens, at + 1) == Kind.OPEN:
            return group_end(tokens, at + 1)
        else:
            return at
    return at


def _result_end(tokens: Tokens, at: int, depth: int) -> int:
    return type_end(tokens, at + 1, depth + 1) if text_at(tokens, at) == "->" else at


def _function_end(tokens: Tokens, at: int, depth: int) -> int:
    while text_at(tokens, at) in ("unsafe", "extern") or _kind_at(tokens, at) == Kind.LITERAL:
        at += 1
    if text_at(tokens, at) != "fn" or text_at(tokens, at + 1) != "(":
        return -1
    return _result_end(tokens, group_end(tokens, at + 1), depth)


def _bounds_end(tokens: Tokens, at: int, depth: int) -> int:
    while True:
        at += text_at(tokens, at) == "?"
        at = at + 1 if _kind_at(tokens, at) == Kind.LIFETIME else type_end(tokens, at, depth + 1)
        if at < 0 or text_at(tokens, at) != "+":
            return at
        at += 1


def _type(tokens: Tokens, at: int) -> int:
    return type_end(tokens, at)


def _path(tokens: Tokens, at: int) -> int:
    is_path = _kind_at(tokens, at) in (Kind.WORD, Kind.BEGIN) or text_at(tokens, at) in ("::", "<")
    return type_end(tokens, at) if is_path else -1


ENDS: dict[str, Callable[[Tokens, int], int]] = {
    "ident": _identifier,
    "lifetime": _lifetime,
    "literal": _literal,
    "tt": _tree,
    "block": _block,
    "vis": _visibility,
    "meta": _meta,
    "expr": expression_end,
    "expr_2021": expression_end,
    "pat": _pattern,
    "pat_param": _single_pattern,
    "stmt": _statement,
    "item": _item,
    "ty": _type,
    "path": _path,
}
"""Fragment specifier -> what finds its end."""
