"""What the resolver needs to know of JavaScript and TypeScript.

A namespace is a file: its key is the path. Qualified names leave the suffix out: `lib/Compiler.Compiler.run`. `import d from "./x"` looks up the
name `default`, which the extractor binds for `export default` and for `module.exports`. An import marked DEFAULT without
a name (`require`) means the module, or what it exports as a whole.
"""

from __future__ import annotations

import re
from typing import ClassVar

from indexers.facts import Definition, FileFacts, Flag, Import
from indexers.languages.ecmascript.lookup import ModuleLookup
from indexers.resolution.layout import Layout
from indexers.resolution.profile import Profile

_SUFFIXES = (".d.ts", ".d.mts", ".d.cts", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e", "__mocks__"})
_TEST_MARKS = (".test", ".spec", ".e2e", "-test", "-spec", "_test", ".unittest", ".basictest", ".longtest", "-d.test")

_GLOBALS = re.findall(
    r"\w+",
    """
AbortController AbortSignal AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Blob Boolean
BroadcastChannel Buffer CustomEvent DOMParser DataView Date Element Error EvalError Event EventSource EventTarget File
FileReader FinalizationRegistry Float32Array Float64Array FormData Function HTMLElement Headers Image Infinity
Int16Array Int32Array Int8Array IntersectionObserver Intl JSON Map Math MessageChannel MutationObserver NaN Node
Notification Number Object Performance Promise Proxy RangeError ReadableStream ReferenceError Reflect RegExp Request
ResizeObserver Response Set SharedArrayBuffer String Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL
URLSearchParams Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly WebSocket
Worker WritableStream XMLHttpRequest alert atob btoa cancelAnimationFrame cancelIdleCallback clearImmediate
clearInterval clearTimeout confirm console crypto customElements decodeURI decodeURIComponent document encodeURI
encodeURIComponent escape eval fetch getComputedStyle global globalThis history isFinite isNaN localStorage location
matchMedia module navigator parseFloat parseInt performance postMessage process prompt queueMicrotask require
requestAnimationFrame requestIdleCallback screen self sessionStorage setImmediate setInterval setTimeout string number
boolean symbol bigint structuredClone unescape window afterAll afterEach after beforeAll beforeEach before chai cy
describe expect expectTypeOf fdescribe fit it jest specify suite test vi xdescribe xit assertType ReadonlyArray Record
Partial Readonly Required Pick Omit Exclude Extract ReturnType Parameters InstanceType Awaited PromiseLike Iterable
Iterator IterableIterator AsyncIterable AsyncIterator Generator AsyncGenerator NodeJS JSX
""",
)

_MEMBERS = re.findall(
    r"\w+",
    """
add addEventListener all allSettled any append apply assign at bind call catch charAt charCodeAt clear close codePointAt
concat copyWithin create defineProperty delete dispatchEvent emit end endsWith entries every exec fill filter finally
find findIndex findLast flat flatMap forEach freeze from get getItem getTime has hasOwnProperty includes indexOf insert
isArray item join keys lastIndexOf length log map match matchAll max min next normalize now of off on once padEnd
padStart parse pipe pop push querySelector querySelectorAll race read reduce reduceRight reject remove
removeEventListener removeListener repeat replace replaceAll resolve return reverse search set setAttribute setItem
shift size slice some sort splice split start startsWith stop stringify subscribe substr substring test then throw
toFixed toISOString toJSON toLocaleString toLowerCase toString toUpperCase trim trimEnd trimStart unshift unsubscribe
update value valueOf values write
""",
)


class EcmaScriptProfile(Profile):
    receiver_names: ClassVar[frozenset[str]] = frozenset({"this"})
    static_receiver_is_class: ClassVar[bool] = True
    own_type_names: ClassVar[frozenset[str]] = frozenset({"this"})
    super_names: ClassVar[frozenset[str]] = frozenset({"super"})
    super_calls_constructor: ClassVar[bool] = True
    constructor_names: ClassVar[tuple[str, ...]] = ("constructor",)
    imports_are_members: ClassVar[bool] = False
    exports_name: ClassVar[str] = "exports"
    exports_are_apart: ClassVar[bool] = True
    module_value: ClassVar[str] = "default"
    aliases_are_types: ClassVar[bool] = True
    versions_narrow: ClassVar[bool] = True
    transparent_types: ClassVar[dict[str, int]] = {
        "Promise": 0,
        "PromiseLike": 0,
        "Awaited": 0,
        "Readonly": 0,
        "Partial": 0,
        "Required": 0,
        "NonNullable": 0,
        "DeepPartial": 0,
        "DeepReadonly": 0,
        "Mutable": 0,
        "Pick": 0,
        "Omit": 0,
        "WeakRef": 0,
    }
    declared_types_rule: ClassVar[bool] = True
    patches_objects: ClassVar[bool] = True
    primitives: ClassVar[frozenset[str]] = frozenset({"string", "number", "boolean", "symbol", "bigint", "str", "num"})
    calling_members: ClassVar[frozenset[str]] = frozenset({"call", "apply"})
    follows_arguments: ClassVar[bool] = True
    stars_hide_underscores: ClassVar[bool] = False
    keys_are_members: ClassVar[bool] = True
    content_methods: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("find", "findLast", "pop", "shift", "at", "get"), "element"),
        **dict.fromkeys(("filter", "slice", "concat", "reverse", "sort", "splice", "toSorted", "toReversed"), "same"),
        "values": "values",
        "entries": "pairs",
    }
    callback_parameters: ClassVar[dict[str, tuple[str | None, ...]]] = {
        **dict.fromkeys(("forEach", "map", "filter", "some", "every", "find", "findIndex", "findLast"), ("[]",)),
        **dict.fromkeys(("findLastIndex", "flatMap", "partition", "sortBy", "groupBy"), ("[]",)),
        **dict.fromkeys(("sort", "toSorted"), ("[]", "[]")),
        **dict.fromkeys(("reduce", "reduceRight"), (None, "[]")),
        "then": ("",),
    }
    builtins: ClassVar[frozenset[str]] = frozenset(_GLOBALS)
    builtin_types: ClassVar[frozenset[str]] = frozenset(name for name in _GLOBALS if name[0].isupper())
    common_members: ClassVar[frozenset[str]] = frozenset(_MEMBERS)

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.lookup = ModuleLookup(layout)

    def display_name(self, path: str, facts: FileFacts) -> str:
        return _without_suffix(path)

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        found = self.lookup.find(path, item.module)
        return [found] if found is not None else []

    def external_name(self, item: Import) -> str:
        """Return `lodash.debounce` for a named import, `lodash` for the module and its default."""
        module = item.module.removeprefix("node:")
        return module if item.name in ("", "*", "default") else f"{module}.{item.name}"

    def is_test_path(self, path: str) -> bool:
        *folders, name = path.split("/")
        stem = _without_suffix(name)
        return not _TEST_FOLDERS.isdisjoint(folders) or stem.endswith(_TEST_MARKS)

    def is_test(self, path: str, definition: Definition) -> bool:
        return bool(definition.flags & Flag.TEST)


def _without_suffix(path: str) -> str:
    for suffix in _SUFFIXES:
        if path.endswith(suffix):
            return path[: -len(suffix)]
    return path


PROFILE = EcmaScriptProfile
