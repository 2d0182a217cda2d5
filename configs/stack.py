"""What projects are built with, as data: the evidence that shows a part of a stack, and the advice that follows from it."""

from __future__ import annotations

import re
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from configs.yaml_text import parse_yaml

RULES = Path(__file__).parent / "stack.yaml"

Role = Literal["framework", "build", "tests", "quality", "ci", "deployment", "database"]


class StackRule(BaseModel):
    """A part of a stack. It is shown by a declared dependency, or by a file (with a line, where `lines` says one).

    declared: names; one that ends in `*` is a prefix. files: names, or paths where they hold a slash (fnmatch).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: Role
    advice: str
    declared: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    lines: str = ""

    @model_validator(mode="after")
    def _shown_by_something(self) -> StackRule:
        if not self.declared and not self.files:
            raise ValueError(f"nothing shows {self.name!r}")
        if self.lines:
            re.compile(self.lines)
        return self

    @cached_property
    def line(self) -> re.Pattern[str] | None:
        """Return what a line must match, None where the file alone shows it."""
        return re.compile(self.lines) if self.lines else None


@cache
def stack_rules() -> tuple[StackRule, ...]:
    """Return the rules in the order of the file: of several with one name the first that holds counts."""
    return tuple(StackRule(**row) for row in parse_yaml(RULES.read_text(encoding="utf-8")))
