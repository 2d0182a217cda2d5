"""Macros that open and close namespaces: `BEGIN_NAMESPACE` for `namespace fmt { inline namespace v9 {`.

A file that uses one sees neither the name nor the brace, so they are read twice: here where the text of a file is made
readable, a pair of them as a namespace without a name; and over all files, what the bodies of the macros say the name is.
An inline namespace adds no name. Source: ISO C++ [namespace.def].
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from indexers.facts import FileFacts, Flag

_USE = re.compile(rb"^[ \t]*((?:[A-Z_][A-Z0-9_]*)?(?:NAMESPACE|_NS_)[A-Z0-9_]*)[ \t]*;?[ \t]*(?=//|/\*|\r?$)", re.M)
_BEGINS = re.compile(rb"BEGIN|OPEN|START|ENTER|PUSH")
_ENDS = re.compile(rb"END|CLOSE|STOP|EXIT|LEAVE|POP|FINISH")
_OPENING = b"namespace _{"
_NAMESPACE = re.compile(r"\b(inline\s+)?namespace\s+([A-Za-z_][\w:]*)")
_ALIAS = re.compile(r"#\s*define\s+\w+\s+([A-Za-z_]\w*)\s*")
_MACRO = int(Flag.MACRO)
_INACTIVE = int(Flag.INACTIVE)
MAX_ALIASES = 4
"""Macros that name a namespace by another macro, one after the other."""


def has_namespace_macros(source: bytes) -> bool:
    return b"NAMESPACE" in source and _USE.search(source) is not None


def with_open_namespaces(source: bytes) -> tuple[bytes, dict[int, str]]:
    """Return the source with pairs of such macros as `namespace _{` and `}`, and the macros by the offset of the `_`.

    Length and lines stay. A file in which they do not pair is left alone.
    """
    found = [(match, bool(_BEGINS.search(match.group(1)))) for match in _USE.finditer(source)]
    pairs = [(match, begins) for match, begins in found if begins != bool(_ENDS.search(match.group(1)))]
    depth = 0
    for match, begins in pairs:
        depth += 1 if begins else -1
        if depth < 0 or (begins and len(match.group(1)) < len(_OPENING)):
            return source, {}
    if depth or not pairs:
        return source, {}
    text = bytearray(source)
    macros: dict[int, str] = {}
    for match, begins in pairs:
        start, end = match.span(1)
        made = _OPENING if begins else b"}"
        text[start:end] = made.ljust(end - start)
        if begins:
            macros[start + len(_OPENING) - 2] = match.group(1).decode()
    return bytes(text), macros


def opened_namespaces(files: Iterable[FileFacts]) -> tuple[dict[str, str], frozenset[str]]:
    """Return macro -> the namespace that its body opens, `::` between several, without the inline ones.

    And every word that was looked up among the macros for that.
    """
    bodies: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for facts in files:
        for definition in facts.definitions:
            if not definition.flags & _MACRO:
                continue
            signature = definition.signature
            if "namespace" in signature and (definition.name not in bodies or not definition.flags & _INACTIVE):
                names = [name for inline, name in _NAMESPACE.findall(signature.replace("\\", " ")) if not inline]
                if names and not bodies.get(definition.name):
                    bodies[definition.name] = "::".join(names)
            elif definition.type == "" and (alias := _ALIAS.fullmatch(signature)) is not None:
                aliases.setdefault(definition.name, alias.group(1))
    words: set[str] = set()
    opened = {
        macro: "::".join(_named(part, aliases, words) for part in body.split("::")) for macro, body in bodies.items()
    }
    return opened, frozenset(words)


def _named(name: str, aliases: dict[str, str], words: set[str]) -> str:
    for _ in range(MAX_ALIASES):
        words.add(name)
        if name not in aliases:
            break
        name = aliases[name]
    return name
