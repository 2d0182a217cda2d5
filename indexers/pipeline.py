"""Indexes one repository: discover, extract (in processes, cached by content), resolve, store what changed.

A tree that is as it was seen ends after the walk. Else all is resolved from cached facts, and the stores receive the rows
of the paths that own other rows than before, in one step at the end: until then, and after Ctrl-C, the previous
generation answers. The caller holds the store's writer lock. Facts are kept as they come, so an interrupted run resumes
where it stopped.
"""

from __future__ import annotations

import gc
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from configs.errors import NothingToIndex
from indexers.changes import OwnedRows, changed_paths
from indexers.content import read_source
from indexers.dependencies import Dependencies
from indexers.discovery import Discovery, FoundFile, discover
from indexers.documentation import Documentation
from indexers.extraction_pool import run_extraction
from indexers.facts import FileFacts, decode_facts, issue_of
from indexers.languages import PACKS, profile_for
from indexers.naming import local_names, symbol_id
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.revision import Revision, repository_name, revision_of, tracked_but_ignored
from indexers.scan import Scan, SeenFile, State, compare, decode_state, digest_of_discovery, encode_state, versions
from indexers.scip.keeping import overlays
from indexers.scip.merging import Merger
from indexers.scip.overlay import CoveredFile, FileOverlay
from indexers.worker import DOCUMENT_LANGUAGES, Analysis, cache_key, decode_analysis, hash_content
from knowledge.ports import (
    CodeGraph,
    FactsCache,
    LexicalBuilder,
    LexicalEntry,
    Progress,
    RelationRow,
    RepositoryChanges,
    RepositorySnapshot,
    UnresolvedRow,
)
from knowledge.schema import FileIssue, RepositoryInfo, SourceFile, Symbol
from knowledge.scope import EVERYTHING

CACHE_BATCH = 1_000
GC_THRESHOLD = 200_000
"""New objects between two garbage collections while indexing."""
MANIFEST_LANGUAGES = {".toml": "toml", ".json": "json", ".xml": "xml", ".cfg": "ini", ".mod": "gomod"}


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


@dataclass(slots=True)
class _Covered:
    """One covered file on its way through the stages."""

    found: FoundFile
    analysis: Analysis
    facts: FileFacts
    is_test: bool = False


@dataclass(slots=True)
class _Run:
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
    covered: list[_Covered] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    cached: int = 0
    overlays: dict[str, FileOverlay] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self.progress(name, 0, 0)
        yield
        self.stages_s[name] = self.stages_s.get(name, 0.0) + time.perf_counter() - started


def index_repository(
    root: Path,
    *,
    name: str | None,
    graph: CodeGraph,
    facts: FactsCache,
    lexical: LexicalBuilder,
    executor: Executor | None = None,
    jobs: int | None = None,
    max_file_bytes: int = 1_500_000,
    progress: Progress | None = None,
    force: bool = False,
    scip: Sequence[Path] = (),
) -> IndexReport:
    """Index the tree below `root`, or bring its index up to date: the stores then equal a fresh index.

    Args:
        name: of the repository; None: from its remote or folder.
        force: trust nothing that was stored but facts by content: read every file, write every row.
        scip: SCIP indexes of this tree, whose findings are merged and kept for the contents that they were made from.
        executor: where to parse; None: processes of our own, `jobs` of them (None: one a core).

    Raises:
        RepositoryNotFound: `root` is not a folder. NothingToIndex: it holds no supported file.
        InputError: a SCIP index cannot be read, or does not fit. StoreError: a store could not be written. In both cases
        the previous generation is untouched.
    """
    started = time.perf_counter()
    run = _begin(root, name, max_file_bytes, progress or (lambda _stage, _done, _total: None))
    with _rare_garbage_collection():
        if not force:
            _recall(run, graph, lexical)
        _hash_files(run)
        if not scip and run.before is not None and run.known is not None and _is_as_it_was(run, run.before):
            return _unchanged(run, run.before, run.known, graph, lexical, started)
        _extract(run, facts, executor, jobs)
        if not run.covered:
            raise NothingToIndex(
                f"{str(run.root)!r} holds no file that Clew can read ({len(run.issues)} were skipped)",
                next_step="`clew status` lists supported languages; check .gitignore and .clewignore if files were expected.",
            )
        with run.stage("resolve"):
            run.overlays = overlays(run.name, _compiler_files(run), facts, scip)
        info, rewritten = _store(run, graph, lexical)
    return IndexReport(
        info,
        indexed=len(run.covered) - run.cached,
        cached=run.cached,
        skipped=sum(1 for issue in run.issues if not issue.covered),
        issues=tuple(run.issues),
        redactions=_redactions(run),
        wall_s=time.perf_counter() - started,
        stages_s=run.stages_s,
        rewritten=rewritten,
    )


