"""What a repository is made of: languages, frameworks, where a run begins, what most of it depends on.

Tests, fixtures, examples and documents tell nothing about the product: they count as little as possible.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import normpath

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.answers import Overview
from tools.frameworks import MANIFESTS, declared, framework_of
from tools.places import is_aside
from tools.reading import repository_info

MAX_MODULES = 12
MAX_ENTRY_POINTS = 20
MAX_SCRIPTS_READ = 200
MAX_MAINS = 200

_MAIN_GUARD = re.compile(rb"^if\s+__name__\s*==\s*['\"]__main__['\"]", re.M)
_PACKAGE_MAIN = re.compile(rb"^package\s+main\b", re.M)
_SCRIPT = re.compile(r"""["']?[\w.-]+["']?\s*=\s*["']?([\w.]+):([\w.]+)""")
_COMPILED = frozenset({"c", "cpp", "rust"})
_MAIN_SUFFIXES = (".py", ".go", ".java", ".rs", ".c", ".cc", ".cpp", ".cxx")
_CALLABLE = (SymbolKind.FUNCTION, SymbolKind.METHOD)


def overview(graph: CodeGraph, scope: Scope, repository: str) -> Overview:
    """Return what the graph and the stored files show, nothing guessed.

    Raises:
        UnknownRepository: it is not indexed, or not granted.
    """
    info = repository_info(graph, scope, repository)
    scope = scope.narrowed(frozenset({repository}))
    paths = graph.paths(scope, repository)
    texts = _manifest_texts(graph, scope, repository, paths)
    imports = list(graph.iter_relations(scope, kinds=[RelationKind.IMPORTS]))
    return Overview(
        repository=info,
        languages=dict(sorted(info.languages.items(), key=lambda item: (-item[1], item[0]))),
        frameworks=_frameworks(info.name, texts, imports),
        entry_points=_entry_points(graph, scope, repository, paths, texts),
        top_modules=_most_imported(graph, scope, imports),
        manifests=tuple(texts),
    )


def entries_among(graph: CodeGraph, scope: Scope, repository: str, symbols: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Return those of the repository's `symbols` where a run begins: declared scripts and programs, then main functions."""
    own = [symbol for symbol in symbols if symbol.repository == repository]
    texts = _manifest_texts(graph, scope, repository, graph.paths(scope, repository))
    declared = {symbol.id for symbol in _declared_entries(graph, scope, repository, texts)}
    mains = {one.path: one for one in own if one.name == "main" and one.kind in _CALLABLE and not one.is_test}
    files = {*mains, *(one.path for one in own if one.kind is SymbolKind.MODULE)}
    guarded = {one.path: one for one in _runnable_modules(graph, scope, repository, files, frozenset(mains))}
    running = declared | {mains.get(path, module).id for path, module in guarded.items()}
    running |= {one.id for one in mains.values() if not is_aside(one.path) and _is_main(graph, scope, one)}
    return tuple(one for one in own if one.id in running)[:MAX_ENTRY_POINTS]


def _manifest_texts(graph: CodeGraph, scope: Scope, repository: str, paths: Iterable[str]) -> dict[str, str]:
    """Return path -> text of the product's manifests, nearest to the root first."""
    manifests = [path for path in paths if path.rpartition("/")[2] in MANIFESTS and not is_aside(path)]
    manifests.sort(key=lambda path: (path.count("/"), path))
    return {path: (graph.read_text(scope, repository, path) or b"").decode("utf-8", "replace") for path in manifests}


def _frameworks(own: str, manifests: Mapping[str, str], imports: Iterable[Relation]) -> tuple[tuple[str, str], ...]:
    """Return (framework, path that shows it), declared ones first, then those most imported; never the project itself."""
    found: dict[str, str] = {}
    for path, text in manifests.items():
        for name in declared(text, path):
            found.setdefault(name, path)
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for link in imports:
        used = framework_of(link.external) if link.external else None
        if used is not None and not link.source.is_test and not is_aside(link.site.path):
            counts[used] += 1
            first.setdefault(used, link.site.path)
    for used, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        found.setdefault(used, first[used])
    return tuple((name, path) for name, path in found.items() if name.lower() != own.lower())


