"""Names in a question: how they are written, and whether the graph knows them.

A name is *marked* when its form shows that code is meant: backticks, `a.b`, `a::b`, `snake_case`, `CamelCase`, `call()`, a
path with a known suffix. A plain word is a name only where a phrase says so and the graph has exactly that symbol.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from configs.triage import Triage
from indexers.naming import symbol_id
from indexers.projects import projects_named
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from knowledge.text import parts_of
from tools.meaning import definitions_of
from tools.places import is_aside

_WRITTEN = re.compile(
    r"`([^`\n]{1,200})`|(?<![\w`])([A-Za-z]\w*(?:\.\w+(?:-\w+)*){2,}(?![\w/:#(])|[A-Za-z_~$@/.*][\w./~$@]*(?:(?:::|#|->|\.|/|-(?=[\w-]+\.\w))[\w~$@.-]+)*(?:\([^)\s]{0,40}\))?)"
)
_CODE_FORM = re.compile(r"\w_\w|^_\w|[a-z0-9][A-Z]|[A-Z]{2,}[a-z]{2}|::|#|->|\w\w\.\w\w|\w\.[A-Z_]|^[A-Z]\w*\.\w")
_TELLING_LENGTH = 6
"""A plain word this long may be a name in the wrong case (`sendmessage`); a shorter one is too often just a word."""
_PACKAGE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}/\w|@[\w-]+/\w")
"""A path of packages that starts with a host or a scope: `example.org/pkg`, `@scope/pkg`."""
_JOINED_WORDS = re.compile(r"\w[-@:]\w")
"""How packages are named and English words are not: `shop-core`, `com.example:shop`."""
_CALLED = re.compile(r"\([^)\s]*\)$")
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_NAMEABLE = _TYPES | {SymbolKind.FUNCTION, SymbolKind.METHOD}
"""What is called by the words of its name: a field is hardly ever."""
FOUND_BY = "found by "
"""How a clause names what another step finds, in backticks: no name in code has a space."""
_OTHER_SCRIPT = r"[\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]"
_SCRIPT_ENDS = re.compile(rf"(?<=[A-Za-z0-9_)`])(?={_OTHER_SCRIPT})|(?<={_OTHER_SCRIPT})(?=[A-Za-z0-9_`])")
_EDGE = " \t\"'“”‘’`.,:;?!"


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the question. `symbol` is its best meaning in the graph, None when the graph has none.

    name: what to ask the tools for: the words of the question, or the id where those would not be found (a path).
    is_repository: the name is a repository's; `symbol` is then the type or function that is spelled like the piece, if there is one.
    found_by: the step of the plan whose results this stands for; it has no name then.
    meanings: how many symbols bear a plain word as their name: of many, it is more likely just a word.
    """

    name: str
    symbol: Symbol | None
    is_repository: bool = False
    found_by: str = ""
    meanings: int = 1

    @property
    def is_known(self) -> bool:
        """Whether this is something that the index has, or that another step will have found."""
        return self.symbol is not None or self.is_repository or bool(self.found_by)

    @property
    def as_symbol(self) -> Named:
        """Return this name as that of code where a repository and a symbol share it; itself where they do not."""
        if not self.is_repository or self.symbol is None:
            return self
        return replace(self, name=self.symbol.name, is_repository=False)


def written_names(text: str) -> list[str]:
    """Return the pieces of `text` that are in backticks or have the form of a word, in order."""
    return [match.group(0) for match in _WRITTEN.finditer(text)]


def spaced(text: str) -> str:
    """Return `text` with a space where a name in ASCII touches a word of another script: `foo\u3092` is `foo` and a particle."""
    return _SCRIPT_ENDS.sub(" ", text)


def is_marked(piece: str, suffixes: frozenset[str]) -> bool:
    """Return whether the form of `piece` alone shows that code is meant."""
    if piece.startswith("`"):
        return True
    bare = piece.strip(_EDGE)
    return bool(_CALLED.search(bare) or _CODE_FORM.search(bare)) or _is_path(bare, suffixes)


