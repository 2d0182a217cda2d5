"""Questions to an index of documents without any code."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant
from tests.bookshop import open_services

PAGES = {
    "guide/queues.md": """# Queues

Work waits in queues until a worker is free.

## Purging

Removes every message that waits, and cannot be taken back.

### Of a single worker

The messages that a worker has reserved stay with it.

## Priorities

A high number comes first.
""",
    "guide/topics.md": "# Topics\n\nA topic is a queue with many readers. A queue has one reader for each message.\n",
    "guide/old.md": "# Old queues\n\n## Purging\n\nRemoves every message that waits, and cannot be taken back.\n",
    "guide/list.md": "# Purging queues\n\n```\npurge queues\n```\n",
}


@pytest.fixture
def manual(tmp_path: Path) -> Services:
    for path, text in PAGES.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(text)
    return open_services(tmp_path, tmp_path / "tree")


def ask(services: Services, question: str) -> Answer:
    return asyncio.run(answer(compile_assistant(services), question, Context(model="extractive")))


def cited(found: Answer) -> list[tuple[str, int]]:
    return [(citation["path"], citation["start_line"]) for citation in found.citations]


@pytest.mark.parametrize("question", ["difference between topics and queues", "where do messages have many readers"])
def test_a_place_is_sought_in_the_documents(manual: Services, question: str) -> None:
    assert ("guide/topics.md", 1) in [(path, min(line, 1)) for path, line in cited(ask(manual, question))]


def test_a_section_is_found_by_other_words_for_the_same(manual: Services) -> None:
    found = ask(manual, "how do I delete all waiting messages")
    assert found.verdict == "found"
    assert cited(found)[0][0] in ("guide/queues.md", "guide/old.md")
    assert "cannot be taken back" in found.answer


def test_the_same_words_are_shown_once(manual: Services) -> None:
    assert ask(manual, "how do I delete all waiting messages").answer.count("cannot be taken back") == 1


def test_a_section_that_says_nothing_makes_room_for_the_next(manual: Services) -> None:
    found = ask(manual, "how do I purge queues")
    assert found.citations
    assert "guide/list.md" not in {path for path, _ in cited(found)}


def test_the_innermost_section_is_cited(manual: Services) -> None:
    found = ask(manual, "how do reserved messages stay with a single worker")
    assert "guide/queues.md#of-a-single-worker:" in found.answer
