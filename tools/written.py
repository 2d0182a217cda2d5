"""Where code writes a name and no relation says what it means there: before nothing is said to use a symbol, each such place is looked at.

A file is read as its tokens: comments and documentation are no code, and a string counts where it is nothing but the name, as in
`getattr(thing, "run")`. What an indexed relation of the line explains is another symbol's, unless that is a method which the symbol
overrides, or one of an object from outside the project that may be ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Strategy, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.coverage import CONSTRUCTORS, MAX_UNCOVERED, may_refer
from tools.dispatch import MAX_LINE, overridden_by
from tools.outside import outside_links
from tools.places import is_aside
from tools.reaching import HIERARCHY

_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_BODIES = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_JUDGED = _TYPES | _BODIES | {SymbolKind.VARIABLE}
_CALLED_BY_NAME = frozenset({"java", "rust"})
"""Languages in which a method is named by a call of it, or behind `::`."""
_OF_OWN_OBJECT = frozenset({"java", "cpp"})
"""Languages in which a bare name may be a method of the object at hand."""
_OF_OBJECTS = frozenset(
    {
        Strategy.MEMBER, Strategy.INHERITANCE, Strategy.ANNOTATION, Strategy.CONSTRUCTOR, Strategy.ATTRIBUTE_TYPE,
        Strategy.RETURN_TYPE, Strategy.ASSIGNMENT, Strategy.CONTAINER, Strategy.PARAMETER, Strategy.BRANCHES,
    }
)  # fmt: skip
"""What is called so is a member of an object, not of a module."""

_C_COMMENTS = r"//[^\n]*|/\*.*?\*/"
_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_TOKENS = {
    "python": r"#[^\n]*|\"\"\".*?\"\"\"|'''.*?'''|" + _QUOTED,
    "javascript": _C_COMMENTS + "|" + _QUOTED,
    "go": _C_COMMENTS + r"|`[^`]*`|" + _QUOTED,
    "java": _C_COMMENTS + r"|\"\"\".*?\"\"\"|" + _QUOTED,
    # a lifetime begins like a character
    "rust": _C_COMMENTS + r"|\"(?:\\.|[^\"\\])*\"|'(?:\\.[^']*|[^'\\\n])'",
    "c": _C_COMMENTS + "|" + _QUOTED,
}
"""Comments and strings, which hold no code; a template string of JavaScript does."""
_SAME_TOKENS = {"typescript": "javascript", "cpp": "c"}
_DOTTED = re.compile(r"(?:[\w$]+(?:\.|::|[/:#]))*$")
_BEFORE_MEMBER = re.compile(r"(?:\.|->|::)\s*$")
_BEFORE_PATH = re.compile(r"::\s*$")
_CALL = re.compile(r"\s*(?:\(|::\s*<|<[^<>()]*>\s*\()")
_NAMED = re.compile(r"\s*(?:=(?!=)|:)")
"""An argument, a key or a variable of that name."""
_ROOM = 80
"""Characters before a name that are looked at."""


def unexplained(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return the places that may use one of the symbols and are no relation to it, product before tests; at most `MAX_UNCOVERED` by name."""
    found: list[Uncovered] = []
    by_name: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        if symbol.kind in _JUDGED and symbol.name not in CONSTRUCTORS and symbol.name.isidentifier():
            by_name.setdefault(symbol.name, []).append(symbol)
    for name, meant in by_name.items():
        found += islice(_places(graph, scope, name, meant), MAX_UNCOVERED)
    return found


def _places(graph: CodeGraph, scope: Scope, name: str, meant: Sequence[Symbol]) -> Iterator[Uncovered]:
    judge = _Judge(graph, scope, name, meant)
    plain = name.encode()
    for repository in sorted({symbol.repository for symbol in meant}):
        for path, (_, language, _) in sorted(graph.paths(scope, repository).items(), key=lambda one: is_aside(one[0])):
            tokens = _tokens(language)
            if tokens is None or not any(may_refer(path, symbol.path) for symbol in meant):
                continue
            text = graph.read_text(scope, repository, path) or b""
            if plain in text:
                yield from judge.of_file(repository, path, language, text.decode("utf-8", "replace"), tokens)


@cache
def _tokens(language: str) -> re.Pattern[str] | None:
    """Return what finds the comments, strings and names of a language; None where it is not known."""
    inert = _TOKENS.get(_SAME_TOKENS.get(language, language))
    return re.compile(rf"(?P<inert>{inert})|[A-Za-z_$][\w$]*", re.DOTALL) if inert else None


