"""From an oracle's (file, line) to our symbols, and when two symbols are one definition to a caller.

Four things differ between tools without either being wrong, so they are accepted here, and nothing else is:

- a construction is said to call the class or a constructor of it (an inherited one too);
- an overload's signatures and its implementation (Python, TypeScript), or a prototype and its body (C, C++);
- the line of a definition may be that of its decorators, annotations or modifiers;
- a function whose name a macro of another file has in its body (Rust) stands there, or where the macro is used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.callgraph.oracles.mir_macros import functions_in_macros
from benchmarks.callgraph.ours import OurCall, OurGraph
from benchmarks.callgraph.verdicts import Place
from indexers.languages import parser_for
from knowledge.schema import Symbol, SymbolKind

CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "<constructor>"})
_CLASSES = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_CALLABLES = (SymbolKind.FUNCTION, SymbolKind.METHOD)
_MACRO_USE = re.compile(r"\w\s*!\s*[(\[{]")
_UNITED_BY_NAME = frozenset({"javascript", "typescript", "tsx"})
"""Several functions of one name in one scope are signatures of one: the language has no other overloads."""


class Definitions:
    """Our symbols by place. Built once a graph."""

    def __init__(self, ours: OurGraph) -> None:
        self.symbols = ours.symbols
        self._bases = ours.bases
        self._root = ours.root
        self._languages = ours.languages
        self._overloads: dict[str, frozenset[str]] = {}
        self._texts: dict[str, list[str]] = {}
        self._made: dict[str, set[tuple[int, str]]] = {}
        self._by_line: dict[Place, list[Symbol]] = defaultdict(list)
        self._by_header: dict[Place, list[Symbol]] = defaultdict(list)
        for symbol in ours.symbols.values():
            if symbol.kind in (SymbolKind.MODULE, SymbolKind.PACKAGE):
                continue
            self._by_line[symbol.path, symbol.line].append(symbol)
            for line in range(symbol.start_line, symbol.line):
                self._by_header[symbol.path, line].append(symbol)
        self._groups = self._united()

    def at(self, place: Place) -> list[Symbol]:
        """Return the symbols named on the line, callables and classes before variables; else those it is a header of."""
        found = self._by_line.get(place) or self._by_header.get(place) or []
        named = [symbol for symbol in found if symbol.kind in (*_CALLABLES, *_CLASSES)]
        if named:
            return named
        return found

    def matches(self, place: Place, target: Symbol, constructs: Symbol | None = None) -> bool:
        """Whether the definition that an oracle puts at `place` is our `target`. See the module for what is one.

        Args:
            constructs: the class that we say is constructed, when `target` is the constructor called for it.
        """
        if place == (target.path, target.line) or self._is_made_at(place, target):
            return True
        found = self.at(place)
        if constructs is not None and any(symbol.kind in _CLASSES for symbol in found):
            return any(symbol.id == constructs.id for symbol in found)
        return any(self._are_one(symbol, target) for symbol in found)

    def _is_made_at(self, place: Place, target: Symbol) -> bool:
        """Whether a function stands where a macro is used that has it in its body at `place`, in another file."""
        if target.language != "rust" or target.path == place[0] or target.kind not in _CALLABLES:
            return False
        return (place[1], target.name) in self._made_in(place[0]) and self._uses_macro(target)

    def _uses_macro(self, symbol: Symbol) -> bool:
        lines = self.text(symbol.path)
        return 0 < symbol.line <= len(lines) and _MACRO_USE.search(lines[symbol.line - 1]) is not None

    def _made_in(self, path: str) -> set[tuple[int, str]]:
        """Return (line, name) of the functions in the bodies of a file's macros."""
        if path not in self._made:
            source = "\n".join(self.text(path)).encode()
            root = parser_for("rust").parse(source).root_node
            self._made[path] = {(row + 1, name) for row, name in functions_in_macros(root)}
        return self._made[path]

    def is_constructed_by(self, owner: Symbol, constructor: Symbol) -> bool:
        """Whether `constructor` belongs to the class, or to one that it inherits from."""
        known = self.constructed(constructor)
        if known is None or owner.kind not in _CLASSES:
            return False
        # An unnamed class (`new T() {...}`) is constructed besides T, whose constructor its own one calls.
        return known.id == owner.id or (bool(owner.name) and self._inherits_from(owner.id, known.id))

    def name(self, place: Place) -> str:
        """Return the simple name of the definition at `place`, of its class for a constructor; empty: none known."""
        found = self.at(place)
        return self.callable_name(found[0]) if found else ""

    def callable_name(self, symbol: Symbol) -> str:
        """Return what a caller writes: the class's name for a constructor."""
        owner = self.constructed(symbol)
        return owner.name if owner is not None else symbol.name

    def constructed(self, symbol: Symbol) -> Symbol | None:
        """Return the class that a constructor belongs to, None for anything else."""
        owner = self.symbols.get(symbol.parent_id or "")
        if owner is None or owner.kind not in _CLASSES or symbol.kind not in _CALLABLES:
            return None
        return owner if symbol.name in CONSTRUCTORS or symbol.name == owner.name else None

    def target(self, call: OurCall) -> Symbol | None:
        """Return the symbol that a row of ours names, None for an external one."""
        return self.symbols[call.target] if call.target is not None else None

    def label(self, place: Place) -> str:
        """Return the qualified name of the definition at `place`, or the place."""
        found = self.at(place)
        return found[0].qualified_name if found else f"{place[0]}:{place[1]}"

    def is_indexed(self, path: str) -> bool:
        return path in self._languages

    @staticmethod
    def is_class(symbol: Symbol) -> bool:
        return symbol.kind in _CLASSES

    @staticmethod
    def is_macro(symbol: Symbol) -> bool:
        """Whether a symbol is a C macro: compilers see its expansion, never a call of it."""
        return symbol.language in ("c", "cpp") and symbol.signature.lstrip().startswith("#")

    def caller(self, symbol: Symbol) -> Place:
        """Return the place of the innermost function around (or at) a symbol, line 0 for none."""
        found: Symbol | None = symbol
        while found is not None and found.kind not in _CALLABLES:
            found = self.symbols.get(found.parent_id or "")
        return (symbol.path, found.line if found is not None else 0)

    def _are_one(self, one: Symbol, other: Symbol) -> bool:
        if self.group(one) == self.group(other):
            return True
        return any(self.is_constructed_by(symbol, peer) for symbol, peer in ((one, other), (other, one)))

    def _inherits_from(self, symbol_id: str, ancestor_id: str) -> bool:
        """Whether a class is another one, or below it."""
        reached, pending = {symbol_id}, [symbol_id]
        while pending and ancestor_id not in reached:
            for base in self._bases.get(pending.pop(), ()):
                if base not in reached:
                    reached.add(base)
                    pending.append(base)
        return ancestor_id in reached

    def group(self, symbol: Symbol) -> str:
        """Return the id that stands for all signatures and bodies of one callable."""
        return self._groups.get(symbol.id, symbol.id)

    def _united(self) -> dict[str, str]:
        """Return symbol id -> id of the group, for definitions that are signatures of one another."""
        groups: dict[str, str] = {}
        families: dict[tuple[str, ...], list[Symbol]] = defaultdict(list)
        for symbol in self.symbols.values():
            if symbol.kind in _CALLABLES:
                key = self._family(symbol)
                if key is not None:
                    families[key].append(symbol)
        for members in families.values():
            if len(members) > 1:
                groups.update((member.id, members[0].id) for member in members)
        return groups

    def _family(self, symbol: Symbol) -> tuple[str, ...] | None:
        """Return the key that signatures and bodies of one callable share, None where the name alone says it."""
        language = symbol.language
        if language in _UNITED_BY_NAME:
            return (symbol.path, symbol.parent_id or "", symbol.name)
        if language == "python":
            marked = symbol.name in self._overloaded(symbol.path)
            return (symbol.path, symbol.parent_id or "", symbol.name) if marked else None
        if language in ("c", "cpp"):
            parameters = symbol.signature.partition("(")[2].rpartition(")")[0]
            count = 0 if parameters.strip() in ("", "void") else parameters.count(",") + 1
            # C has one function of a name; two static ones in two files are told apart by the file.
            static = symbol.path if "static" in symbol.signature.partition("(")[0].split() else ""
            return (static, symbol.qualified_name, str(count) if language == "cpp" else "")
        return None

    def _overloaded(self, path: str) -> frozenset[str]:
        """Return the names under an `@overload` decorator in a Python file."""
        known = self._overloads.get(path)
        if known is None:
            known = self._overloads[path] = frozenset(self._iter_overloaded(path))
        return known

    def _iter_overloaded(self, path: str) -> Iterator[str]:
        pending = False
        for line in self.text(path):
            stripped = line.strip()
            if stripped.startswith("@") and stripped.split("(")[0].endswith("overload"):
                pending = True
            elif pending and stripped.startswith(("def ", "async def ")):
                yield stripped.split("def ", 1)[1].partition("(")[0].strip()
                pending = False

    def text(self, path: str) -> list[str]:
        """Return the lines of a file of the tree."""
        if path not in self._texts:
            file = self._root / Path(path)
            self._texts[path] = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
        return self._texts[path]
