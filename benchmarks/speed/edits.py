"""One edited file, and the store up to date: in a process that stays, as `clew watch` does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.speed.trees import COMMENT
from indexers.discovery import FoundFile, discover
from indexers.languages import PACKS
from indexers.live import LiveIndex
from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph

SEED = 7
MAX_FILE_BYTES = 1_500_000
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
    """Files of a tree, chosen at random, that are edited one after the other."""

    def __init__(self, root: Path) -> None:
        files = [file for file in discover(root).files if file.language in NEW_CODE and file.language in PACKS]
        random.Random(SEED).shuffle(files)
        self._files = files

    def add_function(self, number: int) -> FoundFile:
        """Put a new function at the end of the file of this number: other files may mean it."""
        file = self._files[number % len(self._files)]
        with file.absolute.open("a", encoding="utf-8", newline="") as stream:
            stream.write(NEW_CODE[file.language].format(number))
        return file

    def move_lines(self, number: int) -> FoundFile:
        """Put a comment behind the first line of the file of this number: all that follows stands elsewhere."""
        file = self._files[number % len(self._files)]
        first, _, rest = file.absolute.read_bytes().partition(b"\n")
        mark = COMMENT.get(file.language, "//")
        file.absolute.write_bytes(first + f"\n{mark} edit {number}\n".encode() + rest)
        return file


def timed_edits(
    root: Path, store: Path, name: str, edit: Callable[[int], FoundFile], numbers: Iterable[int]
) -> list[float]:
    """Return the seconds from each change of a file until the store is up to date.

    What the program in memory declines is indexed, which is timed too; warming it again afterwards is not.
    """
    samples: list[float] = []
    root = root.resolve()
    with ExitStack() as opened:
        graph = opened.enter_context(closing(SqliteCodeGraph(store / "graph.db")))
        facts = opened.enter_context(closing(SqliteFactsCache(store / "facts.db")))
        lexical = LexicalWriter(store / "lexical")
        live = LiveIndex(root, name, facts, MAX_FILE_BYTES)
        index_repository(root, name=name, graph=graph, facts=facts, lexical=lexical)
        for number in numbers:
            if not live.is_warm:
                live.warm(graph, lexical)
            file = edit(number)
            started = time.perf_counter()
            prepared = live.prepare([file.path])
            if prepared is not None:
                live.write(prepared, graph, lexical)
            else:
                live.adopt(index_repository(root, name=name, graph=graph, facts=facts, lexical=lexical))
            samples.append(time.perf_counter() - started)
    return samples
