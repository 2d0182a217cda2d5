"""What a slow host with a real model makes of Clew's questions: its pace, the prompts that it is given, the answers that come in time.

    python -m benchmarks.real_model STORE --repository bbolt [--questions FILE] [--url URL] [--deadline-s 60] [--json FILE]

STORE is an index; its memory and lessons are not used. Without `--url` a real Ollama is started with the small model of the tests
(`python -m tests.servers.ollama_server` brings it). Questions are asked one after the other with `auto`, in one process. Of each call that reached the host the length of
its prompt is told: as we estimate it, and, where an answer came, as the host counted it. It asks nothing of the code but what former revisions have too, so that the
same file measures them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from agents.context import Context
from agents.events import AnswerReady, Token
from agents.services import Services
from app.wiring import Wiring
from configs.settings import load_settings
from graph.runtime import Assistant, compile_assistant, stream_answer
from knowledge.evidence import WRITTEN
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.provider import Call, Piece
from models.tokens import tokens_of
from tests.servers.ollama_server import CHAT_MODEL, running_ollama

QUESTIONS = (
    "How does a read transaction see a consistent snapshot?",
    "Explain how pages are freed after a transaction commits.",
    "How is the freelist kept on disk?",
    "What does Bucket.Put do?",
    "How does a cursor move to the next key?",
    "Why does opening a database take a file lock?",
)
FAMILIAR_TOKENS = (370, 1_500)
_KEPT_NOTES = ("No model", "wrote this instead", "was shown")


@dataclass(slots=True)
class Asked:
    """One question. estimated: tokens of each prompt that reached the host, as Clew counts them; counted: of those that were answered, as the host does."""

    question: str
    level: str
    model: str | None
    seconds: float
    first_token_s: float | None
    estimated: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verified: int = 0

    @property
    def by_model(self) -> bool:
        return self.level in WRITTEN

    @property
    def in_time(self) -> bool:
        """Whether a whole answer of the model came, whatever the check made of it."""
        return bool(self.counted)


class Heard(OllamaHost):
    """A host that keeps what it was asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url, connect_s=5.0)
        self.estimated: list[int] = []
        self.counted: list[int] = []

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        self.estimated.append(tokens_of(call.prompt, call.model))
        async for piece in super().stream(call):
            if piece.ended:
                self.counted.append(piece.input_tokens)
            yield piece


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask a real model host the questions of a repository.")
    parser.add_argument("store", type=Path)
    parser.add_argument("--repository", required=True, help="whose questions they are")
    parser.add_argument("--questions", type=Path, help="one a line; without: six about bbolt")
    parser.add_argument("--url", help="a running Ollama")
    parser.add_argument("--model", default=CHAT_MODEL)
    parser.add_argument("--deadline-s", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    questions = options.questions.read_text("utf-8").splitlines() if options.questions else QUESTIONS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = options.url or stack.enter_context(running_ollama(folder))
        paces = [paced(url, options.model, tokens) for tokens in FAMILIAR_TOKENS]
        for pace in paces:
            print(
                f"{pace['read']} tokens: {pace['reads']:,.0f} tokens a second read, {pace['writes']:,.0f} written "
                f"({pace['written']} tokens)"
            )
        asked = asyncio.run(answered(options.store, url, questions, options.repository, options.deadline_s))
    report(asked)
    if options.json:
        figures = {"paces": paces, "asked": [asdict(one) for one in asked], "load": os.getloadavg()}
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")


def paced(url: str, model: str, tokens: int) -> dict[str, Any]:
    """Return tokens a second that the host itself counts over a prompt of about so many tokens that it has not seen."""
    text = " ".join(f"{time.time_ns() % 10_007 + number}" for number in range(tokens // 5))
    body = {"model": model, "prompt": text, "stream": False, "options": {"num_predict": 40, "num_ctx": 8_192}}
    told = httpx.post(f"{url}/api/generate", json=body, timeout=600).raise_for_status().json()
    return {
        "read": told["prompt_eval_count"],
        "reads": told["prompt_eval_count"] / told["prompt_eval_duration"] * 1e9,
        "written": told["eval_count"],
        "writes": told["eval_count"] / told["eval_duration"] * 1e9,
    }


async def answered(
    store: Path, url: str, questions: list[str] | tuple[str, ...], repository: str, deadline_s: float
) -> list[Asked]:
    """Ask the questions, and print each as it is answered."""
    wiring = Wiring(load_settings({"home": store}))
    host = Heard(url)
    gateway = Gateway(host, first_token_s=wiring.settings.model.first_token_timeout_s)
    services: Services = replace(wiring.services, gateway=gateway, memory=None, lessons=None, profiles=None)
    assistant = compile_assistant(services)
    found = []
    for question in questions:
        host.estimated, host.counted = [], []
        one = await _answered(assistant, question, Context(repositories=[repository], deadline_s=deadline_s))
        one.estimated, one.counted = host.estimated, host.counted
        found.append(one)
        said = f"{one.first_token_s:.1f}" if one.first_token_s is not None else "none"
        print(f"{one.level:<14} {one.seconds:5.1f} s, first token {said}, prompts {one.estimated}: {question}")
        for note in one.notes:
            print(f"    {note}")
    return found


async def _answered(assistant: Assistant, question: str, context: Context) -> Asked:
    started = time.perf_counter()
    first: float | None = None
    async for event in stream_answer(assistant, question, context):
        if isinstance(event, Token) and first is None:
            first = time.perf_counter() - started
        if isinstance(event, AnswerReady):
            answer = event.answer
            notes = [line for line in answer.answer.splitlines() if any(word in line for word in _KEPT_NOTES)]
            verified = sum(claim["status"] == "verified" for claim in answer.claims)
            seconds = time.perf_counter() - started
            return Asked(question, answer.level, answer.model, seconds, first, notes=notes, verified=verified)
    raise AssertionError("the run ended without an answer")


def report(asked: list[Asked]) -> None:
    """Print how many answers came in time, how long they took and how long the prompts were."""
    levels = Counter(one.level for one in asked)
    seconds = sorted(one.seconds for one in asked)
    prompts = [tokens for one in asked for tokens in one.estimated]
    print(
        f"\na model answered in time: {sum(one.in_time for one in asked)} of {len(asked)}, and its words were kept: {sum(one.by_model for one in asked)}; levels {dict(levels)}"
    )
    print(f"calls: {sum(len(one.estimated) for one in asked)}, answered {sum(len(one.counted) for one in asked)}")
    print(f"seconds: median {statistics.median(seconds):.1f}, {seconds[0]:.1f} to {seconds[-1]:.1f}")
    if prompts:
        print(f"prompts: {len(prompts)}, median {statistics.median(prompts):,.0f} tokens, longest {max(prompts):,}")
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
