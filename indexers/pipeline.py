"""Indexes one repository: discover, extract (in processes, cached by content), resolve, store what changed.

A tree that is as it was seen ends after the walk. Else all is resolved from cached facts, and the stores receive the rows
of the paths that own other rows than before, in one step at the end: until then, and after Ctrl-C, the previous
generation answers. The caller sees to it that no other run of the repository is under way, and that nobody else writes once this one says that it will
(`before_writing`). Facts are kept as they come, so an interrupted run resumes where it stopped.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import NothingToIndex
from indexers.extracting import extract
from indexers.history import read_history
from indexers.languages import PACKS
from indexers.resolving import resolve
from indexers.revision import Revision, revision_of
from indexers.run import Covered, Run, begin, hash_files, is_as_it_was, notes_of, recall, redactions_in
from indexers.scan import State, encode_state
from indexers.scip.keeping import overlays
from indexers.scip.overlay import CoveredFile
from indexers.storing import store_run
from knowledge.ports.graph import CodeGraph, FactsCache, Progress, RepositoryChanges
from knowledge.ports.history import HistoryBuilder
from knowledge.ports.lexical import LexicalBuilder
from knowledge.schema import FileIssue, RepositoryInfo, unpack_text
from knowledge.scope import EVERYTHING

if TYPE_CHECKING:  # start-up time: what keeps a program in memory is not for one run
    from indexers.families import Families


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did. stages_s are wall seconds by stage; skipped counts files that are not covered.

    rewritten: paths whose rows were written, None when all were (a first index, or one from scratch).
    """

    repository: RepositoryInfo
    indexed: int
    cached: int
    skipped: int
    issues: tuple[FileIssue, ...]
    redactions: int
    wall_s: float
    stages_s: dict[str, float]
    rewritten: int | None = None


def index_repository(
    root: Path,
    *,
    name: str | None,
    graph: CodeGraph,
    facts: FactsCache,
    lexical: LexicalBuilder,
    history: HistoryBuilder | None = None,
    executor: Executor | None = None,
    jobs: int | None = None,
    max_file_bytes: int = 1_500_000,
    progress: Progress | None = None,
    force: bool = False,
    scip: Sequence[Path] = (),
    documents_only: bool = False,
    families: Families | None = None,
    before_writing: Callable[[], object] = lambda: None,
) -> IndexReport:
    """Index the tree below `root`, or bring its index up to date: the stores then equal a fresh index.

    Args:
        name: of the repository; None: from its remote or folder.
        history: where to keep what past commits said and changed; None: nowhere.
        force: trust nothing that was stored but facts by content: read every file, write every row.
        documents_only: as in `discover`.
        scip: SCIP indexes of this tree, whose findings are merged and kept for the contents that they were made from.
        families: resolutions in memory, to be used where nothing changed, and where those of this run are to stay.
        before_writing: called before anything is written that readers see; until then other repositories may be written.
        executor: where to parse; None: processes of our own, `jobs` of them (None: one a core).

    Raises:
        RepositoryNotFound: `root` is not a folder. NothingToIndex: it holds no supported file.
        InputError: a SCIP index cannot be read, or does not fit. StoreError: a store could not be written, or was written by
        somebody else meanwhile. In both cases the previous generation is untouched.
    """
    started = time.perf_counter()
    run = begin(
        root, name, max_file_bytes, progress or (lambda _stage, _done, _total: None), documents_only=documents_only
    )
    with closing(run.spool), no_garbage_collection():
        if not force:
            recall(run, graph, lexical)
        hash_files(run)
        if history is not None:
            with run.stage("history"):
                run.history_note = read_history(run.root, run.name, history).note
        if not scip and run.before is not None and run.known is not None and is_as_it_was(run, run.before):
            before_writing()
            return _unchanged(run, run.before, run.known, graph, lexical, started)
        extract(run, facts, executor, jobs)
        if not run.covered:
            raise NothingToIndex(
                f"{str(run.root)!r} holds no file that Clew can read ({len(run.issues)} were skipped)",
                next_step="`clew status` lists supported languages; check .gitignore and .clewignore if files were expected.",
            )
        with run.stage("resolve"):
            run.overlays = overlays(run.name, compiler_files(run), facts, scip)
        with run.stage("resolve"):
            resolved = resolve(run, families)
        before_writing()
        info, rewritten = store_run(run, resolved, graph, lexical)
        if families is not None and run.after is not None:
            families.finish(run, info, run.after)
    return IndexReport(
        info,
        indexed=len(run.covered) - run.cached,
        cached=run.cached,
        skipped=sum(1 for issue in run.issues if not issue.covered),
        issues=tuple(run.issues),
        redactions=redactions_in(run),
        wall_s=time.perf_counter() - started,
        stages_s=run.stages_s,
        rewritten=rewritten,
    )


def _unchanged(
    run: Run, before: State, known: RepositoryInfo, graph: CodeGraph, lexical: LexicalBuilder, started: float
) -> IndexReport:
    """Report a tree whose rows are all there; at most its description is written."""
    issues = graph.issues(EVERYTHING, run.name)
    covered = graph.paths(EVERYTHING, run.name)
    revision = revision_of(run.root, {path: content_hash for path, (content_hash, _, _) in covered.items()})
    if (known.root, known.revision, known.notes) != (str(run.root), revision.label, notes_of(run, revision)):
        lexical.update(run.name, known.generation, known.generation + 1, (), (), run.progress)
        known = graph.update_repository(_no_changes(run, before, known, revision), run.progress)
    lexical.prune(run.name, known.generation)
    return IndexReport(
        known,
        indexed=0,
        cached=known.file_count,
        skipped=sum(1 for issue in issues if not issue.covered),
        issues=tuple(issues),
        redactions=before.redactions,
        wall_s=time.perf_counter() - started,
        stages_s=run.stages_s,
        rewritten=0,
    )


def _no_changes(run: Run, before: State, known: RepositoryInfo, revision: Revision) -> RepositoryChanges:
    notes, state = notes_of(run, revision), encode_state(before)
    root, label = str(run.root), revision.label
    return RepositoryChanges(run.name, root, label, notes, known.generation, (), (), (), (), (), (), lambda: state)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Facts and tables hold no cycles; looking at them for some again and again costs a tenth of the run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compiler_files(run: Run) -> dict[str, CoveredFile]:
    """Return the covered sources as the overlay of a compiler's index wants them."""

    def covered(file: Covered) -> CoveredFile:
        return CoveredFile(
            file.found.path,
            file.analysis.content_hash,
            lambda: file.facts,
            lambda: unpack_text(file.whole().text),
        )

    return {file.found.path: covered(file) for file in run.covered if file.found.language in PACKS}
