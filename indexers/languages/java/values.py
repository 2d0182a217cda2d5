"""The static types of Java's expressions, from their access paths."""

from __future__ import annotations

from indexers.languages.java.answers import NOTHING, Value, own_type
from indexers.languages.java.questions import MAX_DEPTH
from indexers.languages.java.terms import (
    ARRAY,
    NULL,
    JavaClass,
    Type,
    as_super,
    bindings_of,
    bound_of,
    substitute,
)
from indexers.languages.java.variables import Variables

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


class Values(Variables):
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
            return own_type(around) if around is head and around is not None else (head, ())
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
