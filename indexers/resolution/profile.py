"""The differences between languages that the resolver needs, declared once a language.

A *namespace* is a table of names that files share: a Python module, a Go package, a Java package, a Rust module, a
JavaScript file, the one global namespace of C. Its key is a string of the profile's choice; keys of two languages never
meet, because resolution runs language family by language family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from indexers.facts import Definition, FileFacts, Import
from indexers.resolution.layout import Layout


class Profile:
    """Base profile: a language without packages, receivers or inheritance. Subclasses override what differs."""

    class_attribute: ClassVar[str] = ""
    """The member of an object that is its class (`__class__`)."""
    reading_runs_getters: ClassVar[bool] = False
    """Reading a property runs its getter, and setting it its setter."""
    heirs_answer: ClassVar[bool] = False
    """Whether a method may ask its object for what only the classes below its own have (mixins)."""
    missing_member: ClassVar[str] = ""
    """The method that answers for the attributes that a class lacks (`__getattr__`)."""
    special_methods: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Method that an operator or a statement calls -> what it calls, the first that is there (`+=`: `__iadd__`, `__add__`)."""
    setting_member: ClassVar[str] = ""
    """The method that runs when an attribute is set (`__setattr__`)."""
    implied_members: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Builtin -> the methods of its first argument of which it calls the first that is there (`str(x)`: `x.__str__`)."""
    content_methods: ClassVar[dict[str, str]] = {}
    """Methods of the language's own containers that give what is inside: `element`, `values`, `pairs` of key and value,
    or `same` (a copy, a view)."""
    wrapping_decorators: ClassVar[frozenset[str]] = frozenset()
    """Decorators that make the decorated function stand for another (`functools.wraps`)."""
    follows_arguments: ClassVar[bool] = False
    """Parameters without a type mean what the calls of their function give them."""
    separator: ClassVar[str] = "."
    """Between the parts of a qualified name."""
    class_scope_visible: ClassVar[bool] = False
    """A bare name in a method body may mean a member of the enclosing class or of its bases (Java, C++)."""
    receiver_names: ClassVar[frozenset[str]] = frozenset()
    """Names of the implicit receiver that are not parameters (`this`, `self` in Rust)."""
    static_receiver_is_class: ClassVar[bool] = False
    """The receiver of a static method is the class (`this` in JavaScript)."""
    receiver_parameter: ClassVar[bool] = False
    """The first parameter of a method is its receiver (Python)."""
    any_types: ClassVar[frozenset[str]] = frozenset()
    """Types that say nothing."""
    idle_bases: ClassVar[frozenset[str]] = frozenset()
    """Bases outside the project that call nothing of their heirs: they only mark them (`typing.Generic`)."""
    own_type_names: ClassVar[frozenset[str]] = frozenset()
    """Names of the enclosing type itself (`Self`)."""
    super_names: ClassVar[frozenset[str]] = frozenset()
    """Access path heads of the parent class: `super()`, `super`."""
    super_calls_constructor: ClassVar[bool] = False
    """`super(...)` by itself calls the parent's constructor (Java, JavaScript); in Python it is only the proxy."""
    constructor_names: ClassVar[tuple[str, ...]] = ()
    """Members that a construction calls, in order (`__init__`, `constructor`); the class's own name is tried in Java and C++."""
    constructor_is_class_name: ClassVar[bool] = False
    private_is_per_file: ClassVar[bool] = False
    """A definition marked PRIVATE is seen in its own file only (C `static`), not in the rest of its namespace."""
    imports_are_members: ClassVar[bool] = True
    """What a module imports can be imported from it (Python); else only what it re-exports on purpose (JavaScript, Rust)."""
    shared_namespaces: ClassVar[bool] = False
    """A namespace has several files (Go, Java): it gets a package symbol of its own, imports point at it, and the module
    symbol of a file is named by its path."""
    structural_interfaces: ClassVar[bool] = False
    """A type implements an interface by having its methods (Go)."""
    external_members: ClassVar[Mapping[str, frozenset[str]]] = {}
    """External class -> all members of its objects, where they are known: it answers for no other name."""
    external_bases_answer: ClassVar[bool] = True
    """A member that the project's classes lack is taken to come from a base outside; not from a trait (Rust)."""
    pointers_are_dropped: ClassVar[bool] = False
    """A pointer has the type of what it points to: a subscript of one gives that again, unless `operator[]` says else."""
    textual_macros: ClassVar[bool] = False
    """What a macro's body calls is called where the macro is used; the use itself is a reference (C)."""
    call_member: ClassVar[str] = "__call__"
    """The method that runs when an object itself is called."""
    links_globally: ClassVar[bool] = False
    """A bare name not found in scope may mean an exported definition of any file of the family (C linkage)."""
    overloads_by_arity: ClassVar[bool] = False
    """Several definitions of a name are told apart by their number of parameters (Java, C++)."""
    defaults_are_declared: ClassVar[bool] = False
    """The default arguments of a function stand in its declaration, not where its body is (C++)."""
    methods_apart: ClassVar[bool] = False
    """Methods have names of their own: `total()` never means the variable `total` (Java)."""
    fields_are_apart: ClassVar[bool] = False
    """A field and a method may share a name: `self.codec` is the field, `self.codec()` the method (Rust, Java)."""
    class_body_is_scope: ClassVar[bool] = True
    """What is written directly in a class body sees the members by their bare names (not the fields of a Go struct)."""
    transparent_types: ClassVar[dict[str, int]] = {}
    """Type heads that stand for one of their arguments, with its index: `Optional[X]` is an X, `Box[X]` is an X."""
    transparent_members: ClassVar[frozenset[str]] = frozenset()
    """Methods that give back their receiver or its content (`unwrap`, `clone` in Rust)."""
    wrappers: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Type head -> its own methods -> what they give (see `wrappers.py`); its other members are those of its content."""
    wrapper_content: ClassVar[Mapping[str, int]] = {}
    """Type head -> which of its arguments is the content."""
    elementwise: ClassVar[frozenset[str]] = frozenset()
    """Methods of the standard library that give a function in place what their receiver holds."""
    errorwise: ClassVar[frozenset[str]] = frozenset()
    """Methods that give a function in place the error of their receiver."""
    calls_functions_only: ClassVar[bool] = False
    """Writing a value (`Point{1, 2}`, `Point(1, 2)`) or using a macro refers to the type or the macro; nothing is called."""
    condition_macros: ClassVar[str] = ""
    negative_condition_macros: ClassVar[str] = ""
    """How the names of macros begin that stand for conditions (see `macro_conditions.py`), and of those that negate one."""
    has_impl_blocks: ClassVar[bool] = False
    """Methods stand in impl blocks outside their type, some of them for a trait (Rust)."""
    derived_constructors: ClassVar[frozenset[str]] = frozenset()
    """Functions that give a value of their type and that a type may have without writing them (`#[derive(Default)]`)."""
    blanket_methods: ClassVar[frozenset[str]] = frozenset()
    """Methods that a type most often has itself without writing them (`clone`, `into`)."""
    builtin_members: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Builtin types whose own methods are all known -> their names; any other is one that the project gives them."""
    mutating_members: ClassVar[frozenset[str]] = frozenset()
    """Methods of the standard library that change what they are called on."""
    dereferences: ClassVar[str] = ""
    """The associated type under which a class names what its values stand for as well (`Target` of `Deref`)."""
    yields: ClassVar[str] = ""
    """The associated type under which a class names what iteration over it gives (`Item`)."""
    builtins: ClassVar[frozenset[str]] = frozenset()
    """Names that every file sees without import; a call of one is external unless the project shadows it."""
    builtin_types: ClassVar[frozenset[str]] = frozenset()
    """The builtins that are types: calling one gives an object of it. What other builtins give back is unknown."""
    exports_name: ClassVar[str] = ""
    """What a module calls its own exports, where nothing else has that name."""
    exports_are_apart: ClassVar[bool] = False
    """What a module exports under another name has that name for others only."""
    module_value: ClassVar[str] = ""
    """Name under which a namespace holds what its module is as a whole (`default`): meant when the module is called, used
    as a type, or lacks the member asked for (CommonJS `module.exports = f`)."""
    aliases_are_types: ClassVar[bool] = False
    """An interface with a type stands for that type (TypeScript `type A = B`), members and all."""
    versions_narrow: ClassVar[bool] = False
    """A version of a name (`x~1`) is what a condition leaves of it, so a member that this lacks is one of the name's."""
    declared_types_rule: ClassVar[bool] = False
    """A variable has the type that it is declared with, whatever is assigned to it (TypeScript)."""
    patches_objects: ClassVar[bool] = False
    """A function assigned to a member of an object is that object's own: its class keeps what it has (JavaScript)."""
    primitives: ClassVar[frozenset[str]] = frozenset()
    """Builtin types without members of the project: of `Table | string` it is the Table that is called."""
    calling_members: ClassVar[frozenset[str]] = frozenset()
    """Members of a function that call it: `f.call(x)` calls f (JavaScript)."""
    path_heads: ClassVar[frozenset[str]] = frozenset()
    """Words that start a path where they stand: no `*` import brings them (`super` in Rust)."""
    stars_hide_underscores: ClassVar[bool] = True
    """`from m import *` leaves out names that start with an underscore (Python)."""
    keys_are_members: ClassVar[bool] = False
    """What a literal holds under a name is a member of it: `{run: f}.run` is f (JavaScript)."""
    callback_parameters: ClassVar[dict[str, tuple[str | None, ...]]] = {}
    """Methods of the language's own that call what they are given: method -> what follows the receiver's path to say what
    each parameter of the callback gets; None: not known. `xs.map(f)` calls f with `xs[]`."""
    common_members: ClassVar[frozenset[str]] = frozenset()
    """Members of the language's own types (`append`, `get`): never bound to a project symbol by name alone."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def namespace(self, path: str, facts: FileFacts) -> str:
        """Return the key of the namespace that the file's module scope belongs to."""
        return path

    def display_name(self, path: str, facts: FileFacts) -> str:
        """Return the qualified name of the file's module; the prefix of its symbols' qualified names."""
        return self.namespace(path, facts)

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        """Return the keys of the namespaces that `item.module` may mean, best first. Keys may not exist; none: external."""
        return []

    def imported_path(self, path: str, item: Import) -> str:
        """Return the project file that an import loads by path (a C include), empty when it loads none that way."""
        return ""

    namespaces_are_imported = True
    """Whether naming a namespace loads the files of it; in C++ only an include loads one."""

    namespace_words: frozenset[str] = frozenset()
    """The words that told what namespaces macros open: a macro of such a name may tell otherwise."""

    def macro_namespaces(self, files: Iterable[FileFacts]) -> Mapping[str, str]:
        """Return macro -> the namespace that it opens, empty for one that adds no name; asked once, before anything else."""
        return {}

    def member_namespaces(self, namespace: str, name: str) -> list[str]:
        """Return the keys of the namespaces nested in `namespace` under `name` (a Python submodule, a Rust module)."""
        return []

    def implicit_namespaces(self, path: str, facts: FileFacts) -> list[str]:
        """Return further namespaces whose names the file sees without import (a Rust prelude, a C++ parent)."""
        return []

    def visible_paths(self, path: str, facts_of: Mapping[str, FileFacts]) -> frozenset[str] | None:
        """Return the files whose definitions `path` sees first (its include closure), None when it does not matter.

        facts_of: path -> facts of every file of the family.
        """
        return None

    def includes_anew(self, path: str) -> None:
        """Forget which files one includes: its facts are others now."""

    def platform(self, path: str) -> str:
        """Return the platform that a file is written for: `linux`, `unix`, the name of another, or empty for all."""
        return ""

    def external_heads(self, path: str) -> frozenset[str]:
        """Return the names of packages outside the project that a file sees without import (a crate's dependencies)."""
        return frozenset()

    def lacks(self, path: str, marks: Iterable[str]) -> bool:
        """Whether the usual build of its package leaves out what has these decorators (features of a crate)."""
        return False

    def guesses(self, path: str, marks: Iterable[str]) -> bool:
        """Whether `lacks` goes by what is usual for these decorators, and not by what the package says."""
        return False

    def is_left_out(self, path: str) -> bool:
        """Whether the name of a file keeps it out of the usual build (`poll_windows.go`)."""
        return False

    def external_name(self, item: Import) -> str:
        """Return the dotted name of what an import outside the project brings."""
        parts = [part for part in (item.module.replace("::", ".").replace("/", "."), item.name) if part and part != "*"]
        return ".".join(parts).strip(".")

    def is_test_path(self, path: str) -> bool:
        """Whether files at `path` hold tests by the language's convention."""
        return False

    def is_test(self, path: str, definition: Definition) -> bool:
        """Whether this definition is a test by the language's convention."""
        return False
