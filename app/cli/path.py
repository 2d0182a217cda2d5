"""`clew path A B`: a shortest chain of calls."""

from __future__ import annotations

from app.cli.composition import opened
from app.cli.screen import Screen, counted, write_json
from app.cli.structure import show_candidates, show_uncovered
from app.errors import VERDICT_EXITS
from app.shapes.structure import path_shape
from knowledge.evidence import Verdict
from tools.answers import PathAnswer
from tools.dispatch import ANSWERING
from tools.ways import path_between


def run(source: str, target: str, depth: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code of the verdict."""
    with opened(store) as wiring:
        answer = path_between(wiring.graph, wiring.scope(repo), source, target, max_depth=depth)
        if as_json:
            write_json(path_shape(answer))
        else:
            show(Screen(), source, target, depth, answer)
    return VERDICT_EXITS[answer.verdict]


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
