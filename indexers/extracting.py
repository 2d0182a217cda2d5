"""Gives every file of a run its facts: from the cache, by content, or from worker processes. Kept as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing, contextmanager

from indexers.discovery import FoundFile
from indexers.extraction_pool import run_extraction
from indexers.facts import decode_facts, issue_of
from indexers.run import Covered, Run, all_files
from indexers.worker import Analysis, cache_key, decode_analysis
from knowledge.ports import (
    FactsCache,
)
from knowledge.schema import FileIssue

CACHE_BATCH = 1_000


def extract(run: Run, cache: FactsCache, executor: Executor | None, jobs: int | None) -> None:
    with run.stage("extract"):
        found = {file.path: file for file in all_files(run.discovery)}
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


def _from_cache(found: dict[str, FoundFile], cache: FactsCache, hashes: Mapping[str, str]) -> dict[str, Analysis]:
    keys = {path: cache_key(hashes[path], file.language) for path, file in found.items() if path in hashes}
    analyses: dict[str, Analysis] = {}
    paths = sorted(keys, key=keys.__getitem__)
    for start in range(0, len(paths), CACHE_BATCH):  # all payloads and all that is decoded at once are twice the memory
        batch = paths[start : start + CACHE_BATCH]
        known = cache.get_many(sorted({keys[path] for path in batch}))
        analyses.update({path: decode_analysis(known[keys[path]]) for path in batch if keys[path] in known})
    return analyses


def _accept(run: Run, file: FoundFile, analysis: Analysis) -> None:
    if analysis.issue:
        run.issues.append(FileIssue(file.path, analysis.issue, analysis.detail))
        return
    facts = decode_facts(analysis.facts)
    analysis.facts = b""  # decoded: as much memory again
    run.covered.append(Covered(file, analysis, facts, file.is_test_path))
    run.issues.extend(issue_of(file.path, issue) for issue in facts.issues)
