"""Writes the lexical index of one repository: a segment of the files that changed, and which older rows are dead.

Segments grow by merging, as in a log-structured tree: a new one takes in the one before it while that is not much larger.
So one edited file costs a small segment, and there are never more than a few.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np

from configs.errors import StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends.lexical.container import Array, checksum_of, open_arrays, write_arrays
from knowledge.backends.lexical.corpus import corpus_arrays
from knowledge.backends.lexical.generation import Generation
from knowledge.backends.lexical.layout import (
    generation_folder,
    history_file,
    index_file,
    repository_folder,
    segments_folder,
)
from knowledge.backends.lexical.postings import mapped
from knowledge.backends.lexical.segments import ROWS_OF, Mask, Segment, generation_meta, live_share, merged
from knowledge.ports.graph import Progress
from knowledge.ports.lexical import LexicalEntry

GROWTH = 2
"""A segment takes in the one before it unless that holds so many times more postings."""
LEAST_LIVE = 0.5
"""Share of live chunks below which all segments are written as one."""


class LexicalWriter:
    """Writes below `folder`; readers of older generations are never disturbed. One writer at a time (the store's lock)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mapped: dict[Path, Segment] = {}
        """The segments of the generation written last, so that the next update need not open and check them again."""

    def build(
        self, repository: str, generation: int, entries: Iterable[LexicalEntry], progress: Progress | None = None
    ) -> None:
        """Write a generation, whole or not at all; an existing one of that number is replaced.

        Raises:
            ValueError: a payload is damaged or of another version of the tokenizer.
            StoreFull, StoreUnavailable: the files could not be written.
        """
        arrays = corpus_arrays(repository, entries, progress)
        segment = self._write_segment(repository, arrays)
        self._write_generation(repository, generation, [(segment, np.ones(segment.file_count, np.bool_))])

    def update(
        self,
        repository: str,
        base: int,
        generation: int,
        entries: Iterable[LexicalEntry],
        gone: Collection[str],
        progress: Progress | None = None,
    ) -> None:
        """Write a generation that holds what `base` holds, with these entries in place of those of the same path.

        Searches then answer as after `build` of the whole. Raises as `build`, and FileNotFoundError without `base`.
        """
        before = Generation(generation_folder(self._folder, repository, base), self._segment)
        fresh = Segment("", corpus_arrays(repository, entries, progress))
        replaced = {*fresh.path_list, *(path.encode() for path in gone)}
        parts = [
            (segment, _without(segment, live, replaced))
            for segment, live in zip(before.segments, before.live, strict=True)
        ]
        if fresh.file_count:
            parts.append((fresh, np.ones(fresh.file_count, np.bool_)))
        parts = self._compacted(repository, parts)
        self._write_generation(repository, generation, parts)
        folder = segments_folder(repository_folder(self._folder, repository))
        self._mapped = {folder / segment.name: segment for segment, _ in parts}

    def has(self, repository: str, generation: int) -> bool:
        """Tell whether a generation is there, whole and of this format."""
        try:
            Generation(generation_folder(self._folder, repository, generation))
        except (FileNotFoundError, StoreCorrupt, StoreTooNew):
            return False
        return True

    def prune(self, repository: str, keep_generation: int) -> list[Path]:
        """Remove the other generations, abandoned drafts and segments; return those that could not be removed.

        On Windows a file that a reader still maps cannot be deleted; the next call tries again.
        """
        folder = repository_folder(self._folder, repository)
        segments = segments_folder(folder)
        kept = self._segment_names(repository, keep_generation)
        left = []
        spared = {str(keep_generation), segments.name, history_file(folder).name}
        for child in folder.iterdir() if folder.is_dir() else ():
            if child.name not in spared:
                shutil.rmtree(child, ignore_errors=True)
                if child.exists():
                    left.append(child)
        for child in segments.iterdir() if segments.is_dir() else ():
            if child.stem not in kept:
                try:
                    child.unlink()
                except OSError:
                    left.append(child)
        return left

    def forget(self, repository: str) -> list[Path]:
        """Remove every generation of a repository; return what could not be removed."""
        left = self.prune(repository, keep_generation=-1)
        if not left:
            shutil.rmtree(repository_folder(self._folder, repository), ignore_errors=True)
        return left

    def _segment(self, folder: Path, name: str) -> Segment:
        return self._mapped.get(folder / name) or Segment.opened(folder, name)

    def _segment_names(self, repository: str, generation: int) -> frozenset[str]:
        try:
            meta, _ = open_arrays(index_file(generation_folder(self._folder, repository, generation)))
        except FileNotFoundError:
            return frozenset()
        return frozenset(meta["segments"])

    def _compacted(self, repository: str, parts: list[tuple[Segment, Mask]]) -> list[tuple[Segment, Mask]]:
        """Return the parts with dead and small ones merged, every segment of them written."""
        parts = [part for part in parts if part[1].any()]
        if any(live_share(*part) < LEAST_LIVE for part in parts[:1]):
            parts = [_merge(parts)]
        while len(parts) > 1 and _weight(parts[-2]) < GROWTH * _weight(parts[-1]):
            parts[-2:] = [_merge(parts[-2:])]
        return [
            (segment if segment.name else self._write_segment(repository, segment.arrays), live)
            for segment, live in parts
        ]

    def _write_segment(self, repository: str, arrays: Mapping[str, Array]) -> Segment:
        """Write a segment under the checksum of its content, so that the same rows are never written twice."""
        folder = segments_folder(repository_folder(self._folder, repository))
        draft = folder / f".{uuid4().hex}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_arrays(draft, {}, arrays, mapped(*ROWS_OF))
            name = checksum_of(draft)
            draft.replace(folder / f"{name}.bin")
        except OSError as exc:
            raise _not_placed(folder, exc) from exc
        finally:
            draft.unlink(missing_ok=True)
        return Segment(name, arrays)

    def _write_generation(self, repository: str, generation: int, parts: Sequence[tuple[Segment, Mask]]) -> None:
        target = generation_folder(self._folder, repository, generation)
        draft = target.with_name(f".{target.name}-{uuid4().hex[:8]}")
        names = [segment.name for segment, _ in parts]
        dead = {f"dead_{n}": np.flatnonzero(~live).astype(np.int32) for n, (_, live) in enumerate(parts)}
        try:
            draft.mkdir(parents=True)
            write_arrays(index_file(draft), generation_meta(repository, generation, names), dead)
            if target.exists():
                shutil.rmtree(target)
            draft.replace(target)
        except OSError as exc:
            raise _not_placed(target, exc) from exc
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _without(segment: Segment, live: Mask, paths: Collection[bytes]) -> Mask:
    replaced = np.fromiter((path in paths for path in segment.path_list), np.bool_, segment.file_count)
    mask: Mask = live & ~replaced
    return mask


def _merge(parts: Sequence[tuple[Segment, Mask]]) -> tuple[Segment, Mask]:
    whole = Segment("", merged([segment for segment, _ in parts], [live for _, live in parts]))
    return whole, np.ones(whole.file_count, np.bool_)


def _weight(part: tuple[Segment, Mask]) -> float:
    """Return how many postings live, about."""
    segment, live = part
    return segment.posting_count * live_share(segment, live)


def _not_placed(target: Path, exc: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The lexical index {str(target)!r} could not be put in place: {exc.strerror}",
        next_step="Check the permissions of the store folder, then run `clew index` again.",
    )
