"""How Java's types convert when they are passed, and which parameter type is the more specific.

Level 0 is the strict phase (identity, widening), 1 the loose one (boxing), 2 what may exist between classes of which we
only know the names. A lambda or a method reference has the type
`(FunctionShape, ())`.
Source: The Java Language Specification, 5.1 to 5.3 and 15.12.2.
"""

from __future__ import annotations

from indexers.languages.java.library import Library
from indexers.languages.java.terms import (
    ARRAY,
    NULL,
    NUMERIC,
    PRIMITIVES,
    Bindings,
    FunctionShape,
    JavaClass,
    Method,
    Type,
    TypeVariable,
    as_super,
    bindings_of,
    bound_of,
    erased,
    substitute,
)

STRICT, LOOSE, MAYBE = 0, 1, 2

_BOXES = {
    "boolean": "Boolean",
    "byte": "Byte",
    "short": "Short",
    "char": "Character",
    "int": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "void": "Void",
}
_WIDENS = {
    "byte": (*NUMERIC[3:], "short"),
    "short": NUMERIC[3:],
    "char": NUMERIC[3:],
    "int": NUMERIC[4:],
    "long": NUMERIC[5:],
    "float": NUMERIC[6:],
}
_OF_OBJECT = {("equals", 1), ("hashCode", 0), ("toString", 0)}
_ARRAY_BASES = frozenset({"java.lang.Object", "java.lang.Cloneable", "java.io.Serializable"})


