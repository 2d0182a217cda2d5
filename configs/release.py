"""The Release: everything that decides how the assistant behaves, as one immutable, content-addressed record.

Owns the schema, the id (sha256 of the canonical JSON, prompt texts included) and loading from `configs/releases/*.yaml`
with the prompts of `configs/prompts/`. Refuses to hold anything about a machine or a user: hosts, paths and grants are
settings. A changed file is another id; a release that is loaded never changes.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from configs.errors import ConfigError, UnknownRelease
from configs.frozen import Frozen
from configs.prompts import Prompt, chosen, read_prompt
from configs.reading import Reading
from configs.triage import INTENTS, Seeking, Triage
from configs.yaml_text import parse_yaml

GRAPH_VERSION = "1"
"""Version of the node set that this code builds; a release written for another one is refused."""

RELEASES = Path(__file__).parent / "releases"
PROMPTS = Path(__file__).parent / "prompts"

ModelClass = Literal["small", "large"]
Rung = Literal["structural", "extractive", "small", "large"]


class Route(Frozen):
    """How one intent is answered: without a model by `base`, with one (if there is one) by `model`.

    analysts: who collects evidence. escalate: what the second and third round may use, when it can be had.
    reasoning: the model may think aloud before it answers; the thinking is never shown. timeout_s: for the writing of a model; the run's
    deadline bounds it in any case. tries: calls of one model for an answer, on all of its hosts.
    """

    base: Literal["structural", "extractive"]
    model: ModelClass | None = None
    analysts: tuple[Literal["code", "docs"], ...] = ("code",)
    escalate: tuple[Rung, ...] = ()
    reasoning: bool = False
    timeout_s: float = Field(default=600, gt=0)
    tries: int = Field(default=3, ge=1, le=10)


class ModelChoice(Frozen):
    """Names of a model class in order of preference (a prefix of the tag is enough), and the sizes that fit it."""

    prefer: tuple[str, ...] = ()
    max_parameters_b: float = Field(default=1000, gt=0)


class Retrieval(Frozen):
    """What search is asked for: results a query, the share of the best score that a shown result needs, the fusion weights.

    shown_places, places_share: the same for a place that is sought in words alone, without a name.
    """

    top_k: int = Field(default=10, ge=1, le=100)
    shown: int = Field(default=3, ge=1, le=50)
    shown_places: int = Field(default=6, ge=1, le=50)
    places_share: float = Field(default=0.35, ge=0, le=1)
    shown_docs: int = Field(default=2, ge=1, le=50)
    score_share: float = Field(default=0.5, ge=0, le=1)
    weights: dict[str, float] = {}


class Limits(Frozen):
    """Bounds of one run. `max_rounds`: escalations after the first try. `slow_node_ms`: a node above it is reported.
    `stuck_s`: a node or a model that shows no sign of life for so long is stopped; `first_word_s`: a model that has not begun yet.
    `rerank_timeout_s` stays below `tool_timeout_s`: an order that is late must not cost the search. `rerank_tries`: calls of the model for one order.

    `conversation_tokens`: of earlier turns that a model is shown. `fan_out`: symbols that a step hands to the next. `max_question_bytes` is the last net: the doors refuse earlier, by characters, which take up to four bytes each.
    """

    max_rounds: int = Field(default=2, ge=0, le=5)
    max_tasks: int = Field(default=6, ge=1, le=20)
    fan_out: int = Field(default=6, ge=1, le=50)
    max_question_bytes: int = Field(default=80_000, ge=100)
    deadline_s: float = Field(default=60, gt=0)
    tool_timeout_s: float = Field(default=20, gt=0)
    model_timeout_s: float = Field(default=120, gt=0)
    rerank_timeout_s: float = Field(default=12, gt=0)
    rerank_tries: int = Field(default=2, ge=1, le=10)
    budget_tokens: int = Field(default=20_000, ge=0)
    answer_tokens: int = Field(default=900, ge=16)
    conversation_tokens: int = Field(default=800, ge=0)
    window_tokens: int = Field(default=8192, ge=1024)
    depth: int = Field(default=3, ge=1, le=12)
    path_depth: int = Field(default=12, ge=1, le=50)
    results: int = Field(default=200, ge=1)
    shown: int = Field(default=15, ge=1)
    quoted_lines: int = Field(default=18, ge=1)
    slow_node_ms: float = Field(default=10_000, gt=0)
    stuck_s: float = Field(default=30, gt=0)
    first_word_s: float = Field(default=50, gt=0)


class Guards(Frozen):
    """What the quality checker asks of an answer."""

    min_verified_share: float = Field(default=0.5, ge=0, le=1)
    literals: frozenset[str] = frozenset()
    reading: Reading = Reading()


class FewShot(Frozen):
    """Accepted answers that a model is shown: at most `most`, so alike as `least_likeness` (0..1), in `budget_tokens` together."""

    most: int = Field(default=2, ge=0, le=10)
    budget_tokens: int = Field(default=700, ge=0)
    least_likeness: float = Field(default=0.2, ge=0, le=1)


class Packing(Frozen):
    """What goes into a model's window first. See `agents.writing.packing`.

    values: what a fact of each kind is worth. same_file: what is left of that for each fact of the same file that is in already.
    fewest_lines: an excerpt is not narrowed to fewer.
    """

    values: dict[str, float] = {}
    same_file: float = Field(default=0.7, gt=0, le=1)
    fewest_lines: int = Field(default=4, ge=1)


class Router(Frozen):
    """Who writes when several may. See `agents.writing.router`; learned by `clew eval train-router`.

    weights: for each choice (extractive, small, large), of each feature. costs: what a choice costs, in any unit.
    cost_weight: how much more likely a right answer must be for one unit.
    """

    weights: dict[str, dict[str, float]] = {}
    costs: dict[str, float] = {}
    cost_weight: float = Field(default=0.0, ge=0)


class Remembering(Frozen):
    """When two wordings are one question. See `agents.memory.remembering`.

    filler: words that change nothing. synonyms: what stands for each of the words after it. vocabulary: by operation, the
    (canonical) words that its own intent says already. passive_starts, participles: how a passive question is told.
    audit_share: of remembered answers that are made anew and compared, 0..1. error_likeness: the cosine from which two errors of
    one kind are one (`agents.memory.known_errors`). alike_words: the share of words from which an earlier answer may stand in (`agents.memory.alike`).
    """

    audit_share: float = Field(default=0.015, ge=0, le=1)
    error_likeness: float = Field(default=0.85, ge=0, le=1)
    alike_words: float = Field(default=0.5, ge=0, le=1)
    filler: frozenset[str] = frozenset()
    synonyms: dict[str, tuple[str, ...]] = {}
    vocabulary: dict[str, frozenset[str]] = {}
    passive_starts: frozenset[str] = frozenset()
    participles: frozenset[str] = frozenset()

    @cached_property
    def meaning(self) -> dict[str, str]:
        """Return word -> the word that stands for it."""
        return {word: meant for meant, words in self.synonyms.items() for word in (meant, *words)}


class Depth(Frozen):
    """What an answer of a depth may show: claims of a list, lines of a quotation, places of a search, sentences of a model."""

    shown: int = Field(default=15, ge=1)
    quoted_lines: int = Field(default=18, ge=1)
    places: int = Field(default=3, ge=1)
    max_sentences: int = Field(default=8, ge=1)


class Manner(Frozen):
    """How questions ask for a form (see `agents.questions.manner`): expressions by depth, for a diagram, for a table; what each depth shows.

    reader: for whom it is answered (`to a newcomer`), which is no part of what is asked; a group `asked` of it stays.
    """

    depths_said: dict[str, str] = {}
    diagram: str = ""
    table: str = ""
    reader: str = ""
    depths: dict[str, Depth] = {}


class Release(Frozen):
    """One way to behave. Two releases with the same content have the same id, whatever their file."""

    name: str
    graph_version: str
    prompts: dict[str, Prompt]
    triage: Triage
    routes: dict[str, Route]
    models: dict[ModelClass, ModelChoice]
    retrieval: Retrieval
    seeking: Seeking = Seeking()
    limits: Limits
    guards: Guards
    remembering: Remembering = Remembering()
    few_shot: FewShot = FewShot()
    manner: Manner = Manner()
    packing: Packing = Packing()
    router: Router = Router()

    @cached_property
    def id(self) -> str:
        """sha256 (hex) over the canonical JSON of the content; the name is a label and not part of it."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """Return the content as JSON: sorted keys, sorted sets, no spaces, prompts by text."""
        content = _sorted_sets(self.model_dump(mode="python", exclude={"name"}))
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def at_depth(self, name: str) -> Release:
        """Return this release with the bounds of a depth (`brief`, `deep`); itself where nothing is said of it."""
        depth = self.manner.depths.get(name)
        if depth is None:
            return self
        limits = self.limits.model_copy(update={"shown": depth.shown, "quoted_lines": depth.quoted_lines})
        return self.model_copy(
            update={"limits": limits, "retrieval": self.retrieval.model_copy(update={"shown": depth.places})}
        )

    def render(self, prompt: str, **values: Any) -> str:
        """Return a prompt rendered with `values` in a sandbox.

        Raises:
            ConfigError: the release has no such prompt, or its template fails on these values.
        """
        if prompt not in self.prompts:
            raise ConfigError(
                f"Release {self.name!r} has no prompt {prompt!r}.",
                next_step="Add it under prompts: in the release file.",
            )
        return self.prompts[prompt].render(values)

    def prompt_for(self, intent: str, model_class: str) -> Prompt:
        """Return the prompt that answers an intent with a class of model.

        Raises:
            ConfigError: the release has none for it.
        """
        prompt = chosen(self.prompts.values(), intent, model_class)
        if prompt is None:
            raise ConfigError(
                f"Release {self.name!r} has no prompt for {intent!r} with a {model_class} model.",
                next_step="Add one under prompts: in the release file.",
            )
        return prompt


class Releases:
    """The releases of one folder, each read once: a run that has begun keeps the release it began with."""

    def __init__(self, folder: Path = RELEASES, prompts: Path = PROMPTS) -> None:
        self._folder = folder
        self._prompts = prompts
        self._loaded: dict[str, Release] = {}

    def get(self, name_or_id: str) -> Release:
        """Return a release by name, by id, or by the first 12 or more digits of its id.

        Raises:
            UnknownRelease: none has this name or id.
            ConfigError: its file cannot be used.
        """
        known = self._loaded.get(name_or_id)
        if known is None:
            known = load_release(name_or_id, self._folder, self._prompts)
            self._loaded[name_or_id] = self._loaded[known.id] = known
        return known


def load_release(name_or_id: str, folder: Path = RELEASES, prompts: Path = PROMPTS) -> Release:
    """Return the release of this name or id (see `Releases.get`, which keeps it)."""
    direct = folder / f"{name_or_id}.yaml"
    if re.fullmatch(r"[\w.-]+", name_or_id) and direct.is_file():
        return read_release(direct, prompts)
    files = sorted(folder.glob("*.yaml"))
    if re.fullmatch(r"[0-9a-f]{12,64}", name_or_id):
        for file in files:
            release = read_release(file, prompts)
            if release.id.startswith(name_or_id):
                return release
    names = ", ".join(file.stem for file in files) or "none"
    raise UnknownRelease(f"No release has the name or id {name_or_id!r}.", next_step=f"Use one of: {names}.")


def read_release(file: Path, prompts: Path = PROMPTS) -> Release:
    """Return the release of a file; its prompts are names of files in `prompts`.

    Raises:
        ConfigError: not YAML, not the schema, a bad pattern, a missing prompt, or another graph version.
    """
    try:
        content = parse_yaml(file.read_text(encoding="utf-8"))
        content["prompts"] = {name: read_prompt(prompts, name) for name in content["prompts"]}
        if weights := content["triage"].get("classifier"):
            weights["folder"] = file.parent
        release = Release(name=file.stem, **content)
        compiled = len(release.triage.compiled) + len(release.triage.compiled_inner)
        if release.triage.classifier is not None:
            release.triage.classifier.content()  # other bytes are found here, not in an answer
        _ = release.guards.reading.compiled  # a bad pattern is found here, not in an answer
    except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError, re.error) as exc:
        raise ConfigError(f"Release file {file.name!r} cannot be used: {exc}.", next_step="Mend the file.") from exc
    if release.graph_version != GRAPH_VERSION:
        raise ConfigError(
            f"Release {release.name!r} is for graph version {release.graph_version!r}, this is {GRAPH_VERSION!r}.",
            next_step="Use a release of this version.",
        )
    if not compiled:
        raise ConfigError(f"Release {release.name!r} has no triage rules.", next_step="Add them under triage: rules:.")
    missing = [intent for intent in INTENTS if intent not in release.routes]
    if missing:
        raise ConfigError(
            f"Release {release.name!r} has no route for {missing!r}.", next_step="Add them under routes:."
        )
    return release


def _sorted_sets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted_sets(inner) for key, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_sorted_sets(inner) for inner in value]
    return value
