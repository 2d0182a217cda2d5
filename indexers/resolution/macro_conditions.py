"""Is something part of the usual build that stands inside a macro in place of a condition (`cfg_rt! { .. }`, Rust)?

The macro is defined in a file of its own. A definition names the macros around it by decorators `within:NAME`, an import has the
flag MACRO and is inside the last such macro that is used above it; the macro's own decorators say what it demands:
`stands_for:inactive`, `stands_for:feature:NAME`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from indexers.facts import Flag
from indexers.resolution.bindings import Bindings
from indexers.resolution.program import Bind, Binding
from indexers.resolution.values import BRANCHES, Outcome

WITHIN = "within:"
STANDS_FOR = "stands_for:"
_INACTIVE = int(Flag.INACTIVE)
_MACRO = int(Flag.MACRO)


class MacroConditions(Bindings):
    def _through_stars(self, stars: Iterable[tuple[int, int]], name: str) -> Outcome:
        """`pub use a::*` under a condition: what the usual build has goes first."""
        stars = list(stars)
        if len(stars) < 2 or not self.profile.condition_macros:
            return super()._through_stars(stars, name)
        bindings: list[Binding] = [(Bind.IMPORT, file, index) for file, index in stars]
        active = [binding for binding in bindings if not self._flags_of(binding) & _INACTIVE]
        found = super()._through_stars([(file, index) for _, file, index in active], name)
        if not found[0]:
            return super()._through_stars(stars, name) if len(active) < len(stars) else found
        others = [binding for binding in bindings if binding not in active and self._is_guess(binding)]
        is_guess = any(super(MacroConditions, self)._through_stars([other[1:]], name)[0] for other in others)
        return (found[0], max(found[1], BRANCHES)) if is_guess else found

    def _flags_of(self, binding: Binding) -> int:
        flags = super()._flags_of(binding)
        if self.profile.condition_macros and any(
            self._rules_out(name, binding[1]) for name in self.macros_around(binding)
        ):
            flags |= _INACTIVE
        return flags

    def _is_guess(self, binding: Binding) -> bool:
        return super()._is_guess(binding) or (
            bool(self.profile.condition_macros)
            and any(
                self.profile.guesses(self.program.files[binding[1]].path, self._marks_of(name))
                for name in self.macros_around(binding)
            )
        )

    def _marks_of(self, macro: str) -> list[str]:
        """Return what the definitions of a macro say that it demands."""
        return [
            mark.removeprefix(STANDS_FOR)
            for symbol in self.program.by_name.get(macro, ())
            if (definition := self.program.definition(symbol)) is not None
            for mark in definition.decorators
            if mark.startswith(STANDS_FOR)
        ]

    def macros_around(self, binding: Binding) -> list[str]:
        """Return the macros that may stand for a condition of what a binding binds."""
        kind, file, index = binding
        facts = self.program.files[file].facts
        if kind == Bind.DEFINITION:
            marks = facts.definitions[index].decorators
            return [mark.removeprefix(WITHIN) for mark in marks if mark.startswith(WITHIN)]
        if kind != Bind.IMPORT or not facts.imports[index].flags & _MACRO:
            return []
        used = self._condition_macros.get(file)
        if used is None:
            calls = (
                call
                for call in facts.calls
                if call.flags & _MACRO and call.callee.startswith(self.profile.condition_macros)
            )
            used = self._condition_macros[file] = sorted((call.line, call.callee) for call in calls)
        at = bisect_right(used, (facts.imports[index].line, "\U0010ffff"))
        return [used[at - 1][1]] if at else []

    def _rules_out(self, macro: str, file: int) -> bool:
        """Whether what stands in the macro is not in the build; where nothing is known of it, its name decides."""
        marks = self._marks_of(macro)
        if not marks:
            return macro.startswith(self.profile.negative_condition_macros)
        return "inactive" in marks or self.profile.lacks(self.program.files[file].path, marks)
