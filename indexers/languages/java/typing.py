"""The static types of Java's expressions, and what its calls mean: names, members, overloads, inference, lambdas.

Demand-driven and memoised: a call is resolved once, a question that is already being asked is answered by "unknown".
A call's answer says whether everything that decides it was known (`certain`).
Source: The Java Language Specification, 6.5, 15.12, 15.13, 15.27 and 18 (inference from arguments only).

Layers, each on the one before: questions, variables, values, inference, overloading, and calls here.
"""

from __future__ import annotations

from indexers.facts import Call, Flag, ScopeKind
from indexers.languages.java.answers import Answer, Member, composed
from indexers.languages.java.overloading import Overloading
from indexers.languages.java.questions import MAX_DEPTH
from indexers.languages.java.terms import (
    ARRAY,
    JavaClass,
    Type,
    bindings_of,
    bound_of,
    substitute,
)
from indexers.resolution.program import Bind

_CONSTRUCTION = int(Flag.CONSTRUCTION)
_STATIC = int(Flag.STATIC)
_CLASS_SCOPE = int(ScopeKind.CLASS)


class Typer(Overloading):
    """Answers for one program. Not thread-safe."""

    def call(self, file: int, index: int) -> Answer | None:
        """Return what a call means, None when that is not known."""
        key = (file, index)
        if key in self._answers:
            return self._answers[key]
        if self._depth > MAX_DEPTH:
            return None
        self._answers[key] = None
        self._depth += 1
        answer = self._answers[key] = self._call(file, index)
        self._depth -= 1
        return answer

    def result(self, file: int, index: int) -> Type | None:
        """Return the type of a call, None when it is not known."""
        key = (file, index)
        if key in self._call_types:
            return self._call_types[key]
        answer = self.call(file, index)
        if answer is None or key in self._call_types:
            return self._call_types.get(key)
        self._call_types[key] = None
        found = self._call_types[key] = self._result_of(answer, file, index)
        return found

    def _result_of(self, answer: Answer, file: int, index: int) -> Type | None:
        call = self.program.files[file].facts.calls[index]
        known = answer.result
        if known is not None and (call.argument_count < 0 or not answer.methods or None not in known[1]):
            return known
        if known is not None:
            method, bindings = answer.methods[0]
            head = known[0]
            if not isinstance(head, JavaClass) or method.owner is not head:
                return known
            inferred = self._inferred(method, bindings, file, index, call, head.variables)
            return head, tuple(inferred.get(variable) for variable in head.variables)
        results = [self._result_by(item, file, index, call) for item in answer.methods]
        common = results[0] if results and all(item == results[0] for item in results) else None
        if common is not None and answer.receiver is not None and answer.methods[0][0].name == "getClass":
            return common[0], (answer.receiver,)
        return common

    def _result_by(self, member: Member, file: int, index: int, call: Call) -> Type | None:
        method, bindings = member
        found = substitute(method.result, bindings)
        if found is None or not method.variables or call.argument_count < 0:
            return found
        return substitute(found, self._inferred(method, bindings, file, index, call, method.variables))

    def _call(self, file: int, index: int) -> Answer | None:
        call = self.program.files[file].facts.calls[index]
        scope = self.program.scope(file, call.scope)
        if call.callee.startswith("#anonymous@") and "(" not in call.callee:
            symbol = self.program.symbol(file, int(call.callee[11:]))
            return Answer(implicit=self.classes.of_symbol(symbol))
        if call.callee == "super":
            around = self.classes.enclosing(scope)
            return self._construct(self._superclass(around), file, index, call) if around is not None else None
        if call.flags & _CONSTRUCTION:
            return self._construct(self._constructed(scope, call.callee), file, index, call)
        base, dot, name = call.callee.rpartition(".")
        if not dot:
            return self._unqualified(scope, name, file, index, call)
        receiver, static = self.value(scope, base, file, self.links(file).receivers[index], call.line)
        if receiver is None:
            return None
        return self._on(receiver, name, file, index, call, static=static)

    def _constructed(self, scope: int, name: str) -> Type | None:
        head = self.classes.find(scope, name)
        return (head, ()) if isinstance(head, JavaClass) else None

    def _on(self, receiver: Type, name: str, file: int, index: int, call: Call, *, static: bool) -> Answer | None:
        """Return what `receiver.name(...)` means."""
        known = bound_of(receiver) or self.library.object
        if known[0] == ARRAY:
            if name == "clone":
                return Answer(outside="Object.clone", result=known)
            known = self.library.object
        head = known[0]
        if not isinstance(head, JavaClass):
            return None
        members = list(head.members(name))
        if head.is_interface and not members:
            owner = self.library.object[0]
            assert isinstance(owner, JavaClass)
            members = list(owner.members(name))
        if not members:
            return Answer(outside=f"{head.name}.{name}", certain=not head.is_opaque)
        bindings = bindings_of(known)
        members = [(method, composed(inner, bindings)) for method, inner in members]
        answer = self._choose(members, file, index, call, receiver=known if static else None)
        if answer is not None:
            answer.receiver = receiver
        if answer is not None and head.has_unknown_ancestor() and not (answer.methods and answer.certain):
            answer.certain = False
        return answer

    def _unqualified(self, scope: int, name: str, file: int, index: int, call: Call) -> Answer | None:
        certain, beyond, current = True, "", scope
        while current >= 0:
            if self.program.scope_kind(current) == _CLASS_SCOPE:
                around = self.classes.of_symbol(self.program.opener(current))
                members = around.members(name)
                if members and not (beyond and self._takes_others(members, file, call)):
                    answer = self._choose(list(members), file, index, call)
                    if answer is not None:
                        answer.certain = answer.certain and certain
                    return answer
                if around.has_unknown_ancestor():
                    certain = False
                    beyond = beyond or next(
                        item[0].name
                        for item in around.ancestors()
                        if isinstance(item[0], JavaClass) and item[0].is_opaque
                    )
            current = self.program.parent_scope(current)
        imported, foreign = self._static_import(file, name)
        if imported:
            answer = self._choose(imported, file, index, call)
            if answer is not None:
                answer.certain = answer.certain and certain
            return answer
        if foreign or beyond:
            return Answer(outside=foreign or f"{beyond}.{name}", certain=False)
        return None

    def _static_import(self, file: int, name: str) -> tuple[list[Member], str]:
        """Return the methods that static imports bring under the name, and a foreign one that might be it."""
        program = self.program
        scope = program.scope_base[file]
        imports = program.files[file].facts.imports
        found: list[Member] = []
        foreign = ""
        for kind, _, index in program.scope_names[scope].get(name, ()):
            if kind == Bind.IMPORT and imports[index].flags & _STATIC:
                owner = self.classes.qualified(imports[index].module)
                found.extend(owner.members(name) if owner is not None else ())
                if owner is None:
                    foreign = f"{imports[index].module}.{name}"
        if found or foreign:
            return found, foreign
        for index in program.star_scopes.get(scope, ()):
            if imports[index].flags & _STATIC:
                owner = self.classes.qualified(imports[index].module)
                found.extend(owner.members(name) if owner is not None else ())
                if owner is None:
                    foreign = f"{imports[index].module}.{name}"
        return found, "" if found else foreign

    def _construct(self, type_: Type | None, file: int, index: int, call: Call) -> Answer | None:
        if type_ is None or not isinstance(type_[0], JavaClass):
            return None
        head = type_[0]
        result: Type = (head, type_[1] or (None,) * len(head.variables))
        constructors = head.constructors()
        if not constructors or head.is_interface:
            if head.symbol < 0:
                return Answer(outside=head.name, result=result, certain=not head.is_opaque)
            return Answer(implicit=None if head.is_interface else head, result=result)
        bindings = bindings_of(type_) if type_[1] else {}
        answer = self._choose([(item, bindings) for item in constructors], file, index, call)
        if answer is None:
            return None
        answer.result = result
        if answer.outside:
            answer.outside = head.name
        if head.symbol >= 0 and answer.methods and answer.methods[0][0].symbol == head.symbol:
            return Answer(implicit=head, certain=answer.certain, result=result)  # a record's own
        return answer
