"""`#[cfg(...)]`: is what stands below it part of the build that is usually looked at?

That build is the one on Linux, with the crate's default features (which are known only from its manifest). Three answers: yes, no, not known.
Source: the Rust reference, "Conditional compilation".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tree_sitter import Node

from indexers.extraction.builder import text_of

_SET = frozenset({"unix", "debug_assertions", "overflow_checks", "panic"})
_VALUES = {
    "target_os": "linux",
    "target_family": "unix",
    "target_arch": "x86_64",
    "target_pointer_width": "64",
    "target_endian": "little",
    "target_env": "gnu",
    "target_vendor": "unknown",
    "panic": "unwind",
}
_BASELINE = frozenset({"sse", "sse2", "fxsr"})
"""Target features that every x86_64 has."""
_KNOWN = frozenset({"target_has_atomic", "target_has_atomic_load_store"})
"""Options that hold whatever their value."""
_MAX_DEPTH = 20
_NEVER_SET = frozenset({"test", "doc", "doctest", "docsrs", "miri", "windows", "proc_macro"})
FEATURE = "feature:"
OPTION = "option:"
"""Begins the mark of an option without a value that a build script may set, `option:has_atomics` or `option:!has_atomics`."""
CONDITION = "cfg:"
"""Begins the mark of any other condition with features or options, `cfg:any(feature:x,not(option:y))`."""
MARKS = (FEATURE, OPTION, CONDITION)


def holds(predicate: Node, feature: bool | None, option: bool | None = False) -> bool | None:
    """Whether the predicate in the token tree of `cfg(...)` holds in the usual build; None when that is not known.

    feature, option: what is taken of every feature of the crate, and of every option that is not a known one.
    """
    answers = _answers(predicate, 0, feature, option)
    return answers[0] if answers else None


def marks_of(predicate: Node) -> list[str]:
    """Return marks of the features and options that a predicate demands (`feature:x`) or rules out (`feature:!x`; `!x&y`: both
    together), where it demands all that it names."""
    found: list[str] = []
    stack = [(predicate, "")]
    while stack:
        tree, mark = stack.pop()
        name = ""
        for child in tree.children[1:-1]:
            if child.type == "string_literal" and name == "feature":
                found.append(FEATURE + mark + text_of(child).strip('"'))
            elif child.type == "token_tree" and name in ("all", "not"):
                if name == "not" and text_of(child).count("feature") > 1:
                    together = _only_features(child)
                    if mark or not together:
                        return []
                    found.append(f"{FEATURE}!" + "&".join(together))
                elif mark:
                    return []
                else:
                    stack.append((child, "!" if name == "not" else mark))
            elif child.type == "token_tree":
                return []
            elif child.is_named:
                name = text_of(child)
                if _is_option(child, name):
                    found.append(OPTION + mark + name)
    return found


def conditions_of(predicate: Node) -> list[str]:
    """Return the marks of a predicate: what it demands one by one, else all of it in one mark; none where it names no feature and no
    option, or holds or not whatever these are."""
    if holds(predicate, None, None) is not None:
        return []
    return marks_of(predicate) or [CONDITION + "".join(_expressions(predicate, 0)[:1])]


def _expressions(tree: Node, depth: int) -> list[str]:
    """Return the comma-separated predicates of a token tree, with `1` and `0` for what holds and does not in the usual build."""
    found: list[str] = []
    name = ""
    for child in tree.children[1:-1]:
        kind = child.type
        if kind == "token_tree" and name:
            found[-1] = f"{name}({','.join(_expressions(child, depth + 1))})" if depth < _MAX_DEPTH else "0"
        elif kind == "string_literal" and name:
            value = text_of(child).strip('"')
            found[-1] = FEATURE + value if name == "feature" else "01"[_is_known(name, value)]
        elif kind == "boolean_literal" or kind in ("true", "false"):
            found.append("01"[text_of(child) == "true"])
        elif child.is_named:
            name = text_of(child)
            found.append(OPTION + name if _is_option(child, name) else "01"[name in _SET])
    return found


def evaluated(expression: str, is_set: Callable[[str], bool | None]) -> bool | None:
    """Whether an expression of a mark holds; `is_set` says it of `feature:x` and `option:x`. None when that is not known."""
    return _evaluated(_parsed(expression), is_set)


_Tree = tuple[str, tuple["_Tree", ...]]


def _evaluated(tree: _Tree, is_set: Callable[[str], bool | None]) -> bool | None:
    name, parts = tree
    if name in ("any", "all", "not"):
        return _combined(name, [_evaluated(part, is_set) for part in parts])
    return name == "1" if name in ("0", "1") else is_set(name)


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> _Tree:
    return _read(expression, 0)[0]


def _read(text: str, at: int) -> tuple[_Tree, int]:
    """Read one predicate from a place on; return it and where it ends."""
    end = at
    while end < len(text) and text[end] not in "(),":
        end += 1
    name, parts = text[at:end], []
    if text[end : end + 1] == "(":
        while text[end : end + 1] in ("(", ","):
            part, end = _read(text, end + 1)
            if part[0]:
                parts.append(part)
        end += 1
    return (name, tuple(parts)), end


def _is_option(child: Node, name: str) -> bool:
    """Whether a word of a predicate is an option without a value, none of the compiler's own."""
    following = child.next_sibling
    is_bare = child.type == "identifier" and following is not None and following.type in (",", ")")
    return is_bare and name not in _SET and name not in _NEVER_SET


