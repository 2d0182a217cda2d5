"""A shortest chain of calls."""

from __future__ import annotations

from app.rendering.screen import Screen, counted
from app.rendering.structure import show_candidates, show_uncovered
from knowledge.evidence import Verdict
from tools.answers import PathAnswer
from tools.dispatch import ANSWERING


def show(screen: Screen, source: str, target: str, depth: int, answer: PathAnswer) -> None:
    for relation in answer.relations:
        answers = relation.kind in ANSWERING  # the way leads from what is called to the method that runs in its place
        near = relation.target if answers and relation.target is not None else relation.source
        screen.line((near.qualified_name, "title"))
        site = f"{relation.site.path}:{relation.site.line}"
        word = "may run an override" if answers else relation.kind.value
        screen.line("  ", screen.tier(relation.tier), f" {word}  ", (site, "path"))
    if answer.verdict is Verdict.FOUND:
        last = answer.target.qualified_name if answer.target else target
        screen.line((last, "title"))
        screen.line((counted(len(answer.relations), "link"), "good"))
    elif answer.verdict is Verdict.NONE:
        screen.line(f"none: no chain of at most {depth} links leads from {source!r} to {target!r}")
    elif answer.verdict is Verdict.AMBIGUOUS:
        screen.line(("ambiguous: a name means several symbols; ask with one of them", "warn"))
    else:
        missing = [name for name, known in ((source, answer.source), (target, answer.target)) if known is None]
        said = (
            f"no symbol {missing[0]!r} is indexed"
            if missing
            else "no chain seen, but not every place could be looked into"
        )
        screen.line((f"unknown: {said}", "warn"))
    show_candidates(screen, answer.candidates, answer.verdict)
    show_uncovered(screen, answer.uncovered)
