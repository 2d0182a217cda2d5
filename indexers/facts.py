"""What a language pack says about one file: neutral facts, without any resolution.

Facts depend on the content alone (never on the path or on other files), so they are cached by content hash; those of a file that
uses macros of others (Rust) on the text of these too, which is part of the key then (`indexers.macro_links`). They are
encoded with MessagePack as arrays; change `FACTS_VERSION` whenever a field or an extractor's output changes.

**Access path**: an expression reduced to a chain, written as a string. Segments are joined by `.`; a call ends its
segment with `()`. A chain that does not start with a name starts with a literal mark: `#str`, `#num`, `#bool`, `#list`,
`#dict`, `#set`, `#tuple`, `#lambda`, or `#?` for an expression we do not follow.
Where types decide, literals are told apart further: `#int`, `#long`, `#float`, `#double`, `#char`, `#none` (null),
`#array@T` (a new array of T), `#class@T` (the class object of T), `#+a|b` (an arithmetic result of the operands a and b),
`#chain` (the result of the call before it, whose path got too long), `#anonymous@N` (the unnamed class of definition N).
Examples: `self.app.send_task`, `get_app().conf[].run`, `#str.join`, `super().save`. Construction in a language with a
`new` operator is the call of the class: `new a.B(1).run()` is `a.B().run`. Qualifiers such as `::` and `->` become `.`.

A **subscript** ends its segment with `[]`, or with its key where that is a literal: `d['name']`, `row[0]`, `row[-1]`
(a string key in single quotes, only letters, digits, `_` and `-`; a constant by its last name: `HANDLERS[START]`; any other
key is left out: `d[]`). `[:]` is a slice, `[2:]` one from a position on, `[?:]` one whose positions are not known,
`[*]` what iteration gives where that is not an element by its key (Python: the keys of a mapping, what an iterator yields).

A **function in place** (lambda, arrow function, closure, anonymous function) that is no definition is `#lambda@S`: S is
the index of the scope that it opens, of kind FUNCTION and with `definition` -1. Its parameters stand in
`Scope.parameters`, its results in `returns` under S (an expression body is a return), its calls under S; whoever reads
the relations sees these in the nearest symbol around. Scopes are numbered in source order, so the n-th such scope in a
symbol is its n-th lambda. A plain `#lambda` is one that we do not follow.

**Names put together** (Python): `self.visit_…` is one of the members whose names begin so (`getattr(self, "visit_" + kind)`).

**Versions** (Python, TypeScript): a local that is given another value is `x~1`, `x~2`... from there to the end of the block; in the
facts only, for whoever shows a path strips them. TypeScript: `x~1` is what a condition leaves of `x`, where it holds; its type says
by what: `?is[x,kind,=a]` (see `resolution.narrowing`).

**Patterns and closures** (Rust): `x.?` is the content of an `Option` or a `Result` (`?`, `Some(y)`), `Shape.Circle#radius`
or `Circle#0` what a pattern takes out of a variant or a structure (the enum's scope binds that name, with its type),
`x.::Shape::Circle#0` the same of a value `x`, whose type arguments count, and
`xs.map{0:1}` what a callee gives to the second parameter of the function in place that is its first argument.

A **container literal** whose content is worth following is `#dict@N`, `#list@N`, `#tuple@N`, `#set@N`: N is the index of
its `Container`. A generator returns `#iterator@N`, its container holds what it yields. Without `@` only the kind is known.

**Type expression**: `Head.dotted[Arg,Arg]`, alternatives joined by `|`; pointers, references, nullability, `const`
and lifetimes are dropped. Examples: `app.Task`, `dict[str,list[Task]]`, `A|B`. A slice or an array of T is `[]T`,
a channel or an iterator too; a function type is `func`, with what it is given and gives back where that is known:
`func[A,B,=>R]`. Types made of others: `param[1,F]` is what the second parameter of a function of type F has, `result[F]`
what it gives back, `member[a,T]` what the member `a` of a T is, `typeof[a.b]` what the value at an access path is. A type
of literals is `string[=a,=b]`, the result of a type guard for its first parameter `boolean[=>T]` (TypeScript). A type parameter
is `'T`, with its bounds `'T[Read|Seek]` (Rust); `Trait[Item=T]` names an associated type, and `where[Item=T]` among bounds is
what a clause demands of one.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from indexers.macro_links import MacroLinks
from knowledge.schema import FileIssue

FACTS_VERSION = 45

MAX_ENTRIES = 64


class ScopeKind(IntEnum):
    MODULE = 0
    CLASS = 1
    FUNCTION = 2
    BLOCK = 3
    NAMESPACE = 4


class Flag:
    """Marks of a definition, import or parameter. Plain ints, no enumeration: there each `|` and `&` is a Python call."""

    NONE: Final = 0
    ASYNC: Final = 1
    STATIC: Final = 2
    CLASS_METHOD: Final = 4
    PROPERTY: Final = 8
    ABSTRACT: Final = 16
    EXPORTED: Final = 32
    TEST: Final = 64
    DECLARATION: Final = 128
    """A prototype or a signature without a body (C header, interface method, overload signature)."""
    TYPE_ONLY: Final = 256
    REEXPORT: Final = 512
    CONDITIONAL: Final = 1024
    """Under `if`, `try` or a preprocessor condition."""
    VARIADIC: Final = 2048
    DEFAULT: Final = 4096
    """A parameter with a default value; an import or export of the module's default."""
    CONSTRUCTION: Final = 8192
    """A call written with `new` or as a composite literal: the callee is a type."""
    DECORATOR: Final = 16384
    """A call made by applying a decorator."""
    PRIVATE: Final = 32768
    """Visible in its file only (C `static`, unexported)."""
    MACRO: Final = 65536
    WRITE: Final = 131072
    """A reference that assigns; a method that takes its object to change it (Rust's `&mut self`)."""
    IMPLICIT: Final = 262144
    """A call that the language makes without its being written so (`__iter__` of a loop, the constructor of a raised class):
    a relation when it means something inside the project, nothing when not."""
    INACTIVE: Final = 524288
    """A definition or an import that the usual build leaves out (`#[cfg(windows)]`, `//go:build !linux`, `#ifdef _WIN32`): means something
    only where nothing active of its name does."""
    POINTER: Final = 1048576
    """A variable or parameter that holds the address of what its type says (C, C++); a reference that takes an address to change what
    is there (Rust's `&mut x.y`)."""
    KEYWORDS: Final = 2097152
    """A variadic parameter that takes the keyword arguments (`**options`)."""
    DERIVES: Final = 4194304
    """A macro that makes a class which derives from its first argument: a block behind its use is a method of that class."""
    CONFIGURED: Final = 8388608
    """A build that configures nothing leaves it out; with INACTIVE, it has something else in its place. What is chosen because of
    that is inferred."""


