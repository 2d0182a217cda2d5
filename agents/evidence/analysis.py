"""What both analysts do with a task: run it in a worker thread within its time, report its facts, and never lose the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from langgraph.runtime import Runtime

from agents.context import Context
from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.reranking import RerankedSearch, Reranking
from agents.evidence.sight import Sight, numbered
from agents.evidence.structural import OPERATIONS
from agents.records import finding_row, place
from agents.services import CodeSearch, Services
from agents.state import AssistantState, Evidence, Outcome, SymbolRow, Task, TaskState, sum_usage
from configs.errors import InputError, StoreError, UnknownRepository, UnknownSymbol
from configs.release import Release
from knowledge.evidence import Finding, Verdict
from knowledge.scope import Scope
from tools.reading import first_lines
from tools.search import SearchResult

_FIRST_PLACES = 3

Operation = Callable[[Sight], Result]


def release_of(services: Services, context: Context | None) -> Release:
    """Return the release that the run names; Studio may start a run without any context."""
    return services.releases.get((context or Context()).release)


def operation_facts(operation: Operation, sight: Sight) -> Result:
    """Run an operation: the one place where the time of tools is spent, and can be measured."""
    return operation(sight)


OperationOf = Callable[[Task, Release], Operation]


async def run_task(
    state: TaskState, runtime: Runtime[Context], services: Services, operation_of: OperationOf
) -> AssistantState:
    """Return the facts and the outcome of one task, and of those that wait for what it finds: they run side by side.

    A failing store or a late answer becomes a finding and an `unknown` outcome that names the reason.
    """
    update = await _run_one(state, runtime, services, operation_of)
    waiting = state["task"].get("then", [])
    if not waiting:
        return update
    limits = release_of(services, runtime.context).limits
    found = found_symbols(state["task"], update.get("evidence", []), limits.fan_out)
    ready = [named_task(task, symbol, place) for task in waiting for place, symbol in enumerate(found, 1)]
    if not ready:
        nothing = [_in_vain(task, state["task"]) for task in waiting]
        return {**update, "outcomes": [*update.get("outcomes", []), *nothing]}
    runs = [run_task(_with_task(state, task), runtime, services, operation_of) for task in ready]
    for further in await asyncio.gather(*runs):
        update["evidence"] = [*update.get("evidence", []), *further.get("evidence", [])]
        update["outcomes"] = [*update.get("outcomes", []), *further.get("outcomes", [])]
        update["findings"] = [*update.get("findings", []), *further.get("findings", [])]
    return update


def found_symbols(task: Task, facts: Sequence[Evidence], most: int) -> list[SymbolRow]:
    """Return the symbols that a task found, code before tests, nearest first; of a search only the best match."""
    asked_for_tests = task["operation"] == "tests"
    kinds = ("relation",) if task["operation"] in OPERATIONS else ("definition",)
    rows = [
        fact["about"] for fact in facts if fact["kind"] in kinds and fact["hops"] <= 1 and fact["about"] is not None
    ]
    unique = {row["id"]: row for row in rows if row["kind"] != "module" or not row["is_test"]}
    ordered = sorted(unique.values(), key=lambda row: row["is_test"] and not asked_for_tests)
    production = [row for row in ordered if not row["is_test"] or asked_for_tests] or ordered
    return production[: 1 if task["operation"] not in OPERATIONS else most]


def named_task(task: Task, symbol: SymbolRow, place: int) -> Task:
    """Return a waiting task made ready: about one symbol that was found."""
    ready = task.copy()
    ready["id"], ready["names"] = f"{task['id']}.{place}", [symbol["id"]]
    return ready


def _with_task(state: TaskState, task: Task) -> TaskState:
    return TaskState(task=task, deadline_at=state["deadline_at"], round=state["round"])


async def _run_one(
    state: TaskState, runtime: Runtime[Context], services: Services, operation_of: OperationOf
) -> AssistantState:
    task, context = state["task"], runtime.context or Context()

    def work() -> AssistantState:
        release = release_of(services, context).at_depth(state.get("depth", "normal"))
        sight = Sight(services.graph, services.scope_for(context), release, task, services.profiles)
        try:
            facts, outcome = operation_facts(operation_of(task, release), sight)
        except (UnknownSymbol, UnknownRepository, InputError) as exc:
            return {"outcomes": [plain_outcome(sight, Verdict.UNKNOWN, total=0, message=str(exc))]}
        return {"evidence": numbered(task, facts), "outcomes": [outcome]}

    runtime.stream_writer({"event": "tool_started", "tool": task["operation"]})
    limit_s = min(release_of(services, context).limits.tool_timeout_s, state["deadline_at"] - services.clock())
    try:
        async with asyncio.timeout(max(limit_s, 0.0)):
            update = await asyncio.to_thread(work)
    except TimeoutError:
        return failed_task(task, "deadline", f"{task['operation']!r} took longer than {max(limit_s, 0):.1f} s")
    except StoreError as exc:
        return failed_task(task, exc.code, exc.message)
    evidence = update.get("evidence", [])
    outcome = update["outcomes"][0]
    runtime.stream_writer(
        {
            "event": "evidence",
            "task": f"{task['operation']} {' '.join(task['names'])}".strip(),
            "verdict": outcome["verdict"],
            "count": len(evidence),
            "places": [place(fact["citation"]) for fact in evidence[:_FIRST_PLACES] if fact["citation"]["path"]],
        }
    )
    return update


def _in_vain(task: Task, first: Task) -> Outcome:
    """Return the outcome of a task whose names nothing was found for."""
    message = f"nothing was found to ask further: {first['query'].strip()!r}"
    return failed_task(task, "nothing_found", message)["outcomes"][0]


def search_for(context: Context, services: Services, release: Release, reranked: list[RerankedSearch]) -> CodeSearch:
    """Return the search of a run: reranked by a model when the run asks for it, and then told to `reranked` too."""
    search = services.retriever(release.retrieval.weights)
    if not context.rerank:
        return search

    def text_of(scope: Scope, result: SearchResult, lines: int) -> str:
        return first_lines(services.graph, scope, result.repository, result.path, result.start_line, lines)

    allowed = release.limits.budget_tokens if context.budget_tokens is None else context.budget_tokens
    reranked.append(
        RerankedSearch(
            search,
            Reranking(
                services,
                context,
                release,
                text_of,
                release.limits.rerank_timeout_s,
                allowed - release.limits.answer_tokens,
            ),
        )
    )
    return reranked[-1]


def with_reranking(update: AssistantState, searches: Sequence[RerankedSearch]) -> AssistantState:
    """Return the update of a task with what its searches cost and what kept them from being reranked."""
    notes = [search.note for search in searches if search.note]
    findings = [Finding(gate="reranker", kind="not_reranked", severity="warning", message=note) for note in notes]
    update["findings"] = [*update.get("findings", []), *(finding_row(one) for one in findings)]
    for search in searches:
        update["usage"] = sum_usage(update.get("usage"), search.usage)
    return update


def failed_task(task: Task, kind: str, message: str) -> AssistantState:
    """Return the update of a task that came to nothing, with the reason as a finding and in the outcome."""
    finding = Finding(gate="analyst", kind=kind, severity="error", message=message, action="annotate")
    return {
        "findings": [finding_row(finding)],
        "outcomes": [
            {
                "task": task["id"],
                "intent": task["intent"],
                "operation": task["operation"],
                "name": task["names"][0] if task["names"] else "",
                "verdict": Verdict.UNKNOWN.value,
                "symbol": None,
                "candidates": [],
                "uncovered": [],
                "total": 0,
                "truncated": False,
                "message": message,
            }
        ],
    }
