"""Asking back: one question with choices when a name truly means several things, and reading what was chosen.

Only where a person can answer (`Context.clarify`); a run that may not ask answers each of a few meanings (`answered_each`), and lists the places of many. The pause is LangGraph's `interrupt`; the run goes on where it stood, with `Command(resume=...)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Context
from agents.memory.profiling import preferred_first
from agents.services import Services
from agents.state import OF_FOLDERS, AssistantState, Plan, Step
from agents.turns import Entity
from configs.release import Release
from knowledge.evidence import Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from tools.inheritance import overridable
from tools.meaning import CODE_KINDS, understand

MAX_CHOICES = 9
"""More meanings than that are no choice to make: the answer lists them."""
MAX_ANSWERED = 5
"""Meanings in one repository that are each answered where nobody can choose."""
_ALL = "all of them"
_ENUMERATING = frozenset({"define", "locate", "docs", "overview", "search", "traceback"})
"""Operations whose answer to a name of several meanings is to show each: nothing to ask."""
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
ANSWER_WITH = "Answer with a number."
_CHOICE_LINE = re.compile(r"^\d+\. (.+?)(?: — `([^`\n]+)`)?$", re.M)
_NUMBER = re.compile(r"\D{0,12}(\d{1,2})[.):]?\s*\Z")


class Choice(TypedDict):
    """`value` is what is put in place of what was asked about; empty: each of the others."""

    label: str
    place: str
    value: str


class Asking(TypedDict):
    """What the run stands still for. kind: `clarification` or `approval`; about: the name with several meanings."""

    kind: str
    question: str
    about: str
    choices: list[Choice]


def may_ask(context: Context, services: Services) -> bool:
    """Whether somebody is there to answer: as the run says, else as the door does."""
    return services.clarifies if context.clarify is None else context.clarify


def ask(asking: Asking) -> Any:
    """Stand still until a person answers; return what they said. The node runs again from its top before that."""
    return interrupt(dict(asking))


def clarification(plan: Plan, graph: CodeGraph, scope: Scope, services: Services) -> Asking | None:
    """Return the one question that the plan leaves open, None when every name means one thing or the answer lists all."""
    for step in plan["steps"]:
        if step["operation"] in _ENUMERATING:
            continue
        for name in step["names"]:
            meanings = _meanings(graph, scope, name, step["operation"])
            if 2 <= len(meanings) <= MAX_CHOICES:
                if services.profiles is not None:
                    meanings = preferred_first(meanings, services.profiles.read())
                return _asking(name, meanings)
    return None


def continued(plan: Plan, talked_about: Sequence[Entity], graph: CodeGraph, scope: Scope) -> Plan:
    """Return the plan with each name of several meanings taken for the one that the conversation was about, and a note that says so.

    Args:
        talked_about: symbols, the last one first; one that was called by the same name tells nothing.
    """
    taken: dict[str, str] = {}
    notes: list[str] = []
    for step in plan["steps"] if talked_about else ():
        for name in step["names"]:
            if name in taken or step["operation"] in _ENUMERATING:
                continue
            meanings = {symbol.id: symbol for symbol in _meanings(graph, scope, name, step["operation"])}
            told = (one["symbol"] for one in talked_about if one["text"] != name)
            meant = next((meanings[one] for one in told if one in meanings), None)
            if meant is not None:
                taken[name] = meant.id
                notes.append(f"`{name}` is taken for `{meant.qualified_name}`, which this conversation was about.")
    if not taken:
        return plan
    steps = [{**step, "names": [taken.get(name, name) for name in step["names"]]} for step in plan["steps"]]
    subject = taken.get(plan["subject"], plan["subject"])
    return {**plan, "steps": steps, "subject": subject, "notes": [*plan.get("notes", []), *notes]}  # type: ignore[typeddict-item]


def clarified(plan: Plan, asking: Asking, reply: Any) -> Plan:
    """Return the plan with what was chosen: a step for each meaning when it was all, as it was for words that choose nothing."""
    choice = picked(asking, reply)
    if choice is None:
        return plan
    about = asking["about"]
    values = [choice["value"]] if choice["value"] else [one["value"] for one in asking["choices"] if one["value"]]
    steps: list[Step] = []
    for step in plan["steps"]:
        meant = values if about in step["names"] else [about]
        steps += [{**step, "names": [value if name == about else name for name in step["names"]]} for value in meant]
    subject = values[0] if plan["subject"] == about else plan["subject"]
    return {**plan, "steps": steps, "subject": subject}


def answered_each(plan: Plan, graph: CodeGraph, scope: Scope, services: Services, release: Release) -> Plan:
    """Return the plan with steps for each meaning of its ambiguous name, where they are few, of one repository, and not more work than a run may do.

    What a follow-up means by `it` stays the name.
    """
    asking = clarification(plan, graph, scope, services)
    if asking is None or any(step["operation"] == "path" or step.get("after") for step in plan["steps"]):
        return plan
    values = [choice["value"] for choice in asking["choices"] if choice["value"]]
    if len(values) > MAX_ANSWERED or len({value.partition(":")[0] for value in values}) > 1:
        return plan
    steps = clarified(plan, asking, _ALL)["steps"]
    if sum(len(release.routes[step["intent"]].analysts) for step in steps) > release.limits.max_tasks:
        return plan
    return {**plan, "steps": steps, "each": asking["about"]}


def approved(state: AssistantState, context: Context, services: Services, model: str, tokens: int) -> bool | None:
    """Whether a call of a model may be made: True where a person said so, None where nobody needs to be asked.

    Where nobody can be asked, what would have to be approved is not spent. One yes is for the whole run.
    """
    usage = state.get("usage") or {"output_tokens": 0}
    if not context.ask_before_tokens or tokens <= context.ask_before_tokens or usage["output_tokens"]:
        return None
    if not may_ask(context, services):
        return False
    question = f"Let `{model}` write this answer? It may take {tokens:,} tokens."
    choices = [Choice(label="yes", place="", value="yes"), Choice(label="no, the facts alone", place="", value="no")]
    asking = Asking(kind="approval", question=question, about="", choices=choices)
    choice = picked(asking, ask(asking))
    return choice is not None and choice["value"] == "yes"


def picked(asking: Asking, reply: Any) -> Choice | None:
    """Return the choice that a reply names: by its number (`2`, `"2."`, `no 2`), its label, its place or its value."""
    choices = asking["choices"]
    if isinstance(reply, dict):  # as a form of Studio may send it
        reply = next((reply[key] for key in ("choice", "answer", "number", "value") if key in reply), "")
    if isinstance(reply, bool) or not isinstance(reply, int | str):
        return None
    said = str(reply).strip()
    number = _NUMBER.match(said)
    if number is not None and 1 <= int(number[1]) <= len(choices):
        return choices[int(number[1]) - 1]
    bare = said.strip("`'\" .").lower()
    for choice in choices:
        if bare and bare in (choice["label"].lower(), choice["place"].lower(), choice["value"].lower()):
            return choice
    named = [choice for choice in choices if bare and _name(choice).endswith(bare)]
    return named[0] if len(named) == 1 else None


def as_text(asking: Asking) -> str:
    """Return the question with its numbered choices, for doors that know text only."""
    lines = [asking["question"], ""]
    for number, choice in enumerate(asking["choices"], 1):
        lines.append(f"{number}. {choice['label']}" + (f" — `{choice['place']}`" if choice["place"] else ""))
    return "\n".join([*lines, "", ANSWER_WITH])


def in_text(text: str) -> Asking | None:
    """Return what an earlier message of ours asked back: clients without a thread send the whole conversation each time."""
    if not text.rstrip().endswith(ANSWER_WITH):
        return None
    choices = [Choice(label=found[1], place=found[2] or "", value=found[1]) for found in _CHOICE_LINE.finditer(text)]
    return (
        Asking(kind="clarification", question=text.partition("\n")[0], about="", choices=choices) if choices else None
    )


def _name(choice: Choice) -> str:
    return choice["label"].partition(" (")[0].strip("`").lower()


def _meanings(graph: CodeGraph, scope: Scope, name: str, operation: str) -> list[Symbol]:
    if operation in OF_FOLDERS and any(info.name == name for info in graph.repositories(scope)):
        return []  # such a question is about the repository, whatever else bears its name
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.verdict is not Verdict.AMBIGUOUS:
        return []
    types = [symbol for symbol in meaning.candidates if symbol.kind in _TYPES]
    if operation == "explain" and len(types) == 1:
        return types
    if operation == "overrides" and not types:
        return overridable(graph, scope, name) or list(meaning.candidates)
    return list(meaning.candidates)


def _asking(name: str, meanings: Sequence[Symbol]) -> Asking:
    spoken = [symbol.qualified_name for symbol in meanings]
    choices = [
        Choice(
            label=f"`{symbol.qualified_name}` ({symbol.kind.value}"
            + (f" in {symbol.repository})" if spoken.count(symbol.qualified_name) > 1 else ")"),
            place=f"{symbol.path}:{symbol.line}",
            value=symbol.id,
        )
        for symbol in meanings
    ]
    question = f"`{name}` means {len(choices)} things here. Which one?"
    return Asking(
        kind="clarification", question=question, about=name, choices=[*choices, Choice(label=_ALL, place="", value="")]
    )
