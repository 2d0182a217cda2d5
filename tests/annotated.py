"""Annotated sources: expectations written as comments in real code.

A comment line with a caret speaks of the nearest line above that is not such a comment; the caret stands under the
name meant::

    client.send(message)
    #      ^ calls: app.net.Client.send

Forms after the caret: `calls: a.b, a.c` (all the targets inside the project, ambiguous ones left out; a constructor
stands for its class), `calls: exact a.b`, `calls: inferred a.b`, `calls: external os.path.join`, `calls: unknown`
(nothing, or nothing but ambiguous candidates), `calls: ambiguous a.b, a.c`, `inherits: a.B`, `implements: a.B`,
`overrides: a.B.run`, `refers: a.b`, `reads: a.LIMIT`, `writes: a.LIMIT`, `tests: a.b`, `imports: a` and `defines: method a.B.run`.
Overloads share a qualified name: `calls: a.b~2` means the second definition of that name in its file, `a.b~1` the first.
A fixture is a folder: all its files of the language's family are resolved together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from indexers.languages import LANGUAGE_BY_SUFFIX, PACKS, extract, profile_for
from indexers.macro_links import decode_shared, encode_links
from indexers.resolution.layout import Layout, is_manifest
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.sharing import Sharing, family_sharing_macros
from knowledge.ports.graph import RelationRow
from knowledge.schema import RelationKind, Symbol, Tier

_ANNOTATION = re.compile(r"^\s*(?:#|//|--)\s*(\^)\s*(\w+):\s*(.*?)\s*$")
_KINDS = {
    "calls": RelationKind.CALLS,
    "inherits": RelationKind.INHERITS,
    "implements": RelationKind.IMPLEMENTS,
    "overrides": RelationKind.OVERRIDES,
    "refers": RelationKind.REFERENCES,
    "imports": RelationKind.IMPORTS,
    "reads": RelationKind.READS,
    "writes": RelationKind.WRITES,
    "tests": RelationKind.TESTS,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    path: str
    line: int
    column: int
    verb: str
    wanted: str


@dataclass(slots=True)
class Resolved:
    symbols: list[Symbol]
    rows: list[RelationRow]


def expectations(root: Path) -> list[Expectation]:
    """Return every annotation below `root`, by path and line."""
    found: list[Expectation] = []
    for path in sorted(path for path in root.rglob("*") if path.suffix in LANGUAGE_BY_SUFFIX):
        target = 0
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            match = _ANNOTATION.match(line.rstrip("\r"))
            if match is None:
                target = number
                continue
            column = len(line[: match.start(1)].encode()) + 1
            found.append(Expectation(path.relative_to(root).as_posix(), target, column, match[2], match[3]))
    return found


def resolve_folder(root: Path, family: str) -> Resolved:
    """Extract and resolve every file of the family below `root`."""
    texts: dict[str, tuple[str, bytes]] = {}
    manifests: dict[str, str] = {}
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        relative = path.relative_to(root).as_posix()
        language = LANGUAGE_BY_SUFFIX.get(path.suffix)
        if is_manifest(path.name):
            manifests[relative] = path.read_text("utf-8")
        elif language is not None and PACKS[language].family == family:
            texts[relative] = (language, path.read_bytes())
    profile = profile_for(family)(Layout(texts, manifests))
    facts = {name: extract(language, text) for name, (language, text) in texts.items()}
    if any(family_sharing_macros(language) for language, _ in texts.values()):
        links = {name: encode_links(each.macros) for name, each in facts.items()}
        for user, macros in Sharing(family, links, manifests).handed():
            facts[user] = extract(*texts[user], decode_shared(macros))
    files = [ProgramFile(path, each, profile.is_test_path(path)) for path, each in facts.items()]
    resolution = Resolution("fixture", files, profile)
    return Resolved(resolution.symbols, list(resolution.relations()))


def check(expectation: Expectation, resolved: Resolved) -> str:
    """Return what is wrong, empty when the expectation holds."""
    if expectation.verb == "defines":
        return _check_definition(expectation, resolved)
    kind = _KINDS[expectation.verb]
    rows = [row for row in resolved.rows if row[0] == kind and _covers(row, expectation, resolved)]
    internal = [row for row in rows if row[5] >= 0]
    mode, _, rest = expectation.wanted.partition(" ")
    if mode not in ("exact", "inferred", "external", "ambiguous", "unknown"):
        mode, rest = "", expectation.wanted
    wanted = {part.strip() for part in rest.split(",") if part.strip()}
    if mode == "external":
        got = {row[6] or "" for row in rows if row[5] < 0}
        internal_certain = {resolved.symbols[row[5]].qualified_name for row in internal if row[2] != Tier.AMBIGUOUS}
        got |= internal_certain
    elif mode == "unknown":
        got = {resolved.symbols[row[5]].qualified_name for row in internal if row[2] != Tier.AMBIGUOUS}
        got |= {row[6] or "" for row in rows if row[5] < 0}
    else:
        tiers = {"exact": {Tier.EXACT}, "inferred": {Tier.INFERRED}, "ambiguous": {Tier.AMBIGUOUS}}.get(
            mode, {Tier.EXACT, Tier.INFERRED}
        )
        got = _names([row for row in internal if row[2] in tiers], resolved, numbered="~" in rest)
    if got == wanted:
        return ""
    tiers_seen = sorted({f"{row[2].value}/{row[1].value}" for row in rows})
    return f"{expectation.path}:{expectation.line}: {expectation.verb} {sorted(wanted)} expected, got {sorted(got)} {tiers_seen}"


def _names(rows: list[RelationRow], resolved: Resolved, *, numbered: bool = False) -> set[str]:
    """Return the targets' qualified names; a class is left out when one of its constructors is there too."""
    targets = {row[5] for row in rows}
    constructors = {resolved.symbols[t].parent_id for t in targets if resolved.symbols[t].kind == "method"}
    has_method = any(resolved.symbols[t].kind == "method" for t in targets)
    return {
        _numbered(resolved.symbols[target]) if numbered else resolved.symbols[target].qualified_name
        for target in targets
        if not (
            resolved.symbols[target].kind == "class" and (resolved.symbols[target].id in constructors or has_method)
        )
    }


