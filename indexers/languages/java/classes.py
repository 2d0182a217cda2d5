"""The classes of a program and what their names mean where they are written.

Scope of a type name, in order: type parameters and local classes, member classes (inherited ones too) of the classes
around, the file's imports by name, the package, imports on demand, `java.lang`.
Source: The Java Language Specification, 6.4.1, 6.5.5 and 7.5.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexers.facts import Definition, Flag, Import, ScopeKind
from indexers.languages.java.library import Library, library, read_type
from indexers.languages.java.terms import (
    ARRAY,
    JavaClass,
    Method,
    Type,
    TypeVariable,
)
from indexers.resolution.program import CONSTRUCTOR_NAME, Bind, Program

_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)
_DECLARATION = int(Flag.DECLARATION)
_ABSTRACT = int(Flag.ABSTRACT)
_PRIVATE = int(Flag.PRIVATE)
_CLASSES = ("class", "interface")
_CLASS_SCOPE = int(ScopeKind.CLASS)

Head = JavaClass | TypeVariable


class ProjectClass(JavaClass):
    """A class that the program defines; what it has is read from the facts when asked for."""

    def __init__(self, classes: Classes, symbol: int, definition: Definition) -> None:
        super().__init__(definition.name, symbol, is_interface=definition.kind == "interface")
        self._classes = classes
        self._definition = definition
        self._scope = classes.program.home_scope(symbol)
        self._body = classes.program.body_scope(symbol)
        self._variables: tuple[TypeVariable, ...] | None = None
        self._supertypes: list[Type] | None = None
        self._methods: dict[str, list[Method]] = {}
        self.is_record = "java.lang.Record" in definition.bases

    @property
    def variables(self) -> tuple[TypeVariable, ...]:
        if self._variables is None:
            self._variables = tuple(TypeVariable(item.name) for item in self._definition.type_parameters)
            for variable, item in zip(self._variables, self._definition.type_parameters, strict=True):
                variable.bound = read_type(item.type, self._head_of_base) if item.type else None
        return self._variables

    def supertypes(self) -> Sequence[Type]:
        if self.reading:
            return ()
        if self._supertypes is None:
            self.reading = True
            found: list[Type] = []
            for text in (*self._definition.bases, *self._definition.implements):
                read = read_type(text, self._head_of_base)
                if read is not None and isinstance(read[0], JavaClass) and read[0] is not self:
                    found.append(read)
            found.append(self._classes.library.object)
            self._supertypes = found
            self.reading = False
        return self._supertypes

    def _head_of_base(self, name: str) -> Head | None:
        for variable in self.variables:
            if variable.name == name:
                return variable
        return self._classes.head(self._scope, name)

    def own_methods(self, name: str) -> Sequence[Method]:
        found = self._methods.get(name)
        if found is None:
            found = self._methods[name] = self._classes.methods(self, self._body, name)
            if name in ("values", "valueOf", "ordinal") and not found:
                found.extend(self._enum_methods(name))
        return found

    def _enum_methods(self, name: str) -> list[Method]:
        if not any(base.startswith("java.lang.Enum[") for base in self._definition.bases) or name == "ordinal":
            return []
        own: Type = (self, ())
        if name == "values":
            return [Method(name, self, (), (ARRAY, (own,)), static=True)]
        return [Method(name, self, (self._classes.library.string,), own, static=True)]

    def abstract_methods(self) -> Sequence[Method]:
        if self._body < 0:
            return ()
        names = [name for name, bindings in self._classes.program.scope_names[self._body].items() if bindings]
        return [method for name in names for method in self.own_methods(name) if method.abstract]

    def is_private_field(self, name: str) -> bool:
        program = self._classes.program
        return any(
            kind == Bind.DEFINITION and program.files[file].facts.definitions[index].flags & _PRIVATE
            for kind, file, index in program.scope_names[self._body].get(name, ())
        )

    def own_field(self, name: str) -> tuple[Type | None, int] | None:
        if self._body < 0:
            return None
        program = self._classes.program
        for kind, file, index in program.scope_names[self._body].get(name, ()):
            if kind == Bind.DEFINITION:
                definition = program.files[file].facts.definitions[index]
                if definition.kind == "variable":
                    return self._classes.type(self._body, definition.type), program.symbol(file, index)
        return None

    def own_nested(self, name: str) -> JavaClass | None:
        return self._classes.class_in(self._body, name) if self._body >= 0 else None

    def constructors(self) -> Sequence[Method]:
        found = self.own_methods(CONSTRUCTOR_NAME)
        if not self.is_record:
            return found
        components = tuple(self._classes.type(self._body, item.type) for item in self._definition.parameters)
        if any(len(method.parameters) == len(components) for method in found):
            return found
        variadic = any(item.flags & _VARIADIC for item in self._definition.parameters)
        return [*found, Method(self.name, self, components, None, symbol=self.symbol, variadic=variadic)]


class Classes:
    """Finds the classes of a program, and reads its types. Every answer is kept."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.library: Library = library()
        self._classes: dict[int, ProjectClass] = {}
        self._opaque: dict[str, JavaClass] = {}
        self._heads: dict[tuple[int, str], Head | None] = {}
        self._types: dict[tuple[int, str], Type | None] = {}
        self._variables: dict[int, tuple[TypeVariable, ...]] = {}
        self._pending: set[tuple[int, str]] = set()

    def of_symbol(self, symbol: int) -> ProjectClass:
        found = self._classes.get(symbol)
        if found is None:
            definition = self.program.definition(symbol)
            assert definition is not None
            found = self._classes[symbol] = ProjectClass(self, symbol, definition)
        return found

    def opaque(self, name: str) -> JavaClass:
        """Return the class that is only known by its name."""
        found = self._opaque.get(name)
        if found is None:
            found = self._opaque[name] = JavaClass(name, is_opaque=True)
        return found

    def class_in(self, scope: int, name: str) -> ProjectClass | None:
        """Return the class that this very scope defines under the name."""
        for kind, file, index in self.program.scope_names[scope].get(name, ()):
            if kind == Bind.DEFINITION and self.program.files[file].facts.definitions[index].kind in _CLASSES:
                return self.of_symbol(self.program.symbol(file, index))
        return None

    def methods(self, owner: ProjectClass, body: int, name: str) -> list[Method]:
        """Return the methods that a class body defines under the name; `CONSTRUCTOR_NAME`: the constructors."""
        program, found = self.program, []
        for kind, file, index in program.scope_names[body].get(name, ()) if body >= 0 else ():
            if kind == Bind.DEFINITION:
                definition = program.files[file].facts.definitions[index]
                if definition.kind == "method":
                    found.append(self._method(owner, program.symbol(file, index), definition, body))
        return found

    def _method(self, owner: ProjectClass, symbol: int, definition: Definition, body: int) -> Method:
        variables = self.variables_of(symbol, definition)
        own = {variable.name: variable for variable in variables}

        def read(text: str) -> Type | None:
            if not own:
                return self.type(body, text)
            return read_type(text, lambda name: own.get(name) or self.head(body, name))

        flags = definition.flags
        parameters = definition.parameters
        abstract = bool(flags & _ABSTRACT or (flags & _DECLARATION and owner.is_interface))
        return Method(
            definition.name,
            owner,
            tuple(read(item.type) for item in parameters),
            read(definition.type) if definition.type else ("void", ()),
            variables=variables,
            symbol=symbol,
            variadic=bool(parameters and parameters[-1].flags & _VARIADIC),
            static=bool(flags & _STATIC),
            abstract=abstract and not flags & _STATIC,
            private=bool(flags & _PRIVATE),
        )

    def variables_of(self, symbol: int, definition: Definition) -> tuple[TypeVariable, ...]:
        """Return the type parameters of a method."""
        if not definition.type_parameters:
            return ()
        found = self._variables.get(symbol)
        if found is None:
            found = self._variables[symbol] = tuple(TypeVariable(item.name) for item in definition.type_parameters)
            home = self.program.home_scope(symbol)
            own = {variable.name: variable for variable in found}
            for variable, item in zip(found, definition.type_parameters, strict=True):
                if item.type:
                    variable.bound = read_type(item.type, lambda name: own.get(name) or self.head(home, name))
        return found

    # names

    def type(self, scope: int, text: str) -> Type | None:
        """Return the type that a type expression written in `scope` means."""
        if not text:
            return None
        key = (scope, text)
        if key not in self._types:
            self._types[key] = read_type(text, lambda name: self.head(scope, name))
        return self._types[key]

    def head(self, scope: int, name: str) -> Head | None:
        """Return what a type name written in `scope` means; a class that nothing explains is only known by its name."""
        found = self.find(scope, name)
        return found if found is not None else self.opaque(name)

    def find(self, scope: int, name: str) -> Head | None:
        """Like `head`, but None for what nothing explains."""
        key = (scope, name)
        if key in self._heads:
            return self._heads[key]
        if key in self._pending:
            return None  # a class that is asked for while its own bases are being read
        self._pending.add(key)
        found = self._heads[key] = self._dotted(scope, name) if "." in name else self._simple(scope, name)
        self._pending.discard(key)
        return found

    def _dotted(self, scope: int, name: str) -> Head | None:
        first, *rest = name.split(".")
        found = self.find(scope, first)
        if isinstance(found, JavaClass):
            for part in rest:
                nested = found.nested(part)
                if nested is None:
                    return self.opaque(name)
                found = nested
            return found
        return self.qualified(name)

    def _simple(self, scope: int, name: str) -> Head | None:
        program = self.program
        while scope >= 0:
            found: Head | None = self.class_in(scope, name)
            if found is not None:
                return found
            kind = program.scope_kind(scope)
            if kind != ScopeKind.BLOCK and kind != ScopeKind.MODULE:
                found = self._in_body(scope, kind, name)
                if found is not None:
                    return found
            parent = program.parent_scope(scope)
            if parent < 0:
                return self._in_file(scope, name)
            scope = parent
            known = self._heads.get((scope, name))
            if known is not None:
                return known
        return None

    def _in_body(self, scope: int, kind: int, name: str) -> Head | None:
        symbol = self.program.opener(scope)
        if self.program.body_scope(symbol) != scope:
            return None
        definition = self.program.definition(symbol)
        if definition is None:
            return None
        if kind == _CLASS_SCOPE:
            around = self.of_symbol(symbol)
            if definition.type_parameters:
                for variable in around.variables:
                    if variable.name == name:
                        return variable
            if definition.name == name:
                return around
            if definition.bases or definition.implements:
                return around.nested(name)
            return None
        for variable in self.variables_of(symbol, definition):
            if variable.name == name:
                return variable
        return None

    def _in_file(self, scope: int, name: str) -> Head | None:
        program = self.program
        file = program.scope_file[scope]
        imports = program.files[file].facts.imports
        for kind, _, index in program.scope_names[scope].get(name, ()):
            if kind == Bind.IMPORT:
                item = imports[index]
                return self.qualified(f"{item.module}.{item.name}") or self.opaque(f"{item.module}.{item.name}")
        found = self._in_package(program.files[file].facts.package, name)
        if found is not None:
            return found
        for index in program.star_scopes.get(scope, ()):
            found = self._on_demand(imports[index], name)
            if found is not None:
                return found
        return self.library.find("java.lang", name)

    def _on_demand(self, item: Import, name: str) -> JavaClass | None:
        found = self._in_package(item.module, name) or self.library.find(item.module, name)
        if found is None and item.module.rpartition(".")[2][:1].isupper():
            owner = self.qualified(item.module)
            found = owner.nested(name) if isinstance(owner, JavaClass) else None
        return found

    def _in_package(self, package: str, name: str) -> JavaClass | None:
        namespace = self.program.namespaces.get(package, -1)
        for kind, file, index in self.program.namespace_names[namespace].get(name, ()) if namespace >= 0 else ():
            if kind == Bind.DEFINITION and self.program.files[file].facts.definitions[index].kind in _CLASSES:
                return self.of_symbol(self.program.symbol(file, index))
        return None

    def qualified(self, name: str) -> JavaClass | None:
        """Return the class of a qualified name `package.Outer.Inner`, None when neither project nor library has it."""
        package, _, first = name.rpartition(".")
        rest: list[str] = []
        while True:
            found = self._in_package(package, first) or self.library.find(package, first)
            if found is not None:
                for part in rest:
                    nested = found.nested(part)
                    if nested is None:
                        return None
                    found = nested
                return found
            if not package:
                return None
            rest.insert(0, first)
            package, _, first = package.rpartition(".")

    def enclosing(self, scope: int) -> ProjectClass | None:
        """Return the class whose body the scope is, or is in."""
        while scope >= 0:
            if self.program.scope_kind(scope) == _CLASS_SCOPE:
                return self.of_symbol(self.program.opener(scope))
            scope = self.program.parent_scope(scope)
        return None
