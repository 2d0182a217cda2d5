"""Collects the facts that answers are made of: calls from compilers' oracles, the rest from the sources.

    python -m benchmarks.mutations.collect OUT.jsonl celery=TREE=ORACLE.json bbolt=TREE=ORACLE.json ...

A call is taken when the oracle names its target, the callee's name stands on the site's line, and both ends are found by
`scanning`. A number of callers is taken when the oracle knows every line on which the name is written with a parenthesis.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.callgraph.verdicts import read_verdicts
from benchmarks.mutations.scanning import SUFFIXES, Definition, definitions

Fact = dict[str, Any]
SEED = 20261130
AT_MOST = {"calls": 60, "inherits": 22, "default": 24, "raises": 16, "constant": 18, "overrides": 12, "method": 14, "callers": 14,
           "defined": 24, "imports": 14, "returns": 14, "reads": 10, "quote": 16, "chain": 10}  # fmt: skip
_TESTS = re.compile(r"(^|/)(t|test|tests)/|_test\.go$|^test")
_DEFAULTS = {
    "javascript": re.compile(r"\b([a-z]\w+) = (\d+|true|false|\"[^\"]{2,20}\")[,)]"),
    "python": re.compile(r"\b([a-z]\w+)=(\d+|True|False|'[^']{2,20}')[,)]"),
}
_CONSTANTS = {
    "go": re.compile(r"^(?:const |\t)?([A-Z]\w{4,})(?: \w+)?\s+= ([1-9]\d+)\b"),
    "c": re.compile(r"^#\s*define ([A-Z]\w{4,}) +([1-9]\d+)\b"),
    "python": re.compile(r"^([A-Z][A-Z_]{4,}) = ([1-9]\d*(?:\.\d+)?)\s*$"),
    "javascript": re.compile(r"^const ([A-Z][A-Z_]{4,}) = ([1-9]\d*);"),
}
_RAISES = {
    "python": re.compile(r"^\s+raise ([A-Z]\w+)\("),
    "javascript": re.compile(r"^\s+throw new ([A-Z]\w+)\("),
    "go": re.compile(r"^\s+return .*?\b(?:\w+\.)?(Err[A-Z]\w+)$"),
}
_RETURNS = {
    "python": re.compile(r"^\s+return (True|False|None|\d+|'[^']+')$"),
    "javascript": re.compile(r"^\s+return (true|false|null|\d+|\"[^\"]+\");$"),
    "go": re.compile(r"^\s+return (true|false|nil|\d+)$"),
    "c": re.compile(r"^\s+return (UV__?E\w+|-?\d+);$"),
}
_IMPORTS = {
    "python": re.compile(r"^from (celery[\w.]+) import (\w+)$"),
    "javascript": re.compile(r"^const (\w+) = require\(\"(\.[^\"]+)\"\);"),
    "c": re.compile(r"^#include (\")([\w.\-/]+)\""),
}
_READS = re.compile(r"\bconf\.([a-z]+_[a-z_]+)\b(?!\()")


class Tree:
    """The sources of one repository: texts, definitions and what the oracle says."""

    def __init__(self, name: str, root: Path, oracle: Path) -> None:
        self.name = name
        self.root = root.resolve()
        self.texts: dict[str, list[str]] = {}
        self.places: dict[tuple[str, int], Definition] = {}
        self.inside: dict[str, list[Definition]] = {}
        for file in sorted(self.root.rglob("*")):
            path = file.relative_to(self.root).as_posix()
            if file.suffix not in SUFFIXES or not file.is_file():
                continue
            text = file.read_text("utf-8", errors="replace")
            self.texts[path] = text.split("\n")
            self.inside[path] = definitions(path, text)
            self.places |= {(path, one.line): one for one in self.inside[path]}
        self.verdicts = read_verdicts(oracle, self.root)

    def around(self, path: str, line: int) -> Definition | None:
        """Return the innermost function that covers a line."""
        covering = [
            one for one in self.inside.get(path, []) if one.kind != "class" and one.line <= line <= one.end_line
        ]
        return max(covering, key=lambda one: one.line, default=None)

    def language(self, path: str) -> str:
        return SUFFIXES[Path(path).suffix]

    def named(self, name: str) -> list[Definition]:
        return [one for one in self.places.values() if one.name == name]


def facts_of(tree: Tree) -> Iterator[Fact]:
    calls = list(_calls(tree))
    yield from calls
    yield from _callers(tree, calls)
    yield from _chains(calls)
    for path, lines in tree.texts.items():
        if _TESTS.search(path):
            continue
        yield from _classes(tree, path)
        yield from _lines(tree, path, lines)


def _ends(a: Definition, b: Definition) -> Fact:
    return {"a": a.shown, "a_path": a.path, "a_line": a.line, "b": b.shown, "b_path": b.path, "b_line": b.line}


def _calls(tree: Tree) -> Iterator[Fact]:
    for (path, line), targets in sorted(tree.verdicts.targets.items()):
        caller = tree.around(path, line)
        if len(targets) != 1 or caller is None or _TESTS.search(path):
            continue
        callee = tree.places.get(next(iter(targets)))
        if callee is None or callee == caller or callee.name.startswith("__") or len(callee.name) < 4:
            continue
        if callee.kind == "class" or not re.search(rf"\b{callee.name}\b", tree.texts[path][line - 1]):
            continue
        yield {"kind": "calls", **_ends(caller, callee), "path": path, "line": line}


def _callers(tree: Tree, calls: list[Fact]) -> Iterator[Fact]:
    written: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for path, lines in tree.texts.items():
        for at, line in enumerate(lines, 1):
            for name in set(re.findall(r"\b(\w{4,})\b", line)):
                written[name].add((path, at))
    by_callee: dict[tuple[str, str, int], list[Fact]] = defaultdict(list)
    for call in calls:
        by_callee[call["b"], call["b_path"], call["b_line"]].append(call)
    for (shown, home, start), sites in by_callee.items():
        name = shown.split(".")[-1]
        known = {(site["path"], site["line"]) for site in sites} | {(home, start)}
        names = sorted({site["a"] for site in sites})
        if written[name] == known and 2 <= len(names) <= 6 and len(sites) == len(names):
            rows = [[site["a"], site["path"], site["line"]] for site in sites]
            yield {"kind": "callers", "a": shown, "a_path": home, "a_line": start, "value": len(names), "rows": rows}


def _chains(calls: list[Fact]) -> Iterator[Fact]:
    by_caller = {call["a"]: call for call in calls}
    for call in calls:
        then = by_caller.get(call["b"])
        if then and then["a_path"] == call["b_path"] and then["b"] not in (call["a"], call["b"]):
            yield {**call, "kind": "chain", "c": then["b"], "c_path": then["path"], "c_line": then["line"]}


def _classes(tree: Tree, path: str) -> Iterator[Fact]:
    for one in tree.inside[path]:
        if len(one.name) < 4 or one.name.startswith("__"):
            continue
        if len(tree.named(one.name)) == 1 and one.end_line - one.line > 3:
            yield {
                "kind": "defined",
                "a": one.shown,
                "path": path,
                "line": one.line,
                "end_line": one.end_line,
                "value": one.kind,
            }
        if one.kind == "class" and one.base and "." not in one.base:
            bases = [base for base in tree.named(one.base.split(".")[-1]) if base.kind == "class"]
            if len(bases) == 1:
                yield {"kind": "inherits", **_ends(one, bases[0]), "path": path, "line": one.line}
                yield from _overrides(tree, one, bases[0])
        if one.kind == "method" and one.name != "constructor" and tree.language(path) != "go":
            yield {"kind": "method", "a": one.name, "b": one.owner, "path": path, "line": one.line}


def _overrides(tree: Tree, below: Definition, above: Definition) -> Iterator[Fact]:
    for one in tree.inside[below.path]:
        if one.owner != below.name or one.name.startswith("__") or one.name == "constructor":
            continue
        for base in tree.inside[above.path]:
            if base.owner == above.name and base.name == one.name:
                yield {"kind": "overrides", **_ends(one, base), "path": one.path, "line": one.line}


def _lines(tree: Tree, path: str, lines: list[str]) -> Iterator[Fact]:
    language = tree.language(path)
    for at, line in enumerate(lines, 1):
        if len(line) > 110:
            continue
        around = tree.around(path, at)
        if (pattern := _CONSTANTS.get(language)) and (found := pattern.match(line)):
            yield {"kind": "constant", "a": found[1], "value": found[2], "path": path, "line": at}
        if (pattern := _IMPORTS.get(language)) and (found := pattern.match(line)):
            names = (
                (found[2], found[1]) if language == "python" else (found[2] if found[1] == '"' else found[1], found[2])
            )
            yield {"kind": "imports", "a": path, "b": names[0], "value": names[1], "path": path, "line": at}
        if around is None:
            continue
        if at == around.line and (pattern := _DEFAULTS.get(language)) and (found := pattern.search(line)):
            yield {"kind": "default", "a": around.shown, "param": found[1], "value": found[2], "path": path, "line": at}
        for kind, patterns in (("raises", _RAISES), ("returns", _RETURNS)):
            if (pattern := patterns.get(language)) and (found := pattern.match(line)):
                yield {
                    "kind": kind,
                    "a": around.shown,
                    "value": found[1],
                    "path": path,
                    "line": at,
                    "a_line": around.line,
                }
        if found := _READS.search(line):
            yield {"kind": "reads", "a": around.shown, "b": found[1], "path": path, "line": at, "a_line": around.line}
        if at == around.line + 2 and around.end_line - at > 6:
            text = [row.rstrip() for row in lines[at - 1 : at + 3]]
            if all(row.strip() for row in text) and not any("`" in row or '"""' in row for row in text):
                yield {"kind": "quote", "a": around.shown, "path": path, "line": at, "end_line": at + 3, "text": text}


def sampled(facts: list[Fact], draw: random.Random) -> list[Fact]:
    """Return at most so many facts a kind as `AT_MOST` says, spread over the files, names with several meanings left out."""
    by_kind: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_kind[fact["kind"]].append(fact)
    kept: list[Fact] = []
    for kind, found in sorted(by_kind.items()):
        draw.shuffle(found)
        used: set[tuple[str, str]] = set()
        for fact in found:
            mark = (fact["a"], fact.get("b", ""))
            if mark not in used and len(used) < AT_MOST[kind]:
                used.add(mark)
                kept.append(fact)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Collect the facts of the mutation test.")
    parser.add_argument("out", type=Path)
    parser.add_argument("trees", nargs="+", help="NAME=TREE=ORACLE.json")
    options = parser.parse_args()
    rows = []
    for one in options.trees:
        name, root, oracle = one.split("=")
        tree = Tree(name, Path(root), Path(oracle))
        found = sampled(list(facts_of(tree)), random.Random(SEED))
        rows += [json.dumps({"repository": name, **fact}) for fact in found]
        print(f"{name}: {len(found)} facts")
    options.out.write_text("\n".join(rows) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
