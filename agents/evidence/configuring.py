"""The operation that finds what can be configured: in the files that hold settings, and in those that search brings up."""

from __future__ import annotations

from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.sight import Sight
from agents.services import CodeSearch
from agents.state import Evidence
from indexers.documents.formats import FORMATS
from knowledge.evidence import Verdict
from tools.configuring import Setting, best_fitting, kinds_meant, settings_in, tells_of_settings
from tools.places import is_aside, is_history, is_vendored

MAX_FILES = 80
"""Files that are read for one question: those that search finds, then those whose name says that they hold settings."""
_SEARCHED = 15
_READS_SETTINGS = "environ getenv environment variable option flag default setting"
_READS_ENVIRONMENT = "environ getenv env LookupEnv"


def configure(sight: Sight, search: CodeSearch) -> Result:
    """Settings, options, environment variables and keys that the question is about, with their defaults."""
    query = sight.task["query"]
    found: list[tuple[str, Setting]] = []
    for repository in sight.repositories:
        for path, language in _candidates(sight, search, repository, query):
            outline = sight.graph.outline(sight.scope, repository, path)
            is_document = language in FORMATS
            settings = settings_in(path, sight.lines(repository, path), outline, is_document=is_document)
            found += [(repository, setting) for setting in settings]
    home = {id(setting): repository for repository, setting in found}
    best = best_fitting([setting for _, setting in found], query, sight.repositories)
    shown = best[: sight.release.limits.shown]
    facts = [_fact(sight, home[id(setting)], setting) for setting in shown]
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(best))


def _candidates(sight: Sight, search: CodeSearch, repository: str, query: str) -> list[tuple[str, str]]:
    """Return (path, language) of the files to read, the likeliest first; tests, examples and histories are left out."""
    scope = sight.scope.narrowed(frozenset({repository}))
    known = sight.graph.paths(scope, repository)
    ranked = [result.path for result in search.search_docs(scope, query, top_k=_SEARCHED)]
    words, most = f"{query} {_READS_SETTINGS}", _SEARCHED
    if kinds_meant(query) == {"environment"}:  # where it is read is told by the words for reading it, in whatever file
        words, most = _READS_ENVIRONMENT, MAX_FILES
    ranked += [result.path for result in search.search_code(scope, words, kind="file", top_k=most)]
    named = [path for path in known if tells_of_settings(path)]
    ranked += sorted(named, key=lambda path: (path.count("/"), path))
    kept = [path for path in dict.fromkeys(ranked) if path in known and _is_of_the_product(path, known[path][1])]
    return [(path, known[path][1]) for path in kept[:MAX_FILES]]


def _is_of_the_product(path: str, language: str) -> bool:
    if is_vendored(path) or is_history(path):
        return False
    return language in FORMATS or not is_aside(path)


def _fact(sight: Sight, repository: str, setting: Setting) -> Evidence:
    citation = sight.cite(repository, setting.path, setting.line, setting.line, setting.symbol)
    note = "\t".join((setting.kind, setting.name, setting.within, setting.default, setting.help))
    return sight.evidence("setting", citation, note=note)
