"""One repository's resolution kept in memory, so that an edit costs what it changes: what `clew watch` works with.

`LiveIndex.prepare` makes the rows of edited files, and of the files that see what was edited, from the program in memory;
`write` stores them. Whatever it is not sure of (new and deleted files, manifests, what `indexers.resolution.editing` is
not sure of) it declines, and an index run has to do it: one that is lent `families` resolves only the languages that it must,
and `adopt` takes up what it made.
"""

from __future__ import annotations

import gc
import os
import stat
from collections import deque
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from configs.errors import StoreBusy
from indexers.changes import OwnedRows
from indexers.content import read_source
from indexers.discovery import Signature, signature_of
from indexers.documents.formats import FORMATS
from indexers.documents.relations import Documentation, last_name
from indexers.extracting import extract
from indexers.facts import decode_facts, issue_of
from indexers.families import Families, Held
from indexers.file_kinds import TOLD_BY_HEAD
from indexers.macro_links import digest_of_shared
from indexers.pipeline import IndexReport, compiler_files, no_garbage_collection
from indexers.resolving import learn, resolutions
from indexers.revision import worktree_label
from indexers.run import Covered, begin, hash_files, holds_documents_only, is_as_it_was, recall
from indexers.scan import SeenFile, State, encode_state
from indexers.scip.keeping import overlays
from indexers.sharing import Sharing, family_sharing_macros
from indexers.storing import definition_ids, lexical_entries, source_file
from indexers.worker import Analysis, analyse_files, cache_key, decode_analysis, hash_content
from knowledge.ports.graph import CodeGraph, FactsCache, LinkRow, RepositoryChanges, UnresolvedLinkRow, UnresolvedRow
from knowledge.ports.lexical import LexicalBuilder
from knowledge.schema import FileIssue, RepositoryInfo, Symbol

MAX_FILES = 1_000
"""An edit that may concern more files than this is for an index run."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """What one file owns by now. edited: its content is another one."""

    file: Covered
    edited: bool
    symbols: list[Symbol]
    issues: list[FileIssue]
    links: list[LinkRow]
    unresolved: list[UnresolvedLinkRow]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows to be written, against the generation that was in memory."""

    rows: list[_Rows]
    revision: str
    started: float


@dataclass(slots=True)
class _Memory:
    """known and state: as stored. symbols: of all languages; the rows' indexes point into it."""

    known: RepositoryInfo
    state: State
    covered: dict[str, Covered]
    hashes: dict[str, str]
    held_of: dict[str, Held]
    symbols: list[Symbol]
    packages: dict[str, list[Symbol]]
    """Path -> the package symbols that stand in it."""
    documented: dict[str, set[str]]
    """Name -> the documents that may mean it."""
    manifests: Collection[str]
    sharing: dict[str, Sharing]


