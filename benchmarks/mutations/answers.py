"""Correct answers: facts in varied wordings, callers as lists and tables, quoted lines, and free prose written by hand.

An answer is a list of parts, each a statement with its fact. In the text of a part a citation is a mark, `[[path:3-5]]`; only
`rendered` turns marks into what a model writes: the number of a source, or a path and lines in one of several manners.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Fact = dict[str, Any]

HERE = Path(__file__).parent
SEED = 41
MARK = re.compile(r"\[\[([^\]:]+):(\d+)(?:-(\d+))?\]\]")
MANNERS = ("numbers", "brackets", "parentheses", "backticks")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
_ASKED = {
    "calls": ("What does {a} call?", "callees"),
    "chain": ("What does {a} call?", "callees"),
    "callers": ("Who calls {a}?", "callers"),
    "inherits": ("What does {a} inherit from?", "inherits"),
    "overrides": ("What does {a} override?", "overrides"),
    "defined": ("Where is {a} defined?", "define"),
    "imports": ("What does {a} import?", "imports"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One statement: `wording` with names in braces, `fact` what fills them. `written` parts have a whole text and no fact."""

    wording: str
    fact: Fact

    @property
    def kind(self) -> str:
        return str(self.fact["kind"])

    @property
    def text(self) -> str:
        return filled(self.wording, self.fact)

    def altered(self, **values: object) -> Part:
        """Return the same statement about other values."""
        return replace(self, fact={**self.fact, **values})


