"""Types that implement an interface by having its methods, without saying so (Go).

For each interface the rarest of its method names gives the candidates, so the work is linear in the types that carry
it. Names and numbers of parameters are compared; methods promoted from embedded types count.
Source: the Go specification, "Method sets" and "Implementing an interface".
"""

from __future__ import annotations

from collections.abc import Iterator

from indexers.resolution.evaluator import Evaluator
from indexers.resolution.program import Program
from indexers.resolution.values import INSTANCE, kind_of, payload_of

Method = tuple[int, int]
"""Number of parameters, symbol."""


def structural_implementations(program: Program, evaluator: Evaluator) -> Iterator[tuple[int, int]]:
    """Yield (type symbol, interface symbol), in order, and after each pair of types those of their methods that are new."""
    own = _own_methods(program, evaluator)
    holders: dict[str, list[int]] = {}
    sets: dict[int, dict[str, Method]] = {}
    seen: set[tuple[int, int]] = set()
    interfaces: list[int] = []
    for symbol in program.every_symbol():
        definition = program.definition(symbol)
        if definition is None or definition.kind not in ("class", "interface"):
            continue
        methods = sets[symbol] = _method_set(symbol, own, evaluator)
        if definition.kind == "interface":
            interfaces.append(symbol)
        else:
            for name in methods:
                holders.setdefault(name, []).append(symbol)
    for interface in interfaces:
        wanted = sets[interface]
        if not wanted:
            continue
        rarest = min(wanted, key=lambda name: len(holders.get(name, ())))
        for candidate in holders.get(rarest, ()):
            methods = sets[candidate]
            if all(name in methods and methods[name][0] == count for name, (count, _) in wanted.items()):
                yield candidate, interface
                # One that an embedded type brings answers for each type that embeds it: once is enough.
                answering = {(methods[name][1], asked): None for name, (_, asked) in wanted.items()}
                yield from (pair for pair in answering if pair not in seen)
                seen.update(answering)


def _own_methods(program: Program, evaluator: Evaluator) -> dict[int, dict[str, Method]]:
    """Return type symbol -> method name -> the method, for methods of the type itself."""
    found: dict[int, dict[str, Method]] = {}
    for symbol in program.every_symbol():
        definition = program.definition(symbol)
        if definition is not None and definition.kind == "method":
            owner = evaluator.owner(symbol)
            if owner >= 0:
                found.setdefault(owner, {})[definition.name] = (len(definition.parameters), symbol)
    return found


def _method_set(symbol: int, own: dict[int, dict[str, Method]], evaluator: Evaluator) -> dict[str, Method]:
    methods: dict[str, Method] = {}
    for value in reversed(evaluator.mro(symbol)):
        if kind_of(value) == INSTANCE:
            methods.update(own.get(payload_of(value), {}))
    return methods
