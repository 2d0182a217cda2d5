"""The node that writes: sentences made of the facts themselves, or a model's words over the same facts when the route has a model.

A host that fails on the way costs its words, never the answer: the extractive draft is written first and stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from langgraph.runtime import Runtime

from agents.analysis import release_of
from agents.claims import relation_claims
from agents.comparing import comparison
from agents.context import Context
from agents.examples import Examples
from agents.manner import at_depth
from agents.packing import PROMPT_TOKENS, Packed, pack
from agents.phrasing import passage_of
from agents.prompting import claims_in, prompt_of
from agents.records import finding_row
from agents.services import Services
from agents.spending import reserve, settle
from agents.state import AssistantState, Block, ClaimRow, Draft, Evidence, FindingRow, Outcome, Usage
from configs.errors import ModelStopped, ModelUnavailable, StoreError
from configs.release import Release
from indexers.documents.formats import FORMATS
from knowledge.evidence import Finding, Level, Verdict
from knowledge.scope import Scope
from models.ollama import Completion
from models.tokens import tokens_of

_log = logging.getLogger("clew.memory")
_QUOTING = frozenset({"excerpt", "section"})


async def writer(state: AssistantState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the draft with its level, verdict and the symbol that a follow-up will mean."""
    context = runtime.context or Context()
    release = release_of(services, context)
    facts, outcomes = state.get("evidence") or [], state.get("outcomes") or []
    errors = [finding["message"] for finding in state.get("findings") or [] if finding["severity"] == "error"]
    manner = state["manner"]
    draft = at_depth(compose(outcomes, facts, release.at_depth(manner["depth"]).limits.shown, errors), manner)
    if manner["diagram"]:
        draft["picture"] = relation_claims([fact for fact in facts if fact["relation"] is not None])
    update: AssistantState = {
        "draft": draft,
        "level": level_of(outcomes, facts).value,
        "verdict": verdict_of(outcomes).value,
        "subject": subject_of(outcomes, facts) or state["plan"]["subject"],
        "phase": "written",
    }
    route = state.get("route")
    if route is None or route["model"] is None or not facts:
        return update
    packed = pack(facts, release, route["budget_tokens"], state["plan"]["question"], route["model"])
    spent = state.get("usage") or Usage(input_tokens=0, output_tokens=0)
    most = PROMPT_TOKENS + tokens_of(packed.text, route["model"])
    granted = await reserve(services, context, [route["model"]], most, release.limits.answer_tokens, spent)
    if not granted.models:
        update["draft"] = {**draft, "notes": [*draft["notes"], f"No model was asked. {granted.refusal}"]}
        update["findings"] = list(granted.findings)
        return update
    completion, findings = await _ask_model(state, packed, runtime, services, release)
    calls = [] if completion is None else [(completion.model, completion.input_tokens, completion.output_tokens)]
    cost, alerts = await settle(services, granted.reservation, calls)
    update["findings"] = [*granted.findings, *findings, *alerts]
    if completion is None:
        return update
    scope = services.scope_for(context)
    written = await asyncio.to_thread(_model_draft, completion.text, packed, release, services, scope)
    update["draft"] = {**draft, **written, "unknowns": draft["unknowns"], "notes": [*draft["notes"], *packed.notes]}
    update["level"] = Level.MODEL.value
    update["usage"] = Usage(
        input_tokens=completion.input_tokens, output_tokens=completion.output_tokens, micro_usd=cost
    )
    return update


def unwritten(state: AssistantState) -> AssistantState:
    """Return an empty draft that says so: what is left when writing failed."""
    block = Block(intro="The answer could not be written; the index itself is fine.", title="", claims=[], tail="")
    return {
        "draft": Draft(blocks=[block], unknowns=[], notes=[], sources=[]),
        "level": Level.STRUCTURAL.value,
        "verdict": Verdict.UNKNOWN.value,
        "subject": state["plan"]["subject"],
        "phase": "written",
    }


def compose(outcomes: Sequence[Outcome], facts: Sequence[Evidence], shown: int, errors: Sequence[str] = ()) -> Draft:
    """Return the extractive draft: one passage a task, in the order of the plan; what failed when there is none."""
    blocks: list[Block] = []
    unknowns: list[str] = []
    notes: list[str] = []
    documented = any(fact["kind"] == "section" for fact in facts)
    for outcome in sorted(outcomes, key=lambda row: row["task"]):
        own = [fact for fact in facts if fact["task"] == outcome["task"]]
        if outcome["intent"] == "docs" and documented and not any(fact["kind"] == "section" for fact in own):
            continue  # asked for documents and found some: matching code would only distract
        passage = passage_of(outcome, own, shown)
        blocks += _unsaid(passage.blocks, blocks)
        unknowns += passage.unknowns
        notes += passage.notes
    compared = comparison(outcomes, facts)
    if compared is not None:  # the lines of each would bury what tells them apart
        blocks = [compared, *(_without_code(block) for block in blocks)]
    if not blocks:
        intro = errors[0] if errors else "The index holds nothing that answers this."
        blocks.append(Block(intro=intro, title="", claims=[], tail=""))
    return Draft(blocks=blocks, unknowns=list(dict.fromkeys(unknowns)), notes=list(dict.fromkeys(notes)), sources=[])


