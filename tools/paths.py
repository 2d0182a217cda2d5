"""What a path says to a question: whether its folders are spoken of, and whether it is written for another platform.

A file of another platform than the question's steps back: a fix "on Windows" is rarely in `unix/`. Only files whose path
names a platform are judged, and only where the question names one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache

from knowledge.text import parts_of, stem

_NAMES = {
    "windows": "win win32 win64 windows msvc mingw mingw32 mingw64 winapi winsock",
    "darwin": "darwin macos osx apple ios xnu",
    "linux": "linux glibc musl android",
    "bsd": "bsd freebsd openbsd netbsd dragonfly dragonflybsd",
    "aix": "aix",
    "solaris": "sunos solaris illumos smartos",
    "zos": "zos os390",
    "ibmi": "ibmi",
    "hurd": "hurd",
    "haiku": "haiku",
    "qnx": "qnx",
    "cygwin": "cygwin msys",
}
_PLATFORM_OF = {name: platform for platform, names in _NAMES.items() for name in names.split()}
UNIX = "unix"
_UNIX_WORDS = frozenset({"unix", "posix"})
_WORD = re.compile(r"[A-Za-z0-9]+")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def platforms(text: str) -> frozenset[str]:
    """Return the platforms that a text or a path names; all but Windows are `unix` too."""
    text = text.replace("z/OS", "zos")
    words = {word.lower() for one in (text, _INNER_CAPITAL.sub(" ", text)) for word in _WORD.findall(one)}
    named = {_PLATFORM_OF[word] for word in words & _PLATFORM_OF.keys()}
    return frozenset(named | ({UNIX} if words & _UNIX_WORDS or named - {"windows"} else set()))


_of_path = lru_cache(maxsize=1 << 16)(platforms)


def is_of_another(path: str, asked: frozenset[str]) -> bool:
    """Return whether `path` names platforms, and none of `asked`, of which there are some."""
    if not asked:
        return False
    named = _of_path(path)
    if not named:
        return False
    special, wanted = named - {UNIX}, asked - {UNIX}
    return not named & asked or bool(special and wanted and not special & wanted)


def folder_shares(path: str, said: AbstractSet[bytes]) -> tuple[float, float]:
    """Return how much of the name of the file's folder is said, and the most of any folder above it."""
    shares = [share_said(terms, said) for terms in _folder_terms(path.rpartition("/")[0])]
    return (shares[-1], max(shares)) if shares else (0.0, 0.0)


@lru_cache(maxsize=1 << 14)
def _folder_terms(folder: str) -> tuple[tuple[bytes, ...], ...]:
    """Return the terms of each folder on the way to this one."""
    names = folder.split("/") if folder else ()
    return tuple(tuple(stem(part).encode() for part in parts_of(name)) for name in names)


def share_said(terms: Sequence[bytes], said: AbstractSet[bytes]) -> float:
    """Return the share of the terms that are said, 0 for none."""
    if said.isdisjoint(terms):  # so for most of the hundreds that a search asks about
        return 0.0
    return sum(term in said for term in terms) / len(terms)
