"""Which symbols the frames of a traceback stand for, and what stays the same of an error when its lines move.

A frame lies in a repository when a covered path is the end of its path, or the other way round, and no other repository's root
holds it; what package managers and
runtimes install is foreign, unless its path below that folder is one of ours, or its package is one that we publish. Its symbol is told by name within the file,
never by line: the traceback may come from another revision than the index.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.ports.graph import CodeGraph
from knowledge.schema import RepositoryInfo, Symbol
from knowledge.scope import Scope
from tools.tracebacks import Frame, Traceback

_INSTALLED = re.compile(r"^.*/(?:site-packages|dist-packages)/")
_FOREIGN = re.compile(
    r"^<|^node:|(?:^|/)(?:node_modules|\.cargo/registry|go/pkg/mod|usr/local/go/src|usr/lib/go[\w.-]*|rustc/[0-9a-f]+|\.rustup)/"
    r"|^(?:/usr/lib|/usr/local/lib)/python[\d.]+/(?!site-packages|dist-packages)|(?:^|/)lib/python\d[\d.]*/(?!site-packages)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A frame inside a repository. `id` is its symbol's, or `repository:path#?name` where several of the file bear its name.

    symbol: the one it stands for; the module of the file where the frame has no name, None where several are possible.
    line: as the traceback tells it, maybe of another revision.
    """

    id: str
    path: str
    line: int
    symbol: Symbol | None


@dataclass(frozen=True, slots=True)
class Located:
    """The frames of one error that lie in one repository, innermost first, repetitions of recursion told once."""

    repository: str
    revision: str
    places: tuple[Place, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.path for place in self.places))


def locate(graph: CodeGraph, scope: Scope, traceback: Traceback) -> list[Located]:
    """Return what of the traceback lies in each granted repository, the one with most frames first; none that has none."""
    known = graph.repositories(scope)
    found = [_located(graph, scope, info, _frames_for(info, known, traceback)) for info in known]
    return sorted((one for one in found if one.places), key=lambda one: (-len(one.places), one.repository))


def fingerprint(exception: str, located: Located) -> str:
    """Return what is the same of two errors of one kind that went the same way through one repository."""
    content = [exception, located.repository, [place.id for place in located.places]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _frames_for(info: RepositoryInfo, known: Sequence[RepositoryInfo], traceback: Traceback) -> list[Frame]:
    """Return the frames that may lie in a repository: those below another one's root do not."""
    frames = []
    for frame in traceback.frames:
        path = frame.path.replace("\\", "/")
        roots = [one for one in known if path.startswith(one.root.rstrip("/") + "/")]
        if not roots or max(roots, key=lambda one: len(one.root)).name == info.name:
            frames.append(frame)
    return frames


def _located(graph: CodeGraph, scope: Scope, info: RepositoryInfo, frames: Sequence[Frame]) -> Located:
    by_name: dict[str, list[str]] = {}
    for known in graph.paths(scope, info.name):
        by_name.setdefault(known.rpartition("/")[2], []).append(known)
    places: list[Place] = []
    outlines: dict[str, list[Symbol]] = {}
    packages = packages_of(graph, scope, info.name, graph.paths(scope, info.name)) if _any_installed(frames) else {}
    for frame in frames:
        if (path := covered_path(own_path(frame.path, packages), info.root, by_name)) is None:
            continue
        if path not in outlines:
            outlines[path] = graph.outline(scope, info.name, path)
        place = _place(info.name, path, frame, outlines[path])
        if not places or places[-1].id != place.id:
            places.append(place)
    return Located(info.name, info.revision, tuple(_without_cycles(places)))


_MODULE = re.compile(r"go/pkg/mod/(?P<module>[^@]+?)(?:/v\d+)?@[^/]+/(?P<rest>.+)$")
_NODE_PACKAGE = re.compile(r"^.*(?:^|/)node_modules/(?P<name>@[^/]+/[^/]+|[^/@][^/]*)/(?P<rest>.+)$")
_GO_MODULE = re.compile(r"^module\s+(\S+?)(?:/v\d+)?\s*$", re.M)


def packages_of(graph: CodeGraph, scope: Scope, repository: str, paths: Iterable[str]) -> dict[str, str]:
    """Return name -> folder, with its slash, of the packages that a repository publishes under npm and as Go modules."""
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: (-path.count("/"), path)):
        folder, _, file = path.rpartition("/")
        if file not in ("package.json", "go.mod"):
            continue
        text = (graph.read_text(scope, repository, path) or b"").decode("utf-8", "replace")
        name = _go_name(text) if file == "go.mod" else _npm_name(text)
        if name:
            found[name] = f"{folder}/" if folder else ""
    return found


def _go_name(text: str) -> str:
    said = _GO_MODULE.search(text)
    return said[1] if said is not None else ""


def _npm_name(text: str) -> str:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    name = content.get("name") if isinstance(content, dict) else None
    return name if isinstance(name, str) else ""


def own_path(written: str, packages: Mapping[str, str]) -> str:
    """Return the path in the repository of a file that was installed from it, else the path as it is written."""
    path = written.replace("\\", "/")
    installed = _MODULE.search(path) or _NODE_PACKAGE.match(path)
    if installed is None:
        return written
    folder = packages.get(installed[1])
    return written if folder is None else folder + installed["rest"]


def covered_path(written: str, root: str, by_name: Mapping[str, Sequence[str]]) -> str | None:
    """Return the covered path that a frame's path means, None for a foreign one.

    Args:
        by_name: covered paths by file name.
    """
    path = written.replace("\\", "/")
    known = by_name.get(path.rpartition("/")[2], ())
    if not known:
        return None
    if path.startswith(root.rstrip("/") + "/") and (own := path[len(root.rstrip("/")) + 1 :]) in known:
        return own
    installed = _INSTALLED.match(path)
    if installed is None and _FOREIGN.search(path):
        return None
    wanted = path[installed.end() :] if installed else path.lstrip("./")
    ending = [one for one in known if one == wanted or one.endswith("/" + wanted)]
    if ending:
        return min(ending, key=lambda one: (len(one), one))
    if installed is not None:
        return None
    return max((one for one in known if path.endswith("/" + one)), key=len, default=None)


def _any_installed(frames: Iterable[Frame]) -> bool:
    return any("node_modules/" in frame.path or "go/pkg/mod/" in frame.path for frame in frames)


def _place(repository: str, path: str, frame: Frame, outline: Sequence[Symbol]) -> Place:
    module = next((symbol for symbol in outline if not symbol.local_name), None)
    if not frame.names:
        return Place(f"{repository}:{path}#", path, frame.line, module)
    name, around = frame.names[-1], set(frame.names[:-1])
    named = [symbol for symbol in outline if symbol.name == name and symbol.local_name]
    inside = [symbol for symbol in named if around.intersection(_parents(symbol))]
    meant = inside or named
    distinct = {symbol.id.partition("~")[0] for symbol in meant}
    if len(distinct) == 1:
        return Place(distinct.pop(), path, frame.line, meant[0])
    return Place(f"{repository}:{path}#?{'.'.join(frame.names)}", path, frame.line, None)


def _parents(symbol: Symbol) -> list[str]:
    return symbol.local_name.split(".")[:-1]


def _without_cycles(places: Iterable[Place]) -> list[Place]:
    """Return each place once: how often a recursion went round says nothing about the error."""
    kept: dict[str, Place] = {}
    for place in places:
        kept.setdefault(place.id, place)
    return list(kept.values())
