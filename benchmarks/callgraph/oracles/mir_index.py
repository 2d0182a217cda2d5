"""What rustc's MIR text says about the functions and impl blocks of some crates, tied to their places in the sources.

MIR names an impl by the place of its header (`<impl at src/a.rs:10:1: 10:14>::new`) and a callee by its path
(`<a::Foo as b::Tr>::run`). The syntax tree gives the trait and the type behind the first, so that the second finds it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_rust
from tree_sitter import Language, Node, Parser, Range

Place = tuple[str, int]
"""(absolute file, line from 0) of a function's name."""

HEADER = re.compile(r"^fn (.+?)\((?:_1: |\) -> )")
RETURN_PLACE = re.compile(r"^    let mut _0: .*// return place in scope 0 at (.+?):(\d+):(\d+): \d+:\d+$")
IMPL = re.compile(r"^<impl at (.+?):(\d+):(\d+): \d+:\d+>$")
_LANGUAGE = Language(tree_sitter_rust.language())
_PARSER = Parser(_LANGUAGE)


def segments(path: str) -> list[str]:
    """Split a path at its outer `::`; type arguments (`::<T>`) are left out, `<impl X>` and `<A as B>` stay."""
    found: list[str] = []
    depth = start = index = 0
    while index < len(path):
        character = path[index]
        if character in "<([":
            depth += 1
        elif character in ">)]" and path[index - 1 : index] != "-":
            depth -= 1
        elif depth == 0 and path.startswith("::", index):
            found.append(path[start:index])
            start = index = index + 2
            continue
        index += 1
    found.append(path[start:])
    last = len(found) - 1
    kept = [part for at, part in enumerate(found) if at == 0 or _is_named(part, found[at - 1], at == last)]
    return [part if part.startswith("<") else part.partition("<")[0] for part in kept]


def _is_named(part: str, before: str, is_last: bool) -> bool:
    """Whether a segment is a name or the `<impl X>` of a module, not the type arguments of what stands before it."""
    return not part.startswith("<") or (part.startswith("<impl ") and not is_last and not before[:1].isupper())


def head_of(text: str) -> str:
    """Reduce a type to its last name, with `&` before it where it is a reference."""
    text = text.strip()
    mark = ""
    while True:
        before = text
        text = re.sub(r"^(?:&|'\w+\s|mut\s|const\s|\*)\s*", "", text).strip()
        if before.startswith("&"):
            mark = "&"
        if text == before:
            break
    if text.startswith(("dyn ", "(dyn ", "impl ")):
        return "dyn"
    if text[:1] in "[(":
        return mark + {"[": "[]", "(": "()"}[text[0]]
    return mark + segments(text)[-1].partition("<")[0].strip()


@dataclass(slots=True)
class Impl:
    """One `impl` header: the last names of trait (empty: inherent) and type, and whether it is for any type."""

    trait: str
    type: str
    type_text: str
    is_blanket: bool
    functions: dict[str, Place] = field(default_factory=dict)


