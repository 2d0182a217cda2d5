"""What the evaluator remembers, and the questions that its parts ask each other.

The evaluator is one recursive function over access paths, cut into layers by what is asked: names, imports and
namespaces, members, types, calls. Each layer is a class below this one; `Evaluator` is their sum.
"""

from __future__ import annotations

from indexers.facts import Call, Definition, FileFacts, Flag, Parameter, ScopeKind
from indexers.resolution.program import Binding, Program
from indexers.resolution.tabling import Memo, Tabling, Tracked
from indexers.resolution.values import (
    CONTAINER,
    EXTERNAL,
    INSTANCE,
    SUPER,
    SYMBOL,
    TYPED,
    Outcome,
    kind_of,
    payload_of,
)

_PROPERTY = int(Flag.PROPERTY)
CLASS_SCOPE = int(ScopeKind.CLASS)
_FUNCTION_SCOPE = int(ScopeKind.FUNCTION)
CLASSES = ("class", "interface")


class Questions(Tabling):
    """Memos of one program. Not thread-safe; one a program."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.recorder)
        self.program = program
        self.profile = program.profile
        self.externals: list[str] = []
        self._external_ids: dict[str, int] = {}
        self._typed: list[tuple[int, str]] = []
        self._typed_ids: dict[tuple[int, str], int] = {}
        self._typed_pending: set[tuple[int, str]] = set()
        self._declared_defaults: dict[int, int] = {}
        self._paths: list[Memo] = [{} for _ in program.scope_file]
        """What paths and type expressions mean, by the scope that they are written in."""
        self._members: Memo = {}
        self._namespace_members: Memo = {}
        self._whole_members: Memo = {}
        self._returns: Memo = {}
        self._mro: Memo = {}
        self._imports: dict[tuple[int, int], list[int]] = {}
        self._returned: dict[int, list[str]] = {}
        self._methods_of: dict[tuple[int, str], list[int]] = program.table()
        self._patched: dict[int, dict[str, list[Binding]]] = {}
        """Symbol -> member -> assignments from outside."""
        self._decorated: Memo = {}
        self._elements: Memo = {}
        self._containers: list[tuple[int, int, str]] = []
        """(file, index, kind) of the container literals met."""
        self._container_ids: dict[tuple[int, int, str], int] = {}
        self.received: dict[tuple[int, int | str], Outcome] = {}
        """(body scope, parameter) -> what the calls of the function give it; see `arguments`."""
        self.extra_names: dict[int, list[int | str]] = {}
        """Body scope -> the parameters that are in `received`, or ever were."""
        self._returned_in_place: dict[int, list[str]] = {}
        self.property_names: dict[str, int] = program.table()
        """Name -> how many properties have it."""
        for file in program.files:
            self._count_properties(file.facts, 1)
        self._visible_sets: dict[int, frozenset[str] | None] = {}
        self._left_out: dict[int, bool] = {}
        self._condition_macros: dict[int, list[tuple[int, str]]] = {}
        """File -> (line, name) of the uses of macros that stand for conditions, in order."""
        self._facts_of = {file.path: file.facts for file in program.files}
        self._arguments_in: dict[int, dict[tuple[int, str], list[str]]] = {}
        """File -> (scope, callee) -> what is given there; made when asked."""
        self._sites: dict[int, dict[int, tuple[Call, int]]] = {}
        for number, file in enumerate(program.files):
            self._note_returns(number, file.facts)

    def _count_properties(self, facts: FileFacts, sign: int) -> None:
        names = self.property_names
        for definition in facts.definitions:
            if definition.flags & _PROPERTY:
                count = names.pop(definition.name, 0) + sign
                if count:
                    names[definition.name] = count

    def _note_returns(self, number: int, facts: FileFacts) -> None:
        program = self.program
        for item in facts.returns:
            if facts.scopes[item.scope].definition < 0:
                # A function in place: what it gives back is nothing that the one around returns.
                self._returned_in_place.setdefault(program.scope(number, item.scope), []).append(item.value)
                continue
            symbol = program.opener(program.scope(number, item.scope))
            self._returned.setdefault(symbol, []).append(item.value)

    def _is_in_order(self, values: tuple[int, ...]) -> bool:
        assert self.recorder is not None
        symbols = [payload_of(value) for value in values if kind_of(value) in (SYMBOL, INSTANCE, SUPER)]
        late = [symbol for symbol in symbols if symbol in self.recorder.disordered]
        files = self.program.symbol_file
        return not any(one != other and files[one] == files[other] for one in late for other in symbols)

    def _looks_into(self, body: int) -> None:
        """What is being computed looks into a function's body without asking what something in it means."""
        if self.recorder is not None:
            self.recorder.note(("body", body))

    def _forget(self) -> None:
        """Drop every answer."""
        for memo in (*self._paths, *self._other_memos()):
            memo.clear()

    def _other_memos(self) -> tuple[Memo, ...]:
        return (
            self._members,
            self._namespace_members,
            self._whole_members,
            self._returns,
            self._mro,
            self._decorated,
            self._elements,
        )

    def dissolve(self) -> None:
        """Drop every answer for good, and who read it."""
        for memo in (*self._paths, *self._other_memos()):
            for answer in memo.values():
                if isinstance(answer, Tracked):
                    answer.readers = None
                    answer.compute = None
        self._forget()
        self.program.forget_readers()

    def forget_paths_in_functions(self, file: int) -> None:
        """Drop what paths mean inside the functions of a file. Between questions only; what is asked again is answered alike."""
        program = self.program
        first = program.scope_base[file]
        for scope in range(first + 1, first + len(program.files[file].facts.scopes)):
            if program.scope_kind(scope) == _FUNCTION_SCOPE:
                self._paths[scope].clear()

    def external(self, name: str) -> int:
        number = self._external_ids.get(name)
        if number is None:
            number = self._external_ids[name] = len(self.externals)
            self.externals.append(name)
        return number << 3 | EXTERNAL

    def external_name(self, value: int) -> str:
        return self.externals[payload_of(value)]

    def _typed_value(self, scope: int, expression: str) -> int:
        key = (scope, expression)
        number = self._typed_ids.get(key)
        if number is None:
            number = self._typed_ids[key] = len(self._typed)
            self._typed.append(key)
        return number << 3 | TYPED

    def typed_expression(self, value: int) -> str:
        """Return the type expression of a TYPED value."""
        return self._typed[payload_of(value)][1]

    def receive(self, sink: tuple[int, int | str], outcome: Outcome) -> None:
        """Let a parameter hold what its arguments mean."""
        self.received[sink] = outcome
        self.name_received(sink)

    def name_received(self, sink: tuple[int, int | str]) -> None:
        names = self.extra_names.setdefault(sink[0], [])
        if sink[1] not in names:
            names.append(sink[1])

    # what the layers ask of each other

    def path(self, scope: int, path: str) -> Outcome:
        """Return what an access path written in `scope` may mean."""
        raise NotImplementedError

    def name(self, scope: int, name: str) -> Outcome:
        """Return what a bare name may mean in `scope`."""
        raise NotImplementedError

    def bound(self, bindings: list[Binding]) -> Outcome:
        """Return the union of what the bindings of one name mean."""
        raise NotImplementedError

    def namespace_member(self, namespace: int, name: str) -> Outcome:
        """Return what `name` means as a member of a namespace."""
        raise NotImplementedError

    def imported_namespaces(self, file: int, index: int) -> list[int]:
        """Return the project namespaces that an import's module means."""
        raise NotImplementedError

    def member(self, outcome: Outcome, name: str, *, as_field: bool = False) -> Outcome:
        """Return what `.name` may mean on the values of `outcome`."""
        raise NotImplementedError

    def element(self, outcome: Outcome, key: str) -> Outcome:
        """Return what a subscript gives, or iteration."""
        raise NotImplementedError

    def class_member(self, symbol: int, name: str, *, of_class: bool = False, as_field: bool = False) -> Outcome:
        """Return what `name` means as a member of a class."""
        raise NotImplementedError

    def type_values(self, scope: int, expression: str) -> Outcome:
        """Return the values that something of this type has."""
        raise NotImplementedError

    def called(self, outcome: Outcome, name: str) -> Outcome:
        """Return what calling the values of `outcome` may give back."""
        raise NotImplementedError

    def callee(self, scope: int, path: str) -> Outcome:
        """Return what is called by `path(...)`."""
        raise NotImplementedError

    def _passed_parameter(self, file: int, scope_index: int, position: int) -> Outcome:
        """Return what a function in place gets for a parameter of no declared type."""
        raise NotImplementedError

    def _visible_paths(self, file: int) -> frozenset[str] | None:
        """Return the paths that a file includes, directly or not; None where linkage is not global."""
        raise NotImplementedError

    def mro(self, symbol: int) -> tuple[int, ...]:
        """Return the linearised ancestors of a class, the class itself first."""
        raise NotImplementedError

    # small facts about symbols and functions

    def parameters(self, body: int) -> list[Parameter]:
        """Return the parameters of the function whose body a scope is."""
        file = self.program.scope_file[body]
        facts = self.program.files[file].facts
        scope = facts.scopes[body - self.program.scope_base[file]]
        return facts.definitions[scope.definition].parameters if scope.definition >= 0 else scope.parameters

    def is_in_place(self, body: int) -> bool:
        """Whether a function has no definition of its own (a lambda)."""
        file = self.program.scope_file[body]
        return self.program.files[file].facts.scopes[body - self.program.scope_base[file]].definition < 0

    def parameter_names(self, body: int) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters(body))

    def returned_paths(self, body: int) -> list[str]:
        """Return the access paths that the function whose body a scope is gives back."""
        in_place = self._returned_in_place.get(body)
        return in_place if in_place is not None else self._returned.get(self.program.opener(body), [])

    def _literal_container(self, file: int, index: int, mark: str) -> int:
        """Return the value of a container literal, or of what a variadic parameter collects."""
        key = (file, index, mark)
        number = self._container_ids.get(key)
        if number is None:
            number = self._container_ids[key] = len(self._containers)
            self._containers.append(key)
        return number << 3 | CONTAINER

    def container_mark(self, value: int) -> str:
        """Return what kind of container a value is: `list`, `dict`, `tuple`, `set`, `iterator`, `keywords`, `pairs`."""
        return self._containers[payload_of(value)][2].partition("+")[0]

    def owner(self, symbol: int) -> int:
        """Return the class a method belongs to: around it, or named by its receiver; -1 for a function."""
        definition = self.program.definition(symbol)
        if definition is None:
            return -1
        if definition.receiver:
            for value in self.type_values(self.program.home_scope(symbol), definition.receiver)[0]:
                if kind_of(value) == INSTANCE:
                    return payload_of(value)
            return -1
        return self.program.lexical_class(symbol)

    def _receiver_class(self, scope: int) -> int:
        """Return the class whose method the scope belongs to, -1 outside any."""
        method = self.program.enclosing_method(scope)
        if method < 0:
            while scope >= 0:
                if self.program.scope_kind(scope) == ScopeKind.CLASS:
                    return self.program.opener(scope)
                scope = self.program.parent_scope(scope)
            return -1
        return self.owner(method)

    def _symbol_of(self, binding: Binding) -> int:
        return self.program.symbol(binding[1], binding[2])

    def _definition_of(self, binding: Binding) -> Definition:
        return self.program.files[binding[1]].facts.definitions[binding[2]]

    def is_object(self, symbol: int) -> bool:
        """Whether a variable holds an object written out in the source (`const api = {run() {}}`)."""
        definition = self.program.definition(symbol)
        if definition is None or definition.kind != "variable" or definition.opens < 0:
            return False
        return self.program.scope_kind(self.program.body_scope(symbol)) == ScopeKind.CLASS
