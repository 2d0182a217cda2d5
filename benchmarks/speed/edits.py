"""One edited file, and the store up to date: in a process that stays, as an editor's companion does."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, closing
from pathlib import Path

from indexers.discovery import discover
from indexers.languages import PACKS
from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph

SEED = 7
NEW_CODE = {
    "python": "\n\ndef clew_measures_{0}():\n    return clew_measures_{0}()\n",
    "go": "\nfunc clewMeasures{0}() int {{ return clewMeasures{0}() }}\n",
    "javascript": "\nfunction clewMeasures{0}() {{ return clewMeasures{0}(); }}\n",
    "typescript": "\nfunction clewMeasures{0}(): number {{ return clewMeasures{0}(); }}\n",
    "rust": "\nfn clew_measures_{0}() -> u32 {{ clew_measures_{0}() }}\n",
    "c": "\nstatic int clew_measures_{0}(void) {{ return clew_measures_{0}(); }}\n",
    "cpp": "\nstatic int clew_measures_{0}() {{ return clew_measures_{0}(); }}\n",
    "java": "\nclass ClewMeasures{0} {{ int again() {{ return again(); }} }}\n",
}


class Edits:
    """Files of a tree, chosen at random, to which a function is added one after the other."""

    def __init__(self, root: Path) -> None:
        files = [file for file in discover(root).files if file.language in NEW_CODE and file.language in PACKS]
        random.Random(SEED).shuffle(files)
        self._files = files

    def edit(self, number: int) -> Path:
        """Change the file of this number; return it."""
        file = self._files[number % len(self._files)]
        with file.absolute.open("a", encoding="utf-8", newline="") as stream:
            stream.write(NEW_CODE[file.language].format(number))
        return file.absolute


def timed_edits(root: Path, store: Path, name: str | None, count: int) -> list[float]:
    """Return the seconds from each change of a file until the store is up to date."""
    edits = Edits(root)
    samples: list[float] = []
    with ExitStack() as opened:
        graph = opened.enter_context(closing(SqliteCodeGraph(store / "graph.db")))
        facts = opened.enter_context(closing(SqliteFactsCache(store / "facts.db")))
        lexical = LexicalWriter(store / "lexical")
        for number in range(count):
            edits.edit(number)
            started = time.perf_counter()
            index_repository(root, name=name, graph=graph, facts=facts, lexical=lexical)
            samples.append(time.perf_counter() - started)
    return samples
