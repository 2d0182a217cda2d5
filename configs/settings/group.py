"""What every group of settings is made of."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode


def split(value: Any) -> Any:
    """In the environment a list is written with commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split)]


class Group(BaseModel):
    """A group: unknown names are refused, and nothing changes under a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)
