"""Two texts of one file -> the symbols that differ. By syntax: layout, comments and docstrings are no difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import xxhash
from tree_sitter import Node

from guardrails.redaction import TextRedactor
from indexers.facts import Definition, ScopeKind
from indexers.languages import extract, parsed
from indexers.naming import local_names
from knowledge.changes import ChangedSymbol, Effect
from knowledge.schema import SymbolKind

_INNER = frozenset({ScopeKind.FUNCTION, ScopeKind.BLOCK})
_COMMENTS = frozenset({"comment", "line_comment", "block_comment"})
_STATEMENT, _STRING = "expression_statement", "string"
"""A Python docstring is a statement that is nothing but a string."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    definition: Definition
    body: bytes
    """Digest of the tokens of its own lines; those of definitions inside it are theirs."""

    content: bytes = b""
    """The same without its own name, which a renamed symbol has another one of."""

    tokens: int = 0

    @property
    def head(self) -> tuple[object, ...]:
        one = self.definition
        if one.kind == SymbolKind.VARIABLE:  # its signature holds its value
            return one.kind, one.type, one.decorators
        return one.kind, "".join(one.signature.split()), one.bases, one.implements, one.decorators


def changed_symbols(path: str, language: str, before: bytes | None, after: bytes | None) -> list[ChangedSymbol]:
    """Return what differs between two texts of a file, in the order of their lines; None: there is no such file.

    Variables inside a function are its body. A symbol whose text merely moved within its file is not changed.
    """
    old = _symbols(language, before) if before is not None else {}
    new = _symbols(language, after) if after is not None else {}
    changed = []
    for name, symbol in new.items():
        known = old.get(name)
        if known is None:
            changed.append(_changed(path, name, symbol, Effect.ADDED, ("", symbol.definition.signature)))
            continue
        signatures = (known.definition.signature, symbol.definition.signature)
        if known.head != symbol.head:
            changed.append(_changed(path, name, symbol, Effect.SIGNATURE, signatures))
        elif known.body != symbol.body:
            changed.append(_changed(path, name, symbol, Effect.BODY, signatures))
    for name, symbol in old.items():
        if name not in new:
            changed.append(_changed(path, name, symbol, Effect.REMOVED, (symbol.definition.signature, "")))
    return sorted(changed, key=lambda one: (one.line, one.local_name))


def _changed(path: str, name: str, symbol: _Symbol, effect: Effect, signature: tuple[str, str]) -> ChangedSymbol:
    one = symbol.definition
    before, after = map(_masked, signature)
    return ChangedSymbol(
        path, name, SymbolKind(one.kind), effect, one.line, one.end_line, (before, after), symbol.content, symbol.tokens
    )


def _masked(signature: str) -> str:
    """Return a signature without secrets: that of a variable holds its value, and these texts never went through an index."""
    return TextRedactor().redact(signature.encode("utf-8", "replace"))[0].decode("utf-8", "replace")


def _symbols(language: str, source: bytes) -> dict[str, _Symbol]:
    facts = extract(language, source)
    named = [
        (name, definition)
        for name, definition in zip(local_names(facts), facts.definitions, strict=True)
        if definition.kind != SymbolKind.VARIABLE or facts.scopes[definition.scope].kind not in _INNER
    ]
    spans = sorted(named, key=lambda one: (one[1].start_line, -one[1].end_line))
    digests = {name: _Digest(definition.name.encode()) for name, definition in spans}
    open_spans: list[tuple[str, Definition]] = []
    upcoming = iter(spans)
    following = next(upcoming, None)
    _, text, root = parsed(language, source)
    for line, token in _tokens(root, text):
        while following is not None and following[1].start_line <= line:
            open_spans.append(following)
            following = next(upcoming, None)
        while open_spans and open_spans[-1][1].end_line < line:
            open_spans.pop()
        if open_spans:
            digests[open_spans[-1][0]].update(token)
    return {name: digests[name].symbol(definition) for name, definition in named}


class _Digest:
    """The tokens of one symbol as they come."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._body = xxhash.xxh3_128()
        self._content = xxhash.xxh3_128()
        self._tokens = 0

    def update(self, token: bytes) -> None:
        self._body.update(token + b"\0")
        if token != self._name:
            self._content.update(token + b"\0")
            self._tokens += 1

    def symbol(self, definition: Definition) -> _Symbol:
        return _Symbol(definition, self._body.digest(), self._content.digest(), self._tokens)


def _tokens(root: Node, text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (line, text) of every token but comments and docstrings. A walk, for trees may be deep."""
    cursor = root.walk()
    while True:
        node = cursor.node
        assert node is not None
        skipped = node.type in _COMMENTS or _is_docstring(node)
        if not skipped and cursor.goto_first_child():
            continue
        if not skipped and node.end_byte > node.start_byte:
            yield node.start_point[0] + 1, text[node.start_byte : node.end_byte]
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _is_docstring(node: Node) -> bool:
    return node.type == _STATEMENT and node.child_count == 1 and node.children[0].type == _STRING
