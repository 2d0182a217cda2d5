"""Builds small repository snapshots for the suites that need a filled code graph."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from knowledge.ports.graph import LinkRow, RelationRow, RepositoryChanges, RepositorySnapshot, UnresolvedRow
from knowledge.schema import (
    STRATEGY_CONFIDENCE,
    FileIssue,
    RelationKind,
    SourceFile,
    Strategy,
    Symbol,
    SymbolKind,
    Tier,
    pack_text,
)


class SnapshotBuilder:
    """Every symbol gets the lines it is given, its parent by its local name, and its file's module symbol."""

    def __init__(self, name: str, revision: str = "c0ffee", root: str = "/somewhere") -> None:
        self.name = name
        self.revision = revision
        self.root = root
        self.files: list[SourceFile] = []
        self.symbols: list[Symbol] = []
        self.relations: list[RelationRow] = []
        self.unresolved: list[UnresolvedRow] = []
        self.issues: list[FileIssue] = []
        self.notes: tuple[str, ...] = ()
        self.state = b""
        self._rows: dict[str, int] = {}

    def file(self, path: str, text: str = "", *, language: str = "python", is_test: bool = False) -> str:
        """Add a file and its module symbol; return the module's id."""
        content = text.encode()
        lines = max(content.count(b"\n"), 1)
        self.files.append(
            SourceFile(path, language, f"hash of {path}", len(content), lines, pack_text(content), is_test)
        )
        module = path.rpartition(".")[0].replace("/", ".")
        name = module.rpartition(".")[2]
        return self._add(
            Symbol(
                f"{self.name}:{path}#",
                self.name,
                SymbolKind.MODULE,
                name,
                "",
                module,
                path,
                1,
                1,
                1,
                lines,
                language,
                is_test=is_test,
            )
        )

    def symbol(
        self,
        path: str,
        local_name: str,
        kind: SymbolKind = SymbolKind.FUNCTION,
        line: int = 1,
        end_line: int | None = None,
        *,
        qualified_name: str | None = None,
        is_test: bool = False,
        signature: str = "",
        start_line: int | None = None,
    ) -> str:
        """Add a definition of the file at `path` (already added); return its id."""
        module = self.symbols[self._rows[f"{self.name}:{path}#"]]
        parent = f"{self.name}:{path}#{local_name.rpartition('.')[0]}"
        name = local_name.rpartition(".")[2].partition("~")[0]
        qualified = qualified_name or f"{module.qualified_name}.{local_name.partition('~')[0]}"
        return self._add(
            Symbol(
                f"{self.name}:{path}#{local_name}",
                self.name,
                kind,
                name,
                local_name,
                qualified,
                path,
                line,
                5,
                start_line or line,
                end_line or line,
                module.language,
                signature or f"signature of {name}",
                f"docstring of {name}",
                is_test or module.is_test,
                parent if parent in self._rows else module.id,
            )
        )

    def relate(
        self,
        source: str,
        target: str,
        kind: RelationKind = RelationKind.CALLS,
        line: int = 1,
        *,
        tier: Tier = Tier.EXACT,
        strategy: Strategy = Strategy.IMPORT,
        column: int = 9,
    ) -> None:
        """Add a relation written in the source's file. A target that is no symbol of ours is an external name."""
        index = self._rows.get(target, -1)
        row = self._rows[source]
        self.relations.append(
            (
                kind,
                strategy,
                tier if index >= 0 else Tier.EXTERNAL,
                STRATEGY_CONFIDENCE[strategy],
                row,
                index,
                None if index >= 0 else target,
                self.symbols[row].path,
                line,
                column,
            )
        )

    def call_unresolved(self, source: str, callee: str, line: int = 1) -> None:
        row = self._rows[source]
        self.unresolved.append((row, callee, self.symbols[row].path, line, 3))

    def build(self) -> RepositorySnapshot:
        return RepositorySnapshot(
            self.name,
            self.root,
            self.revision,
            self.notes,
            iter(self.files),
            list(self.symbols),
            iter(self.relations),
            iter(self.unresolved),
            iter(self.issues),
            lambda: self.state,
        )

    def changes(self, base: int, paths: Collection[str]) -> RepositoryChanges:
        """Return what these paths own, as changes against generation `base`."""
        return RepositoryChanges(
            self.name,
            self.root,
            self.revision,
            self.notes,
            base,
            paths,
            iter([file for file in self.files if file.path in paths]),
            [symbol for symbol in self.symbols if symbol.path in paths],
            iter([self._linked(row) for row in self.relations if self.symbols[row[4]].path in paths]),
            iter([(self.symbols[row[0]].id, *row[1:]) for row in self.unresolved if row[2] in paths]),
            iter([issue for issue in self.issues if issue.path in paths]),
            lambda: self.state,
        )

    def _linked(self, row: RelationRow) -> LinkRow:
        kind, strategy, tier, confidence, source, target, *rest = row
        target_id = self.symbols[target].id if target >= 0 else None
        return (kind, strategy, tier, confidence, self.symbols[source].id, target_id, *rest)  # type: ignore[return-value]

    def _add(self, symbol: Symbol) -> str:
        self._rows[symbol.id] = len(self.symbols)
        self.symbols.append(symbol)
        return symbol.id


def chain(name: str, length: int, *, module: str = "chain.py") -> RepositorySnapshot:
    """Return a repository in which `f0` calls `f1` calls ... calls `f<length - 1>`."""
    builder = SnapshotBuilder(name)
    builder.file(module)
    ids = [builder.symbol(module, f"f{n}", line=n + 1) for n in range(length)]
    for n, (source, target) in enumerate(pairwise(ids)):
        builder.relate(source, target, line=n + 1)
    return builder.build()
