"""Writes the index: of one folder, of what a watcher made in memory, to Neo4j and out of every store.

Runs of several repositories read and resolve at the same time; of one there is one run at a time, and one of all writes at a time.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.repositories import unknown_repository
from app.store_files import (
    BRANCHES_FILE,
    LEXICAL_FOLDER,
    THREADS_FILE,
    TRANSCRIPTS_FILE,
    VECTORS_FOLDER,
    remove_database,
)
from app.vector_stores import VectorStores
from configs.errors import ConfigError, InputError, StoreBusy, StoreCorrupt
from knowledge.ports.graph import CodeGraph, Progress
from knowledge.scope import EVERYTHING
from ops.policy.branches import Branches

if TYPE_CHECKING:
    from indexers.families import Families
    from indexers.live import LiveIndex, Prepared
    from indexers.pipeline import IndexReport
    from knowledge.backends.neo4j_copying import Copied
    from knowledge.backends.sqlite_facts import SqliteFactsCache

KEEP_FACTS_DAYS = 30
"""How long extracted facts outlive the last repository that held their file: a branch switched to and fro costs nothing."""
_REPOSITORY_NAME = re.compile(r"\w[\w.\- ]{0,99}")
"""Symbol ids are `repository:path#name`, and names are shown on terminals: no colon, no hash, no control characters."""

Say = Callable[[str], None]


class Indexing:
    """The runs that write the stores of one process. Each waits for others of its repository, and for its turn to write, and says so."""

    def __init__(self, stores: VectorStores, tell: Callable[..., None]) -> None:
        """tell: hears of each run by repository and state, with what it came to."""
        self._stores = stores
        self._tell = tell
        self._live_facts: SqliteFactsCache | None = None
        self._live_root = Path()

    def index(
        self,
        path: str,
        name: str | None,
        *,
        progress: Progress,
        say: Say,
        force: bool = False,
        scip: Sequence[str] = (),
        documents_only: bool = False,
        families: Families | None = None,
    ) -> IndexReport:
        """Index the folder `path`; `say` hears that another run is waited for.

        force, scip, families: as in `index_repository`. documents_only: take documents alone, as an earlier run of this root may have.
        """
        from indexers.pipeline import index_repository
        from indexers.revision import branch_of
        from indexers.run import holds_documents_only
        from knowledge.backends.lexical import HistoryWriter

        root = Path(path).expanduser()
        settings = self._stores.settings.index
        branch = branch_of(root) if root.is_dir() else ""
        with ExitStack() as stack:
            opened: list[CodeGraph] = []

            def repository() -> str:
                if not opened:
                    opened.append(stack.enter_context(closing(self._stores.open_graph(read_only=False))))
                return self._index_name(opened[0], root, name)

            chosen = stack.enter_context(self._run_of(repository, say))
            (graph,) = opened
            facts = stack.enter_context(closing(self._stores.open_facts()))
            turn = stack.enter_context(ExitStack())
            report = index_repository(
                root,
                name=chosen,
                graph=graph,
                facts=facts,
                lexical=self._stores.lexical_writer(),
                history=HistoryWriter(self._stores.settings.home / LEXICAL_FOLDER),
                executor=None,
                jobs=settings.jobs,
                max_file_bytes=settings.max_file_bytes,
                progress=progress,
                force=force,
                scip=[Path(one).expanduser() for one in scip],
                documents_only=documents_only or holds_documents_only(graph, chosen),
                families=families,
                before_writing=lambda: turn.enter_context(self._turn_to_write(say)),
            )
            facts.trim(lambda: _contents(graph), KEEP_FACTS_DAYS)
            self._note_branch(root, report, branch)
        info = report.repository
        self._tell(info.name, "done", revision=info.revision, files=info.file_count, seconds=round(report.wall_s, 3))
        return report

    def open_live(self, root: Path, name: str, families: Families) -> LiveIndex:
        """Return an index in memory of an indexed root; close it with `close_live`."""
        from indexers.live import LiveIndex

        self._live_facts, self._live_root = self._stores.open_facts(), root
        return LiveIndex(root, name, self._live_facts, self._stores.settings.index.max_file_bytes, families)

    def warm_live(self, live: LiveIndex) -> bool:
        """Load what is stored into memory; False when the tree has moved on."""
        return live.warm(self._stores.graph, self._stores.lexical_writer())

    def write_live(self, live: LiveIndex, prepared: Prepared, *, say: Say) -> IndexReport:
        """Store rows made in memory. Raises as `LiveIndex.write`."""
        from indexers.revision import branch_of

        with self._writing(live.name, say) as graph:
            branch = branch_of(self._live_root)
            report = live.write(prepared, graph, self._stores.lexical_writer())
            self._note_branch(self._live_root, report, branch)
        return report

    @property
    def _branches(self) -> Branches:
        return Branches(self._stores.settings.home / BRANCHES_FILE)

    def _note_branch(self, root: Path, report: IndexReport, begun: str) -> None:
        """Keep the branch that was indexed; none where another one was checked out meanwhile."""
        from indexers.revision import branch_of

        info = report.repository
        self._branches.note(info.name, info.generation, begun if branch_of(root) == begun else "")

    def close_live(self) -> None:
        if self._live_facts is not None:
            self._live_facts.close()
            self._live_facts = None

    def copy_to_neo4j(self, repository: str | None, *, progress: Progress, say: Say) -> list[Copied]:
        """Copy one repository, or all, from the SQLite file to the Neo4j server. Raises UnknownRepository."""
        from knowledge.backends.neo4j_copying import copy_repository

        with (
            self._turn_to_write(say),
            closing(self._stores.open_sqlite(read_only=True)) as source,
        ):
            known = source.repositories(EVERYTHING)
            chosen = [info for info in known if repository in (None, info.name)]
            if repository is not None and not chosen:
                raise unknown_repository(repository, known)
            with closing(self._stores.open_neo4j(read_only=False)) as target:
                return [copy_repository(source, target, info, progress) for info in chosen]

    def forget(self, name: str, *, say: Say, quoted: bool = True) -> None:
        """Delete a repository from every store. Raises UnknownRepository.

        quoted: what people said and taught goes too: all conversations, for any may quote it, and its lessons.
        """
        with self._writing(name, say) as graph:
            if not graph.forget_repository(name):
                raise unknown_repository(name, graph.repositories(EVERYTHING))
            self._stores.lexical_writer().forget(name)
            self._forget_facts(graph)
            self._branches.note(name, 0, "")
            self._stores.memory.forget_repository(name)
            if quoted:
                self._stores.lessons.forget_repository(name)
                self._stores.profiles.forget_repository(name)
            if (self._stores.settings.home / VECTORS_FOLDER).is_dir():
                self._forget_vectors(name, say)
            if quoted:
                self._forget_threads(say)
        self._tell(name, "forgotten")

    @contextmanager
    def _writing(self, repository: str, say: Say) -> Iterator[CodeGraph]:
        """Lend the graph to the only run of a repository, in its turn to write."""
        with (
            self._run_of(lambda: repository, say),
            self._turn_to_write(say),
            closing(self._stores.open_graph(read_only=False)) as graph,
        ):
            yield graph

    def _run_of(self, repository: Callable[[], str], say: Say) -> AbstractContextManager[str]:
        from app.store_lock import run_lock

        home, timeout_s = self._stores.settings.home, self._stores.settings.index.lock_timeout_s
        return run_lock(home, repository, os.getpid(), timeout_s=timeout_s, say=say)

    def _turn_to_write(self, say: Say) -> AbstractContextManager[None]:
        from app.store_lock import index_lock

        home, timeout_s = self._stores.settings.home, self._stores.settings.index.lock_timeout_s
        return index_lock(home, os.getpid(), timeout_s=timeout_s, say=say)

    def _forget_facts(self, graph: CodeGraph) -> None:
        """Erase the cached text and facts of every content that no repository holds any more."""
        with closing(self._stores.open_facts()) as facts:
            facts.retain(_contents(graph))

    def _forget_vectors(self, repository: str, say: Say) -> None:
        from knowledge.backends.chroma import erase_repository

        try:
            if self._stores.settings.retrieval.vectors == "server":
                with closing(self._stores.open_vectors()) as vectors:
                    vectors.drop(repository)
            else:
                erase_repository(self._stores.settings.home / VECTORS_FOLDER, repository)
        except StoreBusy:
            say("a running server owns the dense vectors: it drops those of this repository by itself")
        except StoreCorrupt:
            self._stores.erase_vectors()
        shutil.rmtree(self._stores.embedder_folder(repository), ignore_errors=True)

    def _forget_threads(self, say: Say) -> None:
        """A conversation holds questions and answers in full, and which repositories they speak of is not recorded."""
        if self._stores.settings.threads.store == "postgres":
            import asyncio

            if asyncio.run(self._stores.conversations.delete_all()):
                say("all conversations at the server are deleted too: they may quote the repository")
            return
        paths = [self._stores.settings.home / name for name in (THREADS_FILE, TRANSCRIPTS_FILE)]
        if not any(path.exists() for path in paths):
            return
        try:
            for path in paths:
                remove_database(path)
                shutil.rmtree(path.with_suffix(".locks"), ignore_errors=True)
        except OSError as exc:
            raise StoreBusy(
                f"the conversations in {str(path)!r} cannot be deleted: {exc.strerror}",
                next_step="stop what uses them, such as `clew serve`, and delete that file: the rest is forgotten",
            ) from exc
        say("all conversations are deleted too: they may quote the repository")

    def _index_name(self, graph: CodeGraph, root: Path, name: str | None) -> str:
        """Keep the name that this root was indexed under; refuse one that another existing root has taken."""
        from indexers.revision import repository_name

        if name is not None and not _REPOSITORY_NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a repository",
                next_step="use letters, digits, dots, dashes, underscores and spaces, at most 100",
            )
        resolved = root.resolve()
        known = graph.repositories(EVERYTHING)
        same_root = next((info.name for info in known if info.root == str(resolved)), None)
        if name is None and same_root:
            return same_root
        if not resolved.is_dir():
            return name or str(resolved)  # there is nothing to index, as the run will say
        wanted = name or repository_name(resolved)
        taken = next((info for info in known if info.name == wanted and info.root != str(resolved)), None)
        if taken and Path(taken.root).is_dir():
            raise ConfigError(
                f"the name {wanted!r} belongs to the repository at {taken.root!r}",
                next_step=f"give this one another: clew index {str(root)!r} --name NAME",
            )
        return wanted


def _contents(graph: CodeGraph) -> set[str]:
    """Return the content hashes of all files of all repositories."""
    return {
        content_hash
        for info in graph.repositories(EVERYTHING)
        for content_hash, _, _ in graph.paths(EVERYTHING, info.name).values()
    }
