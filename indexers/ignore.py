"""Git's ignore rules for one file of patterns: `.gitignore`, `.clewignore`, `info/exclude`.

The meaning of a pattern is pathspec's; here it is only made fast. Most patterns are a plain name or `*.suffix`: those
are dictionary look-ups, and the rest are regular expressions tried from the last to the first. The caller walks and
prunes, so a pattern decides about an entry itself, never about what lies below it. Source: gitignore(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_PLAIN_NAME = re.compile(r"(!?)([\w.\-+@~ ]*[\w.\-+@~])(/?)")
_PLAIN_SUFFIX = re.compile(r"(!?)\*(\.[\w\-+~]+)(/?)")
_GLOB = re.compile(r"[*?\[\\]")
_NEGATED_CLASS = re.compile(r"(?<!\\)\[\^(?!/\])")
"""Takes in a slash as pathspec writes it; in git it does not."""
_ANY_FOLDERS = "(?:/.+)?"
_LEADING_FOLDERS = "^(?:.+/)?"
_STAR_BEFORE_STAR = re.compile(
    r"\[\^/\]\*((?:\\.|\[\^/\](?!\*)|\[(?!\^/\])[^\]]*\]|[^\\/\[\](){}*+?|^$])*)(?=\[\^/\]\*)"
)
"""A `*` as pathspec writes it, with the text up to the next `*` of the same folder."""

_Mark = tuple[int, bool, bool]
"""Position of the pattern, whether it ignores, whether it is for folders only."""


@dataclass(slots=True)
class IgnoreRules:
    """The patterns of one file. `base` is the folder it stands in, relative to the walk's root, as `a/b/` or ``""``.

    `above` is the path from an outer folder to the walk's root (`sub/`) for rules that stand above the root.
    """

    base: str = ""
    above: str = ""
    reincluded: list[str] = field(default_factory=list)
    """Literal beginnings of negated patterns with a folder in them: `vendor/ours/` of `!vendor/ours/*.go`."""
    _names: dict[str, list[_Mark]] = field(default_factory=dict)
    _suffixes: dict[str, list[_Mark]] = field(default_factory=dict)
    _others: list[tuple[int, bool, re.Pattern[str]]] = field(default_factory=list)

    def decide(self, path: str, name: str, is_dir: bool) -> bool | None:
        """Return True when the entry is ignored, False when it is taken back in, None when no pattern is about it.

        path: relative to the walk's root, without a trailing slash; it lies below `base`.
        """
        best, verdict = -1, None
        for mark in self._names.get(name, ()):
            if mark[0] > best and (is_dir or not mark[2]):
                best, verdict = mark[0], mark[1]
        dot = name.find(".") if self._suffixes else -1
        while dot >= 0:
            for mark in self._suffixes.get(name[dot:], ()):
                if mark[0] > best and (is_dir or not mark[2]):
                    best, verdict = mark[0], mark[1]
            dot = name.find(".", dot + 1)
        if self._others:
            inner = self.above + path[len(self.base) :] + ("/" if is_dir else "")
            for position, ignores, pattern in self._others:
                if position < best:
                    break
                if pattern.match(inner):
                    return ignores
        return verdict

    def where_they_stand(self) -> IgnoreRules:
        """Return the same patterns for paths that are relative to the folder of the ignore file."""
        return replace(self, base="", above="")


def parse_rules(text: str, base: str = "", above: str = "") -> IgnoreRules:
    """Return the rules of an ignore file. Lines that git would not understand are left out, as git does."""
    rules = IgnoreRules(base, above)
    for position, line in enumerate(text.splitlines()):
        stripped = line.rstrip()
        plain = _PLAIN_NAME.fullmatch(stripped)
        suffix = None if plain else _PLAIN_SUFFIX.fullmatch(stripped)
        if plain or suffix:
            match = plain or suffix
            assert match is not None
            table = rules._names if plain else rules._suffixes
            table.setdefault(match[2], []).append((position, not match[1], bool(match[3])))
            continue
        _add_pattern(rules, position, line)
    rules._others.reverse()
    return rules


def _add_pattern(rules: IgnoreRules, position: int, line: str) -> None:
    try:
        pattern = GitIgnoreSpecPattern(line)
    except ValueError:  # pathspec's GitIgnorePatternError: git skips such a line too
        return
    if pattern.include is None or pattern.regex is None:
        return
    regex = _without_retries(_entry_regex(pattern.regex.pattern, line))
    rules._others.append((position, pattern.include, re.compile(regex)))
    if not pattern.include and "/" in line.strip("!/ \t"):
        literal = _GLOB.split(line.strip()[1:].lstrip("/"))[0]
        rules.reincluded.append(rules.base + literal)


def _entry_regex(regex: str, line: str) -> str:
    """Turn pathspec's expression, which also matches all that lies below an entry, into one for the entry itself."""
    if line.rstrip().endswith("/**/"):
        return regex.removesuffix("(?P<ps_d>/)") + "/.*/$"
    if regex.endswith("(?:(?P<ps_d>/)|$)"):
        return regex.removesuffix("(?:(?P<ps_d>/)|$)") + "/?$"
    if regex.endswith("(?P<ps_d>/)"):
        return regex.removesuffix("(?P<ps_d>/)") + "/$"
    return regex + "." if regex.endswith("/") else regex


def _without_retries(regex: str) -> str:
    """Return an expression for the same paths whose time does not grow with a power of the number of stars.

    A hostile `*a*a*a*a*b` would try every way to spread a name over its stars. The first place of what stands between
    two stars is as good as any later one, because the second star takes up the rest; so it is found once and kept.
    """
    regex = _NEGATED_CLASS.sub("[^/", regex)
    regex = _STAR_BEFORE_STAR.sub(r"(?>[^/]*?\1)", regex)
    first, *others = regex.split(_ANY_FOLDERS)
    if not others:
        return regex
    if first.startswith(_LEADING_FOLDERS):
        first = f"^(?>(?:.+?/)??{first.removeprefix(_LEADING_FOLDERS)}(?=/))"
    kept = [f"(?>(?:/.+?)??{piece}(?=/))" for piece in others[:-1]]
    return "".join([first, *kept, _ANY_FOLDERS, others[-1]])