def _begin(root: Path, name: str | None, max_file_bytes: int, progress: Progress) -> _Run:
    """Look at the tree."""
    started, began_ns = time.perf_counter(), time.time_ns()
    progress("discover", 0, 0)
    discovery = discover(root, max_file_bytes=max_file_bytes, tracked=tracked_but_ignored(root))
    root = root.resolve()
    run = _Run(name or repository_name(root), root, discovery, progress, max_file_bytes, began_ns)
    run.stages_s["discover"] = time.perf_counter() - started
    run.issues.extend(discovery.issues)
    return run


# what is known


def _recall(run: _Run, graph: CodeGraph, lexical: LexicalBuilder) -> None:
    """Take up what the last run saw, if the stores still hold what it wrote."""
    run.known = next((info for info in graph.repositories(EVERYTHING) if info.name == run.name), None)
    if run.known is not None and lexical.has(run.name, run.known.generation):
        run.before = decode_state(graph.state(EVERYTHING, run.name), versions(run.max_file_bytes))


def _hash_files(run: _Run) -> None:
    """Learn the content hash of every file; those that are as they were seen are not read."""
    scan: Scan = compare(run.before, run.discovery.signatures)
    run.hashes.update(scan.known)
    absolutes = {file.path: file.absolute for file in run.discovery.files} | run.discovery.manifests
    with run.stage("discover"):
        for path in scan.suspect:
            with suppress(OSError):  # the worker reads it again and reports why it cannot
                run.hashes[path] = hash_content(read_source(absolutes[path], run.max_file_bytes))


def _is_as_it_was(run: _Run, before: State) -> bool:
    files = {file.path: (file.language, run.hashes.get(file.path, "")) for file in _all_files(run.discovery)}
    return files == {
        path: (seen.language, seen.content_hash) for path, seen in before.files.items()
    } and before.discovered == digest_of_discovery(run.discovery)


def _unchanged(
    run: _Run, before: State, known: RepositoryInfo, graph: CodeGraph, lexical: LexicalBuilder, started: float
) -> IndexReport:
    """Report a tree whose rows are all there; at most its description is written."""
    issues = graph.issues(EVERYTHING, run.name)
    covered = graph.paths(EVERYTHING, run.name)
    revision = revision_of(run.root, {path: content_hash for path, (content_hash, _, _) in covered.items()})
    if (known.root, known.revision, known.notes) != (str(run.root), revision.label, _notes(run, revision)):
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


def _no_changes(run: _Run, before: State, known: RepositoryInfo, revision: Revision) -> RepositoryChanges:
    notes, state = _notes(run, revision), encode_state(before)
    root, label = str(run.root), revision.label
    return RepositoryChanges(run.name, root, label, notes, known.generation, (), (), (), (), (), (), lambda: state)


def _notes(run: _Run, revision: Revision) -> tuple[str, ...]:
    return (*run.discovery.notes, *([revision.note] if revision.note else []))


def _redactions(run: _Run) -> int:
    return sum(file.analysis.redactions for file in run.covered)


