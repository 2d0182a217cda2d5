"""What rustc's MIR text says about the functions and impl blocks of some crates, tied to their places in the sources.

MIR names an impl by the place of its header (`<impl at src/a.rs:10:1: 10:14>::new`) and a callee by its path
(`<a::Foo as b::Tr>::run`). The syntax tree gives the trait and the type behind the first, so that the second finds it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_rust
from tree_sitter import Language, Node, Parser, Range

from benchmarks.callgraph.oracles.mir_macros import METAVARIABLE, UNKNOWN_TYPE, MacroTexts

Place = tuple[str, int]
"""(absolute file, line from 0) of a function's name."""

HEADER = re.compile(r"^fn (.+?)\((?:_1: (.*)|\) -> )")
"""Name of a function, and its parameters from the type of the first on."""
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
    if text and text[0] in "[(":
        return mark + {"[": "[]", "(": "()"}[text[0]]
    return mark + segments(text)[-1].partition("<")[0].strip()


@dataclass(slots=True)
class Impl:
    """One `impl` header: the last names of trait (empty: inherent) and type, and whether it is for any type."""

    trait: str
    type: str
    type_text: str
    is_blanket: bool
    trait_arguments: str = ""
    self_path: str = ""
    """Path of the type as MIR names it, where a method of the block says it."""
    functions: dict[str, Place] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    """Those of the functions that take `self`."""


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
        self.aliases: dict[str, str] = {}
        """`type` outside of traits and impl blocks -> the last name of what it stands for."""
        self.renamed: dict[str, str] = {}
        """Name of this file -> last name of what `use` brings under it."""
        self.required: set[Place] = set()
        """Methods of traits without a body."""
        self.macros = MacroTexts()
        declared: set[str] = set()
        stack = [_PARSER.parse(self.text).root_node]
        while stack:
            node = stack.pop()
            self._note(node)
            named = node.child_by_field_name("name")
            if node.type in ("struct_item", "enum_item", "union_item") and named is not None:
                declared.add(_text(named))
            stack.extend(node.named_children)
            if node.type == "macro_invocation":
                stack.extend(self._items_of(node))
        # One name for both: conditions say which, and an impl block under the same ones is for either.
        self.aliases = {name: meant for name, meant in self.aliases.items() if name not in declared}
        for trait, name, row, has_body in self.macros.traits():
            self.traits.setdefault(trait, {}).setdefault(name, (path, row))
            if not has_body:
                self.required.add((path, row))

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
        if kind in ("macro_definition", "macro_invocation"):
            self.macros.add(node)
        elif kind == "use_as_clause" and (meant := node.child_by_field_name("path")) is not None:
            self.renamed[_text(node.named_children[-1])] = _text(meant).rpartition("::")[2]
        elif kind == "impl_item":
            self.impls[node.start_point[0], node.start_point[1]] = self._impl(node)
        elif kind in ("function_item", "function_signature_item") and name is not None:
            self.functions.append((node.start_byte, node.end_byte, _text(name), name.start_point[0]))
        elif kind == "trait_item" and name is not None:
            functions = self.traits[_text(name)] = self._functions(node)
            body = node.child_by_field_name("body")
            for part in body.named_children if body is not None else ():
                signature = part.child_by_field_name("name") if part.type == "function_signature_item" else None
                if signature is not None:
                    self.required.add(functions[_text(signature)])
            self.types.add(_text(name))
        elif kind in ("struct_item", "enum_item", "union_item", "type_item") and name is not None:
            self.types.add(_text(name))
            meant = node.child_by_field_name("type") if kind == "type_item" else None
            if meant is not None and not _is_associated(node):
                self.aliases[_text(name)] = head_of(_text(meant)).lstrip("&")

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
            _text(trait).partition("<")[2].removesuffix(">") if trait is not None else "",
            functions=self._functions(node),
            methods=frozenset(_with_receiver(node)),
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
        row = max(around)[3] if around else self.macros.row_of_function(line, column, name)
        return (self.path, row) if row >= 0 else None

    def made_impl(self, line: int, column: int) -> Impl | None:
        """Return the impl block whose header stands at a place of a macro's body."""
        header = self.macros.header_at(line, column)
        root = _PARSER.parse(f"{header} {{}}".encode()).root_node if header else None
        node = root.named_children[0] if root is not None and root.named_children else None
        if node is None or node.type != "impl_item" or root is None or root.has_error:
            return None
        impl = self._impl(node)
        if METAVARIABLE in impl.type or impl.is_blanket:
            impl.type, impl.is_blanket = UNKNOWN_TYPE, impl.is_blanket and METAVARIABLE not in impl.type
        return impl if METAVARIABLE not in impl.trait else None


