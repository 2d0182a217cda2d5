"""Writes what a run resolved: everything, or the rows of the paths that own other ones than before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from configs.errors import StoreBusy
from indexers.changes import OwnedRows, changed_paths
from indexers.documents.formats import FORMATS
from indexers.resolving import Resolved
from indexers.revision import Revision, revision_of
from indexers.run import Covered, Run, all_files, notes_of, redactions_in
from indexers.scan import SeenFile, State, digest_of_discovery, encode_state, versions
from knowledge.ports.graph import CodeGraph, RepositoryChanges, RepositorySnapshot
from knowledge.ports.lexical import LexicalBuilder, LexicalEntry
from knowledge.schema import RepositoryInfo, SourceFile, Symbol
from knowledge.scope import EVERYTHING


def store_run(
    run: Run, resolved: Resolved, graph: CodeGraph, lexical: LexicalBuilder
) -> tuple[RepositoryInfo, int | None]:
    """Return the stored repository and how many paths were written, None for all of them.

    Raises:
        StoreBusy: what the run compared with is not what is stored by now. StoreError: a store could not be written.
    """
    known = next((info for info in graph.repositories(EVERYTHING) if info.name == run.name), None)
    if run.before is not None and known != run.known:
        raise StoreBusy(
            f"the repository {run.name!r} was written by another process meanwhile", next_step="run `clew index` again"
        )
    revision = revision_of(run.root, {file.found.path: file.analysis.content_hash for file in run.covered})
    with OwnedRows(resolved.symbols, keep=run.before is not None) as rows:
        rows.add_symbols(resolved.symbols)
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


def _write_all(
    run: Run,
    graph: CodeGraph,
    lexical: LexicalBuilder,
    known: RepositoryInfo | None,
    revision: Revision,
    resolved: Resolved,
    rows: OwnedRows,
) -> RepositoryInfo:
    with run.stage("terms"):
        lexical.build(
            run.name,
            known.generation + 1 if known else 1,
            lexical_entries(run.covered, definition_ids(resolved.symbols)),
            run.progress,
        )
    with run.stage("store"):
        return graph.replace_repository(
            RepositorySnapshot(
                run.name,
                str(run.root),
                revision.label,
                notes_of(run, revision),
                (source_file(file) for file in run.covered),
                resolved.symbols,
                rows.relations(resolved.relations),
                rows.unresolved(resolved.unresolved),
                run.issues,
                lambda: encode_state(_noted(run, state_of(run, rows))),
            ),
            run.progress,
        )


def _write_changes(
    run: Run,
    graph: CodeGraph,
    lexical: LexicalBuilder,
    known: RepositoryInfo,
    revision: Revision,
    resolved: Resolved,
    rows: OwnedRows,
    before: State,
) -> tuple[RepositoryInfo, int]:
    with run.stage("resolve"):
        deque(rows.relations(resolved.relations), 0)
        deque(rows.unresolved(resolved.unresolved), 0)
    state = state_of(run, rows)
    state.rows.update({path: before.rows[path] for path in resolved.as_stored})
    paths = changed_paths(before.rows, state.rows)
    with run.stage("terms"):
        changed = [file for file in run.covered if _reads_otherwise(file, before)]
        gone = before.files.keys() - {file.found.path for file in run.covered}
        entries = lexical_entries(changed, definition_ids(resolved.symbols))
        lexical.update(run.name, known.generation, known.generation + 1, entries, gone, run.progress)
    with run.stage("store"):
        changes = RepositoryChanges(
            run.name,
            str(run.root),
            revision.label,
            notes_of(run, revision),
            known.generation,
            paths,
            (source_file(file) for file in run.covered if file.found.path in paths),
            [symbol for symbol in resolved.symbols if symbol.path in paths],
            rows.links_of(paths),
            rows.unresolved_of(paths),
            [issue for issue in run.issues if issue.path in paths],
            lambda: encode_state(_noted(run, state)),
        )
        return graph.update_repository(changes, run.progress), len(paths)


def _noted(run: Run, state: State) -> State:
    run.after = state
    return state


def _reads_otherwise(file: Covered, before: State) -> bool:
    """Whether searches see the file anew."""
    seen = before.files.get(file.found.path)
    now = file.found.language, file.analysis.content_hash, file.is_test, file.analysis.handed
    return seen is None or (seen.language, seen.content_hash, seen.is_test, seen.handed) != now


def state_of(run: Run, rows: OwnedRows) -> State:
    """Return what the next run wants to know; the rows must all have passed."""
    tests = {file.found.path for file in run.covered if file.is_test}
    handed = {file.found.path: file.analysis.handed for file in run.covered}
    signatures = run.discovery.signatures
    files = {
        file.path: SeenFile(
            file.language,
            signatures[file.path],
            run.hashes.get(file.path, ""),
            file.path in tests,
            handed.get(file.path, ""),
        )
        for file in all_files(run.discovery)
    }
    discovered = digest_of_discovery(run.discovery)
    return State(versions(run.max_file_bytes), run.began_ns, discovered, redactions_in(run), files, rows.digests())


def source_file(file: Covered) -> SourceFile:
    analysis = file.whole()
    return SourceFile(
        file.found.path,
        file.found.language,
        analysis.content_hash,
        analysis.byte_count,
        max(analysis.line_count, 1),
        analysis.text,
        file.is_test,
    )


def definition_ids(symbols: Iterable[Symbol]) -> dict[str, list[str]]:
    """Return the ids of each path's definitions, in the order of its facts; those of packages shown there follow."""
    ids: dict[str, list[str]] = {}
    for symbol in symbols:
        of_path = ids.setdefault(symbol.path, [])
        if symbol.local_name:
            of_path.append(symbol.id)
    return ids


def lexical_entries(files: Sequence[Covered], ids: Mapping[str, list[str]]) -> Iterator[LexicalEntry]:
    """ids: as `definition_ids` has them."""
    for file in files:
        path = file.found.path
        is_document = file.found.language in FORMATS
        terms = file.whole().terms
        yield LexicalEntry(path, "document" if is_document else "code", file.is_test, terms, ids.get(path, []))
