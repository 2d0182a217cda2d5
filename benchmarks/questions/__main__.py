"""What triage makes of the labelled questions, and how many are rightly answered without any model.

    python -m benchmarks.questions --store FOLDER [--part held] [--answers] [--intent locate] [--vectors] [--failures] [--json FILE]

The store holds the nine repositories indexed under their names (docs/questions.md says how). Triage is asked as the planner asks
it; `--answers` runs the whole workflow in process, without a model and without remembered answers. `--vectors` fills the store's
vectors to the end first, with the embedder of the settings, and lets them take part; without it only words and history do.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from agents.context import Context
from agents.events import AnswerReady
from agents.questions.intents import classifier_of
from agents.questions.names import NameReader
from agents.questions.triage import read_question
from agents.state import Plan
from app.cli.progress import ProgressLine
from app.owned_vectors import fill_all
from app.wiring import Wiring
from benchmarks.questions.judging import intent_of, is_planned, is_right, macro_f1
from benchmarks.questions.labels import PARTS, STRUCTURAL, Part, Question, read
from configs.release import Release, Releases
from configs.settings import Settings
from graph.runtime import Assistant, compile_assistant, stream_answer
from knowledge.scope import EVERYTHING

ANSWERED = STRUCTURAL | {"locate", "explain", "docs", "file", "history"}
"""Intents of which places are expected."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Score triage and answers on the labelled questions.")
    parser.add_argument("--store", type=Path, required=True, help="a store that holds the nine repositories")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument(
        "--requests", action="store_true", help="only tell how many wordings become the requests they are"
    )
    parser.add_argument("--answers", action="store_true", help="answer those of a known truth too, without a model")
    parser.add_argument("--intent", action="append", help="answer questions of these intents only")
    parser.add_argument(
        "--vectors", action="store_true", help="fill the vectors of the store first, and search with them"
    )
    parser.add_argument("--failures", action="store_true", help="print what went wrong, by class")
    parser.add_argument("--json", type=Path, help="write the figures into this file")
    options = parser.parse_args()
    wiring = Wiring(Settings(home=options.store))
    if options.requests:
        planned(wiring, failures=options.failures)
        return
    if options.vectors:
        _fill(wiring)
    intents = frozenset(options.intent or ANSWERED)
    figures: dict[str, Any] = {}
    for part in options.part or PARTS:
        figures[part] = triaged(wiring, part, failures=options.failures)
        if options.answers and any(question.expected for question in read(part)):
            figures[part] |= asyncio.run(answered(wiring, part, intents, failures=options.failures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")


def _fill(wiring: Wiring) -> None:
    known = {info.name: info.generation for info in wiring.graph.repositories(EVERYTHING)}
    progress = ProgressLine(sys.stderr)
    fill_all(wiring.own_vectors(), wiring.vector_sources(), known, progress)
    progress.close()
    for name in known:
        state = wiring.vector_state(name)
        print(f"{name}: {state.written:,} vectors of {state.embedder}: {state.reason}")


def triaged(wiring: Wiring, part: Part, *, failures: bool) -> dict[str, Any]:
    """Print and return how triage does on a part."""
    release = Releases().get("default")
    readers: dict[str, NameReader] = {}
    pairs: list[tuple[str, str]] = []
    wrong: list[str] = []
    planned = compound = 0
    spent: list[float] = []
    questions = read(part)
    for question in questions:
        scope = EVERYTHING.narrowed(frozenset({question.repository}))
        reader = readers.setdefault(question.repository, NameReader(wiring.graph, scope, release.triage))
        started = time.thread_time()
        plan = plan_of(question, release, reader)
        spent.append((time.thread_time() - started) * 1000)
        pairs.append((question.intent, intent_of(plan, question)))
        if question.parts:
            compound += 1
            planned += is_planned(plan, question)
        if pairs[-1][0] != pairs[-1][1]:
            wrong.append(f"  {question.intent} read as {pairs[-1][1]}: {question.id} {question.text!r}")
    mean, each = macro_f1(pairs)
    right = sum(wanted == said for wanted, said in pairs)
    print(f"{part}: {len(questions)} questions, intent right {right / len(pairs):.3f}, macro-F1 {mean:.3f}")
    print("  " + ", ".join(f"{intent} {value:.2f}" for intent, value in each.items()))
    groups = {"author": [q.author for q in questions], "repository": [q.repository for q in questions]}
    groups["language"] = ["en" if q.language == "en" else "other" for q in questions]
    groups["complexity"] = [q.complexity for q in questions]
    for by, keys in groups.items():
        shares = {
            key: _share([w == s for (w, s), k in zip(pairs, keys, strict=True) if k == key])
            for key in sorted(set(keys))
        }
        print(f"  right by {by}: " + ", ".join(f"{key} {share:.2f}" for key, share in shares.items()))
    print(f"  compound questions planned as labelled: {planned} of {compound}")
    print(
        f"  CPU of triage: median {statistics.median(spent):.1f} ms, p95 {sorted(spent)[int(0.95 * len(spent))]:.1f} ms"
    )
    if failures:
        print("\n".join(wrong))
    return {
        "questions": len(questions),
        "macro_f1": mean,
        "accuracy": right / len(pairs),
        "f1": each,
        "planned": planned,
    }


def planned(wiring: Wiring, *, failures: bool) -> None:
    """Print how many wordings of one request or several become the steps that they are, by the batch they were written in."""
    release = Releases().get("default")
    readers: dict[str, NameReader] = {}
    verdicts: dict[tuple[str, str], list[bool]] = {}
    for question in read("requests"):
        scope = EVERYTHING.narrowed(frozenset({question.repository}))
        reader = readers.setdefault(question.repository, NameReader(wiring.graph, scope, release.triage))
        plan = plan_of(question, release, reader)
        is_right = is_planned(plan, question)
        verdicts.setdefault((question.author, question.complexity), []).append(is_right)
        if failures and not is_right:
            steps = " ".join(step["intent"] for step in plan["steps"])
            print(f"  {' '.join(question.parts)} read as {steps}: {question.id} {question.text!r}")
    for (batch, complexity), of in verdicts.items():
        print(f"{batch} batch, {complexity}: {sum(of)} of {len(of)} planned as labelled")


def plan_of(question: Question, release: Release, names: NameReader) -> Plan:
    """Return the plan of a question after those of its thread."""
    classifier = classifier_of(release)
    subject, before = "", None
    for earlier in question.context:
        before = read_question(earlier, release.triage, names, subject, classifier, before)
        subject = before["subject"]
    return read_question(question.text, release.triage, names, subject, classifier, before)


async def answered(wiring: Wiring, part: Part, intents: frozenset[str], *, failures: bool) -> dict[str, Any]:
    """Print and return how many questions with a known truth are rightly answered, and whether citations are valid."""
    services = dataclasses.replace(wiring.services, memory=None, lessons=None, profiles=None)
    assistant = compile_assistant(services)
    verdicts: dict[str, list[bool]] = {}
    wrong: list[str] = []
    invalid = cited = 0
    for question in read(part):
        if not question.expected or question.intent not in intents & ANSWERED:
            continue
        answer = await answer_of(assistant, question)
        for citation in answer["citations"]:
            cited += 1
            invalid += not _resolves(wiring, question.repository, citation)
        verdict = is_right(question, answer)
        verdicts.setdefault(question.intent, []).append(verdict)
        if not verdict:
            wrong.append(f"  {question.intent}: {question.id} {question.text!r}: {answer['answer'][:160]!r}")
    structural = [verdict for intent in STRUCTURAL for verdict in verdicts.get(intent, [])]
    print(
        f"{part}: structural rightly answered {_share(structural):.3f} of {len(structural)}, locate {_share(verdicts.get('locate', [])):.3f}"
    )
    print("  " + ", ".join(f"{intent} {sum(of)}/{len(of)}" for intent, of in sorted(verdicts.items())))
    print(f"  citations valid: {1 - invalid / max(cited, 1):.4f} of {cited}")
    if failures:
        print("\n".join(sorted(wrong)))
    shares = {intent: [sum(of), len(of)] for intent, of in sorted(verdicts.items())}
    return {"structural": _share(structural), "answers": shares, "cited": cited, "invalid": invalid}


async def answer_of(assistant: Assistant, question: Question) -> dict[str, Any]:
    """Return the answer of the workflow, as REST and `clew ask --json` give it."""
    history = [{"role": "user", "content": text} for text in question.context]
    context = Context(repositories=[question.repository], model="extractive")
    payload: dict[str, Any] = {}
    async for event in stream_answer(assistant, question.text, context, None, history):
        if isinstance(event, AnswerReady):
            payload = event.answer.to_json()
    return payload


def _resolves(wiring: Wiring, repository: str, citation: dict[str, Any]) -> bool:
    text = wiring.graph.read_text(EVERYTHING, repository, citation["path"])
    lines = text.count(b"\n") + 1 if text is not None else 0
    return bool(1 <= citation["start_line"] <= citation["end_line"] <= lines)


def _share(verdicts: list[bool]) -> float:
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


if __name__ == "__main__":
    main()
