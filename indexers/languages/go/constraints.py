"""Build constraints: is a file part of the build that is usually looked at, that on Linux with the gc compiler?

Sources: `go help buildconstraint` (`//go:build`, file names such as `poll_windows_arm64.go`).
"""

from __future__ import annotations

import re

from indexers.facts import Flag

_GO_BUILD = re.compile(rb"^//go:build[ \t]+(.*?)[ \t]*\r?$", re.MULTILINE)
_OLD_STYLE = re.compile(rb"^//[ \t]*\+build[ \t]", re.MULTILINE)
_TOKEN = re.compile(r"\|\||&&|!|\(|\)|[\w.]+")
_SET = frozenset({"linux", "unix", "amd64", "gc", "cgo"})
_SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "zos",
    ]
)
_MACHINES = frozenset(
    [
        "386",
        "amd64",
        "arm",
        "arm64",
        "loong64",
        "mips",
        "mips64",
        "mips64le",
        "mipsle",
        "ppc64",
        "ppc64le",
        "riscv64",
        "s390x",
        "sparc64",
        "wasm",
    ]
)
_RELEASE = re.compile(r"go1\.\d+")


def build_flags(head: bytes) -> int:
    """Return the flags of a file whose text before its package clause is `head`."""
    constraint = _GO_BUILD.search(head)
    if constraint is None:
        return int(Flag.CONDITIONAL) if _OLD_STYLE.search(head) else 0
    tokens = _TOKEN.findall(constraint[1].decode("utf-8", "replace"))
    return int(Flag.CONDITIONAL | (0 if _any(tokens, 0)[0] else Flag.INACTIVE))


def is_for_another_platform(name: str) -> bool:
    """Whether a file's name keeps it out of a build for Linux on amd64."""
    parts = name.removesuffix(".go").removesuffix("_test").split("_")[1:]
    if not parts:
        return False
    machine = parts.pop() if parts[-1] in _MACHINES else "amd64"
    system = parts[-1] if parts and parts[-1] in _SYSTEMS else "linux"
    return system != "linux" or machine != "amd64"


def _any(tokens: list[str], at: int) -> tuple[bool, int]:
    """Evaluate `a && b || c` from a token on; return the answer and the place behind it."""
    answer, at = _all(tokens, at)
    while at < len(tokens) and tokens[at] == "||":
        right, at = _all(tokens, at + 1)
        answer = answer or right
    return answer, at


def _all(tokens: list[str], at: int) -> tuple[bool, int]:
    answer, at = _single(tokens, at)
    while at < len(tokens) and tokens[at] == "&&":
        right, at = _single(tokens, at + 1)
        answer = answer and right
    return answer, at


def _single(tokens: list[str], at: int) -> tuple[bool, int]:
    negated = False
    while at < len(tokens) and tokens[at] == "!":
        negated, at = not negated, at + 1
    if at < len(tokens) and tokens[at] == "(" and tokens.count("(") < 50:
        answer, at = _any(tokens, at + 1)
        return answer != negated, at + 1
    name = tokens[at] if at < len(tokens) else ""
    return (name in _SET or _RELEASE.fullmatch(name) is not None) != negated, at + 1
