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
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from configs.errors import ConfigError, UnknownRelease
from configs.prompts import Prompt, chosen, read_prompt
from configs.reading import Reading
from configs.yaml_text import parse_yaml

GRAPH_VERSION = "1"
"""Version of the node set that this code builds; a release written for another one is refused."""

INTENTS = (
    *("locate", "define", "explain", "callers", "callees", "impact"),
    *("path", "hierarchy", "dependencies", "docs", "overview", "tests", "debug"),
    *("history", "configure", "file", "patch", "review"),
)
RELEASES = Path(__file__).parent / "releases"
PROMPTS = Path(__file__).parent / "prompts"

ModelClass = Literal["small", "large"]
Rung = Literal["structural", "extractive", "small", "large"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Frozen):
    """A phrase that marks an intent. `<symbol>` and `<target>` in the pattern stand for a name in the question.

    needs: how many known symbols the rule needs when the pattern itself captures none (0..2).
    operation: what the analyst does; the intent itself when empty. weight: 0..1, the strongest matching rule wins.
    """

    intent: str
    pattern: str
    operation: str = ""
    weight: float = Field(default=0.8, ge=0, le=1)
    needs: int = Field(default=0, ge=0, le=2)

    @field_validator("intent")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in INTENTS:
            raise ValueError(f"unknown intent {value!r}; one of {', '.join(INTENTS)}")
        return value


class Weights(_Frozen):
    """A file beside the release with learned numbers, and the sha256 of its content, which is part of the release's id.

    folder: where the release was read from; no part of what it is.
    """

    file: str
    sha256: str
    folder: Path = Field(default=RELEASES, exclude=True)

    def content(self) -> bytes:
        """Return the numbers as they lie in the file.

        Raises:
            ConfigError: they are not those that the release means.
        """
        content = (self.folder / self.file).read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ConfigError(
                f"The weights {self.file!r} have the hash {found}, not {self.sha256}.",
                next_step="Learn them again (clew eval train-triage), and put the hash it prints into the release.",
            )
        return content


class Doubts(_Frozen):
    """What is done where no rule is sure of an intent and the classifier neither. See `agents.questions.doubts`.

    ask_below: the probability of the best intent below which a model is asked for it, in at most `timeout_s` and `answer_tokens`; 0: never.
    close: two intents are both possible when the second has this share of the first one's probability; 1: never.
    meant: what each intent asks, in words, with `{about}` for what the question names: as choices and for the model.
    """

    ask_below: float = Field(default=0, ge=0, le=1)
    timeout_s: float = Field(default=4, gt=0)
    answer_tokens: int = Field(default=24, ge=8)
    close: float = Field(default=1, ge=0, le=1)
    meant: dict[str, str] = {}


