"""What edits cost in `clew watch`: the last real change of files, undone and made again, and edits made by a rule.

    python -m benchmarks.live_edits SOURCE... [--git NAME=GIT_DIR ...] [--lines 1000000] [--real 5] [--made 2] [--work FOLDER]

The SOURCEs are checkouts, from which a tree is put together (see `benchmarks/speed/trees.py`); NAME is the folder name of one whose
history is in GIT_DIR. For each language, files at random whose last change is there are edited to what they were before
it, and back; then the edits of `benchmarks/speed/edits.py`. Printed is CPU and wall time until the store is up to date, by language and
by kind, and what was not taken from memory but by an index run, with the reason.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.asking import latency
from benchmarks.speed.edits import MAX_FILE_BYTES, NEW_CODE, SEED, Edits
from benchmarks.speed.trees import assemble
from indexers.discovery import FoundFile, discover
from indexers.live import LiveIndex
from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph

NAME = "measured"
MADE = ("move_lines", "add_function", "change_signature", "add_import")
Edit = tuple[str, str, Callable[[], FoundFile]]
"""(language, kind, what makes the edit)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One edit. why: what was not sure, where it was left to an index run."""

    language: str
    kind: str
    wall_s: float
    cpu_s: float
    taken: bool
    why: str


def real_edits(root: Path, histories: dict[str, Path], count: int) -> Iterator[Edit]:
    """Yield the last change of `count` files of each language, undone and made again."""
    files = [file for file in discover(root).files if file.path.partition("/")[0] in histories]
    random.Random(SEED).shuffle(files)
    for language in sorted({file.language for file in files} & NEW_CODE.keys()):
        chosen = 0
        for file in files:
            before = _before(file, histories) if file.language == language and chosen < count else None
            if before is not None:
                chosen, now = chosen + 1, file.absolute.read_bytes()
                yield language, "a real change, undone", _writing(file, before)
                yield language, "a real change", _writing(file, now)


def made_edits(root: Path, count: int) -> Iterator[Edit]:
    """Yield `count` edits of each kind in each language that the tree has."""
    languages = {file.language for file in discover(root).files} & NEW_CODE.keys()
    for language in sorted(languages):
        edits = Edits(root, [language])
        for position, kind in enumerate(MADE):
            for number in range(position * count, (position + 1) * count):
                yield language, kind.replace("_", " "), _making(getattr(edits, kind), number)


def _writing(file: FoundFile, content: bytes) -> Callable[[], FoundFile]:
    def write() -> FoundFile:
        file.absolute.write_bytes(content)
        return file

    return write


def _making(edit: Callable[[int], FoundFile], number: int) -> Callable[[], FoundFile]:
    return lambda: edit(number)


def _before(file: FoundFile, histories: dict[str, Path]) -> bytes | None:
    """Return what a file held before its last change; None where that is not in the history, or is not what the tree holds."""
    name, _, path = file.path.partition("/")

    def git(*arguments: str) -> bytes:
        return subprocess.run(
            ["git", f"--git-dir={histories[name]}", *arguments], capture_output=True, check=False
        ).stdout

    commit = git("log", "-n1", "--no-merges", "--diff-filter=M", "--format=%H", "HEAD", "--", path).decode().strip()
    if not commit or git("show", f"{commit}:{path}") != file.absolute.read_bytes():
        return None
    return git("show", f"{commit}^:{path}") or None


def measured(root: Path, store: Path, edits: Sequence[Edit]) -> Iterator[Sample]:
    """Yield what each edit costs; those that a file does not allow are left out."""
    store.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        graph = opened.enter_context(closing(SqliteCodeGraph(store / "graph.db")))
        facts = opened.enter_context(closing(SqliteFactsCache(store / "facts.db")))
        lexical = LexicalWriter(store / "lexical")
        live = LiveIndex(root, NAME, facts, MAX_FILE_BYTES)

        def index() -> None:
            live.adopt(
                index_repository(root, name=NAME, graph=graph, facts=facts, lexical=lexical, families=live.families)
            )

        index()
        for language, kind, edit in edits:
            try:
                path = edit().path
            except ValueError:
                continue
            wall, cpu = time.perf_counter(), time.process_time()
            prepared = live.prepare([path])
            if prepared is not None:
                live.write(prepared, graph, lexical)
            else:
                index()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            yield Sample(language, kind, wall, cpu, prepared is not None, "" if prepared is not None else live.why)


def lines_of(samples: Sequence[Sample]) -> Iterator[str]:
    """Yield the figures by language, by kind, and of all."""
    groups = {f"{sample.language}": 0 for sample in samples} | {sample.kind: 1 for sample in samples} | {"all": 2}
    for group in sorted(groups, key=lambda name: (groups[name], name)):
        own = [sample for sample in samples if group in (sample.language, sample.kind, "all")]
        runs = sum(not sample.taken for sample in own)
        yield f"{group:<22} {len(own):4} edits, index runs {runs}; CPU {latency([s.cpu_s for s in own])}; wall {latency([s.wall_s for s in own])}"
    for (language, why), count in Counter((s.language, s.why) for s in samples if not s.taken).items():
        yield f"index run: {count} x {language}: {why}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What edits cost in clew watch.")
    parser.add_argument("sources", type=Path, nargs="+", help="checkouts to put the tree together from")
    parser.add_argument("--git", action="append", default=[], metavar="NAME=GIT_DIR")
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--real", type=int, default=5, help="files of each language whose last change is made")
    parser.add_argument("--made", type=int, default=2, help="edits by rule of each kind and language")
    parser.add_argument("--work", type=Path, help="where tree and store go; removed at the end")
    options = parser.parse_args()
    histories = {name: Path(folder) for name, _, folder in (given.partition("=") for given in options.git)}
    with tempfile.TemporaryDirectory(dir=options.work, prefix="clew-edits-") as work:
        root = assemble(options.sources, Path(work) / "tree", options.lines).root
        edits = [*real_edits(root, histories, options.real), *made_edits(root, options.made)]
        print(*lines_of(list(measured(root, Path(work) / "store", edits))), sep="\n")


if __name__ == "__main__":
    main()
