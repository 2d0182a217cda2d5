"""Call sites of Rust crates as rustc sees them: MIR text -> `[caller, line, callee, line, call line]` edges, lines from 0.

Make the MIR with
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="--emit=mir -Zmir-include-spans=on -Zmir-opt-level=0 -Zinline-mir=no
        -Ztrim-diagnostic-paths=no" cargo check
then run: python -m benchmarks.callgraph.oracles.mir OUT.json target/debug/deps/CRATE-*.mir ...

What the language calls by itself (`+`, `*guard`, `for`) is an edge like a written call, and listed as `implicit` again. A line with a call that cannot be placed (a function that a macro makes) is given as silent.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tree_sitter import Node

from benchmarks.callgraph.oracles.mir_index import _PARSER, HEADER, RETURN_PLACE, Crates, Place, segments

CALL = re.compile(
    r"^        (?:[^=]+ = )?(.+) -> (?:\[return|unwind|bb\d).*// scope \d+ at (.+?):(\d+):(\d+): (\d+):(\d+)$"
)
_OPERATORS = frozenset(
    [
        "deref",
        "deref_mut",
        "index",
        "index_mut",
        "add",
        "sub",
        "mul",
        "div",
        "rem",
        "neg",
        "not",
        "bitand",
        "bitor",
        "bitxor",
        "shl",
        "shr",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "partial_cmp",
        "add_assign",
        "sub_assign",
        "mul_assign",
        "div_assign",
        "rem_assign",
        "bitor_assign",
        "bitand_assign",
        "bitxor_assign",
        "shl_assign",
        "shr_assign",
        "branch",
        "from_residual",
        "from_output",
        "into_iter",
        "next",
        "into_future",
        "poll",
        "call",
        "call_mut",
        "call_once",
        "drop",
    ]
)


def crate_of(path: Path) -> str:
    return path.name.rpartition("-")[0] or path.stem


def read_headers(crates: Crates, path: Path) -> None:
    crate = crate_of(path)
    crates.names.add(crate)
    name = first = ""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("fn "):
                found = HEADER.match(line)
                name, first = (found[1], found[2] or "") if found else ("", "")
            elif name and (at := RETURN_PLACE.match(line)):
                crates.add_function(crate, name, at[1], int(at[2]) - 1, int(at[3]) - 1, first)
                name = ""


Edge = tuple[str, int, str, int, int]


@dataclass(slots=True)
class Calls:
    """The calls of some crates: edges whose callee is written, implicit ones, and what is known of other call lines."""

    edges: set[Edge] = field(default_factory=set)
    implicit: set[Edge] = field(default_factory=set)
    outside: set[Place] = field(default_factory=set)
    unknown: set[Place] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def read_calls(crates: Crates, path: Path, calls: Calls) -> None:
    """Add the calls of one crate's MIR."""
    crate = crate_of(path)
    caller: Place | None = None
    pending = first = ""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("fn "):
                found = HEADER.match(line)
                pending, caller = (found[1] if found else ""), None
                first = (found[2] or "") if found else ""
            elif pending and (at := RETURN_PLACE.match(line)):
                caller = crates.add_function(crate, pending, at[1], int(at[2]) - 1, int(at[3]) - 1, first)
                pending = ""
            elif " -> " in line and (call := CALL.match(line)):
                _note(crates, crate, caller, call, calls)


