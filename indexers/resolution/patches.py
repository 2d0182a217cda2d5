"""Members that objects get from outside: `api.run = start`, `Foo.prototype.stop = halt` (JavaScript).

Attached before anything else is asked, as methods written outside their type are. What an object's class has already is left
as it is: a member that is put into one instance says nothing about the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from indexers.resolution.members import Members
from indexers.resolution.program import Bind, Binding
from indexers.resolution.tabling import OtherState
from indexers.resolution.tracking import Node, Reader, each
from indexers.resolution.values import INSTANCE, SYMBOL, kind_of, payload_of

MAX_QUESTIONS = 100_000
"""An edit for which more has to be asked again is resolved from scratch."""
_NOT_PLAIN = frozenset("[(#")


class Patches(Members):
    def _attach_patches(self) -> None:
        """Find the objects whose members the files assign; linear in the assignments."""
        if not self.profile.patches_objects:
            return
        found: dict[int, dict[str, list[Binding]]] = {}
        for number in range(len(self.program.files)):
            for owner, name, binding in self._patches_in(number):
                found.setdefault(owner, {}).setdefault(name, []).append(binding)
        if found:
            self._forget()
            self._patched = found

    def _patches_in(self, number: int) -> Iterator[tuple[int, str, Binding]]:
        """Yield (object, member, assignment) of what a file puts into objects."""
        receivers = self.profile.receiver_names
        if self.recorder is not None:
            self.recorder.reader = Reader("patch", number)
        for index, assignment in enumerate(self.program.files[number].facts.assignments):
            head, dot, name = assignment.target.rpartition(".")
            if not dot or head.partition(".")[0] in receivers or not _NOT_PLAIN.isdisjoint(assignment.target):
                continue
            if assignment.value.startswith("#") and "@" not in assignment.value:
                continue
            owner = self._patched_object(self.program.scope(number, assignment.scope), head, name)
            if owner >= 0:
                yield owner, name, (Bind.ASSIGNMENT, number, index)

    def patch_anew(self, numbers: set[int], before: Callable[[Binding], object]) -> list[Node]:
        """Find again what these files put into objects; return who asked for members that others are put into now.

        Asked as at the start, when nothing was put anywhere and no argument was given. before: what an assignment said.
        """
        assert self.recorder is not None
        patched, received = self._patched, self.received
        self._patched, self.received = {}, {}
        with self.in_state(OtherState(lambda _depends: False, MAX_QUESTIONS)):
            found = [patch for number in sorted(numbers) for patch in self._patches_in(number)]
        self._patched, self.received = patched, received
        said: dict[tuple[int, str], tuple[list[object], list[object]]] = {}
        for owner, members in patched.items():
            for name, bindings in members.items():
                if any(binding[1] in numbers for binding in bindings):
                    said[owner, name] = [before(b) for b in bindings if b[1] in numbers], []
                    bindings[:] = [binding for binding in bindings if binding[1] not in numbers]
        for owner, name, binding in found:
            patched.setdefault(owner, {}).setdefault(name, []).append(binding)
            said.setdefault((owner, name), ([], []))[1].append(self.said(binding))
        roots: list[Node] = []
        for (owner, name), (then, now) in said.items():
            patched[owner][name].sort()
            if not patched[owner][name]:
                del patched[owner][name]
            if then != now:
                roots += each(self.recorder.keys.get(("patched", owner, name)))
        return roots

    def said(self, binding: Binding) -> object:
        """Return what an assignment says, without where it stands."""
        item = self.program.files[binding[1]].facts.assignments[binding[2]]
        return binding[1], item.scope, item.target, item.value, item.home

    def _patched_object(self, scope: int, head: str, name: str) -> int:
        """Return the symbol that gets the member, -1 when it is not known or has it of its own."""
        values, _ = self.path(scope, head)
        if len(values) != 1 or kind_of(values[0]) not in (SYMBOL, INSTANCE):
            return -1
        symbol = payload_of(values[0])
        if kind_of(values[0]) == INSTANCE and (self._is_typed(symbol) or self._class_has(symbol, name)):
            return -1
        return symbol