class Parameter(msgspec.Struct, array_like=True, gc=False):
    """`default` is the access path of the default value, read where the function is defined; empty when not followed."""

    name: str
    type: str = ""
    flags: int = 0
    default: str = ""


class Scope(msgspec.Struct, array_like=True, gc=False):
    """A naming scope. `definition` is the index of the definition that opens it, -1 for the module or a plain block.

    Scope 0 is the module; a parent comes before its children. BLOCK only where the language scopes names to blocks
    and the extractor wants it; most packs flatten blocks into their function. `parameters` are those of a function in
    place (`#lambda@S`); those of a definition stand in the definition. `macro`: a namespace that a macro opens
    (`BEGIN_NAMESPACE`), which its body names wherever that is written.
    """

    kind: ScopeKind
    parent: int
    definition: int
    parameters: list[Parameter] = []
    macro: str = ""


class Definition(msgspec.Struct, array_like=True, gc=False):
    """A definition. `scope` is where its name lives, `opens` the scope of its body (-1: none).

    kind: a value of `knowledge.schema.SymbolKind`: class, interface, function, method, variable, or package for a
    C++/Rust/TypeScript namespace. line/column: of the name; start_line..end_line: the whole definition with its
    decorators. signature: one line, at most 300 characters, as in the source, body left out. docstring: plain text,
    at most 2,000 characters. type: declared type of a variable or field, return type of a function.
    receiver: type expression of the type a method belongs to when it is written outside it (Go receiver, Rust impl,
    C++ `A::f`), else empty. bases: type expressions, in order; `implements` those known to be interfaces or traits.
    """

    name: str
    kind: str
    scope: int
    opens: int
    line: int
    column: int
    start_line: int
    end_line: int
    signature: str = ""
    docstring: str = ""
    type: str = ""
    receiver: str = ""
    bases: list[str] = []
    implements: list[str] = []
    decorators: list[str] = []
    """Access paths, as applied: `app.task()` when called, `property` when not."""
    parameters: list[Parameter] = []
    flags: int = 0
    type_parameters: list[Parameter] = []
    """Of a generic class or function, in order; the type of one is its first bound."""
    results: list[str] = []
    """Type expressions of the second and further results (Go)."""


class Import(msgspec.Struct, array_like=True, gc=False):
    """One imported name. `import a.b as c`: module `a.b`, name ``, alias `c`. `from a import b`: module a, name b.

    module is as written (a relative one with its dots or `./`). name `*` takes all; name empty binds the module itself
    (in Python `import a.b` binds `a`: alias is `a` then, with module `a`, and a second import without alias is
    emitted for `a.b`). alias empty: nothing is bound, the module is only loaded (C include, side effect).
    """

    scope: int
    module: str
    name: str
    alias: str
    line: int
    column: int
    flags: int = 0
    conditions: list[str] = []
    """What it demands of the build, by the marks that a definition has among its decorators (`feature:std`)."""


EXPORTED_ONLY = -2
"""The home of a name that no scope has."""


