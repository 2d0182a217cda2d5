"""Which options (`#[cfg(name)]`) a crate's build script sets: `println!("cargo:rustc-cfg=name")`.

Most are set only if the compiler is new enough or can do something; what stands in `main` under no condition is set for sure.
Source: the Cargo book, "Build scripts".
"""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.languages import parser_for

_OPTION = re.compile(r"rustc-cfg=(\w+)")
_ELSEWHERE = frozenset({"no", "target", "unstable", "nightly", "sanitize", "exempt", "custom"})
"""Words in the names of options that a build on Linux with a compiler of today does not set."""


def options_set_by(script: str) -> frozenset[str]:
    """Return the options that a build script is taken to set: what it may, and what no name calls the exception."""
    return frozenset(name for name in _OPTION.findall(script) if _ELSEWHERE.isdisjoint(name.split("_")))


def options_in_doubt(script: str) -> frozenset[str]:
    """Return the options that a build script sets under conditions, or in other functions than `main`."""
    every = frozenset(_OPTION.findall(script))
    return every - _set_for_sure(parser_for("rust").parse(script.encode()).root_node) if every else every


def _set_for_sure(root: Node) -> frozenset[str]:
    mains = (node for node in root.named_children if node.type == "function_item")
    bodies = (node.child_by_field_name("body") for node in mains if _name_of(node) == "main")
    found: set[str] = set()
    for body in bodies:
        for statement in body.named_children if body is not None else ():
            inner = statement.named_children[0] if statement.named_children else statement
            if inner.type == "return_expression" or statement.type == "return_expression":
                break
            if inner.type == "macro_invocation" and text_of(inner.named_children[0]) == "println":
                found.update(_OPTION.findall(text_of(inner)))
            elif "return" in text_of(statement):
                break  # what follows may not run
    return frozenset(found)


def _name_of(function: Node) -> str:
    name = function.child_by_field_name("name")
    return text_of(name) if name is not None else ""