def _most_imported(graph: CodeGraph, scope: Scope, imports: Iterable[Relation]) -> tuple[Symbol, ...]:
    """Return the modules by the number of other files that import them; without imports, the longest ones."""
    importing: dict[str, set[str]] = {}
    modules: dict[str, Symbol] = {}
    for link in imports:
        target = link.target
        if target is not None and link.site.path != target.path and not (target.is_test or is_aside(target.path)):
            importing.setdefault(target.id, set()).add(link.site.path)
            modules[target.id] = target
    ranked = sorted(modules.values(), key=lambda one: (-len(importing[one.id]), one.qualified_name, one.id))
    if ranked:
        return tuple(ranked[:MAX_MODULES])
    longest = (one for one in graph.iter_symbols(scope, kinds=[SymbolKind.MODULE]) if not one.is_test)
    return tuple(sorted(longest, key=lambda one: (-one.end_line, one.path))[:MAX_MODULES])


def _entry_points(
    graph: CodeGraph, scope: Scope, repository: str, paths: Iterable[str], manifests: Mapping[str, str]
) -> tuple[Symbol, ...]:
    """Return what manifests declare to be run or loaded, then main functions and runnable modules, nearest to the root first."""
    found = {symbol.id: symbol for symbol in _declared_entries(graph, scope, repository, manifests)}
    mains = {symbol.path: symbol for symbol in _main_functions(graph, scope)}
    for symbol in sorted(mains.values(), key=lambda one: (one.path.count("/"), one.path)):
        if _is_main(graph, scope, symbol):
            found.setdefault(symbol.id, symbol)
    for module in _runnable_modules(graph, scope, repository, paths, frozenset(mains)):
        entry = mains.get(module.path, module)
        found.setdefault(entry.id, entry)
    return tuple(found.values())[:MAX_ENTRY_POINTS]


def _main_functions(graph: CodeGraph, scope: Scope) -> Iterator[Symbol]:
    for suffix in _MAIN_SUFFIXES:
        for symbol in graph.find(scope, "main", kinds=_CALLABLE, path=suffix, limit=MAX_MAINS):
            if symbol.name == "main" and not symbol.is_test and not is_aside(symbol.path):
                yield symbol


def _is_main(graph: CodeGraph, scope: Scope, symbol: Symbol) -> bool:
    """Return whether the language starts a program at this `main`; a Python one needs its guard, see below."""
    if symbol.language == "java":
        return "static" in symbol.signature and symbol.kind is SymbolKind.METHOD
    if symbol.language == "go":
        text = graph.read_text(scope, symbol.repository, symbol.path) or b""
        return symbol.kind is SymbolKind.FUNCTION and _PACKAGE_MAIN.search(text) is not None
    return symbol.language in _COMPILED and symbol.local_name == "main"


def _runnable_modules(
    graph: CodeGraph, scope: Scope, repository: str, paths: Iterable[str], with_main: frozenset[str]
) -> list[Symbol]:
    """Return the Python modules named `__main__` and those with a main guard, nearest to the root first."""
    scripts = [path for path in paths if path.endswith(".py") and not is_aside(path)]
    scripts.sort(key=lambda path: (path not in with_main, path.count("/"), path))
    found = []
    for path in scripts[:MAX_SCRIPTS_READ]:
        if path.endswith("__main__.py") or _MAIN_GUARD.search(graph.read_text(scope, repository, path) or b""):
            module = graph.outline(scope, repository, path)[:1]
            found += [one for one in module if not one.is_test]
    return found


def _declared_entries(
    graph: CodeGraph, scope: Scope, repository: str, manifests: Mapping[str, str]
) -> Iterator[Symbol]:
    """Yield the console scripts of Python manifests, and the programs and main files of `package.json`."""
    for path, text in manifests.items():
        if path.rpartition("/")[2] == "package.json":
            for file in _package_files(text):
                yield from graph.outline(scope, repository, normpath(f"{path.rpartition('/')[0]}/{file}".lstrip("/")))[
                    :1
                ]
        else:
            for module, name in _SCRIPT.findall(text):
                yield from graph.find(scope, f"{module}.{name}", kinds=_CALLABLE, limit=1)


def _package_files(text: str) -> Sequence[str]:
    """Return the files under `bin` and `main` of a `package.json`; none when it is not what it should be."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(content, dict):
        return []
    programs = content.get("bin")
    named = list(programs.values()) if isinstance(programs, dict) else [programs]
    files = [file for file in [*named, content.get("main")] if isinstance(file, str)]
    return [file if "." in file.rpartition("/")[2] else f"{file}.js" for file in files]