def _root_above(path: Path) -> Path | None:
    """Return the nearest folder above a file that holds the root of a crate."""
    folders = (folder for folder in path.parents if any((folder / root).is_file() for root in _ROOTS))
    return next(folders, None)


def _is_associated(node: Node) -> bool:
    """Whether an item stands in a trait or an impl block."""
    around = node.parent.parent if node.parent is not None and node.parent.type == "declaration_list" else None
    return around is not None and around.type != "mod_item"


def _with_receiver(impl: Node) -> Iterator[str]:
    """Yield the names of the functions of an impl block that take `self`."""
    body = impl.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        name, parameters = child.child_by_field_name("name"), child.child_by_field_name("parameters")
        if name is not None and parameters is not None and "self" in _text(parameters).partition(",")[0]:
            yield _text(name)


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
        self.root_types: set[str] = set()
        """Those that stand in the root file of a crate."""
        self.required: set[Place] = set()
        """Methods of traits without a body."""
        self.names: set[str] = set()
        self.tops: set[tuple[str, str]] = set()
        """(crate, first name of a path inside it)"""
        self.unplaced: set[tuple[str, str]] = set()
        """(trait, name) of methods whose places are not known."""
        self.made_by_macros: set[str] = set()
        """Methods of impl blocks that are not written out (derived ones too)."""

    def source(self, path: str) -> Source | None:
        if path not in self.sources:
            if not Path(path).is_file():
                return None
            source = self.sources[path] = Source(path)
            self.types |= source.types
            if Path(path).name in _ROOTS:
                self.root_types |= source.types - source.aliases.keys()  # MIR names what an alias stands for
            self._note_traits(source, source.traits)
        return self.sources[path]

    def _note_traits(self, source: Source, names: Iterable[str]) -> None:
        self.required |= source.required
        for trait in names:
            for name, place in source.traits[trait].items():
                self.traits[trait][name].append(place)

    def read_declarations(self) -> None:
        """Read the files of which the MIR names no function: a trait without bodies may stand there alone."""
        roots = {root for path in self.sources if (root := _root_above(Path(path))) is not None}
        read = set(self.sources)
        known = set(self.traits)
        for path in sorted({str(path) for root in roots for path in root.rglob("*.rs")} - read):
            source = Source(path)
            self._note_traits(source, source.traits.keys() - known)

    def add_function(self, crate: str, path: str, file: str, line: int, column: int, first: str = "") -> Place | None:
        """Note a function header whose return place stands at line and column (from 0); return its place.

        first: the header from the type of the first parameter on.
        """
        parts = segments(path)
        self.tops.add((crate, parts[0]))
        name = parts[-1]
        closure = next((n for n, part in enumerate(parts) if part.startswith("{")), 0)
        if closure and not name.startswith("{"):  # a function inside of a closure
            home = self.source(file)
            place = home.function_at(line, column, name) if home else None
            self.nested[name].add(place)
            return place
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
        at = int(found[2]) - 1, int(found[3]) - 1
        impl = home.impls.get(at) if home else None
        if impl is None and home is not None:
            impl = home.made_impl(*at)
            if impl is not None and impl.type == UNKNOWN_TYPE and source and source.macros.takes_self(line, column):
                impl.type = head_of(_first_type(first)).lstrip("&")
        # By the place of its result first: an impl may hold several variants of a function under conditions.
        place = (source.function_at(line, column, name) if source else None) or (
            impl.functions.get(name) if impl else None
        )
        if impl is None or place is None:
            self.made_by_macros.add(name)
            if impl is not None:
                self.unplaced.add((impl.trait, name))
            return place
        own = _first_type(first).lstrip("&").removeprefix("mut ")
        meant = self._without_alias(home, impl.type) if home is not None else impl.type
        if own and head_of(own) == meant.lstrip("&") and (name in impl.methods or name not in impl.functions):
            impl.self_path = own
        impl.type = meant
        impl.trait = home.renamed.get(impl.trait, impl.trait) if home is not None else impl.trait
        key = (impl.trait, name) if impl.trait else (meant.lstrip("&"), name)
        if impl.trait:
            if all(other != place or known.type != impl.type for known, other in self.of_trait[key]):
                self.of_trait[key].append((impl, place))
        elif all(other != place for _, other in self.inherent[key]):
            self.inherent[key].append(("::".join((crate, *parts[:-2])), place))
        return place

    @staticmethod
    def _without_alias(home: Source, typed: str) -> str:
        """Return the type that an impl block is for: MIR names it and not the `type` of the file that stands for it."""
        mark, name = typed[: typed.startswith("&")], typed.lstrip("&")
        return mark + home.aliases.get(name, name)

    def callee(self, crate: str, path: str) -> list[Place] | None:
        """Return where a callee stands: several places when its name alone does not decide, None outside the crates."""
        parts = segments(path)
        first = parts[0]
        if (
            len(parts) > 2
            and parts[-1] in self.nested
            and (
                first.startswith("<")
                or any(part[:1].isupper() or part.startswith("<impl ") for part in parts[:-2])
                or parts[-2][:1] == "{"
            )
        ):
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
        made_here = {place for module, place in self.inherent.get((UNKNOWN_TYPE, parts[-1]), []) if module == home}
        if not exact and len(made_here) == 1:
            return list(made_here)
        if not found:  # an associated function that a macro makes: MIR does not say for which type
            made = {place for _, place in self.inherent.get((UNKNOWN_TYPE, parts[-1]), [])}
            if made:
                return list(made) if len(made) == 1 else []
        return (
            exact or below or ([] if parts[-1] in self.made_by_macros and home.split("::")[0] in self.names else None)
        )

    def _first_names(self) -> set[str]:
        """Return what a path into these crates begins with."""
        return self.names | {name for _, name in self.tops}

    def _own_of(self, trait: str, last: str, name: str) -> list[Place] | None:
        """Return where a trait of these crates has a method; of traits that are called alike the one that the path names."""
        own = self.traits.get(last, {}).get(name)
        if own is None or len(own) < 2:
            return own
        places = (self.free.get("::".join((crate, *segments(trait), name))) for crate in self.names)
        return [place for place in places if place in own] or own

    def _trait_method(self, text: str, name: str) -> list[Place] | None:
        typed, trait = _as(text)
        head, trait_name = head_of(typed), segments(trait)[-1].partition("<")[0]
        own = self._own_of(trait, trait_name, name)
        candidates = self.of_trait.get((trait_name, name), [])
        if own is None and trait_name in _FORWARDED and all(impl.type != head for impl, _ in candidates):
            typed = typed.lstrip("&").removeprefix("mut ")
            head = head_of(typed)
        plain = head.lstrip("&")
        # A bare name is a type of the crate's root, or a type parameter, whatever else is called like it.
        is_named = plain in self.root_types if "::" not in typed else True
        is_type = (is_named or not plain[:1].isupper()) and not typed.startswith("<")
        is_foreign = typed.lstrip("&").startswith(_LIBRARY) or not plain[:1].isupper()
        if is_type and is_foreign and own is None and _is_of_library(trait.partition("<")[2]):
            return None  # neither trait nor type nor argument is of these crates: no impl block of theirs can be
        if is_type and typed.lstrip("&").startswith(_LIBRARY):
            candidates = [(i, p) for i, p in candidates if not i.self_path or i.self_path.startswith(_LIBRARY)]
        if is_type and head != "dyn":
            exact = [place for impl, place in candidates if impl.type == head and not impl.is_blanket]
            if len(set(exact)) > 1:
                named = [p for i, p in candidates if i.type == head and _path_of(i.self_path) == _path_of(typed)]
                exact = named or exact
            if len(set(exact)) > 1:
                given = trait.partition("<")[2].removesuffix(">")
                own_type = [(i, p) for i, p in candidates if i.type == head and p in exact]
                fitting = [p for i, p in own_type if _bare(i.trait_arguments) == _bare(given)]
                if len(set(fitting)) > 1:
                    fitting = [p for i, p in own_type if i.trait_arguments == given]
                exact = fitting if len(set(fitting)) == 1 else exact
            if len(set(exact)) > 1:
                same = [p for i, p in candidates if i.type == head and _bare(i.type_text) == _bare(typed)]
                exact = same or exact
            blanket = [
                place for impl, place in candidates if impl.is_blanket and (impl.type[0] == "&") <= (head[0] == "&")
            ]
            if exact or blanket:
                return list(dict.fromkeys(exact)) or blanket
            made = {place for impl, place in candidates if impl.type == UNKNOWN_TYPE}
            if made:
                return [made.pop()] if len(made) == 1 else []
        if own is None:
            # An impl block that a macro writes for a trait that it is given: `impl $trait for Foo`.
            is_of_crates = is_type and not is_foreign and segments(typed.lstrip("&"))[0] in self._first_names()
            return [] if is_of_crates and name in self.made_by_macros else None
        if is_type and (trait_name, name) in self.unplaced:
            return []
        if not is_type and set(own) <= self.required and len(candidates) == 1 and candidates[0][0].is_blanket:
            return [*own, candidates[0][1]]  # the only implementation, and one for every type: both are right
        # A type has a method that its trait only declares from an impl block: one that was not found.
        return [] if is_type and head != "dyn" and set(own) & self.required else own


