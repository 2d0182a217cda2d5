"""Java: Maven's `pom.xml` and Gradle's build scripts.

A dependency is named `group:artifact`. Of a Gradle script, which is a program, only literal coordinates inside
`dependencies { }` are seen; strings and comments are told apart first, so that neither is read as the other.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from indexers.manifests.model import Collector, Manifest, ManifestError

_MAVEN_GROUPS = {"test": "dev", "provided": "build", "system": "build"}
_GRADLE_DEV = re.compile(r"test|androidTest|jmh|integration", re.I)
_GRADLE_BUILD = frozenset({"compileOnly", "annotationProcessor", "kapt", "classpath", "developmentOnly"})
_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[A-Za-z_]\w*)|(?P<mark>[{}:=(),])""",
    re.S,
)


def read_pom(text: str) -> Manifest:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ManifestError("a document type is not read")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - entities are refused above
    except (ElementTree.ParseError, ValueError) as exc:
        raise ManifestError(str(exc)) from exc
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    found = Collector(text)
    group = root.findtext("groupId") or root.findtext("parent/groupId") or ""
    artifact = root.findtext("artifactId") or ""
    found.manifest.name = f"{group}:{artifact}" if artifact else ""
    properties = {one.tag: (one.text or "").strip() for one in root.iterfind("properties/*")}
    properties |= {"project.groupId": group, "project.version": root.findtext("version") or ""}
    for element in root.iterfind("dependencies/dependency"):
        parts = (element.findtext(tag, "").strip() for tag in ("groupId", "artifactId", "version", "scope"))
        owner, name, version, scope = (_expanded(part, properties) for part in parts)
        kind = "optional" if element.findtext("optional", "").strip() == "true" else _MAVEN_GROUPS.get(scope, "runtime")
        _add(found, owner, name, version, kind)
    return found.manifest


def _expanded(text: str, properties: dict[str, str]) -> str:
    return re.sub(r"\$\{([\w.-]+)\}", lambda match: properties.get(match[1], match[0]), text)


def _add(found: Collector, owner: str, name: str, version: str, group: str) -> None:
    """A coordinate is found in the text by its artifact's name, and named in full."""
    if name:
        before = len(found.manifest.dependencies)
        found.add(name, version, group)
        place = found.manifest.dependencies[before]
        full = type(place)(f"{owner}:{name}", place.requirement, place.group, place.line, place.column)
        found.manifest.dependencies[before] = full


def read_gradle(text: str) -> Manifest:
    found = Collector(text)
    depth, inside = 0, -1
    word = ""
    named: dict[str, str] = {}
    key = ""
    for token in _TOKEN.finditer(text):
        if token["mark"] == "{":
            depth += 1
            if word == "dependencies" and inside < 0:
                inside = depth
            word = ""
        elif token["mark"] == "}":
            if depth == inside:
                inside = -1
            depth -= 1
        elif token["word"]:
            if token["word"] in ("group", "name", "version"):
                key = token["word"]
            elif token["word"] not in ("platform", "enforcedPlatform", "project", "libs"):
                word, named, key = token["word"], {}, ""
        elif token["text"] and inside > 0 and word:
            content = token["text"][1:-1]
            if key:
                named[key] = content
                key = ""
                if len(named) > 1 and "name" in named and "group" in named and len(named) == 2:
                    _add(found, named["group"], named["name"], "", _gradle_group(word))
            elif content.count(":") >= 1 and not content.startswith(":"):
                owner, name, *rest = content.split(":")
                _add(found, owner, name, rest[0] if rest else "", _gradle_group(word))
    return found.manifest


def _gradle_group(configuration: str) -> str:
    if _GRADLE_DEV.match(configuration):
        return "dev"
    return "build" if configuration in _GRADLE_BUILD else "runtime"
