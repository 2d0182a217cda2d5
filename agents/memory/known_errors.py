"""Errors that somebody solved before: learned from a traceback and the words that solved it, found again by the same way through the code.

Two tracebacks are one error when kind, repository and symbols of the frames are equal (`tools.frames.fingerprint`); a further one
of the same kind and repository joins it when an embedder finds both alike. A solution tells who gave it, when and at which
revision. It stays when files change, for only a person can judge it then: it is marked, and no longer told once a symbol is gone.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.state import KnownErrorRow, SolutionRow
from configs.errors import ClewError, InputError
from guardrails.redaction import TextRedactor
from knowledge.lessons import Lesson, Lessons
from knowledge.ports.graph import CodeGraph
from knowledge.ports.vectors import Embedder
from knowledge.scope import Scope
from tools.frames import Located, fingerprint, locate
from tools.tracebacks import Traceback, parse_traceback

KEPT = 5_000
"""Errors of one store; the oldest leave."""
SOLUTIONS_KEPT = 5
LONGEST_SOLUTION = 20_000
TOLD = 3
_SPECIFIC = re.compile(r"0x[0-9a-fA-F]+|\"[^\"]*\"|'[^']*'|`[^`]*`|\d+")

log = logging.getLogger("clew.memory")

State = Literal["holds", "stale", "dead"]
EmbedderFor = Callable[[str], Embedder | None]
"""Gives what compares meanings in a repository, None when there is nothing."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What somebody says: `text` solved the error of `traceback`. at: seconds since 1970."""

    traceback: str
    text: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Learned:
    """merged: it joined an error that was known."""

    lesson: Lesson
    merged: bool


class KnownErrors:
    """The errors of one store. likeness: the cosine from which two errors of one kind are alike."""

    def __init__(self, graph: CodeGraph, lessons: Lessons, embedder_for: EmbedderFor, likeness: float) -> None:
        self._graph = graph
        self._lessons = lessons
        self._embedder_for = embedder_for
        self._likeness = likeness

    def learn(self, scope: Scope, solved: Solved) -> Learned:
        """Keep a solution, redacted; the scope says in which repositories the traceback is looked for.

        Raises:
            InputError: no solution, no traceback, none of its frames in indexed code, or in several repositories alike.
        """
        words = solved.text.strip()
        if not 0 < len(words) <= LONGEST_SOLUTION:
            raise InputError(
                f"the solution has {len(words):,} characters; 1 to {LONGEST_SOLUTION:,} are kept",
                next_step="say in a few sentences what solved it",
            )
        traceback = parse_traceback(solved.traceback)
        if traceback is None:
            raise InputError(
                "there is no traceback in this text",
                next_step="give what the program printed, with its frames: docs/memory.md says which forms are read",
            )
        located = self._only(scope, traceback)
        known = self._same(scope, traceback, located) or self._alike(scope, traceback, located)
        print_ = fingerprint(traceback.exception, located)
        hashes = self._graph.paths(scope, located.repository)
        solution = {
            "text": _redacted(words),
            "by": _redacted(solved.by),
            "at": solved.at,
            "revision": located.revision,
            "files": [[path, hashes[path][0]] for path in located.paths],
        }
        payload = known.payload if known else {"prints": [], "solutions": []}
        others = [one for one in payload["solutions"] if one["text"] != solution["text"]]
        lesson = Lesson(
            known.id if known else uuid.uuid4().hex[:12],
            "solution",
            traceback.exception,
            (located.repository,),
            solved.at,
            {
                "language": traceback.language,
                "wording": _wording(traceback, located),
                "places": [[place.id, place.path] for place in located.places],
                "prints": list(dict.fromkeys([*payload["prints"], print_])),
                "solutions": [solution, *others][:SOLUTIONS_KEPT],
            },
        )
        self._lessons.put(lesson, keep=KEPT)
        return Learned(lesson, known is not None)

    def find(self, scope: Scope, text: str) -> list[KnownErrorRow]:
        """Return what is known of the error in `text`: first what is the same, else what is alike; [] without a traceback."""
        traceback = parse_traceback(text)
        if traceback is None:
            return []
        found: list[KnownErrorRow] = []
        for located in locate(self._graph, scope, traceback):
            same = self._same(scope, traceback, located)
            known = same or self._alike(scope, traceback, located)
            if known is not None and self.state(scope, known) != "dead":
                found.append(self.row(scope, known, "same" if same else "alike"))
        return sorted(found, key=lambda row: row["match"] != "same")[:TOLD]

    def all(self, scope: Scope) -> list[Lesson]:
        """Return the errors that the scope grants, the newest first."""
        return self._lessons.find(scope, "solution")

    def state(self, scope: Scope, lesson: Lesson) -> State:
        """Return `dead` when a symbol of the error is gone, `stale` when no solution is of the files of now."""
        ids = {place for place, _ in lesson.payload["places"] if "#?" not in place}
        if len({symbol.id for symbol in self._graph.symbols(scope, sorted(ids))}) < len(ids):
            return "dead"
        changed = [row["changed"] for row in self._solutions(scope, lesson)]
        return "holds" if any(not paths for paths in changed) else "stale"

    def row(self, scope: Scope, lesson: Lesson, match: Literal["same", "alike"]) -> KnownErrorRow:
        return KnownErrorRow(
            id=lesson.id,
            repository=lesson.repositories[0],
            exception=lesson.group,
            places=[place for place, _ in lesson.payload["places"]],
            match=match,
            solutions=self._solutions(scope, lesson),
        )

    def _solutions(self, scope: Scope, lesson: Lesson) -> list[SolutionRow]:
        hashes = self._graph.paths(scope, lesson.repositories[0])
        return [
            SolutionRow(
                text=one["text"],
                by=one["by"],
                at=one["at"],
                revision=one["revision"],
                changed=[path for path, known in one["files"] if path not in hashes or hashes[path][0] != known],
            )
            for one in lesson.payload["solutions"]
        ]

    def _only(self, scope: Scope, traceback: Traceback) -> Located:
        """Return the repository that most of the frames lie in."""
        found = locate(self._graph, scope, traceback)
        if not found:
            raise InputError(
                f"no frame of this {traceback.exception} lies in indexed code",
                next_step="index the repository that it comes from, or name it with --repo",
            )
        best = [one for one in found if len(one.places) == len(found[0].places)]
        if len(best) > 1:
            names = ", ".join(one.repository for one in best)
            raise InputError(f"its frames lie in several repositories alike: {names}", next_step="name one with --repo")
        return best[0]

    def _comparable(self, scope: Scope, traceback: Traceback, located: Located) -> list[Lesson]:
        """Return the errors of the same kind and repository: no other is ever the same, or alike."""
        known = self._lessons.find(scope, "solution", traceback.exception)
        return [lesson for lesson in known if lesson.repositories == (located.repository,)]

    def _same(self, scope: Scope, traceback: Traceback, located: Located) -> Lesson | None:
        print_ = fingerprint(traceback.exception, located)
        known = self._comparable(scope, traceback, located)
        return next((lesson for lesson in known if print_ in lesson.payload["prints"]), None)

    def _alike(self, scope: Scope, traceback: Traceback, located: Located) -> Lesson | None:
        """Return the most alike error. What goes wrong with the embedder costs this only."""
        known = self._comparable(scope, traceback, located)
        if not known:
            return None
        try:
            embedder = self._embedder_for(located.repository)
            if embedder is None:
                return None
            vectors = embedder.embed_documents(
                [_wording(traceback, located), *(lesson.payload["wording"] for lesson in known)]
            )
        except ClewError as error:
            log.warning("errors are not compared by meaning: %s", error)
            return None
        likeness = [float(one) for one in vectors[1:] @ vectors[0]]
        best = max(range(len(known)), key=lambda at: likeness[at])
        return known[best] if likeness[best] >= self._likeness else None


