"""What questions about Java's types are answered with: members, values, and what a call means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from indexers.languages.java.terms import Bindings, JavaClass, Method, Type, substitute

Member: TypeAlias = "tuple[Method, Bindings]"
"""A method and what the type variables of its class stand for."""
Value: TypeAlias = "tuple[Type | None, bool]"
"""A type, and whether the expression names the type itself."""
NOTHING: Value = (None, False)


@dataclass(slots=True)
class Answer:
    """What a call means. `methods`: one, or the candidates left, in and outside the project.

    implicit: the class whose unwritten constructor is called. outside: the qualified name of a target outside the project.
    certain: whether everything that decides it was known. result: the type of the call where that is plain; else it follows from the methods.
    """

    methods: tuple[Member, ...] = ()
    implicit: JavaClass | None = None
    outside: str = ""
    certain: bool = True
    result: Type | None = None
    receiver: Type | None = None


def own_type(around: JavaClass) -> Type:
    return around, tuple((variable, ()) for variable in around.variables)


def composed(inner: Bindings, outer: Bindings) -> Bindings:
    """Return bindings whose values are seen through others."""
    if not inner or not outer:
        return inner
    return {variable: substitute(value, outer) for variable, value in inner.items()}


def parameter_met(method: Method, position: int) -> Type | None:
    """Return the parameter type that the argument at `position` meets, of a variadic one the element."""
    parameters = method.parameters
    if position < len(parameters):
        return parameters[position]
    return parameters[-1] if method.variadic and parameters else None
