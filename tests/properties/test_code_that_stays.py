"""Code of a repository labelled `local` never reaches a model elsewhere: over every way in which a run asks a model.

Two repositories stand in one store, one of them may leave. Conversations of several turns, each with its own repositories, model, reranking,
taught examples and remembered answers, over a host inside that fails at will and one elsewhere that keeps every prompt it gets.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.context import Context
from agents.memory.examples import Examples
from agents.services import Services
from configs.errors import ClewError
from graph.runtime import answer, brief_checkpoints, compile_assistant
from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.backends.sqlite_lessons import SqliteLessons
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.scope import EVERYTHING
from models.gateway import Gateway
from models.privacy import Privacy
from models.provider import Call, Piece, failure
from models.registry import ModelInfo
from tools.search import Retriever

KEPT, OPEN = "vault", "plaza"
MAY_SAY = ("agents/calls/bound_gateway.py", "app/model_health.py")
"""The gateway of a run, and what tells who would write, without a prompt."""
ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "Explain settle_order",
    "Explain what settle_order is for",
    "and who calls it?",
    "Where is the tax added?",
    "How are orders settled?",
)
_EVIDENCE = re.compile(r'<evidence number="(\d+)"([^<]*)')
ASKED = ("auto", "big-elsewhere", "qwen2.5-coder:7b", "extractive")


def sources(secret: str) -> dict[str, str]:
    return {
        "pay.py": f'''"""How orders are settled at the {secret}."""


def settle_order(total: float) -> float:
    """Add the tax of the {secret} to an order."""
    {secret}_rate = 0.2
    return total * (1 + {secret}_rate)


def close_{secret}(total: float) -> float:
    return settle_order(total)
''',
        "README.md": f"# The {secret}\n\n## Orders\n\nOrders are settled with the tax of the {secret}.\n",
    }


@dataclass(slots=True)
class Heard:
    """A host that keeps what it is asked, and answers with the first of the evidence, or fails."""

    name: str
    held: tuple[ModelInfo, ...]
    inside: bool
    fails: bool = False
    calls: list[Call] = field(default_factory=list)
    kind: str = "ollama"

    @property
    def url(self) -> str:
        return self.name

    async def models(self) -> list[ModelInfo]:
        return list(self.held)

    async def can_write(self, model: str) -> bool:
        return bool(model)

    async def is_up(self) -> bool:
        return True

    async def ready(self) -> None:
        """Need nothing."""

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        self.calls.append(call)
        if self.fails:
            raise failure(self, "failed", "is out of order")
        candidates = call.prompt.count("<candidate ")
        shown = _EVIDENCE.findall(call.prompt)
        number = next((number for number, text in shown if "def settle_order" in text), "1")
        order = json.dumps({"order": list(range(1, candidates + 1))})
        yield Piece(order if candidates else f"`settle_order` adds the tax to an order [{number}].")
        yield Piece("", "stop", 10, 5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, Path]]:
    home = tmp_path_factory.mktemp("store")
    graph, facts = SqliteCodeGraph(home / "graph.db"), SqliteFactsCache(home / "facts.db")
    for name in (KEPT, OPEN):
        root = tmp_path_factory.mktemp(name)
        for path, text in sources(name).items():
            (root / path).write_text(text)
        with ThreadPoolExecutor(1) as executor:
            writer = LexicalWriter(home / "lexical")
            index_repository(root, name=name, graph=graph, facts=facts, lexical=writer, executor=executor)
    facts.close()
    lexical = LexicalSearch(home / "lexical", lambda seen: {i.name: i.generation for i in graph.repositories(seen)})
    privacy = Privacy(repositories={OPEN: "remote"})
    yield Services(graph, lambda weights: Retriever(graph, lexical, None, weights), Gateway(), privacy=privacy), home
    graph.close()


Turn = tuple[str, list[str] | None, str, bool, bool]
"""A question, the repositories in sight, the model asked for, whether to rerank, and whether the host inside fails."""
_TURNS = st.lists(
    st.tuples(
        st.sampled_from(QUESTIONS),
        st.sampled_from([None, [KEPT], [OPEN], [KEPT, OPEN]]),
        st.sampled_from(ASKED),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=_TURNS)
def test_nothing_of_a_repository_that_stays_is_ever_sent_elsewhere(
    store: tuple[Services, Path], turns: list[Turn]
) -> None:
    elsewhere = converse(store, turns)
    for call in elsewhere.calls:
        assert KEPT not in call.prompt


def test_code_that_may_leave_does_go_elsewhere_by_each_of_these_ways(store: tuple[Services, Path]) -> None:
    """Else the test above could not fail."""
    first, second = (QUESTIONS[0], [OPEN], "big-elsewhere", False, False), (QUESTIONS[1], [OPEN], "auto", False, True)
    turns: list[Turn] = [first, second, (QUESTIONS[4], [OPEN], "big-elsewhere", True, True)]
    prompts = [call.prompt for call in converse(store, turns).calls]
    assert any("<candidate " in prompt for prompt in prompts)
    assert any("<evidence " in prompt for prompt in prompts)
    assert any("<example" in prompt for prompt in prompts), "what was accepted is shown"


def converse(store: tuple[Services, Path], turns: list[Turn]) -> Heard:
    """Take the turns of one thread, accepting every answer as an example, and return the host elsewhere."""
    services, home = store
    inside = Heard("inside", (ModelInfo("qwen2.5-coder:7b", "d1", "qwen2", 7.0),), inside=True)
    elsewhere = Heard("elsewhere", (ModelInfo("big-elsewhere", "d2", "x", 0.0, leaves=True),), False, kind="openai")
    hash_of = lambda repository, path: services.graph.paths(EVERYTHING, repository)[path][0]  # noqa: E731
    with (
        TemporaryDirectory(dir=home) as own,
        closing(SqliteLessons(Path(own, "lessons.db"))) as lessons,
        closing(SqliteMemory(Path(own, "memory.db"), hash_of)) as memory,
    ):
        gateway = Gateway(inside, elsewhere, seed=1)
        assistant = compile_assistant(
            replace(services, gateway=gateway, lessons=lessons, memory=memory), brief_checkpoints()
        )
        for question, repositories, model, rerank, inside_fails in turns:
            inside.fails = inside_fails
            context = Context(repositories=repositories, model=model, rerank=rerank)
            with suppress(ClewError):
                found = asyncio.run(answer(assistant, question, context, thread_id="t"))
                Examples(services.graph, lessons).accept(EVERYTHING, found.run_id, by="ann", at=1.0)
    return elsewhere


def test_only_the_bound_gateway_says_where_code_may_go() -> None:
    """Above `models` nobody names what is kept, reaches into a host, or knows a protocol, but those who compose."""
    for room in ("agents", "graph", "tools", "app"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place, tree = path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))
            named = {keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords}
            imported: set[Any] = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            protocols = {one for one in imported if re.fullmatch(r"models\.(ollama|\w+_api|api_provider)", one or "")}
            assert place in MAY_SAY or place.startswith("app/rest/") or "kept" not in named, place
            assert room == "app" or not protocols, place
            assert room == "app" or ".stream(" not in path.read_text("utf-8") or place.startswith("graph/"), place