def _numbered(symbol: Symbol) -> str:
    """Return the qualified name with the number of the definition among those of its name: `a.b.run~2`."""
    _, mark, number = symbol.local_name.rpartition("~")
    return f"{symbol.qualified_name}~{number if mark and number.isdigit() else 1}"


def _covers(row: RelationRow, expectation: Expectation, resolved: Resolved) -> bool:
    if row[7] != expectation.path or row[8] != expectation.line:
        return False
    width = 1
    if row[5] >= 0:
        width = len(resolved.symbols[row[5]].name.encode())
    elif row[6]:
        width = len(row[6].rpartition(".")[2].encode())
    return row[9] <= expectation.column < row[9] + max(width, 1)


def _check_definition(expectation: Expectation, resolved: Resolved) -> str:
    kind, _, name = expectation.wanted.partition(" ")
    here = [
        symbol
        for symbol in resolved.symbols
        if symbol.path == expectation.path
        and symbol.line == expectation.line
        and symbol.column <= expectation.column < symbol.column + max(len(symbol.name.encode()), 1)
    ]
    if any(symbol.kind == kind and symbol.qualified_name == name for symbol in here):
        return ""
    got = [f"{symbol.kind} {symbol.qualified_name}" for symbol in here]
    return f"{expectation.path}:{expectation.line}: defines {kind} {name!r} expected, got {got}"


def failures(root: Path, family: str) -> list[str]:
    """Return one line an expectation of the fixture folder that does not hold."""
    resolved = resolve_folder(root, family)
    return [problem for item in expectations(root) if (problem := check(item, resolved))]


__all__ = ["Expectation", "Resolved", "check", "expectations", "failures", "resolve_folder"]
