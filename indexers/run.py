"""The working state of one index run, and what it knows before it extracts anything: the tree, and what was stored of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from indexers.content import read_source
from indexers.discovery import DOCUMENTS_ONLY, Discovery, FoundFile, discover
from indexers.documents.formats import byte_limit
from indexers.facts import FileFacts, decode_facts
from indexers.revision import Revision, repository_name, tracked_but_ignored
from indexers.scan import Scan, State, compare, decode_state, digest_of_discovery, versions
from indexers.scip.overlay import FileOverlay
from indexers.sharing import Sharing
from indexers.spooling import Spool
from indexers.worker import Analysis, decode_analysis, hash_content
from knowledge.ports.graph import CodeGraph, Progress
from knowledge.ports.lexical import LexicalBuilder
from knowledge.schema import FileIssue, RepositoryInfo
from knowledge.scope import EVERYTHING

MANIFEST_LANGUAGES = {".toml": "toml", ".json": "json", ".xml": "xml", ".cfg": "ini", ".mod": "gomod"}


@dataclass(slots=True)
class Covered:
    """One covered file on its way through the stages.

    analysis: without text, facts and terms where these wait on the disk; `whole` has them. held: facts that stay decoded.
    """

    found: FoundFile
    analysis: Analysis
    is_test: bool = False
    held: FileFacts | None = None
    waiting: Callable[[], bytes] | None = None

    def whole(self) -> Analysis:
        return self.analysis if self.waiting is None else decode_analysis(self.waiting())

    @property
    def facts(self) -> FileFacts:
        """The facts, decoded anew at each use unless they are held: those of all files at once are most of the memory."""
        return decode_facts(self.whole().facts) if self.held is None else self.held


@dataclass(slots=True)
class Run:
    """The working state of one index run."""

    name: str
    root: Path
    discovery: Discovery
    progress: Progress
    max_file_bytes: int
    began_ns: int
    before: State | None = None
    known: RepositoryInfo | None = None
    hashes: dict[str, str] = field(default_factory=dict)
    """Content hash of every file that could be read."""
    covered: list[Covered] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    cached: int = 0
    overlays: dict[str, FileOverlay] = field(default_factory=dict)
    stored: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    """What the store holds, if `before` is true of it: path -> (content hash, language, line count) of covered files."""
    sharing: dict[str, Sharing] = field(default_factory=dict)
    """By family: which macros of other files each file is handed."""
    spool: Spool = field(default_factory=Spool)
    """What is in no stage at the moment; closed by whoever began the run."""
    history_note: str = ""
    after: State | None = None
    """What the next run wants to know, once all is written."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.progress(name, 0, 0)
        yield
        self.stages_s[name] = self.stages_s.get(name, 0.0) + time.perf_counter() - started


def begin(
    root: Path, name: str | None, max_file_bytes: int, progress: Progress, *, documents_only: bool = False
) -> Run:
    """Look at the tree. documents_only: as in `discover`."""
    started, began_ns = time.perf_counter(), time.time_ns()
    progress("discover", 0, 0)
    discovery = discover(
        root, max_file_bytes=max_file_bytes, tracked=tracked_but_ignored(root), documents_only=documents_only
    )
    root = root.resolve()
    run = Run(name or repository_name(root), root, discovery, progress, max_file_bytes, began_ns)
    run.stages_s["discover"] = time.perf_counter() - started
    run.issues.extend(discovery.issues)
    return run


def holds_documents_only(graph: CodeGraph, name: str) -> bool:
    """Return whether the repository was indexed as documents alone."""
    return any(DOCUMENTS_ONLY in info.notes for info in graph.repositories(EVERYTHING) if info.name == name)


def recall(run: Run, graph: CodeGraph, lexical: LexicalBuilder) -> None:
    """Take up what the last run saw, if the stores still hold what it wrote."""
    run.known = next((info for info in graph.repositories(EVERYTHING) if info.name == run.name), None)
    if run.known is not None and lexical.has(run.name, run.known.generation):
        run.before = decode_state(graph.state(EVERYTHING, run.name), versions(run.max_file_bytes))
        run.stored = graph.paths(EVERYTHING, run.name) if run.before is not None else {}


def hash_files(run: Run) -> None:
    """Learn the content hash of every file; those that are as they were seen are not read."""
    scan: Scan = compare(run.before, run.discovery.signatures)
    run.hashes.update(scan.known)
    absolutes = run.discovery.manifests | {file.path: file.absolute for file in run.discovery.files}
    limits = {file.path: byte_limit(file.language, run.max_file_bytes) for file in run.discovery.files}
    with run.stage("discover"):
        for path in scan.suspect:
            with suppress(OSError):  # the worker reads it again and reports why it cannot
                run.hashes[path] = hash_content(read_source(absolutes[path], limits.get(path, run.max_file_bytes)))


def is_as_it_was(run: Run, before: State) -> bool:
    files = {file.path: (file.language, run.hashes.get(file.path, "")) for file in all_files(run.discovery)}
    return files == {
        path: (seen.language, seen.content_hash) for path, seen in before.files.items()
    } and before.discovered == digest_of_discovery(run.discovery)


def all_files(discovery: Discovery) -> list[FoundFile]:
    """Sources, documents and manifests, by path."""
    known = {file.path for file in discovery.files}
    # Their size is not asked for: it only weighs batches, and a file that has gone must not stop the run here.
    manifests = [
        FoundFile(path, absolute, MANIFEST_LANGUAGES.get(absolute.suffix, "text"), 0, 0, False)
        for path, absolute in discovery.manifests.items()
        if path not in known
    ]
    return sorted([*discovery.files, *manifests], key=lambda file: file.path)


def notes_of(run: Run, revision: Revision) -> tuple[str, ...]:
    return (*run.discovery.notes, *(note for note in (revision.note, run.history_note) if note))


def redactions_in(run: Run) -> int:
    return sum(file.analysis.redactions for file in run.covered)
