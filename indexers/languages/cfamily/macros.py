"""What the preprocessor hides from the grammar: calls inside macro bodies, and export macros between `class` and its name.

Macros are not expanded. The body of a macro is text to the grammar, so calls in it are found by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexers.languages.cfamily.known_names import words

_PASTED = rb"[A-Za-z_]\w*(?:\s*##\s*\w+)*"
_CALL = re.compile(rb"(?<![\w.>#])(" + _PASTED + rb"(?:\s*(?:\.|->|::)\s*" + _PASTED + rb")*)(?:\s*(\()|(?=\s*;))")
_NAME_AT_END = re.compile(rb"\w+(?:\s*##\s*\w+)*$")
_PASTE = re.compile(rb"\s*##\s*")
_ARGUMENT = re.compile(rb"[\s\\&*(]*(" + _PASTED + rb"(?:\s*(?:\.|->|::)\s*[A-Za-z_]\w*)*)(\(\))?[\s\\)]*")
_CALLED_AGAIN = re.compile(rb"\)[\s\\]*\(")
_JOINT = re.compile(rb"\s*(?:\.|->|::)\s*")
_LITERAL_OR_COMMENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
_NOT_CALLS = words(
    "if while for switch return sizeof defined do else case alignof _Alignof typeof __typeof__ __typeof "
    "__attribute__ __declspec decltype alignas static_assert catch new delete offsetof _Pragma __pragma __asm__ asm"
)
_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define\b(?:[^\n\\]|\\\r?\n|\\.)*", re.M)
_COMMENT = re.compile(rb"/\*.*?\*/", re.S)
_EMPTY_DEFINE = re.compile(rb"(\n[ \t]*#[ \t]*define[ \t]+\w+(?:\([^()\n]*\))?)([ \t]+)(?=\r?\n)")
_ALIAS = re.compile(rb"\s*([A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)\s*$")

_CLASS_MACRO = re.compile(
    rb"\b(?:class|struct|union)[ \t]+((?:[A-Z][A-Z0-9_]{2,}(?:\([^()\n]*\))?[ \t]+)+)(?=[A-Za-z_]\w*(?:::\w+)*\s*(?:final\s*)?[:{;<])"
)
_DERIVED_CLASS = re.compile(rb"\b(?:class|struct)\b[^{};:]*:\s*(?:public|protected|private)?\s*([A-Za-z_]\w*)\s*\{")
_CPLUSPLUS = re.compile(
    rb"\n[ \t]*(?:class\s+\w[\w \t()]*[:{;]|namespace\s+[\w:]+\s*\{|namespace\s*\{|inline\s+namespace\b|template\s*<|"
    rb"using\s+(?:namespace\s+)?[\w:]+\s*[=;]|"
    rb"(?:public|private|protected)\s*:|\#[ \t]*include[ \t]*<[a-z_]+>)"
)
"""How a line of C++ begins. It is looked for from line break to line break: by `^` each byte would be tried."""
_CPLUSPLUS_NAME = re.compile(rb"\w::~?[A-Za-z_]")
_CPLUSPLUS_GUARD = re.compile(
    rb"^[ \t]*#[ \t]*if(?:def[ \t]+|[ \t]+defined\s*\(?\s*)__cplusplus\b.*?^[ \t]*#[ \t]*(?:else|endif)", re.M | re.S
)


def looks_like_cplusplus(source: bytes) -> bool:
    """Whether a header that is named as C is C++. What stands under `#ifdef __cplusplus` proves nothing."""
    if not _holds_cplusplus(source):
        return False
    return _holds_cplusplus(_CPLUSPLUS_GUARD.sub(b"", _LITERAL_OR_COMMENT.sub(b" ", source)))


def _holds_cplusplus(source: bytes) -> bool:
    return _CPLUSPLUS.search(b"\n" + source) is not None or (
        b"::" in source and _CPLUSPLUS_NAME.search(source) is not None
    )


def without_macro_comments(source: bytes) -> bytes:
    """Blank out the comments inside macro definitions: the grammar ends a body at the first; positions stay.

    Blanks at the end of a macro without a body become a comment: the grammar takes them for a body that has no end, and loses
    the `#endif` behind.
    """
    if b"define" not in source:
        return source
    source = _without_comments(source) if b"/*" in source else source
    return _EMPTY_DEFINE.sub(_ended, source)


def _ended(match: re.Match[bytes]) -> bytes:
    blanks = match.group(2)
    return match.group(1) + (b"\r" if len(blanks) == 1 else blanks[:-2] + b"//")


def _without_comments(source: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    for match in _DEFINE.finditer(source):
        text = match.group()
        if b"/*" in text:
            parts += (source[at : match.start()], _COMMENT.sub(_blank, text))
            at = match.end()
    if not at:
        return source
    parts.append(source[at:])
    return b"".join(parts)


def definitions_in(source: bytes) -> Iterator[bytes]:
    """Yield the text of each `#define`, joined lines with it."""
    return (match.group() for match in _DEFINE.finditer(source)) if b"define" in source else iter(())


def _blank(match: re.Match[bytes]) -> bytes:
    text = match.group()
    return b" " * len(text) if b"\n" not in text else re.sub(rb"[^\r\n\\]", b" ", text)


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


def calls_in(body: bytes) -> Iterator[tuple[str, int, int, list[str]]]:
    """Yield (callee path, offset of its last name, argument count, arguments) for what looks like a call in a macro's body.

    A callee may be a parameter of the macro, or be pasted together from some: `uv_##name##_init`. A name in capitals that
    stands as a statement by itself is an object-like macro at work: a call without arguments, its count -1. What `f(a)(b)`
    calls second is `f()`.
    """
    text = _LITERAL_OR_COMMENT.sub(lambda match: b" " * len(match.group()), body).replace(b"\\\n", b" \n")
    for match in _CALL.finditer(text):
        written = match.group(1)
        if match.group(2) is None and not written.isupper() and not _stands_alone(text, match.start()):
            continue
        path = _JOINT.sub(b".", _PASTE.sub(b"##", written)).decode("utf-8", "replace")
        if path in _NOT_CALLS or (match.group(2) is not None and _is_defined_there(text, match)):
            continue
        last = _NAME_AT_END.search(written)
        offset = match.start(1) + (last.start() if last else 0)
        if match.group(2) is None:
            yield path, offset, -1, []
            continue
        arguments, end = _arguments(text, match.end())
        yield path, offset, len(arguments), _followed(arguments)
        called = _CALLED_AGAIN.match(text, end)
        if called is not None:
            arguments, _ = _arguments(text, called.end())
            yield f"{path}()", offset, len(arguments), _followed(arguments)


def derives_from(body: bytes, parameter: str) -> bool:
    """Whether a macro's body makes a class that derives from what a parameter names: `class _Test_##name : public base {`."""
    text = _LITERAL_OR_COMMENT.sub(b" ", body).replace(b"\\\n", b" \n")
    return any(match[1].decode("utf-8", "replace") == parameter for match in _DERIVED_CLASS.finditer(text))


