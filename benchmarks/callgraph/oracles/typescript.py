"""TypeScript: the call sites as scip-typescript (TypeScript's own checker) names them.

The index says which symbol each name means; which names are callees, and which definitions can be called, the syntax tree
says. A parameter, property or variable that holds a function is silence: the checker names the holder, not what it holds.

    python -m benchmarks.callgraph.oracles.typescript TREE OUT.json [--everything]

A declaration file beside the script that it describes (`api.d.ts`, `api.js`) is taken away before the checker reads: with
it, a call would lead to the declaration, which nobody runs, and never to the function of the script.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tree_sitter import Node

from benchmarks.callgraph.oracles.running import is_program, run_tool
from indexers.languages import LANGUAGE_BY_SUFFIX, parsed
from indexers.scip.symbols import is_local
from indexers.scip.wire import DEFINITION, Document, documents

NEEDS = "@sourcegraph/scip-typescript (npm)"
_FUNCTIONS = frozenset(
    [
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
        "method_definition",
        "method_signature",
        "abstract_method_signature",
        "class_declaration",
        "abstract_class_declaration",
        "class",
    ]
)
_HOLDERS = {
    "variable_declarator": "name",
    "pair": "key",
    "public_field_definition": "name",
    "field_definition": "property",
}
_VALUES = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_WRAPPERS = frozenset({"non_null_expression", "parenthesized_expression", "instantiation_expression"})
_CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})


def is_available() -> bool:
    return is_program("scip-typescript")


_EVERYTHING = {
    "compilerOptions": {
        "allowJs": True,
        "allowImportingTsExtensions": True,
        "experimentalDecorators": True,
        "jsx": "preserve",
        "maxNodeModuleJsDepth": 0,
        "module": "esnext",
        "moduleResolution": "bundler",
        "noEmit": True,
        "skipLibCheck": True,
        "strict": True,
        "target": "esnext",
    },
    "include": ["**/*"],
    "exclude": ["**/node_modules", "**/dist"],
}
"""A project file that leaves nothing out."""


def edges(root: Path, *, everything: bool = False) -> dict[str, Any]:
    """Return an oracle's file for the sources below `root`, with the project files found there or inferred; `everything`:
    with one that includes all scripts, tests too, in place of the one at the top.

    Raises:
        OracleFailed: the indexer cannot be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"  # a copy: the indexer writes a project file where there is none
        shutil.copytree(root, tree, symlinks=True)
        for declaration in described_scripts(tree):
            declaration.unlink()
        if everything:
            (tree / "tsconfig.json").write_text(json.dumps(_EVERYTHING), "utf-8")
        index = Path(folder) / "index.scip"
        run_tool(
            ["scip-typescript", "index", "--infer-tsconfig", "--no-progress-bar", "--output", str(index)], cwd=tree
        )
        return verdicts_of_index(index, tree)


def described_scripts(root: Path) -> list[Path]:
    """Return the declaration files below `root` that stand beside the script which they describe."""
    found = []
    for suffix in (".ts", ".mts", ".cts"):
        for declaration in sorted(root.rglob(f"*.d{suffix}")):
            stem = declaration.name.removesuffix(f".d{suffix}")
            if "node_modules" not in declaration.relative_to(root).parts and any(
                declaration.with_name(stem + script).is_file() for script in (suffix.replace("t", "j"), ".js", ".jsx")
            ):
                found.append(declaration)
    return found


def verdicts_of_index(index: Path, root: Path) -> dict[str, Any]:
    """Return an oracle's file for an index of the sources below `root`."""
    sources = {document.path: _Source(document, _parse(root / document.path)) for document in documents(index)}
    places: dict[str, _Definition] = {}
    for _, source in sorted(sources.items()):
        for symbol, definition in source.definitions.items():
            # Of merged declarations, the first that can be called.
            if symbol not in places or (definition.is_callable and not places[symbol].is_callable):
                places[symbol] = definition
    found: list[list[Any]] = []
    sites: dict[str, Any] = {}
    for path, source in sorted(sources.items()):
        for callee in source.callees:
            verdict = _verdict(callee.symbol, source.locals.get(callee.symbol) or places.get(callee.symbol))
            sites[f"{path}:{callee.line}:{callee.column}"] = verdict
            if isinstance(verdict, list):
                found.append([path, callee.caller, *verdict, callee.line])
    return {"tool": "scip-typescript", "line_base": 0, "columns": "name", "edges": found, "sites": sites}


