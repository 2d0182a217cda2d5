"""Which assignment of a name does a use see? The order of statements, as far as the blocks of a function make it certain.

A local that is given another value goes on under another name, `x~1`. Where ways meet behind branches, a name with several
versions goes on as one that may be each of them; the name at the head of a loop may be all that the loop makes of it. So
code in a straight line sees the last assignment, branches and loops join, and functions inside, which run at a time of
their own, see all. A name that nothing looked at since it was given its value holds that value and nothing else
(`fresh`): what is stored in the literal by key takes the place of what was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import MAX_ENTRIES

_LEAVES = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})

Latest = dict[str, tuple[str, ...]]
"""Name -> the versions of it that a use may see; a name that is not there stands for itself."""


@dataclass(slots=True)
class Versions:
    """The names of one function while it is walked. names: those that it has bound so far; receiver: one that keeps its name."""

    scope: int
    names: set[str]
    receiver: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)
    """(name, version), in the order of the walk."""
    joined: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Versions that meet -> the one that stands for them, where it is used."""
    reserved: dict[str, str] = field(default_factory=dict)
    """The variables of a comprehension, which nothing outside of it sees."""
    is_captured: bool = False
    """Whether functions inside may read the names at any time."""

    def next_of(self, name: str) -> str:
        count = self.counts[name] = self.counts.get(name, 0) + 1
        return f"{name}~{count}"


class Flow:
    """The part of the walk that knows what has been assigned so far."""

    builder: FactsBuilder

    def __init__(self) -> None:
        self.versions: Versions | None = None
        self.latest: Latest = {}
        self.fresh: dict[str, tuple[int, str]] = {}
        """Name -> (its assignment, the value) where nothing has looked at it since."""

    def _renewed(self, own: Versions, name: str) -> str:
        """Return the name under which a new value of a local goes on: its own when this is the first one."""
        if name not in own.names or name == own.receiver:
            return name
        reserved = own.reserved.get(name)
        return reserved if reserved is not None else self._new_version(own, name)

    def _new_version(self, own: Versions, name: str) -> str:
        version = own.next_of(name)
        self.latest[name] = (version,)
        own.made.append((name, version))
        return version

    def _current(self, node: Node, name: str) -> str:
        """Return the version of a name that is used here; several that meet become one."""
        versions = self.latest.get(name)
        if versions is None:
            return name
        if len(versions) == 1:
            return versions[0]
        own = self.versions
        assert own is not None
        known = own.joined.get(versions)
        if known is None:
            known = own.joined[versions] = own.next_of(name)
            for version in versions:
                self.builder.assign(node, own.scope, known, version)
        return known

    def _join_definition(self, name: str) -> None:
        """A definition or an import binds the name itself: from now on it may mean that."""
        versions = self.latest.get(name)
        if versions is not None and name not in versions:
            self.latest[name] = (*versions, name)

    def _leave_function(self, node: Node) -> None:
        """Functions inside ask for the plain names."""
        own = self.versions
        if own is not None and own.is_captured:
            for name, version in own.made:
                self.builder.assign(node, own.scope, name, version)

    # where ways part and meet

    def _branch(self, start: Latest) -> None:
        """Go on from a place where ways parted."""
        self.fresh.clear()
        self.latest = dict(start) if start else {}

    def _meet(self, ways: Iterable[Latest]) -> None:
        """Go on where ways meet."""
        self.fresh.clear()
        ways = list(ways)
        if not any(ways):
            self.latest = {}
            return
        self.latest = dict(ways[0])
        for name in dict.fromkeys(name for way in ways for name in way):
            itself = (name,)
            self.latest[name] = tuple(dict.fromkeys(version for way in ways for version in way.get(name, itself)))

    def _made_since(self, first: int) -> list[tuple[str, str]]:
        return self.versions.made[first:] if self.versions is not None else []

    def _first_made(self) -> int:
        """Return what `_made_since` wants to know."""
        return len(self.versions.made) if self.versions is not None else 0

    def _loop_back(self, node: Node, start: Latest, first: int, targets: Iterable[str] = ()) -> None:
        """Go on behind a loop. The names at its head may be what it made of them, but for those that the head itself assigns."""
        own, latest = self.versions, self.latest
        self._branch(start)
        if own is None:
            return
        for name, version in own.made[first:]:
            versions = self.latest.get(name, (name,))
            if name in targets:
                self.latest[name] = tuple(dict.fromkeys((*versions, *latest[name])))
            elif len(versions) == 1 or versions in own.joined:
                head = versions[0] if len(versions) == 1 else own.joined[versions]
                self.builder.assign(node, own.scope, head, version)
            else:
                self.latest[name] = (*versions, version)

    # names that nothing looked at

    def _override(self, held: str, keys: list[str], value: str) -> bool:
        """Store a value in a literal by its key, in place of what is there; False where that is not certain."""
        containers = self.builder.facts.containers
        for depth, key in enumerate(keys):
            mark, _, number = held.partition("@")
            if mark not in ("#dict", "#list") or not key or (mark == "#list") is (key[0] == "'"):
                return False
            entries = containers[int(number)].entries
            at = _entry_at(entries, key, mark)
            if at < 0:
                if mark == "#list" or depth < len(keys) - 1 or len(entries) >= MAX_ENTRIES:
                    return False
                entries.append(f"{key}={value}")
            elif depth == len(keys) - 1:
                entries[at] = f"{key}={value}" if mark == "#dict" else value
            else:
                held = entries[at].partition("=")[2] if mark == "#dict" else entries[at]
        return bool(keys)


def leaves(node: Node) -> bool:
    """Whether what follows a block, or the block at the end of a clause, is not reached from its end."""
    children = node.named_children
    if children and children[-1].type == "block":
        children = children[-1].named_children
    return bool(children) and children[-1].type in _LEAVES


def _entry_at(entries: list[str], key: str, mark: str) -> int:
    """Return the position of the entry under a key, -1 when there is none for certain."""
    if mark == "#list":
        certain = key.isdigit() and int(key) < len(entries) and not any(each[0] == "*" for each in entries)
        return int(key) if certain else -1
    return next((at for at, each in enumerate(entries) if each.startswith(f"{key}=")), -1)
