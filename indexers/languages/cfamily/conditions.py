"""Preprocessor conditions, judged as a compiler on Linux would: true, false, or not known.

Names that compilers predefine are known, and those that the file itself defines above. What a build configures stays open, but
what a build comes to that configures nothing can be asked for: the answer is then an assumption. Sources: the predefined macros
of GCC and Clang, of MSVC and of the BSD and Apple tool chains, as their manuals list them.
"""

from __future__ import annotations

import re
from math import inf

from indexers.languages.cfamily.condition_values import (
    ANY,
    Range,
    Truth,
    number_in,
    range_of_truth,
    truth_in,
    value_of,
)
from indexers.languages.cfamily.known_names import LINUX_FUNCTIONS, LINUX_HEADERS, words

_PREDEFINED: dict[str, Range] = {
    **dict.fromkeys(words("__linux__ __linux linux __unix__ __unix unix __gnu_linux__ __ELF__ __STDC__"), (1, 1)),
    "__GNUC__": (4, inf),
    "__BYTE_ORDER__": (1234, 1234),
    "__ORDER_LITTLE_ENDIAN__": (1234, 1234),
    "__ORDER_BIG_ENDIAN__": (4321, 4321),
}
"""Macros of every compiler on Linux, with their values. Clang says that it is GCC 4."""
_BYTE_ORDERS: dict[str, Range] = {
    **dict.fromkeys(words("__BYTE_ORDER BYTE_ORDER __LITTLE_ENDIAN LITTLE_ENDIAN"), (1234, 1234)),
    **dict.fromkeys(words("__BIG_ENDIAN BIG_ENDIAN"), (4321, 4321)),
}
"""What they are worth when a header defines them."""
_USUAL_STANDARD: Range = (201703, inf)
"""C++ as compilers read it that are not told which: GCC since 11, Clang since 16."""
_FOREIGN = words(
    "_WIN32 WIN32 _WIN64 WIN64 __WIN32__ _WINDOWS WINDOWS OS_WIN _MSC_VER __MINGW32__ __MINGW64__ __CYGWIN__ __MSYS__ _WIN32_WCE "
    "__BORLANDC__ __WATCOMC__ _AIX __APPLE__ __MACH__ __APPLE_CC__ TARGET_OS_IPHONE TARGET_OS_MAC TARGET_OS_OSX TARGET_OS_IOS "
    "__FreeBSD__ __OpenBSD__ __NetBSD__ __DragonFly__ __FreeBSD_kernel__ __sun __sun__ sun __SVR4 __hpux __sgi __osf__ __HAIKU__ "
    "__BEOS__ __QNX__ __QNXNTO__ __VMS VMS __MVS__ __PASE__ __ANDROID__ __EMSCRIPTEN__ __wasm__ __wasi__ __OS2__ OS2 MSDOS "
    "__MSDOS__ __DJGPP__ AMIGA __AMIGA__ __amigaos4__ NETWARE _XBOX __SYMBIAN32__ __VXWORKS__ __INTEL_COMPILER __SUNPRO_C "
    "__SUNPRO_CC __xlC__ __HP_cc __GNU__ __Fuchsia__ macintosh Macintosh _MACINTOSH __EPOC32__ RISCOS __riscos__"
)

_DIRECTIVE = re.compile(r"\s*#\s*(\w+)\s*(.*)", re.S)