class _Judge:
    """What a name means where it is written. ancestors: the classes above the owners of `meant`. above: the methods that a call may name and still run one of `meant`. bases: those outside the project, and their packages."""

    def __init__(self, graph: CodeGraph, scope: Scope, name: str, meant: Sequence[Symbol]) -> None:
        self.graph, self.scope, self.name, self.meant = graph, scope, name, meant
        self.own = {symbol.id for symbol in meant}
        self.above = {symbol.id for symbol in overridden_by(graph, scope, meant)}
        owners = [one.parent_id for one in meant if one.parent_id is not None]
        walk = graph.walk(scope, owners, "out", kinds=HIERARCHY, max_depth=MAX_LINE)
        self.ancestors = {step.symbol.id for step in walk.steps}
        named = [link.external for link in outside_links(graph, scope, meant) if link.external is not None]
        self.bases = frozenset([*named, *(name.partition(".")[0] for name in named)])
        self.kinds = {symbol.kind for symbol in meant}
        self.are_members = all(self._is_member(symbol) for symbol in meant)

    def _is_member(self, symbol: Symbol) -> bool:
        if symbol.kind is SymbolKind.METHOD:
            return True
        return symbol.kind is SymbolKind.VARIABLE and "." in symbol.local_name

    def of_file(
        self, repository: str, path: str, language: str, text: str, tokens: re.Pattern[str]
    ) -> Iterator[Uncovered]:
        """Yield the places of a file where the name may mean one of the symbols."""
        is_home = any((one.repository, one.path) == (repository, path) for one in self.meant)
        lines = self._written(language, text, tokens, is_home)
        if not lines:
            return
        outline = self.graph.outline(self.scope, repository, path)
        defined = {symbol.line for symbol in outline if symbol.name == self.name}
        round_them = [one.id for one in outline if any(one.start_line <= line <= one.end_line for line in lines)]
        links = self._links(round_them, path)
        is_imported = any(
            link.target is not None and link.target.id in self.own for each in links.values() for link in each
        )
        for line, reason in lines.items():
            if (
                line in links
                and is_imported
                and not any(link.target and link.target.id in self.own for link in links[line])
            ):
                yield Uncovered(
                    path, line, f"{self.name!r} is imported into this file, and another of that name is meant here too"
                )
            elif line in links:
                for told in filter(None, map(self._told, links[line])):
                    yield Uncovered(path, line, told)
                    break
            elif line not in defined:
                yield Uncovered(path, line, reason)

    def _written(self, language: str, text: str, tokens: re.Pattern[str], is_home: bool) -> dict[int, str]:
        """Return line -> why the name may mean one of the symbols there, by how it is written."""
        found: dict[int, str] = {}
        line, counted = 1, 0
        for token in tokens.finditer(text):
            inert = token["inert"]
            if inert is not None:
                inside = inert.strip("\"'`")
                if inert[0] not in "\"'`" or not inside.endswith(self.name) or inert[:3] in ('"""', "'''"):
                    continue
                if not _DOTTED.match(inside.removesuffix(self.name)):
                    continue
                reason = f"{self.name!r} is written as a string here, by which it may be looked up"
            elif token[0] != self.name or not self._may_mean(language, text, token.start(), token.end(), is_home):
                continue
            else:
                reason = f"what `{self.name}` means here could not be resolved"
            line, counted = line + text.count("\n", counted, token.start()), token.start()
            found.setdefault(line, reason)
        return found

    def _may_mean(self, language: str, text: str, start: int, end: int, is_home: bool) -> bool:
        """Whether a name that stands there can mean one of the symbols, by what stands around it. is_home: in their own file."""
        before = text[max(start - _ROOM, 0) : start]
        is_called = _CALL.match(text, end) is not None
        if _BEFORE_MEMBER.search(before):
            by_call = language in _CALLED_BY_NAME and self.kinds <= _BODIES
            return not by_call or is_called or _BEFORE_PATH.search(before) is not None
        if self.are_members:
            return is_called and language in _OF_OWN_OBJECT
        is_value = is_home and not _NAMED.match(text, end)  # returned, or handed on
        return not self.kinds.isdisjoint(_TYPES) or ((is_called or is_value) and not self.kinds.isdisjoint(_BODIES))

    def _links(self, ids: Sequence[str], path: str) -> dict[int, list[Relation]]:
        """Return line -> the relations of a file that the name stands for."""
        found: dict[int, list[Relation]] = {}
        kinds = tuple(kind for kind in RelationKind if kind is not RelationKind.CONTAINS)
        for link in self.graph.relations(self.scope, ids, "out", kinds=kinds, tiers=tuple(Tier)):
            name = link.target.name if link.target is not None else _last_name(link.external or "")
            if link.site.path == path and name == self.name:
                found.setdefault(link.site.line, []).append(link)
        return found

    def _told(self, link: Relation) -> str:
        """Return why a relation to something else may run one of the symbols all the same, nothing where it cannot."""
        if link.kind not in (RelationKind.CALLS, RelationKind.REFERENCES, RelationKind.READS):
            return ""
        if link.target is not None:
            is_above = link.target.id in self.above or (self.are_members and link.target.parent_id in self.ancestors)
            return f"{link.target.qualified_name} is named here, which it may run for" if is_above else ""
        outside = link.external or ""
        if self.kinds.isdisjoint(_BODIES) or not self.are_members:
            return ""
        if ")." in outside or "]." in outside:
            return f"the call of {outside!r} may come back into the project"
        package = outside.partition(".")[0]
        if link.strategy in _OF_OBJECTS and (package in self.bases or outside.rpartition(".")[0] in self.bases):
            return f"the object that {outside!r} is called on may be of this class, whose base is outside the project"
        return ""


def _last_name(external: str) -> str:
    return external.replace("::", ".").replace("/", ".").rpartition(".")[2]
