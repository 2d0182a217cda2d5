"""The node that writes: sentences made of the facts themselves, or a model's words over the same facts when the route has a model.

A host that fails on the way costs its words, never the answer: the extractive draft is written first and stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langgraph.runtime import Runtime

from agents.calls.spending import reserve, settle
from agents.context import Context
from agents.drafts.claims import relation_claims
from agents.drafts.comparing import comparison
from agents.drafts.meanings import meanings_told, name_above
from agents.drafts.passages import TOLD_OTHERWISE
from agents.drafts.phrasing import passage_of
from agents.drafts.rendering import claims_of
from agents.evidence.analysis import release_of
from agents.memory.alike import answer_alike, label_of
from agents.memory.examples import Examples
from agents.memory.remembering import scope_key
from agents.memory.summarising import earlier_text
from agents.questions.clarifying import approved
from agents.questions.manner import at_depth
from agents.records import finding_row
from agents.services import Services
from agents.state import AssistantState, Block, ClaimRow, Draft, Evidence, FindingRow, Outcome, Usage
from agents.writing.answer_forms import ReadAnswer, patched, read_answer, schema_of
from agents.writing.assertions import claims_in, locator
from agents.writing.model_choice import settled, unchosen
from agents.writing.model_writing import Told, ask_model, seconds_left, stood_in
from agents.writing.pacing import paced, too_late
from agents.writing.packing import PROMPT_TOKENS, Packed, evidence_tokens
from agents.writing.patch_writing import Patch, checked_patch
from agents.writing.prompting import prompt_of
from configs.errors import StoreError
from configs.prompts import Form
from configs.release import Depth, Release
from guardrails.output import filtered, urls_in
from indexers.documents.formats import FORMATS
from knowledge.evidence import Finding, Level, Verdict
from knowledge.scope import Scope
from models.provider import Completion
from models.tokens import tokens_of

_log = logging.getLogger("clew.memory")
_ATTEMPTS = 2
"""Calls of a model in one round: an answer that cannot be read is asked for once more."""
NOT_APPROVED = "No model was asked: nobody approved what it may take (run.ask_before_tokens)."
NOTHING_FITS = "No model was asked: no evidence fits beside its prompt."
_QUOTING = frozenset({"excerpt", "section"})


async def writer(state: AssistantState, runtime: Runtime[Context], services: Services) -> AssistantState:
    """Return the draft with its level, verdict and the symbol that a follow-up will mean."""
    context = runtime.context or Context()
    release = release_of(services, context)
    facts, outcomes = state.get("evidence") or [], state.get("outcomes") or []
    errors = [finding["message"] for finding in state.get("findings") or [] if finding["severity"] == "error"]
    manner = state["manner"]
    each = state["plan"].get("each", "")
    depth = "brief" if each and not manner["said"] else manner["depth"]
    draft = at_depth(compose(outcomes, facts, release.at_depth(depth).limits.shown, errors, each), manner)
    if manner["diagram"]:
        draft["picture"] = relation_claims([fact for fact in facts if fact["relation"] is not None])
    update: AssistantState = {
        "draft": draft,
        "level": level_of(outcomes, facts).value,
        "verdict": (Verdict.AMBIGUOUS if each else verdict_of(outcomes)).value,
        "subject": (not each and subject_of(outcomes, facts)) or state["plan"]["subject"],
        "phase": "written",
    }
    route = state.get("route")
    if route is None:
        return update
    if route["model"] is None and route.get("missed"):
        return {**update, **await _stand_in(state, services, context, release, route["reason"])}
    if route["model"] is None or not facts:
        return update
    route = update["route"] = await settled(state, services, context, release)
    state = {**state, "route": route}
    model = route["model"]
    assert model is not None
    pace = await paced(state, context, services, release)
    if not pace.models:
        return {**update, **await _unasked(state, update, services, context, release, pace.passed_over)}
    packed = pace.packed
    if not packed.facts:
        update["draft"] = {**draft, "notes": [*draft["notes"], NOTHING_FITS]}
        update["route"] = {**unchosen(route), "memory_key": ""}
        return update
    spent = state.get("usage") or Usage(input_tokens=0, output_tokens=0)
    most = PROMPT_TOKENS + sum(evidence_tokens(fact, pace.models[0]) for fact in packed.facts)
    longest = _ATTEMPTS * release.limits.answer_tokens
    may_write = approved(state, context, services, pace.models[0], _ATTEMPTS * most + longest)
    if may_write is False:
        update["draft"] = {**draft, "notes": [*draft["notes"], NOT_APPROVED]}
        return update
    if may_write:  # a person took their time: the clock of the run begins anew
        deadline_at = services.clock() + (context.deadline_s or release.limits.deadline_s)
        route = update["route"] = {**route, "deadline_at": deadline_at}
        state = {**state, "route": route}
    granted = await reserve(services, context, list(pace.models), _ATTEMPTS * most, longest, spent)
    if not granted.models:
        update["findings"] = list(granted.findings)
        return {**update, **await _unasked(state, update, services, context, release, granted.refusal)}
    told = Told(state, runtime)
    try:
        written = await _written(state, packed, runtime, services, release, granted.models, told)
    finally:  # whoever goes away has to pay too
        cost, alerts = await settle(services, granted.reservation, told.calls)
    update["findings"] = [*granted.findings, *written.findings, *alerts]
    update["usage"] = Usage(
        input_tokens=sum(read for _, read, _ in told.calls),
        output_tokens=sum(wrote for _, _, wrote in told.calls),
        micro_usd=cost,
    )
    read, scope = written.read, services.scope_for(context)
    if read.text is None and not written.completions:
        update["route"] = {**unchosen(route), "memory_key": ""}
        update["draft"] = {**draft, "notes": [*draft["notes"], f"No model wrote this: {written.failure}"]}
        return {**update, **await _stand_in(state, services, context, release, written.failure.rstrip("."))}
    if read.text is None:
        if read.faults and written.form == "edits":
            update["draft"] = {**draft, "notes": [*draft["notes"], f"No patch held: {read.faults[0]}."]}
        return update
    prose = await asyncio.to_thread(_model_draft, read.text, packed, release, services, scope)
    if read.patch:
        update["draft"] = patched(draft, read.patch, claims_of(prose))
    else:
        update["draft"] = {**draft, **prose, "unknowns": draft["unknowns"], "notes": [*draft["notes"], *packed.notes]}
    last = written.completions[-1]
    update["level"] = (Level.MODEL if last.model == model else Level.FALLBACK).value
    if last.model != model:
        why = stood_in(model, last, granted, pace.passed_over)
        update["draft"] = {**update["draft"], "notes": [*update["draft"]["notes"], f"{why}."]}
        update["route"] = {**unchosen(route), "model": last.model, "reason": why, "memory_key": ""}
    if each:
        update["draft"] = {**update["draft"], "notes": [*update["draft"]["notes"], meanings_told(each, outcomes)]}
    return update


async def _unasked(
    state: AssistantState, update: AssistantState, services: Services, context: Context, release: Release, why: str
) -> AssistantState:
    """Return the draft with the reason why no model was asked, or an earlier answer in its place."""
    draft = update["draft"]
    noted: Draft = {**draft, "notes": [*draft["notes"], f"No model was asked. {why.rstrip('.')}."]}
    kept: AssistantState = {"draft": noted, "route": unchosen(state["route"])}
    return {**kept, **await _stand_in(state, services, context, release, why)}


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


def compose(
    outcomes: Sequence[Outcome], facts: Sequence[Evidence], shown: int, errors: Sequence[str] = (), each: str = ""
) -> Draft:
    """Return the extractive draft: one passage a task, in the order of the plan; what failed when there is none.

    Args:
        each: the name whose meanings are each answered; empty when it means one thing.
    """
    blocks = [Block(intro=meanings_told(each, outcomes), title="", claims=[], tail="")] if each else []
    unknowns: list[str] = []
    notes: list[str] = []
    documented = any(fact["kind"] == "section" for fact in facts)
    for outcome in sorted(outcomes, key=lambda row: row["task"]):
        own = [fact for fact in facts if fact["task"] == outcome["task"]]
        if outcome["intent"] == "docs" and documented and not any(fact["kind"] == "section" for fact in own):
            continue  # asked for documents and found some: matching code would only distract
        passage = passage_of(outcome, own, shown)
        if each and outcome["symbol"] is not None:
            blocks += unsaid([name_above(outcome["symbol"])], blocks)
        blocks += unsaid(passage.blocks, blocks)
        unknowns += passage.unknowns
        notes += passage.notes
    compared = comparison(outcomes, facts)
    if compared is not None:  # the lines of each would bury what tells them apart
        blocks = [compared, *(_without_code(block) for block in blocks)]
    if not blocks:
        intro = errors[0] if errors else "The index holds nothing that answers this."
        blocks.append(Block(intro=intro, title="", claims=[], tail=""))
    return Draft(blocks=blocks, unknowns=list(dict.fromkeys(unknowns)), notes=list(dict.fromkeys(notes)), sources=[])


def unsaid(new: Sequence[Block], said: Sequence[Block]) -> list[Block]:
    """Return the blocks of a passage without what an earlier passage said: two clauses may ask the same in part."""
    claims_said = {_saying(claim) for block in said for claim in block["claims"]}
    leads_said = {block["intro"] for block in said}
    kept: list[Block] = []
    for block in new:
        claims = [claim for claim in block["claims"] if _saying(claim) not in claims_said]
        intro = block["intro"] if block["intro"] not in leads_said else ""
        if claims or intro:
            kept.append({**block, "intro": intro, "claims": claims})
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
    return outcome["operation"] == "search" and bool(outcome["name"]) and outcome["intent"] not in TOLD_OTHERWISE


@dataclass(frozen=True, slots=True)
class _Written:
    """What a model made of the evidence. completions: every answer; read: what the last one says; failure: why there is none."""

    form: Form
    completions: tuple[Completion, ...]
    read: ReadAnswer
    findings: list[FindingRow]
    failure: str


async def _written(
    state: AssistantState,
    packed: Packed,
    runtime: Runtime[Context],
    services: Services,
    release: Release,
    models: Sequence[str],
    told: Told,
) -> _Written:
    """Let the model write in the form of its prompt; what cannot be read is asked for once more with the faults named."""
    plan, route, context = state["plan"], state["route"], runtime.context or Context()
    intent = plan["steps"][0]["intent"] if plan["steps"] else "explain"
    prompt = release.prompt_for(intent, route["model_class"] or "large")
    earlier = await asyncio.to_thread(_earlier, state, packed, context, services, release)
    packed = replace(packed, room_tokens=packed.room_tokens - tokens_of(earlier))
    examples = await asyncio.to_thread(_examples, state, packed, context, services, release)
    depth = release.manner.depths.get(state["manner"]["depth"], Depth())
    scope, repository = services.scope_for(context), _repository_of(packed)

    known_urls = frozenset(urls_in(f"{plan['question']}\n{packed.text}"))

    def check(answer: str) -> Patch:
        return checked_patch(services.graph, scope, repository, answer, packed.text, known_urls)

    schema = schema_of(prompt.form, len(packed.facts), depth.max_sentences)
    faults: Sequence[str] = state["check"]["faults"]
    completions: list[Completion] = []
    findings = list(packed.findings)
    read = ReadAnswer(None)
    failure = ""
    began = services.clock()
    for attempt in range(_ATTEMPTS):
        text = prompt_of(
            plan["question"], intent, packed, faults, prompt, examples,
            max_sentences=depth.max_sentences, reasoning=release.routes[intent].reasoning, earlier=earlier,
            language=plan.get("language", "en"), expertise=plan.get("expertise", "regular"),
        )  # fmt: skip
        if attempt:
            left_s = seconds_left(state, services, release)
            tokens = tokens_of(text, models[0])
            if late := await too_late(models[0], tokens, services.clock() - began, left_s, services, release):
                findings.append(_finding("too_late", "warning", f"{models[0]} was not asked again: {late}", "annotate"))
                break
        began = services.clock()
        if told.has_text:
            await told.restarted(models[0], "; ".join(faults))
        asked = await ask_model(models, text, state, told, services, release, schema, packed.sources)
        findings += asked.findings
        completion, failure = asked.completion, asked.failure
        if completion is None:
            break
        completions.append(completion)
        read = await asyncio.to_thread(read_answer, prompt.form, completion.text, check)
        if read.text is not None:
            read = replace(read, text=filtered(read.text, frozenset(urls_in(text))).text)
            break
        faults = read.faults
        said = f"{completion.model}: {'; '.join(faults)}"
        findings.append(_finding("unreadable_answer", "warning", said, "repair"))
    return _Written(prompt.form, tuple(completions), read, findings, failure)


def _repository_of(packed: Packed) -> str:
    return packed.facts[0]["citation"]["repository"] if packed.facts else ""


async def _stand_in(
    state: AssistantState, services: Services, context: Context, release: Release, reason: str
) -> AssistantState:
    """Return an earlier answer to a question alike in the place of a model's, labelled; nothing when there is none."""
    if services.memory is None or state.get("round", 0) > 0:
        return {}
    key = scope_key(await asyncio.to_thread(services.graph.repositories, services.scope_for(context)))
    try:
        found = await asyncio.to_thread(answer_alike, services.memory, state["plan"], key, release)
    except StoreError as error:
        _log.warning("no earlier answer: %s", error)
        return {}
    if found is None:
        return {}
    entry, row = found
    kept: Draft = entry.payload["draft"]
    draft: Draft = {**kept, "label": label_of(row, reason)}
    return {
        "draft": draft,
        "level": Level.CACHED.value,
        "verdict": entry.payload["verdict"],
        "subject": entry.payload["subject"],
        "route": {**unchosen(state["route"]), "model": None, "model_class": None, "reason": reason, "memory_key": ""},
    }


def _earlier(state: AssistantState, packed: Packed, context: Context, services: Services, release: Release) -> str:
    """Return what was said before this question, for what room the evidence left; nothing of repositories out of sight."""
    turns = (state.get("messages") or [])[:-1]  # the last one is the question
    names = {info.name for info in services.graph.repositories(services.scope_for(context))}
    room = min(release.limits.conversation_tokens, packed.room_tokens)
    return earlier_text(state.get("summary"), turns, names, room)


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
    claims = claims_in(text, packed, release.guards.reading, locator(services.graph, scope, packed))
    return Draft(
        blocks=[Block(intro="", title="", claims=claims, tail="")], unknowns=[], notes=[], sources=packed.sources
    )


def _finding(kind: str, severity: str, message: str, action: str) -> FindingRow:
    return finding_row(Finding(gate="writer", kind=kind, severity=severity, message=message, action=action))
