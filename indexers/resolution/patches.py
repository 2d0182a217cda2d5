"""Members that objects get from outside: `api.run = start`, `Foo.prototype.stop = halt` (JavaScript).

Attached before anything else is asked, as methods written outside their type are. What an object's class has already is left
as it is: a member that is put into one instance says nothing about the others.
"""

from __future__ import annotations

from indexers.resolution.members import Members
from indexers.resolution.program import Bind, Binding
from indexers.resolution.tracking import Reader
from indexers.resolution.values import INSTANCE, SYMBOL, kind_of, payload_of

_NOT_PLAIN = frozenset("[(#")


class Patches(Members):
    def _attach_patches(self) -> None:
        """Find the objects whose members the files assign; linear in the assignments."""
        if not self.profile.patches_objects:
            return
        receivers = self.profile.receiver_names
        found: dict[int, dict[str, list[Binding]]] = {}
        for number, file in enumerate(self.program.files):
            if self.recorder is not None:
                self.recorder.reader = Reader("patch", number)
            for index, assignment in enumerate(file.facts.assignments):
                head, dot, name = assignment.target.rpartition(".")
                if not dot or head.partition(".")[0] in receivers or not _NOT_PLAIN.isdisjoint(assignment.target):
                    continue
                if assignment.value.startswith("#") and "@" not in assignment.value:
                    continue
                owner = self._patched_object(self.program.scope(number, assignment.scope), head, name)
                if owner >= 0:
                    found.setdefault(owner, {}).setdefault(name, []).append((Bind.ASSIGNMENT, number, index))
        if found:
            self._forget()
            self._patched = found

    def _patched_object(self, scope: int, head: str, name: str) -> int:
        """Return the symbol that gets the member, -1 when it is not known or has it of its own."""
        values, _ = self.path(scope, head)
        if len(values) != 1 or kind_of(values[0]) not in (SYMBOL, INSTANCE):
            return -1
        symbol = payload_of(values[0])
        if kind_of(values[0]) == INSTANCE and (self._is_typed(symbol) or self._class_has(symbol, name)):
            return -1
        return symbol