class Conditions:
    """What is known of macros at a place of a file, which is read from its top."""

    def __init__(self, is_cplusplus: bool) -> None:
        self._versions: dict[str, Range] = (
            {"__cplusplus": (201103, inf)}
            if is_cplusplus
            else {"__cplusplus": (0, 0), "__STDC_VERSION__": (199901, inf)}
        )
        self._is_cplusplus = is_cplusplus
        self._own: dict[str, tuple[Truth, Range, bool]] = {}
        """Macros of the file: whether they are defined here, their value, and whether that is an assumption."""

    def define(self, name: str, body: str, region: Truth, *, is_assumed: bool = False) -> None:
        """Take note of a `#define`. region: whether a compiler reads this line; is_assumed: whether that is an assumption."""
        if region:
            self._own[name] = True, number_in(body) if body.strip() else ANY, is_assumed
        elif region is None:
            self._own[name] = None, ANY, False

    def undefine(self, name: str, region: Truth, *, is_assumed: bool = False) -> None:
        """Take note of an `#undef`."""
        if region is not False:
            self._own[name] = (False if region else None), (0, 0) if region else ANY, is_assumed

    def defined(self, name: str) -> Truth:
        """Return whether a macro is defined on Linux; None when a build decides."""
        own = self._own.get(name)
        if own is not None:
            return None if own[2] else own[0]
        if name in self._versions:
            return self._versions[name] != (0, 0)
        if name in _PREDEFINED:
            return True
        return False if name in _FOREIGN else None

    def truth(self, condition: str) -> Truth:
        """Return what the condition of an `#if` comes to, whatever is configured."""
        return truth_in(value_of(condition, self.defined, self._value))

    def found_out(self, condition: str) -> Truth:
        """Return what it comes to where a configuration script found the C library of Linux (`HAVE_STRTOK_R`), else None."""
        return truth_in(value_of(condition, self._found_out, self._value_found_out))

    def unconfigured(self, condition: str) -> Truth:
        """Return what it comes to in a build that configures nothing, else None.

        For the choice between branches that define the same: an option is off until somebody turns it on, `NDEBUG` among them,
        so that assertions are those that check. What a configuration script finds out (`HAVE_X`) stays open where Linux does
        not say it.
        """
        return truth_in(value_of(condition, self._unconfigured, self._unconfigured_value, self._switch))

    def _value(self, name: str) -> Range:
        own = self._own.get(name)
        if own is not None and not own[2]:
            return own[1]
        return self._value_by(name, self.defined(name))

    def _value_by(self, name: str, defined: Truth) -> Range:
        if defined is False:
            return 0, 0
        return self._versions.get(name) or _PREDEFINED.get(name) or _BYTE_ORDERS.get(name) or ANY

    def _found_out(self, name: str) -> Truth:
        own = self._own.get(name)
        if own is not None:
            return own[0]
        known = self.defined(name)
        return True if known is None and _is_of_linux(name) else known

    def _value_found_out(self, name: str) -> Range:
        own = self._own.get(name)
        if own is not None:
            return own[1]
        defined = self._found_out(name)
        return range_of_truth(True) if defined and _is_finding(name) else self._value_by(name, defined)

    def _unconfigured_value(self, name: str) -> Range:
        if name == "__cplusplus" and self._is_cplusplus:
            return _USUAL_STANDARD
        return self._value_found_out(name)

    def _unconfigured(self, name: str) -> Truth:
        known = self._found_out(name)
        return False if known is None and name not in self._own and _is_option(name) else known

    def _switch(self, name: str) -> Range:
        found = self._value_found_out(name)
        return (0, 0) if found == ANY and name not in self._own and self._unconfigured(name) is False else found


def condition_of(directive: str) -> str:
    """Return the condition of a line such as `#ifndef X` or `#elif A > 1`, empty for `#else`."""
    match = _DIRECTIVE.match(directive.replace("\\\r\n", " ").replace("\\\n", " "))
    word, rest = (match.group(1), match.group(2)) if match else ("", "")
    if word in ("if", "elif"):
        return rest
    name = rest.split()[0] if rest.strip() else ""
    negation = "!" if word.endswith("ndef") else ""
    return f"{negation}defined({name})" if word.endswith("def") and name else ""


def _is_finding(name: str) -> bool:
    """Whether a macro says what a configuration script found: `HAVE_X`, `PROJECT_HAVE_X`."""
    return name.startswith("HAVE_") or "_HAVE_" in name


def _is_of_linux(name: str) -> bool:
    """Whether a macro says that something is there which every C library of Linux has, or that this is GNU's."""
    if not _is_finding(name):
        return name == "__GLIBC__"
    thing = name.rpartition("HAVE_")[2].removeprefix("DECL_").lower()
    return thing in LINUX_FUNCTIONS or thing in LINUX_HEADERS


def _is_option(name: str) -> bool:
    return not _is_finding(name) and name != "DEBUG" and name not in _BYTE_ORDERS
