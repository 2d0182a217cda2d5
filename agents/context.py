"""What a run is told: JSON only, so that LangGraph Studio can show it as a form. Who asks, and what they may see, is not in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Context:
    """The settings of one run.

    release: name or id of the release whose behaviour the nodes take.
    repositories: names to look into, None for all that the principal is granted; it narrows a grant, never widens it.
    model: `auto`, `extractive` (no model), or the name of a model that must be there.
    rerank: let a model put the first results of a search in order.
    project: whose budget the run is booked on, besides the user's and the team's; None for that of the settings.
    depth: `auto` (as the question says, else as usual for this person), `brief`, `normal` or `deep`. diagram: draw the relations.
    budget_tokens, deadline_s: bounds of this run; None for those of the release.
    ask_before_tokens: ask before a call of a model that may take more tokens; None for never.
    run_id: id of the run, 32 hexadecimal digits; anything else gives way to a new one.
    clarify: ask back when a name means several things, or the question two; None: as the door does (LangGraph Studio asks, scripts never).
    """

    release: str = "default"
    repositories: list[str] | None = None
    model: str = "auto"
    rerank: bool = False
    project: str | None = None
    depth: str = "auto"
    diagram: bool = False
    budget_tokens: int | None = None
    deadline_s: float | None = None
    ask_before_tokens: int | None = None
    clarify: bool | None = None
    run_id: str | None = None

    @property
    def known_run(self) -> str | None:
        """Return the id of the run where it is one."""
        return self.run_id if self.run_id is not None and _RUN_ID.fullmatch(self.run_id) else None
