"""The operation that tells what lies in a folder: its files with what each defines, and its folders."""

from __future__ import annotations

from collections import Counter
from posixpath import commonpath

from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.past import folder_of
from agents.evidence.sight import Sight
from agents.state import Evidence
from configs.errors import InputError
from knowledge.evidence import Verdict
from knowledge.languages import title_of
from knowledge.schema import Symbol, SymbolKind

_FILES = 40
_NAMES = 4
_TOLD = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION})
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_README = ("readme.md", "readme.rst", "readme.txt", "readme")


def folder(sight: Sight) -> Result:
    """The files of a folder, those of code first and the longest of them first, and how much lies in the folders below.

    Raises:
        InputError: the question names no folder of indexed files.
    """
    found = folder_of(sight, sight.task["names"][0]) if sight.task["names"] else None
    if found is None:
        raise InputError("which folder is meant is not known", next_step="write its path: what is in `src/app/`?")
    info, path = found
    known = {one: row for one, row in sight.graph.paths(sight.scope, info.name).items() if one.startswith(f"{path}/")}
    path = commonpath([one.rpartition("/")[0] for one in known])  # through folders that hold nothing but one folder
    languages = Counter[str]()
    below: dict[str, list[str]] = {}
    direct: list[str] = []
    for one, (_, language, lines) in known.items():
        languages[language] += lines
        inner = one[len(path) + 1 :]
        if "/" in inner:
            below.setdefault(inner.partition("/")[0], []).append(one)
        else:
            direct.append(one)
    told = ", ".join(f"{title_of(language)} {lines:,} lines" for language, lines in languages.most_common(4))
    facts = [sight.evidence("summary", sight.cite(info.name, "", 0, 0, None), note=f"{path}\t{len(known)}\t{told}")]
    readme = next((one for one in sorted(direct) if one.rpartition("/")[2].lower() in _README), None)
    if readme is not None:
        facts.append(_opening(sight, info.name, readme))
    shown = [(one, _defined(sight, info.name, one)) for one in direct if one != readme]
    shown.sort(key=lambda one: (not one[1], -known[one[0]][2], one[0]))
    facts += [_file(sight, info.name, one, names, len(shown)) for one, names in shown[:_FILES]]
    for name, files in sorted(below.items(), key=lambda item: (-len(item[1]), item[0])):
        cited = sight.cite(info.name, sorted(files)[0], 1, 1, None)
        facts.append(sight.evidence("below", cited, note=f"{path}/{name}\t{len(files)}"))
    return facts, {**plain_outcome(sight, Verdict.FOUND, total=len(known)), "name": path}


def _defined(sight: Sight, repository: str, path: str) -> list[Symbol]:
    """Return what a file defines at its top, types first."""
    outline = sight.graph.outline(sight.scope, repository, path)
    parents = {symbol.id for symbol in outline if symbol.kind in _TYPES or symbol.kind is SymbolKind.FUNCTION}
    top = [
        one for one in outline if one.kind in _TOLD and one.parent_id not in parents and one.name[:1] not in ("", "<")
    ]
    return sorted(top, key=lambda symbol: symbol.kind not in _TYPES)


def _file(sight: Sight, repository: str, path: str, names: list[Symbol], total: int) -> Evidence:
    if not names:
        return sight.evidence("file", sight.cite(repository, path, 1, 1, None), note=f"{path}\t\t", score=float(total))
    distinct = list(dict.fromkeys(symbol.name for symbol in names))
    told = "\t".join([path, ",".join(distinct[:_NAMES]), str(max(len(distinct) - _NAMES, 0) or "")])
    return sight.evidence("file", sight.cite_name(names[0]), about=names[0], note=told, score=float(total))


def _opening(sight: Sight, repository: str, path: str) -> Evidence:
    lines = sight.lines(repository, path)
    first, last = sight.excerpt(repository, path, 1, len(lines), sight.release.limits.quoted_lines // 2, prose=True)
    cited = sight.cite(repository, path, first, last, None)
    return sight.evidence("section", cited, excerpt=sight.text(repository, path, first, last))
