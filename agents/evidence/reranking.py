"""Search whose first results a model puts in order: off unless asked for, and never in the way.

The model sees the question and the first lines of each result, as marked data, and may only answer with an order of their numbers (a
JSON schema). An order that is malformed, or that leaves out or repeats a number, and a host that fails, leave the results as they
were, with a note that says so.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from agents.calls.short_calls import ShortCall, short_answer
from agents.context import Context
from agents.services import CodeSearch, Services
from agents.state import Usage, sum_usage
from configs.release import Release
from guardrails.marking import Marks
from knowledge.scope import Scope
from models.provider import Reads
from tools.search import SearchResult

RERANKED = 20
SHOWN_LINES = 12
SHOWN_CHARACTERS = 600
_ORDER_TOKENS = 8
"""What one number of the order may cost, spaces and separators included."""

TextOf = Callable[[Scope, SearchResult, int], str]
"""(scope, result, lines) -> the first lines of a result as indexed, redacted."""


@dataclass(frozen=True, slots=True)
class Reranking:
    """How to rerank, in a run of this context. timeout_s and budget_tokens bound one order."""

    services: Services
    context: Context
    release: Release
    text_of: TextOf
    timeout_s: float
    budget_tokens: int


class RerankedSearch:
    """A `CodeSearch` over another one. Blocking: used in a worker thread only.

    note: what kept the last search from being reranked; empty when nothing did. usage: tokens of all searches so far.
    """

    def __init__(self, inner: CodeSearch, reranking: Reranking) -> None:
        self._inner = inner
        self._by = reranking
        self.note = ""
        self.usage = Usage(input_tokens=0, output_tokens=0)

    def search_code(
        self, scope: Scope, query: str, *, kind: Literal["file", "symbol", "function"] = "symbol", top_k: int = 10
    ) -> list[SearchResult]:
        found = self._inner.search_code(scope, query, kind=kind, top_k=max(top_k, RERANKED))
        return self._reranked(scope, query, found)[:top_k]

    def search_docs(self, scope: Scope, query: str, *, top_k: int = 10) -> list[SearchResult]:
        found = self._inner.search_docs(scope, query, top_k=max(top_k, RERANKED))
        return self._reranked(scope, query, found)[:top_k]

    def _reranked(self, scope: Scope, query: str, found: list[SearchResult]) -> list[SearchResult]:
        first = found[:RERANKED]
        self.note = ""
        if len(first) < 2:
            return found
        order = asyncio.run(self._order(query, first, [self._text(scope, one) for one in first]))
        if order is None:
            return found
        scores = [one.score for one in first]
        placed = [
            replace(first[at], score=score, why=_why(first[at].why, at, now))
            for now, (at, score) in enumerate(zip(order, scores, strict=True))
        ]
        return [*placed, *found[RERANKED:]]

    async def _order(self, query: str, first: Sequence[SearchResult], texts: Sequence[str]) -> list[int] | None:
        """Return the places of the results in their new order; None, with a note, when there is no whole one."""
        by = self._by
        prompt = prompt_of(query, first, texts, by.release)
        most = _ORDER_TOKENS * (len(first) + 2)
        limits = by.release.limits
        call = ShortCall(by.services, by.context, by.release, by.timeout_s, by.budget_tokens, limits.rerank_tries)
        reads = Reads("rerank", tuple(_lines(one) for one in first))
        answer = await short_answer(call, prompt, most, schema_of(len(first)), self.usage, reads)
        if answer.usage is not None:
            self.usage = sum_usage(self.usage, answer.usage)
        if answer.text is None:
            self.note = f"not reranked: {answer.why}"
            return None
        order = order_in(answer.text, len(first))
        if order is None:
            self.note = f"not reranked: {answer.model} gave no order of all {len(first)} results"
        return order

    def _text(self, scope: Scope, result: SearchResult) -> str:
        return self._by.text_of(scope, result, SHOWN_LINES)[:SHOWN_CHARACTERS]


def prompt_of(query: str, results: Sequence[SearchResult], texts: Sequence[str], release: Release) -> str:
    """Return the prompt of the release; nothing in a result can close its mark."""
    marks = Marks.fresh()
    candidates = [
        marks.wrap(
            "candidate", text, number=number, place=f"{result.path}:{result.start_line}", symbol=result.symbol or ""
        )
        for number, (result, text) in enumerate(zip(results, texts, strict=True), 1)
    ]
    question = marks.wrap("question", query)
    return release.render("rerank", mark=marks.code, question=question, candidates=candidates, count=len(results))


def schema_of(count: int) -> dict[str, Any]:
    """Return what the answer must look like: a list of so many numbers."""
    numbers = {"type": "integer", "minimum": 1, "maximum": count}
    order = {"type": "array", "items": numbers, "minItems": count, "maxItems": count}
    return {"type": "object", "properties": {"order": order}, "required": ["order"]}


def order_in(answer: str, count: int) -> list[int] | None:
    """Return the places, from 0, that an answer names in order; None unless it names each of them once."""
    try:
        order = json.loads(answer)["order"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(order, list) or any(type(number) is not int for number in order):
        return None
    return [number - 1 for number in order] if sorted(order) == list(range(1, count + 1)) else None


def _lines(result: SearchResult) -> tuple[str, str, int, int, str]:
    """Return the lines of a result that a prompt shows, at the indexed revision."""
    last = min(result.end_line, result.start_line + SHOWN_LINES - 1)
    return result.repository, result.path, result.start_line, last, ""


def _why(why: str, before: int, now: int) -> str:
    moved = f"reranked from place {before + 1}" if before != now else ""
    return "; ".join(part for part in (why, moved) if part)
