"""JavaScript and TypeScript: `package.json`."""

from __future__ import annotations

import json
from typing import Any

from indexers.manifests.model import Collector, Manifest, ManifestError

_GROUPS = {
    "dependencies": "runtime",
    "peerDependencies": "peer",
    "optionalDependencies": "optional",
    "devDependencies": "dev",
}


def read_json(text: str) -> dict[str, Any]:
    """Raises ManifestError."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ManifestError(str(exc)) from exc
    if not isinstance(content, dict):
        raise ManifestError("the file holds no object")
    return content


def read_package(text: str) -> Manifest:
    content, found = read_json(text), Collector(text)
    name = content.get("name")
    found.manifest.name = name if isinstance(name, str) else ""
    for field, group in _GROUPS.items():
        packages = content.get(field)
        for package, version in (packages if isinstance(packages, dict) else {}).items():
            found.add(package, version if isinstance(version, str) else "", group)
    return found.manifest
