"""A repository and a store in a temporary folder, and the pipeline between them on real parts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from indexers.pipeline import IndexReport, index_repository
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import CodeGraph
from knowledge.ports.lexical import Hit
from knowledge.schema import FileIssue, Relation, RelationKind, Symbol, Tier
from knowledge.scope import EVERYTHING

SHOP: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/models.py": "class Order:\n    def total(self) -> int:\n        return price(self)\n\n\ndef price(order):\n    return 1\n",
    "shop/checkout.py": "from shop.models import Order, price\n\n\ndef checkout():\n    return price(Order())\n",
    "README.md": "# Shop\n\n## Prices\n\nSee `shop.models.price` and `Order.total()`.\n",
}


class Bench:
    """One store and any number of repositories below `folder`. Close it when done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self._opened = ExitStack()
        self.graph = self._opened.enter_context(closing(SqliteCodeGraph(self.store / "graph.db")))
        self.facts = self._opened.enter_context(closing(SqliteFactsCache(self.store / "facts.db")))
        self.lexical = LexicalWriter(self.store / "lexical")

    def repository(self, files: Mapping[str, str | bytes] = SHOP, name: str = "repo") -> Path:
        root = self.folder / name
        root.mkdir(exist_ok=True)
        return write(root, files)

    def index(
        self, root: Path | None = None, *, name: str | None = "repo", graph: CodeGraph | None = None, **options: Any
    ) -> IndexReport:
        root = root or self.folder / "repo"
        return index_repository(
            root, name=name, graph=graph or self.graph, facts=self.facts, lexical=self.lexical, **options
        )

    def search(self, query: str) -> list[Hit]:
        generations = {info.name: info.generation for info in self.graph.repositories(EVERYTHING)}
        with closing(LexicalSearch(self.store / "lexical", lambda _scope: generations)) as search:
            return list(search.search(EVERYTHING, query, kind="file", top_k=5))

    def symbols(self) -> list[Symbol]:
        return list(self.graph.iter_symbols(EVERYTHING))

    def relations(self, *kinds: RelationKind) -> list[Relation]:
        return list(self.graph.iter_relations(EVERYTHING, kinds=kinds))

    def calls(self) -> set[tuple[str, str]]:
        """Return (caller, callee) of the calls that are resolved inside the project."""
        return {
            (link.source.qualified_name, link.target.qualified_name)
            for link in self.relations(RelationKind.CALLS)
            if link.target is not None and link.tier is not Tier.AMBIGUOUS
        }

    def issues(self, name: str = "repo") -> dict[str, FileIssue]:
        return {issue.path: issue for issue in self.graph.issues(EVERYTHING, name)}

    def close(self) -> None:
        self._opened.close()


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root
