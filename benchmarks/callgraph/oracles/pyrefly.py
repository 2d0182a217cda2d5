"""What pyrefly's type checker says that each Python call runs: `pyrefly check --report-pysa`.

Of a construction it names `__init__` and `__new__` and the class that receives them; of a method that subclasses override, the
method of the declared type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.callgraph.oracles.running import run_tool
from benchmarks.callgraph.verdicts import Place

NEEDS = "pyrefly (PyPI)"
CONFIGURATION = """\
check-unannotated-defs = true
disable-project-excludes-heuristics = true
use-ignore-files = false
"""
"""The tree is read wherever it lies: below a hidden folder, or in one that git ignores, as `.bench` is."""

Expression = tuple[str, tuple[int, int], tuple[int, int]]
"""(file, (line, column) of the start, of the end): 1-based lines, 0-based columns in characters."""


@dataclass(slots=True)
class Targets:
    """What one call may run. `constructed`: the classes of the tree that it makes, their constructors among `places`."""

    places: set[Place] = field(default_factory=set)
    constructed: set[Place] = field(default_factory=set)
    has_external: bool = False
    is_resolved: bool = False


def report(root: Path, folder: Path, pyrefly: str = "pyrefly") -> None:
    """Write pyrefly's call graphs of the tree into `folder`. Raises OracleFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "pyrefly.toml"
    place = root.resolve().as_posix()
    # The search path too: modules are looked up from the configuration's folder otherwise, and none would be found.
    paths = f'project-includes = ["{place}/**/*.py"]\nsearch-path = ["{place}"]\n'
    configuration.write_text(CONFIGURATION + paths, "utf-8")
    formats = ["--report-pysa-format", "json", "--output-format", "omit-errors"]
    command = [pyrefly, "check", "-j", "1", "-c", str(configuration), "--report-pysa", str(folder / "pysa"), *formats]
    run_tool(command, cwd=root, accepts=(0, 1))


def read_report(folder: Path, root: Path) -> dict[Expression, Targets]:
    """Return what each call expression of the tree runs."""
    modules = _Modules(folder / "definitions", root.resolve())
    calls: dict[Expression, Targets] = {}
    for file in sorted((folder / "call_graphs").glob("*.json")):
        content = json.loads(file.read_text("utf-8"))
        path = modules.path(content["source_path"])
        if path is None:
            continue
        for sites in content["call_graphs"].values():
            for key, verdict in sites.items():
                if "Call" in verdict and "|" not in key:
                    calls[path, *_span(key)] = modules.targets(verdict["Call"])
    return calls


def _span(key: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Read `12:5-13:20`, all numbers from 1."""
    start, end = (part.split(":") for part in key.split("-"))
    return (int(start[0]), int(start[1]) - 1), (int(end[0]), int(end[1]) - 1)


class _Modules:
    """Where functions and classes stand, by module and id."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.root = root
        self.functions: dict[tuple[int, str], Place] = {}
        self.classes: dict[tuple[int, int], Place] = {}
        for file in sorted(folder.glob("*.json")):
            content = json.loads(file.read_text("utf-8"))
            path = self.path(content["source_path"])
            if path is None:
                continue
            for identifier, definition in content["function_definitions"].items():
                if "name_location" in definition:
                    self.functions[content["module_id"], identifier] = (path, _line(definition))
            for definition in content["class_definitions"].values():
                if "name_location" in definition:
                    self.classes[content["module_id"], definition["class_id"]] = (path, _line(definition))

    def path(self, source: Any) -> str | None:
        """Return the path of a module below the root, None for any other."""
        name = source.get("FileSystem") if isinstance(source, dict) else None
        if not isinstance(name, str):
            return None
        file = Path(name)
        return file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else None

    def targets(self, call: dict[str, Any]) -> Targets:
        found = Targets(is_resolved="unresolved" not in call or bool(call.get("call_targets")))
        for target in call.get("call_targets", []):
            self._add(found, target, constructs=False)
        for target in (*call.get("init_targets", []), *call.get("new_targets", [])):
            self._add(found, target, constructs=True)
        if found.constructed:
            found.has_external = found.has_external and bool(call.get("call_targets"))
        return found

    def _add(self, found: Targets, entry: dict[str, Any], *, constructs: bool) -> None:
        for function in _functions(entry["target"]):
            place = self.functions.get((function["module_id"], function["function_id"]))
            receiver = entry.get("receiver_class") if constructs else None
            owner = self.classes.get((receiver["module_id"], receiver["class_id"])) if receiver else None
            if place is not None:
                found.places.add(place)
            if owner is not None:
                found.constructed.add(owner)
            found.is_resolved = True
            found.has_external |= place is None and owner is None


def _functions(target: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("Function", "Overrides", "FormatString"):
        function = target.get(kind)
        if isinstance(function, dict) and "function_id" in function:
            yield function


def _line(definition: dict[str, Any]) -> int:
    return int(definition["name_location"].split(":")[0])
