"""`Object.assign`, `Object.create`, `Object.defineProperty`...: calls that make an object of others or give it members."""

from __future__ import annotations

from tree_sitter import Node

from indexers.languages.ecmascript.walk import UNKNOWN, Walk

OBJECT_CALLS = frozenset(
    {
        "Array.from",
        "Object",
        "Object.assign",
        "Object.create",
        "Object.defineProperties",
        "Object.defineProperty",
        "Object.entries",
        "Object.freeze",
        "Object.fromEntries",
        "Object.seal",
        "Object.setPrototypeOf",
        "Object.values",
        "Promise.all",
        "Promise.any",
        "Promise.race",
        "Promise.resolve",
        "Reflect.defineProperty",
        "structuredClone",
    }
)
_SAME = frozenset(
    {
        "Array.from",
        "Object",
        "Object.create",
        "Object.freeze",
        "Object.seal",
        "Object.setPrototypeOf",
        "Promise.all",
        "Promise.resolve",
        "structuredClone",
    }
)
"""What these give back has the members, or the elements, of their first argument; a promise stands for its value."""
_ANY = frozenset({"Promise.any", "Promise.race"})
LITERAL = "#dict@"
_DESCRIBED = frozenset({"value", "get"})


def object_made(walk: Walk, arguments: Node, scope: int, callee: str, paths: list[str]) -> str:
    """Return the access path of what the call gives back, after recording the members that it gives to its arguments."""
    if not paths or paths[0][:1] in ("", "*"):
        return f"{callee}()"
    first = paths[0]
    if callee == "Object.assign":
        return _assigned(walk, arguments, scope, paths)
    if callee.endswith("defineProperty"):
        nodes = [child for child in arguments.named_children if child.type != "comment"]
        if len(nodes) > 2 and len(paths) > 2 and nodes[1].type == "string":
            key = (nodes[1].text or b"").decode("utf-8", "replace")[1:-1]
            _describe(walk, nodes[2], scope, first, key, paths[2])
        return first
    if callee == "Object.defineProperties":
        for key, path in _entries(walk, paths[1] if len(paths) > 1 else UNKNOWN):
            _describe(walk, arguments, scope, first, key, path)
        return first
    if callee == "Object.create" and len(paths) > 1:
        return _created(walk, scope, first, paths[1])
    if callee in _ANY and first != UNKNOWN:
        return f"{first}[]"
    if callee == "Object.values" and first[0] != "#":
        return f"{first}.values()"
    return first if callee in _SAME and first != UNKNOWN else f"{callee}()"


def _assigned(walk: Walk, node: Node, scope: int, paths: list[str]) -> str:
    """`Object.assign(a, b, {c})`: a gets the members of the literals; what is given back has those of all."""
    if paths[0][0] != "#":
        for path in paths[1:]:
            for key, value in _entries(walk, path):
                walk.builder.assign(node, scope, f"{paths[0]}.{key}", value)
    told = [path for path in paths if path != UNKNOWN and path[0] != "*"]
    if len(told) == 1:
        return told[0]
    return walk.builder.contain("#dict", scope, [f"*{path}" for path in told])


def _created(walk: Walk, scope: int, prototype: str, descriptors: str) -> str:
    """`Object.create(a, {b: {value: c}})` has the members of a, and b."""
    entries = [f"*{prototype}"] if prototype[0] != "#" or "@" in prototype else []
    for key, path in _entries(walk, descriptors):
        told = {name: inner for name, inner in _entries(walk, path) if name in _DESCRIBED}
        if "value" in told or "get" in told:
            entries.append(f"'{key}'={told['value'] if 'value' in told else told['get'] + '()'}")
    return walk.builder.contain("#dict", scope, entries)


def _describe(walk: Walk, node: Node, scope: int, target: str, key: str, descriptor: str) -> None:
    """Give `target` the member that a property descriptor describes."""
    if target[0] == "#" or not key.isidentifier():
        return
    for name, path in _entries(walk, descriptor):
        if name in _DESCRIBED:
            walk.builder.assign(node, scope, f"{target}.{key}", path if name == "value" else f"{path}()")


def _entries(walk: Walk, path: str) -> list[tuple[str, str]]:
    """Return (key, access path) of the members of a literal, or of one inside it (`#dict@3.name`); none for anything else."""
    head, *keys = path.split(".")
    entries = _of_literal(walk, head)
    for key in keys:
        entries = _of_literal(walk, dict(entries).get(key, ""))
    return [(key, f"{path}.{key}") for key, _ in entries]


def _of_literal(walk: Walk, mark: str) -> list[tuple[str, str]]:
    """Return (key, value) of the members of the literal `#dict@3`."""
    number = mark[len(LITERAL) :] if mark.startswith(LITERAL) else ""
    if not number.isdigit():
        return []
    pairs = (entry.partition("=") for entry in walk.facts.containers[int(number)].entries)
    return [(key[1:-1], value) for key, equals, value in pairs if equals and key[:1] == "'"]
