"""Questions about a repository, made from its own symbols, docstrings and headings, and what a run sees of each before it writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from agents.context import Context
from agents.services import Services
from agents.writing.router import Seen, seen_before_writing
from graph.runtime import compile_assistant
from knowledge.evidence import Verdict
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from models.extractive import first_paragraph

NAMED = {
    "explain": ("Explain {name}", "How does {name} work?", "what happens inside `{name}` and why is it needed?"),
    "define": ("Where is {name} defined?", "show me the definition of `{name}`"),
    "callers": ("Who calls {name}?", "which places in the code call `{name}`"),
    "callees": ("What does {name} call?", "list everything that `{name}` calls"),
    "impact": ("What breaks if I change {name}?", "is it safe to remove `{name}`"),
    "tests": ("Which tests cover {name}?", "which tests exercise `{name}`"),
    "hierarchy": ("Which classes inherit from {name}?", "what are the base classes of `{name}`"),
}
COMPOUND = (
    "How does {name} work, and who calls it, and what would break if I changed it?",
    "Explain {name} and show which tests cover it",
    "Explain how {name} and {other} work together when a request comes in, and which of them has to be changed first if the format of the data changes",
    "Where is {name} defined and how does {other} use it?",
)
SAID = {
    "locate": ("Where does the code {said}?", "which function is there to {said}"),
    "explain": ("How does it {said}?", "Explain how the project manages to {said} and what happens when that fails"),
    "docs": ("What do the docs say about how to {said}?", "according to the documentation, how do I {said}"),
    "debug": ("Why might it fail to {said}?",),
}
TITLED = ("What does the documentation say about {title}?", "summarise the section on {title} in the docs")
WHOLE = (
    "What is this project about?",
    "Give me an overview of this codebase",
    "Which packages does this project depend on?",
)
_TYPES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_CODE = (SymbolKind.FUNCTION, SymbolKind.METHOD, *_TYPES)


def asked_of(services: Services, repository: str, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield at most `count` questions with what a run sees of them, each as a row of `questions.jsonl`."""
    scope = Scope(frozenset({repository}))
    chance = random.Random(f"{seed}:{repository}")
    assistant = compile_assistant(services)
    for number, question in enumerate(_questions(services, scope, chance, count)):
        seen = asyncio.run(_seen(assistant, question, repository))
        if seen is not None:
            yield {"id": f"{repository}-{number}", "repository": repository, "question": question, **asdict(seen)}


async def _seen(assistant: Any, question: str, repository: str) -> Seen | None:
    """Return what a run without a model has seen of a question when it is done; None when it found nothing."""
    state = await assistant.graph.ainvoke(
        {"question": question}, context=Context(model="extractive", repositories=[repository])
    )
    facts = state.get("evidence") or []
    return seen_before_writing(state["plan"], facts) if facts and state["verdict"] == Verdict.FOUND.value else None


def _questions(services: Services, scope: Scope, chance: random.Random, count: int) -> list[str]:
    symbols = [one for one in services.graph.iter_symbols(scope) if not one.is_test and "test" not in one.path.lower()]
    code = [one for one in symbols if one.kind in _CODE and len(one.name) > 3]
    types = [one for one in code if one.kind in _TYPES]
    said = [text for one in code if (text := _said(one))]
    titles = [one.name for one in symbols if one.kind is SymbolKind.SECTION and 2 <= len(one.name.split()) <= 6]
    makers: list[Callable[[], str]] = []
    for intent, forms in NAMED.items():
        pool = types if intent == "hierarchy" else code
        if pool:
            makers += [_named(chance, pool, forms)] * (3 if intent == "explain" else 1)
    makers += [_named(chance, code, COMPOUND)] * 2
    for forms in SAID.values():
        if said:
            makers += [_filled(chance, forms, "said", said)] * 2
    if titles:
        makers += [_filled(chance, TITLED, "title", titles)] * 2
    made = list(WHOLE)
    while len(made) < count:
        made.append(makers[len(made) % len(makers)]())
    return list(dict.fromkeys(made))


def _named(chance: random.Random, pool: list[Symbol], forms: tuple[str, ...]) -> Callable[[], str]:
    def make() -> str:
        one, other = chance.choice(pool), chance.choice(pool)
        return chance.choice(forms).format(name=one.local_name or one.name, other=other.local_name or other.name)

    return make


def _filled(chance: random.Random, forms: tuple[str, ...], word: str, texts: list[str]) -> Callable[[], str]:
    return lambda: chance.choice(forms).format(**{word: chance.choice(texts)})


def _said(symbol: Symbol) -> str:
    """Return the first sentence of a docstring as what one may want to do; empty when there is none."""
    sentence = first_paragraph(symbol.docstring).split(". ")[0].strip().rstrip(".")
    words = sentence.split()
    if not 3 <= len(words) <= 22 or not words[0].isalpha():
        return ""
    verb = words[0].lower()
    verb = verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
    return " ".join([verb, *words[1:]]).replace("{", "").replace("}", "")
