"""OpenAPI, Swagger and AsyncAPI files, in YAML or JSON: a section an operation, channel, message and schema.

The text stays as it is written, so that citations open the file's own lines; a file on one line is laid out first.
Parser: PyYAML's composer, which knows where every key stands (JSON is YAML). Sources: OpenAPI 2.0 to 3.2, AsyncAPI 2 and 3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import yaml

from configs.yaml_text import LOADER
from indexers.documents.outline import Heading, Outline

ONE_LINE_BYTES = 2_000
DEEPEST = 500
"""Levels of nesting: libyaml's composer takes some of the C stack for each, and where there is no more the process ends."""
_METHODS = frozenset(["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"])
_ACTIONS = frozenset(["publish", "subscribe"])
_HEAD = re.compile(rb"""(?:^|[{,\n])\s*["']?(?:openapi|swagger|asyncapi)["']?\s*:\s*["']?\d""")
_PARAGRAPH = re.compile(r"\n\s*\n")


def is_openapi(head: bytes) -> bool:
    """Whether the first bytes of a YAML or JSON file say that it describes an interface."""
    return _HEAD.search(head) is not None


def render_openapi(content: bytes) -> bytes:
    """Return the content, laid out where it stands on one line. Raises ValueError when that is no JSON."""
    if len(content) > ONE_LINE_BYTES and content.count(b"\n") < 2:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False).encode("utf-8", "replace")
    return content


def read_openapi(text: str) -> Outline:
    """Return one heading for the interface and one for each of its parts, by line; bad YAML gives an issue."""
    outline = Outline()
    try:
        if line := _too_deep(text):
            outline.issues.append((line, f"nested deeper than {DEEPEST} levels"))
            return outline
        root = yaml.compose(text, Loader=LOADER)
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        mark = getattr(exc, "problem_mark", None)
        outline.issues.append(
            (mark.line + 1 if mark else 0, f"not YAML: {getattr(exc, 'problem', None) or type(exc).__name__}")
        )
        return outline
    found: list[Heading] = []
    for key, value in _entries(root):
        if key.value == "info":
            title = _field(value, "title")
            found.append(_heading(key, title or "Interface", 1, _described(value)))
        elif key.value == "paths":
            found.extend(_paths(value, outline))
        elif key.value in ("channels", "operations"):
            found.extend(_channels(key.value, value))
        elif key.value in ("components", "definitions"):
            found.extend(_components(key.value, value))
    outline.headings = sorted(found, key=lambda heading: (heading.line, heading.column))
    return outline


def _too_deep(text: str) -> int:
    """Return the line where the text is nested too deep, 0 where it is not. Raises what the composer raises for text that is no YAML."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                mark = event.start_mark
                return mark.line + 1 if mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def _paths(paths: yaml.Node, outline: Outline) -> Iterator[Heading]:
    for path, item in _entries(paths):
        for method, operation in _entries(item):
            if method.value not in _METHODS:
                continue
            name = _child(operation, "operationId")
            if isinstance(name, yaml.ScalarNode):
                outline.codes.append((name.start_mark.line + 1, name.start_mark.column + 1, name.value))
            summary = _field(operation, "summary")
            title = f"{method.value.upper()} {path.value}" + (f": {summary}" if summary else "")
            yield _heading(method, title, 2, _described(operation))


def _channels(group: str, channels: yaml.Node) -> Iterator[Heading]:
    for name, channel in _entries(channels):
        word = "Channel" if group == "channels" else "Operation"
        yield _heading(name, f"{word} {name.value}", 2, _described(channel))
        for action, operation in _entries(channel):
            if action.value in _ACTIONS:
                yield _heading(action, f"{action.value.upper()} {name.value}", 3, _described(operation))


def _components(group: str, value: yaml.Node) -> Iterator[Heading]:
    kinds = [("Schema", value)] if group == "definitions" else [
        ("Schema" if kind.value == "schemas" else "Message", named)
        for kind, named in _entries(value)
        if kind.value in ("schemas", "messages")
    ]  # fmt: skip
    for word, named in kinds:
        for name, described in _entries(named):
            yield _heading(name, f"{word} {name.value}", 2, _described(described))


def _entries(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key, value


def _child(node: yaml.Node, name: str) -> yaml.Node | None:
    return next((value for key, value in _entries(node) if key.value == name), None)


def _field(node: yaml.Node, name: str) -> str:
    value = _child(node, name)
    return " ".join(str(value.value).split()) if isinstance(value, yaml.ScalarNode) else ""


def _described(node: yaml.Node) -> str:
    """Return the first paragraph of a description."""
    value = _child(node, "description")
    return " ".join(_PARAGRAPH.split(str(value.value).strip())[0].split()) if isinstance(value, yaml.ScalarNode) else ""


def _heading(key: yaml.ScalarNode, title: str, level: int, lead: str) -> Heading:
    line = key.start_mark.line + 1
    return Heading(title, level, line, key.start_mark.column + 1, line, lead)
