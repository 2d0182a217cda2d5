"""What Java's own library offers: its classes, from `jdk.txt`, read when asked for.

`jdk.txt` is printed by `benchmarks/callgraph/oracles/JdkSignatures.java` from a running JDK: a `package` line, then a
line `class|interface Name <T;E:Bound> Super[T];Other`, then one indented line a member: `field Type`, or
`method(Type;Type) flags <T> Result` with flags `s`tatic, `a`bstract, `v`ariadic or `-`. Types are type expressions of the
facts, classes in them by their simple names, which are unique here; of a wildcard the bound is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from indexers.languages.java.terms import ARRAY, PRIMITIVES, JavaClass, Method, Type, TypeVariable, arguments_of

_FILE = Path(__file__).with_name("jdk.txt")

Heads = Callable[[str], "JavaClass | TypeVariable | None"]


def read_type(text: str, head_of: Heads) -> Type | None:
    """Return the type that a type expression means; None when it is empty or its head is not known."""
    if text.startswith(ARRAY):
        return ARRAY, (read_type(text[2:], head_of),)
    if text in PRIMITIVES:
        return text, ()
    if text == "?":
        return None
    name, bracket, rest = text.partition("[")
    if "|" in name:
        name, bracket = name.partition("|")[0], ""
    head = head_of(name) if name else None
    if head is None:
        return None
    if not bracket:
        return head, ()
    return head, tuple(read_type(item, head_of) for item in arguments_of(rest[: rest.rfind("]")]))


def read_variables(text: str) -> tuple[tuple[TypeVariable, str], ...]:
    """Return the type variables of `<T;E:Bound>` with their bounds unread."""
    found = []
    for item in text.strip("<>").split(";"):
        name, _, bound = item.partition(":")
        if name:
            found.append((TypeVariable(name), bound))
    return tuple(found)


class LibraryClass(JavaClass):
    def __init__(self, library: Library, package: str, head: str, body: str) -> None:
        kind, name, variables, *supers = head.split(" ")
        super().__init__(f"{package}.{name}", is_interface=kind == "interface")
        self._library = library
        self._simple = name
        self._supers_text = supers[0] if supers else ""
        self._body = body
        self._variables = read_variables(variables)
        self._lines: dict[str, list[str]] | None = None
        self._supertypes: list[Type] | None = None
        self._methods: dict[str, list[Method]] = {}
        self._bounded = False

    @property
    def variables(self) -> tuple[TypeVariable, ...]:
        if not self._bounded:
            self._bounded = True
            for variable, bound in self._variables:
                variable.bound = read_type(bound, self._head) if bound else None
        return tuple(variable for variable, _ in self._variables)

    def _head(self, name: str) -> JavaClass | TypeVariable | None:
        for variable, _ in self._variables:
            if variable.name == name:
                return variable
        return self._library.by_simple_name(name)

    def supertypes(self) -> Sequence[Type]:
        if self._supertypes is None:
            self._supertypes = []
            for text in self._supers_text.split(";") if self._supers_text else ():
                read = read_type(text, self._head)
                if read is not None:
                    self._supertypes.append(read)
            if self.name != "java.lang.Object":
                self._supertypes.append(self._library.object)
        return self._supertypes

    def _members_of(self, name: str) -> list[str]:
        if self._lines is None:
            self._lines = {}
            for line in self._body.split("\n"):
                end = min((at for at in (line.find("("), line.find(" ")) if at >= 0), default=len(line))
                if line[1:end]:
                    self._lines.setdefault(line[1:end], []).append(line[end:])
        return self._lines.get(name, [])

    def own_methods(self, name: str) -> Sequence[Method]:
        found = self._methods.get(name)
        if found is None:
            lines = self._members_of(name)
            found = self._methods[name] = [self._method(name, line) for line in lines if line.startswith("(")]
        return found

    def _method(self, name: str, line: str) -> Method:
        close = line.index(")")
        flags, variables_text, result = line[close + 2 :].split(" ", 2)
        variables = read_variables(variables_text)
        own = {variable.name: variable for variable, _ in variables}

        def head(text: str) -> JavaClass | TypeVariable | None:
            return own.get(text) or self._head(text)

        for variable, bound in variables:
            variable.bound = read_type(bound, head) if bound else None
        texts = line[1:close].split(";") if close > 1 else []
        variadic = "v" in flags
        if variadic:
            texts[-1] = texts[-1].removeprefix(ARRAY)
        return Method(
            name,
            self,
            tuple(read_type(text, head) for text in texts),
            read_type(result, head),
            variables=tuple(variable for variable, _ in variables),
            variadic=variadic,
            static="s" in flags,
            abstract="a" in flags,
        )

    def abstract_methods(self) -> Sequence[Method]:
        self._members_of("")
        assert self._lines is not None
        names = [name for name, lines in self._lines.items() if any(") a" in line for line in lines)]
        return [method for name in names for method in self.own_methods(name) if method.abstract]

    def own_field(self, name: str) -> tuple[Type | None, int] | None:
        for line in self._members_of(name):
            if line.startswith(" "):
                return read_type(line[1:], self._head), -1
        return None

    def own_nested(self, name: str) -> JavaClass | None:
        return self._library.by_simple_name(f"{self._simple}.{name}")

    def constructors(self) -> Sequence[Method]:
        return self.own_methods("<init>")


class Library:
    """The classes of `jdk.txt`, by simple and by qualified name."""

    def __init__(self, text: str) -> None:
        self._entries: dict[str, tuple[str, str, str]] = {}
        self._classes: dict[str, LibraryClass] = {}
        self.packages: dict[str, frozenset[str]] = {}
        for part in text.split("\npackage ")[1:]:
            package, _, rest = part.partition("\n")
            names = []
            for chunk in (
                rest.replace("\nclass ", "\n\x00class ").replace("\ninterface ", "\n\x00interface ").split("\x00")
            ):
                head, _, body = chunk.partition("\n")
                name = head.split(" ")[1]
                self._entries[name] = (package, head, body)
                names.append(name)
            self.packages[package] = frozenset(names)
        self.object: Type = (self._required("Object"), ())
        self.string: Type = (self._required("String"), ())

    def _required(self, name: str) -> JavaClass:
        found = self.by_simple_name(name)
        assert found is not None
        return found

    def by_simple_name(self, name: str) -> JavaClass | None:
        """Return the class of this name, nested ones as `Map.Entry`."""
        found = self._classes.get(name)
        if found is None and name in self._entries:
            found = self._classes[name] = LibraryClass(self, *self._entries[name])
        return found

    def find(self, package: str, name: str) -> JavaClass | None:
        """Return the class of a package."""
        return self.by_simple_name(name) if name in self.packages.get(package, ()) else None


@cache
def library() -> Library:
    """Return the library; read once a process (10 ms)."""
    return Library(_FILE.read_text("utf-8"))
