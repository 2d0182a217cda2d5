"""Source that is right and that the grammar does not read: rewritten, at the same length, so that it does.

Asked only for a file whose tree has an error, and kept only where fewer errors are left. What is rewritten are blanks, marks
and modifiers that no fact depends on, never a comment or a string, so that each line and column stays what it was.
Source: the gaps of tree-sitter-typescript 0.23, seen in the sources of effect, hono, vitest suites and others.
"""

from __future__ import annotations

import re

_GAP = rb"(?:\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)"
_SPECIFIER = rb"(?:'[^'\n]*+'|\"[^\"\n]*+\")"
_TOKENS = re.compile(
    rb"(?P<skipped>//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/|\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'|`(?:\\.|[^`\\])*+`)"
    # A member of a type on a line of its own, the separator before it left out: `<A>(a: A): B`, `[key: string]: C`, `in?: D`.
    rb"|(?<=[\w$>\])}'\"`])(?P<member>" + _GAP + rb"++)"
    rb"(?=<"
    + _GAP
    + rb"*+(?:const\s++)?[A-Za-z_$][\w$]*+\s*+(?:extends\b|[,=]|>\s*+\()|\[[\w$.]++(?:\]\??[(:]|\s*+:)|in\??:)"
    # Variance: `interface A<in out B, out C>`.
    rb"|(?<=[<,])" + _GAP + rb"*+(?P<variance>(?:in\s++out|in|out)\s++)(?=[A-Za-z_$])"
    rb"|(?<=\bexport )(?P<star>type)(?=\s*+\*)"
    rb"|(?<=\babstract )(?P<override>override)(?=\s)"
    # `f<typeof import("m")>()`, `import("m").A[]`
    rb"|(?<=\btypeof )(?P<queried>import\(" + _SPECIFIER + rb"\))"
    rb"|\b(?P<imported>import\(" + _SPECIFIER + rb"\))(?=(?:\.[\w$]++)++\[\])"
)
_GOES_ON = re.compile(
    rb"=>$|\b(?:return|function|class|interface|type|async|extends|new|await|yield|typeof|keyof|in|of|case|else)(?:\s+[\w$]+)?$"
)
"""What a type parameter list or a subscript on the next line belongs to."""
_TYPE_ALIAS = re.compile(rb"\btype\s+\w+[^;{}]*=\s*$")
"""Before a template of a type, in which escapes are not read."""
_NOT_IN_NAMES = re.compile(rb"\W")
_BACKTICK = ord("`")
_QUOTES = b"'\"`"
_LOOKED_BACK = 160


def mended(source: bytes) -> bytes:
    """Return a source that may be read with fewer errors, of the same length; the same one where nothing is known to help."""
    parts: list[bytes] = []
    done = skipped = 0
    for match in _TOKENS.finditer(source):
        kind = match.lastgroup
        if kind is None:
            continue
        start, end = match.span(kind)
        if kind == "skipped":
            skipped = end
            if (
                source[start] != _BACKTICK
                or b"\\`" not in match[kind]
                or not _TYPE_ALIAS.search(source[max(0, start - _LOOKED_BACK) : start])
            ):
                continue
            text = match[kind].replace(b"\\`", b"__")
        elif kind == "member":
            if start == skipped and source[start - 1] not in _QUOTES:
                continue  # what looks like the end of a type is the end of a comment
            indent = source[source.rfind(b"\n", start, end) + 1 : end]
            if b"\n" not in match[kind] or not indent or not indent.isspace():
                continue
            if _GOES_ON.search(source[max(0, start - _LOOKED_BACK) : start]):
                continue
            start, text = end - 1, b";"
        elif kind in ("queried", "imported"):
            text = _NOT_IN_NAMES.sub(b"_", source[start:end])
        else:
            text = b" " * (end - start)
        parts += (source[done:start], text)
        done = end
    return b"".join((*parts, source[done:])) if parts else source
