"""The static types of Java's expressions, and what its calls mean: names, members, overloads, inference, lambdas.

Demand-driven and memoised: a call is resolved once, a question that is already being asked is answered by "unknown".
A call's answer says whether everything that decides it was known (`certain`).
Source: The Java Language Specification, 6.5, 15.12, 15.13, 15.27 and 18 (inference from arguments only).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from indexers.facts import Call, Flag, ScopeKind
from indexers.languages.java.classes import Classes, ProjectClass
from indexers.languages.java.conversions import MAYBE, JavaConversions, same_name
from indexers.languages.java.links import ASSIGNMENT, CALL, CallLinks
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
    bindings_of,
    bound_of,
    substitute,
)
from indexers.resolution.overloads import Candidate, Choice, accepts, choose, parameter_at
from indexers.resolution.program import Bind, Binding, Program

_CONSTRUCTION = int(Flag.CONSTRUCTION)
_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)
_CLASS_SCOPE = int(ScopeKind.CLASS)

MAX_DEPTH = 40
_LITERALS = {
    "#bool": "boolean",
    "#int": "int",
    "#long": "long",
    "#short": "short",
    "#byte": "byte",
    "#float": "float",
    "#double": "double",
    "#char": "char",
}
_PROMOTED = ("int", "long", "float", "double")

Member: TypeAlias = "tuple[Method, Bindings]"
"""A method and what the type variables of its class stand for."""
Value: TypeAlias = "tuple[Type | None, bool]"
"""A type, and whether the expression names the type itself."""
NOTHING: Value = (None, False)


@dataclass(slots=True)
class Answer:
    """What a call means. `methods`: one, or the candidates left, in and outside the project.

    implicit: the class whose unwritten constructor is called. outside: the qualified name of a target outside the project.
    certain: see the module. result: the type of the call where that is plain; else it follows from the methods.
    """

    methods: tuple[Member, ...] = ()
    implicit: JavaClass | None = None
    outside: str = ""
    certain: bool = True
    result: Type | None = None
    receiver: Type | None = None


class Typer:
    """Answers for one program. Not thread-safe."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.classes = Classes(program)
        self.library = self.classes.library
        self.conversions = JavaConversions(self.library)
        self._links: dict[int, CallLinks] = {}
        self._answers: dict[tuple[int, int], Answer | None] = {}
        self._assigned: dict[tuple[int, int], Type | None] = {}
        self._parameters: dict[tuple[int, int, int], Type | None] = {}
        self._returned: dict[int, dict[int, list[tuple[int, str]]]] = {}
        self._call_types: dict[tuple[int, int], Type | None] = {}
        self._depth = 0

    def links(self, file: int) -> CallLinks:
        found = self._links.get(file)
        if found is None:
            found = self._links[file] = CallLinks(self.program.files[file].facts)
        return found

    # calls

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
        members = [(method, _composed(inner, bindings)) for method, inner in members]
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
                if members:
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

    # overloads

    def _choose(
        self, members: Sequence[Member], file: int, index: int, call: Call, *, receiver: Type | None = None
    ) -> Answer | None:
        """Return the members that the arguments choose. receiver: the type that a method reference is written on."""
        if call.argument_count < 0:
            choice = self._choose_reference(members, file, index, receiver)
        elif len(members) == 1:
            choice = Choice((0,), certain=True)
        else:
            arguments = self.arguments(file, index, call)
            candidates = _candidates(members, arguments)
            choice = choose(candidates, arguments, self.conversions)
            if len(choice.targets) == 1 and any(map(_is_half_known, arguments)):
                choice = self._doubted(choice, candidates, arguments)
            if not choice.targets:
                fitting = [
                    position for position, (method, _) in enumerate(members) if _takes(method, call.argument_count)
                ]
                choice = Choice(tuple(fitting or range(len(members))), certain=False)
        chosen = tuple(members[position] for position in choice.targets)
        outside = next((f"{method.owner.name}.{method.name}" for method, _ in chosen if method.symbol < 0), "")
        return Answer(chosen, None, outside, choice.certain)

    def _doubted(
        self, choice: Choice, candidates: Sequence[Candidate[Type]], arguments: Sequence[Type | None]
    ) -> Choice:
        """Add the candidates that an argument known by its class's name only may fit as well as the chosen one."""
        kept = list(choice.targets)
        chosen = next(each for each in candidates if each.target == choice.targets[0])
        for other in candidates:
            if other.target in kept or not accepts(other, len(arguments)):
                continue
            levels = [
                self.conversions.level(argument, wanted)
                for position, argument in enumerate(arguments)
                if argument is not None and (wanted := parameter_at(other, position)) is not None
            ]
            if -1 in levels or MAYBE not in levels:
                continue
            if any(
                argument is not None
                and _is_half_known(argument)
                and not _same_type(argument, parameter_at(chosen, position))
                and parameter_at(other, position) != parameter_at(chosen, position)
                for position, argument in enumerate(arguments)
            ):
                kept.append(other.target)
        return Choice(tuple(sorted(kept)), choice.certain) if len(kept) > 1 else choice

    def _choose_reference(self, members: Sequence[Member], file: int, index: int, receiver: Type | None) -> Choice:
        """Choose for `a::m` or `T::m` by what the functional interface passes, as far as that is known."""
        if len(members) == 1:
            return Choice((0,), certain=True)
        wanted = self._wanted_function(file, index)
        if wanted is None:
            return Choice(tuple(range(len(members))), certain=False)
        method, bindings = wanted
        passed = [substitute(item, bindings) for item in method.parameters]
        passed = [None if item is not None and isinstance(item[0], TypeVariable) else item for item in passed]
        bound = [(position, item) for position, item in enumerate(members) if receiver is None or item[0].static]
        choices = [(bound, passed)]
        if receiver is not None and passed:
            choices.append(([item for item in enumerate(members) if not item[1][0].static], passed[1:]))
        found: list[int] = []
        certain = True
        for positions, arguments in choices:
            candidates = _candidates([item for _, item in positions], arguments)
            choice = choose(candidates, arguments, self.conversions)
            found.extend(positions[each][0] for each in choice.targets)
            certain = certain and choice.certain
        return Choice(tuple(found) or tuple(range(len(members))), certain=certain and len(found) == 1)

    def _wanted_function(self, file: int, index: int) -> Member | None:
        """Return the abstract method of the functional interface that a method reference is passed as."""
        place = self.links(file).parents.get(index)
        return self._function_at(file, *place) if place is not None else None

    def _function_at(self, file: int, index: int, position: int) -> Member | None:
        """Return the method of the functional interface that a call takes at a position, with its bindings."""
        answer = self.call(file, index)
        if answer is None:
            return None
        call = self.program.files[file].facts.calls[index]
        found: list[Member] = []
        for method, bindings in answer.methods:
            wanted = _parameter(method, position)
            if wanted is None:
                return None
            function = self._function(substitute(wanted, bindings))
            if function is None:
                return None
            if method.variables or (method.name == method.owner.name and not bindings):
                variables = (*method.variables, *(method.owner.variables if method.name == method.owner.name else ()))
                inferred = self._inferred(method, bindings, file, index, call, variables, apart=position)
                function = function[0], _composed(function[1], inferred)
            found.append(function)
        if not found or any(
            [substitute(p, item[1]) for p in item[0].parameters]
            != [substitute(p, found[0][1]) for p in found[0][0].parameters]
            for item in found
        ):
            return None
        return found[0]

    def _function(self, type_: Type | None) -> Member | None:
        """Return the abstract method of a functional interface type in terms of its arguments."""
        known = bound_of(type_)
        if known is None or not isinstance(known[0], JavaClass):
            return None
        found = self.conversions.function_of(known[0])
        return (found[0], _composed(found[1], bindings_of(known))) if found is not None else None

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

    # inference

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
            parameter = _parameter(method, position)
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
                    _own_type(method.owner) if method.name == method.owner.name else substitute(method.result, bindings)
                )
                self._unify_result(own, expected, found)
        for position, argument in enumerate(arguments):
            parameter = _parameter(method, position)
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
        return substitute(_parameter(method, place[1]), bindings)

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

    def _declared_result(self, scope: int) -> Type | None:
        """Return the declared result of the method whose body, or a block of it, the scope is."""
        while self.program.scope_kind(scope) == ScopeKind.BLOCK:
            scope = self.program.parent_scope(scope)
        symbol = self.program.opener(scope)
        definition = self.program.definition(symbol)
        if definition is None or not definition.type or self.program.body_scope(symbol) != scope:
            return None
        return self.classes.type(scope, definition.type)

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

    # expressions

    def value(self, scope: int, path: str, file: int, linked: int, line: int) -> Value:
        """Return what an access path written in `scope` is. linked: the call that it ends in, -1: to be looked for."""
        if self._depth > MAX_DEPTH:
            return NOTHING
        self._depth += 1
        found = self._value(scope, path, file, linked, line)
        self._depth -= 1
        return found

    def _value(self, scope: int, path: str, file: int, linked: int, line: int) -> Value:
        if path.startswith("#"):
            return self._literal(scope, path, file, linked, line)
        last = path[-1]
        if last == ")":
            return self._result(scope, path[:-2], file, linked, line), False
        if last == "]":
            whole, _ = self.value(scope, path[: path.rfind("[")], file, linked, line)
            return self._element(whole), False
        base, dot, name = path.rpartition(".")
        if not dot:
            return self._name(scope, name, file, line)
        owner = self.value(scope, base, file, linked, line)
        if owner[0] is None:
            head = self.classes.find(scope, path) if "(" not in path and "[" not in path else None
            return ((head, ()), True) if isinstance(head, JavaClass) and not head.is_opaque else NOTHING
        return self._field(owner, name)

    def _field(self, owner: Value, name: str) -> Value:
        type_, static = owner
        known = bound_of(type_) or self.library.object
        if known[0] == ARRAY:
            return (("int", ()), False) if name == "length" else NOTHING
        head = known[0]
        if not isinstance(head, JavaClass):
            return NOTHING
        if name == "this":
            return type_, False
        found = head.field(name)
        if found is not None:
            return substitute(found[0], bindings_of(known)), False
        nested = head.nested(name) if static else None
        return ((nested, ()), True) if nested is not None else NOTHING

    def _literal(self, scope: int, path: str, file: int, linked: int, line: int) -> Value:
        mark, dot, rest = path.partition(".")
        if mark.startswith("#+"):
            return self._operation(scope, path[2:], file, line), False
        if mark == "#chain" and linked >= 0 and not dot:
            return self.result(file, linked), False
        if path.startswith("#class"):
            owner = self.library.by_simple_name("Class")
            assert owner is not None
            named = self.classes.type(scope, path[7:]) if path[6:7] == "@" else None
            return (owner, (self.conversions.boxed(named),)), False
        if path.startswith("#anonymous@") and path.find("()") == len(path) - 2:
            return (self.classes.of_symbol(self.program.symbol(file, int(path[11:-2]))), ()), False
        if path.startswith("#array@"):
            return (ARRAY, (self.classes.type(scope, path[7:]),)), False
        if path[-1] == ")":
            return self._result(scope, path[:-2], file, linked, line), False
        if dot:
            return NOTHING if path[-1] == "]" else self._field(self._literal(scope, mark, file, linked, line), rest)
        if mark == "#str":
            return self.library.string, False
        if mark == "#none":
            return NULL, False
        name = _LITERALS.get(mark)
        return ((name, ()), False) if name is not None else NOTHING

    def _operation(self, scope: int, operands: str, file: int, line: int) -> Type | None:
        """Return the type of an arithmetic result: a string when an operand is one, else the promoted number."""
        found = "int"
        for path in operands.split("|"):
            type_, _ = self.value(scope, path, file, -1, line)
            if type_ == self.library.string:
                return type_
            primitive = self.conversions.unboxed(type_)
            if primitive == "boolean":
                return ("boolean", ())
            if not primitive:
                return None
            if primitive in _PROMOTED and _PROMOTED.index(primitive) > _PROMOTED.index(found):
                found = primitive
        return (found, ())

    def _result(self, scope: int, callee: str, file: int, linked: int, line: int) -> Type | None:
        """Return what the call of this text gives; the text of a cast stands for the type itself."""
        index = linked if linked >= 0 else self.links(file).near(scope - self.program.scope_base[file], callee, line)
        if index >= 0:
            return self.result(file, index)
        head = self.classes.find(scope, callee)
        if head is None and callee[:1].isupper():
            head = self.classes.head(scope, callee)
        if isinstance(head, JavaClass):
            around = self.classes.enclosing(scope)
            return _own_type(around) if around is head and around is not None else (head, ())
        return (head, ()) if head is not None else None

    def _element(self, whole: Type | None) -> Type | None:
        known = bound_of(whole)
        if known is None:
            return None
        if known[0] == ARRAY:
            return known[1][0]
        iterable = self.library.by_simple_name("Iterable")
        seen = as_super(known, iterable) if iterable is not None else None
        return seen[1][0] if seen is not None and seen[1] else None

    # names

    def _name(self, scope: int, name: str, file: int, line: int) -> Value:
        program = self.program
        if name == "this" or name == "super":
            around = self.classes.enclosing(scope)
            if around is None:
                return NOTHING
            if name == "super":
                return self._superclass(around), False
            return _own_type(around), False
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
            return self._function_at(file, index, position)
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


