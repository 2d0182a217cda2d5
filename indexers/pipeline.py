"""Indexes one repository: discover, extract (in processes, cached by content), resolve, store.

The stores are replaced in one step at the end: until then, and after Ctrl-C, the previous generation answers. The
caller holds the store's writer lock. Facts are kept as they come, so an interrupted run resumes where it stopped.
"""

from __future__ import annotations

import gc
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import NothingToIndex
from indexers.content import read_source
from indexers.discovery import Discovery, FoundFile, discover
from indexers.documentation import Documentation
from indexers.extraction_pool import run_extraction
from indexers.facts import FileFacts, decode_facts, issue_of
from indexers.languages import PACKS, profile_for
from indexers.naming import local_names, symbol_id
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.revision import repository_name, revision_of, tracked_but_ignored
from indexers.worker import DOCUMENT_LANGUAGES, Analysis, cache_key, decode_analysis, hash_content
from knowledge.ports import (
    CodeGraph,
    FactsCache,
    LexicalBuilder,
    LexicalEntry,
    Progress,
    RelationRow,
    RepositorySnapshot,
)
from knowledge.schema import FileIssue, RepositoryInfo, SourceFile, Symbol
from knowledge.scope import EVERYTHING

CACHE_BATCH = 1_000
GC_THRESHOLD = 200_000
"""New objects between two garbage collections while indexing."""
MANIFEST_LANGUAGES = {".toml": "toml", ".json": "json", ".xml": "xml", ".cfg": "ini", ".mod": "gomod"}


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run did. stages_s are wall seconds by stage; skipped counts files that are not covered."""

    repository: RepositoryInfo
    indexed: int
    cached: int
    skipped: int
    issues: tuple[FileIssue, ...]
    redactions: int
    wall_s: float
    stages_s: dict[str, float]


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
    covered: list[_Covered] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    cached: int = 0

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
) -> IndexReport:
    """Index the tree below `root` and replace the repository's previous generation.

    Args:
        name: of the repository; None: from its remote or folder.
        executor: where to parse; None: processes of our own, `jobs` of them (None: one a core).

    Raises:
        RepositoryNotFound: `root` is not a folder. NothingToIndex: it holds no supported file.
        StoreError: a store could not be written; the previous generation is untouched.
    """
    started = time.perf_counter()
    report_progress = progress or (lambda _stage, _done, _total: None)
    report_progress("discover", 0, 0)
    discovery = discover(root, max_file_bytes=max_file_bytes, tracked=tracked_but_ignored(root))
    root = root.resolve()
    run = _Run(name or repository_name(root), root, discovery, report_progress, max_file_bytes)
    run.stages_s["discover"] = time.perf_counter() - started
    run.issues.extend(discovery.issues)
    with _rare_garbage_collection():
        _extract(run, facts, executor, jobs)
        if not run.covered:
            raise NothingToIndex(
                f"{str(root)!r} holds no file that Clew can read ({len(run.issues)} were skipped)",
                next_step="`clew status` lists supported languages; check .gitignore and .clewignore if files were expected.",
            )
        info = _store(run, graph, lexical)
    return IndexReport(
        info,
        indexed=len(run.covered) - run.cached,
        cached=run.cached,
        skipped=sum(1 for issue in run.issues if not issue.covered),
        issues=tuple(run.issues),
        redactions=sum(file.analysis.redactions for file in run.covered),
        wall_s=time.perf_counter() - started,
        stages_s=run.stages_s,
    )


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
        analyses = _from_cache(found, cache, run.max_file_bytes)
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
        _accept(run, file, analyses[path])
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


def _from_cache(found: dict[str, FoundFile], cache: FactsCache, max_bytes: int) -> dict[str, Analysis]:
    keys: dict[str, str] = {}
    for path, file in found.items():
        try:
            keys[path] = cache_key(hash_content(read_source(file.absolute, max_bytes)), file.language)
        except OSError:
            continue  # the worker reads it again and reports why it cannot
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


def _store(run: _Run, graph: CodeGraph, lexical: LexicalBuilder) -> RepositoryInfo:
    with run.stage("resolve"):
        resolutions = _resolutions(run)
        symbols: list[Symbol] = [symbol for resolution in resolutions for symbol in resolution.symbols]
        documents = [(file.found.path, file.facts) for file in run.covered if file.found.language not in PACKS]
        documentation = Documentation(run.name, documents, symbols)
        symbols.extend(documentation.symbols)
    previous = next((info for info in graph.repositories(EVERYTHING) if info.name == run.name), None)
    generation = previous.generation + 1 if previous else 1
    with run.stage("terms"):
        lexical.build(run.name, generation, _lexical_entries(run), run.progress)
    revision = revision_of(run.root, {file.found.path: file.analysis.content_hash for file in run.covered})
    with run.stage("store"):
        info = graph.replace_repository(
            RepositorySnapshot(
                run.name,
                str(run.root),
                revision.label,
                (*run.discovery.notes, *([revision.note] if revision.note else [])),
                (_source_file(file) for file in run.covered),
                symbols,
                _relations(resolutions, documentation),
                (row for resolution in resolutions for row in resolution.unresolved_rows),
                run.issues,
            ),
            run.progress,
        )
    lexical.prune(run.name, info.generation)
    return info


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
        resolutions.append(Resolution(run.name, files, profile, count))
        count += len(resolutions[-1].symbols)
    return resolutions


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


def _lexical_entries(run: _Run) -> Iterator[LexicalEntry]:
    for file in run.covered:
        path = file.found.path
        is_document = file.found.language in DOCUMENT_LANGUAGES
        ids = [symbol_id(run.name, path, local) for local in local_names(file.facts)]
        yield LexicalEntry(path, "document" if is_document else "code", file.is_test, file.analysis.terms, ids)
