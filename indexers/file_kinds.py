"""What a path says about a file: its language, whether it holds tests, whether its folder is somebody else's code.

Names and paths only, plus the first bytes where a name does not decide (scripts without suffix, C headers).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from indexers.documents import formats
from indexers.languages import LANGUAGE_BY_SUFFIX, PACKS
from indexers.manifests import is_manifest as declares_dependencies
from indexers.resolution.layout import is_manifest as shapes_modules

LANGUAGE_OF_SUFFIX = {**LANGUAGE_BY_SUFFIX, **formats.ALWAYS}

UNSUPPORTED = {
    ".rb": "Ruby", ".php": "PHP", ".cs": "C#", ".kt": "Kotlin", ".kts": "Kotlin", ".swift": "Swift", ".scala": "Scala",
    ".m": "Objective-C", ".mm": "Objective-C++", ".pl": "Perl", ".pm": "Perl", ".lua": "Lua", ".dart": "Dart",
    ".ex": "Elixir", ".exs": "Elixir", ".erl": "Erlang", ".hs": "Haskell", ".clj": "Clojure", ".cljs": "ClojureScript",
    ".fs": "F#", ".vb": "Visual Basic", ".ml": "OCaml", ".mli": "OCaml", ".jl": "Julia", ".zig": "Zig", ".nim": "Nim",
    ".groovy": "Groovy", ".f90": "Fortran", ".cr": "Crystal", ".vue": "Vue", ".svelte": "Svelte",
    ".pyx": "Cython", ".pxd": "Cython", ".cu": "CUDA",
}  # fmt: skip
"""Source code that we know and cannot read: counted, so that an answer can say what it has not seen."""

_INTERPRETER = re.compile(rb"#!\s*(?:\S*/)?([A-Za-z]+)[\d.]*(?:\s+(?:-\S+\s+)*(?:\S*/)?([A-Za-z]+)[\d.]*)?")
_LANGUAGE_BY_INTERPRETER = {name: pack.language for pack in PACKS.values() for name in pack.shebangs}

_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "testing", "spec", "specs", "e2e"})
_TEST_NAME = re.compile(
    r"(?:test_.*|.*_tests?|conftest)\.pyi?|.*_test\.go|.*[._-](?:test|spec)\.[cm]?[jt]sx?"
    r"|(?:Test[A-Z].*|.*(?:Test|Tests|TestCase|IT))\.java|.*_tests?\.(?:rs|cc|cpp|cxx|c)|tests\.rs|test_.*\.(?:c|cc|cpp|h)"
)

INCLUDED_SUFFIXES = frozenset({".def"})
"""Endings of files that C includes as text, as Redis does its table of commands; they mean other things too (`EXPORTS` of Windows)."""
TOLD_BY_HEAD = formats.BY_HEAD | INCLUDED_SUFFIXES
"""Endings of files of which only their beginning tells what they are: an edit may make them something else."""
_C_BEGINS = re.compile(rb"\s*(?:/\*|//|#\s*(?:if|ifdef|ifndef|define|undef|include|pragma|error)\b)")

_CPP_MARKS = re.compile(
    rb"^[ \t]*(?:class[ \t]+\w[^;()]*(?:[{:]|$)|(?:inline[ \t]+)?namespace\b|template[ \t]*<|using[ \t]+\w"
    rb"|(?:public|private|protected)[ \t]*:|#[ \t]*include[ \t]*<[a-z_]+>|virtual[ \t]+)|\b[A-Za-z_]\w*::~?\w"
    rb"|\boperator[ \t]*(?:[=+\-*/<>!&|^%\[]|\(\))|\b(?:static|dynamic|reinterpret|const)_cast<",
    re.M,
)
_NOT_CODE = re.compile(rb"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"", re.S)
_FOR_CPP_ONLY = re.compile(
    rb"^[ \t]*#[ \t]*if(?:def[ \t]+|[ \t]+defined[ \t]*\(?[ \t]*)__cplusplus\b.*?^[ \t]*#[ \t]*(?:else|endif)",
    re.S | re.M,
)

_ALWAYS_VENDORED = frozenset(
    [
        "node_modules",
        "bower_components",
        "jspm_packages",
        "site-packages",
        "dist-packages",
        "third_party",
        "third-party",
        "thirdparty",
        "3rdparty",
        "vendored",
        "_vendor",
        ".venv",
        ".tox",
        ".nox",
        ".eggs",
        ".gradle",
        ".m2",
        ".cargo",
        "Pods",
        "Carthage",
        ".yarn",
        ".pnpm-store",
    ]
)
_VENDORED_NAMES = _ALWAYS_VENDORED | {"vendor", "venv", "env", "virtualenv", "dist", "build", "out", "target"}
_OUTPUT_MARKS = re.compile(
    r"bdist\..*|temp\..*|lib\..*|CMakeCache\.txt|CMakeFiles|classes|libs|intermediates|reports|generated-sources|debug|release"
    r"|asset-manifest\.json|assets|static|index\.html|\.rustc_info\.json|CACHEDIR\.TAG|.*\.(?:whl|tar\.gz|map|min\.js|bundle\.js|jar|d\.ts|o|a|so)"
)
_PROJECT_FILES = frozenset(
    [
        "package.json",
        "setup.py",
        "pyproject.toml",
        "setup.cfg",
        "CMakeLists.txt",
        "build.gradle",
        "build.gradle.kts",
        "pom.xml",
        "Cargo.toml",
        "meson.build",
        "Makefile",
    ]
)


def language_of_head(head: bytes) -> str | None:
    """Return the language that a script's `#!` line names."""
    match = _INTERPRETER.match(head)
    if match is None:
        return None
    names = [name.decode("ascii").lower() for name in match.groups() if name]
    return next((_LANGUAGE_BY_INTERPRETER[name] for name in names if name in _LANGUAGE_BY_INTERPRETER), None)


