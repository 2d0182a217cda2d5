"""Module specifiers -> files of the project: relative paths, tsconfig paths, npm workspaces, package exports.

Reads the manifests in the layout once. Source: the module resolution chapters of the TypeScript handbook and of Node.
"""

from __future__ import annotations

import json
from typing import Any

from indexers.resolution.layout import Layout

SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".d.mts", ".d.cts")
_WRITTEN_FOR = {
    ".js": (".ts", ".tsx", ".js", ".jsx", ".d.ts"),
    ".jsx": (".tsx", ".jsx"),
    ".mjs": (".mts", ".mjs", ".d.mts"),
    ".cjs": (".cts", ".cjs", ".d.cts"),
}
_DECLARATIONS = {".d.ts": (".js", ".jsx"), ".d.mts": (".mjs",), ".d.cts": (".cjs",)}
"""Suffix of a declaration file -> those of the script beside it that it may describe: the script is what runs."""
_ENTRIES = ("source", "types", "module", "main")
_CONDITIONS = ("source", "types", "import", "module", "node", "require", "default")
_BUILD_FOLDERS = ("dist", "lib", "build", "out", "es", "esm", "cjs", "types")
MAX_EXTENDS = 8
MAX_ENTRIES = 2
"""Manifests of folders that one may lead to after the other."""

Config = tuple[str | None, list[tuple[str, str, list[str]]]]
"""baseUrl as a folder of the project, and path patterns: (before the star, after it, replacements)."""
_EMPTY: Config = (None, [])


