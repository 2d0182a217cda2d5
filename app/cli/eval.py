"""`clew eval train-ranker`: learns the weights of retrieval from the history of repositories, and says what they are worth."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from app.errors import FOUND
from app.ranker.training import Outcome, git_dir_of, train
from app.rendering.screen import Screen, counted, write_json
from configs.errors import InputError

_WHICH = "give the root of a git work tree, or a bare repository, whose history holds bug fixes"


def run(
    repositories: tuple[str, ...],
    bases: int,
    cases: int,
    descriptions: int,
    as_json: bool,
    store: str | None,  # noqa: ARG001  every command takes it
) -> int:
    """Return 0 once weights were learned. The store is not touched: corpora are made in a temporary folder."""
    roots = [Path(one).expanduser().resolve() for one in repositories]
    for root in roots:
        if not root.is_dir():
            raise InputError(f"{str(root)!r} is no folder", next_step=_WHICH)
        if not (git_dir_of(root) / "HEAD").is_file():
            raise InputError(f"{str(root)!r} is no git repository", next_step=_WHICH)
    screen = Screen()
    with TemporaryDirectory(prefix="clew-ranker-") as work:
        outcome = train(
            roots,
            Path(work),
            bases=bases,
            cases_a_base=cases,
            descriptions=descriptions,
            say=lambda text: screen.line((text, "dim")) if not as_json else None,
        )
    if as_json:
        write_json({"questions": outcome.questions, "left_out": outcome.left_out, "weights": outcome.weights})
    else:
        _show(screen, outcome)
    return FOUND


def _show(screen: Screen, outcome: Outcome) -> None:
    for name, count in outcome.questions.items():
        screen.line(f"{name}: {counted(count, 'question')}")
    for name, value in outcome.left_out.items():
        screen.line(f"{name}: {value:.1f}")
    screen.line("put these under `retrieval: weights:` of a release:")
    for name, weight in outcome.weights.items():
        screen.line(f"    {name}: {weight}")
