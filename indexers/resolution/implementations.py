"""Which of several methods of one name and type is called: the inherent one, that of the same impl block, that of a trait?

In Rust a type has its methods from any number of impl blocks: its own, one a trait, one a type argument of a trait
(`From<A>`, `From<B>`), one for the type and one for references to it. A method says where it stands by its decorator
`impl:Trait` (`impl:&Trait` when it is for references). Source: the Rust reference, "Method call expressions".
"""

from __future__ import annotations

import re

from indexers.facts import Call, Definition, Flag
from indexers.resolution.members import Members
from indexers.resolution.program import Binding
from indexers.resolution.questions import CLASSES
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    MEMBER,
    NAME,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

_ABSTRACT = int(Flag.ABSTRACT)
_IMPLICIT = int(Flag.IMPLICIT)
_POINTER = int(Flag.POINTER)
_STATIC = int(Flag.STATIC)
_WRITE = int(Flag.WRITE)
_TAKING = "into_iter"
"""The method that is written for a type and for references to it, as a rule, and takes the object itself."""
_CHANGING = ("_assign", "index_mut", "deref_mut")
_IMPL = "impl:"
_PARAMETER = "'"
_SELF = re.compile(r"(?<!,)'Self\b")
"""In a type, but not in `member[Target,'Self]`."""
_CONTENT = "?"
_PLAIN_TYPES = {
    "#str": ("str", "String", "OsStr", "Path", "AsRef"),
    "#num": (
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "char",
    ),
    "#bool": ("bool",),
    "#range": ("Range", "RangeFrom", "RangeTo", "RangeInclusive", "RangeToInclusive", "RangeFull", "RangeBounds"),
}


def trait_of(definition: Definition) -> str:
    """Return the trait (with `&` before it for references) whose impl block holds a method; empty for an inherent one."""
    return next((mark[len(_IMPL) :] for mark in definition.decorators if mark.startswith(_IMPL)), "")


def _takes_object(definition: Definition) -> bool:
    """Whether the first argument of a function of a trait is an object that has it, `self` or a pointer to one."""
    if not definition.flags & _STATIC:
        return True
    first = definition.parameters[0].type if definition.parameters else ""
    return _SELF.search(first) is not None