class NameReader:
    """Recognises names against one graph within one scope. Look-ups are kept: a clause asks for the same name often."""

    def __init__(self, graph: CodeGraph, scope: Scope, triage: Triage) -> None:
        self._graph = graph
        self._scope = scope
        self._triage = triage
        self._kinds = tuple(SymbolKind(kind) for kind in sorted(triage.name_kinds))
        self._seen: dict[str, Named | None] = {}
        self._repositories = {info.name.lower(): info.name for info in graph.repositories(scope)}

    def recognise(self, piece: str) -> Named | None:
        """Return the name that `piece` is, None for an ordinary word. A marked name may be unknown to the graph."""
        if piece not in self._seen:
            self._seen[piece] = self._read(piece)
        return self._seen[piece]

    def recognise_marked(self, piece: str) -> Named | None:
        """Like `recognise`, and a plain word counts only when it is capitalised, as class names are."""
        if is_marked(piece, self._triage.file_suffixes):
            return self.recognise(piece)
        bare = piece.strip(_EDGE)
        if "/" in bare:  # a folder, or `client/server`: only the graph can tell
            return self.recognise(piece)
        if bare[:1].isupper() and len(bare) > 2 and bare.lower() not in self._triage.never_names:
            found = self.recognise(piece)
            is_code = found is not None and not found.is_repository and _is_meant(found.symbol, bare)
            return found if is_code else None
        return None

    def recognise_code(self, piece: str) -> Named | None:
        """Like `recognise_marked`, and the name of a repository counts as that of the symbol that is spelled like it."""
        whole = self.recognise(piece)
        return whole.as_symbol if whole is not None and whole.is_repository else self.recognise_marked(piece)

    def folder(self, piece: str, *, is_said: bool = False) -> Named | None:
        """Return the folder of indexed files that `piece` is the path of, or the end of a path; its symbol is a file's in it.

        is_said: the question calls it a folder, so that a word without a slash may be one.
        """
        bare = piece.strip(_EDGE)
        wanted = bare.strip("/")
        for repository in self._repositories.values() if wanted and ("/" in bare or is_said) else ():
            paths = self._graph.paths(self._scope, repository)
            inside = next((path for path in sorted(paths) if f"/{wanted}/" in f"/{path}"), None)
            if inside is not None:
                outline = self._graph.outline(self._scope, repository, inside)
                return Named(wanted, next((symbol for symbol in outline if not symbol.local_name), None))
        return None

    def joined(self, words: Sequence[str]) -> Named | None:
        """Return the type, else the function, whose name is made of exactly these words (`SessionInterface`, `session_interface`)."""
        key = " ".join(words).lower()
        if key not in self._seen:
            self._seen[key] = self._made_of([word.lower() for word in words])
        return self._seen[key]

    def _made_of(self, words: list[str]) -> Named | None:
        found = [
            symbol
            for name in ("".join(words), "_".join(words))
            for symbol in self._graph.find(self._scope, name, kinds=tuple(sorted(_NAMEABLE)), limit=20)
            if not symbol.is_test and [part.lower() for part in parts_of(symbol.name)] == words
        ]
        best = min(found, key=lambda symbol: (symbol.kind not in _TYPES, is_aside(symbol.path)), default=None)
        return Named(best.name, best) if best is not None else None

    def _read(self, piece: str) -> Named | None:
        if FOUND_BY in piece:
            return Named("", None, found_by=piece.strip("`").removeprefix(FOUND_BY).removesuffix("`"))
        name = _CALLED.sub("", piece.strip(_EDGE)).rstrip("./:#")
        if not name or " " in name or name[0].isdigit():
            return None
        marked = is_marked(piece, self._triage.file_suffixes)
        if name.lower() in self._repositories and not marked:
            return Named(self._repositories[name.lower()], self._namesake(name), is_repository=True)
        if not marked and (len(name) < 2 or name.lower() in self._triage.never_names):
            return None
        if "/" in name or _is_path(name, self._triage.file_suffixes):
            file = self._file(name)
            if file is not None:
                return Named(file.id, file)
        if "/" in name:
            found = definitions_of(self._graph, self._scope, name) or self._package(name)
            if not found and _PACKAGE.match(name):
                return Named(name, None)
            return Named(name, found[0]) if found else None
        if not marked:
            near = self._graph.find(self._scope, name, kinds=self._kinds, limit=20)
            meant = [s for s in near if s.name == name] or [
                s for s in near if s.name.lower() == name.lower() and len(name) >= _TELLING_LENGTH
            ]
            if not meant and _JOINED_WORDS.search(name):
                meant = self._package(name)
            return Named(name, meant[0], meanings=len(meant)) if meant else None
        found = definitions_of(self._graph, self._scope, name) or self._package(name)
        return Named(name, found[0] if found else None)

    def _namesake(self, name: str) -> Symbol | None:
        """Return the type, else the function, that is spelled exactly like the name of a repository."""
        found = self._graph.find(self._scope, name, kinds=(*_TYPES, SymbolKind.FUNCTION), limit=20)
        same = [symbol for symbol in found if symbol.name == name and not symbol.is_test]
        return min(same, key=lambda symbol: symbol.kind not in _TYPES, default=None)

    def _package(self, name: str) -> list[Symbol]:
        """Return the manifests of the packages that call themselves `name`."""
        found = projects_named(self._graph, self._scope, name)
        return self._graph.symbols(self._scope, [symbol_id(one.repository, one.path, "") for one in found])

    def _file(self, path: str) -> Symbol | None:
        """Return the module symbol of the file whose path is `path` or ends with it; the shortest such path."""
        wanted = path.lstrip("./")
        matches: list[tuple[int, str, str]] = []
        for repository in self._repositories.values():
            paths = self._graph.paths(self._scope, repository)
            matches += [
                (len(known), known, repository) for known in paths if known == wanted or known.endswith("/" + wanted)
            ]
        if not matches:
            return None
        _, known, repository = min(matches)
        outline = self._graph.outline(self._scope, repository, known)
        return next((symbol for symbol in outline if not symbol.local_name), None)


def _is_meant(symbol: Symbol | None, word: str) -> bool:
    """Whether a capitalised word of the question is this symbol: not one of a test, and `HTTP` is no constant of that name."""
    if symbol is None or symbol.name != word or symbol.is_test:
        return False
    return not word.isupper() or symbol.kind in _TYPES


def _is_path(name: str, suffixes: frozenset[str]) -> bool:
    stem, dot, suffix = name.rpartition(".")
    return bool(dot and stem and suffix.lower() in suffixes)