def is_cpp_header(head: bytes) -> bool:
    """Whether a `.h` file holds what only C++ knows, outside comments, strings and `#ifdef __cplusplus`."""
    # The cheap look first: most C headers hold no such mark even in their comments.
    if not _CPP_MARKS.search(head):
        return False
    return _CPP_MARKS.search(_FOR_CPP_ONLY.sub(b"", _NOT_CODE.sub(b" ", head))) is not None


def is_c_text(head: bytes) -> bool:
    """Whether a file that C may include begins as C does: with a comment or a directive."""
    return _C_BEGINS.match(head) is not None


def may_be_covered(path: str) -> bool:
    """Whether an index may cover a file at `path`, by its name alone; one without a suffix may be a program."""
    name = path.rpartition("/")[2]
    suffix = PurePosixPath(name).suffix.lower()
    if not suffix or suffix in LANGUAGE_OF_SUFFIX or suffix in INCLUDED_SUFFIXES:
        return True
    if shapes_modules(name) or declares_dependencies(path):
        return True
    is_document = suffix in formats.AMONG_DOCUMENTS or suffix in formats.BY_HEAD
    return is_document and not formats.FOLDERS.isdisjoint(path.lower().split("/")[:-1])


def is_test_path(path: str) -> bool:
    """Whether `path` holds tests, by the conventions of the languages that we read."""
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or _TEST_NAME.fullmatch(name) is not None


def may_be_vendored(name: str) -> bool:
    """Whether a folder of this name needs a look by `why_vendored`."""
    return name in _VENDORED_NAMES


def may_be_built(name: str) -> bool:
    """Whether a folder of this name may hold what the project itself has built, documents among it."""
    return name in _VENDORED_NAMES and name not in _ALWAYS_VENDORED


def why_vendored(name: str, siblings: Collection[str], children: Collection[str]) -> str | None:
    """Return why a folder holds other people's code or build output, None when it is the project's own.

    siblings, children: names of the entries beside the folder and in it.
    """
    if name in _ALWAYS_VENDORED:
        return "third-party code"
    if "pyvenv.cfg" in children:
        return "virtual environment"
    if name == "vendor" and not any(child.endswith(".java") for child in children):
        return "third-party code"  # a Java package may be called vendor
    if name in ("dist", "build", "out", "target") and "__init__.py" not in children:
        is_output = any(_OUTPUT_MARKS.fullmatch(child) for child in children)
        if is_output and not _PROJECT_FILES.isdisjoint(siblings):
            return "build output"
    return None
