"""Items of Rust in turn: what stands above one (documentation, attributes and the conditions that they mean) and what is around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag
from indexers.languages.rust.conditions import CONDITION, FEATURE, OPTION, conditions_of, holds
from indexers.languages.rust.expressions import Expressions
from indexers.languages.rust.known_names import words
from indexers.languages.rust.lexing import spaced

_SIGNATURE_BYTES = 600
_PATH = ',path="'
"""Before the file of a module in an attribute under a condition."""
COMMENTS = ("line_comment", "block_comment")
_DOCUMENTATION = (b"///", b"/**")
_SILENT = words("doc allow inline must_use cfg_attr deny warn")
_TESTS = words("test rstest test_case bench wasm_bindgen_test quickcheck")
MAX_MEANINGS = 4_000
"""Attributes that are kept; then all are read anew."""


class Items(Expressions):
    """Visits the members of files, modules and impl blocks; knows the item around."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.features: list[str] = []
        """What the impl blocks around demand of the crate's features."""
        self.lacks_feature = False
        """Whether the item that comes next is there only without some feature."""
        self.path_attribute = ""
        """File of the next module, where an attribute gives it."""
        self.derived: list[str] = []
        """The traits that the next item derives."""
        self.within: list[str] = []
        """The macros around that stand for conditions (`cfg_rt! { .. }`)."""
        self.is_thread_local = False
        """Inside `thread_local!`, which makes a `LocalKey<T>` of each `static X: T`."""
        self.own_value = ""
        """Type of `self` in an impl block for a type of the standard library."""
        self.impl_bounds: dict[str, dict[int, str]] = {}
        """Type -> position of a parameter -> the bound that the impl blocks of this file put on it."""
        self.in_test = 0
        self.conditional = 0
        self.inactive = 0
        self.class_scope = -1
        self.receiver = ""
        self.trait = ""
        self.types: dict[tuple[int, str], int] = {}
        """(scope, name) -> definition of the types of this file, for the traits that they implement."""
        self.implemented: list[tuple[int, str, str, str]] = []
        """(scope, type, trait, bounds) of impl blocks; those for every type have no type, and the bounds of their parameter."""
        self.has_super: set[int] = set()
        self.visits |= {
            "source_file": self.members,
            "declaration_list": self.members,
            "foreign_mod_item": self.members,
        }

    def members(self, node: Node, scope: int) -> str:
        above: list[Node] = []
        for child in node.named_children:
            kind = child.type
            if kind in COMMENTS or kind == "attribute_item":
                above.append(child)
                continue
            self.pending, above = above, []
            self.visit(child, scope)
            if self.shadow >= 0:
                scope, self.shadow = self.shadow, -1
        self.pending = []
        return "#?"

    def above(self) -> tuple[str, list[str], int]:
        """Return the docstring, the attributes as decorators and the flags that they mean; taken once."""
        pending, self.pending = self.pending, []
        lines: list[str] = []
        decorators: list[str] = []
        self.path_attribute = ""
        self.derived = []
        self.lacks_feature = False
        decorators.extend((*self.features, *self.within))
        flags = (Flag.TEST if self.in_test else 0) | (Flag.CONDITIONAL if self.conditional else 0)
        flags |= Flag.INACTIVE if self.inactive else 0
        for node in pending:
            if node.type != "attribute_item":
                written = node.text or b""
                if written.startswith(_DOCUMENTATION):
                    lines.extend([_bare(line) for line in text_of(node).rstrip("\n").split("\n")])
                continue
            meaning = _meaning(node)
            flags |= meaning.flags
            self.lacks_feature |= meaning.lacks_feature
            self.path_attribute = meaning.path or self.path_attribute
            self.derived.extend(meaning.derived)
            lines.extend(meaning.lines)
            decorators.extend(meaning.decorators)
        return "\n".join(lines).strip(), decorators, int(flags)

    def signature(self, node: Node, body: Node | None) -> str:
        start = node.start_byte
        end = body.start_byte if body is not None else node.end_byte
        text = self.builder.source[start : min(end, start + _SIGNATURE_BYTES)].decode("utf-8", "replace")
        if self.builder.places is not None:
            text = spaced(text)
        return text.rstrip("; \t\r\n")