class ModuleLookup:
    """Answers which file a specifier written in a file means. Memoised; one a layout."""

    def __init__(self, layout: Layout) -> None:
        self.paths = layout.paths
        self._found: dict[tuple[str, str], str | None] = {}
        self.packages: dict[str, tuple[str, dict[str, Any]]] = {}
        self._entries: dict[str, list[str]] = {}
        """Folder of a package -> what its manifest says that the folder means, best first."""
        self._imports: dict[str, dict[str, Any]] = {}
        """Folder of a package -> what its own files may import by `#name`."""
        for folder, text in layout.manifests_named("package.json").items():
            manifest = parse_jsonc(text)
            self._entries[folder] = _entries(manifest)
            imports = manifest.get("imports")
            self._imports[folder] = imports if isinstance(imports, dict) else {}
            name = manifest.get("name")
            if isinstance(name, str) and name:
                self.packages.setdefault(name, (folder, manifest))
        self._configs = {path: text for path, text in layout.manifests.items() if _is_config(path)}
        self._aliases: dict[str, Config] = {}
        for path in sorted(self._configs, key=_config_rank):
            folder = path.rpartition("/")[0]
            known = self._aliases.get(folder)
            if known is None or known == _EMPTY:
                # A project that is split (`tsconfig.app.json`) says it beside its `tsconfig.json`.
                self._aliases[folder] = self._read_config(path)

    def find(self, path: str, specifier: str) -> str | None:
        """Return the path of the file that `specifier` means in the file at `path`, None when it is outside the project."""
        folder = path.rpartition("/")[0]
        key = (folder, specifier)
        if key not in self._found:
            self._found[key] = self._find(folder, specifier)
        return self._found[key]

    def _find(self, folder: str, specifier: str) -> str | None:
        specifier = specifier.partition("?")[0]
        if specifier.startswith((".", "/")):
            base = "" if specifier.startswith("/") else folder
            return self.file_at(normalised(f"{base}/{specifier}"))
        if specifier.startswith("#") and (found := self._imported(folder, specifier)) is not None:
            return found
        return self._aliased(folder, specifier) or self._packaged(specifier)

    def file_at(self, path: str | None, *, steps: int = MAX_ENTRIES) -> str | None:
        """Return the covered file that a path without or with a suffix means: itself, `.ts` for `.js`, an index, of a
        package's folder what its manifest says."""
        if path is None:
            return None
        for declaration, scripts in _DECLARATIONS.items():
            if path.endswith(declaration):
                described = (path.removesuffix(declaration) + script for script in scripts)
                return next((script for script in (*described, path) if script in self.paths), None)
        stem, dot, last = path.rpartition(".")
        suffix = dot + last
        for candidate in _WRITTEN_FOR.get(suffix, ()):
            if stem + candidate in self.paths:
                return stem + candidate
        if path in self.paths:
            return path
        for candidate in SUFFIXES:
            if path + candidate in self.paths:
                return path + candidate
        for entry in self._entries.get(path, ()) if steps else ():
            found = self.file_at(normalised(f"{path}/{entry}"), steps=steps - 1)
            if found is not None:
                return found
        index = f"{path}/index" if path else "index"
        for candidate in SUFFIXES:
            if index + candidate in self.paths:
                return index + candidate
        return None

    # tsconfig

    def _read_config(self, path: str) -> Config:
        """Return baseUrl as a folder of the project and the path patterns of a configuration and of those it extends."""
        base_url: str | None = None
        patterns: list[tuple[str, str, list[str]]] = []
        pending, seen = [path], 0
        while pending and seen < MAX_EXTENDS:
            path, seen = pending.pop(0), seen + 1
            folder = path.rpartition("/")[0]
            config = parse_jsonc(self._configs.get(path, ""))
            options = config.get("compilerOptions")
            options = options if isinstance(options, dict) else {}
            given = options.get("baseUrl")
            if base_url is None and isinstance(given, str):
                base_url = normalised(f"{folder}/{given}")
            paths = options.get("paths")
            if not patterns and isinstance(paths, dict):
                root = normalised(f"{folder}/{given}") if isinstance(given, str) else folder
                for pattern, targets in paths.items():
                    if isinstance(targets, list):
                        before, _, after = pattern.partition("*")
                        found = [normalised(f"{root}/{target}") for target in targets if isinstance(target, str)]
                        patterns.append((before, after if "*" in pattern else "\0", [item for item in found if item]))
            parents = config.get("extends")
            for parent in reversed(parents if isinstance(parents, list) else [parents]):
                extended = self._extended(folder, parent) if isinstance(parent, str) else None
                if extended is not None:
                    pending.append(extended)
        patterns.sort(key=lambda item: -len(item[0]))
        return base_url, patterns

    def _extended(self, folder: str, parent: str) -> str | None:
        """Return the configuration that another extends: by its path, or inside a package of the project."""
        where = normalised(f"{folder}/{parent}")
        if not parent.startswith("."):
            parts = parent.split("/")
            count = 2 if parent.startswith("@") else 1
            known = self.packages.get("/".join(parts[:count]))
            where = normalised("/".join([known[0], *parts[count:]])) if known is not None else None
        if where is None:
            return None
        found = (where, f"{where}.json", f"{where}/tsconfig.json")
        return next((path for path in found if path in self._configs), None)

    def _aliased(self, folder: str, specifier: str) -> str | None:
        current: str = folder
        while True:
            if current in self._aliases:
                found = self._through_config(current, specifier)
                if found is not None:
                    return found
            if not current:
                return None
            current = current.rpartition("/")[0]

    def _through_config(self, folder: str, specifier: str) -> str | None:
        base_url, patterns = self._aliases[folder]
        for before, after, targets in patterns:
            if after == "\0":
                if specifier != before:
                    continue
                rest = ""
            elif specifier.startswith(before) and specifier.endswith(after) and len(specifier) >= len(before + after):
                rest = specifier[len(before) : len(specifier) - len(after)]
            else:
                continue
            for target in targets:
                found = self.file_at(target.replace("*", rest))
                if found is not None:
                    return found
        return self.file_at(normalised(f"{base_url}/{specifier}")) if base_url is not None else None

    # packages of the project itself

    def _imported(self, folder: str, specifier: str) -> str | None:
        """`#name`: what the package around gives its own files under that name."""
        while folder and folder not in self._imports:
            folder = folder.rpartition("/")[0]
        for target in _matched(self._imports.get(folder, {}), specifier):
            found = self._source_of(folder, target) if target.startswith(".") else self._packaged(target)
            if found is not None:
                return found
        return None

    def _packaged(self, specifier: str) -> str | None:
        parts = specifier.split("/")
        count = 2 if specifier.startswith("@") else 1
        name, rest = "/".join(parts[:count]), "/".join(parts[count:])
        known = self.packages.get(name)
        if known is None:
            return None
        folder, manifest = known
        for target in _exported(manifest, rest):
            found = self._source_of(folder, target)
            if found is not None:
                return found
        if rest:
            return self.file_at(normalised(f"{folder}/{rest}")) or self.file_at(normalised(f"{folder}/src/{rest}"))
        return self.file_at(normalised(f"{folder}/src/index")) or self.file_at(normalised(f"{folder}/index"))

    def _source_of(self, folder: str, target: str) -> str | None:
        """Return the covered file a manifest points at; what is built is looked for in `src`."""
        found = self.file_at(normalised(f"{folder}/{target}"))
        if found is not None:
            return found
        parts = target.removeprefix("./").split("/")
        if len(parts) > 1 and parts[0] in _BUILD_FOLDERS:
            for suffix in (".d.ts", ".d.mts", ".js", ".mjs", ".cjs"):
                parts[-1] = parts[-1].removesuffix(suffix)
            for position in range(1, len(parts)):
                found = self.file_at(normalised("/".join([folder, "src", *parts[position:]])))
                if found is not None:
                    return found
        return None


