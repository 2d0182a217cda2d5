"""Gives every file of a run its facts: from the cache, by content, or from worker processes. Kept as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

from indexers.discovery import FoundFile
from indexers.extraction_pool import run_extraction
from indexers.facts import ParseIssue, decode_issues, issue_of
from indexers.run import Covered, Run, all_files
from indexers.spooling import Place, Spool
from indexers.worker import Analysis, cache_key, decode_analysis
from knowledge.ports.graph import FactsCache
from knowledge.schema import FileIssue

CACHE_BATCH = 1_000


def extract(run: Run, cache: FactsCache, executor: Executor | None, jobs: int | None) -> None:
    with run.stage("extract"):
        found = {file.path: file for file in all_files(run.discovery)}
        analyses = _from_cache(found, cache, run.hashes, run.spool)
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
                taken = analyses[path] = _take(payload, run.spool)
                analysis = taken.analysis
                if analysis.content_hash and analysis.issue != "crashed":
                    keep(cache_key(analysis.content_hash, found[path].language), payload)
                run.progress("extract", len(analyses), total)
    for path, file in found.items():
        taken = analyses[path]
        if taken.analysis.issue != "crashed":
            run.hashes[path] = taken.analysis.content_hash  # it may have been written to since it was hashed
        _accept(run, file, taken)
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """An analysis whose payloads wait on the disk, at `place`."""

    analysis: Analysis
    issues: list[ParseIssue]
    place: Place


def _take(payload: bytes, spool: Spool) -> _Taken:
    analysis = decode_analysis(payload)
    issues = decode_issues(analysis.facts) if analysis.facts else []
    analysis.text = analysis.facts = analysis.terms = b""
    return _Taken(analysis, issues, spool.put(payload))


def _from_cache(
    found: dict[str, FoundFile], cache: FactsCache, hashes: Mapping[str, str], spool: Spool
) -> dict[str, _Taken]:
    keys = {path: cache_key(hashes[path], file.language) for path, file in found.items() if path in hashes}
    analyses: dict[str, _Taken] = {}
    paths = sorted(keys, key=keys.__getitem__)
    for start in range(0, len(paths), CACHE_BATCH):  # all payloads and all that is decoded at once are twice the memory
        batch = paths[start : start + CACHE_BATCH]
        known = cache.get_many(sorted({keys[path] for path in batch}))
        analyses.update({path: _take(known[keys[path]], spool) for path in batch if keys[path] in known})
    return analyses


def _accept(run: Run, file: FoundFile, taken: _Taken) -> None:
    analysis = taken.analysis
    if analysis.issue:
        run.issues.append(FileIssue(file.path, analysis.issue, analysis.detail))
        return
    run.covered.append(Covered(file, analysis, file.is_test_path, waiting=partial(run.spool.get, taken.place)))
    run.issues.extend(issue_of(file.path, issue) for issue in taken.issues)
