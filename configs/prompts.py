"""A prompt: a template with front matter that says what it is for, rendered in jinja2's sandbox; its text is part of the Release's id.

    ---
    id: answer-small
    version: 1
    step: answer
    intents: [explain, docs]
    models: [small]
    schema: claims
    ---
    You answer …

An empty list of intents or models means all of them. Of several prompts for one request the one that says more of it is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.errors import ConfigError
from configs.yaml_text import parse_yaml

Form = Literal["prose", "claims", "edits", "order", "intent"]
"""What an answer has to be: prose with numbers of evidence, or JSON: claims, edits of files, an order of places, an intent."""

_FRONT = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
_SANDBOX = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)


class Prompt(BaseModel):
    """One prompt. `step`: which step of the work asks it. `form`: see `Form`. `version` is for people; the text decides what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str
    version: int = Field(default=1, ge=1)
    step: Literal["answer", "rerank", "triage"] = "answer"
    intents: tuple[str, ...] = ()
    models: tuple[Literal["small", "large"], ...] = ()
    form: Form = Field(default="prose", alias="schema")
    text: str

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the prompt over these values.

        Raises:
            ConfigError: the template fails on them, or reaches for what the sandbox does not give.
        """
        try:
            return _SANDBOX.from_string(self.text).render(**values)
        except (TemplateError, TypeError) as exc:
            raise ConfigError(
                f"Prompt {self.id!r} cannot be rendered: {exc}.", next_step=f"Mend configs/prompts/{self.id}.md."
            ) from exc

    def suits(self, intent: str, model_class: str) -> bool:
        return (not self.intents or intent in self.intents) and (not self.models or model_class in self.models)


def parse_prompt(name: str, source: str) -> Prompt:
    """Return the prompt of a file's text. Without front matter it is for everything.

    Raises:
        ConfigError: the front matter is not what it should be, or names another file.
    """
    found = _FRONT.match(source)
    try:
        head = parse_yaml(found[1]) if found is not None else {}
        prompt = Prompt(**{"id": name, **head, "text": source[found.end() :] if found is not None else source})
    except (yaml.YAMLError, ValidationError, TypeError) as exc:
        raise ConfigError(
            f"Prompt {name!r} cannot be used: {exc}.", next_step=f"Mend configs/prompts/{name}.md."
        ) from exc
    if prompt.id != name:
        raise ConfigError(f"Prompt {name!r} calls itself {prompt.id!r}.", next_step="Give file and id one name.")
    return prompt


def read_prompt(folder: Path, name: str) -> Prompt:
    """Return the prompt of `folder/name.md`. Raises ConfigError, OSError."""
    return parse_prompt(name, (folder / name).with_suffix(".md").read_text(encoding="utf-8"))


def chosen(prompts: Iterable[Prompt], intent: str, model_class: str) -> Prompt | None:
    """Return the answering prompt for a request: one that names the intent before one that names the model class, then the first."""
    suiting = [one for one in prompts if one.step == "answer" and one.suits(intent, model_class)]
    return max(suiting, key=lambda one: (bool(one.intents), bool(one.models)), default=None)
