"""Rust: `Cargo.toml`. Source: The Cargo Book, "Specifying Dependencies"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indexers.manifests.model import Collector, Manifest
from indexers.manifests.python import read_toml, table

_TABLES = {"dependencies": "runtime", "dev-dependencies": "dev", "build-dependencies": "build"}


def read_cargo(text: str) -> Manifest:
    content, found = read_toml(text), Collector(text)
    name = table(content, "package").get("name")
    found.manifest.name = name if isinstance(name, str) else ""
    _add_tables(found, content)
    for target in table(content, "target").values():
        _add_tables(found, target if isinstance(target, dict) else {})
    _add(found, table(table(content, "workspace"), "dependencies"), "runtime")
    return found.manifest


def _add_tables(found: Collector, content: Mapping[str, Any]) -> None:
    for key, group in _TABLES.items():
        _add(found, table(content, key), group)


def _add(found: Collector, crates: Mapping[str, Any], group: str) -> None:
    for key, value in crates.items():
        described = value if isinstance(value, dict) else {}
        package = described.get("package")
        version = described.get("version", "") if described else value
        optional = "optional" if described.get("optional") is True else group
        found.add(package if isinstance(package, str) else key, version if isinstance(version, str) else "", optional)
