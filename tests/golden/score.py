"""Judge answers to the golden questions by their citations.

Owns: the rule for when a citation meets an expected or hits a forbidden entry (README.md in
this folder states it in words), the totals, and a check of the expectations against the
sources. Refuses to look at the wording of an answer: a citation is what can be checked.

Usage:
    python tests/golden/score.py QUESTIONS ANSWERS     one line a question, then totals
    python tests/golden/score.py --check DIR           expectations against DIR/celery, DIR/bbolt
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TARGET_RIGHT = 17
MAX_SPARE_LINES = 40
"""Lines that a citation may show beyond the definition it covers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one answer fared; entries are named `path` or `path symbol`."""

    question_id: str
    met: tuple[str, ...]
    missing: tuple[str, ...]
    forbidden_hit: tuple[str, ...]

    @property
    def right(self) -> bool:
        """All expected entries are cited and none of the forbidden."""
        return not self.missing and not self.forbidden_hit


def judge(question: dict[str, Any], citations: list[dict[str, Any]]) -> Verdict:
    """Judge the citations of one answer against one row of questions.jsonl.

    Args:
        citations: {path, start_line, end_line, symbol}; 1-based inclusive lines, `symbol` may
            be None. More keys are ignored, order does not matter.
    """
    met: list[str] = []
    missing: list[str] = []
    for entry in question["expected"]:
        found = any(matches(entry, citation) for citation in citations)
        (met if found else missing).append(label(entry))
    hit = [label(entry) for entry in question["forbidden"] if any(matches(entry, citation) for citation in citations)]
    return Verdict(question["id"], tuple(met), tuple(missing), tuple(hit))


def matches(entry: dict[str, Any], citation: dict[str, Any]) -> bool:
    """Return whether a citation points at an entry, by the same rule for both lists."""
    if entry["path"] != citation["path"].replace("\\", "/").removeprefix("./"):
        return False
    if entry["kind"] == "file":
        return True
    named = citation.get("symbol")
    if named and named.replace("(*", "").replace(")", "") in spellings(entry):
        return True
    start: int = citation["start_line"]
    end: int = citation["end_line"]
    line: int = entry["line"]
    end_line: int = entry["end_line"]
    spare = max(0, line - start) + max(0, end - end_line)
    if start <= line <= end:
        return spare <= MAX_SPARE_LINES
    return entry["kind"] != "class" and line <= start <= end <= end_line


def spellings(entry: dict[str, Any]) -> set[str]:
    """Return the names by which a citation may call an entry of its own file.

    `go.etcd.io/bbolt.Bucket.Put` may be `bbolt.Bucket.Put` or `Bucket.Put`, and
    `celery.app.task.Task.retry` may be `Task.retry`; a bare method name is not enough.
    """
    symbol: str = entry["symbol"]
    last = symbol.rsplit("/", 1)[-1]
    return {symbol, last, local_name(entry)}


def local_name(entry: dict[str, Any]) -> str:
    """Return the symbol without its package or module, e.g. `Bucket.Put`."""
    path, symbol = entry["path"], entry["symbol"]
    if path.endswith(".go"):
        return str(symbol.rsplit("/", 1)[-1].partition(".")[2])
    if path.endswith(".py"):
        module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        return str(symbol.removeprefix(module + "."))
    return str(symbol)


def label(entry: dict[str, Any]) -> str:
    """Return the entry in the form that verdicts print."""
    return f"{entry['path']} {entry['symbol']}" if entry["symbol"] else str(entry["path"])


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file, blank lines skipped."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def check(questions: list[dict[str, Any]], sources: Path) -> list[str]:
    """Return what is wrong with the entries when read against the unpacked sources; [] is good."""
    faults: list[str] = []
    for question in questions:
        for entry in question["expected"] + question["forbidden"]:
            fault = check_entry(entry, sources / question["repository"] / entry["path"])
            if fault:
                faults.append(f"{question['id']}: {label(entry)}: {fault}")
    return faults


def check_entry(entry: dict[str, Any], source: Path) -> str | None:
    """Return why an entry does not describe its source file, or None when it does."""
    if not source.is_file():
        return "no such file; run tests/golden/fetch.py"
    if "line" not in entry:
        return None if entry["kind"] == "file" else "has no line"
    text = source.read_text(encoding="utf-8")
    lines = text.splitlines()
    if not 1 <= entry["line"] <= entry["end_line"] <= len(lines):
        return f"lines {entry['line']}-{entry['end_line']} are outside 1-{len(lines)}"
    if entry["kind"] == "file":
        shown = lines[entry["line"] - 1]
        return None if "import" in shown or shown.strip().endswith('"') else "no import there"
    if entry["kind"] == "section":
        return None if lines[entry["line"] - 1] == entry["symbol"] else "no such title there"
    found = python_spans(text) if source.suffix == ".py" else go_spans(lines)
    wanted = (entry["kind"], entry["line"], entry["end_line"])
    spans = found.get(local_name(entry), [])
    return None if wanted in spans else f"expected {wanted}, the source has {spans}"


Span = tuple[str, int, int]


def python_spans(text: str) -> dict[str, list[Span]]:
    """Return (kind, line, end_line) of every class and function by its name inside the module."""
    found: dict[str, list[Span]] = {}

    def visit(parent: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(parent):
            name = prefix
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                kind = "class" if isinstance(child, ast.ClassDef) else "function"
                span = (kind, child.lineno, child.end_lineno or child.lineno)
                found.setdefault(prefix + child.name, []).append(span)
                name = prefix + child.name + "."
            visit(child, name)

    visit(ast.parse(text), "")
    return found


def go_spans(lines: list[str]) -> dict[str, list[Span]]:
    """Return (kind, line, end_line) of the top-level functions, methods and types of a Go file.

    Reads gofmt's layout: a declaration starts in column one and its closing brace stands there.
    """
    found: dict[str, list[Span]] = {}
    for number, line in enumerate(lines, start=1):
        keyword, _, rest = line.partition(" ")
        if keyword not in {"func", "type"}:
            continue
        receiver = ""
        if rest.startswith("("):
            inside, _, rest = rest[1:].partition(") ")
            receiver = inside.split()[-1].lstrip("*") + "."
        name = receiver + rest.replace("[", "(").partition("(" if keyword == "func" else " ")[0]
        kind = "function" if keyword == "func" else "class"
        found.setdefault(name, []).append((kind, number, _closing_line(lines, number)))
    return found


def _closing_line(lines: list[str], number: int) -> int:
    if not lines[number - 1].endswith("{"):
        return number
    for later in range(number, len(lines)):
        if lines[later].startswith("}"):
            return later + 1
    return number


def report(questions: list[dict[str, Any]], answers: list[dict[str, Any]]) -> int:
    """Print one line a question and the totals; return how many are right."""
    citations = {answer["id"]: answer["citations"] for answer in answers}
    right = 0
    for question in questions:
        verdict = judge(question, citations.get(question["id"], []))
        right += verdict.right
        reasons = [f"missing {name}" for name in verdict.missing]
        reasons += [f"forbidden {name}" for name in verdict.forbidden_hit]
        state = "right" if verdict.right else "wrong"
        print(f"{state}  {question['id']:<20} {'; '.join(reasons)}".rstrip())
    for repository in sorted({question["repository"] for question in questions}):
        of_it = [question for question in questions if question["repository"] == repository]
        good = sum(judge(q, citations.get(q["id"], [])).right for q in of_it)
        print(f"{repository}: {good}/{len(of_it)}")
    unanswered = sum(question["id"] not in citations for question in questions)
    print(f"total: {right}/{len(questions)} right, {unanswered} without an answer")
    return right


def main(argv: list[str] | None = None) -> int:
    """Score or check; return 0 when at least 17 are right (or nothing is wrong), else 1."""
    parser = argparse.ArgumentParser(description="Judge answers to the golden questions.")
    parser.add_argument("questions", nargs="?", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("answers", nargs="?", type=Path, help="JSON Lines of {id, citations}")
    parser.add_argument("--check", type=Path, metavar="DIR", help="verify against the sources")
    options = parser.parse_args(argv)
    questions = read_rows(options.questions)
    if options.check is not None:
        faults = check(questions, options.check)
        print("\n".join(faults) or f"{len(questions)} questions agree with the sources")
        return 1 if faults else 0
    if options.answers is None:
        parser.error("name the QUESTIONS and the ANSWERS file, or use --check DIR")
    return 0 if report(questions, read_rows(options.answers)) >= TARGET_RIGHT else 1


if __name__ == "__main__":
    sys.exit(main())