class Source:
    """One parsed file: its impl blocks by place, its functions, traits and types."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = Path(path).read_bytes()
        self.lines = self.text.decode("utf-8", "replace").split("\n")
        self.impls: dict[tuple[int, int], Impl] = {}
        self.functions: list[tuple[int, int, str, int]] = []
        """(first byte, end byte, name, line of the name)"""
        self.nested: dict[str, set[Place | None]] = defaultdict(set)
        """Functions inside of methods, by name."""
        self.traits: dict[str, dict[str, Place]] = {}
        self.types: set[str] = set()
        stack = [_PARSER.parse(self.text).root_node]
        while stack:
            node = stack.pop()
            self._note(node)
            stack.extend(node.named_children)
            if node.type == "macro_invocation":
                stack.extend(self._items_of(node))

    def _items_of(self, invocation: Node) -> list[Node]:
        """Return the items inside the braces of a macro call (`cfg_rt! { fn f() {} }`), at their places in the file."""
        tree = invocation.named_children[-1]
        if tree.type != "token_tree" or tree.child_count < 3 or tree.children[0].type != "{":
            return []
        opening, closing = tree.children[0], tree.children[-1]
        span = Range(opening.end_point, closing.start_point, opening.end_byte, closing.start_byte)
        root = Parser(_LANGUAGE, included_ranges=[span]).parse(self.text).root_node
        return [] if root.has_error else [root]

    def _note(self, node: Node) -> None:
        kind = node.type
        name = node.child_by_field_name("name")
        if kind == "impl_item":
            self.impls[node.start_point[0], node.start_point[1]] = self._impl(node)
        elif kind in ("function_item", "function_signature_item") and name is not None:
            self.functions.append((node.start_byte, node.end_byte, _text(name), name.start_point[0]))
        elif kind == "trait_item" and name is not None:
            self.traits[_text(name)] = self._functions(node)
            self.types.add(_text(name))
        elif kind in ("struct_item", "enum_item", "union_item", "type_item") and name is not None:
            self.types.add(_text(name))

    def _impl(self, node: Node) -> Impl:
        trait, typed = node.child_by_field_name("trait"), node.child_by_field_name("type")
        generics = node.child_by_field_name("type_parameters")
        names = set(re.findall(r"\b[A-Z]\w*", _text(generics))) if generics is not None else set()
        text = _text(typed) if typed is not None else ""
        head = head_of(text) if text else ""
        return Impl(
            head_of(_text(trait)) if trait is not None else "",
            head,
            "".join(text.split()),
            head.lstrip("&") in names,
            self._functions(node),
        )

    def _functions(self, node: Node) -> dict[str, Place]:
        body = node.child_by_field_name("body")
        found: dict[str, Place] = {}
        for child in body.named_children if body is not None else ():
            name = child.child_by_field_name("name")
            if child.type in ("function_item", "function_signature_item") and name is not None:
                found[_text(name)] = (self.path, name.start_point[0])
        return found

    def function_at(self, line: int, column: int, name: str) -> Place | None:
        """Return the place of the innermost function of this name around a position (from 0), None when there is none."""
        at = sum(len(text.encode()) + 1 for text in self.lines[:line]) + len(self.lines[line][:column].encode())
        around = [item for item in self.functions if item[0] <= at <= item[1] and item[2] == name]
        return (self.path, max(around)[3]) if around else None


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


class Crates:
    """Index over several crates whose MIR was read."""

    def __init__(self) -> None:
        self.sources: dict[str, Source] = {}
        self.free: dict[str, Place | None] = {}
        """crate::path::name -> place; None for a function that a macro made."""
        self.inherent: dict[tuple[str, str], list[tuple[str, Place]]] = defaultdict(list)
        """(type, name) -> (crate::module of the impl, place)"""
        self.of_trait: dict[tuple[str, str], list[tuple[Impl, Place]]] = defaultdict(list)
        """(trait, name) -> impls that have it"""
        self.traits: dict[str, dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
        self.nested: dict[str, set[Place | None]] = defaultdict(set)
        """Functions inside of methods, by name."""
        self.types: set[str] = set()
        self.names: set[str] = set()
        self.tops: set[tuple[str, str]] = set()
        """(crate, first name of a path inside it)"""
        self.made_by_macros: set[str] = set()
        """Methods of impl blocks that are not written out (derived ones too)."""

    def source(self, path: str) -> Source | None:
        if path not in self.sources:
            if not Path(path).is_file():
                return None
            source = self.sources[path] = Source(path)
            self.types |= source.types
            for trait, functions in source.traits.items():
                for name, place in functions.items():
                    self.traits[trait][name].append(place)
        return self.sources[path]

    def add_function(self, crate: str, path: str, file: str, line: int, column: int) -> Place | None:
        """Note a function header whose return place stands at line and column (from 0); return its place."""
        parts = segments(path)
        self.tops.add((crate, parts[0]))
        name = parts[-1]
        closure = next((n for n, part in enumerate(parts) if part.startswith("{")), 0)
        if closure:
            return self.add_function(crate, "::".join(parts[:closure]), file, line, column)
        source = self.source(file)
        if any(IMPL.match(part) for part in parts[:-2]):
            place = source.function_at(line, column, name) if source else None
            self.nested[name].add(place)
            return place
        found = IMPL.match(parts[-2]) if len(parts) > 1 else None
        if found is None:
            place = source.function_at(line, column, name) if source else None
            self.free.setdefault("::".join((crate, *parts)), place)
            return place
        home = self.source(found[1])
        impl = home.impls.get((int(found[2]) - 1, int(found[3]) - 1)) if home else None
        # By the place of its result first: an impl may hold several variants of a function under conditions.
        place = (source.function_at(line, column, name) if source else None) or (
            impl.functions.get(name) if impl else None
        )
        if impl is None or place is None:
            self.made_by_macros.add(name)
            return place
        key = (impl.trait, name) if impl.trait else (impl.type.lstrip("&"), name)
        if impl.trait:
            if all(other != place for _, other in self.of_trait[key]):
                self.of_trait[key].append((impl, place))
        elif all(other != place for _, other in self.inherent[key]):
            self.inherent[key].append(("::".join((crate, *parts[:-2])), place))
        return place

    def callee(self, crate: str, path: str) -> list[Place] | None:
        """Return where a callee stands: several places when its name alone does not decide, None outside the crates."""
        parts = segments(path)
        first = parts[0]
        if len(parts) > 2 and parts[-1] in self.nested and (first.startswith("<") or parts[-3][:1].isupper()):
            places = self.nested[parts[-1]]
            return [place for place in places if place] if len(places) == 1 else []
        if first.startswith("<") and " as " in first:
            return self._trait_method(first[1:-1], parts[-1])
        whole = "::".join(parts)
        for key in (f"{crate}::{whole}", whole) if parts[0] in self.names else (f"{crate}::{whole}",):
            if key in self.free:
                place = self.free[key]
                return [place] if place else []
        if first.startswith("<"):
            named = self.inherent.get((head_of(first[1:-1]).lstrip("&"), parts[-1]), [])
            return [place for _, place in named] or None
        if len(parts) < 2 or not (parts[0] in self.names or (crate, parts[0]) in self.tops or parts[0] in self.types):
            return None
        owner = parts[-2]
        typed = head_of(owner[6:-1]) if owner.startswith("<impl ") else owner
        found = self.inherent.get((typed.lstrip("&"), parts[-1]), [])
        home = "::".join(([] if parts[0] in self.names else [crate]) + parts[:-2])
        exact = [place for module, place in found if module == home]
        below = [place for module, place in found if module.partition("::")[0] == home.partition("::")[0]]
        return (
            exact or below or ([] if parts[-1] in self.made_by_macros and home.split("::")[0] in self.names else None)
        )

    def _trait_method(self, text: str, name: str) -> list[Place] | None:
        typed, trait = _as(text)
        head, trait_name = head_of(typed), segments(trait)[-1].partition("<")[0]
        candidates = self.of_trait.get((trait_name, name), [])
        plain = head.lstrip("&")
        is_type = plain in self.types or "::" in typed or not plain[:1].isupper()
        if is_type and head != "dyn":
            exact = [place for impl, place in candidates if impl.type == head and not impl.is_blanket]
            if len(exact) > 1:
                bare = re.sub(r"\w+::|'\w+ ?|\s", "", typed)
                same = [
                    p for i, p in candidates if i.type == head and re.sub(r"\w+::|'\w+ ?|\s", "", i.type_text) == bare
                ]
                exact = same or exact
            blanket = [
                place for impl, place in candidates if impl.is_blanket and (impl.type[0] == "&") <= (head[0] == "&")
            ]
            if exact or blanket:
                return exact or blanket
        own = self.traits.get(trait_name, {}).get(name)
        if own is None:
            return None
        macro_made = any(impl.type.startswith("$") for impl, _ in candidates)
        return [] if is_type and macro_made else own


def _as(text: str) -> tuple[str, str]:
    """Split `A as B` at its outer ` as `."""
    depth = 0
    for index, character in enumerate(text):
        if character in "<([":
            depth += 1
        elif character in ">)]" and text[index - 1 : index] != "-":
            depth -= 1
        elif depth == 0 and text.startswith(" as ", index):
            return text[:index], text[index + 4 :]
    return text, ""
