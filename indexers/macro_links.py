"""What one file says about macros that other files expand, and about whose macros it needs itself: Rust's `macro_rules!`, C's `#define`.

A part of what depends on the content alone. Which definition a name means in another file is for `macro_scopes` of the language's
package to say; whoever expands one is handed its text (`SharedMacro`). C has no modules, exports or places here.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import xxhash


class MacroDefinition(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A macro that is not local to a function. module: the inline modules around it, `a::b`; row and column from 0, of `text`.

    text: from `macro_rules!` to its last bracket. exported: by `#[macro_export]`. inactive: the usual build leaves it out.
    """

    name: str
    text: str
    row: int
    column: int
    module: str = ""
    exported: bool = False
    inactive: bool = False


class ModuleLine(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """`mod name;` in the inline modules `module`. shares: under `#[macro_use]`, so that its macros are seen behind it."""

    name: str
    row: int
    module: str = ""
    shares: bool = False


class MacroImport(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A name that a `use` brings which is that of a macro used or defined here; source: the path without the name.

    For C an include, as written, without names.
    """

    source: str
    name: str = ""
    alias: str = ""


class MacroLinks(msgspec.Struct, array_like=True, gc=False):
    """used: paths of macros that are used and not defined here, `a.b` for `a::b!`."""

    definitions: list[MacroDefinition] = []
    modules: list[ModuleLine] = []
    imports: list[MacroImport] = []
    used: list[str] = []


class SharedMacro(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A macro of another file, under the name by which it is used; path: of that file."""

    name: str
    path: str
    text: str
    row: int
    column: int


_encode = msgspec.msgpack.Encoder().encode
_decode_links = msgspec.msgpack.Decoder(MacroLinks).decode
_decode_shared = msgspec.msgpack.Decoder(list[SharedMacro]).decode


def encode_links(links: MacroLinks) -> bytes:
    """Return the links, nothing when there are none."""
    return _encode(links) if links != MacroLinks() else b""


def decode_links(payload: bytes) -> MacroLinks:
    return _decode_links(payload) if payload else MacroLinks()


def encode_shared(macros: Sequence[SharedMacro]) -> bytes:
    """Return what a worker is handed, nothing for no macros."""
    return _encode(macros) if macros else b""


def decode_shared(payload: bytes) -> list[SharedMacro]:
    return _decode_shared(payload) if payload else []


def digest_of_shared(payload: bytes) -> str:
    """Return what tells facts made with these macros from others, empty for those made with none."""
    return xxhash.xxh3_64_hexdigest(payload) if payload else ""
