"""How a structural answer gets its verdict: found, none, or unknown with what could not be seen; ambiguous with the candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knowledge.evidence import Uncovered, Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from tools.answers import Reached, StructuralAnswer
from tools.coverage import MAX_UNCOVERED, distinct, may_define, reason_of
from tools.meaning import Meaning


def answer_of(
    meaning: Meaning, rows: Sequence[Reached], hidden: Iterable[Uncovered], truncated: bool
) -> StructuralAnswer:
    """Answer with rows; without any it is `none` only where nothing was hidden or cut."""
    uncovered = distinct(hidden)
    verdict = Verdict.FOUND if rows else Verdict.UNKNOWN if uncovered or truncated else Verdict.NONE
    return StructuralAnswer(meaning.main, verdict, tuple(rows), meaning.candidates, uncovered, truncated)


def without_meaning(graph: CodeGraph, scope: Scope, meaning: Meaning) -> StructuralAnswer:
    """Answer for a name that means several symbols or none; one that means none may be defined in an uncovered file."""
    uncovered = all_uncovered_files(graph, scope) if meaning.verdict is Verdict.UNKNOWN else ()
    return StructuralAnswer(None, meaning.verdict, (), meaning.candidates, uncovered)


def all_uncovered_files(graph: CodeGraph, scope: Scope) -> tuple[Uncovered, ...]:
    """Return the files that were not read and may define something, at most `MAX_UNCOVERED`."""
    found: list[Uncovered] = []
    for info in graph.repositories(scope):
        issues = graph.issues(scope, info.name, covered=False)
        found.extend(Uncovered(issue.path, issue.line, reason_of(issue)) for issue in issues if may_define(issue))
    return tuple(found[:MAX_UNCOVERED])
