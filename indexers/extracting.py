"""Gives every file of a run its facts: from the cache, by content, or from worker processes. Kept as they come.

Files that use macros of others are extracted once more, with these: which they are is known when every file was seen once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain

from indexers.discovery import FoundFile
from indexers.extraction_pool import run_extraction
from indexers.facts import ParseIssue, decode_issues, issue_of
from indexers.macro_links import digest_of_shared
from indexers.run import Covered, Run, all_files
from indexers.sharing import Sharing, family_sharing_macros
from indexers.spooling import Place, Spool
from indexers.worker import Analysis, Job, cache_key, decode_analysis
from knowledge.ports.graph import FactsCache
from knowledge.schema import FileIssue, unpack_text

CACHE_BATCH = 1_000


def extract(run: Run, cache: FactsCache, executor: Executor | None, jobs: int | None) -> None:
    with run.stage("extract"):
        found = {file.path: file for file in all_files(run.discovery)}
        analyses = _from_cache(found, cache, run.hashes, run.spool)
        known = frozenset(analyses)
        missing = [(_job(run, file), file.size) for file in found.values() if file.path not in analyses]
        run.progress("extract", len(analyses), len(found))
        for path, payload in _extracted(missing, found, cache, executor, jobs):
            analyses[path] = _take(payload, run.spool)
            run.progress("extract", len(analyses), len(found))
        known -= _with_macros_of_others(run, found, analyses, cache, executor, jobs)
    for path, file in found.items():
        taken = analyses[path]
        if taken.analysis.issue != "crashed":
            run.hashes[path] = taken.analysis.content_hash  # it may have been written to since it was hashed
        _accept(run, file, taken)
    run.issues.sort(key=lambda issue: (issue.path, issue.line))
    run.cached = sum(1 for file in run.covered if file.found.path in known)


def _job(run: Run, file: FoundFile, macros: bytes = b"") -> Job:
    return file.path, str(file.absolute), file.language, run.max_file_bytes, macros


def _extracted(
    missing: Sequence[tuple[Job, int]],
    found: Mapping[str, FoundFile],
    cache: FactsCache,
    executor: Executor | None,
    jobs: int | None,
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, encoded analysis) of files that the cache does not have, and put them there."""
    # Closed at once: on Ctrl-C the processes end now, not when the traceback lets go of the generator.
    with closing(run_extraction(missing, executor=executor, workers=jobs)) as results, _caching(cache) as keep:
        for path, payload in results:
            analysis = decode_analysis(payload)
            if analysis.content_hash and analysis.issue != "crashed":
                keep(cache_key(analysis.content_hash, found[path].language, analysis.handed), payload)
            yield path, payload


def _with_macros_of_others(
    run: Run,
    found: Mapping[str, FoundFile],
    analyses: dict[str, _Taken],
    cache: FactsCache,
    executor: Executor | None,
    jobs: int | None,
) -> frozenset[str]:
    """Put analyses with the macros of others in the place of those without; return the paths that were extracted for it."""
    links: dict[str, dict[str, bytes]] = {}
    for path, taken in analyses.items():
        family = family_sharing_macros(found[path].language)
        if family and not taken.analysis.issue:
            links.setdefault(family, {})[path] = taken.analysis.links
    wanted: dict[str, bytes] = {}
    for family, of_files in links.items():
        sharing = run.sharing[family] = Sharing(family, of_files, _manifest_texts(run, analyses))
        wanted.update(sharing.handed())
    keys = {
        path: cache_key(analyses[path].analysis.content_hash, found[path].language, digest_of_shared(macros))
        for path, macros in wanted.items()
    }
    cached = cache.get_many(sorted(set(keys.values()))) if keys else {}
    missing = [(_job(run, found[path], wanted[path]), found[path].size) for path in keys if keys[path] not in cached]
    made = _extracted(missing, found, cache, executor, jobs)
    for path, payload in chain(((path, cached[key]) for path, key in keys.items() if key in cached), made):
        taken = _take(payload, run.spool)
        if not taken.analysis.issue:  # else what is known without them stands
            taken.analysis.links = analyses[path].analysis.links
            analyses[path] = taken
    return frozenset(job[0] for job, _ in missing)


def _manifest_texts(run: Run, analyses: Mapping[str, _Taken]) -> dict[str, str]:
    """Return the text of every manifest that was read."""
    texts: dict[str, str] = {}
    for path in run.discovery.manifests:
        if path in analyses and not analyses[path].analysis.issue:
            text = decode_analysis(run.spool.get(analyses[path].place)).text
            texts[path] = unpack_text(text).decode("utf-8", "replace")
    return texts


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