def told(rows: Sequence[KnownErrorRow], date_of: Callable[[float], str], *, several: bool) -> str:
    """Return the known errors as Markdown, to stand before an answer; empty for none."""
    parts = []
    for row in rows:
        where = f" in `{row['repository']}`" if several else ""
        opening = (
            "This error was solved before" if row["match"] == "same" else "An error much like it was solved before"
        )
        parts.append(f"**{opening}**: `{row['exception']}`{where}.")
        for solution in row["solutions"]:
            parts.append("\n".join(f"> {line}".rstrip() for line in solution["text"].split("\n")))
            parts.append(f"*{_provenance(solution, date_of)}*")
    return "\n\n".join(parts)


def short_revision(revision: str) -> str:
    """Return enough of a revision to know it by: twelve digits of a commit or of a working tree's hash."""
    kind, colon, digest = revision.rpartition(":")
    return f"{kind}{colon}{digest[:12]}"


def _provenance(solution: SolutionRow, date_of: Callable[[float], str]) -> str:
    said = f"{solution['by']}, {date_of(solution['at'])}, at revision {short_revision(solution['revision'])}"
    changed = solution["changed"]
    if not changed:
        return f"{said}; the code is as it was then."
    more = f" and {len(changed) - 2} more" if len(changed) > 2 else ""
    names = ", ".join(f"`{path}`" for path in changed[:2])
    return f"{said}; stale: {names}{more} changed since, check whether it still holds."


def _wording(traceback: Traceback, located: Located) -> str:
    """Return what an error says without what is of one run only: the message's words, and the names on the way."""
    names = " ".join(place.id.partition("#")[2].lstrip("?") for place in located.places)
    return f"{traceback.exception} {_redacted(_SPECIFIC.sub(' ', traceback.message))} {names}"


def _redacted(text: str) -> str:
    return TextRedactor().redact(text.encode("utf-8", "replace"))[0].decode("utf-8", "replace")