@dataclass(frozen=True, slots=True)
class _Definition:
    """Where a symbol is defined (line from 0), and whether that is a function, a method or a class."""

    path: str
    line: int
    is_callable: bool


def _verdict(symbol: str, target: _Definition | None) -> Any:
    if not symbol:
        return None
    if target is None:
        return None if is_local(symbol) else "ext"
    return [target.path, target.line] if target.is_callable else "var"


@dataclass(frozen=True, slots=True)
class _Callee:
    """A callee's name: line and byte column from 0, what it means (empty: unknown), and its caller's line (-1: module)."""

    line: int
    column: int
    symbol: str
    caller: int


@dataclass(slots=True)
class _Syntax:
    """callees: ((line, byte column) of the name, line of the calling function); callables: places of the names of what can be called, all from 0."""

    lines: list[bytes]
    callees: list[tuple[tuple[int, int], int]] = field(default_factory=list)
    callables: set[tuple[int, int]] = field(default_factory=set)


class _Source:
    """One file of the index with its syntax."""

    def __init__(self, document: Document, syntax: _Syntax) -> None:
        self.definitions: dict[str, _Definition] = {}
        self.locals: dict[str, _Definition] = {}
        uses: dict[tuple[int, int], str] = {}
        callables = {(line, _utf16(syntax.lines[line], column)) for line, column in syntax.callables}
        for line, column, symbol, roles in document.occurrences:
            if not roles & DEFINITION:
                uses[line, column] = symbol
                continue
            kept = self.locals if is_local(symbol) else self.definitions
            if symbol not in kept or not kept[symbol].is_callable:
                is_callable = symbol.endswith("().") or (line, column) in callables
                kept[symbol] = _Definition(document.path, line, is_callable)
        self.callees = [
            _Callee(line, column, uses.get((line, _utf16(syntax.lines[line], column)), ""), caller)
            for (line, column), caller in sorted(syntax.callees)
        ]


def _utf16(line: bytes, column: int) -> int:
    """Return a byte column in UTF-16 units, which the indexer counts."""
    head = line[:column]
    return column if head.isascii() else len(head.decode("utf-8", "replace").encode("utf-16-le")) // 2


def _parse(file: Path) -> _Syntax:
    language = LANGUAGE_BY_SUFFIX.get(file.suffix)
    content = file.read_bytes() if language is not None and file.is_file() else b""
    syntax = _Syntax(content.split(b"\n"))
    if language is not None:
        _walk(parsed(language, content)[2], syntax)
    return syntax


def _walk(root: Node, syntax: _Syntax) -> None:
    pending = [(root, -1)]
    while pending:
        node, caller = pending.pop()
        kind = node.type
        name = _defined(node)
        if name is not None:
            syntax.callables.add((name.start_point.row, name.start_point.column))
            if kind not in _CLASSES:
                caller = name.start_point.row
        elif kind in ("call_expression", "new_expression"):
            callee = _callee(node.child_by_field_name("function" if kind == "call_expression" else "constructor"))
            if callee is not None:
                syntax.callees.append(((callee.start_point.row, callee.start_point.column), caller))
        pending.extend((child, caller) for child in node.named_children)


def _defined(node: Node) -> Node | None:
    """Return the name of what a node defines, if that can be called or constructed."""
    if node.type in _FUNCTIONS:
        return node.child_by_field_name("name")
    holder = _HOLDERS.get(node.type)
    value = node.child_by_field_name("value") if holder is not None else None
    if holder is None or value is None or value.type not in _VALUES:
        return None
    return node.child_by_field_name(holder)


def _callee(node: Node | None) -> Node | None:
    """Return the last name of a callee, None for one that ends in none."""
    while node is not None and node.type in _WRAPPERS:
        node = node.named_children[0] if node.named_children else None
    if node is None or node.type == "identifier":
        return node
    return node.child_by_field_name("property") if node.type == "member_expression" else None


def main() -> None:
    parser = argparse.ArgumentParser(description="An oracle's file from scip-typescript.")
    parser.add_argument("tree", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--everything", action="store_true", help="with a project file that leaves no script out")
    options = parser.parse_args()
    verdicts = edges(options.tree.resolve(), everything=options.everything)
    options.out.write_text(json.dumps(verdicts), "utf-8")


if __name__ == "__main__":
    main()
