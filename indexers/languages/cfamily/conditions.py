"""Preprocessor conditions, judged as a compiler on Linux would: true, false, or not known.

Only names that compilers predefine are known; what a build configures stays open. Sources: the predefined macros of GCC
and Clang, of MSVC and of the BSD and Apple tool chains, as their manuals list them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from indexers.languages.cfamily.known_names import words

Truth = bool | None
"""None: not known."""

_PREDEFINED = words("__linux__ __linux linux __unix__ __unix unix __gnu_linux__ __GNUC__ __ELF__ __STDC__")
_FOREIGN = words(
    "_WIN32 WIN32 _WIN64 WIN64 __WIN32__ _WINDOWS WINDOWS OS_WIN _MSC_VER __MINGW32__ __MINGW64__ __CYGWIN__ __MSYS__ _WIN32_WCE "
    "__BORLANDC__ __WATCOMC__ _AIX __APPLE__ __MACH__ __APPLE_CC__ TARGET_OS_IPHONE TARGET_OS_MAC TARGET_OS_OSX TARGET_OS_IOS "
    "__FreeBSD__ __OpenBSD__ __NetBSD__ __DragonFly__ __FreeBSD_kernel__ __sun __sun__ sun __SVR4 __hpux __sgi __osf__ __HAIKU__ "
    "__BEOS__ __QNX__ __QNXNTO__ __VMS VMS __MVS__ __PASE__ __ANDROID__ __EMSCRIPTEN__ __wasm__ __wasi__ __OS2__ OS2 MSDOS "
    "__MSDOS__ __DJGPP__ AMIGA __AMIGA__ __amigaos4__ NETWARE _XBOX __SYMBIAN32__ __VXWORKS__ __INTEL_COMPILER __SUNPRO_C "
    "__SUNPRO_CC __xlC__ __HP_cc __GNU__ __Fuchsia__ macintosh Macintosh _MACINTOSH __EPOC32__ RISCOS __riscos__"
)
_WORD = re.compile(r"\s*(?:(defined)\b|([A-Za-z_]\w*)|(\d\w*)|(&&|\|\||[()!])|(\S))")
_OPTION = re.compile(r"\s*(!)?\s*\(?(?:defined\s*\(?\s*)?([A-Za-z_]\w*)\s*\)?\)?\s*")
MAX_WORDS = 200
MAX_NESTED = 30
"""Brackets and negations of one condition that are read; bounds the recursion."""


def is_defined(name: str, is_cplusplus: bool) -> Truth:
    """Return whether a macro is defined on Linux; None when a build decides."""
    if name == "__cplusplus":
        return is_cplusplus
    if name in _PREDEFINED:
        return True
    return False if name in _FOREIGN else None


def truth_of(condition: str, is_cplusplus: bool) -> Truth:
    """Return what the condition of an `#if` comes to: `defined X`, numbers, `!`, `&&`, `||` and brackets are understood."""
    text = condition.replace("\\\n", " ").replace("\\\r\n", " ")
    found_words = [match.group().strip() for match in _WORD.finditer(text) if match.group().strip()]
    nested = sum(word in "(!" for word in found_words)
    if not found_words or len(found_words) > MAX_WORDS or nested > MAX_NESTED:
        return None
    return _Reader(found_words, lambda name: is_defined(name, is_cplusplus)).any_of()


def off_unless_configured(condition: str) -> Truth:
    """Return what `defined(X)`, `!defined(X)` or a bare `X` comes to in a build that configures nothing, else None.

    For the choice between two branches that define the same: an option is off until somebody turns it on, `NDEBUG` among them, so
    that assertions are those that check. What a configuration script finds out (`HAVE_X`) stays open.
    """
    match = _OPTION.fullmatch(condition)
    if match is None or match.group(2).startswith("HAVE_") or match.group(2) == "DEBUG":
        return None
    return bool(match.group(1))


class _Reader:
    """Recursive descent over words; depth is bounded by `MAX_NESTED`. Comparisons and arithmetic are not known."""

    def __init__(self, listed: list[str], defined: Callable[[str], Truth]) -> None:
        self.words = listed
        self.defined = defined
        self.at = 0

    def any_of(self) -> Truth:
        found = self.all_of()
        while self._take("||"):
            other = self.all_of()
            found = True if found or other else (None if None in (found, other) else False)
        return found

    def all_of(self) -> Truth:
        found = self.one()
        while self._take("&&"):
            other = self.one()
            found = False if found is False or other is False else (None if None in (found, other) else True)
        return found

    def one(self) -> Truth:
        order = self.words[self.at : self.at + 4]
        found = self._operand()
        compared = ""
        while self.at < len(self.words) and self.words[self.at] not in ("&&", "||", ")"):
            self.at += 1  # `A >= 5`, `X(a)`: the operator and all behind it
            compared = compared or self.words[self.at - 1]
            if self.words[self.at - 1] == "(":
                self._skip_brackets()
        if len(order) == 4 and order[0].endswith("BYTE_ORDER") and order[1:3] == ["=", "="]:
            return order[3].strip("_").startswith("LITTLE") or order[3].endswith("LITTLE_ENDIAN")
        if compared:
            # An undefined name is 0: `_MSC_VER >= 1900` is false; what the value of a defined one is, is not known.
            return False if found is False and compared in (">", "=") else None
        return found

    def _operand(self) -> Truth:
        word = self._next()
        if word == "!":
            inner = self._operand()
            return None if inner is None else not inner
        if word == "(":
            inner = self.any_of()
            self._take(")")
            return inner
        if word == "defined":
            bracket = self._take("(")
            name = self._next()
            if bracket:
                self._take(")")
            return self.defined(name)
        if word[:1].isdigit():
            return word.rstrip("uUlL") not in ("0", "0x0", "00")
        return self.defined(word) if word.isidentifier() and word != "__GNUC__" else None

    def _skip_brackets(self) -> None:
        depth = 1
        while depth and self.at < len(self.words):
            depth += {"(": 1, ")": -1}.get(self.words[self.at], 0)
            self.at += 1

    def _next(self) -> str:
        self.at += 1
        return self.words[self.at - 1] if self.at <= len(self.words) else ""

    def _take(self, word: str) -> bool:
        if self.at < len(self.words) and self.words[self.at] == word:
            self.at += 1
            return True
        return False