_ROOTS = ("lib.rs", "main.rs")
_FORWARDED = ("AsRef", "AsMut", "Iterator")
"""Traits whose implementation for a reference only calls that of what it refers to: all of the standard library's."""
_LIBRARY = ("std::", "core::", "alloc::")


def _path_of(typed: str) -> str:
    """Return the whole path of a type, without what it refers through and its arguments."""
    return typed.lstrip("&").removeprefix("mut ").partition("<")[0].strip()


def _bare(text: str) -> str:
    """Return a type without paths, lifetimes and white space."""
    return re.sub(r"\w+::|'\w+ ?|\s", "", text)


def _is_of_library(arguments: str) -> bool:
    """Whether the type arguments of a trait, if there are any, name nothing but the standard library's types."""
    first = arguments.removesuffix(">").lstrip("&").removeprefix("mut ")
    return not first or first.startswith(_LIBRARY) or (first[:1].islower() and "::" not in first)


def _first_type(parameters: str) -> str:
    """Return the type at the beginning of `T, _2: U) -> R {`."""
    depth = 0
    for index, character in enumerate(parameters):
        if character in "<([{":
            depth += 1
        elif character in ">)]}" and parameters[index - 1 : index] != "-":
            depth -= 1
            if depth < 0:
                return parameters[:index]
        elif depth == 0 and parameters.startswith(", _2: ", index):
            return parameters[:index]
    return ""


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