def _note(crates: Crates, crate: str, caller: Place | None, call: re.Match[str], calls: Calls) -> None:
    callee = _without_arguments(call[1])
    source = crates.source(call[2])
    if not callee or source is None or callee == "drop":
        return
    if callee.startswith(("move ", "copy ")):
        calls.counts["indirect"] += 1
        return
    span = (int(call[3]) - 1, int(call[4]) - 1, int(call[5]) - 1, int(call[6]) - 1)
    row = called_row(source.lines, span, segments(callee)[-1])
    places = crates.callee(crate, callee)
    is_written = row >= 0
    row = row if is_written else span[0]
    calls.counts["written" if is_written else "implicit"] += 1
    if not places:
        calls.counts["outside" if places is None else "unplaced"] += 1
        if is_written or (places is not None and "$" in source.lines[row]):  # a name that a macro is given
            (calls.outside if places is None else calls.unknown).add((call[2], row))
    elif len(places) > 1:
        calls.counts["several"] += 1
        calls.unknown.add((call[2], row))
    else:
        edge = (call[2], caller[1] if caller else -1, places[0][0], places[0][1], row)
        (calls.edges if is_written else calls.implicit).add(edge)


def _without_arguments(text: str) -> str:
    """Cut the arguments of `path(args)`; empty when the text is no call."""
    if not text.endswith(")"):
        return ""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        if text[index] == ")":
            depth += 1
        elif text[index] == "(":
            depth -= 1
            if depth == 0:
                return text[:index].removeprefix("const ")
    return ""


_rows: dict[tuple[str, str], int] = {}


def called_row(lines: list[str], span: tuple[int, int, int, int], name: str) -> int:
    """Return the line (from 0) where the callee's name is written in a span, -1 when the span is no written call of it."""
    row, column, end_row, end_column = span
    if end_row >= len(lines):
        return -1
    text = lines[row][column:end_column]
    if row != end_row:
        text = "\n".join([lines[row][column:], *lines[row + 1 : end_row], lines[end_row][:end_column]])
    key = (text, name)
    if key not in _rows:
        _rows[key] = _row_in(text, name)
    return row + _rows[key] if _rows[key] >= 0 else -1


def _row_in(text: str, name: str) -> int:
    if not text.rstrip().endswith(")"):
        return -1
    root = _PARSER.parse(f"fn f(){{{text}}}".encode()).root_node
    body = root.named_children[0].child_by_field_name("body") if root.named_children else None
    node: Node | None = body.named_children[0] if body is not None and body.named_children else None
    if node is not None and node.type == "expression_statement":
        node = node.named_children[0]
    if node is None or node.type != "call_expression" or len(body.named_children) != 1:  # type: ignore[union-attr]
        return -1
    function = node.child_by_field_name("function")
    while function is not None and function.type in ("generic_function", "scoped_identifier", "field_expression"):
        inner = function.child_by_field_name(
            {"generic_function": "function", "scoped_identifier": "name"}.get(function.type, "field")
        )
        if inner is None:
            break
        function = inner
    if function is None or function.type not in ("identifier", "field_identifier"):
        return -1
    written = (function.text or b"").decode()
    if written != name and name in _OPERATORS:
        return -1
    return function.start_point[0]


def verdicts_of_mir(paths: list[Path]) -> dict[str, Any]:
    """Return an oracle's file for the crates whose MIR texts these are; `implicit` repeats the edges that are not written."""
    crates, calls = Crates(), Calls()
    for path in paths:
        read_headers(crates, path)
    crates.read_declarations()
    for path in paths:
        read_calls(crates, path, calls)
    sites: dict[str, str | None] = {f"{file}:{line}": "ext" for file, line in sorted(calls.outside - calls.unknown)}
    sites |= {f"{file}:{line}": None for file, line in sorted(calls.unknown)}
    every = sorted(calls.edges | calls.implicit)
    edges = [edge for edge in every if (edge[0], edge[4]) not in calls.unknown]
    return {
        "tool": "rustc MIR",
        "line_base": 0,
        "edges": edges,
        "sites": sites,
        "implicit": sorted(calls.implicit),
        "counts": dict(calls.counts),
    }


def main() -> None:
    content = verdicts_of_mir([Path(name) for name in sys.argv[2:]])
    Path(sys.argv[1]).write_text(json.dumps(content), "utf-8")
    print(f"{len(content['edges'])} edges, {len(content['implicit'])} implicit", content["counts"])


if __name__ == "__main__":
    main()
