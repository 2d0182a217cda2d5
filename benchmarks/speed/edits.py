"""One edited file, and the store up to date: in a process that stays, as `clew watch` does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.trees import COMMENT
from indexers.discovery import FoundFile, discover
from indexers.languages import PACKS, extract
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
NEW_PARAMETER = {
    "python": ", clew_{0}=None",
    "go": ", clew{0} int",
    "javascript": ", clew{0}",
    "typescript": ", clew{0}?: number",
    "rust": ", clew_{0}: u32",
    "c": ", int clew_{0}",
    "cpp": ", int clew_{0}",
    "java": ", int clew{0}",
}
CALLABLE = ("function", "method")


@dataclass(frozen=True, slots=True)
class Sample:
    """One edit. taken: from memory, not by an index run. rewritten: files whose rows were written."""

    language: str
    wall_s: float
    cpu_s: float
    taken: bool
    rewritten: int


class Edits:
    """Files of a tree, chosen at random, that are edited one after the other."""

    def __init__(self, root: Path, languages: Iterable[str] = NEW_CODE) -> None:
        files = [
            file for file in discover(root).files if file.language in set(languages) & NEW_CODE.keys() & PACKS.keys()
        ]
        random.Random(SEED).shuffle(files)
        self._files = files

    def file(self, number: int) -> FoundFile:
        return self._files[number % len(self._files)]

    def add_function(self, number: int) -> FoundFile:
        """Put a new function at the end of the file of this number: other files may mean it."""
        file = self.file(number)
        with file.absolute.open("a", encoding="utf-8", newline="") as stream:
            stream.write(NEW_CODE[file.language].format(number))
        return file

    def move_lines(self, number: int) -> FoundFile:
        """Put a comment behind the first line of the file of this number: all that follows stands elsewhere."""
        file = self.file(number)
        first, _, rest = file.absolute.read_bytes().partition(b"\n")
        mark = COMMENT.get(file.language, "//")
        file.absolute.write_bytes(first + f"\n{mark} edit {number}\n".encode() + rest)
        return file

    def change_signature(self, number: int) -> FoundFile:
        """Give one more parameter to a function of a file, the next one from this number on that has a fitting one."""
        chosen = random.Random(SEED + number)
        for step in range(len(self._files)):
            file = self.file(number + step)
            lines = file.absolute.read_bytes().split(b"\n")
            places = [
                (definition.line - 1, close)
                for definition in extract(file.language, b"\n".join(lines)).definitions
                if definition.kind in CALLABLE and definition.parameters
                if (close := _end_of_parameters(lines[definition.line - 1], definition.name)) > 0
            ]
            if places:
                line, close = chosen.choice(places)
                added = NEW_PARAMETER[file.language].format(number).encode()
                lines[line] = lines[line][:close] + added + lines[line][close:]
                file.absolute.write_bytes(b"\n".join(lines))
                return file
        raise ValueError("no file holds a function with parameters on one line")

    def add_import(self, number: int) -> FoundFile:
        """Give a file one more import behind its last one, one of the same form that another file of its language and folder tree has."""
        chosen = random.Random(SEED + number)
        for step in range(len(self._files)):
            file = self.file(number + step)
            own = _imports(file)
            alike = [other for other in self._files if other.language == file.language and _top(other) == _top(file)]
            lent = [line for other in chosen.sample(alike, min(len(alike), 8)) for line in _imports(other).values()]
            known = {line.strip() for line in own.values()}
            last = own[max(own)] if own else b""
            new = [line.strip() for line in lent if _form(line) == _form(last) and line.strip() not in known]
            if new:
                lines = file.absolute.read_bytes().split(b"\n")
                lines.insert(max(own), last[: len(last) - len(last.lstrip())] + chosen.choice(new))
                file.absolute.write_bytes(b"\n".join(lines))
                return file
        raise ValueError("no two files import different things")


def _end_of_parameters(line: bytes, name: str) -> int:
    """Return where the parameter list that follows a name ends; 0 when that is on another line, or nothing is in it."""
    at = line.find(name.encode() + b"(")
    depth = 0
    for position in range(at + len(name.encode()), len(line)) if at >= 0 else ():
        depth += {40: 1, 41: -1}.get(line[position], 0)
        if depth == 0:
            inside = line[at + len(name.encode()) + 1 : position].strip()
            return 0 if inside in (b"", b"void") or inside.endswith((b",", b"...")) or b"*" in inside[:1] else position
    return 0


def _imports(file: FoundFile) -> dict[int, bytes]:
    """Return line -> text of the imports that stand on one line each, as they may be copied."""
    lines = file.absolute.read_bytes().split(b"\n")
    found = {}
    for item in extract(file.language, b"\n".join(lines)).imports:
        line = lines[item.line - 1]
        if line.count(b"(") == line.count(b")") and line.count(b"{") == line.count(b"}") and not line.endswith(b"\\"):
            found[item.line] = line
    return found


def _form(line: bytes) -> bytes:
    """Return the word that an import begins with; nothing for one in a list of imports (Go)."""
    return line.split()[0] if line[:1] != b"\t" and line.split() else b""


def _top(file: FoundFile) -> str:
    return file.path.partition("/")[0]


def timed_edits(
    root: Path, store: Path, name: str, edit: Callable[[int], FoundFile], numbers: Iterable[int]
) -> list[Sample]:
    """Return what each change of a file costs until the store is up to date.

    What the program in memory declines is indexed, which is timed too, and leaves the program warm.
    """
    samples: list[Sample] = []
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
            wall, cpu = time.perf_counter(), time.process_time()
            prepared = live.prepare([file.path])
            if prepared is not None:
                report = live.write(prepared, graph, lexical)
            else:
                report = index_repository(
                    root, name=name, graph=graph, facts=facts, lexical=lexical, families=live.families
                )
                live.adopt(report)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            samples.append(Sample(file.language, wall, cpu, prepared is not None, report.rewritten or 0))
        live.families.keep_only(set())
        live.tidy()
    return samples