def _own_type(around: JavaClass) -> Type:
    return around, tuple((variable, ()) for variable in around.variables)


def _composed(inner: Bindings, outer: Bindings) -> Bindings:
    """Return bindings whose values are seen through others."""
    if not inner or not outer:
        return inner
    return {variable: substitute(value, outer) for variable, value in inner.items()}


def _parameter(method: Method, position: int) -> Type | None:
    """Return the parameter type that the argument at `position` meets, of a variadic one the element."""
    parameters = method.parameters
    if position < len(parameters):
        return parameters[position]
    return parameters[-1] if method.variadic and parameters else None


def _takes(method: Method, count: int) -> bool:
    required = len(method.parameters) - method.variadic
    return required <= count and (method.variadic or count == required)


def _candidates(members: Sequence[Member], arguments: Sequence[Type | None]) -> list[Candidate[Type]]:
    """Return the members as candidates; a variadic one twice: an array may stand for its open end."""
    found: list[Candidate[Type]] = []
    for position, (method, bindings) in enumerate(members):
        parameters = tuple(substitute(item, bindings) for item in method.parameters)
        if not method.variadic:
            found.append(Candidate(position, parameters, len(parameters)))
            continue
        last = arguments[-1] if arguments else None
        if len(arguments) == len(parameters) and last is not None:
            whole = (*parameters[:-1], (ARRAY, (parameters[-1],)))
            found.append(Candidate(position, whole, len(whole)))
        found.append(Candidate(position, parameters, len(parameters) - 1, variadic=True))
    return found


def _is_half_known(type_: Type | None) -> bool:
    """Whether a type is of a class whose supertypes are not all known."""
    while type_ is not None and type_[0] == ARRAY:
        type_ = type_[1][0]
    known = bound_of(type_)
    return known is not None and isinstance(known[0], JavaClass) and known[0].has_unknown_ancestor()


def _same_type(one: Type, other: Type | None) -> bool:
    """Whether two types are one by their classes, arguments left aside."""
    if other is None:
        return False
    if one[0] == ARRAY and other[0] == ARRAY and one[1][0] is not None:
        return _same_type(one[1][0], other[1][0])
    if isinstance(one[0], JavaClass) and isinstance(other[0], JavaClass):
        return one[0] is other[0] or same_name(one[0], other[0])
    return one[0] == other[0]