class Triage(_Frozen):
    """How the planner reads a question: macros of the patterns, the rules, and the words that are never names.

    clause_break: what stands between two things that are asked; asks: what begins a request; relation: a noun that asks of what was
    spoken of before (`the tests`); earlier: what, between two, says that the second comes first;
    reason: what begins a subordinate clause that only says why (`Before I change X, ...`).
    object_before: a pronoun before its `verb`, where a name would stand behind it (`qui l'appelle`).
    shared_object: what asks two things of one name (`callers and callees of X`), with the groups first, second and object.
    listed: what asks several things of one `object` in a `list` (`X: callers, tests`).
    inner: phrases that stand for what another step finds (`the callers of X`, or `words` to search for). results_pronoun: what
    means the results of the step before. same_again: a follow-up that only names something else.
    opening: what people say before they ask.
    sure_rule: weight from which a rule needs no second opinion; over_captured, over_words: the probability from which the
    classifier outweighs a weaker rule that caught a name, or none; further: that from which a later clause without a name asks more.
    docs_alone: the probability from which a clause is taken to ask documents alone, and not code as well.
    languages: frequent small words, by language; newcomer: what a person says who is new to the code.
    """

    macros: dict[str, str]
    rules: tuple[Rule, ...]
    never_names: frozenset[str]
    name_kinds: frozenset[str]
    clause_break: str
    asks: str = r"(?!)"
    relation: str = r"(?!)"
    listed: str = r"(?!)"
    earlier: str = r"(?!)"
    reason: str = r"(?!)"
    pronoun: str
    object_before: str = r"(?!)"
    possessive: str
    file_suffixes: frozenset[str]
    shared_object: str = ""
    inner: tuple[Rule, ...] = ()
    results_pronoun: str = r"(?!)"
    same_again: str = r"(?!)"
    opening: str = r"(?!)"
    sure_rule: float = Field(default=0.85, ge=0, le=1)
    over_captured: float = Field(default=0.9, ge=0, le=1)
    over_words: float = Field(default=0.4, ge=0, le=1)
    further: float = Field(default=0.85, ge=0, le=1)
    docs_alone: float = Field(default=0.85, ge=0, le=1)
    languages: dict[str, frozenset[str]] = {}
    newcomer: str = ""
    classifier: Weights | None = None
    doubts: Doubts = Doubts()

    @property
    def kinds(self) -> str:
        """Return what names the kind of a symbol (`function`), as an expression."""
        return self.macros.get("kind", r"(?!)")

    @cached_property
    def compiled_breaks(self) -> re.Pattern[str]:
        """Return what stands between two clauses. Its group `soft` is a mere comma."""
        return re.compile(self.expand(self.clause_break), re.IGNORECASE)

    @cached_property
    def compiled_asks(self) -> re.Pattern[str]:
        """Return what begins a request, after whatever may stand before it."""
        return re.compile(self.expand(rf"\W*(?:[^:?]{{1,60}}:\s+)?{self.asks}"), re.IGNORECASE)

    @cached_property
    def compiled_relation(self) -> re.Pattern[str]:
        """Return what names a relation (`the tests`, `callers`), which can be asked of what was spoken of before."""
        return re.compile(self.expand(self.relation), re.IGNORECASE)

    @cached_property
    def compiled_inner(self) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
        """Return each inner phrase with its expression, macros expanded."""
        return tuple((rule, re.compile(self.expand(rule.pattern), re.IGNORECASE)) for rule in self.inner)

    @cached_property
    def compiled(self) -> tuple[tuple[Rule, re.Pattern[str]], ...]:
        """Return each rule with its expression, macros expanded."""
        return tuple((rule, re.compile(self.expand(rule.pattern), re.IGNORECASE)) for rule in self.rules)

    def expand(self, pattern: str) -> str:
        """Return the pattern with `<symbol>`, `<target>` and `{macro}` replaced."""
        for group in ("symbol", "target"):
            pattern = pattern.replace(f"<{group}>", self.macros["named"].replace("<name>", f"(?P<{group}>{{name}})"))
        for _ in range(3):
            pattern = re.sub(r"\{([a-z_]+)\}", lambda found: self.macros[found.group(1)], pattern)
        return pattern


class Route(_Frozen):
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


class ModelChoice(_Frozen):
    """Names of a model class in order of preference (a prefix of the tag is enough), and the sizes that fit it."""

    prefer: tuple[str, ...] = ()
    max_parameters_b: float = Field(default=1000, gt=0)


