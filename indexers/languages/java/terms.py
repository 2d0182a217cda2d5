"""Static types as the Java typer sees them: classes with arguments, arrays, primitives, type variables.

A type is a pair (head, arguments): the head is a `JavaClass`, a `TypeVariable`, or the name of a primitive, `[]` for an
array (one argument) or `null`. `None` stands for a type that is not known, also inside of arguments.
Source: The Java Language Specification, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

ARRAY = "[]"
NULL: Type
Head: TypeAlias = "JavaClass | TypeVariable | FunctionShape | str"
Type: TypeAlias = "tuple[Head, tuple[Type | None, ...]]"
Bindings: TypeAlias = "Mapping[TypeVariable, Type | None]"

NULL = ("null", ())
NUMERIC = ("byte", "short", "char", "int", "long", "float", "double")
PRIMITIVES = frozenset((*NUMERIC, "boolean", "void"))
MAX_NESTING = 6
"""Type arguments within type arguments; what is nested deeper is not known."""
MAX_ANCESTORS = 200


@dataclass(frozen=True, slots=True)
class FunctionShape:
    """A lambda or method reference as far as its own text says.

    arity: number of parameters, -1 for a method reference. gives: whether it can give a value; may_not: whether it can
    give none. explicit: its parameter types are written, or there are none. scope: of the lambda's body in its file, -1.
    """

    arity: int
    gives: bool
    may_not: bool
    explicit: bool
    scope: int = -1


class TypeVariable:
    """A type parameter of a class or method; `bound` is its first bound, None for Object."""

    __slots__ = ("bound", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.bound: Type | None = None


class Method:
    """A method or constructor. `symbol` is -1 outside the project; of a variadic one the last parameter is the element."""

    __slots__ = (
        "abstract",
        "name",
        "owner",
        "parameters",
        "private",
        "result",
        "static",
        "symbol",
        "variables",
        "variadic",
    )

    def __init__(
        self,
        name: str,
        owner: JavaClass,
        parameters: tuple[Type | None, ...],
        result: Type | None,
        *,
        variables: tuple[TypeVariable, ...] = (),
        symbol: int = -1,
        variadic: bool = False,
        static: bool = False,
        abstract: bool = False,
        private: bool = False,
    ) -> None:
        self.name = name
        self.owner = owner
        self.parameters = parameters
        self.result = result
        self.variables = variables
        self.symbol = symbol
        self.variadic = variadic
        self.static = static
        self.abstract = abstract
        self.private = private


class JavaClass:
    """A class or interface, of the project, of Java's library, or (`is_opaque`) only known by name.

    symbol: of a project class, else -1. The answers of the three kinds are filled in lazily by the subclasses.
    """

    def __init__(self, name: str, symbol: int = -1, *, is_interface: bool = False, is_opaque: bool = False) -> None:
        self.name = name
        self.symbol = symbol
        self.is_interface = is_interface
        self.is_opaque = is_opaque
        self.reading = False
        """Whether the supertypes are being read just now."""
        self.is_root = name == "java.lang.Object"
        self._ancestors: list[Type] | None = None
        self._members: dict[str, list[tuple[Method, Bindings]]] = {}

    @property
    def variables(self) -> tuple[TypeVariable, ...]:
        return ()

    def supertypes(self) -> Sequence[Type]:
        """Return the direct supertypes, the superclass first."""
        return ()

    def own_methods(self, name: str) -> Sequence[Method]:
        return ()

    def abstract_methods(self) -> Sequence[Method]:
        """Return the abstract methods that the class itself declares."""
        return ()

    def own_field(self, name: str) -> tuple[Type | None, int] | None:
        """Return type and symbol (-1 outside) of a field that the class itself declares."""
        return None

    def is_private_field(self, name: str) -> bool:
        return False

    def own_nested(self, name: str) -> JavaClass | None:
        return None

    def constructors(self) -> Sequence[Method]:
        """Return the constructors that the source writes."""
        return ()

    def ancestors(self) -> list[Type]:
        """Return the class itself and all above it, in terms of its own type variables.

        The line of superclasses comes first, then interfaces, nearest first: what a class has goes before what an
        interface says. Object is last.
        """
        if self._ancestors is None:
            own: Type = (self, tuple((variable, ()) for variable in self.variables))
            line: list[Type] = [own]
            interfaces: list[Type] = []
            last: list[Type] = []
            seen: set[Head] = {self}
            for current in line:  # grows while we walk
                for above in _direct(current):
                    if above[0] in seen or len(line) > MAX_ANCESTORS:
                        continue
                    seen.add(above[0])
                    head = above[0]
                    assert isinstance(head, JavaClass)
                    (last if head.is_root else interfaces if head.is_interface else line).append(above)
            for current in interfaces:
                for above in _direct(current):
                    head = above[0]
                    assert isinstance(head, JavaClass)
                    if head not in seen and len(interfaces) < MAX_ANCESTORS:
                        seen.add(head)
                        (last if head.is_root else interfaces).append(above)
            found = [*line, *interfaces, *last]
            if any(isinstance(item[0], JavaClass) and item[0].reading for item in found):
                return found  # asked for by the very bases that are being read: not all of them are known yet
            self._ancestors = found
        return self._ancestors

    def members(self, name: str) -> list[tuple[Method, Bindings]]:
        """Return the methods of this name that the class has, nearest first, without those that are overridden.

        The bindings give the type variables of each method's class in terms of this one's.
        """
        known = self._members.get(name)
        if known is None:
            known = []
            seen: dict[tuple[object, ...], int] = {}
            for current in self.ancestors():
                head = current[0]
                assert isinstance(head, JavaClass)
                bindings = bindings_of(current)
                for method in head.own_methods(name):
                    if method.private and head is not self:
                        continue  # private members are not inherited (JLS 8.2)
                    shape = (method.variadic, *(erased(substitute(item, bindings)) for item in method.parameters))
                    at = seen.setdefault(shape, len(known))
                    if at == len(known):
                        known.append((method, bindings))
                    elif _is_rival(known[at][0], method):
                        known[at] = method, bindings
            if self._ancestors is not None:
                self._members[name] = known
        return known

    def field(self, name: str) -> tuple[Type | None, int] | None:
        """Return type, in terms of the own type variables, and symbol of a field, inherited ones included."""
        for current in self.ancestors():
            head = current[0]
            assert isinstance(head, JavaClass)
            found = head.own_field(name)
            if found is not None and (head is self or not head.is_private_field(name)):
                return substitute(found[0], bindings_of(current)), found[1]
        return None

    def nested(self, name: str) -> JavaClass | None:
        own = self.own_nested(name)
        if own is not None:
            return own
        for current in self.ancestors():
            head = current[0]
            assert isinstance(head, JavaClass)
            found = head.own_nested(name)
            if found is not None:
                return found
        return None

    def has_unknown_ancestor(self) -> bool:
        return any(isinstance(item[0], JavaClass) and item[0].is_opaque for item in self.ancestors())


def _is_rival(known: Method, other: Method) -> bool:
    """Whether two equal methods come from interfaces of which neither is below the other: javac means the later one."""
    if not (known.abstract and other.abstract and known.owner.is_interface and other.owner.is_interface):
        return False
    return all(ancestor[0] is not other.owner for ancestor in known.owner.ancestors())


def _direct(type_: Type) -> Iterator[Type]:
    """Yield the direct supertypes of a class type, the superclass first."""
    head = type_[0]
    assert isinstance(head, JavaClass)
    bindings = bindings_of(type_)
    for above in head.supertypes():
        if isinstance(above[0], JavaClass):
            yield substitute_known(above, bindings)


def bindings_of(type_: Type) -> dict[TypeVariable, Type | None]:
    """Return what the type variables of a class stand for in this type, their bounds where that is not known."""
    head, arguments = type_
    if not isinstance(head, JavaClass):
        return {}
    variables = head.variables
    if len(arguments) != len(variables):
        arguments = (None,) * len(variables)
    return {
        variable: variable.bound if argument is None else argument
        for variable, argument in zip(variables, arguments, strict=True)
    }


def substitute(type_: Type | None, bindings: Bindings, depth: int = 0) -> Type | None:
    if type_ is None or not bindings:
        return type_
    head, arguments = type_
    if isinstance(head, TypeVariable):
        return bindings.get(head, type_)
    if not arguments:
        return type_
    if depth > MAX_NESTING:
        return None
    return head, tuple(substitute(item, bindings, depth + 1) for item in arguments)


def substitute_known(type_: Type, bindings: Bindings) -> Type:
    """Like `substitute`, of a type whose head is a class."""
    return type_[0], tuple(substitute(item, bindings, 1) for item in type_[1])


def bound_of(type_: Type | None) -> Type | None:
    """Return what a type variable is at least; other types stay. None also for a variable without a bound."""
    for _ in range(MAX_NESTING):
        if type_ is None or not isinstance(type_[0], TypeVariable):
            return type_
        type_ = type_[0].bound
    return None


def erased(type_: Type | None) -> object:
    """Return the erasure as something comparable: a class, a primitive's name, a pair for arrays, None for Object."""
    known = bound_of(type_)
    if known is None:
        return None
    head, arguments = known
    if head == ARRAY:
        return ARRAY, erased(arguments[0])
    return None if isinstance(head, JavaClass) and head.is_root else head


def as_super(type_: Type, target: JavaClass) -> Type | None:
    """Return `type_` seen as its supertype `target`, with arguments; None when it is none."""
    head = type_[0]
    if head is target:
        return type_
    if not isinstance(head, JavaClass):
        return None
    for ancestor in head.ancestors():
        if ancestor[0] is target:
            return substitute_known(ancestor, bindings_of(type_))
    return None


def arguments_of(text: str) -> list[str]:
    """Split `A,Map[B,C]` at its top-level commas."""
    parts: list[str] = []
    depth = start = 0
    for index, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part]