class LiveIndex:
    """Works for one root; not for several threads."""

    def __init__(
        self, root: Path, name: str, facts: FactsCache, max_file_bytes: int, families: Families | None = None
    ) -> None:
        self._root = root
        self._name = name
        self._facts = facts
        self._max_file_bytes = max_file_bytes
        self._memory: _Memory | None = None
        self.families = Families() if families is None else families
        self.why = ""
        """What was not sure when an edit was last left to an index run."""

    @property
    def name(self) -> str:
        """Return the repository's name."""
        return self._name

    @property
    def is_warm(self) -> bool:
        return self._memory is not None

    def forget(self) -> None:
        """Drop what is known of the stores, which were written by another; of the sources all is still true."""
        self._memory = None

    def adopt(self, report: IndexReport) -> None:
        """Take up an index run that was lent `families`: what it made, or that it wrote no rows."""
        if self.families.finished is not None:
            self._take_up()
        elif self._memory is not None and report.rewritten == 0:
            self._memory.known = report.repository
        else:
            self.forget()

    def tidy(self) -> None:
        """Give back what dropped languages left behind in circles; a second or two at a million lines, for when nothing happens."""
        if self.families.has_dropped:
            self.families.has_dropped = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def warm(self, graph: CodeGraph, lexical: LexicalBuilder) -> bool:
        """Load the program of the stored generation; False when the tree is not as it was stored.

        Of languages that are not in memory yet every row is made once, to learn what it was made of.
        """
        self.forget()
        documents_only = holds_documents_only(graph, self._name)
        run = begin(self._root, self._name, self._max_file_bytes, _unheard, documents_only=documents_only)
        with closing(run.spool), no_garbage_collection():
            recall(run, graph, lexical)
            hash_files(run)
            if run.before is None or run.known is None or not is_as_it_was(run, run.before):
                return False
            extract(run, self._facts, None, 1)
            run.overlays = overlays(run.name, compiler_files(run), self._facts, ())
            for _, resolution in resolutions(run, self.families):
                learn(resolution)
                resolution.unresolved_rows.clear()
            self.families.finish(run, run.known, run.before)
        self._take_up()
        return True

    def _take_up(self) -> None:
        """Make a memory of what a run left, if one did."""
        finished, self.families.finished = self.families.finished, None
        if finished is None:
            return
        run = finished.run
        memory = _Memory(
            finished.known,
            finished.state,
            {file.found.path: file for file in run.covered},
            {file.found.path: file.analysis.content_hash for file in run.covered},
            {},
            [],
            {},
            _documented(run.covered),
            run.discovery.manifests,
            run.sharing,
        )
        for held in self.families:
            resolution = held.resolution
            memory.held_of.update(dict.fromkeys(held.contents, held))
            memory.symbols.extend(resolution.symbols)
            for symbol in resolution.symbols[len(resolution.program.symbol_file) :]:
                memory.packages.setdefault(symbol.path, []).append(symbol)
        gc.freeze()  # else each full collection looks at every fact again: a second at a million lines
        self._memory = memory

    def prepare(self, paths: Collection[str]) -> Prepared | None:
        """Return the rows of the edited files, of none when they hold what they held; None when an index run has to see to it.

        After a None, or when the rows are not written, the memory is no longer that of the store: it is dropped.
        """
        started, self.why = perf_counter(), ""
        memory, self._memory = self._memory, None
        if memory is None:
            return None
        edited: set[str] = set()
        concerned: set[str] = set()
        with no_garbage_collection():
            for path in sorted({*paths, *self._handed_others(memory, paths)}):
                held = memory.covered.get(path)
                others = self._edited(memory, path)
                if others is None or held is None or len(concerned) > MAX_FILES:
                    return None
                if _identity(memory.covered[path]) != _identity(held):
                    edited.add(path)
                    concerned |= others
            rows = [_rows(memory, memory.covered[path], edited=True) for path in sorted(edited)]
            rows += self._changed(memory, concerned - edited)
        self._memory = memory
        return Prepared(rows, worktree_label(memory.hashes), started)

    def _handed_others(self, memory: _Memory, paths: Collection[str]) -> set[str]:
        """Take up what edited files say of macros; return the files that are handed other ones now."""
        found: set[str] = set()
        for family, sharing in memory.sharing.items():
            edited = [
                path
                for path in paths
                if path in sharing and family_sharing_macros(memory.covered[path].found.language) == family
            ]
            analyses = {path: self._analysed(memory.covered[path]) for path in edited}
            replaced = [sharing.replace(path, one.links) for path, one in analyses.items() if one is not None]
            if any(replaced):
                handed = {path: digest_of_shared(macros) for path, macros in sharing.handed()}
                found |= {
                    path for path in sharing.paths if memory.covered[path].analysis.handed != handed.get(path, "")
                }
        return found

    def _changed(self, memory: _Memory, paths: Collection[str]) -> list[_Rows]:
        """Make the rows of files that were not edited; return those that are others than before, with the file's text."""
        changed: list[_Rows] = []
        for path in sorted(paths):
            before, file = memory.state.rows[path], memory.covered[path]
            rows = _rows(memory, file, edited=False)
            if memory.state.rows[path] != before:
                key = cache_key(file.analysis.content_hash, file.found.language, file.analysis.handed)
                whole = decode_analysis(self._facts.get_many([key])[key])
                changed.append(replace(rows, file=replace(file, analysis=whole)))
        return changed

    def _edited(self, memory: _Memory, path: str) -> set[str] | None:
        """Take an edited file into memory; return the paths whose rows may differ, None when an index run has to see to it."""
        before = memory.covered.get(path)
        suffix = Path(path).suffix.lower()
        if before is None or path in memory.manifests or not suffix or suffix in TOLD_BY_HEAD:
            return None
        signature = _signature(before.found.absolute)
        sharing = memory.sharing.get(family_sharing_macros(before.found.language))
        macros = sharing.handed_to(path) if sharing is not None and path in sharing else b""
        analysis = self._analysed(before, macros) if signature else None
        if signature is None or analysis is None or analysis.issue or signature[0] > self._max_file_bytes:
            return None
        facts = decode_facts(analysis.facts)
        is_document = before.found.language in FORMATS  # which nothing else refers to
        concerned: set[str] | None = {path}
        if not is_document:
            held = memory.held_of.get(path)
            if held is None:
                return None
            del held.contents[path]  # not sure until it is there
            concerned = held.editing.edit(path, facts)
            if concerned is None:
                self.why = held.editing.why
                self.families.forget(held)
                return None
            held.contents[path] = analysis.content_hash
            concerned |= _place_symbols(memory, path)
        after = Covered(before.found, analysis, before.is_test, held=facts)
        memory.state.redactions += analysis.redactions - before.analysis.redactions
        memory.state.files[path] = SeenFile(
            before.found.language, signature, analysis.content_hash, before.is_test, analysis.handed
        )
        memory.hashes[path] = analysis.content_hash
        memory.covered[path] = after
        if is_document:
            memory.documented = _documented(memory.covered.values())
        return concerned

    def _analysed(self, file: Covered, macros: bytes = b"") -> Analysis | None:
        """Return the analysis of the file's content with these macros of others, from the cache when it was made before."""
        found, handed = file.found, digest_of_shared(macros)
        try:
            key = cache_key(hash_content(read_source(found.absolute, self._max_file_bytes)), found.language, handed)
        except OSError:
            return None
        known = self._facts.get_many([key]).get(key)
        if known is None:
            job = (found.path, str(found.absolute), found.language, self._max_file_bytes, macros)
            ((_, known),) = analyse_files([job])
            analysis = decode_analysis(known)
            if analysis.content_hash and analysis.issue != "crashed":
                self._facts.put_many([(cache_key(analysis.content_hash, found.language, handed), known)])
        return decode_analysis(known)

    def write(self, prepared: Prepared, graph: CodeGraph, lexical: LexicalBuilder) -> IndexReport:
        """Store the rows; the caller holds the writer lock. Raises StoreBusy when another has written meanwhile."""
        memory = self._memory
        if memory is None:
            raise StoreBusy("the memory of the index was dropped", next_step="index again")
        self._memory = None  # whatever goes wrong from here on, it is no longer sure
        base, rows = memory.known.generation, prepared.rows
        edited = [one for one in rows if one.edited]
        ids = {one.file.found.path: definition_ids(one.symbols).get(one.file.found.path, []) for one in edited}
        lexical.update(self._name, base, base + 1, lexical_entries([one.file for one in edited], ids), ())
        info = graph.update_repository(
            RepositoryChanges(
                self._name,
                memory.known.root,
                prepared.revision,
                memory.known.notes,
                base,
                [one.file.found.path for one in rows],
                [source_file(one.file) for one in rows],
                [symbol for one in rows for symbol in one.symbols],
                (link for one in rows for link in one.links),
                (call for one in rows for call in one.unresolved),
                [issue for one in rows for issue in one.issues],
                lambda: encode_state(memory.state),
            )
        )
        lexical.prune(self._name, info.generation)
        memory.known, self._memory = info, memory
        return _report(prepared, info, memory.state)


