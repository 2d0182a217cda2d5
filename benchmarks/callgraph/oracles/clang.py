"""C and C++: the call sites as clang sees them, through libclang (PyPI `libclang`).

python -m benchmarks.callgraph.oracles.clang OUT.json ROOT --folder src --suffix .c -- -Isrc -std=gnu11

A call's line is where its name is written: inside the arguments of a macro there, inside a macro's body where the macro is
used. A target is the definition; a template's for its instances; the declaration of what no file that was read defines
(a pure virtual method). Silent are calls that depend on template parameters, constructors that nobody wrote, and
functions with several definitions of which a linker would choose one. A file whose headers are missing is left out, with
everything that it says: give include paths.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.running import OracleFailed, is_program, run_tool

NEEDS = "libclang (PyPI), and a C compiler for its headers"
_FATAL = 4
_LACK = "clang's own headers were not found, {what}: files that need clang's are left out, with all that they say"
_SHOWN = 10
_DETAILED = 1
"""Parse option: keep preprocessing records."""

Spot = tuple[str, int, int]
"""(file, line, column)."""


def is_available() -> bool:
    return find_spec("clang") is not None


def edges(
    root: Path,
    folders: Sequence[str] = ("",),
    suffixes: Sequence[str] = (".c", ".cc", ".cpp"),
    arguments: Sequence[str] = (),
) -> dict[str, Any]:
    """Return an oracle's file for the sources below `root`. Raises OracleFailed.

    Args:
        folders: below root, or single files, whose sources are read; headers that they include count too.
        arguments: clang's, include paths among them, relative to the working directory; with `-idirafter` they say
            themselves where the compiler's own headers are.
    """
    reader = _Reader(root.resolve())
    sources = list(_sources(root, folders, tuple(suffixes)))
    own, lack = ([], "") if "-idirafter" in arguments else _own_headers()
    if lack:
        print(f"warning: {lack}", file=sys.stderr)
    for source in sources:
        reader.read(source, [*arguments, *own])
    if sources and len(reader.left_out) == len(sources):
        raise OracleFailed(
            "clang could read none of the sources", next_step="give include paths; `cc` has the compiler's own"
        )
    return reader.verdicts()


def _own_headers() -> tuple[list[str], str]:
    """Return the arguments for headers that belong to a compiler (`stddef.h`), for libclang brings none, and what is amiss
    with them, empty for clang's own."""
    for program, question, folder in (
        ("clang", "-print-resource-dir", "include"),
        ("cc", "-print-file-name=include", ""),
    ):
        if is_program(program):
            place = Path(run_tool([program, question], cwd=Path.cwd()).strip(), folder)
            if place.is_dir():
                lack = "" if program == "clang" else _LACK.format(what=f"those of {program} in {place} stand in")
                return ["-idirafter", str(place)], lack
    return [], _LACK.format(what="nothing stands in")


