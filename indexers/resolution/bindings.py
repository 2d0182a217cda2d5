"""What does one binding of a name mean: a definition, an import, an assignment, a parameter?"""

from __future__ import annotations

from indexers.facts import Definition, Flag, Parameter
from indexers.resolution.namespaces import Namespaces
from indexers.resolution.program import Bind, Binding
from indexers.resolution.values import (
    ANNOTATION,
    ASSIGNMENT,
    BRANCHES,
    CONSTRUCTOR,
    CONTAINER,
    EXTERNAL,
    INSTANCE,
    MAX_VALUES,
    NAMESPACE,
    PARAMETER,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

_CLASS_METHOD = int(Flag.CLASS_METHOD)
_CONDITIONAL = int(Flag.CONDITIONAL)
_INACTIVE = int(Flag.INACTIVE)
_DECLARATION = int(Flag.DECLARATION)
_MACRO = int(Flag.MACRO)
_STATIC = int(Flag.STATIC)
_KEYWORDS = int(Flag.KEYWORDS)
_VARIADIC = int(Flag.VARIADIC)


FROM_CONTEXT = "param["
"""Begins the type of a parameter that declares none, as what the function is given to says it: where that tells nothing, the
parameter is as one without a type."""


class Bindings(Namespaces):
    def bound(self, bindings: list[Binding]) -> Outcome:
        """Return the union of what the bindings of one name mean."""
        if len(bindings) == 1:
            return self._bound_once(bindings[0])
        active = self._active(bindings)
        return self._as_guess(self._bound_all(active), bindings, active)

    def _bound_all(self, bindings: list[Binding]) -> Outcome:
        """`bound` of what the usual build has."""
        definitions = [binding for binding in bindings if binding[0] == Bind.DEFINITION]
        symbols = self._definition_values(definitions)
        if symbols is not None:
            held = self._beside_types(bindings) if self.profile.aliases_are_types and len(bindings) > 1 else UNKNOWN
            if self.profile.textual_macros and len(bindings) > len(definitions):
                held = self._by_alias_macros(bindings)
            return (tuple(sorted({*symbols[0], *held[0]})), max(symbols[1], held[1])) if held[0] else symbols
        if self.profile.declared_types_rule and len(bindings) > 1:
            declared = self._declared(bindings)
            if declared[0]:
                return declared
        values: set[int] = set()
        strategy = SCOPE
        sources = 0
        for binding in bindings:
            if binding[0] == Bind.DEFINITION and any(other[0] == Bind.ASSIGNMENT for other in bindings):
                continue
            found, how = self._binding(binding)
            if found:
                sources += 1
                values.update(found)
                strategy = max(strategy, how)
            if len(values) > MAX_VALUES:
                return UNKNOWN
        if not values and definitions and not self._in_circle():
            values.update(self._symbol_of(binding) << 3 | SYMBOL for binding in definitions[-1:])
        if len(values) > 1 and sources > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(values)), strategy

    def _bound_once(self, binding: Binding) -> Outcome:
        """`bound` of a name that is bound in one place, as most are."""
        if binding[0] == Bind.DEFINITION:
            kind = self._definition_of(binding).kind
            if kind not in ("variable", "package"):
                return ((self._symbol_of(binding) << 3 | SYMBOL,), SCOPE)
            if kind == "package":
                symbols = self._definition_values([binding])
                if symbols is not None:
                    return symbols
        values, strategy = self._binding(binding)
        if values:
            if len(values) > 1:
                values = tuple(sorted(set(values)))
            return (values, max(strategy, SCOPE)) if len(values) <= MAX_VALUES else UNKNOWN
        if binding[0] == Bind.DEFINITION and not self._in_circle():
            return ((self._symbol_of(binding) << 3 | SYMBOL,), SCOPE)
        return UNKNOWN

    def _active(self, bindings: list[Binding]) -> list[Binding]:
        """Leave out what the usual build leaves out, unless nothing else is left."""
        active = [binding for binding in bindings if not self._flags_of(binding) & _INACTIVE]
        if not active:  # what lacks a feature goes before what is for another system
            active = [binding for binding in bindings if not self._written_flags(binding) & _INACTIVE]
        return active or bindings

    def _as_guess(self, outcome: Outcome, bindings: list[Binding], active: list[Binding]) -> Outcome:
        """Where only a guess says which variants the build has, what they mean is no more than likely."""
        if not outcome[0] or len(active) == len(bindings) or not any(self._is_guess(each) for each in bindings):
            return outcome
        return outcome[0], max(outcome[1], BRANCHES)

    def _is_guess(self, binding: Binding) -> bool:
        """Whether nothing says for sure that the build has, or lacks, what a binding binds."""
        kind, file, index = binding
        facts = self.program.files[file].facts
        if kind == Bind.DEFINITION:
            marks = facts.definitions[index].decorators
        else:
            marks = facts.imports[index].conditions if kind == Bind.IMPORT else []
        return bool(marks) and self.profile.guesses(self.program.files[file].path, marks)

    def _written_flags(self, binding: Binding) -> int:
        """Return the flags that a definition or an import has in its file alone."""
        kind, file, index = binding
        facts = self.program.files[file].facts
        if kind == Bind.DEFINITION:
            return facts.definitions[index].flags
        return facts.imports[index].flags if kind == Bind.IMPORT else 0

    def _flags_of(self, binding: Binding) -> int:
        kind, file, index = binding
        left_out = _INACTIVE if self._is_left_out(file) else 0
        if kind == Bind.DEFINITION:
            definition = self.program.files[file].facts.definitions[index]
            if definition.decorators and self.profile.lacks(self.program.files[file].path, definition.decorators):
                left_out = _INACTIVE
            return definition.flags | left_out
        if kind == Bind.IMPORT:
            item = self.program.files[file].facts.imports[index]
            if item.conditions and self.profile.lacks(self.program.files[file].path, item.conditions):
                left_out = _INACTIVE
            return item.flags | left_out
        return left_out

    def _is_left_out(self, file: int) -> bool:
        """Whether the usual build leaves out the whole file, by its name or because of a condition at its top."""
        known = self._left_out.get(file)
        if known is None:
            entry = self.program.files[file]
            first = entry.facts.definitions[0].flags if entry.facts.definitions else 0
            by_condition = self.profile.shared_namespaces and bool(first & _INACTIVE)
            known = self._left_out[file] = by_condition or self.profile.is_left_out(entry.path)
        return known

    def _beside_types(self, bindings: list[Binding]) -> Outcome:
        """A name may mean an interface and, as a value, a variable: return what the variable holds."""
        values = [
            each for each in bindings if each[0] != Bind.DEFINITION or self._definition_of(each).kind == "variable"
        ]
        kinds = {self._definition_of(each).kind for each in bindings if each[0] == Bind.DEFINITION}
        if not values or not kinds <= {"interface", "variable"}:
            return UNKNOWN
        found, strategy = self.bound(values)
        return tuple(value for value in found if kind_of(value) != SYMBOL), strategy

    def _by_alias_macros(self, bindings: list[Binding]) -> Outcome:
        """Return what a name means as a macro, where it is one under a condition and a function besides."""
        macros = {
            binding[1]
            for binding in bindings
            if binding[0] == Bind.DEFINITION
            and self._definition_of(binding).kind == "variable"
            and self._definition_of(binding).flags & _MACRO
        }
        aliases = [binding for binding in bindings if binding[0] == Bind.ASSIGNMENT and binding[1] in macros]
        values = {value for binding in aliases for value in self._binding(binding)[0]}
        return (tuple(values), BRANCHES) if len(values) <= MAX_VALUES else UNKNOWN

    def _declared(self, bindings: list[Binding]) -> Outcome:
        """Return what the first declared type among the bindings says; what is assigned later can only be narrower."""
        for kind, file, index in bindings:
            facts = self.program.files[file].facts
            scope = -1
            if kind == Bind.DEFINITION:
                scope, declared = facts.definitions[index].scope, facts.definitions[index].type
            elif kind == Bind.ASSIGNMENT:
                scope, declared = facts.assignments[index].scope, facts.assignments[index].type
            elif kind == Bind.PARAMETER and facts.definitions[index // 256].parameters[index % 256].type:
                return self._parameter(file, index // 256, index % 256)
            if scope >= 0 and declared:
                outcome = self._typed_outcome(self.program.scope(file, scope), declared)
                if outcome[0] and not self.are_function_types(outcome[0]):
                    return outcome
        return UNKNOWN

    def are_function_types(self, values: tuple[int, ...]) -> bool:
        """Whether all that is known of the values is the type of a function, not which one."""
        return all(kind_of(value) == TYPED and self._typed[payload_of(value)][1].startswith("func") for value in values)

    def _definition_values(self, bindings: list[Binding]) -> Outcome | None:
        """Return the functions and classes among the bindings; None when there are only variables."""
        program = self.program
        chosen = [
            binding
            for binding in bindings
            if program.files[binding[1]].facts.definitions[binding[2]].kind not in ("variable", "package")
        ]
        packages = [
            binding for binding in bindings if program.files[binding[1]].facts.definitions[binding[2]].kind == "package"
        ]
        if not chosen and packages:
            scope = program.body_scope(self._symbol_of(packages[0]))
            namespace = program.scope_namespace[scope] if scope >= 0 else -1
            return ((namespace << 3 | NAMESPACE,), SCOPE) if namespace >= 0 else None
        if not chosen:
            return None
        every = chosen
        if len(chosen) > 1:
            active = self._active(chosen)
            types = [b for b in active if self._definition_of(b).kind == "interface"]
            if types and len(types) < len(active) and self.profile.aliases_are_types:
                # An interface and a function of one name: `callee` and types take what they are about.
                chosen = self._effective(types) + self._effective([b for b in active if b not in types])
            else:
                chosen = self._effective(active)
        symbols = tuple(sorted({self._symbol_of(binding) << 3 | SYMBOL for binding in chosen}))
        outcome = symbols[: MAX_VALUES * 4], SCOPE
        if len(symbols) > 1 and self.profile.condition_macros and self._are_functions(chosen):
            return outcome[0], BRANCHES  # variants under conditions, of which one is in the build
        return self._as_guess(outcome, every, active) if len(every) > 1 else outcome

    def _are_functions(self, bindings: list[Binding]) -> bool:
        return all(self._definition_of(binding).kind == "function" for binding in bindings)

    def _effective(self, bindings: list[Binding]) -> list[Binding]:
        """Of several definitions of one name: bodies before declarations; the last one, and those under a condition."""
        definitions = self.program.files
        bodies = [b for b in bindings if not definitions[b[1]].facts.definitions[b[2]].flags & _DECLARATION]
        if self.profile.overloads_by_arity and bodies:
            # An overload that is only declared stays beside the bodies of the others.
            counts = {len(definitions[b[1]].facts.definitions[b[2]].parameters) for b in bodies}
            declared = [b for b in bindings if b not in bodies]
            bodies += [b for b in declared if len(self._definition_of(b).parameters) not in counts]
            if len(bodies) < len(declared) and self.profile.defaults_are_declared:
                bodies += self._without_body([b for b in declared if b not in bodies], bodies)
        kept = bodies or bindings
        if self.profile.overloads_by_arity or len({b[1] for b in kept}) > 1:
            return kept
        last = kept[-1]
        return [b for b in kept if b == last or definitions[b[1]].facts.definitions[b[2]].flags & _CONDITIONAL]

    def _without_body(self, declared: list[Binding], bodies: list[Binding]) -> list[Binding]:
        """Of methods that are only declared here, return those whose parameters no body has: theirs stands nowhere."""
        if any(self._definition_of(binding).kind != "method" for binding in declared):
            return []
        known = {self._parameter_types(binding) for binding in bodies}
        return [binding for binding in declared if self._parameter_types(binding) not in known]

    def _parameter_types(self, binding: Binding) -> tuple[str, ...]:
        return tuple(parameter.type.rpartition(".")[2] for parameter in self._definition_of(binding).parameters)

    def _binding(self, binding: Binding) -> Outcome:
        kind, file, index = binding
        if kind == Bind.IMPORT:
            return self._imported(file, index)
        if kind == Bind.PARAMETER:
            return self._parameter(file, index // 256, index % 256)
        if kind == Bind.ASSIGNMENT:
            return self._assigned(file, index)
        if kind == Bind.IN_PLACE:
            return self._parameter_in_place(file, index // 256, index % 256)
        definition = self.program.files[file].facts.definitions[index]
        if definition.type:
            return self._typed_outcome(self.program.scope(file, definition.scope), definition.type)
        return UNKNOWN

    def _typed_outcome(self, scope: int, expression: str) -> Outcome:
        values, strategy = self.type_values(scope, expression)
        return values, max(strategy, ANNOTATION)

    def _assigned(self, file: int, index: int) -> Outcome:
        assignment = self.program.files[file].facts.assignments[index]
        scope = self.program.scope(file, assignment.scope)
        outcome = UNKNOWN
        if assignment.type:
            outcome = self._typed_outcome(scope, assignment.type)
            if outcome[0] and not self.are_function_types(outcome[0]):
                return self._narrower(scope, assignment.value, outcome) if "~" in assignment.target else outcome
        value = assignment.value
        if not value or value.startswith("#?"):
            return outcome
        values, strategy = self.path(scope, value)
        if not values or len(values) > MAX_VALUES:
            return outcome
        how = CONSTRUCTOR if value.endswith("()") and any(kind_of(v) == INSTANCE for v in values) else ASSIGNMENT
        if all(kind_of(v) in (SYMBOL, NAMESPACE) for v in values) and not value.endswith("()"):
            how = ASSIGNMENT
        return values, max(strategy, how)

    def _narrower(self, scope: int, value: str, told: Outcome) -> Outcome:
        """A new version of a local that is said to be of a class: an object of a class below it is still of that one."""
        if not value or value[0] == "#":
            return told
        values, strategy = self.path(scope, value)
        classes = set(told[0])
        kept = [
            each
            for each in values
            if each in classes
            or (kind_of(each) == INSTANCE and not classes.isdisjoint(self.mro(payload_of(each))))
            or (kind_of(each) in (CONTAINER, TYPED) and all(kind_of(one) == EXTERNAL for one in classes))
        ]
        return (tuple(kept), max(strategy, told[1])) if kept else told

    def _parameter_in_place(self, file: int, scope_index: int, position: int) -> Outcome:
        """A parameter of a lambda: its type is read around the lambda, whose own names are no types."""
        parameter = self.program.files[file].facts.scopes[scope_index].parameters[position]
        scope = self.program.scope(file, scope_index)
        if parameter.type:
            told = self._typed_outcome(self.program.parent_scope(scope), parameter.type)
            if told[0] or not parameter.type.startswith(FROM_CONTEXT):
                return told
        passed = self._passed_parameter(file, scope_index, position)
        if passed[0] or not self.profile.follows_arguments:
            return passed
        return self._received(scope, position, parameter, self.program.parent_scope(scope))

    def _received(self, body: int, position: int, parameter: Parameter, around: int) -> Outcome:
        """What the calls of a function give to a parameter, or its default does, which is read in the scope `around`."""
        if parameter.flags & _VARIADIC:
            mark = "keywords" if parameter.flags & _KEYWORDS else "tuple"
            return ((self._literal_container(-1, body * 256 + position, mark),), SCOPE)
        self.depend_on(body)
        values, strategy = self.received.get((body, position), UNKNOWN)
        if parameter.default:
            defaults, how = self.path(around, parameter.default)
            if defaults and not set(defaults) <= set(values):
                values, strategy = tuple(sorted({*values, *defaults})), max(strategy, how, PARAMETER)
        return values, strategy

    def _declared_receiver(self, file: int, definition: Definition, symbol: int) -> Outcome:
        """`def copy(self: T) -> T`: a receiver of a type that is no class of the project is of the class around."""
        owner = self.owner(symbol)
        if owner < 0:
            return UNKNOWN
        declared = self.type_values(self.program.scope(file, definition.scope), definition.parameters[0].type)[0]
        if any(kind_of(value) == INSTANCE for value in declared):
            return UNKNOWN
        return ((owner << 3 | (SYMBOL if _is_of_class(definition) else INSTANCE),), SCOPE)

    def _parameter(self, file: int, definition_index: int, position: int) -> Outcome:
        program = self.program
        definition = program.files[file].facts.definitions[definition_index]
        parameter = definition.parameters[position]
        symbol = program.symbol(file, definition_index)
        if position == 0 and parameter.type and self.profile.receiver_parameter and not definition.flags & _STATIC:
            own = self._declared_receiver(file, definition, symbol)
            if own[0]:
                return own
        if parameter.type:
            # An annotation is read where the function is defined, not where its own names live.
            scope = program.scope(file, definition.scope)
            if definition.receiver and self.profile.class_scope_visible:
                scope = program.body_scope(symbol)  # `void A::f(Inner x)`: behind its name, a method sees its class
            expression = f"[]{parameter.type}" if parameter.flags & _VARIADIC else parameter.type
            told = self._typed_outcome(scope, expression)
            if told[0] or not parameter.type.startswith(FROM_CONTEXT):
                return told
        if position == 0 and self.profile.receiver_parameter and not definition.flags & _STATIC:
            owner = self.owner(symbol)
            if owner >= 0:
                return ((owner << 3 | (SYMBOL if _is_of_class(definition) else INSTANCE),), SCOPE)
        if definition.opens < 0 or not self.profile.follows_arguments:
            return UNKNOWN
        if self.profile.callback_parameters:
            passed = self._passed_parameter(file, definition.opens, position)
            if passed[0]:
                return passed
        body, around = program.scope(file, definition.opens), program.scope(file, definition.scope)
        return self._received(body, position, parameter, around)


def _is_of_class(definition: Definition) -> bool:
    """Whether the receiver of a method is the class."""
    return bool(definition.flags & _CLASS_METHOD) or definition.name in ("__new__", "__init_subclass__")
