"""The state of the `assistant` graph: its records and its channels. What joins them is in `channels.py` and `turns.py`.

Every value is JSON: checkpoints, the dev server and the event stream carry it as it is. It holds ids, spans and short
text, never a tree, a driver or a whole file. Channels of one turn are emptied by the planner when the next turn begins.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from agents.channels import Fresh, join_rows
from agents.turns import Entity, Summary, join_turns

OF_THE_WHOLE = frozenset({"unused", "untested", "cycles", "central", "presence"})
"""Operations about all of the code, or all of a repository, folder, file or class that the question names."""

OF_FOLDERS = OF_THE_WHOLE | {"history", "folder"}
"""Operations that may be asked about a folder."""

WITHOUT_NAME = OF_THE_WHOLE | {
    "external", "overview", "traceback", "history", "subject", "review", "file", "configure", "folder"
}  # fmt: skip
"""Operations that need no symbol."""


SAYS = "says "
"""Begins the note of a use whose line does what the question asks about (`connects`), before its word."""


class SymbolRow(TypedDict):
    """A symbol as the state carries it, at the revision it was read. `doc` is the first paragraph of its docstring."""

    id: str
    kind: str
    name: str
    local_name: str
    qualified_name: str
    repository: str
    path: str
    line: int
    start_line: int
    end_line: int
    language: str
    signature: str
    doc: str
    is_test: bool
    revision: str


class CitationRow(TypedDict):
    """See `knowledge.evidence.Citation`."""

    repository: str
    path: str
    start_line: int
    end_line: int
    symbol: str | None
    revision: str


class RelationRow(TypedDict):
    """See `knowledge.evidence.StatedRelation`."""

    kind: str
    source_id: str
    target_id: str


class ClaimRow(TypedDict):
    """See `knowledge.evidence.Claim`; `quote` holds the cited lines word for word when the claim shows them.

    cells: what stands in the columns of its block's table, in place of the text.
    reasons: why the check does not call it verified.
    """

    text: str
    citations: list[CitationRow]
    identifiers: list[str]
    relations: list[RelationRow]
    tier: str | None
    status: str
    quote: str
    language: str
    cells: NotRequired[list[str]]
    reasons: NotRequired[list[str]]


class Block(TypedDict):
    """A stretch of an answer: opening words, a title, claims, and a closing line (what was cut, and how to see all).

    form: `steps` for claims that are an order to follow, `table` for rows to compare; a list when it is not said.
    columns: heads of a table whose claims have `cells`.
    """

    intro: str
    title: str
    claims: list[ClaimRow]
    tail: str
    form: NotRequired[str]
    columns: NotRequired[list[str]]


class Draft(TypedDict):
    """An answer before and after it is checked.

    sources: what a model's `[1]`, `[2]` stand for, in order; empty for an answer that no model wrote.
    picture: claims whose relations are to be drawn; absent when no diagram was asked for.
    patch: a unified diff that was checked to apply and to parse; absent where no code was asked for or none held.
    label: stands above all else: whose words these are, when they were made for another question.
    """

    blocks: list[Block]
    unknowns: list[str]
    notes: list[str]
    sources: list[CitationRow]
    picture: NotRequired[list[ClaimRow]]
    patch: NotRequired[str]
    label: NotRequired[str]


class MannerRow(TypedDict):
    """How the answer shall look. depth: brief, normal or deep; said: the one that somebody asked for, empty when nobody did."""

    depth: str
    said: str
    diagram: bool
    table: bool


class Task(TypedDict):
    """One piece of evidence to collect.

    then: tasks that begin when this one has found something, and take the symbols it found as their names.
    operation: the intent, or one of usages, subclasses, overrides, superclasses, hierarchy, importers, imports, external, unused, untested, cycles, central, presence, dependants, requirements.
    names: what the question calls its symbols, as understood; query: the words to search for.
    rung: structural or extractive; wide: also ambiguous relations and more search results (an escalated round).
    """

    id: str
    intent: str
    operation: str
    analyst: Literal["code", "docs"]
    names: list[str]
    query: str
    rung: str
    wide: bool
    then: NotRequired[list[Task]]


class Step(TypedDict):
    """One part of the plan: an intent over names or words. `after`: the steps (by `id`) whose found symbols it takes as names.

    decided_by: what the intent was read by: rule, classifier, model, person, thread (the turn before), or words (nothing was recognised).
    """

    id: NotRequired[str]
    intent: str
    operation: str
    names: list[str]
    query: str
    certainty: float
    after: NotRequired[list[str]]
    decided_by: NotRequired[str]


class Doubt(TypedDict):
    """A clause that no rule was sure of: how it was read, and how it may be meant as well, with the classifier's probabilities."""

    clause: str
    intent: str
    share: float
    rival: str
    rival_share: float


class Plan(TypedDict):
    """The question as understood. `subject` is the symbol that a follow-up will mean by `it`.

    language: two letters; answers are in English. expertise: newcomer, regular or expert.
    notes: what the answer has to say of how the question was read. each: the name of several meanings of which every one has its own
    steps, since nobody could say which was meant.
    """

    question: str
    steps: list[Step]
    subject: str
    words: list[str]
    language: NotRequired[str]
    expertise: NotRequired[str]
    entities: NotRequired[list[Entity]]
    doubts: NotRequired[list[Doubt]]
    notes: NotRequired[list[str]]
    each: NotRequired[str]


