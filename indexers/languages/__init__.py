"""The language packs, in one table. A pack is an extractor (source -> facts) and a profile (facts -> relations).

Grammars and packs load on first use: a worker pays only for the languages that it meets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from tree_sitter import Language, Node, Parser

from indexers.facts import FileFacts
from indexers.macro_links import MacroLinks, SharedMacro
from indexers.resolution.layout import Layout
from indexers.resolution.profile import Profile

type_of_extract = Callable[..., FileFacts]


@dataclass(frozen=True, slots=True)
class Pack:
    """One language. `family` groups the languages that resolve against each other (JavaScript with TypeScript, C with C++)."""

    language: str
    family: str
    suffixes: tuple[str, ...]
    grammar: str
    """`module:function` that returns the grammar's capsule."""
    package: str
    """Package below `indexers.languages` with `extractor.extract_<language>` and `profile.PROFILE`."""
    shebangs: tuple[str, ...] = ()
    shares_macros: bool = False
    """Whether files expand macros of others: the package has `macro_scopes.MacroScopes` then."""


PACKS: dict[str, Pack] = {
    pack.language: pack
    for pack in (
        Pack("python", "python", (".py", ".pyi", ".pyw"), "tree_sitter_python:language", "python", ("python",)),
        Pack(
            "javascript",
            "ecmascript",
            (".js", ".mjs", ".cjs", ".jsx"),
            "tree_sitter_javascript:language",
            "ecmascript",
            ("node",),
        ),
        Pack(
            "typescript",
            "ecmascript",
            (".ts", ".mts", ".cts"),
            "tree_sitter_typescript:language_typescript",
            "ecmascript",
        ),
        Pack("tsx", "ecmascript", (".tsx",), "tree_sitter_typescript:language_tsx", "ecmascript"),
        Pack("java", "java", (".java",), "tree_sitter_java:language", "java"),
        Pack("go", "go", (".go",), "tree_sitter_go:language", "go"),
        Pack("rust", "rust", (".rs",), "tree_sitter_rust:language", "rust", shares_macros=True),
        Pack("c", "cfamily", (".c", ".h"), "tree_sitter_c:language", "cfamily", shares_macros=True),
        Pack(
            "cpp",
            "cfamily",
            (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".inl", ".ipp", ".tpp"),
            "tree_sitter_cpp:language",
            "cfamily",
            shares_macros=True,
        ),
    )
}
LANGUAGE_BY_SUFFIX = {suffix: pack.language for pack in PACKS.values() for suffix in pack.suffixes}


@cache
def parser_for(language: str) -> Parser:
    """Return the process's parser of a language."""
    module, function = PACKS[language].grammar.split(":")
    return Parser(Language(getattr(import_module(module), function)()))


@cache
def extractor_for(language: str) -> type_of_extract:
    module = import_module(f"indexers.languages.{PACKS[language].package}.extractor")
    extract: type_of_extract = getattr(module, f"extract_{language}")
    return extract


@cache
def profile_for(family: str) -> type[Profile]:
    """Return the profile class of a language family."""
    package = next(pack.package for pack in PACKS.values() if pack.family == family)
    module: Any = import_module(f"indexers.languages.{package}.profile")
    profile: type[Profile] = module.PROFILE
    return profile


class MacroSharing(Protocol):
    """Says which macros of other files each file of a tree is to expand."""

    def shared_with(self, path: str) -> list[SharedMacro]: ...

    def exchanged(self) -> None:
        """Take up that the links of some files are others than before."""


def macro_sharing_for(family: str, layout: Layout, links: Mapping[str, MacroLinks]) -> MacroSharing:
    """Return who answers for the files whose links these are, of a family that shares macros."""
    package = next(pack.package for pack in PACKS.values() if pack.family == family)
    module: Any = import_module(f"indexers.languages.{package}.macro_scopes")
    sharing: MacroSharing = module.MacroScopes(layout, links)
    return sharing


type_of_prepare = Callable[[bytes], tuple[str, bytes]]
type_of_mend = Callable[[bytes], bytes]


@cache
def preparer_for(language: str) -> type_of_prepare:
    """Return what a pack does to a source before it is parsed: text of the same length, and the language to read it as."""
    module = import_module(f"indexers.languages.{PACKS[language].package}.extractor")
    prepare: type_of_prepare = getattr(module, f"prepare_{language}", None) or (lambda source: (language, source))
    return prepare


@cache
def mender_for(language: str) -> type_of_mend | None:
    """Return what a pack does to a source that its grammar reads with errors: another of the same length, None for nothing."""
    module = import_module(f"indexers.languages.{PACKS[language].package}.extractor")
    return getattr(module, f"mend_{language}", None)


def parsed(language: str, source: bytes) -> tuple[str, bytes, Node]:
    """Return the language that `source` is read as, the text to take names from, and the tree's root."""
    language, readable = preparer_for(language)(source)
    parser = parser_for(language)
    root = parser.parse(readable).root_node
    mend = mender_for(language) if root.has_error else None
    if mend is not None and (mended := mend(readable)) != readable:
        other = parser.parse(mended).root_node
        if unread(other) < unread(root):
            return language, mended, other
    return language, source, root


def unread(root: Node) -> int:
    """Return how many bytes of a source the grammar does not understand, each missing token counted as one."""
    count = 0
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            count += max(1, node.end_byte - node.start_byte)
        elif node.has_error:
            pending.extend(node.children)
    return count


def extract(language: str, source: bytes, macros: Sequence[SharedMacro] = ()) -> FileFacts:
    """Parse `source` and return its facts. Bad source gives facts with issues, never an error.

    macros: of other files, for a language whose files share them.
    """
    language, text, root = parsed(language, source)
    extractor = extractor_for(language)
    return extractor(text, root, macros) if macros else extractor(text, root)