def _identity(file: Covered) -> tuple[str, str]:
    """Return what a file's facts were made of."""
    return file.analysis.content_hash, file.analysis.handed


def _documented(files: Iterable[Covered]) -> dict[str, set[str]]:
    """Return last name of what documents mention -> the documents."""
    found: dict[str, set[str]] = {}
    for file in files:
        if file.found.language in FORMATS:
            for reference in file.facts.references:
                found.setdefault(last_name(reference.path), set()).add(file.found.path)
    return found


def _place_symbols(memory: _Memory, path: str) -> set[str]:
    """Put the symbols of an edited source in place; return the documents that may mean others by a name now."""
    resolution = memory.held_of[path].resolution
    room = resolution.room_of(path)
    before = {_named(symbol) for symbol in memory.symbols[room.start : room.stop]}
    symbols = resolution.place_symbols(path)
    memory.symbols[room.start : room.stop] = symbols
    changed = before ^ {_named(symbol) for symbol in symbols}
    return {document for names in changed for document in memory.documented.get(names[0], ())}


def _named(symbol: Symbol) -> tuple[str, str, str, bool]:
    return symbol.name, symbol.qualified_name, symbol.kind.value, symbol.is_test


def _rows(memory: _Memory, file: Covered, *, edited: bool) -> _Rows:
    """Make the rows of a file, and note their digest in the state."""
    path, held = file.found.path, memory.held_of.get(file.found.path)
    if held is None:
        documentation = Documentation(memory.known.name, [(path, file.facts)], memory.symbols)
        symbols, known = documentation.symbols, [*memory.symbols, *documentation.symbols]
        relations, unresolved = list(documentation.relations()), list[UnresolvedRow]()
    else:
        resolution = held.resolution
        symbols, known = [*resolution.symbols_of(path), *memory.packages.get(path, ())], memory.symbols
        relations, unresolved = resolution.file_rows(path)
    issues = [issue_of(path, issue) for issue in sorted(file.facts.issues, key=lambda issue: issue.line)]
    with OwnedRows(known, keep=True) as owned:
        owned.add_symbols(symbols)
        analysis = file.analysis
        owned.add_file(path, file.found.language, analysis.content_hash, analysis.line_count, file.is_test)
        owned.add_issues(issues)
        deque(owned.relations(relations), 0)
        deque(owned.unresolved(unresolved), 0)
        memory.state.rows[path] = owned.digests()[path]
        return _Rows(file, edited, symbols, issues, list(owned.links_of([path])), list(owned.unresolved_of([path])))


def _report(prepared: Prepared, info: RepositoryInfo, state: State) -> IndexReport:
    wall_s = perf_counter() - prepared.started
    count = sum(one.edited for one in prepared.rows)
    rewritten = len(prepared.rows)
    return IndexReport(
        info, count, info.file_count - count, 0, (), state.redactions, wall_s, {"update": wall_s}, rewritten=rewritten
    )


def _signature(path: Path) -> Signature | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return signature_of(status) if stat.S_ISREG(status.st_mode) else None


def _unheard(_stage: str, _done: int, _total: int) -> None:
    """An update is over before a progress line could be read."""