# extraction


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Facts and tables hold no cycles; collecting them again and again costs a fifth of the run."""
    thresholds = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _extract(run: _Run, cache: FactsCache, executor: Executor | None, jobs: int | None) -> None:
    with run.stage("extract"):
        found = {file.path: file for file in _all_files(run.discovery)}
        analyses = _from_cache(found, cache, run.hashes)
        known = frozenset(analyses)
        missing = [
            ((file.path, str(file.absolute), file.language, run.max_file_bytes), file.size)
            for file in found.values()
            if file.path not in analyses
        ]
        total = len(found)
        run.progress("extract", len(analyses), total)
        # Closed at once: on Ctrl-C the processes end now, not when the traceback lets go of the generator.
        with closing(run_extraction(missing, executor=executor, workers=jobs)) as results, _caching(cache) as keep:
            for path, payload in results:
                analysis = analyses[path] = decode_analysis(payload)
                if analysis.content_hash and analysis.issue != "crashed":
                    keep(cache_key(analysis.content_hash, found[path].language), payload)
                run.progress("extract", len(analyses), total)
    for path, file in found.items():
        if analyses[path].issue != "crashed":
            run.hashes[path] = analyses[path].content_hash  # it may have been written to since it was hashed
        _accept(run, file, analyses[path])
    run.issues.sort(key=lambda issue: (issue.path, issue.line))
    run.cached = sum(1 for file in run.covered if file.found.path in known)


@contextmanager
def _caching(cache: FactsCache) -> Iterator[Callable[[str, bytes], None]]:
    """Lend a function that stores an entry, in batches; what is left is stored at the end, an interrupted one too."""
    fresh: list[tuple[str, bytes]] = []

    def store() -> None:
        entries = fresh.copy()
        fresh.clear()  # first: what cannot be stored is not tried again on the way out
        if entries:
            cache.put_many(entries)

    def keep(key: str, payload: bytes) -> None:
        fresh.append((key, payload))
        if len(fresh) >= CACHE_BATCH:
            store()

    try:
        yield keep
    finally:
        store()


def _all_files(discovery: Discovery) -> list[FoundFile]:
    """Sources, documents and manifests, by path."""
    known = {file.path for file in discovery.files}
    # Their size is not asked for: it only weighs batches, and a file that has gone must not stop the run here.
    manifests = [
        FoundFile(path, absolute, MANIFEST_LANGUAGES.get(absolute.suffix, "text"), 0, 0, False)
        for path, absolute in discovery.manifests.items()
        if path not in known
    ]
    return sorted([*discovery.files, *manifests], key=lambda file: file.path)


def _from_cache(found: dict[str, FoundFile], cache: FactsCache, hashes: Mapping[str, str]) -> dict[str, Analysis]:
    keys = {path: cache_key(hashes[path], file.language) for path, file in found.items() if path in hashes}
    known = cache.get_many(sorted(set(keys.values())))
    return {path: decode_analysis(known[key]) for path, key in keys.items() if key in known}


def _accept(run: _Run, file: FoundFile, analysis: Analysis) -> None:
    if analysis.issue:
        run.issues.append(FileIssue(file.path, analysis.issue, analysis.detail))
        return
    facts = decode_facts(analysis.facts)
    run.covered.append(_Covered(file, analysis, facts, file.is_test_path))
    run.issues.extend(issue_of(file.path, issue) for issue in facts.issues)


# resolution and storage


def _store(run: _Run, graph: CodeGraph, lexical: LexicalBuilder) -> tuple[RepositoryInfo, int | None]:
    """Return the stored repository and how many paths were written, None for all of them."""
    with run.stage("resolve"):
        resolved = _resolved(run)
    known = next((info for info in graph.repositories(EVERYTHING) if info.name == run.name), None)
    revision = revision_of(run.root, {file.found.path: file.analysis.content_hash for file in run.covered})
    with OwnedRows(resolved.symbols, keep=run.before is not None) as rows:
        for file in run.covered:
            found, analysis = file.found, file.analysis
            rows.add_file(found.path, found.language, analysis.content_hash, analysis.line_count, file.is_test)
        rows.add_issues(run.issues)
        if run.before is None or known is None:
            info, rewritten = _write_all(run, graph, lexical, known, revision, resolved, rows), None
        else:
            info, rewritten = _write_changes(run, graph, lexical, known, revision, resolved, rows, run.before)
    lexical.prune(run.name, info.generation)
    return info, rewritten


@dataclass(frozen=True, slots=True)
class _Resolved:
    """All languages and the documentation, resolved: `relations` and then `unresolved` stream once."""

    symbols: list[Symbol]
    relations: Iterator[RelationRow]
    unresolved: Iterator[UnresolvedRow]


def _resolved(run: _Run) -> _Resolved:
    resolutions = _resolutions(run)
    symbols: list[Symbol] = [symbol for resolution in resolutions for symbol in resolution.symbols]
    documents = [(file.found.path, file.facts) for file in run.covered if file.found.language not in PACKS]
    documentation = Documentation(run.name, documents, symbols)
    symbols.extend(documentation.symbols)
    dependencies = Dependencies(_manifest_texts(run))
    run.issues.extend(dependencies.issues)
    run.issues.sort(key=lambda issue: (issue.path, issue.line))
    modules = {symbol.path: index for index, symbol in enumerate(symbols) if not symbol.local_name}
    return _Resolved(
        symbols,
        chain(_relations(resolutions, documentation), dependencies.relations(modules)),
        (row for resolution in resolutions for row in resolution.unresolved_rows),
    )


def _write_all(
    run: _Run,
    graph: CodeGraph,
    lexical: LexicalBuilder,
    known: RepositoryInfo | None,
    revision: Revision,
    resolved: _Resolved,
    rows: OwnedRows,
) -> RepositoryInfo:
    with run.stage("terms"):
        lexical.build(
            run.name, known.generation + 1 if known else 1, _lexical_entries(run.name, run.covered), run.progress
        )
    with run.stage("store"):
        return graph.replace_repository(
            RepositorySnapshot(
                run.name,
                str(run.root),
                revision.label,
                _notes(run, revision),
                (_source_file(file) for file in run.covered),
                resolved.symbols,
                rows.relations(resolved.relations),
                rows.unresolved(resolved.unresolved),
                run.issues,
                lambda: encode_state(_state(run, rows)),
            ),
            run.progress,
        )


def _write_changes(
    run: _Run,
    graph: CodeGraph,
    lexical: LexicalBuilder,
    known: RepositoryInfo,
    revision: Revision,
    resolved: _Resolved,
    rows: OwnedRows,
    before: State,
) -> tuple[RepositoryInfo, int]:
    with run.stage("resolve"):
        deque(rows.relations(resolved.relations), 0)
        deque(rows.unresolved(resolved.unresolved), 0)
    state = _state(run, rows)
    paths = changed_paths(before.rows, state.rows)
    with run.stage("terms"):
        changed = [file for file in run.covered if _reads_otherwise(file, before)]
        gone = before.files.keys() - {file.found.path for file in run.covered}
        entries = _lexical_entries(run.name, changed)
        lexical.update(run.name, known.generation, known.generation + 1, entries, gone, run.progress)
    with run.stage("store"):
        changes = RepositoryChanges(
            run.name,
            str(run.root),
            revision.label,
            _notes(run, revision),
            known.generation,
            paths,
            (_source_file(file) for file in run.covered if file.found.path in paths),
            [symbol for symbol in resolved.symbols if symbol.path in paths],
            rows.links_of(paths),
            rows.unresolved_of(paths),
            [issue for issue in run.issues if issue.path in paths],
            lambda: encode_state(state),
        )
        return graph.update_repository(changes, run.progress), len(paths)


def _reads_otherwise(file: _Covered, before: State) -> bool:
    """Whether searches see the file anew."""
    seen = before.files.get(file.found.path)
    now = file.found.language, file.analysis.content_hash, file.is_test
    return seen is None or (seen.language, seen.content_hash, seen.is_test) != now


def _state(run: _Run, rows: OwnedRows) -> State:
    """Return what the next run wants to know; the rows must all have passed."""
    tests = {file.found.path for file in run.covered if file.is_test}
    signatures = run.discovery.signatures
    files = {
        file.path: SeenFile(file.language, signatures[file.path], run.hashes.get(file.path, ""), file.path in tests)
        for file in _all_files(run.discovery)
    }
    discovered = digest_of_discovery(run.discovery)
    return State(versions(run.max_file_bytes), run.began_ns, discovered, _redactions(run), files, rows.digests())


def _resolutions(run: _Run) -> list[Resolution]:
    """Resolve the languages family by family; they share nothing."""
    manifests = _manifest_texts(run)
    families = sorted({PACKS[file.found.language].family for file in run.covered if file.found.language in PACKS})
    resolutions: list[Resolution] = []
    count = 0
    for family in families:
        members = [
            file for file in run.covered if file.found.language in PACKS and PACKS[file.found.language].family == family
        ]
        profile = profile_for(family)(Layout([file.found.path for file in members], manifests))
        for file in members:
            file.is_test = profile.is_test_path(file.found.path)
        files = [ProgramFile(file.found.path, file.facts, file.is_test) for file in members]
        resolution = Resolution(run.name, files, profile, count)
        laid = {file.path: run.overlays[file.path] for file in files if file.path in run.overlays}
        if laid:
            resolution.overlay = Merger(resolution.symbols, count, laid).merged
        resolutions.append(resolution)
        count += len(resolutions[-1].symbols)
    return resolutions


def _compiler_files(run: _Run) -> dict[str, CoveredFile]:
    """Return the covered sources as the overlay of a compiler's index wants them."""

    def covered(file: _Covered) -> CoveredFile:
        text = file.analysis.text
        return CoveredFile(file.found.path, file.analysis.content_hash, file.facts, lambda: zlib.decompress(text))

    return {file.found.path: covered(file) for file in run.covered if file.found.language in PACKS}


def _manifest_texts(run: _Run) -> dict[str, str]:
    """Return the text of every manifest, empty for one that is not covered."""
    texts = dict.fromkeys(run.discovery.manifests, "")
    for file in run.covered:
        if file.found.path in texts:
            texts[file.found.path] = zlib.decompress(file.analysis.text).decode("utf-8", "replace")
    return texts


def _relations(resolutions: Sequence[Resolution], documentation: Documentation) -> Iterator[RelationRow]:
    for resolution in resolutions:
        yield from resolution.relations()
    yield from documentation.relations()


def _source_file(file: _Covered) -> SourceFile:
    analysis = file.analysis
    return SourceFile(
        file.found.path,
        file.found.language,
        analysis.content_hash,
        analysis.byte_count,
        max(analysis.line_count, 1),
        zlib.decompress(analysis.text),
        file.is_test,
    )


def _lexical_entries(repository: str, files: Sequence[_Covered]) -> Iterator[LexicalEntry]:
    for file in files:
        path = file.found.path
        is_document = file.found.language in DOCUMENT_LANGUAGES
        ids = [symbol_id(repository, path, local) for local in local_names(file.facts)]
        yield LexicalEntry(path, "document" if is_document else "code", file.is_test, file.analysis.terms, ids)
