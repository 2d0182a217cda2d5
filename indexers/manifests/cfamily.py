"""C and C++: CMake's `CMakeLists.txt`, vcpkg's `vcpkg.json`, Conan's `conanfile.txt`.

Source for CMake: cmake-language(7), commands with arguments that are quoted, bracketed or plain words.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator

from indexers.manifests.javascript import read_json
from indexers.manifests.model import Collector, Manifest, ManifestError

_TOKEN = re.compile(
    r"#\[(?P<hash>=*)\[.*?\](?P=hash)\]|#[^\n]*|\[(?P<equals>=*)\[(?P<bracket>.*?)\](?P=equals)\]"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()"#]+)|(?P<mark>[()])',
    re.S,
)
_FETCHED = frozenset({"fetchcontent_declare", "externalproject_add", "cpmaddpackage"})


def read_cmake(text: str) -> Manifest:
    found = Collector(text)
    for command, words in _commands(text):
        if command == "project" and words and not found.manifest.name:
            found.manifest.name = words[0]
        elif command == "find_package" and words and "${" not in words[0]:
            version = words[1] if len(words) > 1 and words[1][:1].isdigit() else ""
            found.add(words[0], version, "runtime" if "REQUIRED" in words else "optional")
        elif command in _FETCHED and words and "${" not in words[0]:
            tag = words[words.index("GIT_TAG") + 1] if "GIT_TAG" in words[:-1] else ""
            found.add(words[0], tag, "runtime")
    return found.manifest


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (command in lower case, its arguments)."""
    name, depth = "", 0
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        if token["mark"] == "(":
            depth += 1
        elif token["mark"] == ")":
            depth -= 1
            if depth == 0 and name:
                yield name.lower(), words
                name, words = "", []
            if depth < 0:
                raise ManifestError("a parenthesis closes that was never opened")
        elif depth == 0:
            name = token["word"] or ""
        else:
            word = token["word"] or token["quoted"] or token["bracket"]
            if word:
                words.append(word)


def read_vcpkg(text: str) -> Manifest:
    content, found = read_json(text), Collector(text)
    name = content.get("name")
    found.manifest.name = name if isinstance(name, str) else ""
    listed = content.get("dependencies")
    for entry in listed if isinstance(listed, list) else []:
        described = entry if isinstance(entry, dict) else {"name": entry}
        package, version = described.get("name"), described.get("version>=", "")
        if isinstance(package, str):
            group = "build" if described.get("host") is True else "runtime"
            found.add(package, version if isinstance(version, str) else "", group)
    return found.manifest


def read_conan(text: str) -> Manifest:
    parser = configparser.ConfigParser(allow_no_value=True, delimiters=("\0",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as exc:
        raise ManifestError(str(exc).partition("\n")[0]) from exc
    found = Collector(text)
    for section, group in (("requires", "runtime"), ("build_requires", "build"), ("tool_requires", "build")):
        for line in parser.options(section) if parser.has_section(section) else []:
            name, _, version = line.partition("/")
            found.add(name.strip(), version.partition("@")[0].strip(), group)
    return found.manifest