class JavaConversions:
    by_phase = True

    def __init__(self, library: Library) -> None:
        self.library = library
        self._functions: dict[JavaClass, tuple[Method, Bindings] | None] = {}
        self.boxes: dict[str, JavaClass] = {}
        for primitive, name in _BOXES.items():
            box = library.by_simple_name(name)
            if box is not None:
                self.boxes[primitive] = box
        self._unboxes = {box: primitive for primitive, box in self.boxes.items()}

    def boxed(self, type_: Type | None) -> Type | None:
        """Return the reference type of a primitive; others stay."""
        if type_ is not None and isinstance(type_[0], str) and type_[0] in self.boxes:
            return self.boxes[type_[0]], ()
        return type_

    def unboxed(self, type_: Type | None) -> str:
        """Return the primitive that a type is or unboxes to, empty for any other."""
        known = bound_of(type_)
        if known is None:
            return ""
        head = known[0]
        if isinstance(head, str):
            return head if head in PRIMITIVES else ""
        return self._unboxes.get(head, "") if isinstance(head, JavaClass) else ""

    def level(self, argument: Type, parameter: Type) -> int:
        if argument == parameter:
            return STRICT
        if isinstance(argument[0], FunctionShape):
            return self._function_level(argument[0], parameter)
        wanted = bound_of(parameter) or self.library.object
        head = wanted[0]
        if argument == NULL:
            return -1 if isinstance(head, str) and head in PRIMITIVES else STRICT
        if isinstance(argument[0], str) and argument[0] in PRIMITIVES:
            return self._primitive_level(argument[0], wanted)
        given = bound_of(argument) or self.library.object
        if isinstance(head, str) and head in PRIMITIVES:
            primitive = self.unboxed(given)
            return LOOSE if primitive and (primitive == head or head in _WIDENS.get(primitive, ())) else -1
        return self._widening(given, wanted)

    def _primitive_level(self, name: str, wanted: Type) -> int:
        head = wanted[0]
        if isinstance(head, str) and head in PRIMITIVES:
            return STRICT if head == name or head in _WIDENS.get(name, ()) else -1
        box = self.boxes.get(name)
        return LOOSE if box is not None and self._widening((box, ()), wanted) == STRICT else -1

    def _widening(self, given: Type, wanted: Type) -> int:
        """Return whether a reference type is below another: `STRICT`, `MAYBE` or -1."""
        given_head, wanted_head = given[0], wanted[0]
        if wanted_head == ARRAY:
            return self._elements_fit(given[1][0], wanted[1][0]) if given_head == ARRAY else -1
        if given_head == ARRAY:
            return STRICT if isinstance(wanted_head, JavaClass) and wanted_head.name in _ARRAY_BASES else -1
        if not isinstance(given_head, JavaClass) or not isinstance(wanted_head, JavaClass):
            return -1
        if as_super(given, wanted_head) is not None or wanted_head.is_root or same_name(given_head, wanted_head):
            return STRICT
        # A class that we know by name only may be below any class but one of the project.
        return MAYBE if given_head.has_unknown_ancestor() and wanted_head.symbol < 0 else -1

    def _elements_fit(self, given: Type | None, wanted: Type | None) -> int:
        if given is None or wanted is None:
            return STRICT
        one, other = bound_of(given) or self.library.object, bound_of(wanted) or self.library.object
        if _is_primitive(one) or _is_primitive(other):
            return STRICT if one[0] == other[0] else -1
        return self._widening(one, other)

    def _function_level(self, shape: FunctionShape, parameter: Type) -> int:
        if isinstance(parameter[0], TypeVariable) and parameter[0].bound is None:
            return STRICT
        wanted = bound_of(parameter)
        if wanted is None or not isinstance(wanted[0], JavaClass):
            return -1
        if wanted[0].is_opaque:
            return MAYBE
        found = self.function_of(wanted[0])
        if found is None:
            return MAYBE if wanted[0].is_interface and wanted[0].has_unknown_ancestor() else -1
        method = found[0]
        if shape.arity < 0:
            return STRICT
        if len(method.parameters) != shape.arity:
            return -1
        void = method.result is not None and method.result[0] == "void"
        return STRICT if (shape.may_not if void else shape.gives) else -1

    def function_of(self, head: JavaClass) -> tuple[Method, Bindings] | None:
        """Return the one abstract method of a functional interface, with the bindings of its class's variables."""
        if head not in self._functions:
            self._functions[head] = self._find_function(head) if head.is_interface else None
        return self._functions[head]

    def _find_function(self, head: JavaClass) -> tuple[Method, Bindings] | None:
        found: dict[tuple[object, ...], tuple[Method, Bindings]] = {}
        for ancestor in head.ancestors():
            owner = ancestor[0]
            if not isinstance(owner, JavaClass) or not owner.is_interface:
                continue
            bindings = bindings_of(ancestor)
            for method in owner.abstract_methods():
                if (method.name, len(method.parameters)) in _OF_OBJECT:
                    continue
                nearest = self._nearest(head, method, bindings)
                if nearest is not None:
                    shape = tuple(erased(substitute(item, bindings)) for item in method.parameters)
                    found.setdefault((method.name, *shape), nearest)
        return next(iter(found.values())) if len(found) == 1 else None

    @staticmethod
    def _nearest(head: JavaClass, method: Method, bindings: Bindings) -> tuple[Method, Bindings] | None:
        """Return the method that overrides this one closest to `head`, None when that one has a body."""
        shape = [erased(substitute(item, bindings)) for item in method.parameters]
        for other, theirs in head.members(method.name):
            if [erased(substitute(item, theirs)) for item in other.parameters] == shape:
                return (other, theirs) if other.abstract else None
        return method, bindings

    def narrower(self, one: Type, other: Type, argument: Type | None) -> bool:
        if (
            argument is not None
            and isinstance(argument[0], FunctionShape)
            and self._narrower_function(one, other, argument[0])
        ):
            return True
        if isinstance(one[0], str) and one[0] in PRIMITIVES:
            return isinstance(other[0], str) and (one[0] == other[0] or other[0] in _WIDENS.get(one[0], ()))
        return not (isinstance(other[0], str) and other[0] in PRIMITIVES) and self.level(one, other) == STRICT

    def _narrower_function(self, one: Type, other: Type, shape: FunctionShape) -> bool:
        if not shape.explicit or not isinstance(one[0], JavaClass) or not isinstance(other[0], JavaClass):
            return False
        mine, theirs = self.function_of(one[0]), self.function_of(other[0])
        if mine is None or theirs is None or theirs[0].result is None:
            return False
        return theirs[0].result[0] == "void" and mine[0].result != theirs[0].result


def _is_primitive(type_: Type) -> bool:
    return isinstance(type_[0], str) and type_[0] in PRIMITIVES


def same_name(one: JavaClass, other: JavaClass) -> bool:
    """Whether two classes that are known by name only are one: a name may be qualified or not."""
    if not (one.is_opaque and other.is_opaque):
        return False
    short, long = sorted((one.name, other.name), key=len)
    return long.endswith(f".{short}") or long == short
