"""From a request to the question as the assistant takes it: the same for every route that asks."""

from __future__ import annotations

from typing import Protocol

from app.asking import Asked, checked_question
from app.rest.schemas import OWN_MODEL, ClewOptions
from configs.settings import Settings
from knowledge.scope import Scope


class Granting(Protocol):
    """What is needed of `app.wiring.Wiring`."""

    settings: Settings

    def granted(self, repositories: list[str] | None, within: Scope = ...) -> Scope: ...


def asked_of(
    composition: Granting,
    scope: Scope,
    options: ClewOptions,
    question: str,
    *,
    model: str,
    earlier: tuple[tuple[str, str], ...] = (),
    replies: tuple[str, ...] = (),
) -> Asked:
    """Return the question with the choices of the request, and those of the settings where it makes none.

    Raises:
        InputError: it is empty or too long. UnknownRepository: it wishes for one that is not granted.
    """
    settings = composition.settings
    granted = composition.granted(options.repositories, scope).repositories
    return Asked(
        checked_question(question, settings.run.max_question_characters),
        None if granted is None else tuple(sorted(granted)),
        settings.model.writer if model == OWN_MODEL else model,
        options.release or settings.run.release,
        options.thread_id,
        earlier,
        settings.retrieval.rerank if options.rerank is None else options.rerank,
        settings.serve.clarify if options.clarify is None else options.clarify,
        replies,
        settings.run.ask_before_tokens or None,
        project=options.project,
        depth=options.depth,
        diagram=options.diagram,
        door="rest",
    )
