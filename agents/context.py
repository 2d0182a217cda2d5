"""What a run is told: JSON only, so that LangGraph Studio can show it as a form. Who asks, and what they may see, is not in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field, with_config

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_DEPTHS = ["auto", "brief", "normal", "deep"]


@with_config(ConfigDict(use_attribute_docstrings=True))
@dataclass(frozen=True, slots=True)
class Context:
    """The settings of one run. Its description (JSON schema), which LangGraph Studio makes a form of, carries what is said below each field."""

    release: str = "default"
    """Name or id of the release whose behaviour the nodes take."""
    repositories: list[str] | None = None
    """Names of repositories to look into; none for all that the principal is granted. It narrows a grant, never widens it."""
    model: Annotated[str, Field(examples=["auto", "extractive"])] = "auto"
    """`auto`, `extractive` (no model), or the name of a model that must be there."""
    rerank: bool = False
    """Let a model put the first results of a search in order."""
    project: str | None = None
    """Whose budget the run is booked on, besides the user's and the team's; none for that of the settings."""
    depth: Annotated[str, Field(json_schema_extra={"enum": _DEPTHS})] = "auto"
    """How much is said: `auto` (as the question says, else as usual for this person), `brief`, `normal` or `deep`."""
    diagram: bool = False
    """Draw the relations."""
    budget_tokens: int | None = None
    """The most tokens of this run; none for the release's."""
    deadline_s: float | None = None
    """The most seconds of this run; none for the release's."""
    ask_before_tokens: int | None = None
    """Ask before a call of a model that may take more tokens; none for never."""
    clarify: bool | None = None
    """Ask back when a name means several things, or the question two; none: as the door does (LangGraph Studio asks, scripts never)."""
    run_id: str | None = None
    """Id of the run, 32 hexadecimal digits; anything else gives way to a new one."""

    @property
    def known_run(self) -> str | None:
        """Return the id of the run where it is one."""
        return self.run_id if self.run_id is not None and _RUN_ID.fullmatch(self.run_id) else None
