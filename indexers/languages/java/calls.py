"""Java's calls as relations want them: symbols, external names and how sure we are, from the static types.

A construction names the class and the constructor chosen. Where arguments of unknown type leave several overloads, all
of them are given, as ambiguous.
"""

from __future__ import annotations

from indexers.facts import Flag
from indexers.languages.java.answers import Answer
from indexers.languages.java.typing import Typer
from indexers.resolution.program import Program
from indexers.resolution.values import ANNOTATION, MEMBER, NAME, RETURN_TYPE

_IMPLICIT = int(Flag.IMPLICIT)
_CONSTRUCTION = int(Flag.CONSTRUCTION)
MAX_OVERLOADS = 40
"""Candidates given at most."""


class JavaCalls:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.typer = Typer(program)

    def forget(self) -> None:
        self.typer = Typer(self.program)

    def targets(self, file: int, call: int) -> tuple[list[int], list[str], int] | None:
        facts = self.program.files[file].facts.calls[call]
        answer = self.typer.call(file, call)
        if answer is None:
            return ([], [], MEMBER) if facts.flags & _IMPLICIT else None
        symbols = self._symbols(answer, constructs=bool(facts.flags & _CONSTRUCTION))
        if facts.flags & _IMPLICIT or symbols:
            return symbols, [], self._strategy(answer)
        return [], [answer.outside] if answer.outside else [], MEMBER

    @staticmethod
    def _symbols(answer: Answer, *, constructs: bool) -> list[int]:
        if answer.implicit is not None:
            return [answer.implicit.symbol] if answer.implicit.symbol >= 0 else []
        chosen = {method.symbol for method, _ in answer.methods if method.symbol >= 0}
        if constructs:
            chosen |= {method.owner.symbol for method, _ in answer.methods if method.owner.symbol >= 0}
        return sorted(chosen)[:MAX_OVERLOADS]

    @staticmethod
    def _strategy(answer: Answer) -> int:
        if len(answer.methods) > 1:
            return NAME
        return (MEMBER if answer.methods else ANNOTATION) if answer.certain else RETURN_TYPE
