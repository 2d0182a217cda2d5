"""The past of what has no name in code (`the caching code`, `QUIC congestion control`): of the files whose words fit it best.

Which files were taken for it is part of the answer: whoever asks can see whether they are the right ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.past import facts_of, plain_past, quiet, since_in
from agents.evidence.searching import HARDLY_FITS
from agents.evidence.sight import Sight
from agents.services import CodeSearch
from indexers.past import changes_of_paths
from knowledge.evidence import Verdict
from models.extractive import asked_words, words_of
from tools.search import SearchResult

MAX_FILES = 6
_SHARE = 0.5
"""Of the best file's score, that a file must reach to be taken for part of it."""


def history_of_subject(sight: Sight, search: CodeSearch) -> Result:
    """What changed the files that fit a subject best, newest first, with who did; unknown where none holds its words.

    Raises:
        InputError: the repository has no history to ask.
    """
    subject, limit = sight.task["names"][0], sight.release.limits.shown
    files = _files_about(sight, search, subject)
    if not files:
        return [], plain_outcome(sight, Verdict.UNKNOWN, total=0, message=HARDLY_FITS)
    info = next(one for one in sight.graph.repositories(sight.scope) if one.name == files[0].repository)
    since = since_in(sight.task["query"], sight.release.seeking)
    covered = sight.graph.paths(sight.scope, info.name).keys()
    paths = [file.path for file in files]
    past = changes_of_paths(Path(info.root), paths, limit=limit, since=since, covered=covered)
    if since and not past.changes:
        past = quiet(changes_of_paths(Path(info.root), paths, limit=limit, covered=covered), since)
    taken = [
        sight.evidence("place", sight.cite(info.name, path, 1, 1, None), note=path, score=file.score)
        for path, file in zip(paths, files, strict=True)
    ]
    return [*facts_of(sight, info, past, None), *taken], plain_past(sight, past)


def _files_about(sight: Sight, search: CodeSearch, subject: str) -> list[SearchResult]:
    """Return the files near the best one, all of its repository; none where the best holds less than half of the words."""
    found = search.search_code(sight.scope, subject, kind="file", top_k=MAX_FILES)
    if not found or not _holds(sight, found[:1], asked_words(subject)):
        return []
    best = found[0]
    return [one for one in found if one.repository == best.repository and one.score >= best.score * _SHARE]


def _holds(sight: Sight, files: Sequence[SearchResult], wanted: set[bytes]) -> bool:
    said = set().union(*(words_of(f"{one.path} " + "\n".join(sight.lines(one.repository, one.path))) for one in files))
    return 2 * len(wanted & said) >= len(wanted)