class Assignment(msgspec.Struct, array_like=True, gc=False):
    """`target` and `value` are access paths; `type` a type expression when declared. Targets are names, attributes, or
    elements of containers (`d['name']`, `self.handlers[]`; what is appended to a list goes to `xs[]`).

    A `for x in xs` gives value `xs[]`, or `xs[*]` (see above); `with f() as x` gives `f().__enter__()`; unpacking gives `#?`... except where the
    language returns several values: `a, b := f()` gives `f()` for the first target, `f()[1]` for the second and so on.
    """

    scope: int
    target: str
    value: str
    type: str
    line: int
    home: int = -1
    """The scope in which the target lives where that is not `scope` (Python's `global` and `nonlocal`); `EXPORTED_ONLY`: in
    none, it is a name that others see (`export { a as b }`)."""


class Call(msgspec.Struct, array_like=True, gc=False):
    """A call site. line and column are those of the callee's last name: of `run` in `self.app.run(x)`.

    arguments: access paths in order, a keyword argument as `name=path`, a spread one as `*path` or `**path`; those at
    the end that we do not follow (`#?`) are left out, so the list may be shorter than `argument_count`. That is -1 for
    a method reference (Java `a::run`, whose path as a value is `a.run`): who gets it decides how many there are.
    """

    scope: int
    callee: str
    argument_count: int
    line: int
    column: int
    flags: int = 0
    arguments: list[str] = []
    receiver_line: int = 0
    """Where what stands before the last name begins, if that is another line and the language calls something there (Rust)."""
    written: tuple[int, int, int] | None = None
    """Where a macro of another file has the call in its body: index in `FileFacts.texts`, line and column there. line and column are
    those of the macro's use then."""


class Reference(msgspec.Struct, array_like=True, gc=False):
    """A name or attribute used as a value: an argument, a decorator, a table entry, an operand, or the target of an assignment.

    With `Flag.WRITE` it is assigned to (`x = 1`, `self.x += 1`, `obj.count++`), else read. Names that a function binds
    itself (parameters, locals) are left out, and so are the names of callees: `Call` has those.
    """

    scope: int
    path: str
    line: int
    column: int
    flags: int = 0


class Return(msgspec.Struct, array_like=True, gc=False):
    """A returned access path of the function that opens `scope`."""

    scope: int
    value: str


class Container(msgspec.Struct, array_like=True, gc=False):
    """A literal with several values in it: a list, tuple, set, dictionary, or what a generator yields.

    entries: access paths read in `scope`: `path` for the next position, `'name'=path` and `3=path` under a literal key,
    `=path` under a key or at a position that is not known (comprehensions, sets, yields), `*path` for all elements of
    another. Entries that cannot be followed are `#?` where a position must be kept, else left out; at most
    `MAX_ENTRIES`. A container of which no entry can be followed is not emitted: its path is the bare mark.
    """

    scope: int
    entries: list[str]


class ParseIssue(msgspec.Struct, array_like=True, gc=False):
    line: int
    reason: str
    detail: str = ""


class FileFacts(msgspec.Struct, array_like=True):
    """All that one file says. `package` is the package clause (Go, Java), `docstring` the file's own."""

    language: str
    line_count: int
    package: str = ""
    docstring: str = ""
    scopes: list[Scope] = []
    definitions: list[Definition] = []
    imports: list[Import] = []
    assignments: list[Assignment] = []
    calls: list[Call] = []
    references: list[Reference] = []
    returns: list[Return] = []
    issues: list[ParseIssue] = []
    containers: list[Container] = []
    texts: list[str] = []
    """Paths of other files whose macros are expanded here."""
    macros: MacroLinks = msgspec.field(default_factory=MacroLinks)
    """What other files may expand, and what is used of theirs; kept apart from the facts once they are made."""


class _Issues(msgspec.Struct, array_like=True):
    """`FileFacts` of which only the issues are read."""

    language: msgspec.Raw
    line_count: msgspec.Raw
    package: msgspec.Raw
    docstring: msgspec.Raw
    scopes: msgspec.Raw
    definitions: msgspec.Raw
    imports: msgspec.Raw
    assignments: msgspec.Raw
    calls: msgspec.Raw
    references: msgspec.Raw
    returns: msgspec.Raw
    issues: list[ParseIssue]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(FileFacts)
_issues_decoder = msgspec.msgpack.Decoder(_Issues)


def encode_facts(facts: FileFacts) -> bytes:
    return _encoder.encode(facts)


def decode_facts(payload: bytes) -> FileFacts:
    """Raises msgspec.DecodeError (ValueError) when the payload is not of this version."""
    return _decoder.decode(payload)


def decode_issues(payload: bytes) -> list[ParseIssue]:
    """Return the issues of encoded facts, at a fraction of what the facts cost. Raises as `decode_facts`."""
    return _issues_decoder.decode(payload).issues


def issue_of(path: str, issue: ParseIssue) -> FileIssue:
    return FileIssue(path, issue.reason, issue.detail, issue.line, covered=True)