def _is_defined_there(text: bytes, match: re.Match[bytes]) -> bool:
    """Whether `name(...)` in a macro's body has a type before it and a block behind it."""
    before = text[max(match.start() - 80, 0) : match.start()].rstrip(b" \t\r\n\\")
    if (
        not before
        or not (before[-1:].isalnum() or before[-1:] in b"_*)")
        or before.endswith((b"else", b"return", b"do"))
    ):
        return False
    if match.group(1).decode("utf-8", "replace") in _NOT_CALLS:
        return False
    depth = 1
    for index in range(match.end(), min(len(text), match.end() + 1000)):
        byte = text[index]
        depth += (byte == 40) - (byte == 41)
        if depth == 0:
            return text[index + 1 : index + 200].lstrip(b" \t\r\n\\")[:1] == b"{"
    return False


def _stands_alone(text: bytes, at: int) -> bool:
    """Whether what begins at `at` begins a statement."""
    before = text[max(at - 80, 0) : at].rstrip(b" \t\r\n\\")
    return not before or before[-1:] in b";{}"


def _arguments(text: bytes, at: int) -> tuple[list[bytes], int]:
    """Return the texts between the brackets that open before `at`, and where they close; what is longer than 2,000 bytes is cut."""
    depth, start, end = 1, at, min(len(text), at + 2000)
    found: list[bytes] = []
    for index in range(at, end):
        byte = text[index]
        if byte in b"([{":
            depth += 1
        elif byte in b")]}":
            depth -= 1
            if depth == 0:
                end = index
                break
        elif byte == 44 and depth == 1:
            found.append(text[start:index])
            start = index + 1
    rest = text[start:end]
    if found or rest.strip(b" \t\r\n\\"):
        found.append(rest)
    return found, end


def _followed(arguments: list[bytes]) -> list[str]:
    """Return arguments as access paths, `#?` for those that are more than a name."""
    paths: list[str] = []
    for argument in arguments:
        match = _ARGUMENT.fullmatch(argument)
        name = match.group(1) if match else b""
        paths.append(_JOINT.sub(b".", _PASTE.sub(b"##", name)).decode("utf-8", "replace") if name else "#?")
    while paths and paths[-1] == "#?":
        paths.pop()
    return paths
