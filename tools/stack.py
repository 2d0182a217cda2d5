"""What a project is built with, told by the lines that show it: frameworks, build, tests, deployment; with advice. Evidence only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cache

from configs.stack import StackRule, stack_rules
from guardrails.redaction import TextRedactor
from tools.places import is_aside, is_vendored

Declared = tuple[str, str, int, str]
"""Name of a dependency, path of the manifest that declares it, line, group (`runtime`, `dev`, ...)."""

_ASIDE_GROUPS = frozenset({"dev", "indirect", "build"})
"""A framework that only tests, builds or other packages use is not what the project is built on."""
_ORDER = ("framework", "build", "tests", "database", "quality", "ci", "deployment")


@dataclass(frozen=True, slots=True)
class StackPart:
    """One part. path, line: what shows it; shown: that line as written. advice: what follows for who works on it."""

    name: str
    role: str
    path: str
    line: int
    shown: str
    advice: str


def is_telling(path: str) -> bool:
    """Whether a file may show a part of a stack, by its name or path."""
    return _any_file().match(path) is not None and not is_aside(path) and not is_vendored(path)


@cache
def _any_file() -> re.Pattern[str]:
    patterns = dict.fromkeys(pattern for rule in stack_rules() for pattern in rule.files)
    return re.compile("|".join(translate(one) if "/" in one else f"(?:.*/)?{translate(one)}" for one in patterns))


def stack_of(texts: Mapping[str, str], declared: Iterable[Declared]) -> tuple[StackPart, ...]:
    """Return the parts of a stack by role, each once: a declared dependency before a file, what is nearest to the root first.

    Args:
        texts: path -> text of the project's own files. declared: what its manifests declare.
    """
    own = sorted((path for path in texts if not is_aside(path) and not is_vendored(path)), key=_depth)
    lines = {path: texts[path].split("\n") for path in own}
    names: dict[str, tuple[str, int]] = {}
    runtime: dict[str, tuple[str, int]] = {}
    for name, path, line, group in sorted(declared, key=lambda one: _depth(one[1])):
        if not is_aside(path) and not is_vendored(path):
            names.setdefault(name.lower().replace("_", "-"), (path, line))
            if group not in _ASIDE_GROUPS:
                runtime.setdefault(name.lower().replace("_", "-"), (path, line))
    found: dict[str, StackPart] = {}
    for rule in stack_rules():
        place = _declared(rule, runtime if rule.role == "framework" else names) or _in_files(rule, lines)
        if place is not None:
            path, line = place
            written = lines.get(path, [])
            shown = written[line - 1].strip() if 0 < line <= len(written) else ""
            part = StackPart(
                rule.name, rule.role, path, line, _masked(shown)[:160], rule.advice.replace("{path}", path)
            )
            found.setdefault(rule.name, part)
    return tuple(sorted(found.values(), key=lambda one: _ORDER.index(one.role)))


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _declared(rule: StackRule, names: Mapping[str, tuple[str, int]]) -> tuple[str, int] | None:
    for wanted in rule.declared:
        plain = wanted.lower().replace("_", "-")
        if plain.endswith("*"):
            hits = [place for name, place in names.items() if name.startswith(plain[:-1])]
        else:
            hits = [names[plain]] if plain in names else []
        if hits:
            return min(hits, key=lambda place: _depth(place[0]))
    return None


def _in_files(rule: StackRule, lines: Mapping[str, Sequence[str]]) -> tuple[str, int] | None:
    pattern = rule.line
    for path, written in lines.items():
        if not any(_fits(path, wanted) for wanted in rule.files):
            continue
        if pattern is None:
            return path, 1
        line = next((number for number, text in enumerate(written, 1) if pattern.search(text)), 0)
        if line:
            return path, line
    return None


def _masked(line: str) -> str:
    return TextRedactor().redact(line.encode("utf-8", "replace"))[0].decode("utf-8", "replace")


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern)
