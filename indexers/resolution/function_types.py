"""Function types and what is made of them: what a callback's parameter is, what a value of a function type gives back.

Four type expressions speak of other types: `param[1,F]` is what the second parameter of a function of type F has, `result[F]`
what such a function gives back, `member[a,T]` what the member `a` of a T is, `typeof[a.b]` what the value at an access path is.
A function type that tells more is `func[A,B,=>R]`: its parameters, then what it gives back.
"""

from __future__ import annotations

from indexers.facts import Call, Definition, Flag, Parameter
from indexers.resolution.narrowing import Narrowing
from indexers.resolution.program import Bind, Binding
from indexers.resolution.questions import CLASSES
from indexers.resolution.type_values import NARROWS, split_arguments
from indexers.resolution.values import (
    ANNOTATION,
    BRANCHES,
    EXTERNAL,
    INSTANCE,
    MAX_VALUES,
    NAMESPACE,
    RETURN_TYPE,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

_DECLARATION = int(Flag.DECLARATION)
_DEFAULT = int(Flag.DEFAULT)
_VARIADIC = int(Flag.VARIADIC)

FUNCTION_TYPE = "func"
GIVES = "=>"
CALL_SIGNATURE = "__call__"
IN_PLACE = "#lambda@"
MAX_IMPORTS = 4
"""Imports between a use and the variable that it means."""


class FunctionTypes(Narrowing):
    def _operated(self, scope: int, head: str, arguments: list[str]) -> Outcome:
        if head[:1] == NARROWS:
            return self._narrowed(scope, head, arguments)
        if head == "typeof" and len(arguments) == 1:
            return self.path(scope, arguments[0])
        if head == "result" and len(arguments) == 1:
            return self.called(self.type_values(scope, arguments[0]), "")
        if head == "member" and len(arguments) == 2:
            return self.member(self.type_values(scope, arguments[1]), arguments[0])
        if head == "param" and len(arguments) == 2 and arguments[0].isdigit():
            return self._parameter_of(self.type_values(scope, arguments[1]), int(arguments[0]))
        return UNKNOWN

    def _called_typed(self, number: int) -> Outcome:
        """Return what a value of a function type gives back."""
        scope, expression = self._typed[number]
        arguments = _function_type(expression)
        is_told = bool(arguments) and arguments[-1].startswith(GIVES)
        return self.type_values(scope, arguments[-1][len(GIVES) :]) if is_told else UNKNOWN

    def _parameter_of(self, functions: Outcome, position: int, count: int = -1) -> Outcome:
        """Return what the parameter at `position` of any of the functions has.

        count: the number of arguments of the call that asks, to choose among signatures; -1: not known.
        """
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
                outcome = self._parameter_of(self.class_member(payload, CALL_SIGNATURE), position, count)
            elif kind == SYMBOL:
                outcome = self._declared_parameter(payload, position, count)
            found.update(outcome[0])
            strategy = max(strategy, outcome[1])
        if len(found) > MAX_VALUES:
            return UNKNOWN
        return tuple(sorted(found)), max(strategy, ANNOTATION)

    def _declared_parameter(self, symbol: int, position: int, count: int) -> Outcome:
        """What a parameter of a function or of a class's constructor is declared to be.

        Of several signatures the first that takes so many arguments and says something of this one speaks; what those
        after it say can only make it less certain.
        """
        program = self.program
        definition = program.definition(symbol)
        if definition is None:
            return UNKNOWN
        if definition.kind in CLASSES:
            for name in self.profile.constructor_names:
                outcome = self.class_member(symbol, name, of_class=True)
                if outcome[0]:
                    return self._parameter_of((outcome[0], SCOPE), position, count)
            return UNKNOWN
        home = program.home_scope(symbol)
        first = UNKNOWN
        for candidate in self._signatures(definition, home, count):
            declared = _declared_at(candidate.parameters, position)
            values, strategy = self.type_values(home, declared) if declared else UNKNOWN
            if not values or (count >= 0 and all(kind_of(value) == EXTERNAL for value in values)):
                continue  # an argument that is a function is none of these
            if not first[0]:
                first = values, strategy
            elif first[0] != values:
                return first[0], max(first[1], BRANCHES)
        return first

    def _signatures(self, definition: Definition, home: int, count: int) -> list[Definition]:
        """Return the signatures of a function in the order in which they are tried: its overloads, its own otherwise."""
        bindings = self.program.scope_names[home].get(definition.name, ())
        if len(bindings) < 2:
            return [definition]
        found = [self._definition_of(binding) for binding in bindings if binding[0] == Bind.DEFINITION]
        found = [each for each in found if each.flags & _DECLARATION and each.kind == definition.kind] or [definition]
        if definition not in found:
            found.append(definition)
        return [each for each in found if _takes(each, count)] if count >= 0 else found

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
            declared = self._declared_function(scope, call.callee) if self.profile.declared_types_rule else UNKNOWN
            told = self._parameter_of(self._parameter_of(declared, argument), position) if declared[0] else UNKNOWN
            if told[0]:
                return told
            return self._parameter_of(self._parameter_of(of_project, argument, call.argument_count), position)
        base, _, name = call.callee.rpartition(".")
        suffixes = self.profile.callback_parameters.get(name, ()) if argument == 0 and base else ()
        if position >= len(suffixes) or suffixes[position] is None:
            return UNKNOWN
        values, strategy = self.path(scope, base + (suffixes[position] or ""))
        return values, max(strategy, RETURN_TYPE)

    def _declared_function(self, scope: int, path: str) -> Outcome:
        """Return the function type that a variable is declared to have, which says what a callback gets, whatever function it holds."""
        base, _, name = path.rpartition(".")
        program = self.program
        if base:
            values = self.path(scope, base)[0]
            is_module = len(values) == 1 and kind_of(values[0]) == NAMESPACE
            return self._declared_by(program.namespace_names[payload_of(values[0])].get(name)) if is_module else UNKNOWN
        while scope >= 0:
            bindings = program.scope_names[scope].get(name)
            if bindings:
                return self._declared_by(bindings)
            scope = program.parent_scope(scope)
        return UNKNOWN

    def _declared_by(self, bindings: list[Binding] | None, imports: int = 0) -> Outcome:
        for kind, file, index in bindings or ():
            if kind == Bind.DEFINITION:
                definition = self.program.files[file].facts.definitions[index]
                if definition.kind == "variable" and definition.type.startswith(f"{FUNCTION_TYPE}["):
                    return self.type_values(self.program.scope(file, definition.scope), definition.type)
            elif kind == Bind.IMPORT and imports < MAX_IMPORTS:
                name = self.program.files[file].facts.imports[index].name
                for namespace in self.imported_namespaces(file, index) if name else ():
                    return self._declared_by(self.program.namespace_names[namespace].get(name), imports + 1)
        return UNKNOWN

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


def _declared_at(parameters: list[Parameter], position: int) -> str:
    """Return the declared type of the parameter that takes the argument at `position`, empty for none."""
    if position < len(parameters):
        return parameters[position].type
    return parameters[-1].type if parameters and parameters[-1].flags & _VARIADIC else ""


def _takes(definition: Definition, count: int) -> bool:
    """Whether a signature takes so many arguments."""
    parameters = definition.parameters
    required = sum(1 for parameter in parameters if not parameter.flags & (_DEFAULT | _VARIADIC))
    return required <= count and (count <= len(parameters) or any(each.flags & _VARIADIC for each in parameters))


def _function_type(expression: str) -> list[str]:
    """Return the arguments of `func[A,B,=>R]`; none for any other type."""
    head, bracket, rest = expression.partition("[")
    return split_arguments(rest[:-1]) if head == FUNCTION_TYPE and bracket else []