@dataclass(slots=True)
class _Meaning:
    """What one attribute says."""

    flags: int = 0
    lacks_feature: bool = False
    path: str = ""
    derived: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    decorators: list[str] = field(default_factory=list)


_meanings: dict[bytes, _Meaning] = {}


def _meaning(node: Node) -> _Meaning:
    """Return what an attribute says; the same few stand above most items, so it is kept by text."""
    written = node.text or b""
    known = _meanings.get(written)
    if known is None:
        if len(_meanings) >= MAX_MEANINGS:
            _meanings.clear()
        known = _meanings[written] = _read_meaning(node)
    return known


def _read_meaning(node: Node) -> _Meaning:
    found = _Meaning()
    text = "".join(text_of(node).split()).strip("#[]")
    name, parenthesis, arguments = text.partition("(")
    name, _, given = name.partition("=")
    if name == "cfg":
        found.flags = int(Flag.TEST if arguments.startswith("test)") or "(test," in text else Flag.CONDITIONAL)
        tree = _predicate(node)
        found.decorators = conditions_of(tree) if tree is not None else []
        feature = None if any(mark.startswith((FEATURE, CONDITION)) for mark in found.decorators) else True
        option = None if any(mark.startswith((OPTION, CONDITION)) for mark in found.decorators) else False
        if tree is not None and holds(tree, feature, option) is False:
            found.flags |= Flag.INACTIVE
        elif tree is not None and holds(tree, True) is False:
            found.lacks_feature = True
    elif name == "doc" and given:
        found.lines = [_unquoted(node)]
    elif name == "path":
        found.path = given.strip('"')
    elif name == "cfg_attr" and _PATH in text:
        tree = _predicate(node)
        if tree is not None and holds(tree, True) is True:
            found.path = text.rpartition(_PATH)[2].partition('"')[0]
    elif name == "derive":
        found.derived = [part.rpartition("::")[2] for part in arguments.rstrip(")").split(",")]
    elif name not in _SILENT:
        found.decorators = [name.replace("::", ".") + ("()" if parenthesis else "")]
        found.flags = int(Flag.TEST) if name.rpartition("::")[2] in _TESTS else 0
    return found


def _bare(line: str) -> str:
    return line.strip().lstrip("/*!").rstrip("*/").strip()


def _unquoted(attribute: Node) -> str:
    """Return the text of `#[doc = "text"]`."""
    _, _, literal = text_of(attribute).partition('"')
    return literal.rpartition('"')[0].replace('\\"', '"').replace("\\\\", "\\").strip()


def _predicate(attribute: Node) -> Node | None:
    """Return the token tree of a `cfg` attribute."""
    inner = attribute.named_children[0] if attribute.named_children else None
    tree = inner.named_children[-1] if inner is not None and inner.named_children else None
    return tree if tree is not None and tree.type == "token_tree" else None


def inner_documentation(node: Node) -> str:
    """Return the `//!` comments at the top of a file or an inline module."""
    lines: list[str] = []
    for child in node.named_children:
        if child.type == "inner_attribute_item":
            continue
        text = text_of(child) if child.type in COMMENTS else ""
        if text.startswith(("//!", "/*!")):
            lines.extend(_bare(line) for line in text.rstrip("\n").split("\n"))
        elif child.type not in COMMENTS:
            break
    return "\n".join(lines).strip()


def parameter_names(item: Node) -> list[str]:
    """Return the type parameters of an item in order, lifetimes left out."""
    generics = item.child_by_field_name("type_parameters")
    return [
        text_of(name)
        for parameter in (generics.named_children if generics is not None else ())
        if parameter.type in ("type_parameter", "const_parameter")
        and (name := parameter.child_by_field_name("name")) is not None
    ]
