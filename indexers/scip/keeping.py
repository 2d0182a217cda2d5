"""Keeps overlays by content in the facts cache: a run without the index still has what an earlier one brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from indexers.scip.overlay import CoveredFile, FileOverlay, cache_key, decode_overlay, encode_overlay, read_index
from knowledge.ports.graph import FactsCache


def overlays(
    repository: str, files: Mapping[str, CoveredFile], cache: FactsCache, indexes: Sequence[Path]
) -> dict[str, FileOverlay]:
    """Return the overlay of each of the `files` that has one, those of new `indexes` before kept ones; the new are kept.

    Raises:
        InputError: an index cannot be read or does not fit.
    """
    keys = {path: cache_key(repository, path, file.content_hash) for path, file in files.items()}
    kept = cache.get_many(sorted(keys.values()))
    found = {path: decode_overlay(kept[key]) for path, key in keys.items() if key in kept}
    fresh: dict[str, FileOverlay] = {}
    for index in indexes:
        fresh |= read_index(index, files).overlays
    if fresh:
        cache.put_many([(keys[path], encode_overlay(overlay)) for path, overlay in fresh.items()])
    return found | fresh
