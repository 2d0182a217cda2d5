"""The last rung: what a person needs to go on where Clew could not, as a ticket.

Pure functions of a finished run. A ticket says what was asked, how it was understood, what was found and where, what was tried and what
stayed unknown. It holds places and names, no code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import TypedDict

from agents.records import counted, place
from agents.state import AssistantState, Evidence, FindingRow
from knowledge.evidence import Verdict

HANDED_OVER = "Nothing here answers this. For a person who goes on:"
_EVIDENCE = 12
_UNKNOWNS = 12
_UNANSWERED = frozenset({Verdict.UNKNOWN.value, "unavailable"})


class Ticket(TypedDict):
    """question; plan: what each part was taken for; evidence: places with what stands there; tried; unknowns."""

    question: str
    plan: list[str]
    evidence: list[str]
    tried: list[str]
    unknowns: list[str]


def nothing_answers(state: AssistantState | Mapping[str, Any]) -> bool:
    """Return whether a run came to no claim, no proof of absence and no choice of names: then a person has to go on."""
    answer = state["answer"]
    offered = any(outcome["candidates"] for outcome in state.get("outcomes") or [])
    return state["verdict"] in _UNANSWERED and not answer["claims"] and not offered


def ticket_of(state: AssistantState | Mapping[str, Any]) -> Ticket:
    plan, answer = state["plan"], state["answer"]
    steps = [
        f"{step['intent']} ({step['operation']})"
        + (f": {', '.join(step['names'])}" if step["names"] else f": “{step['query']}”")
        for step in plan["steps"]
    ]
    return Ticket(
        question=plan["question"],
        plan=steps or ["it was not understood"],
        evidence=_evidence(state.get("evidence") or []),
        tried=_tried(state),
        unknowns=list(answer["unknowns"])[:_UNKNOWNS],
    )


def text_of(ticket: Ticket) -> str:
    """Return the ticket as Markdown, to be pasted into a tracker."""
    parts = [f"## Question for a person\n\n{ticket['question']}"]
    titles = (
        ("Understood as", ticket["plan"]),
        ("Evidence", ticket["evidence"] or ["none was found"]),
        ("Tried", ticket["tried"]),
        ("Unknown", ticket["unknowns"]),
    )
    for title, lines in titles:
        if lines:
            parts.append(f"### {title}\n\n" + "\n".join(f"- {line}" for line in lines))
    return "\n\n".join(parts)


def revealed(ticket: Ticket, reveal: Callable[[str], str]) -> Ticket:
    """Return the ticket with every text as `reveal` gives it."""
    return Ticket(
        question=reveal(ticket["question"]),
        plan=[reveal(line) for line in ticket["plan"]],
        evidence=[reveal(line) for line in ticket["evidence"]],
        tried=[reveal(line) for line in ticket["tried"]],
        unknowns=[reveal(line) for line in ticket["unknowns"]],
    )


def _evidence(facts: list[Evidence]) -> list[str]:
    ordered = sorted((fact for fact in facts if fact["citation"]["path"]), key=lambda fact: -fact["score"])
    lines = list(dict.fromkeys(f"`{place(fact['citation'], with_repository=True)}`{_about(fact)}" for fact in ordered))
    more = [f"and {counted(len(lines) - _EVIDENCE, 'more place')}"] if len(lines) > _EVIDENCE else []
    return lines[:_EVIDENCE] + more


def _about(fact: Evidence) -> str:
    about = fact["about"]
    return f" {fact['kind']} of `{about['qualified_name']}`" if about is not None else ""


def _tried(state: AssistantState | Mapping[str, Any]) -> list[str]:
    rounds = counted(state.get("round", 0) + 1, "round")
    lines = [
        f"{outcome['operation']}{_of(outcome['name'])}: {outcome['verdict']}{_because(outcome['message'])}"
        for outcome in state.get("outcomes") or []
    ]
    route = state.get("route")
    if route is not None:
        lines.append(f"model {route['model'] or 'none'}: {route['reason'] or 'chosen'}; {rounds}")
    lines += [_told(finding) for finding in state.get("findings") or [] if finding["severity"] != "info"]
    return list(dict.fromkeys(lines))


def _of(name: str) -> str:
    return f" of `{name}`" if name else ""


def _because(message: str) -> str:
    return f" ({message})" if message else ""


def _told(finding: FindingRow) -> str:
    return f"{finding['gate']}: {finding['message']}"