def _unsaid(new: Sequence[Block], said: Sequence[Block]) -> list[Block]:
    """Return the blocks of a passage without the claims that an earlier passage made: two clauses may ask the same."""
    known = {_saying(claim) for block in said for claim in block["claims"]}
    kept: list[Block] = []
    for block in new:
        claims = [claim for claim in block["claims"] if _saying(claim) not in known]
        if claims == block["claims"]:
            kept.append(block)
        elif claims:
            kept.append(Block(intro="", title=block["title"], claims=claims, tail=block["tail"]))
    return kept


def _without_code(block: Block) -> Block:
    kept = [claim for claim in block["claims"] if not claim["quote"] or claim["language"] in FORMATS]
    return {**block, "claims": kept}


def _saying(claim: ClaimRow) -> tuple[str, ...]:
    return claim["text"], *(str(sorted(citation.items())) for citation in claim["citations"])


def level_of(outcomes: Sequence[Outcome], facts: Sequence[Evidence]) -> Level:
    """Return `structural` when typed tools alone spoke, `extractive` when lines were searched for or quoted."""
    searched = any(outcome["operation"] == "search" and outcome["total"] for outcome in outcomes)
    quoted = any(fact["kind"] in _QUOTING for fact in facts)
    return Level.EXTRACTIVE if searched or quoted else Level.STRUCTURAL


def verdict_of(outcomes: Sequence[Outcome]) -> Verdict:
    """Return what the whole came to: found when any part found something, else the least certain of the parts.

    A search in place of a symbol that the index does not have stays `unknown`, whatever it brought up.
    """
    verdicts = {
        Verdict.UNKNOWN.value if _is_substitute(outcome) else outcome["verdict"]
        for outcome in outcomes
        if not (outcome["operation"] == "search" and outcome["verdict"] == Verdict.NONE.value and len(outcomes) > 1)
    }
    order = (Verdict.FOUND, Verdict.AMBIGUOUS, Verdict.UNKNOWN, Verdict.NONE)
    return next((verdict for verdict in order if verdict.value in verdicts), Verdict.NONE)


def subject_of(outcomes: Sequence[Outcome], facts: Sequence[Evidence]) -> str:
    """Return the id of the symbol that the answer is about: the last one understood, else the best match of a search."""
    for outcome in reversed(outcomes):
        if outcome["symbol"] is not None:
            return outcome["symbol"]["id"]
    matches = [fact for fact in facts if fact["kind"] == "definition" and fact["about"] is not None]
    best = max(matches, key=lambda fact: fact["score"], default=None)
    return best["about"]["id"] if best is not None and best["about"] is not None else ""


def _is_substitute(outcome: Outcome) -> bool:
    return (
        outcome["operation"] == "search"
        and bool(outcome["name"])
        and outcome["intent"]
        not in (
            "locate",
            "explain",
            "docs",
            "overview",
        )
    )


async def _ask_model(
    state: AssistantState, packed: Packed, runtime: Runtime[Context], services: Services, release: Release
) -> tuple[Completion | None, list[FindingRow]]:
    route, plan = state["route"], state["plan"]
    assert route["model"] is not None
    findings = packed.findings
    remaining = route["deadline_at"] - services.clock()
    segment = state.get("round", 0)

    async def on_token(text: str) -> None:
        runtime.stream_writer({"event": "token", "text": text, "segment": segment})

    intent = plan["steps"][0]["intent"] if plan["steps"] else "explain"
    examples = await asyncio.to_thread(_examples, state, packed, runtime.context or Context(), services, release)
    prompt = prompt_of(plan["question"], intent, packed, state["check"]["faults"], release, examples)
    try:
        completion = await services.gateway.write(
            route["model"],
            prompt,
            window_tokens=release.limits.window_tokens,
            max_tokens=release.limits.answer_tokens,
            timeout_s=max(min(remaining, release.limits.model_timeout_s), 0.001),
            on_token=on_token,
        )
    except (ModelUnavailable, ModelStopped) as exc:
        return None, [*findings, _finding(exc.code, "error", exc.message, "annotate")]
    if not completion.text.strip():
        return None, [*findings, _finding("empty_answer", "warning", f"{route['model']} wrote nothing", "annotate")]
    if completion.cut:
        findings.append(_finding("cut_answer", "warning", f"{route['model']} stopped at its length limit", "annotate"))
    return completion, findings


def _examples(
    state: AssistantState, packed: Packed, context: Context, services: Services, release: Release
) -> list[tuple[str, str]]:
    """Return accepted answers to questions alike, for what room the evidence left. A store that fails costs only them."""
    plan = state["plan"]
    if services.lessons is None or not release.few_shot.most or not plan["steps"]:
        return []
    intent, scope = plan["steps"][0]["intent"], services.scope_for(context)
    try:
        chosen = Examples(services.graph, services.lessons).choose(
            scope, plan["question"], intent, release.few_shot, packed.room_tokens
        )
    except StoreError as error:
        _log.warning("no examples: %s", error)
        return []
    return [(one.question, one.answer) for one in chosen]


def _model_draft(text: str, packed: Packed, release: Release, services: Services, scope: Scope) -> Draft:
    def resolve(name: str) -> str | None:
        found = services.graph.find(scope, name, limit=2)
        return found[0].id if len({symbol.qualified_name for symbol in found}) == 1 else None

    claims = claims_in(text, packed, release, resolve)
    return Draft(
        blocks=[Block(intro="", title="", claims=claims, tail="")], unknowns=[], notes=[], sources=packed.sources
    )


def _finding(kind: str, severity: str, message: str, action: str) -> FindingRow:
    return finding_row(Finding(gate="writer", kind=kind, severity=severity, message=message, action=action))
