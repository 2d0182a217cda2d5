"""What can happen, as typed events: which stream each belongs to, and which of its fields only the subject's key opens.

A field marked `_sealed()` holds words or a name of a person. `_words()` marks text that people or code wrote freely: like the
sealed fields it passes the log gate (`guardrails.logs`) before it is stored. Everything else is a number, an id or one
of our own words. No event holds code: lines are told by their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from knowledge.ledger import Once

ANSWERS = "answers"
FEEDBACK = "feedback"
ADMINISTRATION = "administration"
STREAMS = (ADMINISTRATION, ANSWERS, FEEDBACK)
"""Each is a chain of its own, and may be kept for a time of its own."""

Lines: TypeAlias = tuple[str, str, int, int, str]
"""repository, path, first line, last line, revision."""


def _sealed() -> Any:
    return field(default="", metadata={"sealed": True})


def _words() -> Any:
    return field(default="", metadata={"words": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """user: the name of the person it is about, empty for nobody; the store holds an id in its place."""

    kind: ClassVar[str]
    stream: ClassVar[str]

    user: str = ""

    @property
    def once(self) -> Once | None:
        """Return when it is not stored, for what several processes see and tell."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Event):
    """A question came in. run: what the other events of its answer name. wish: the model that was asked for."""

    kind = "asked"
    stream = ANSWERS

    run: str
    door: str
    release: str = ""
    wish: str = ""
    team: str = _words()
    project: str = _words()
    repositories: Sequence[str] | None = None
    question: str = _sealed()
    thread: str = _sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Event):
    """The lines that an answer cites."""

    kind = "served"
    stream = ANSWERS

    run: str
    lines: Sequence[Lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCalled(Event):
    """One call of a model. outcome: answered, or the fault. reached: the prompt left for the host. lines: what it held."""

    kind = "model"
    stream = ANSWERS

    run: str
    purpose: str
    model: str
    host: str
    outcome: str
    reached: bool
    input_tokens: int
    output_tokens: int
    micro_usd: int
    ms: float
    lines: Sequence[Lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """An answer left. claims: how many of each status. digest: SHA-256 of its words, for whoever has them."""

    kind = "answered"
    stream = ANSWERS

    run: str
    door: str
    release: str
    level: str
    verdict: str
    route: str = _words()
    model: str = ""
    team: str = _words()
    project: str = _words()
    repositories: Sequence[str] = ()
    input_tokens: int
    output_tokens: int
    micro_usd: int
    latency_ms: float
    first_evidence_ms: float | None
    claims: dict[str, int]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered(Event):
    """A question got no answer: it was asked back, the asker left, or it failed; `reason` is that, or the code of the error."""

    kind = "unanswered"
    stream = ANSWERS

    run: str
    door: str
    release: str
    reason: str
    team: str = _words()
    project: str = _words()
    latency_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRaised(Event):
    """A guard, the watcher or the check had something to say. See `knowledge.evidence.Finding`."""

    kind = "finding"
    stream = ANSWERS

    run: str
    gate: str
    finding: str
    severity: str
    action: str
    confidence: float
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(Event):
    """What a person thought of an answer, or did with it.

    signal: thumb (value 1 or -1), rating (1 to 5), correction, and without words: copied, opened, dwell (value: seconds), rephrased.
    claim: which one of the answer, from 0; None for the whole. place: the citation that was opened or copied. rank: its place in the
    list as it was shown, from 0. propensity: how likely it was to be shown there; 1 while the order is not left to chance.
    """

    kind = "feedback"
    stream = FEEDBACK

    run: str
    door: str
    signal: str
    value: float | None = None
    claim: int | None = None
    rank: int | None = None
    propensity: float | None = None
    release: str = ""
    place: str = _words()
    correction: str = _sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPassed(Event):
    """An account passed a share of its limit. name: of a team or project; a user is the subject."""

    kind = "budget"
    stream = ADMINISTRATION

    scope: str
    name: str = _words()
    measure: str
    share: float
    used: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChanged(Event):
    """An API key was created, rotated or revoked. key: its public id. principal: whose it is."""

    kind = "key"
    stream = ADMINISTRATION

    key: str
    change: str
    scopes: Sequence[str] = ()
    expires_at: float | None = None
    principal: str = _sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChanged(Event):
    """What somebody may do was changed. policy: what was changed (`principal`, or the `file` of policies, whose changes every process of
    every server sees); before, after: digests of what it said.
    """

    kind = "policy"
    stream = ADMINISTRATION

    policy: str
    change: str
    before: str = ""
    after: str = ""
    principal: str = _sealed()

    @property
    def once(self) -> Once | None:
        return Once(b'"policy":"file"', f'"after":"{self.after}"'.encode()) if self.policy == "file" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChanged(Event):
    """The file of settings was written over REST. before, after: digests; text: what stands in it now, in which no secret may stand."""

    kind = "configuration"
    stream = ADMINISTRATION

    before: str
    after: str
    text: str = _sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChanged(Event):
    """A job of the index came into another state."""

    kind = "job"
    stream = ADMINISTRATION

    job: str
    repository: str = _words()
    state: str
    revision: str = ""
    files: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChanged(Event):
    """A cloned repository, or what belongs to one, was added, rotated, removed or set. what: repository, credential, webhook, schedule."""

    kind = "source"
    stream = ADMINISTRATION

    what: str
    name: str = _words()
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned(Event):
    """Old events of a stream were taken out, up to this number."""

    kind = "pruned"
    stream = ADMINISTRATION

    of: str
    number: int
    digest: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Event):
    """The key of a person was dropped: what was sealed with it is gone. key: the id that stands in the events."""

    kind = "erased"
    stream = ADMINISTRATION

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Event):
    """What the Ledger holds was handed out: of one person (the id of their key), or a whole stream."""

    kind = "exported"
    stream = ADMINISTRATION

    what: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost(Event):
    """So many events could not be kept: the store failed for longer than there was room to wait."""

    kind = "lost"
    stream = ADMINISTRATION

    count: int
    reason: str = ""


KINDS: tuple[type[Event], ...] = (
    Asked, Served, ModelCalled, Answered, Unanswered, FindingRaised, FeedbackGiven, BudgetPassed, KeyChanged,
    PolicyChanged, ConfigurationChanged, JobChanged, SourceChanged, Pruned, Erased, Exported, Lost,
)  # fmt: skip


_SEALED = {kind: tuple(one.name for one in fields(kind) if one.metadata.get("sealed")) for kind in KINDS}
_PLAIN = {
    kind: tuple(
        (one.name, bool(one.metadata.get("words")))
        for one in fields(kind)
        if one.name != "user" and not one.metadata.get("sealed")
    )
    for kind in KINDS
}


def sealed_fields(kind: type[Event]) -> tuple[str, ...]:
    return _SEALED[kind]


def plain_fields(kind: type[Event]) -> tuple[tuple[str, bool], ...]:
    """Return the fields that are stored as they are, each with whether it passes the log gate first."""
    return _PLAIN[kind]
