"""Resolutions that stay in memory from one run to the next: a language family whose files are as they were is not resolved again.

An edit is put into a resolution in place (`indexers.live`); what cannot be is resolved by the next index run, that family
alone. The run hands over what it made, so that memory need not be warmed by resolving all once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from indexers.documents.formats import FORMATS
from indexers.resolution.editing import Editing
from indexers.resolution.relations import Resolution
from indexers.run import Run
from indexers.scan import State
from knowledge.schema import RepositoryInfo


@dataclass(slots=True)
class Held:
    """A resolution, and the contents that it was made of or edited to: path -> content hash."""

    editing: Editing
    contents: dict[str, str]
    manifests: Mapping[str, str]

    @property
    def resolution(self) -> Resolution:
        return self.editing.resolution


@dataclass(frozen=True, slots=True)
class Finished:
    """An index run that wrote: its files, the description of the repository, and what the next run will want to know."""

    run: Run
    known: RepositoryInfo
    state: State


class Families:
    """Whoever follows a tree lends it to each index run (`indexers.pipeline`). Not for several threads."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self.finished: Finished | None = None
        """What the last run left; whoever takes it up sets it back to None."""
        self.has_dropped = False

    def __iter__(self) -> Iterator[Held]:
        """Yield what is held, in the order of the families, in which their symbols are numbered."""
        for family in sorted(self._held):
            yield self._held[family]

    def of(self, family: str, contents: Mapping[str, str], manifests: Mapping[str, str]) -> Resolution | None:
        """Return the resolution of exactly these contents; another one of the family is dropped."""
        held = self._held.get(family)
        if held is None or held.resolution.overlay or (held.contents, held.manifests) != (contents, manifests):
            self.drop(family)
            return None
        return held.resolution

    def keep(
        self, family: str, resolution: Resolution, contents: Mapping[str, str], manifests: Mapping[str, str]
    ) -> None:
        self._held[family] = Held(Editing(resolution), dict(contents), manifests)

    def keep_only(self, families: set[str]) -> None:
        for family in self._held.keys() - families:
            self.drop(family)

    def drop(self, family: str) -> None:
        held = self._held.pop(family, None)
        if held is not None:
            held.resolution.dissolve()
            self.has_dropped = True

    def forget(self, held: Held) -> None:
        """Drop one that is of no use any more."""
        for family in [family for family, one in self._held.items() if one is held]:
            self.drop(family)

    def finish(self, run: Run, known: RepositoryInfo, state: State) -> None:
        """Take up what a run leaves, before what waits on the disk is gone."""
        for file in run.covered:
            if file.found.language in FORMATS:
                file.held = file.facts
            file.waiting = None  # it is in the cache of facts as well
        self.finished = Finished(run, known, state)
