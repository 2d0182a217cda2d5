"""Which macros of other files does a file of C or C++ expand? Those that it uses outside of functions and that make some.

A macro is seen through what a file includes, directly or not, the first of a name in the order of the includes. It comes
with the macros that its body uses outside of braces. What makes no function is not handed on: a use of it is a call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from indexers.languages.cfamily.macro_expansion import Macro, NoExpansion, makes_functions, names_with_brackets
from indexers.languages.cfamily.profile import CFamilyProfile
from indexers.macro_links import MacroDefinition, MacroLinks, SharedMacro
from indexers.resolution.layout import Layout

MAX_MACROS = 100
MAX_BYTES = 150_000
"""Definitions, and their text, that one file is handed; what goes beyond is not expanded there."""
_Found = tuple[str, MacroDefinition]
"""Path of a file, and a macro in it."""


class MacroScopes:
    """Answers for the files of one tree. links: of every file of the family; `exchanged` says that some are others now."""

    def __init__(self, layout: Layout, links: Mapping[str, MacroLinks]) -> None:
        self._profile = CFamilyProfile(layout)
        self._links = links
        self._defining: dict[str, list[str]] | None = None
        self._included: dict[str, dict[str, int]] = {}
        self._read: dict[str, tuple[bool, list[str]]] = {}

    def exchanged(self) -> None:
        """Forget what was found out from links."""
        self._defining = None
        self._included.clear()
        self._read.clear()

    def shared_with(self, path: str) -> list[SharedMacro]:
        """Return the macros of other files that make functions where this one uses them, with those that they need, by name."""
        links = self._links[path]
        own = {definition.name for definition in links.definitions}
        shared: dict[str, SharedMacro] = {}
        size = 0
        for name in sorted(links.used):
            found = self._needed(name, path, own) if name not in own else {}
            if not any(self._says(macro.text)[0] for _, macro in found.values()):
                continue
            size += sum(len(macro.text) for each, (_, macro) in found.items() if each not in shared)
            if size > MAX_BYTES or len(shared) + len(found) > MAX_MACROS:
                break
            shared |= {each: SharedMacro(each, home, macro.text, 0, 0) for each, (home, macro) in found.items()}
        return [shared[name] for name in sorted(shared)]

    def _needed(self, name: str, path: str, own: set[str]) -> dict[str, _Found]:
        """Return the macros of other files that a name needs to be expanded in a file."""
        found: dict[str, _Found] = {}
        pending = [name]
        while pending and len(found) <= MAX_MACROS:
            name = pending.pop()
            seen = self._visible(name, path) if name not in found and name not in own else None
            if seen is not None:
                found[name] = seen
                pending.extend(self._says(seen[1].text)[1])
        return found

    def _says(self, text: str) -> tuple[bool, list[str]]:
        """Return whether a macro's own text makes functions, and the names that it may use as macros, in reverse order."""
        known = self._read.get(text)
        if known is None:
            try:
                body = Macro(text.encode()).definition.body
            except NoExpansion:
                body = []
            names = sorted((name.decode() for name in names_with_brackets(body)), reverse=True)
            known = self._read[text] = makes_functions(body), names
        return known

    def _visible(self, name: str, path: str) -> _Found | None:
        if self._defining is None:
            self._defining = defaultdict(list)
            for home in sorted(self._links):
                for each in dict.fromkeys(macro.name for macro in self._links[home].definitions):
                    self._defining[each].append(home)
        homes = self._defining.get(name)
        if not homes:
            return None
        order = self._includes_of(path)
        near = min((home for home in homes if home in order and home != path), key=order.__getitem__, default=None)
        if near is None:
            return None
        found = [macro for macro in self._links[near].definitions if macro.name == name]
        return near, next((macro for macro in found if not macro.inactive), found[0])

    def _includes_of(self, path: str) -> dict[str, int]:
        """Return what a file includes, directly or not, each with its place in the order in which it is read."""
        known = self._included.get(path)
        if known is None:
            known = self._included[path] = {}
            pending = [path]
            while pending:
                current = pending.pop()
                if current in known:
                    continue
                known[current] = len(known)
                written = self._links[current].imports if current in self._links else ()
                targets = (self._profile.included_path(current, item.source) for item in reversed(written))
                pending.extend(target for target in targets if target)
        return known
