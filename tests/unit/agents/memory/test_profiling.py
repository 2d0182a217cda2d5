"""What an answer adds to the profile, and that it decides between equals only."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from agents.context import Context
from agents.events import Answer
from agents.memory.profiling import preferred_first
from agents.services import Services
from graph.runtime import answer, compile_assistant
from knowledge.backends.profile_file import ProfileFile
from knowledge.profile import Profile
from knowledge.scope import EVERYTHING


def ask(services: Services, question: str, model: str = "extractive") -> Answer:
    return asyncio.run(answer(compile_assistant(services), question, Context(model=model)))


def test_an_answer_is_counted_without_a_word_of_it(bookshop: Services, tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path / "profile.json")
    services = replace(bookshop, profiles=profiles)
    ask(services, "Who calls `discount`?")
    ask(services, "Explain Order.total")
    ask(services, "Where is the zeppelin qwertyized?")
    profile = profiles.read()
    assert dict(profile.of("repositories")) == {"bookshop": 2}
    assert dict(profile.of("languages")) == {"python": 2}
    assert dict(profile.of("kinds")) == {"callers": 1, "explain": 1, "locate": 1}
    assert sum(profile.of("depth").values()) == 3
    text = (tmp_path / "profile.json").read_text()
    assert [word for word in ("discount", "total", "zeppelin", "shop/") if word in text] == []


def test_nothing_is_counted_without_a_place_for_it(bookshop: Services) -> None:
    assert bookshop.profiles is None
    assert ask(bookshop, "Who calls `discount`?").answer


def test_the_meanings_of_a_name_come_in_the_order_of_habit(bookshop: Services) -> None:
    first, second = list(bookshop.graph.iter_symbols(EVERYTHING))[:2]
    here, there = replace(first, repository="here", language="go"), replace(second, repository="there", language="rust")
    assert preferred_first([here, there], Profile()) == [here, there]
    assert preferred_first([here, there], Profile({"repositories": {"there": 1}})) == [there, here]
    assert preferred_first([here, there], Profile({"languages": {"rust": 3, "go": 2}})) == [there, here]
    assert preferred_first([here, there], Profile({"repositories": {"here": 2, "there": 1}})) == [here, there]


def test_an_ambiguous_name_stays_ambiguous(bookshop: Services, tmp_path: Path) -> None:
    services = replace(bookshop, profiles=ProfileFile(tmp_path / "profile.json"))
    assert ask(services, "Who calls total?").verdict == "ambiguous"
