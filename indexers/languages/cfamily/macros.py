"""What the preprocessor hides from the grammar: calls inside macro bodies, and export macros between `class` and its name.

Macros are not expanded. The body of a macro is text to the grammar, so calls in it are found by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexers.languages.cfamily.known_names import words

_CALL = re.compile(rb"(?<![\w.>])([A-Za-z_]\w*(?:\s*(?:\.|->|::)\s*[A-Za-z_]\w*)*)\s*\(")
_NAME_AT_END = re.compile(rb"\w+$")
_JOINT = re.compile(rb"\s*(?:\.|->|::)\s*")
_LITERAL_OR_COMMENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
_NOT_CALLS = words(
    "if while for switch return sizeof defined do else case alignof _Alignof typeof __typeof__ __typeof "
    "__attribute__ __declspec decltype alignas static_assert catch new delete offsetof _Pragma __pragma __asm__ asm"
)
_ALIAS = re.compile(rb"\s*([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)\s*$")

_CLASS_MACRO = re.compile(
    rb"\b(?:class|struct|union)[ \t]+((?:[A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?[ \t]+)+)(?=[A-Za-z_]\w*(?:::\w+)*\s*(?:final\s*)?[:{;<])"
)
_CPLUSPLUS = re.compile(
    rb"^[ \t]*(?:class\s+\w|namespace\s+[\w{]|namespace\s*\{|inline\s+namespace\b|template\s*<|using\s+\w|"
    rb"(?:public|private|protected)\s*:)",
    re.M,
)
_CPLUSPLUS_GUARD = re.compile(
    rb"^[ \t]*#[ \t]*if(?:def[ \t]+|[ \t]+defined\s*\(?\s*)__cplusplus\b.*?^[ \t]*#[ \t]*(?:else|endif)", re.M | re.S
)


def looks_like_cplusplus(source: bytes) -> bool:
    """Whether a header that is named as C is C++. What stands under `#ifdef __cplusplus` proves nothing."""
    if not _CPLUSPLUS.search(source):
        return False
    return _CPLUSPLUS.search(_CPLUSPLUS_GUARD.sub(b"", source)) is not None


def without_class_macros(source: bytes) -> bytes:
    """Blank out `EXPORT` in `class EXPORT Name`, which the grammar takes for a function; positions stay."""
    if not _CLASS_MACRO.search(source):
        return source
    parts: list[bytes] = []
    at = 0
    for match in _CLASS_MACRO.finditer(source):
        start, end = match.span(1)
        parts += (source[at:start], b" " * (end - start))
        at = end
    parts.append(source[at:])
    return b"".join(parts)


def alias_in(body: bytes) -> str:
    """Return the name that an object-like macro stands for, empty when it is more than a name."""
    match = _ALIAS.match(body)
    return match.group(1).decode("utf-8", "replace").replace("::", ".") if match else ""


def holds_code(body: bytes) -> bool:
    """Whether the body of an object-like macro is statements or fields, not a value."""
    return b";" in body and b";" in _LITERAL_OR_COMMENT.sub(b"", body)


def calls_in(body: bytes, parameters: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (callee path, offset of its last name, argument count) for what looks like a call in a macro's body."""
    text = _LITERAL_OR_COMMENT.sub(lambda match: b" " * len(match.group()), body)
    for match in _CALL.finditer(text):
        written = match.group(1)
        if b"##" in text[max(match.start() - 3, 0) : match.start()]:
            continue
        path = _JOINT.sub(b".", written).decode("utf-8", "replace")
        if path in parameters or path in _NOT_CALLS:
            continue
        last = _NAME_AT_END.search(written)
        yield path, match.start(1) + (last.start() if last else 0), _argument_count(text, match.end())


def _argument_count(text: bytes, at: int) -> int:
    depth, count, seen = 1, 0, False
    for byte in text[at : at + 2000]:
        if byte in b"([{":
            depth += 1
        elif byte in b")]}":
            depth -= 1
            if depth == 0:
                break
        elif byte == 44 and depth == 1:
            count += 1
        seen = seen or byte not in b" \t\r\n\\"
    return count + 1 if seen else 0
