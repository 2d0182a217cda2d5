"""What names and variables are in Java: fields, locals, parameters, imported constants, classes."""

from __future__ import annotations

from indexers.facts import Flag, ScopeKind
from indexers.languages.java.answers import NOTHING, Member, Value, own_type
from indexers.languages.java.classes import ProjectClass
from indexers.languages.java.links import ASSIGNMENT, CALL
from indexers.languages.java.questions import Questions
from indexers.languages.java.terms import (
    ARRAY,
    JavaClass,
    Type,
    substitute,
)
from indexers.resolution.program import Bind, Binding

_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)
_CLASS_SCOPE = int(ScopeKind.CLASS)


class Variables(Questions):
    def _name(self, scope: int, name: str, file: int, line: int) -> Value:
        program = self.program
        if name == "this" or name == "super":
            around = self.classes.enclosing(scope)
            if around is None:
                return NOTHING
            if name == "super":
                return self._superclass(around), False
            return own_type(around), False
        current = scope
        while current >= 0:
            bindings = program.scope_names[current].get(name)
            if program.scope_kind(current) == _CLASS_SCOPE:
                found = self.classes.of_symbol(program.opener(current)).field(name)
                if found is not None:
                    return found[0], False
            elif bindings:
                value = self._variable(current, bindings, file, line)
                if value is not None:
                    return value
            current = program.parent_scope(current)
        imported = self._imported_field(file, name)
        if imported is not None:
            return imported
        head = self.classes.find(scope, name)
        return ((head, ()), True) if isinstance(head, JavaClass) else NOTHING

    def _superclass(self, around: ProjectClass) -> Type:
        """Return the superclass; of an unnamed class of an interface, as of any class without one, Object."""
        above = next(iter(around.supertypes()), self.library.object)
        return above if isinstance(above[0], JavaClass) and not above[0].is_interface else self.library.object

    def _variable(self, scope: int, bindings: list[Binding], file: int, line: int) -> Value | None:
        chosen: Binding | None = None
        assignments = self.program.files[file].facts.assignments
        for binding in bindings:
            kind, _, index = binding
            if kind in (Bind.PARAMETER, Bind.IN_PLACE):
                return self._parameter_type(scope, binding), False
            # One name may be declared again further down: patterns of two conditions share a block.
            if kind == Bind.ASSIGNMENT and (chosen is None or assignments[index].line <= line):
                chosen = binding
        return (self._assignment(file, chosen[2]), False) if chosen is not None else None

    def _parameter_type(self, scope: int, binding: Binding) -> Type | None:
        kind, file, index = binding
        facts = self.program.files[file].facts
        owner, position = index // 256, index % 256
        if kind == Bind.PARAMETER:
            parameter = facts.definitions[owner].parameters[position]
        else:
            parameter = facts.scopes[owner].parameters[position]
        if parameter.type and parameter.type != "var":
            type_ = self.classes.type(scope, parameter.type)
            return (ARRAY, (type_,)) if parameter.flags & _VARIADIC else type_
        return self._lambda_parameter(file, owner, position) if kind == Bind.IN_PLACE else None

    def _lambda_parameter(self, file: int, scope: int, position: int) -> Type | None:
        key = (file, scope, position)
        if key in self._parameters:
            return self._parameters[key]
        self._parameters[key] = None
        function = self._lambda_function(file, scope)
        if function is not None and position < len(function[0].parameters):
            found = substitute(function[0].parameters[position], function[1])
            self._parameters[key] = found
        return self._parameters[key]

    def _lambda_function(self, file: int, scope: int) -> Member | None:
        """Return the method that a lambda implements, from where it is passed, assigned or returned."""
        place = self.links(file).lambdas.get(scope)
        if place is None:
            return None
        kind, index, position = place
        if kind == CALL:
            return self.function_at(file, index, position)
        facts = self.program.files[file].facts
        if kind == ASSIGNMENT:
            item = facts.assignments[index]
            return self._function(self.classes.type(self.program.scope(file, item.scope), item.type))
        return self._function(self._declared_result(self.program.scope(file, facts.returns[index].scope)))

    def _assignment(self, file: int, index: int) -> Type | None:
        key = (file, index)
        if key in self._assigned:
            return self._assigned[key]
        self._assigned[key] = None
        item = self.program.files[file].facts.assignments[index]
        scope = self.program.scope(file, item.scope)
        if item.type:
            found = self.classes.type(scope, item.type)
        else:
            type_, static = self.value(scope, item.value, file, -1, item.line) if item.value else NOTHING
            found = None if static else type_
        self._assigned[key] = found
        return found

    def _imported_field(self, file: int, name: str) -> Value | None:
        program = self.program
        scope = program.scope_base[file]
        imports = program.files[file].facts.imports
        named = [index for kind, _, index in program.scope_names[scope].get(name, ()) if kind == Bind.IMPORT]
        for index in (*named, *program.star_scopes.get(scope, ())):
            if imports[index].flags & _STATIC:
                owner = self.classes.qualified(imports[index].module)
                found = owner.field(name) if owner is not None else None
                if found is not None:
                    return found[0], False
        return None