class Seeking(_Frozen):
    """What a question says of how it is asked rather than of what: expressions with `{macro}`; what is not said matches nothing.

    frame: words that only ask for a place; functions, types: what names the sort of place; documents: what asks for documents.
    things: what asks whether something is used, with the group `thing`; the first that fits counts. since: how far back a question
    looks, with the groups `count` and `unit`, `today` or `yesterday`. against: the revision that a change is compared with, `base`.
    tested: what only asks for tests (`which tests cover`). of_functions, of_types: what says that of all code only functions, or types, are asked for (`the most used functions`).
    """

    macros: dict[str, str] = {}
    frame: tuple[str, ...] = ()
    functions: str = r"(?!)"
    types: str = r"(?!)"
    documents: str = r"(?!)"
    things: tuple[str, ...] = ()
    since: str = r"(?!)(?P<count>)(?P<unit>)(?P<today>)(?P<yesterday>)"
    against: str = r"(?!)(?P<base>)"
    tested: str = r"(?!)"
    of_functions: str = r"(?!)"
    of_types: str = r"(?!)"

    @cached_property
    def compiled_tested(self) -> re.Pattern[str]:
        return self._compiled(self.tested)

    @cached_property
    def compiled_things(self) -> tuple[re.Pattern[str], ...]:
        return tuple(self._compiled(one) for one in self.things)

    @cached_property
    def compiled_since(self) -> re.Pattern[str]:
        return self._compiled(self.since)

    @cached_property
    def compiled_of_functions(self) -> re.Pattern[str]:
        return self._compiled(self.of_functions)

    @cached_property
    def compiled_of_types(self) -> re.Pattern[str]:
        return self._compiled(self.of_types)

    @cached_property
    def compiled_against(self) -> re.Pattern[str]:
        return self._compiled(self.against)

    @cached_property
    def compiled_frame(self) -> re.Pattern[str]:
        return self._compiled("|".join(self.frame) or r"(?!)")

    @cached_property
    def compiled_functions(self) -> re.Pattern[str]:
        return self._compiled(self.functions)

    @cached_property
    def compiled_types(self) -> re.Pattern[str]:
        return self._compiled(self.types)

    @cached_property
    def compiled_documents(self) -> re.Pattern[str]:
        return self._compiled(self.documents)

    def _compiled(self, pattern: str) -> re.Pattern[str]:
        """Raises KeyError for a macro that is not there, re.error."""
        return re.compile(re.sub(r"\{([a-z_]+)\}", lambda found: self.macros[found[1]], pattern), re.IGNORECASE)


class Retrieval(_Frozen):
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


class Limits(_Frozen):
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


class Guards(_Frozen):
    """What the quality checker asks of an answer."""

    min_verified_share: float = Field(default=0.5, ge=0, le=1)
    literals: frozenset[str] = frozenset()
    reading: Reading = Reading()


class FewShot(_Frozen):
    """Accepted answers that a model is shown: at most `most`, so alike as `least_likeness` (0..1), in `budget_tokens` together."""

    most: int = Field(default=2, ge=0, le=10)
    budget_tokens: int = Field(default=700, ge=0)
    least_likeness: float = Field(default=0.2, ge=0, le=1)


class Packing(_Frozen):
    """What goes into a model's window first. See `agents.writing.packing`.

    values: what a fact of each kind is worth. same_file: what is left of that for each fact of the same file that is in already.
    fewest_lines: an excerpt is not narrowed to fewer.
    """

    values: dict[str, float] = {}
    same_file: float = Field(default=0.7, gt=0, le=1)
    fewest_lines: int = Field(default=4, ge=1)


class Router(_Frozen):
    """Who writes when several may. See `agents.writing.router`; learned by `clew eval train-router`.

    weights: for each choice (extractive, small, large), of each feature. costs: what a choice costs, in any unit.
    cost_weight: how much more likely a right answer must be for one unit.
    """

    weights: dict[str, dict[str, float]] = {}
    costs: dict[str, float] = {}
    cost_weight: float = Field(default=0.0, ge=0)


class Remembering(_Frozen):
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


class Depth(_Frozen):
    """What an answer of a depth may show: claims of a list, lines of a quotation, places of a search, sentences of a model."""

    shown: int = Field(default=15, ge=1)
    quoted_lines: int = Field(default=18, ge=1)
    places: int = Field(default=3, ge=1)
    max_sentences: int = Field(default=8, ge=1)


class Manner(_Frozen):
    """How questions ask for a form (see `agents.questions.manner`): expressions by depth, for a diagram, for a table; what each depth shows.

    reader: for whom it is answered (`to a newcomer`), which is no part of what is asked; a group `asked` of it stays.
    """

    depths_said: dict[str, str] = {}
    diagram: str = ""
    table: str = ""
    reader: str = ""
    depths: dict[str, Depth] = {}


class Release(_Frozen):
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