class ChoiceRow(TypedDict):
    """What the router predicted of the model that writes: its class, how likely it is right, and what was seen (`agents.writing.router.Seen`)."""

    choice: str
    predicted: float
    seen: dict[str, Any]


class RouteRow(TypedDict):
    """How this round answers: rung per step, the model (or none) with the reason, what remains of the budget.

    choice: why this model and no other. missed: a model would have written, and none may be asked. audited: the places that a remembered answer cites which is made anew to be compared; empty when none is.
    """

    rungs: list[str]
    model: str | None
    model_class: str | None
    reason: str
    round: int
    deadline_at: float
    budget_tokens: int
    from_memory: bool
    audited: list[str]
    memory_key: str
    missed: NotRequired[bool]
    choice: NotRequired[ChoiceRow]


class Evidence(TypedDict):
    """One proven fact that a tool returned.

    kind: definition, relation, excerpt, section, fact. about: the symbol that the fact is about; other: the second one of
    a relation. hops: relations away from the symbol that was asked about.
    """

    id: str
    task: str
    kind: str
    about: SymbolRow | None
    other: SymbolRow | None
    relation: RelationRow | None
    tier: str | None
    citation: CitationRow
    excerpt: str
    hops: int
    score: float
    note: str


class Outcome(TypedDict):
    """What a task came to. `uncovered`: `path:line reason` of places that could not be looked into."""

    task: str
    intent: str
    operation: str
    name: str
    verdict: str
    symbol: SymbolRow | None
    candidates: list[SymbolRow]
    uncovered: list[str]
    total: int
    truncated: bool
    message: str
    in_tests: NotRequired[int]
    """How many of the `total` symbols are tests, where rows of a list are split by that."""


class SolutionRow(TypedDict):
    """What solved an error: whose words, when (seconds since 1970), at which revision; `changed`: its files that changed since."""

    text: str
    by: str
    at: float
    revision: str
    changed: list[str]


class KnownErrorRow(TypedDict):
    """An error that was solved before. match: `same` (the same way through the code) or `alike`. places: symbol ids, innermost first."""

    id: str
    repository: str
    exception: str
    places: list[str]
    match: str
    solutions: list[SolutionRow]


class FindingRow(TypedDict):
    """See `knowledge.evidence.Finding`."""

    gate: str
    kind: str
    severity: str
    message: str
    confidence: float
    action: str
    path: str | None
    line: int | None


class TraceRow(TypedDict):
    """One visit of a node, as the observer saw it."""

    node: str
    round: int
    latency_ms: float
    error: str | None


class Usage(TypedDict):
    """Tokens read and written, and millionths of a dollar."""

    input_tokens: int
    output_tokens: int
    micro_usd: NotRequired[int]


class Check(TypedDict):
    """What the quality checker found. `faults` name what to repair."""

    passed: bool
    verified: int
    refuted: int
    unverified: int
    faults: list[str]


def sum_usage(left: Usage | None, right: Usage | Fresh | None) -> Usage:
    """Add token counts; None sets them back to zero, `Fresh` ones begin a turn that has used some already."""
    if isinstance(right, Fresh):
        fresh: Usage = right[0]
        return fresh
    if right is None or left is None:
        return right or Usage(input_tokens=0, output_tokens=0)
    return Usage(
        input_tokens=left["input_tokens"] + right["input_tokens"],
        output_tokens=left["output_tokens"] + right["output_tokens"],
        micro_usd=left.get("micro_usd", 0) + right.get("micro_usd", 0),
    )


INPUT_EXAMPLES: tuple[dict[str, Any], ...] = (
    {"question": "Who calls price?"},
    {"messages": [{"role": "user", "content": "What breaks if I change price?"}]},
    {
        "messages": [
            {"role": "user", "content": "Where is price defined?"},
            {"role": "assistant", "content": "In shop/models.py."},
            {"role": "user", "content": "Who calls it?"},
        ]
    },
)


@with_config(ConfigDict(json_schema_extra={"examples": list(INPUT_EXAMPLES)}))
class AssistantInput(TypedDict, total=False):
    """Either is enough: a question, or chat messages whose last one from the user is the question.

    Its description (JSON schema), which LangGraph Studio makes a form of, carries the examples.

    pseudonyms: what stands for personal data in them (see `guardrails.pseudonyms`).
    """

    question: str
    messages: Annotated[list[Any], join_turns]
    pseudonyms: dict[str, str]


class AssistantState(TypedDict, total=False):
    """All channels. `question` is consumed by the planner, which leaves it in `plan`."""

    question: str
    messages: Annotated[list[Any], join_turns]
    summary: Summary
    pseudonyms: dict[str, str]
    subject: str
    run_id: str
    started_at: float
    release_id: str
    plan: Plan
    manner: MannerRow
    route: RouteRow
    round: int
    phase: str
    tasks: list[Task]
    known_errors: list[KnownErrorRow]
    evidence: Annotated[list[Evidence], join_rows]
    outcomes: Annotated[list[Outcome], join_rows]
    findings: Annotated[list[FindingRow], join_rows]
    trace: Annotated[list[TraceRow], join_rows]
    usage: Annotated[Usage, sum_usage]
    draft: Draft
    check: Check
    level: str
    verdict: str
    answer: dict[str, Any]


class TaskState(TypedDict):
    """What `Send` gives an analyst: one task and the bounds it works under."""

    task: Task
    deadline_at: float
    round: int
    depth: NotRequired[str]
