"""The linearised ancestors of a class. Source: C3 linearisation (Barrett et al., 1996)."""

from __future__ import annotations

from indexers.resolution.questions import Questions
from indexers.resolution.values import EXTERNAL, INSTANCE, SCOPE, Outcome, kind_of, payload_of


class Inheritance(Questions):
    def bases(self, symbol: int) -> list[int]:
        """Return the values of the direct bases: INSTANCE of a project class, or EXTERNAL; unknown ones left out."""
        definition = self.program.definition(symbol)
        if definition is None:
            return []
        scope, own = self.program.home_scope(symbol), symbol << 3 | INSTANCE
        values = (
            value
            for expression in [*definition.bases, *definition.implements]
            for value in self.type_values(scope, expression)[0]
        )
        return [value for value in values if kind_of(value) in (INSTANCE, EXTERNAL) and value != own]

    def mro(self, symbol: int) -> tuple[int, ...]:
        """Return the linearised ancestors, the class itself first, as INSTANCE or EXTERNAL values (C3, else depth first).

        Works through its own stack and keeps every order on the way: a line of ancestors may be long, and a lattice of
        them has more paths than classes. A class that is its own ancestor is left out below itself.
        """
        known = self._mro.get(symbol)
        if known is None:
            self._linearise(symbol)
            known = self._mro[symbol]
        return (known if isinstance(known, tuple) else self._reuse(known))[0]

    def _linearise(self, symbol: int) -> None:
        stack: list[int] = [symbol]
        entered: set[int] = set()
        while stack:
            current = stack[-1]
            if current in self._mro:
                stack.pop()
                continue
            entered.add(current)
            bases = self.bases(current)
            missing = [
                payload
                for base in bases
                if kind_of(base) == INSTANCE
                and (payload := payload_of(base)) not in self._mro
                and payload not in entered
            ]
            if missing:
                stack.extend(reversed(missing))
                continue
            self._solve(self._mro, current, self._order, (current,))
            stack.pop()

    def _order(self, symbol: int) -> Outcome:
        return self._linearised(symbol << 3 | INSTANCE, self.bases(symbol)), SCOPE

    def _known_order(self, base: int) -> tuple[int, ...]:
        known = self._mro.get(payload_of(base)) if kind_of(base) == INSTANCE else None
        if known is None:
            return (base,)
        return (known if isinstance(known, tuple) else self._reuse(known))[0]

    def _linearised(self, own: int, bases: list[int]) -> tuple[int, ...]:
        lines = [self._known_order(base) or (base,) for base in bases]
        if len(lines) == 1:
            return (own, *(value for value in lines[0] if value != own))
        return (own, *_merge([[value for value in line if value != own] for line in (*lines, bases)]))


def _merge(lines: list[list[int]]) -> list[int]:
    """Merge linearisations as C3 does; where no order is consistent, take the first head left."""
    merged: list[int] = []
    pending = [line for line in lines if line]
    while pending:
        head = next((line[0] for line in pending if not any(line[0] in other[1:] for other in pending)), pending[0][0])
        merged.append(head)
        pending = [rest for line in pending if (rest := [value for value in line if value != head])]
    return merged
