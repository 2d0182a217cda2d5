"""Which of the bindings that files share may a file mean? Global linkage with include closures (C, C++)."""

from __future__ import annotations

from indexers.facts import Flag
from indexers.resolution.program import Bind, Binding
from indexers.resolution.questions import Questions

# Plain ints: an IntFlag costs a Python call at every `&`.
_DECLARATION = int(Flag.DECLARATION)
_MACRO = int(Flag.MACRO)
_PRIVATE = int(Flag.PRIVATE)


class Visibility(Questions):
    def _visible(self, file: int, bindings: list[Binding]) -> list[Binding]:
        """Of the bindings that files share, keep those that `file` may mean.

        Where linkage is global (C, C++) a function is one symbol wherever its body stands; types, variables and
        everything private count only when their file is included. Of equal bodies the nearest folder wins: a project
        keeps its variants for different platforms in folders of their own.
        """
        if not self.profile.links_globally:
            return [binding for binding in bindings if binding[0] != Bind.IMPORT or self.profile.imports_are_members]
        if all(binding[1] == file for binding in bindings):
            return bindings
        visible = self._visible_paths(file)
        seen: list[Binding] = []
        linked: list[Binding] = []
        others: list[Binding] = []
        for binding in bindings:
            definition = self._definition_of(binding) if binding[0] == Bind.DEFINITION else None
            if visible is None or self.program.files[binding[1]].path in visible:
                seen.append(binding)
            elif definition is None or definition.flags & _PRIVATE:
                continue
            elif definition.kind in ("function", "method") and not definition.flags & _MACRO:
                linked.append(binding)
            else:
                others.append(binding)
        kept = seen + linked or others
        return kept if len(kept) < 2 else self._nearest(file, kept, {binding[1] for binding in seen})

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
                near = {binding[1]: _shared_folders(path, files[binding[1]].path) for binding in group}
                included = [binding for binding in group if binding[1] in visible]
                group = included or [binding for binding in group if near[binding[1]] == max(near.values())]
            kept.extend(group)
        return kept

    def _visible_paths(self, file: int) -> frozenset[str] | None:
        if file not in self._visible_sets:
            self._visible_sets[file] = self.profile.visible_paths(self.program.files[file].path, self._facts_of)
        return self._visible_sets[file]


def _shared_folders(path: str, other: str) -> int:
    """Return how many leading folders two paths share."""
    count = 0
    for mine, theirs in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if mine != theirs:
            break
        count += 1
    return count