def _is_config(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == "jsconfig.json" or (name.startswith("tsconfig.") and name.endswith(".json"))


def _config_rank(path: str) -> tuple[str, int, str]:
    """Sort the configurations of a folder: the one that editors take first."""
    folder, _, name = path.rpartition("/")
    return (
        folder,
        ("tsconfig.json", "jsconfig.json").index(name) if name in ("tsconfig.json", "jsconfig.json") else 2,
        name,
    )


def _exported(manifest: dict[str, Any], rest: str) -> list[str]:
    """Return what a package manifest gives for a subpath, best first; the empty one is the package itself."""
    found: list[str] = []
    exports = manifest.get("exports")
    if isinstance(exports, dict) and any(key.startswith(".") for key in exports):
        found.extend(_matched(exports, f"./{rest}" if rest else "."))
    elif not rest:
        found.extend(_targets(exports))
    return found if rest else [*found, *_entries(manifest)]


def _entries(manifest: dict[str, Any]) -> list[str]:
    """Return what the fields of a package manifest say that the package is, best first."""
    return [item for field in _ENTRIES if isinstance(item := manifest.get(field), str)]


def _matched(table: dict[str, Any], key: str) -> list[str]:
    """Return what a table of `exports` or `imports` gives for a key, in its order."""
    found: list[str] = []
    for pattern, target in table.items():
        before, star, after = pattern.partition("*")
        if pattern == key:
            found.extend(_targets(target))
        elif star and key.startswith(before) and key.endswith(after):
            middle = key[len(before) : len(key) - len(after)]
            found.extend(item.replace("*", middle) for item in _targets(target))
    return found


def _targets(target: object, depth: int = 0) -> list[str]:
    if isinstance(target, str):
        return [target]
    if depth > 5:
        return []
    if isinstance(target, list):
        return [path for item in target for path in _targets(item, depth + 1)]
    if isinstance(target, dict):
        return [
            path for condition in _CONDITIONS if condition in target for path in _targets(target[condition], depth + 1)
        ]
    return []


def normalised(path: str) -> str | None:
    """Return a path without `.`, `..` and empty parts; None when it leaves the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part and part != ".":
            parts.append(part)
    return "/".join(parts)


def parse_jsonc(text: str) -> dict[str, Any]:
    """Parse JSON with comments and trailing commas; what is not an object or not readable gives an empty one."""
    try:
        parsed = json.loads(_plain_json(text))
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _plain_json(text: str) -> str:
    """Drop comments and trailing commas outside strings."""
    kept: list[str] = []
    position, end = 0, len(text)
    while position < end:
        character = text[position]
        if character == '"':
            close = position + 1
            while close < end and text[close] != '"':
                close += 2 if text[close] == "\\" else 1
            kept.append(text[position : close + 1])
            position = close + 1
        elif text.startswith("//", position):
            line = text.find("\n", position)
            position = end if line < 0 else line
        elif text.startswith("/*", position):
            close = text.find("*/", position + 2)
            position = end if close < 0 else close + 2
        else:
            if character in "]}":
                while kept and kept[-1].isspace():
                    kept.pop()
                if kept and kept[-1] == ",":
                    kept.pop()
            if character != "\ufeff":
                kept.append(character)
            position += 1
    return "".join(kept)
