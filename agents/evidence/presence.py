"""The operation that tells whether the code has to do with something at all: `does it use Redis?`"""

from __future__ import annotations

from agents.evidence.facts import MAX_FACTS
from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.sight import Sight
from configs.errors import InputError
from indexers.documents.formats import FORMATS
from knowledge.evidence import Uncovered, Verdict
from knowledge.schema import Symbol
from tools.coverage import MAX_UNCOVERED, reason_of
from tools.frameworks import MANIFESTS
from tools.places import is_aside
from tools.presence import How, mentions_of

_MANIFESTS = 3


def presence(sight: Sight) -> Result:
    """Where what the question ends with is imported, declared or named, one line a file; `none` where every file was read and none names it.

    Raises:
        InputError: the question names nothing to look for.
    """
    thing = thing_asked(sight)
    if not thing:
        raise InputError("what to look for is not said", next_step="name it: does this project use Redis?")
    found = mentions_of(sight.graph, sight.scope, thing, within=_inside(sight), documents=FORMATS)
    facts = [
        sight.evidence(
            "mention",
            sight.cite(one.repository, one.path, one.line, one.line, None),
            note="\t".join((one.how.value, one.word, "aside" if one.aside else "", one.text)),
            score=float(sum(other.how is one.how for other in found.mentions)),
        )
        for one in found.mentions[:MAX_FACTS]
    ]
    if not facts:
        facts = [
            sight.evidence("absence", sight.cite(repository, path, 1, 1, None), note=How.DECLARED.value)
            for repository in sight.repositories
            for path in _manifests(sight, repository)
        ]
    hidden = [
        Uncovered(issue.path, issue.line, reason_of(issue))
        for info in sight.graph.repositories(sight.scope)
        for issue in sight.graph.issues(sight.scope, info.name, covered=False)
        if issue.reason != "symlink"
    ]
    says_so = any(one.how is not How.DOCUMENT for one in found.mentions)
    verdict = Verdict.FOUND if says_so else Verdict.UNKNOWN if hidden else Verdict.NONE
    shown = plain_outcome(
        sight, verdict, total=len(found.mentions), uncovered=() if says_so else hidden[:MAX_UNCOVERED]
    )
    return facts, {**shown, "name": thing, "total": len(found.mentions) or found.files}


def thing_asked(sight: Sight) -> str:
    """Return what the question looks for, empty where it does not say."""
    patterns = sight.release.seeking.compiled_things
    asked = next(filter(None, (one.search(sight.task["query"]) for one in patterns)), None)
    return asked["thing"] if asked is not None else ""


def _manifests(sight: Sight, repository: str) -> list[str]:
    """Return the manifests nearest to the root: what they do not declare is not used by way of a package manager."""
    paths = [path for path in sight.graph.paths(sight.scope, repository) if path.rpartition("/")[2] in MANIFESTS]
    return sorted((path for path in paths if not is_aside(path)), key=lambda path: (path.count("/"), path))[:_MANIFESTS]


def _inside(sight: Sight) -> Symbol | None:
    """Return the symbol that the question is about; None for a repository, or for what is no symbol."""
    name = sight.task["names"][0] if sight.task["names"] else ""
    if not name or name in sight.repositories:
        return None
    return next(iter(sight.graph.symbols(sight.scope, [name]) or sight.graph.find(sight.scope, name, limit=1)), None)