class Implementations(Members):
    def _effective(self, bindings: list[Binding]) -> list[Binding]:
        if not self.profile.has_impl_blocks:
            return super()._effective(bindings)
        definitions = [self._definition_of(binding) for binding in bindings]
        if not any(definition.kind == "method" for definition in definitions):
            return super()._effective(bindings)
        # What stands in the trait itself comes before blanket implementations of it, an inherent method before a trait's.
        inside = [b for b in bindings if not self._definition_of(b).receiver]
        inherent = [b for b in bindings if not trait_of(self._definition_of(b))]
        return inside or inherent or bindings

    def chosen(self, scope: int, outcome: Outcome, call: Call) -> Outcome:
        """Return what a call means of the methods that its callee may be; those that cannot be told apart are a guess."""
        values, strategy = outcome = self._changing(scope, outcome, call)
        if call.flags & _IMPLICIT and call.arguments and values:
            # An operator that no impl block of the project has for this operand is the standard library's.
            values = tuple(value for value in values if kind_of(value) != SYMBOL or self._accepts(scope, value, call))
            outcome = values, strategy
        if len(values) == 1 and kind_of(values[0]) == SYMBOL and self._hands_on(scope, payload_of(values[0])):
            return UNKNOWN
        if len(values) == 1 and kind_of(values[0]) in (SYMBOL, EXTERNAL):
            redirected = self._of_first_argument(scope, values[0], call)
            return redirected or outcome
        methods = [value for value in values if kind_of(value) == SYMBOL and self._is_method(payload_of(value))]
        if len(methods) < 2 or len(methods) < len(values) or not self._are_alternatives(methods):
            return outcome
        fitting = self._by_arguments(scope, methods, call)
        others = self._handed_on_to(scope, fitting, call)
        if others:
            strategy = max(strategy, BRANCHES)
        found = others or self._of_same_block(scope, fitting, call) or fitting
        is_own = call.flags & _IMPLICIT or call.callee.partition(".")[0] in ("self", "Self")
        refers = self._takes_lent_self(scope, call) if is_own else self._is_for_reference(scope)
        found = [value for value in found if ("&" in self._trait(value)) == refers] or found
        if len(found) > 1:
            file = self.program.scope_file[scope]
            near = [v for v in found if self.program.scope_file[self.program.home_scope(payload_of(v))] == file]
            if len(near) == 1:  # a file a kind of what the type is of: its own calls mean its own methods
                return (near[0],), max(strategy, BRANCHES)
        return tuple(found), strategy if len(found) == 1 else max(strategy, NAME)

    def _changing(self, scope: int, outcome: Outcome, call: Call) -> Outcome:
        """`rows[0].clear()` runs `index_mut` where `clear` changes what it is called on: the call stands behind the arguments."""
        if not call.flags & _IMPLICIT or call.argument_count < 2:
            return outcome
        called = call.arguments[-1]
        methods = self.callee(scope, called)[0]
        if not any(kind_of(value) == SYMBOL for value in methods):
            return outcome
        changing = (
            self.callee(scope, f"{call.callee}_mut")
            if self.changes_receiver(methods, called.rpartition(".")[2])
            else UNKNOWN
        )
        return changing if any(kind_of(value) == SYMBOL for value in changing[0]) else outcome

    def plain(self, value: int) -> int:
        """Return the class that a value is an object of, -1 for anything else."""
        raise NotImplementedError

    def extension(self, name: str, head: str = "") -> Outcome:
        """Return the one method of this name in the traits that are written for a type of another library, or for every type."""
        raise NotImplementedError

    def extends_every_type(self, name: str) -> bool:
        """Whether one trait gives a method of this name to every type, whatever traits it has."""
        raise NotImplementedError

    def written_outside(self, value: int, name: str) -> list[int]:
        """Return the methods of impl blocks that the project has for the type of a value, a type of another library."""
        raise NotImplementedError

    def called_at(self, scope: int, head: str, called: Outcome) -> Outcome:
        """Return what the call `head(...)` gives back, with what its receiver and its arguments say of the types."""
        raise NotImplementedError

    def _is_method(self, symbol: int) -> bool:
        definition = self.program.definition(symbol)
        return definition is not None and definition.kind == "method"

    def _trait(self, value: int) -> str:
        definition = self.program.definition(payload_of(value))
        return trait_of(definition) if definition is not None else ""

    def _are_alternatives(self, methods: list[int]) -> bool:
        """Whether the methods stand in impl blocks of one type."""
        return len({self.owner(payload_of(value)) for value in methods}) == 1

    def _hands_on(self, scope: int, symbol: int) -> bool:
        """Whether a method that the project gives to a type of another library calls that type's own of the name."""
        return self.program.enclosing_method(scope) == symbol and self.owner(symbol) < 0

    def _is_for_reference(self, scope: int) -> bool:
        """Whether a call stands in an `impl Trait for &T`: what patterns take out there are references too."""
        caller = self.program.enclosing_method(scope)
        definition = self.program.definition(caller) if caller >= 0 else None
        return definition is not None and "&" in trait_of(definition)

    def _handed_on_to(self, scope: int, methods: list[int], call: Call) -> list[int]:
        """`From::from` of one block that calls `Self::from` means another block's: one that calls itself is the exception."""
        caller = self.program.enclosing_method(scope)
        own = caller << 3 | SYMBOL
        holders = ("self", "Self", self._receiver(own).partition("[")[0]) if own in methods else ()
        is_handed_on = call.callee.rpartition(".")[0] in holders
        return [value for value in methods if value != own] if is_handed_on and not call.flags & _IMPLICIT else []

    def _takes_lent_self(self, scope: int, call: Call) -> bool:
        """Whether `self` of a method that takes a reference is itself what a method takes: `impl IntoIterator for &T`."""
        caller = self.program.enclosing_method(scope)
        definition = self.program.definition(caller) if caller >= 0 else None
        lent = definition is not None and definition.flags & (_POINTER | _WRITE)
        return bool(lent) and call.callee == f"self.{_TAKING}"

    def _of_same_block(self, scope: int, methods: list[int], call: Call) -> list[int]:
        """`self.run()` and `Self::run()` mean the method of the impl block that the call stands in, if it has one."""
        if call.callee.rpartition(".")[0] not in ("self", "Self"):
            return []
        caller = (
            self.program.definition(self.program.enclosing_method(scope))
            if self.program.enclosing_method(scope) >= 0
            else None
        )
        same = [value for value in methods if caller is not None and self._trait(value) == trait_of(caller)]
        if len(same) > 1 and caller is not None:  # a block for each of several types with arguments
            same = [value for value in same if self._receiver(value) == caller.receiver]
        return same if len(same) == 1 else []

    def _receiver(self, value: int) -> str:
        definition = self.program.definition(payload_of(value))
        return definition.receiver if definition is not None else ""

    def _by_arguments(self, scope: int, methods: list[int], call: Call) -> list[int]:
        fitting = []
        for value in methods:
            definition = self.program.definition(payload_of(value))
            if definition is not None and self._fits(scope, payload_of(value), definition, call):
                fitting.append(value)
        return fitting or methods

    def _accepts(self, scope: int, value: int, call: Call) -> bool:
        """Whether an operator may mean a method; one for a type of another library only where the operand is known to be its."""
        symbol = payload_of(value)
        definition = self.program.definition(symbol)
        if definition is None or not definition.parameters or self._of_parameter(definition):
            return True
        if self.owner(symbol) >= 0 or call.arguments[0] in _PLAIN_TYPES:
            return self._fits(scope, symbol, definition, call)
        want = self._types_of(self.type_values(self.program.home_scope(symbol), definition.parameters[0].type)[0])
        return bool(want & self._types_of(self.path(scope, call.arguments[0])[0]))

    @staticmethod
    def _of_parameter(definition: Definition) -> bool:
        """Whether the method takes an operand of any type."""
        return definition.parameters[0].type[:1] == "'"

    def _fits(self, scope: int, symbol: int, definition: Definition, call: Call) -> bool:
        """Whether no argument is known to be of another type than its parameter."""
        home = self.program.home_scope(symbol)
        count = 0 if call.flags & _IMPLICIT else call.argument_count
        written_as_function = not definition.flags & _STATIC and count == len(definition.parameters) + 1
        given = call.arguments[1:] if written_as_function else call.arguments
        for argument, parameter in zip(given, definition.parameters, strict=False):
            plain = _PLAIN_TYPES.get(argument)
            if plain is not None:
                head = parameter.type.partition("[")[0].rpartition(".")[2]
                if head not in plain and parameter.type[:1] != "'":
                    return False
                continue
            if argument.startswith("#"):
                continue
            have = self._types_of(self.path(scope, argument)[0])
            want = self._types_of(self.type_values(home, parameter.type)[0])
            if have and want and not have & want and not self._names_trait(want):
                return False
        return True

    def _types_of(self, values: tuple[int, ...]) -> set[str]:
        """Return comparable names of the types of values."""
        found: set[str] = set()
        for value in values:
            if self.plain(value) >= 0:
                found.add(str(self.plain(value)))
            elif kind_of(value) == EXTERNAL and not self.external_name(value).endswith(")"):  # not what a call gives
                found.add(self.external_name(value).rpartition(".")[2])
            elif kind_of(value) == TYPED:
                found.add(self._typed[payload_of(value)][1].partition("[")[0])
        return found

    def _names_trait(self, types: set[str]) -> bool:
        definitions = (self.program.definition(int(name)) for name in types if name.isdigit())
        return any(definition is not None and definition.kind == "interface" for definition in definitions)

    def _of_first_argument(self, scope: int, value: int, call: Call) -> Outcome | None:
        """`Trait::method(x, ..)` means the method of the type of x, when it has its own of that trait."""
        owner, _, name = call.callee.rpartition(".")
        if not owner or not call.arguments or not owner.rpartition(".")[2][:1].isupper():
            return None
        is_declared = kind_of(value) == SYMBOL
        if is_declared:
            definition = self.program.definition(payload_of(value))
            around = (
                self.program.definition(self.owner(payload_of(value)))
                if definition and definition.kind == "method"
                else None
            )
            if definition is None or around is None or around.kind != "interface" or not _takes_object(definition):
                return None
            trait = around.name
        else:
            trait = self.external_name(value).rpartition(".")[0].rpartition(".")[2]
        argument = call.arguments[0]
        receivers = self._with_content(self.path(scope, argument.removesuffix(".?"))[0])
        for receiver in receivers:
            own = self.plain(receiver)
            if argument.endswith(".?") and own >= 0 and self.every_own_method(own, "deref"):
                continue  # `Trait::method(&**guard)`: what it stands for
            if own >= 0 and self._is_class(own):
                methods = [m for m in self.every_own_method(own, name) if self._last_of_trait(m) == trait]
                if len(methods) == 1:
                    return (methods[0] << 3 | SYMBOL,), MEMBER
            elif is_declared and own < 0 and kind_of(receiver) in (EXTERNAL, TYPED):
                methods = [m for m in self.written_outside(receiver, name) if self._last_of_trait(m) == trait]
                if methods:
                    return tuple(m << 3 | SYMBOL for m in methods), MEMBER if len(methods) == 1 else NAME
        is_trait = is_declared and self.path(scope, owner)[0] == (self.owner(payload_of(value)) << 3 | SYMBOL,)
        if not is_trait or owner in self.profile.own_type_names:
            return None
        if any(self._has_trait_itself(receiver, payload_of(value)) for receiver in receivers):
            return None
        return (value,), BRANCHES  # the method of a type that is not known, most likely

    def _with_content(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """Return values, and what those of them hold that are wrappers (`Arc`)."""
        held = self.member((tuple(value for value in values if kind_of(value) == TYPED), MEMBER), _CONTENT)[0]
        return tuple(dict.fromkeys([*values, *held]))

    def _has_trait_itself(self, receiver: int, method: int) -> bool:
        """Whether a method of a trait is what an object runs, or all that can be said of it: the object is any that has the trait."""
        own = self.plain(receiver)
        if own >= 0:
            definition = self.program.definition(method)
            return not self._is_class(own) or (definition is not None and not definition.flags & _ABSTRACT)
        return kind_of(receiver) == TYPED and self.typed_expression(receiver)[:1] == _PARAMETER

    def dereferences(self, scope: int, path: str, *, as_field: bool, mutably: bool) -> list[int]:
        """Return the `deref` methods that are run before the last name of a path is found: those of objects that lack it.

        mutably: what is found is changed, so that it is `deref_mut` where there is one.
        """
        receiver, dot, name = path.rpartition(".")
        found: list[int] = []
        if not dot or (not as_field and name in self.profile.blanket_methods):
            return found
        for value in self.path(scope, receiver)[0]:
            symbol = self.plain(value)
            if symbol < 0 or (self.has_field(symbol, name) if as_field else bool(self.class_member(symbol, name)[0])):
                continue
            methods = self.every_own_method(symbol, "deref_mut") if mutably else []
            found.extend((methods or self.every_own_method(symbol, "deref"))[:1])
        return found

    def has_field(self, symbol: int, name: str) -> bool:
        body = self.program.body_scope(symbol)
        return body >= 0 and name in self.program.scope_names[body]

    def changes_receiver(self, values: tuple[int, ...], name: str) -> bool:
        """Whether the methods that a call may mean take `&mut self`."""
        inside = [self.program.definition(payload_of(value)) for value in values if kind_of(value) == SYMBOL]
        if not inside:
            if any(kind_of(value) == EXTERNAL and "Atomic" in self.external_name(value) for value in values):
                return False  # `swap` and its like work on a shared atomic
            return name in self.profile.mutating_members or name.endswith(_CHANGING)
        return any(definition is not None and definition.flags & _WRITE for definition in inside)

    def _is_class(self, symbol: int) -> bool:
        definition = self.program.definition(symbol)
        return definition is not None and definition.kind in CLASSES and definition.kind != "interface"

    def _last_of_trait(self, symbol: int) -> str:
        return self._trait(symbol << 3).lstrip("&").partition("[")[0].rpartition(".")[2]

    def every_own_method(self, symbol: int, name: str) -> list[int]:
        """Return all methods of this name in impl blocks of a type."""
        return [
            self._symbol_of(b) for b in self._receiver_bindings(symbol, name) if self._definition_of(b).kind == "method"
        ]
