"""Which platform a file is written for, by the words of its path: `src/win/fs.c`, `env_posix.cc`, `darwin.c`.

Only asked where several files hold a body of the same function, so a word that means something else does no harm.
"""

from __future__ import annotations

import re

from indexers.languages.cfamily.known_names import words

_FOREIGN = words(
    "win windows win32 win64 winnt winrt msvc mingw mingw32 cygwin msys uwp wince xbox darwin macos macosx osx apple mac ios freebsd "
    "openbsd netbsd dragonfly bsd kqueue aix ibmi os390 zos pollset sunos sun solaris evport devpoll hpux irix haiku beos qnx vms "
    "os2 dos msdos amiga android emscripten wasm wasi fuchsia hurd iocp symbian nacl riscos netware nuttx vxworks rtems zephyr"
)
_LINUX = words("linux epoll inotify")
_UNIX = words("unix posix pthread pthreads")
_WORDS = re.compile(r"[a-z]+[0-9]*")


def platform_of(path: str) -> str:
    """Return the foreign platform that a path names (`win`), or `linux`, `unix`, or empty for a path that names none."""
    found = ""
    for match in _WORDS.finditer(path.rpartition(".")[0].lower()):
        word = match.group()
        if word in _FOREIGN:
            return word
        if word in _LINUX:
            found = "linux"
        elif word in _UNIX:
            found = found or "unix"
    return found
