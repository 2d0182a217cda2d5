"""Past commits of each repository: written after the index, asked beside it.

One file a repository, `history.bin`: which commit says which words, which files and functions it changed, and which
paths were renamed. New commits are added at its end. All that a question needs is derived when the file is opened.

Two views of the same commits: a file's *field* is all that was ever said about it (BM25 as of a document), and each
*similar* commit speaks for the files that it changed, the less the more of them there were.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from configs.errors import StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends.lexical.container import Array, open_arrays, write_arrays
from knowledge.backends.lexical.layout import PackedStrings, history_file, pack_strings, repository_folder
from knowledge.backends.lexical.postings import (
    LEVELS,
    Found,
    Postings,
    coded,
    mapped,
    packed,
    smallest,
    starts_of,
    within,
)
from knowledge.ports.history import Column, PastCommit
from knowledge.scope import Scope
from knowledge.text import query_terms, terms_of_word, whole_term, word_counts

K1 = 1.2
B = 0.4
FEATURE_CAP = 3.0
YEAR_S = 365 * 86_400.0
SUBJECT_BONUS = 1.0
MAX_RENAMES = 20
TABLE = 1 << 18
"""Places of the table of terms and files that is filled at once: 2 MiB."""

Scores = npt.NDArray[np.float32]


class HistoryWriter:
    """Writes below `folder`, beside the lexical index. One writer at a time (the store's lock)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def head(self, repository: str) -> str:
        """Return the commit up to which history was read, empty when none was or it cannot be read."""
        opened = _opened(self._folder, repository)
        return opened[0] if opened else ""

    def extend(self, repository: str, head: str, commits: Sequence[PastCommit], *, fresh: bool) -> None:
        """Add commits, oldest first; see the port. Raises StoreFull, StoreUnavailable."""
        known = None if fresh else _opened(self._folder, repository)
        log = _Log.loaded(known[1]) if known else _Log()
        for commit in commits:
            log.add(commit)
        target = history_file(repository_folder(self._folder, repository))
        draft = target.with_name(f".history-{uuid4().hex[:8]}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_arrays(draft, {"head": head}, log.arrays(), mapped("commit"))
            draft.replace(target)
        except OSError as exc:
            raise StoreUnavailable(
                f"The history {str(target)!r} could not be put in place: {exc.strerror}",
                next_step="Check the permissions of the store folder, then run `clew index` again.",
            ) from exc
        finally:
            draft.unlink(missing_ok=True)

    def forget(self, repository: str) -> None:
        history_file(repository_folder(self._folder, repository)).unlink(missing_ok=True)


class HistorySearch:
    """Asks the history files below `folder`. A damaged one is as none: it is written anew by the next index run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[tuple[int, int], History]] = {}

    def ask(self, scope: Scope, repository: str, query: str) -> Past | None:
        """Return what past commits say about the question; see the port."""
        if not scope.allows(repository):
            return None
        try:
            status = history_file(repository_folder(self._folder, repository)).stat()
        except OSError:
            return None
        stamp = status.st_ino, status.st_mtime_ns
        known = self._open.get(repository)
        if known is None or known[0] != stamp:
            opened = _opened(self._folder, repository)
            if opened is None:
                return None
            known = self._open[repository] = stamp, History(opened[1])
        return known[1].ask(query)

    def close(self) -> None:
        self._open.clear()


def _opened(folder: Path, repository: str) -> tuple[str, Mapping[str, Array]] | None:
    try:
        meta, arrays = open_arrays(history_file(repository_folder(folder, repository)))
        return meta["head"], arrays
    except (FileNotFoundError, StoreCorrupt, StoreTooNew, KeyError):
        return None


class _Log:
    """All commits in the order they were added, as columns."""

    def __init__(self) -> None:
        self._words: dict[bytes, int] = {}
        self._paths: dict[bytes, int] = {}
        self._functions: dict[tuple[int, bytes], int] = {}
        self._times: list[int] = []
        self._postings: tuple[Array, Array, Array] = (
            np.empty(0, np.int64),
            np.empty(0, np.int64),
            np.empty(0, np.uint8),
        )
        self._rows: list[int] = []
        self._terms: list[int] = []
        self._weights: list[float] = []
        self._touched: dict[str, tuple[list[int], list[int]]] = {"file": ([], []), "function": ([], [])}
        self._renames: list[tuple[int, int, int]] = []

    @classmethod
    def loaded(cls, arrays: Mapping[str, Array]) -> _Log:
        log = cls()
        words, paths = PackedStrings(arrays, "words"), PackedStrings(arrays, "paths")
        names = PackedStrings(arrays, "functions")
        log._words = {words[number]: number for number in range(len(words))}
        log._paths = {paths[number]: number for number in range(len(paths))}
        files = arrays["function_path"].tolist()
        log._functions = {(files[number], names[number]): number for number in range(len(names))}
        log._times = arrays["times"].tolist()
        log._postings = Postings(arrays, "commit").all()
        for kind in ("file", "function"):
            counts, touched = arrays[f"{kind}_counts"], arrays[f"{kind}_touched"].tolist()
            log._touched[kind] = np.repeat(np.arange(len(counts)), counts).tolist(), touched
        log._renames = list(zip(*(arrays[f"rename_{part}"].tolist() for part in ("commit", "old", "new")), strict=True))
        return log

    def add(self, commit: PastCommit) -> None:
        row = len(self._times)
        self._times.append(max(commit.time_s, 0))
        subject, _, body = commit.message.strip().partition(b"\n")
        weights: dict[int, float] = {}
        for text, bonus in ((subject, 1.0 + SUBJECT_BONUS), (body, 1.0)):
            for word, count in word_counts(text).items():
                for term in terms_of_word(word):
                    number = self._words.setdefault(term, len(self._words))
                    weights[number] = weights.get(number, 0.0) + bonus * count
        self._rows.extend([row] * len(weights))
        self._terms.extend(weights)
        self._weights.extend(weights.values())
        for path in commit.paths:
            self._touch("file", row, self._path(path))
        for path, name in commit.functions:
            key = self._path(path), whole_term(name)
            if key[1]:
                self._touch("function", row, self._functions.setdefault(key, len(self._functions)))
        self._renames.extend((row, self._path(old), self._path(new)) for old, new in commit.renames)

    def _path(self, path: str) -> int:
        return self._paths.setdefault(path.encode("utf-8", "replace"), len(self._paths))

    def _touch(self, kind: str, row: int, number: int) -> None:
        rows, numbers = self._touched[kind]
        rows.append(row)
        numbers.append(number)

    def arrays(self) -> dict[str, Array]:
        rows, terms, codes = self._postings
        words = sorted(self._words)
        rank = np.empty(len(words), np.int64)
        rank[[self._words[word] for word in words]] = np.arange(len(words))
        new = coded(np.array(self._weights, np.float32))
        arrays: dict[str, Array] = {"times": smallest(np.array(self._times, np.int64))}
        arrays |= packed(
            "commit",
            np.concatenate([rows, np.array(self._rows, np.int64)]),
            rank[np.concatenate([terms, np.array(self._terms, np.int64)])],
            np.concatenate([codes, new]),
            len(self._times),
        )
        for kind, (commits, numbers) in self._touched.items():
            arrays[f"{kind}_counts"] = smallest(np.bincount(np.array(commits, np.int64), minlength=len(self._times)))
            arrays[f"{kind}_touched"] = smallest(np.array(numbers, np.int64))
        for at, part in enumerate(("commit", "old", "new")):
            arrays[f"rename_{part}"] = smallest(np.array([rename[at] for rename in self._renames], np.int64))
        arrays["function_path"] = smallest(np.array([path for path, _ in self._functions], np.int64))
        arrays |= pack_strings("functions", [name for _, name in self._functions])
        return arrays | pack_strings("words", words) | pack_strings("paths", list(self._paths))


class History:
    """One repository's commits, made ready for questions. `owner` is the file that a path became by renames."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._words = PackedStrings(arrays, "words")
        paths = PackedStrings(arrays, "paths")
        self._names = PackedStrings(arrays, "functions")
        self.times = arrays["times"].astype(np.float64)
        self.count = len(self.times)
        self._postings = Postings(arrays, "commit")
        owner = self._owners(arrays, len(paths))
        self._function_owner = owner[arrays["function_path"]]
        commits = np.repeat(np.arange(self.count), arrays["file_counts"])
        pairs = np.unique(commits * len(paths) + owner[arrays["file_touched"]]) if len(commits) else commits
        self.commit_files = pairs % max(len(paths), 1)
        self.commit_first = starts_of(np.bincount(pairs // max(len(paths), 1), minlength=self.count))
        self.numbers = {paths[number].decode(): number for number in np.unique(self.commit_files).tolist()}
        self.paths = {number: path for path, number in self.numbers.items()}
        self.path_count = len(paths)
        self._function_commits = np.repeat(np.arange(self.count), arrays["function_counts"])
        self._function_touched = arrays["function_touched"].astype(np.int64)

    def _owners(self, arrays: Mapping[str, Array], count: int) -> npt.NDArray[np.int64]:
        """Follow renames, except of a path that was written again later: then it names a file of its own."""
        owner = np.arange(count, dtype=np.int64)
        last = np.full(count, -1.0)
        touched = arrays["file_touched"]
        np.maximum.at(last, touched, np.repeat(self.times, arrays["file_counts"]))
        parts = (arrays[f"rename_{part}"].tolist() for part in ("commit", "old", "new"))
        renames = sorted(zip(*parts, strict=True), key=lambda rename: (self.times[rename[0]], rename))
        following = {old: new for commit, old, new in renames if last[old] <= self.times[commit]}
        for old in following:
            at = old
            for _ in range(MAX_RENAMES):
                if at not in following:
                    break
                at = following[at]
            owner[old] = at
        return owner

    @cached_property
    def file_first(self) -> tuple[Array, Array]:
        """The commits of each file: where they begin, and their numbers."""
        order = np.argsort(self.commit_files, kind="stable")
        first = starts_of(np.bincount(self.commit_files, minlength=self.path_count))
        return first, self.commit_of_pair[order]

    @cached_property
    def spans(self) -> Array:
        """Of how many files each commit is."""
        return np.diff(self.commit_first)

    @cached_property
    def commit_of_pair(self) -> Array:
        return np.repeat(np.arange(self.count), self.spans)

    @cached_property
    def breadth(self) -> Scores:
        """How many files each commit changed."""
        return np.maximum(self.spans, 1).astype(np.float32)

    @cached_property
    def breadth_root(self) -> Scores:
        root: Scores = self.breadth**0.5
        return root

    @cached_property
    def lengths(self) -> Scores:
        """How much was said, by commit."""
        rows, _, codes = self._postings.all()
        return np.bincount(rows, LEVELS[codes], minlength=self.count).astype(np.float32)

    @cached_property
    def file_lengths(self) -> Scores:
        return np.bincount(
            self.commit_files, (self.lengths / self.breadth**0.5)[self.commit_of_pair], minlength=self.path_count
        ).astype(np.float32)

    @cached_property
    def age_weight(self) -> Scores:
        """1 for the newest commit, halved about every two thirds of a year before."""
        newest = self.times.max(initial=0.0)
        weights: Scores = np.exp(-(newest - self.times) / YEAR_S).astype(np.float32)
        return weights

    @cached_property
    def churn(self) -> Scores:
        return np.bincount(self.commit_files, self.age_weight[self.commit_of_pair], minlength=self.path_count).astype(
            np.float32
        )

    @cached_property
    def churn_logs(self) -> Column:
        return np.array([math.log1p(churn) for churn in self.churn.tolist()], np.float64)

    @cached_property
    def change_logs(self) -> Column:
        """The logarithm of how many commits changed each file."""
        changes = np.bincount(self.commit_files, minlength=self.path_count)
        return np.array([math.log1p(count) for count in changes.tolist()], np.float64)

    @cached_property
    def recent(self) -> Scores:
        """The weight of each file's newest commit."""
        newest = np.zeros(self.path_count, np.float32)
        np.maximum.at(newest, self.commit_files, self.age_weight[self.commit_of_pair])
        return newest

    @cached_property
    def functions(self) -> dict[tuple[int, bytes], list[int]]:
        """The commits that changed a function."""
        found: dict[tuple[int, bytes], list[int]] = {}
        names = [self._names[number] for number in range(len(self._names))]
        owners = self._function_owner.tolist()
        for commit, number in zip(self._function_commits.tolist(), self._function_touched.tolist(), strict=True):
            found.setdefault((owners[number], names[number]), []).append(commit)
        return found

    @cached_property
    def _norms(self) -> Scores:
        norms: Scores = K1 * (1 - B + B * self.lengths / max(float(self.lengths.mean()) if self.count else 1.0, 1e-9))
        return norms

    @cached_property
    def _file_norms(self) -> Scores:
        used = self.file_lengths[self.file_lengths > 0]
        norms: Scores = K1 * (1 - B + B * self.file_lengths / max(float(used.mean()) if len(used) else 1.0, 1e-9))
        return norms

    def ask(self, query: str) -> Past:
        terms = query_terms(query)
        weights = np.array([min(count, FEATURE_CAP) for count in terms.values()], np.float64)
        found = self._postings.of(np.array([self._words.find(term) for term in terms], np.int64))
        rarities = np.array([_rarity(self.count, df) for df in found.counts.tolist()], np.float64)
        similar = np.zeros(self.count, np.float32)
        saturated = found.weights / (found.weights + self._norms[found.rows])
        np.add.at(similar, found.rows, saturated * found.each(weights * rarities * (K1 + 1)))
        top = _top(weights, rarities)
        field = np.zeros(self.path_count, np.float32)
        file_count = max(len(self.numbers), 1)
        for first, end, files, said, counts in self._said_of_files(found):
            # Where no commit says a term, its rarity is that among commits.
            of_files = np.array([_rarity(file_count, df) for df in counts.tolist()])
            rarities[first:end] = np.where(found.counts[first:end] > 0, of_files, rarities[first:end])
            impacts = said / (said + self._file_norms[files]) * np.repeat(weights[first:end], counts)
            impacts = impacts * np.repeat(rarities[first:end], counts) * (K1 + 1)
            np.add.at(field, files, impacts.astype(np.float32))
        return Past(self, field / _top(weights, rarities), similar / top)

    def _said_of_files(self, found: Found) -> Iterator[tuple[int, int, Array, Array, Array]]:
        """Yield the first and last of some terms, the files that they are said of, how much, and how many files a term has."""
        spans = self.spans[found.rows]
        starts = starts_of(spans)
        owner = np.repeat(np.arange(len(spans)), spans)
        files = self.commit_files[np.arange(len(owner)) + (self.commit_first[found.rows] - starts[:-1])[owner]]
        said = (found.weights / self.breadth_root[found.rows])[owner]
        terms = found.terms[owner]
        ends = starts[starts_of(found.counts)]
        step = max(TABLE // max(self.path_count, 1), 1)
        for first in range(0, len(found.counts), step):
            end = min(first + step, len(found.counts))
            here = slice(ends[first], ends[end])
            places = (terms[here] - first) * self.path_count + files[here]
            table = np.bincount(places, said[here], (end - first) * self.path_count)
            held = np.flatnonzero(table > 0)
            of_term = held // max(self.path_count, 1)
            counts = np.bincount(of_term, minlength=end - first)
            yield first, end, held - of_term * self.path_count, table[held], counts


def _top(weights: Array, rarities: Array) -> np.float32:
    """Return the highest sum that these terms could reach."""
    return np.float32(sum((weights * rarities * (K1 + 1)).tolist(), 1e-9))


def _rarity(count: int, df: int) -> float:
    return math.log1p((count - df + 0.5) / (df + 0.5))


class Past:
    """The answer to one question: see `knowledge.ports.history.PastEvidence`."""

    def __init__(self, history: History, field: Scores, similar: Scores) -> None:
        self._history = history
        self._field = field
        self._similar = similar
        votes = similar**2 / history.breadth_root
        said = votes[history.commit_of_pair]
        self._votes = np.bincount(history.commit_files, said, history.path_count).astype(np.float32) ** 0.5

    def nominees(self, count: int) -> list[str]:
        total = self._field / max(self._field.max(initial=0.0), 1e-9) + self._votes / max(
            self._votes.max(initial=0.0), 1e-9
        )
        floor = np.partition(total, -count)[-count] if len(total) > count else 0.0
        likely = np.flatnonzero((total >= floor) & (total > 0))
        best = likely[np.argsort(-total[likely], kind="stable")][:count]
        return [self._history.paths[number] for number in best.tolist() if number in self._history.paths]

    def features(self, paths: Sequence[str]) -> Mapping[str, Column]:
        history = self._history
        numbers = np.array([history.numbers.get(path, -1) for path in paths], np.int64)
        known = numbers >= 0
        files = numbers[known]
        first, commits = history.file_first
        sizes = first[files + 1] - first[files]
        own = commits[np.repeat(first[files], sizes) + within(sizes)]
        said = {
            "past": self._field[files],
            "similar": self._votes[files],
            "closest": _best_of_runs(self._speaks[own], sizes),
            "churn": history.churn_logs[files],
            "changes": history.change_logs[files],
            "recent": history.recent[files],
        }
        columns = {name: np.zeros(len(paths)) for name in said}
        for name, column in said.items():
            columns[name][known] = column
        return columns

    def functions(self, places: Sequence[tuple[str, str]]) -> tuple[Column, Column]:
        history = self._history
        found = [history.functions.get((history.numbers.get(path, -1), whole_term(name)), ()) for path, name in places]
        sizes = np.array([len(commits) for commits in found], np.int64)
        own = np.array([commit for commits in found for commit in commits], np.int64)
        logs = [math.log1p(len(commits)) for commits in found]
        return _best_of_runs(self._speaks[own], sizes).astype(np.float64), np.array(logs, np.float64)

    @cached_property
    def _speaks(self) -> Scores:
        """How much each commit speaks for what it changed: the less, the more that was."""
        speaks: Scores = self._similar / self._history.breadth**0.25
        return speaks


def _best_of_runs(values: Scores, sizes: Array) -> Scores:
    """Return the highest of each run of so many values, end to end; 0 for none."""
    best = np.zeros(len(sizes), np.float32)
    held = sizes > 0
    if held.any():
        best[held] = np.maximum.reduceat(values, (np.cumsum(sizes) - sizes)[held])
    return best
