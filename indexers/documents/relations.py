"""Facts of documents -> document and section symbols, and what their inline code names (DOCUMENTS).

A name in inline code or in a block of code is bound only when it is qualified enough to mean one symbol of the project: a
dotted suffix or a simple name that exactly one definition carries. A name that begins with a package of the project
(`celery.Celery`, which lives in `celery.app.base`) may be re-exported, so its end alone is looked for too. Anything else is
left alone: prose is full of common words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexers.facts import FileFacts
from indexers.naming import local_names, symbol_id
from knowledge.ports.graph import RelationRow
from knowledge.schema import STRATEGY_CONFIDENCE, RelationKind, Strategy, Symbol, SymbolKind, Tier

DocumentFile = tuple[str, FileFacts]

_NAMED_KINDS = (SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.MODULE)


class Documentation:
    """Document and section symbols, and their relations to `code`, the symbols of all languages (in index order)."""

    def __init__(self, repository: str, files: Sequence[DocumentFile], code: Sequence[Symbol]) -> None:
        self.repository = repository
        self.files = files
        self.first_index = len(code)
        self.code = code
        self.symbols: list[Symbol] = [symbol for path, facts in files for symbol in self._file_symbols(path, facts)]

    def _file_symbols(self, path: str, facts: FileFacts) -> Iterator[Symbol]:
        file_id = symbol_id(self.repository, path, "")
        name = path.rpartition("/")[2]
        yield Symbol(
            file_id, self.repository, SymbolKind.DOCUMENT, name, "", path, path, 1, 1, 1, max(facts.line_count, 1),
            facts.language, docstring=facts.docstring,
        )  # fmt: skip
        locals_ = local_names(facts)
        for definition, local in zip(facts.definitions, locals_, strict=True):
            parent = _parent(facts, definition.scope, locals_)
            yield Symbol(
                symbol_id(self.repository, path, local), self.repository, SymbolKind.SECTION, definition.name, local,
                f"{path}#{definition.name}", path, definition.line, definition.column, definition.start_line,
                definition.end_line, facts.language, "", definition.docstring, False,
                symbol_id(self.repository, path, parent),
            )  # fmt: skip

    def relations(self) -> Iterator[RelationRow]:
        """Yield one DOCUMENTS row an inline name and section, to the symbol it can only mean."""
        by_name = self._by_name()
        packages = {one.qualified_name.partition(".")[0] for one in self.code if one.kind is SymbolKind.MODULE}
        index = self.first_index
        for path, facts in self.files:
            opened_by = [scope.definition for scope in facts.scopes]
            seen: set[tuple[int, int]] = set()
            for reference in facts.references:
                target = self._meant(reference.path, by_name, packages)
                source = index + 1 + opened_by[reference.scope] if opened_by[reference.scope] >= 0 else index
                if target is not None and (source, target) not in seen:
                    seen.add((source, target))
                    yield (
                        RelationKind.DOCUMENTS, Strategy.UNIQUE_NAME, Tier.INFERRED,
                        STRATEGY_CONFIDENCE[Strategy.UNIQUE_NAME], source, target, None, path, reference.line,
                        reference.column,
                    )  # fmt: skip
            index += 1 + len(facts.definitions)

    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, symbol in enumerate(self.code):
            if symbol.kind in _NAMED_KINDS and not symbol.is_test:
                found.setdefault(symbol.name, []).append(index)
        return found

    def _meant(self, written: str, by_name: dict[str, list[int]], packages: set[str]) -> int | None:
        is_called = written.endswith("()")
        path = _path_of(written)
        head, _, rest = path.partition(".")
        found = self._ending_in(path, by_name)
        while found is None and rest and head in packages:
            found = self._ending_in(rest, by_name)
            rest = rest.partition(".")[2]
        return None if found is not None and is_called and self.code[found].kind is SymbolKind.MODULE else found

    def _ending_in(self, path: str, by_name: dict[str, list[int]]) -> int | None:
        """Return the one symbol whose qualified name ends in `path`."""
        name = path.rpartition(".")[2]
        candidates = by_name.get(name, [])
        if "." in path:
            candidates = [
                index
                for index in candidates
                if f".{self.code[index].qualified_name.replace('::', '.').replace('/', '.')}".endswith(f".{path}")
            ]
        elif len(name) < 4 or (name.islower() and "_" not in name):
            return None  # an ordinary word in code font (`name`, `value`) is no reference by itself
        return candidates[0] if len(candidates) == 1 else None


def last_name(written: str) -> str:
    """Return the name that symbols must have to be meant by inline code."""
    return _path_of(written).rpartition(".")[2]


def _path_of(written: str) -> str:
    return written.removesuffix("()").replace("::", ".").strip("~.")


def _parent(facts: FileFacts, scope: int, names: Sequence[str]) -> str:
    while scope >= 0:
        if facts.scopes[scope].definition >= 0:
            return names[facts.scopes[scope].definition]
        scope = facts.scopes[scope].parent
    return ""
