"""Calls that the language makes by itself where an attribute is read or set, or a builtin is called: CALLS without a written call.

Reading a property runs its getter and setting it its setter; an attribute that a class lacks is asked of its
`__getattr__`, and setting one tells its `__setattr__`; `str(x)` calls `x.__str__`. Such a row stands at the name of the
attribute, or behind the name of the builtin, so that it never shares its place with a written call.
"""

from __future__ import annotations

from collections.abc import Iterator

from indexers.facts import Call, Flag
from indexers.resolution.calls import Calls
from indexers.resolution.program import ProgramFile
from indexers.resolution.rows import place_of
from indexers.resolution.values import EXTERNAL, INSTANCE, MEMBER, SYMBOL, Outcome, kind_of, payload_of
from knowledge.ports.graph import RelationRow

_POINTER = int(Flag.POINTER)
_WRITE = int(Flag.WRITE)


class ImplicitCalls(Calls):
    """The calls of one family that are not written."""

    def _implicit(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        if self.profile.has_impl_blocks:
            yield from self._dereferenced(number, file)
        if not self.profile.reading_runs_getters:
            return
        base, implied = self.program.scope_base[number], self.profile.implied_members
        for reference in file.facts.references:
            if "." in reference.path:
                written = bool(reference.flags & _WRITE)
                yield from self._accessed(
                    base + reference.scope, reference.path, file.path, reference.line, reference.column, written=written
                )
        for call in file.facts.calls:
            callee = call.callee
            holder, dot, _ = callee.rpartition(".")
            if dot and "." in holder:
                column = call.column - 1 - len(holder.rpartition(".")[2].encode())
                yield from self._accessed(base + call.scope, holder, file.path, call.line, column)
            elif call.arguments and (callee in implied):
                yield from self._implied(base + call.scope, call, implied[callee], file.path)

    def _dereferenced(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        """A field that an object lacks is looked for in what its `deref` gives: `guard.field`, `guard.field.run()`, `guard.field = x`."""
        if "deref" not in self.program.by_name:
            return
        base = self.program.scope_base[number]
        for reference in file.facts.references:
            if "." in reference.path:
                mutably = bool(reference.flags & (_WRITE | _POINTER))
                yield from self._on_the_way(
                    base + reference.scope, reference.path, file.path, reference.line, reference.column, mutably=mutably
                )
        for call in file.facts.calls:
            holder, dot, name = call.callee.rpartition(".")
            if dot and "." in holder and holder[-1] != ")":
                scope = base + call.scope
                mutably = self.evaluator.changes_receiver(self.evaluator.callee(scope, call.callee)[0], name)
                path, row, column = place_of(file, call)
                column -= 1 + len(holder.rpartition(".")[2].encode())
                yield from self._on_the_way(
                    scope, holder, path, call.receiver_line or row, max(column, 1), mutably=mutably
                )

    def _on_the_way(
        self, scope: int, path: str, file_path: str, line: int, column: int, *, mutably: bool
    ) -> Iterator[RelationRow]:
        """Yield the calls of `deref` at the fields of a path, up to the call that it begins with."""
        while "." in path and path[-1] != ")":
            field = path.rstrip("[]")
            if field[-1] not in "?*":
                for target in self.evaluator.dereferences(scope, field, as_field=True, mutably=mutably):
                    source = self.program.opener(scope)
                    yield self._implicit_row(MEMBER, source, target, file_path, line, max(column, 1))
            path = field.rpartition(".")[0]
            column -= 1 + len(path.rpartition(".")[2].encode())

    def _accessed(
        self, scope: int, path: str, file_path: str, line: int, column: int, *, written: bool = False
    ) -> Iterator[RelationRow]:
        """Yield what reading, or setting, the attribute `path` calls; reading it reads all that are on the way to it."""
        names = self.evaluator.property_names
        while True:
            holder, dot, name = path.rpartition(".")
            if not dot or not name.isidentifier():
                return
            found: Outcome = ((), MEMBER)
            if name in names:
                found = self.evaluator.properties(scope, path, written=written)
            if not found[0]:
                found = self._answering(scope, holder, name, written=written)
            for target in found[0]:
                source = self.program.opener(scope)
                if target != source or written:
                    yield self._implicit_row(found[1], source, target, file_path, line, max(column, 1))
            path, written = holder, False
            column -= 1 + len(holder.rpartition(".")[2].encode())

    def _answering(self, scope: int, holder: str, name: str, *, written: bool) -> Outcome:
        """Return the `__setattr__` of the object, or its `__getattr__` where its class has no such attribute."""
        asked = self.profile.setting_member if written else self.profile.missing_member
        if asked not in self.program.by_name:
            return (), MEMBER
        values, strategy = self.evaluator.path(scope, holder)
        found: set[int] = set()
        for value in values:
            if kind_of(value) != INSTANCE:
                continue
            members, how = self.evaluator.class_member(payload_of(value), asked)
            inside = [payload_of(member) for member in members if kind_of(member) == SYMBOL]
            if inside and (written or not self.evaluator.class_member(payload_of(value), name)[0]):
                found.update(inside)
                strategy = max(strategy, how)
        return tuple(sorted(found)), max(strategy, MEMBER)

    def _implied(self, scope: int, call: Call, names: tuple[str, ...], path: str) -> Iterator[RelationRow]:
        """`str(x)` calls `x.__str__`, or its `__repr__` where it has none."""
        meant = self.evaluator.path(scope, call.callee)[0]
        if len(meant) != 1 or kind_of(meant[0]) != EXTERNAL or not any(each in self.program.by_name for each in names):
            return
        column = call.column + len(call.callee.rpartition(".")[2].encode())
        source = self.program.opener(scope)
        for argument in call.arguments if names == self.profile.implied_members["print"] else call.arguments[:1]:
            if argument[0] not in "*#" and "=" not in argument:
                targets, strategy = self._special_methods(scope, argument, names)
                for target in targets:
                    yield self._implicit_row(strategy, source, target, path, call.line, column)
