"""Depth, tables and diagrams through the whole graph."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant
from knowledge.backends.profile_file import ProfileFile
from knowledge.backends.sqlite_memory import SqliteMemory


def ask(services: Services, question: str, **wishes: str | bool) -> Answer:
    context = Context(model="extractive", **wishes)  # type: ignore[arg-type]
    return asyncio.run(answer(compile_assistant(services), question, context))


def test_a_brief_answer_is_shorter_and_a_deep_one_is_longer(bookshop: Services) -> None:
    brief, normal = ask(bookshop, "Explain Order.total briefly"), ask(bookshop, "Explain Order.total")
    assert normal.verdict == brief.verdict == "found"
    assert len(brief.answer) < len(normal.answer)
    assert "```" not in brief.answer
    assert "```" in normal.answer
    assert len(ask(bookshop, "Explain Order.total", depth="brief").answer) < len(normal.answer)


def test_two_symbols_are_compared_side_by_side(bookshop: Services) -> None:
    found = ask(bookshop, "What is the difference between Order and GiftOrder?")
    assert "**Side by side**" in found.answer
    assert "| `GiftOrder` | class | `class GiftOrder(Order)` | An order that is wrapped." in found.answer
    assert {claim["status"] for claim in found.claims} == {"verified"}


def test_a_way_is_told_in_steps_and_drawn_when_asked_for(bookshop: Services) -> None:
    found = ask(bookshop, "How does checkout reach with_tax?")
    assert "1. `checkout` calls `Order.total`" in found.answer
    assert "mermaid" not in found.answer
    drawn = ask(bookshop, "How does checkout reach with_tax?", diagram=True).answer
    assert '```mermaid\nflowchart LR\n    n1["checkout"]' in drawn
    assert ask(bookshop, "How does checkout reach with_tax, as a diagram?").answer == drawn


def test_another_form_is_another_answer_for_memory(bookshop: Services, tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "memory.db", lambda *_: None)
    services = replace(bookshop, memory=memory)
    plain = ask(services, "Who calls discount?")
    assert "mermaid" not in plain.answer
    assert "mermaid" in ask(services, "Who calls discount?", diagram=True).answer
    memory.close()


def test_the_habit_of_a_person_decides_where_nothing_is_said(bookshop: Services, tmp_path: Path) -> None:
    services = replace(bookshop, profiles=ProfileFile(tmp_path / "profile.json"))
    usual = ask(services, "Explain Order.total").answer
    for _ in range(5):
        ask(services, "Explain Order.total briefly")
    assert len(ask(services, "Explain Order.total").answer) < len(usual)
    assert ask(services, "Explain Order.total", depth="normal").answer == usual
