"""Function types and what is made of them: what a callback's parameter is, what a value of a function type gives back.

Three type expressions speak of other types: `param[1,F]` is what the second parameter of a function of type F has,
`result[F]` what such a function gives back, `typeof[a.b]` what the value at an access path is.
A function type that tells more is `func[A,B,=>R]`: its parameters, then what it gives back.
"""

from __future__ import annotations

from indexers.facts import Call, Definition
from indexers.resolution.program import Bind
from indexers.resolution.questions import CLASSES
from indexers.resolution.type_values import Types, split_arguments
from indexers.resolution.values import (
    ANNOTATION,
    INSTANCE,
    MAX_VALUES,
    RETURN_TYPE,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

FUNCTION_TYPE = "func"
GIVES = "=>"
CALL_SIGNATURE = "__call__"
IN_PLACE = "#lambda@"


class FunctionTypes(Types):
    def _operated(self, scope: int, head: str, arguments: list[str]) -> Outcome:
        if head == "typeof" and len(arguments) == 1:
            return self.path(scope, arguments[0])
        if head == "result" and len(arguments) == 1:
            return self.called(self.type_values(scope, arguments[0]), "")
        if head == "param" and len(arguments) == 2 and arguments[0].isdigit():
            return self._parameter_of(self.type_values(scope, arguments[1]), int(arguments[0]))
        return UNKNOWN

    def _called_typed(self, number: int) -> Outcome:
        """Return what a value of a function type gives back."""
        scope, expression = self._typed[number]
        arguments = _function_type(expression)
        is_told = bool(arguments) and arguments[-1].startswith(GIVES)
        return self.type_values(scope, arguments[-1][len(GIVES) :]) if is_told else UNKNOWN

    def _parameter_of(self, functions: Outcome, position: int) -> Outcome:
        """Return what the parameter at `position` of any of the functions has."""
        values, strategy = functions
        found: set[int] = set()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            outcome = UNKNOWN
            if kind == TYPED:
                scope, expression = self._typed[payload]
                arguments = _function_type(expression)
                if position < len(arguments) and not arguments[position].startswith(GIVES):
                    outcome = self.type_values(scope, arguments[position])
            elif kind == INSTANCE:
                outcome = self._parameter_of(self.class_member(payload, CALL_SIGNATURE), position)
            elif kind == SYMBOL:
                outcome = self._declared_parameter(payload, position)
            found.update(outcome[0])
            strategy = max(strategy, outcome[1])
        if len(found) > MAX_VALUES:
            return UNKNOWN
        return tuple(sorted(found)), max(strategy, ANNOTATION)

    def _declared_parameter(self, symbol: int, position: int) -> Outcome:
        """What a parameter of a function or of a class's constructor is declared to be; overloads of it are asked too."""
        program = self.program
        definition = program.definition(symbol)
        if definition is None:
            return UNKNOWN
        if definition.kind in CLASSES:
            for name in self.profile.constructor_names:
                outcome = self.class_member(symbol, name, of_class=True)
                if outcome[0]:
                    return self._parameter_of((outcome[0], SCOPE), position)
            return UNKNOWN
        home = program.home_scope(symbol)
        for candidate in (definition, *self._signatures(symbol, definition, home)):
            if position < len(candidate.parameters) and candidate.parameters[position].type:
                outcome = self.type_values(home, candidate.parameters[position].type)
                if outcome[0]:
                    return outcome
        return UNKNOWN

    def _signatures(self, symbol: int, definition: Definition, home: int) -> list[Definition]:
        """Return the other definitions of a function's name in its scope: the overloads that it implements."""
        bindings = self.program.scope_names[home].get(definition.name, ())
        if len(bindings) < 2:
            return []
        return [
            self._definition_of(binding)
            for binding in bindings
            if binding[0] == Bind.DEFINITION and self._symbol_of(binding) != symbol
        ]

    # functions in place

    def _passed_parameter(self, file: int, scope_index: int, position: int) -> Outcome:
        """What a function in place gets for a parameter of no declared type, told by the call that it is passed to."""
        site = self._site_of(file, scope_index)
        if site is None:
            return UNKNOWN
        call, argument = site
        scope = self.program.scope(file, call.scope)
        targets = self.callee(scope, call.callee)
        of_project = (tuple(value for value in targets[0] if kind_of(value) in (SYMBOL, TYPED, INSTANCE)), targets[1])
        if of_project[0]:
            return self._parameter_of(self._parameter_of(of_project, argument), position)
        base, _, name = call.callee.rpartition(".")
        suffixes = self.profile.callback_parameters.get(name, ()) if argument == 0 and base else ()
        if position >= len(suffixes) or suffixes[position] is None:
            return UNKNOWN
        values, strategy = self.path(scope, base + (suffixes[position] or ""))
        return values, max(strategy, RETURN_TYPE)

    def _site_of(self, file: int, scope_index: int) -> tuple[Call, int] | None:
        """Return the call that a function in place is an argument of, and its position; one table a file, made when asked."""
        sites = self._sites.get(file)
        if sites is None:
            sites = self._sites[file] = {}
            for call in self.program.files[file].facts.calls:
                for position, path in enumerate(call.arguments):
                    if path.startswith(IN_PLACE) and path[len(IN_PLACE) :].isdigit():
                        sites[int(path[len(IN_PLACE) :])] = call, position
        return sites.get(scope_index)


def _function_type(expression: str) -> list[str]:
    """Return the arguments of `func[A,B,=>R]`; none for any other type."""
    head, bracket, rest = expression.partition("[")
    return split_arguments(rest[:-1]) if head == FUNCTION_TYPE and bracket else []