def _only_features(tree: Node) -> list[str]:
    """Return x and y of `(all(feature = "x", feature = "y"))`; nothing where something else is demanded."""
    words = [child for child in tree.children[1:-1] if child.type != ","]
    if [child.type for child in words] != ["identifier", "token_tree"] or text_of(words[0]) != "all":
        return []
    inner = text_of(words[1]).strip("()")
    found = [part.split("=") for part in inner.split(",") if part.strip()]
    if any(len(part) != 2 or part[0].strip() != "feature" for part in found):
        return []
    return [part[1].strip().strip('"') for part in found]


def stands_for(rule: Node) -> list[str]:
    """Return what the `#[cfg(..)]` in the body of a macro demands, as marks; `inactive`: what the usual build does not have; none
    where the macro stands for no condition."""
    children = rule.children
    for index, child in enumerate(children):
        if child.type in ("token_tree", "token_repetition"):
            if index and children[index - 1].type == "#" and child.children[0].type == "[":
                words = child.named_children
                if len(words) == 2 and text_of(words[0]) == "cfg" and words[1].type == "token_tree":
                    marks = conditions_of(words[1])
                    is_left_out = holds(words[1], None if marks else True, None if marks else False) is False
                    return ["inactive" if is_left_out else "active", *marks]
            elif found := stands_for(child):
                return found
    return []


def _answers(tree: Node, depth: int, feature: bool | None, option: bool | None) -> list[bool | None]:
    """Return the answers of the comma-separated predicates of a token tree."""
    found: list[bool | None] = []
    name = ""
    for child in tree.children[1:-1]:
        kind = child.type
        if kind == "token_tree" and name:
            found[-1] = _combined(name, _answers(child, depth + 1, feature, option)) if depth < _MAX_DEPTH else None
        elif kind == "string_literal" and name:
            value = text_of(child).strip('"')
            found[-1] = feature if name == "feature" else _is_known(name, value)
        elif kind == "boolean_literal" or kind in ("true", "false"):
            found.append(text_of(child) == "true")
        elif child.is_named:
            name = text_of(child)
            found.append(option if _is_option(child, name) else name in _SET)
    return found


def _is_known(name: str, value: str) -> bool:
    """Whether an option of the compiler has a value in the usual build."""
    return name in _KNOWN or (value in _BASELINE if name == "target_feature" else _VALUES.get(name) == value)


def _combined(operator: str, answers: list[bool | None]) -> bool | None:
    if operator == "not":
        return None if not answers or answers[0] is None else not answers[0]
    decisive = operator == "any"
    if operator not in ("any", "all"):
        return None
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive
