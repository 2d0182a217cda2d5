"""Pairs of questions that look alike and ask for something else: made from the paraphrases by operators, and by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

HAND = Path(__file__).with_name("adversaries.tsv")
_NAME = re.compile(r"`?([A-Za-z_][\w]*(?:[./][\w]+)+|[A-Z][a-z]+[A-Z]\w*|[a-z]+_[a-z_]+)`?")
_VERB = re.compile(
    r"\b(calls?|called|invokes?|uses?|used|imports?|inherits?|extends?|covers?|stored?|stores|kept|keep|sent|sends?|deleted?|removed?|opened?|started?|starts|"
    r"checked?|checks|written|writes?|parsed?|parses|computed?|computes|enforced?|enforces|taken|takes?|routed?|routes|generated?|generates|joined|joins?|work|works)\b"
)
_OPPOSITES = {
    "started": "stopped", "start": "stop", "starts": "stops", "opened": "closed", "open": "close", "opens": "closes", "sent": "received", "send": "receive",
    "sends": "receives", "written": "read", "write": "read", "writes": "reads", "stored": "deleted", "store": "delete", "stores": "deletes", "kept": "dropped",
    "keep": "drop", "deleted": "created", "delete": "create", "deletes": "creates", "removed": "added", "acknowledged": "rejected", "acknowledge": "reject",
    "acknowledges": "rejects", "serialized": "deserialized", "serialize": "deserialize", "enforced": "ignored", "enforce": "ignore", "enforces": "ignores",
    "callers": "callees", "callees": "callers", "subclasses": "superclasses", "superclasses": "subclasses", "failed": "successful", "revoked": "scheduled",
    "shut": "started", "joined": "split", "join": "split", "joins": "splits", "first": "last",
}  # fmt: skip
_SWAPPABLE = re.compile(r"\b(?P<a>\w+) (?P<p>to|from|of|in|into) (?:an? |the )?(?P<b>\w+)\b")


def adversaries(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield (operator, question, the other one), each once; deterministic."""
    seen: set[tuple[str, str]] = set()
    questions = list(dict.fromkeys(question for pair in pairs for question in pair))
    for question in questions:
        for kind, operator in OPERATORS.items():
            for other in operator(question):
                if other != question and (question, other) not in seen:
                    seen.add((question, other))
                    yield kind, question, other
    for line in HAND.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            first, second = line.split("\t")
            yield "by hand", first, second


def _negated(question: str) -> Iterator[str]:
    match = _VERB.search(question)
    if match:
        yield f"{question[: match.start()]}not {question[match.start() :]}"
        yield f"{question[: match.start()]}never {question[match.start() :]}"


def _renamed(question: str) -> Iterator[str]:
    match = _NAME.search(question)
    if match:
        name = match[1]
        head, separator, last = name.rpartition(".")
        for other in (
            f"{head}{separator}{last}s",
            f"{head}{separator}_{last}",
            f"{head}{separator}{last}_async",
            f"Other{separator or '_'}{last}",
        ):
            yield question.replace(name, other)


def _versioned(question: str) -> Iterator[str]:
    bare = question.rstrip("?. ")
    yield f"{bare} in version 4.4"
    yield f"{bare} since 5.0"


def _opposed(question: str) -> Iterator[str]:
    for word, other in _OPPOSITES.items():
        if re.search(rf"\b{word}\b", question):
            yield re.sub(rf"\b{word}\b", other, question)


def _swapped(question: str) -> Iterator[str]:
    match = _SWAPPABLE.search(question)
    if match and match["a"].lower() not in ("how", "what", "is", "path", "callers", "callees"):
        yield f"{question[: match.start('a')]}{match['b']} {match['p']} {match['a']}{question[match.end('b') :]}"
    names = _NAME.findall(question)
    if len(names) == 2:
        first, second = names
        yield question.replace(first, "\0").replace(second, first).replace("\0", second)


def _narrowed(question: str) -> Iterator[str]:
    bare = question.rstrip("?. ")
    yield f"{bare} in tests"
    yield f"{bare} except in celery/app"
    yield f"{bare} without a broker"


def _reversed(question: str) -> Iterator[str]:
    match = re.fullmatch(r"(?:Who|What|who|what|Which functions|which functions) calls? (\S+?)\??", question)
    if match:
        yield f"What does {match[1]} call?"
    match = re.fullmatch(r"What does (\S+) call\?", question)
    if match:
        yield f"What calls {match[1]}?"


OPERATORS: dict[str, Callable[[str], Iterator[str]]] = {
    "negation": _negated, "renamed": _renamed, "version": _versioned, "opposite": _opposed, "swapped": _swapped, "narrowed": _narrowed,
    "reversed": _reversed,
}  # fmt: skip
