"""What a person asks about, as bounded counters: no question, no name out of code, nothing that leads back to either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

COUNTERS = ("repositories", "languages", "kinds", "depth", "manner")
"""repositories and languages of what answers cited, kinds of question, how deep an answer went (its level), and which manner was asked for outright (`brief`, `deep`)."""
MOST_NAMES = 12
"""Names of one counter; the rarest leave."""
MOST_COUNTED = 1_000
"""What one counter adds up to at most: then all are halved, so that old habits fade."""


@dataclass(frozen=True, slots=True)
class Profile:
    """counts: counter -> name -> how often, of late."""

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def of(self, counter: str) -> Mapping[str, int]:
        return self.counts.get(counter, {})

    def with_answer(self, seen: Mapping[str, Iterable[str]]) -> Profile:
        """Return the profile after one more answer. Unknown counters are left out."""
        return Profile({name: _counted(self.of(name), seen.get(name, ())) for name in COUNTERS})

    def without(self, repository: str) -> Profile:
        """Return the profile without a repository's name."""
        kept = {name: count for name, count in self.of("repositories").items() if name != repository}
        return Profile({**self.counts, "repositories": kept})


class Profiles(Protocol):
    """The profile of the person whose store it is."""

    def read(self) -> Profile:
        """Return what is counted; nothing when that cannot be read."""
        ...

    def add(self, seen: Mapping[str, Iterable[str]]) -> None:
        """Count one answer. What goes wrong costs this count only."""
        ...

    def erase(self) -> bool:
        """Delete everything. False when there was nothing."""
        ...

    def forget_repository(self, repository: str) -> None:
        """Take a repository's name out."""
        ...


def _counted(before: Mapping[str, int], seen: Iterable[str]) -> dict[str, int]:
    counts = dict(before)
    for name in set(seen):
        counts[name] = counts.get(name, 0) + 1
    if sum(counts.values()) > MOST_COUNTED:
        counts = {name: count // 2 for name, count in counts.items() if count > 1}
    newest = sorted(counts, key=lambda name: (-counts[name], name not in seen, name))[:MOST_NAMES]
    return {name: counts[name] for name in newest}
