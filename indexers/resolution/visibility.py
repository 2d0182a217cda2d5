"""Which of the bindings that files share may a file mean? Global linkage with include closures (C, C++)."""

from __future__ import annotations

from indexers.facts import Definition, Flag
from indexers.resolution.program import Bind, Binding
from indexers.resolution.questions import Questions

_CONDITIONAL = int(Flag.CONDITIONAL)
_CONFIGURED = int(Flag.CONFIGURED)
_DECLARATION = int(Flag.DECLARATION)
_INACTIVE = int(Flag.INACTIVE)
_MACRO = int(Flag.MACRO)
_PRIVATE = int(Flag.PRIVATE)

_HOME = {"linux": 3, "unix": 2, "": 1}
"""How near a variant for a platform is to Linux; those for others are 0."""


class Visibility(Questions):
    def _visible(self, file: int, name: str, bindings: list[Binding]) -> list[Binding]:
        """Of the bindings of a name that files share, keep those that `file` may mean.

        Where linkage is global (C, C++) a function is one symbol wherever its body stands; types, variables and
        everything private count only when their file is included. Of equal bodies the nearest folder wins: a project
        keeps its variants for different platforms in folders of their own.
        """
        if not self.profile.links_globally:
            return [binding for binding in bindings if binding[0] != Bind.IMPORT or self.profile.imports_are_members]
        if all(binding[1] == file for binding in bindings):
            return self._meant_here(bindings)
        visible = self._visible_paths(file)
        if self.recorder is not None:
            self.recorder.note(("visible", file, name))
        seen: list[Binding] = []
        linked: list[Binding] = []
        others: list[Binding] = []
        for binding in bindings:
            definition = self._definition_of(binding) if binding[0] == Bind.DEFINITION else None
            if visible is None or self.program.files[binding[1]].path in visible:
                seen.append(binding)
            elif definition is None or definition.flags & _PRIVATE:
                continue
            elif definition.flags & _MACRO:
                continue  # a macro is seen below its definition only, in the files that include it
            elif definition.kind in ("function", "method"):
                linked.append(binding)
            else:
                others.append(binding)
        if not seen and linked and self.profile.platform(self.program.files[file].path) in _HOME:
            # A function must be declared in sight: one that is not is no stand-in for what another platform lacks.
            linked = [binding for binding in linked if self._is_for_here(binding)]
        if linked and self._is_replaced(seen):
            linked = []
        kept = self._meant_here(seen + linked or others)
        return kept if len(kept) < 2 else self._nearest(file, kept, {binding[1] for binding in seen})

    def _is_replaced(self, seen: list[Binding]) -> bool:
        """Whether a macro is read where no declaration of the function is."""
        flags = [self._definition_of(binding).flags for binding in seen if binding[0] == Bind.DEFINITION]
        is_macro = any(each & (_MACRO | _INACTIVE) == _MACRO for each in flags)
        declared = [each for each in flags if each & (_MACRO | _DECLARATION) == _DECLARATION]
        return is_macro and all(each & _INACTIVE for each in declared)

    def _rests_on_a_setting(self, file: int, bindings: list[Binding], kept: list[Binding]) -> bool:
        """Whether something that `file` could mean was left out only because nothing is known to be configured."""
        for binding in bindings:
            flags = self._definition_of(binding).flags if binding[0] == Bind.DEFINITION else 0
            if flags & _CONFIGURED and flags & _INACTIVE and binding not in kept:
                visible = self._visible_paths(file)
                if visible is None or self.program.files[binding[1]].path in visible:
                    return True
                if not flags & (_PRIVATE | _MACRO):
                    return True
        return False

    def _is_elsewhere(self, binding: Binding) -> bool:
        return binding[0] == Bind.DEFINITION and bool(self._definition_of(binding).flags & _INACTIVE)

    def _is_for_here(self, binding: Binding) -> bool:
        path = self.program.files[binding[1]].path
        return not self._is_elsewhere(binding) and self.profile.platform(path) in _HOME

    def _meant_here(self, bindings: list[Binding]) -> list[Binding]:
        """Leave out what other platforms mean, where there is something else; an alias macro hides what it is named like."""
        if len(bindings) < 2:
            return bindings
        flags = [self._definition_of(b).flags if b[0] == Bind.DEFINITION else 0 for b in bindings]
        here = [b for b, flag in zip(bindings, flags, strict=True) if not flag & _INACTIVE]
        # An alias is a macro and an assignment of one file: without the macro the assignment says nothing.
        away = {
            (b[1], self._definition_of(b).line)
            for b, flag in zip(bindings, flags, strict=True)
            if flag & _INACTIVE and flag & _MACRO
        }
        here = [b for b in here if b[0] != Bind.ASSIGNMENT or (b[1], self._assigned_at(b)) not in away]
        if any(b[0] == Bind.DEFINITION for b in here):
            bindings = here
        hiding = {b[1] for b in bindings if b[0] == Bind.DEFINITION and self._hides(self._definition_of(b))}
        aliases = [b for b in bindings if b[0] == Bind.ASSIGNMENT and b[1] in hiding]
        return aliases if aliases else bindings

    def _assigned_at(self, binding: Binding) -> int:
        return self.program.files[binding[1]].facts.assignments[binding[2]].line

    @staticmethod
    def _hides(definition: Definition) -> bool:
        return definition.kind == "variable" and definition.flags & (_MACRO | _CONDITIONAL) == _MACRO

    def _nearest(self, file: int, bindings: list[Binding], visible: set[int]) -> list[Binding]:
        """Among bodies of functions with equally many parameters keep those in included files, else in the nearest folders."""
        bodies: dict[int, list[Binding]] = {}
        kept: list[Binding] = []
        for binding in bindings:
            definition = self._definition_of(binding) if binding[0] == Bind.DEFINITION else None
            if definition is None or definition.kind != "function" or definition.flags & (_DECLARATION | _MACRO):
                kept.append(binding)
            else:
                bodies.setdefault(len(definition.parameters), []).append(binding)
        for group in bodies.values():
            if len({binding[1] for binding in group}) > 1:
                path, files = self.program.files[file].path, self.program.files
                group = self._of_declared_pair(group, bindings, visible)
                near = {binding[1]: _shared_folders(path, files[binding[1]].path) for binding in group}
                included = [binding for binding in group if binding[1] in visible]
                group = included or [binding for binding in group if near[binding[1]] == max(near.values())]
                group = self._of_platform(path, group)
            kept.extend(group)
        return kept

    def _of_declared_pair(self, group: list[Binding], bindings: list[Binding], visible: set[int]) -> list[Binding]:
        """Prefer the body in `x.c` when an `x.h` in sight declares it, to one whose own header is not in sight."""
        files = self.program.files
        declaring: dict[str, bool] = {}
        for binding in bindings:
            if binding[0] == Bind.DEFINITION and self._definition_of(binding).flags & _DECLARATION:
                stem = _stem(files[binding[1]].path)
                declaring[stem] = declaring.get(stem, False) or binding[1] in visible
        ranks = [{True: 2, False: 0, None: 1}[declaring.get(_stem(files[binding[1]].path))] for binding in group]
        return [binding for binding, rank in zip(group, ranks, strict=True) if rank == max(ranks)]

    def _of_platform(self, path: str, group: list[Binding]) -> list[Binding]:
        """Keep the variants for the platform of the file that asks; for Linux, where it names none."""
        own = self.profile.platform(path)
        names = [self.profile.platform(self.program.files[binding[1]].path) for binding in group]
        ranks = [_HOME.get(name, 0) for name in names]
        if own not in _HOME:
            ranks = [4 if name == own else rank if rank < 2 else 1 for name, rank in zip(names, ranks, strict=True)]
        return [binding for binding, rank in zip(group, ranks, strict=True) if rank == max(ranks)]

    def _visible_paths(self, file: int) -> frozenset[str] | None:
        if file not in self._visible_sets:
            self._visible_sets[file] = self.profile.visible_paths(self.program.files[file].path, self._facts_of)
        return self._visible_sets[file]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _shared_folders(path: str, other: str) -> int:
    """Return how many leading folders two paths share."""
    count = 0
    for mine, theirs in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if mine != theirs:
            break
        count += 1
    return count
