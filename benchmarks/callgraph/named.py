"""Our calls as pairs of dotted names, the way that PyCG's and Jarvis' ground truths write them.

Only the files given are resolved, as one Python program. Lambdas are `<lambda1>`, `<lambda2>`... by their order in the
scope around them; a builtin is `<builtin>.len`; the method of a literal `<**PyStr**>.join`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from indexers.facts import Call, FileFacts, ScopeKind
from indexers.languages import extract, profile_for
from indexers.resolution.layout import Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.resolution.values import FUNCTION, kind_of, payload_of
from knowledge.schema import RelationKind, Strategy, Symbol, SymbolKind, Tier

LITERALS = {"str": "PyStr", "dict": "PyDict", "list": "PyList", "set": "PySet", "tuple": "PyTuple", "bytes": "PyBytes"}

NamedEdge = tuple[str, str]
"""(caller, callee)."""


def named_calls(root: Path, files: Iterable[Path], *, only_written: bool = False) -> set[NamedEdge]:
    """Resolve `files` (below `root`, which module names start from) and return their calls of the tiers exact, inferred and external.

    Args:
        only_written: without the calls that the language makes by itself (operators, properties, protocols of statements).
    """
    paths = sorted(file.relative_to(root).as_posix() for file in files)
    profile = profile_for("python")(Layout(paths, {}))
    program = [ProgramFile(path, extract("python", (root / path).read_bytes())) for path in paths]
    resolution = Resolution("named", program, profile)
    lambdas = [_lambda_names(file.facts) for file in program]
    callers = {file.path: _lambda_callers(file.facts, names) for file, names in zip(program, lambdas, strict=True)}
    edges = set(_calls_of_lambdas(resolution, lambdas))
    for kind, strategy, tier, _, source, target, external, path, line, column in resolution.relations():
        if kind is not RelationKind.CALLS or tier is Tier.AMBIGUOUS:
            continue
        if only_written and strategy is Strategy.IMPLICIT:
            continue
        caller = _caller_name(resolution.symbols[source]) + callers[path].get((line, column), "")
        if target >= 0:
            symbol = resolution.symbols[target]
            if symbol.kind not in (SymbolKind.CLASS, SymbolKind.INTERFACE):
                edges.add((caller, symbol.qualified_name))
        elif external is not None:
            edges.add((caller, _external_name(external)))
    return edges


def _caller_name(symbol: Symbol) -> str:
    if symbol.kind is SymbolKind.MODULE:
        return symbol.qualified_name.removesuffix(".__init__")
    return symbol.qualified_name


def _external_name(name: str) -> str:
    first, dot, rest = name.partition(".")
    if dot and first in LITERALS:
        return f"<**{LITERALS[first]}**>.{rest}"
    return name if dot else f"<builtin>.{name}"


def _calls_of_lambdas(resolution: Resolution, lambdas: list[dict[int, str]]) -> Iterator[NamedEdge]:
    """Yield the calls of functions in place, which are no symbols and so in no relation."""
    program, evaluator = resolution.program, resolution.evaluator
    for number, file in enumerate(program.files):
        for call in file.facts.calls:
            scope = program.scope(number, call.scope)
            caller = _caller_name(resolution.symbols[program.opener(scope)]) + _around(
                file.facts, lambdas[number], call
            )
            for value in evaluator.callee(scope, call.callee)[0]:
                body = payload_of(value)
                if kind_of(value) == FUNCTION and evaluator.is_in_place(body):
                    home = program.scope_file[body]
                    name = lambdas[home][body - program.scope_base[home]]
                    yield caller, _caller_name(resolution.symbols[program.opener(body)]) + name


def _lambda_names(facts: FileFacts) -> dict[int, str]:
    """Return scope -> `.<lambda1>` of every function in place, numbered in the symbol around."""
    names: dict[int, str] = {}
    counts: dict[int, int] = {}
    for index, scope in enumerate(facts.scopes):
        if scope.kind == ScopeKind.FUNCTION and scope.definition < 0:
            opener = scope.parent
            while facts.scopes[opener].definition < 0 and opener:
                opener = facts.scopes[opener].parent
            counts[opener] = counts.get(opener, 0) + 1
            names[index] = f".<lambda{counts[opener]}>"
    return names


def _around(facts: FileFacts, names: dict[int, str], call: Call) -> str:
    """Return the name of the lambda that a call stands in, empty outside any."""
    at = call.scope
    while at >= 0 and at not in names and facts.scopes[at].definition < 0:
        at = facts.scopes[at].parent
    return names.get(at, "")


def _lambda_callers(facts: FileFacts, names: dict[int, str]) -> dict[tuple[int, int], str]:
    """Return the position of each call inside a lambda -> the lambda's name below the symbol around."""
    around = {(call.line, call.column): _around(facts, names, call) for call in facts.calls}
    return {position: name for position, name in around.items() if name}
