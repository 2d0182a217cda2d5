"""Which macro of another file a name means: textual scope, `#[macro_use]`, `use` and `#[macro_export]`.

A macro is seen from its definition on, in the modules that are declared after it too; behind a module under `#[macro_use]` its
macros are. By path it is named where it is exported, or where a `use` of the name stands. Of several that a path may mean,
none is taken. Source: the Rust reference, "Macros By Example", "Scoping, exporting, and importing".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from indexers.languages.rust.profile import RustProfile
from indexers.macro_links import MacroDefinition, MacroLinks, SharedMacro
from indexers.resolution.layout import Layout

MAX_MACROS = 100
MAX_BYTES = 150_000
"""Definitions, and their text, that one file is handed; what goes beyond is not expanded there."""
MAX_MODULES = 40
"""Modules within each other that are looked through for a name."""
_USE = re.compile(r"((?:\$?\w+\s*::\s*)*)(\w+)\s*!\s*[(\[{]")
_END = 1 << 60
_Found = tuple[str, MacroDefinition]
"""Path of a file, and a macro in it."""


class MacroScopes:
    """Answers for the files of one tree. links: of every Rust file; they may be exchanged while this is in use."""

    def __init__(self, layout: Layout, links: Mapping[str, MacroLinks]) -> None:
        self._profile = RustProfile(layout)
        self._links = links
        self._files: dict[str, str] = {}
        self._crates: dict[str, list[str]] = defaultdict(list)
        for path in sorted(layout.paths):
            if path.endswith(".rs"):
                crate, namespace = self._profile.place_of(path)
                self._files.setdefault(namespace, path)
                self._crates[crate].append(path)

    def exchanged(self) -> None:
        """Nothing is kept that links have said."""

    def shared_with(self, path: str) -> list[SharedMacro]:
        """Return the macros of other files that a file uses, those that their bodies use among them, by name."""
        links = self._links[path]
        own = {definition.name for definition in links.definitions}
        found: dict[str, SharedMacro] = {}
        size = 0
        pending = [(name, path) for name in sorted(links.used, reverse=True)]
        while pending and len(found) < MAX_MACROS:
            dotted, user = pending.pop()
            name = dotted.rpartition(".")[2]
            if name in found or name in own:
                continue
            seen = self._visible(dotted, user) or (self._visible(dotted, path) if user != path else None)
            if seen is None or seen[0] == path or size + len(seen[1].text) > MAX_BYTES:
                continue
            home, macro = seen
            size += len(macro.text)
            found[name] = SharedMacro(name, home, macro.text, macro.row, macro.column)
            pending.extend((used, home) for used in sorted(_used_in(macro.text), reverse=True))
        return [found[name] for name in sorted(found)]

    def _visible(self, dotted: str, path: str) -> _Found | None:
        head, _, name = dotted.rpartition(".")
        if not head:
            seen = self._before(path, name)
            if seen is not None:
                return seen
            brought = next((item for item in self._links[path].imports if item.alias == name), None)
            if brought is not None:
                head, name = brought.source.replace("::", "."), brought.name
        own = self._profile.place_of(path)[0]
        first = head.partition(".")[0]
        if first in ("", "crate", "$crate", "self", "super"):
            return self._by_path(name, own, own.partition("::")[0])
        # A path begins at another crate, or at a module of this one.
        inside = f"{own}::{first}" in self._files
        return self._by_path(name, own if inside else first, "")

    def _by_path(self, name: str, crate: str, library: str) -> _Found | None:
        """Return the one macro that may be named by a path in a crate; library: where else, for a test, say, of it."""
        for each in dict.fromkeys((crate, library)):
            found = [
                (path, macro)
                for path in self._crates.get(each, ())
                for macro in self._links[path].definitions
                if macro.name == name and (macro.exported or self._is_brought_out(path, name))
            ]
            found = [item for item in found if not item[1].inactive] or found
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _is_brought_out(self, path: str, name: str) -> bool:
        return any(item.name == name for item in self._links[path].imports)

    def _before(self, path: str, name: str) -> _Found | None:
        """Return the macro of a name that is in textual scope in a file: its own modules', or what was seen before it was declared."""
        seen = self._last(path, name, _END, None)
        for _ in range(MAX_MODULES):
            if seen is not None:
                return seen
            declared = self._declaration(path)
            if declared is None:
                return None
            path, row, module = declared
            seen = self._last(path, name, row, module)
        return None

    def _declaration(self, path: str) -> tuple[str, int, str] | None:
        """Return where the module of a file is declared: file, row, and the inline modules around."""
        crate, namespace = self._profile.place_of(path)
        names: list[str] = []
        while namespace != crate and namespace:
            namespace, _, name = namespace.rpartition("::")
            names.insert(0, name)
            parent = self._files.get(namespace)
            if parent is not None and parent != path:
                module = "::".join(names[:-1])
                for line in self._links[parent].modules:
                    if line.name == names[-1] and line.module == module:
                        return parent, line.row, module
                return None
        return None

    def _last(self, path: str, name: str, before: int, module: str | None, depth: int = 0) -> _Found | None:
        """Return the last macro of a name that a file makes seen above a row, in a module of it and those around; None: in any."""
        seen: list[tuple[bool, int, _Found]] = [
            (not macro.inactive, macro.row, (path, macro))
            for macro in self._links[path].definitions
            if macro.name == name and macro.row < before and _encloses(macro.module, module)
        ]
        for line in self._shared_modules(path):
            if line[0] < before and depth < MAX_MODULES and _encloses(line[1], module):
                inner = self._last(line[2], name, _END, "", depth + 1)
                if inner is not None:
                    seen.append((not inner[1].inactive, line[0], inner))
        return max(seen, key=lambda item: item[:2])[2] if seen else None

    def _shared_modules(self, path: str) -> Iterator[tuple[int, str, str]]:
        """Yield (row, inline modules around, file) of the modules under `#[macro_use]` that a file declares."""
        for line in self._links[path].modules:
            if line.shares:
                namespace = "::".join(
                    part for part in (self._profile.place_of(path)[1], line.module, line.name) if part
                )
                home = self._files.get(namespace)
                if home is not None and home != path:
                    yield line.row, line.module, home


def _encloses(module: str, inner: str | None) -> bool:
    return inner is None or not module or inner == module or inner.startswith(f"{module}::")


def _used_in(text: str) -> set[str]:
    """Return the paths of what may be uses of macros in a text."""
    found: set[str] = set()
    for match in _USE.finditer(text):
        head = ".".join(part.strip() for part in match[1].split("::") if part.strip())
        found.add(f"{head}.{match[2]}" if head else match[2])
    found.discard("macro_rules")
    return found
