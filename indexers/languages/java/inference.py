"""Types of arguments, and what they say about type variables: from arguments first, then what is expected, lambdas last.

Source: The Java Language Specification, 18 (inference from arguments only).
"""

from __future__ import annotations

from collections.abc import Sequence

from indexers.facts import Call, ScopeKind
from indexers.languages.java.answers import own_type, parameter_met
from indexers.languages.java.links import ASSIGNMENT
from indexers.languages.java.terms import (
    ARRAY,
    NULL,
    Bindings,
    FunctionShape,
    JavaClass,
    Method,
    Type,
    TypeVariable,
    as_super,
    bound_of,
    substitute,
)
from indexers.languages.java.values import Values


class Inference(Values):
    def arguments(self, file: int, index: int, call: Call) -> list[Type | None]:
        """Return the types of a call's arguments, None for those not known."""
        linked = self.links(file).arguments.get(index, {})
        scope = self.program.scope(file, call.scope)
        found = [
            self._argument(scope, path, file, linked.get(position, -1), call.line)
            for position, path in enumerate(call.arguments)
        ]
        return found + [None] * (call.argument_count - len(found))

    def _argument(self, scope: int, path: str, file: int, linked: int, line: int) -> Type | None:
        if path.startswith("#lambda"):
            return self._shape(file, path), ()
        if linked >= 0 and self.program.files[file].facts.calls[linked].argument_count < 0:
            return FunctionShape(-1, gives=True, may_not=True, explicit=False), ()
        type_, static = self.value(scope, path, file, linked, line)
        return None if static else type_

    def _shape(self, file: int, path: str) -> FunctionShape:
        if "@" not in path:
            return FunctionShape(-1, gives=True, may_not=True, explicit=False)
        index = int(path.partition("@")[2])
        parameters = self.program.files[file].facts.scopes[index].parameters
        results = self._results(file).get(index, [])
        written = all(item.type for item in parameters)
        # The expression of a lambda may be a statement: its value is dropped where none is wanted.
        may_not = not results or results[0][1].endswith((")", "#?"))
        return FunctionShape(len(parameters), bool(results), may_not, written, index)

    def _inferred(
        self,
        method: Method,
        bindings: Bindings,
        file: int,
        index: int,
        call: Call,
        variables: Sequence[TypeVariable],
        *,
        apart: int = -1,
    ) -> dict[TypeVariable, Type | None]:
        """Return what the arguments say about the type variables, then what is expected of the call; lambdas last.

        apart: position of the lambda for whose parameters this is asked.
        """
        found: dict[TypeVariable, Type | None] = dict.fromkeys(variables)
        if not variables:
            return found
        arguments = self.arguments(file, index, call)
        for position, argument in enumerate(arguments):
            parameter = parameter_met(method, position)
            if argument is None or parameter is None or isinstance(argument[0], FunctionShape):
                continue
            spread = method.variadic and position >= len(method.parameters) - 1
            if spread and argument[0] == ARRAY and position == len(arguments) - 1:
                argument = argument[1][0]
            self._unify(substitute(parameter, bindings), argument, found)
        if apart >= 0 and None in found.values():
            expected = self._expected(file, index)
            if expected is not None:
                own = (
                    own_type(method.owner) if method.name == method.owner.name else substitute(method.result, bindings)
                )
                self._unify_result(own, expected, found)
        for position, argument in enumerate(arguments):
            parameter = parameter_met(method, position)
            if position == apart or None not in found.values():
                continue
            if argument is not None and parameter is not None and isinstance(argument[0], FunctionShape):
                self._unify_function(substitute(parameter, bindings), argument[0], found, file, index, position)
        return found

    def _unify(self, parameter: Type | None, argument: Type | None, found: dict[TypeVariable, Type | None]) -> None:
        if parameter is None or argument is None or argument == NULL:
            return
        head = parameter[0]
        if isinstance(head, TypeVariable):
            if head in found and found[head] is None:
                found[head] = self.conversions.boxed(argument)
            return
        if head == ARRAY:
            if argument[0] == ARRAY:
                self._unify(parameter[1][0], argument[1][0], found)
            return
        given = self.conversions.boxed(bound_of(argument))
        if not isinstance(head, JavaClass) or given is None or not parameter[1]:
            return
        seen = as_super(given, head)
        for wanted, item in zip(parameter[1], seen[1] if seen is not None else (), strict=False):
            self._unify(wanted, item, found)

    def _expected(self, file: int, index: int) -> Type | None:
        """Return the type that the place of a call asks for: a parameter of the call around it."""
        place = self.links(file).parents.get(index)
        if place is None:
            return self._declared_for(file, index)
        answer = self.call(file, place[0])
        if answer is None or len(answer.methods) != 1:
            return None
        method, bindings = answer.methods[0]
        return substitute(parameter_met(method, place[1]), bindings)

    def _declared_for(self, file: int, index: int) -> Type | None:
        """Return the declared type of the variable, or of the method's result, that a call's value goes to."""
        facts = self.program.files[file].facts
        call = facts.calls[index]
        scope = self.program.scope(file, call.scope)
        place = self.links(file).values.get((call.scope, f"{call.callee}()"))
        if place is None:
            return None
        kind, at = place
        if kind == ASSIGNMENT:
            item = facts.assignments[at]
            return self.classes.type(scope, item.type) if item.line <= call.line else None
        return self._declared_result(scope)

    def _unify_result(self, result: Type | None, expected: Type, found: dict[TypeVariable, Type | None]) -> None:
        """Bind type variables of a result by what is expected; an open variable of the call around says nothing."""
        if result is None or not isinstance(result[0], JavaClass) or not isinstance(expected[0], JavaClass):
            return
        seen = as_super(result, expected[0])
        for own, wanted in zip(seen[1] if seen is not None else (), expected[1], strict=False):
            if own is None or wanted is None or isinstance(wanted[0], TypeVariable):
                continue
            if isinstance(own[0], TypeVariable) and own[0] in found and found[own[0]] is None:
                found[own[0]] = wanted

    def _unify_function(
        self,
        parameter: Type | None,
        shape: FunctionShape,
        found: dict[TypeVariable, Type | None],
        file: int,
        index: int,
        position: int,
    ) -> None:
        function = self._function(parameter)
        if function is None or function[0].result is None:
            return
        wanted = substitute(function[0].result, function[1])
        if shape.scope >= 0:
            self._unify(wanted, self._lambda_result(file, shape.scope), found)
            return
        reference = self.links(file).arguments.get(index, {}).get(position, -1)
        if reference >= 0:
            self._unify(wanted, self.result(file, reference), found)

    def _lambda_result(self, file: int, scope: int) -> Type | None:
        for inner, path in self._results(file).get(scope, ()):
            type_, static = self.value(self.program.scope(file, inner), path, file, -1, 0)
            if type_ is not None and not static and type_ != NULL:
                return type_
        return None

    def _results(self, file: int) -> dict[int, list[tuple[int, str]]]:
        """Return lambda or method scope -> (scope, path) of what is returned in it, in order."""
        found = self._returned.get(file)
        if found is None:
            found = self._returned[file] = {}
            facts = self.program.files[file].facts
            for item in facts.returns:
                scope = item.scope
                while facts.scopes[scope].kind == ScopeKind.BLOCK:
                    scope = facts.scopes[scope].parent
                found.setdefault(scope, []).append((item.scope, item.value))
        return found