@dataclass(frozen=True, slots=True)
class Answer:
    """kind: `prose`, `multi`, `joined`, `bullets`, `rows`, `list`, `table`, `quote`, `written` or `structural`. manner: how citations are written.

    names: what the question is about; empty where it is asked in words.
    """

    id: str
    repository: str
    kind: str
    question: str
    names: tuple[str, ...]
    intent: str
    manner: str
    texts: tuple[str, ...]
    parts: tuple[Part, ...]

    def with_text(self, at: int, text: str) -> Answer:
        texts = list(self.texts)
        texts[at] = text
        return replace(self, texts=tuple(texts))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a model would have written, and the numbered sources it was given: (path, first line, last line)."""

    text: str
    sources: tuple[tuple[str, int, int], ...]


def mark(path: str, line: int, end_line: int = 0) -> str:
    return f"[[{path}:{line}-{end_line}]]" if end_line > line else f"[[{path}:{line}]]"


def filled(wording: str, fact: Fact) -> str:
    """Return the statement with its names in backticks and its citations as marks."""
    if fact["kind"] == "written":
        return wording
    quoted = {key: f"`{fact[key]}`" for key in ("a", "b", "c") if key in fact}
    value = fact.get("value", "")
    if fact["kind"] == "callers":
        value = _WORDS[value] if value < len(_WORDS) else str(value)
    return wording.format(
        **quoted,
        value=value,
        Value=str(value).capitalize(),
        param=fact.get("param", ""),
        cite=mark(fact.get("path", ""), fact.get("line", 0), fact.get("end_line", 0) if fact["kind"] == "quote" else 0),
        cite2=mark(fact.get("c_path", ""), fact.get("c_line", 0)),
        rows=_rows(fact, wording),
        fence=_fence(fact),
    )


def _rows(fact: Fact, wording: str) -> str:
    rows = fact.get("rows", [])
    if wording.startswith("|"):
        return "\n".join(f"| `{name}` | {mark(path, line)} |" for name, path, line in rows)
    if "\n" in wording:
        return "\n".join(f"- `{name}` {mark(path, line)}" for name, path, line in rows)
    told = [f"`{name}` {mark(path, line)}" for name, path, line in rows]
    return " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else "".join(told)


def _fence(fact: Fact) -> str:
    return "\n\n```\n" + "\n".join(fact.get("text", [])) + "\n```"


def rendered(answer: Answer) -> Rendered:
    """Return the answer as a model writes it."""
    sources: list[tuple[str, int, int]] = []

    def cited(found: re.Match[str]) -> str:
        source = (found[1], int(found[2]), int(found[3] or found[2]))
        if source not in sources:
            sources.append(source)
        place = f"{found[1]}:{found[2]}" + (f"-{found[3]}" if found[3] else "")
        return {
            "numbers": f"[{sources.index(source) + 1}]",
            "brackets": f"[{place}]",
            "parentheses": f"({place})",
            "backticks": f"`{place}`",
        }[answer.manner]

    glue = {
        "table": "\n\n",
        "list": "\n\n",
        "quote": "\n\n",
        "structural": "\n",
        "bullets": "\n",
        "rows": "\n",
        "joined": "",
    }.get(answer.kind, " ")
    return Rendered(MARK.sub(cited, glue.join(answer.texts)), tuple(sources))


def correct_answers(wordings_file: str = "wordings.tsv", seed: int = SEED) -> list[Answer]:
    """Return all correct answers in the wordings of a file, the same ones at every call; with the first ones, those by hand."""
    draw = random.Random(seed)
    wordings = read_wordings(wordings_file)
    answers = _written() if wordings_file == "wordings.tsv" else []
    for repository, known in read_facts().items():
        answers += _told(repository, known, wordings, draw)
    return answers


def read_facts() -> dict[str, list[Fact]]:
    facts: dict[str, list[Fact]] = defaultdict(list)
    for line in (HERE / "facts.jsonl").read_text("utf-8").splitlines():
        fact = json.loads(line)
        facts[fact["repository"]].append(fact)
    return facts


def read_wordings(name: str) -> dict[str, list[str]]:
    wordings: dict[str, list[str]] = defaultdict(list)
    for line in (HERE / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, wording = line.split("\t")
            wordings[kind].append(wording)
    return wordings


def _told(repository: str, facts: Sequence[Fact], wordings: dict[str, list[str]], draw: random.Random) -> list[Answer]:
    """Return answers about all facts: callers, quotations and chains alone, others alone or up to three together."""
    answers: list[Answer] = []
    left = [fact for fact in facts if fact["kind"] not in ("callers", "quote")]
    for fact in facts:
        if fact["kind"] == "callers":
            manner = draw.choice(("prose", "list", "table"))
            heads = [one for one in wordings["callers"] if one.endswith((": {rows}.", ", namely {rows}."))]
            head = draw.choice(heads).replace(": {rows}.", ":").replace(", namely {rows}.", ":")
            forms = {
                "prose": draw.choice(wordings["callers"]),
                "list": head + "\n\n{rows}",
                "table": "| Caller | Place |\n|---|---|\n{rows}",
            }
            lead = [
                Part(f"These functions call {{a}} {mark(fact['a_path'], fact['a_line'])}.", {**fact, "kind": "lead"})
            ]
            parts = [*(lead if manner == "table" else []), Part(forms[manner], fact)]
            answers.append(_answer(repository, manner, parts, draw, len(answers)))
        elif fact["kind"] == "quote":
            parts = [Part(draw.choice(wordings["quote"]), fact)]
            answers.append(_answer(repository, "quote", parts, draw, len(answers)))
    draw.shuffle(left)
    while left:
        count = draw.choice((1, 1, 2, 3))
        taken, left = left[:count], left[count:]
        kind, parts = (
            ("prose" if len(taken) == 1 else "multi"),
            [Part(draw.choice(wordings[fact["kind"]]), fact) for fact in taken],
        )
        if "opening" in wordings:
            kind, parts = _formed(kind, parts, wordings, draw)
        answers.append(_answer(repository, kind, parts, draw, len(answers)))
    return answers


def _formed(
    kind: str, parts: Sequence[Part], wordings: dict[str, list[str]], draw: random.Random
) -> tuple[str, list[Part]]:
    """Return the statements in one of the forms of later sets: with an opening, as a list, as one sentence, as a table of calls."""
    first = parts[0]
    if len(parts) == 1:
        if draw.random() < 0.6:
            return kind, [
                Part(draw.choice(wordings["opening"]).replace("{rest}", _continued(first.wording)), first.fact)
            ]
        return kind, list(parts)
    form = draw.choice(("multi", "bullets", "joined"))
    if all(part.kind == "calls" for part in parts):
        form = draw.choice((form, "table"))
    if form == "table":
        lead = Part(draw.choice(wordings["lead"]), {"kind": "lead", "a": ""})
        head = Part(f"{draw.choice(wordings['head'])}\n|---|---|---|", {"kind": "lead", "a": ""})
        rows = [Part("| {a} | {b} | {cite} |", part.fact) for part in parts]
        return "rows", [lead, head, *rows]
    if form == "bullets":
        sign = draw.choice(("- ", "* ", "1. "))
        lead = Part(draw.choice(wordings["lead"]) + "\n", {"kind": "lead", "a": ""})
        return form, [lead, *(Part(sign + part.wording, part.fact) for part in parts)]
    if form == "joined":
        joints = [draw.choice(wordings["joint"]) for _ in parts[1:]]
        told = [part.wording.rstrip(".") for part in parts]
        told[1:] = [joint + _continued(one) for joint, one in zip(joints, told[1:], strict=True)]
        told[-1] += "."
        return form, [Part(one, part.fact) for one, part in zip(told, parts, strict=True)]
    return kind, list(parts)


def _continued(wording: str) -> str:
    """Return a sentence as it goes on inside another one."""
    return wording if wording.startswith(("{", "`", "*")) else wording[0].lower() + wording[1:]


def _answer(repository: str, kind: str, parts: Sequence[Part], draw: random.Random, number: int) -> Answer:
    fact = parts[-1].fact
    asked, intent = _ASKED.get(fact["kind"], ("What is known about {a}?", "explain"))
    question = asked.format(a=fact["a"], b=fact.get("b", ""))
    names = sorted({str(part.fact["a"]) for part in parts if part.fact["a"]})
    if len(names) > 1:
        question, intent = f"What is known about {', '.join(names)}?", "explain"
    texts = tuple(part.text for part in parts)
    manner = draw.choice(MANNERS)
    asked_for = tuple(names) if len(names) > 1 else (str(fact["a"]),)
    return Answer(f"{repository}-{number}", repository, kind, question, asked_for, intent, manner, texts, tuple(parts))


def _written() -> list[Answer]:
    answers = []
    for number, line in enumerate((HERE / "written.tsv").read_text("utf-8").splitlines()):
        if not line or line.startswith("#"):
            continue
        repository, question, *sentences = line.split("\t")
        parts = tuple(Part(sentence, {"kind": "written", "repository": repository}) for sentence in sentences)
        manner = MANNERS[number % len(MANNERS)]
        answers.append(
            Answer(f"written-{number}", repository, "written", question, (), "explain", manner, tuple(sentences), parts)
        )
    return answers