def _sources(root: Path, folders: Sequence[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        place = root / folder
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (path for path in found if path.is_file() and path.name.endswith(suffixes))


class _Reader:
    """Collects definitions and call sites over all translation units."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clang: Any = import_module("clang.cindex")
        self.library: Any = self.clang.conf.lib
        numbers = ctypes.POINTER(ctypes.c_uint)
        self.library.clang_getFileLocation.argtypes = [
            self.clang.SourceLocation,
            ctypes.POINTER(self.clang.c_object_p),
            numbers,
            numbers,
            numbers,
        ]
        kinds = self.clang.CursorKind
        self.callables = {
            kinds.FUNCTION_DECL,
            kinds.CXX_METHOD,
            kinds.CONSTRUCTOR,
            kinds.DESTRUCTOR,
            kinds.FUNCTION_TEMPLATE,
            kinds.CONVERSION_FUNCTION,
        }
        self.index = self.clang.Index.create()
        self.paths: dict[str, str] = {}
        self.seen: set[tuple[str, int, int, str]] = set()
        self.definitions: dict[str, dict[str, int]] = {}
        self.declarations: dict[str, tuple[str, int]] = {}
        self.unwritten: set[str] = set()
        """Constructors that nobody wrote, of classes below the root."""
        self.sites: set[tuple[tuple[str, int], str, Spot]] = set()
        self.left_out: list[str] = []
        self.reasons: dict[str, int] = {}
        """What keeps clang from reading files, by how many."""

    def read(self, source: Path, arguments: Sequence[str]) -> None:
        try:
            unit = self.index.parse(str(source), args=list(arguments), options=_DETAILED)
        except self.clang.TranslationUnitLoadError:
            unit = None
        fatal = [each.spelling for each in unit.diagnostics if each.severity >= _FATAL] if unit else ["not readable"]
        if fatal:
            self.left_out.append(self._inside(str(source)))
            self.reasons[fatal[0]] = self.reasons.get(fatal[0], 0) + 1
            return
        main = self._inside(str(source))
        for cursor in unit.cursor.get_children():
            file = self._file_of(cursor.location.file)
            if not file or cursor.kind.is_preprocessing():
                continue
            # A header is read once; what it says differs little between the sources that include it.
            key = (file, cursor.location.line, cursor.location.column, cursor.kind.name)
            if file != main and key in self.seen:
                continue
            self.seen.add(key)
            self._walk(cursor)

    def _walk(self, top: Any) -> None:
        stack: list[tuple[Any, tuple[str, int] | None]] = [(top, None)]
        while stack:
            cursor, caller = stack.pop()
            if cursor.kind in self.callables:
                caller = self._note_callable(cursor) or caller
            elif cursor.kind == self.clang.CursorKind.CALL_EXPR:
                self._note_call(cursor, caller)
            stack.extend((child, caller) for child in cursor.get_children())

    def _note_callable(self, cursor: Any) -> tuple[str, int] | None:
        file, line = self._file_of(cursor.location.file), cursor.location.line
        if not file:
            return None
        if not cursor.is_definition():
            self.declarations.setdefault(cursor.get_usr(), (file, line))
            return None
        self.definitions.setdefault(cursor.get_usr(), {})[file] = line
        return file, line

    def _note_call(self, cursor: Any, caller: tuple[str, int] | None) -> None:
        spot = self._written_at(self._named_in(cursor))
        if spot is None:
            return
        target = cursor.referenced
        usr = ""
        if target is not None and target.kind in self.callables:
            plain = self._template_of(target)
            usr = plain.get_usr()
            if target.kind == self.clang.CursorKind.CONSTRUCTOR:
                owner = self._template_of(target.semantic_parent)
                if self._file_of(owner.location.file):
                    self.unwritten.add(usr)
        self.sites.add((caller or (spot[0], -1), usr, spot))

    def _named_in(self, call: Any) -> Any:
        """Return the expression that names what is called: a call itself is said to be where its first operand begins, so that
        every member of a chain over several lines would stand on the first of them."""
        kinds = self.clang.CursorKind
        current = next(iter(call.get_children()), None)
        while current is not None and current.kind == kinds.UNEXPOSED_EXPR:
            current = next(iter(current.get_children()), None)
        if current is None or current.kind != kinds.MEMBER_REF_EXPR:
            return call
        if call.referenced is None or current.referenced is None:
            return call
        return current if current.referenced == call.referenced else call

    def _template_of(self, cursor: Any) -> Any:
        while True:
            template = self.library.clang_getSpecializedCursorTemplate(cursor)
            if template is None or template.kind.is_invalid():
                return cursor
            cursor = template

    def _written_at(self, cursor: Any) -> Spot | None:
        handle, line, column, offset = self.clang.c_object_p(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
        self.library.clang_getFileLocation(
            cursor.location, ctypes.byref(handle), ctypes.byref(line), ctypes.byref(column), ctypes.byref(offset)
        )
        file = self._file_of(self.clang.File(handle)) if handle else ""
        return (file, line.value, column.value) if file else None

    def _file_of(self, file: Any) -> str:
        return self._inside(file.name) if file is not None else ""

    def _inside(self, name: str) -> str:
        """Return a path relative to the root, empty for one outside."""
        if name not in self.paths:
            path = Path(name).resolve()
            self.paths[name] = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else ""
        return self.paths[name]

    def verdicts(self) -> dict[str, Any]:
        """Return the content of an oracle's file, lines from 1."""
        made: list[list[Any]] = []
        sites: dict[str, str | None] = {}
        for caller, usr, (file, line, column) in sorted(self.sites):
            place = self._place_of(usr, file)
            if place is not None:
                made.append([*caller, *place, line])
            key = f"{file}:{line}:{column}"
            if not usr or len(self.definitions.get(usr, ())) > 1 or (place is None and usr in self.unwritten):
                sites[key] = None
            elif place is None:
                sites.setdefault(key, "ext")
        return {
            "tool": "clang",
            "line_base": 1,
            "columns": "name",
            "edges": made,
            "sites": sites,
            "left_out": self.left_out,
            "reasons": dict(sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))),
        }

    def _place_of(self, usr: str, file: str) -> tuple[str, int] | None:
        found = self.definitions.get(usr)
        if not found:
            return self.declarations.get(usr)
        if file in found:
            return file, found[file]
        return next(iter(found.items())) if len(found) == 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="benchmarks.callgraph.oracles.clang", epilog="after --: the arguments of clang"
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("--folder", action="append", default=[])
    parser.add_argument("--suffix", action="append", default=[])
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:end])
    suffixes = options.suffix or [".c", ".cc", ".cpp"]
    found = edges(options.root, options.folder or [""], suffixes, given[end + 1 :])
    options.out.write_text(json.dumps(found), "utf-8")
    for reason, count in list(found["reasons"].items())[:_SHOWN]:
        print(f"{count} left out: {reason}", file=sys.stderr)
    print(f"{len(found['edges'])} edges, {len(found['sites'])} other sites, {len(found['left_out'])} files left out")


if __name__ == "__main__":
    main()
