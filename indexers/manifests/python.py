"""Python: pyproject.toml (PEP 621, PEP 735, Poetry), setup.cfg, setup.py, requirements files, Pipfile.

Requirements are read by `packaging` (PEP 508). setup.py is parsed, never run: what it computes is not seen.
"""

from __future__ import annotations

import ast
import configparser
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from indexers.manifests.model import Collector, Manifest, ManifestError

_DEV_GROUPS = frozenset({"dev", "test", "tests", "testing", "lint", "docs", "typing", "develop"})


def read_toml(text: str) -> dict[str, Any]:
    """Raises ManifestError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise ManifestError(str(exc)) from exc


def read_pyproject(text: str) -> Manifest:
    content, found = read_toml(text), Collector(text)
    project = table(content, "project")
    poetry = table(table(content, "tool"), "poetry")
    found.manifest.name = str(project.get("name") or poetry.get("name") or "")
    _add_all(found, strings(project.get("dependencies")), "runtime")
    for extra, requirements in table(project, "optional-dependencies").items():
        _add_all(found, strings(requirements), _group(extra))
    for group, requirements in table(content, "dependency-groups").items():
        _add_all(found, strings(requirements), _group(group, "dev"))
    _add_all(found, strings(table(content, "build-system").get("requires")), "build")
    _add_poetry(found, table(poetry, "dependencies"), "runtime")
    _add_poetry(found, table(poetry, "dev-dependencies"), "dev")
    for group in table(poetry, "group").values():
        _add_poetry(found, table(group, "dependencies") if isinstance(group, dict) else {}, "dev")
    return found.manifest


def read_pipfile(text: str) -> Manifest:
    content, found = read_toml(text), Collector(text)
    _add_poetry(found, table(content, "packages"), "runtime")
    _add_poetry(found, table(content, "dev-packages"), "dev")
    return found.manifest


def read_setup_cfg(text: str) -> Manifest:
    parser, found = configparser.ConfigParser(interpolation=None, strict=False), Collector(text)
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        raise ManifestError(str(exc).partition("\n")[0]) from exc
    found.manifest.name = parser.get("metadata", "name", fallback="")
    _add_all(found, parser.get("options", "install_requires", fallback="").splitlines(), "runtime")
    _add_all(found, parser.get("options", "setup_requires", fallback="").splitlines(), "build")
    if parser.has_section("options.extras_require"):
        for extra, requirements in parser.items("options.extras_require"):
            _add_all(found, requirements.splitlines(), _group(extra))
    return found.manifest


def read_requirements(text: str) -> Manifest:
    """Options (`-r`, `-c`, `--hash`), comments and continuation lines are the format's own; see pip's user guide."""
    found = Collector(text)
    for line in text.replace("\\\n", " ").splitlines():
        requirement = line.partition(" #")[0].partition(" --")[0].strip()
        if requirement and not requirement.startswith(("#", "-")):
            _add_all(found, [requirement], "runtime")
    return found.manifest


def read_setup_py(text: str) -> Manifest:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        raise ManifestError(f"setup.py cannot be parsed: {exc}") from exc
    found = Collector(text)
    constants = dict(_constants(tree))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _called(call.func) == "setup":
            for keyword in call.keywords:
                _add_keyword(found, keyword.arg, keyword.value, constants)
    return found.manifest


def _add_keyword(found: Collector, name: str | None, value: ast.expr, constants: Mapping[str, ast.expr]) -> None:
    value = constants.get(value.id, value) if isinstance(value, ast.Name) else value
    if name == "name" and isinstance(value, ast.Constant):
        found.manifest.name = str(value.value)
    elif name in ("install_requires", "setup_requires"):
        _add_all(found, _literals(value), "runtime" if name == "install_requires" else "build")
    elif name == "extras_require" and isinstance(value, ast.Dict):
        for extra, requirements in zip(value.keys, value.values, strict=True):
            label = str(extra.value) if isinstance(extra, ast.Constant) else ""
            _add_all(found, _literals(requirements), _group(label))


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement.targets[0].id, statement.value


def _called(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _literals(value: ast.expr) -> list[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value.splitlines()
    if isinstance(value, ast.List | ast.Tuple):
        return [one.value for one in value.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return []


def _add_all(found: Collector, requirements: Iterable[str], group: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement  # start-up time: for Python's manifests alone

    for text in requirements:
        try:
            requirement = Requirement(text.strip())
        except InvalidRequirement:
            continue  # a bare path or URL, a line of another tool: it names no package
        found.add(requirement.name, str(requirement.specifier), group)


def _add_poetry(found: Collector, packages: Mapping[str, Any], group: str) -> None:
    for name, value in packages.items():
        if name != "python":
            version = value.get("version", "") if isinstance(value, dict) else value
            found.add(name, version if isinstance(version, str) else "", group)


def _group(name: str, default: str = "optional") -> str:
    return "dev" if name.lower() in _DEV_GROUPS else default


def table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the table under `key`; empty when there is none, or something else."""
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
