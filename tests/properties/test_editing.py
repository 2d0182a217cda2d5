"""However one file after the other is edited, a resolution that stays in memory gives the rows of a fresh one.

The sources are the fixtures of every language; the edits are such as people and editors make, sensible or not: lines that
come, go, change places or are copied from elsewhere, names that become others, parameters more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts
from indexers.languages import LANGUAGE_BY_SUFFIX, PACKS, extract, profile_for
from indexers.resolution.editing import Editing
from indexers.resolution.layout import MANIFEST_NAMES, Layout
from indexers.resolution.program import ProgramFile
from indexers.resolution.relations import Resolution
from indexers.resolution.tracking import Recorder

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAME = re.compile(r"[A-Za-z_]\w+")
Rows = tuple[Counter[object], Counter[object], list[object]]
edits = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "rename", "rename", "parameter", "copy", "swap", "back", "back"]),
        *[st.integers(0, 10_000)] * 4,
    ),
    min_size=1,
    max_size=6,
)


def sources_of(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of the sources and of the manifests of a language's fixtures."""
    root = FIXTURES / language
    found: dict[str, str] = {}
    manifests: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix in LANGUAGE_BY_SUFFIX:
            found[path.relative_to(root).as_posix()] = path.read_text()
        elif path.name in MANIFEST_NAMES:
            manifests[path.relative_to(root).as_posix()] = path.read_text()
    return found, manifests


def facts_of(path: str, text: str) -> FileFacts:
    return extract(LANGUAGE_BY_SUFFIX[Path(path).suffix], text.encode())


def resolution_of(
    facts: Mapping[str, FileFacts], manifests: Mapping[str, str], recorder: Recorder | None = None
) -> Resolution:
    family = PACKS[LANGUAGE_BY_SUFFIX[Path(next(iter(facts))).suffix]].family
    profile = profile_for(family)(Layout(facts, manifests))
    files = [ProgramFile(path, each, profile.is_test_path(path)) for path, each in facts.items()]
    return Resolution("repo", files, profile, 0, recorder)


def rows_of(resolution: Resolution, path: str) -> Rows:
    """Return relations and unresolved calls of a file by the ids of symbols, and its symbols."""
    relations, unresolved = resolution.file_rows(path)
    symbols = resolution.symbols
    return (
        Counter(
            (*kind, symbols[source].id, symbols[target].id if target >= 0 else None, *site)
            for *kind, source, target, external, path, line, column in relations
            for site in [(external, path, line, column)]
        ),
        Counter((symbols[source].id, *rest) for source, *rest in unresolved),
        list(resolution.symbols_of(path)),
    )


class Kept:
    """A resolution that stays in memory, and the rows of all files, of which those that an edit may concern are made anew."""

    def __init__(self, texts: Mapping[str, str], manifests: Mapping[str, str]) -> None:
        self.texts, self.manifests = dict(texts), manifests
        self.facts = {path: facts_of(path, text) for path, text in texts.items()}
        self.taken = 0
        self._begin()

    def _begin(self) -> None:
        self.resolution = resolution_of(self.facts, self.manifests, Recorder())
        for _ in self.resolution.relations():
            pass
        self.editing = Editing(self.resolution)
        self.rows = {path: rows_of(self.resolution, path) for path in self.facts}

    def edit(self, path: str, text: str) -> set[str] | None:
        self.texts[path], self.facts[path] = text, facts_of(path, text)
        concerned = self.editing.edit(path, self.facts[path])
        if concerned is None:
            self._begin()
        else:
            self.taken += 1
            self.resolution.place_symbols(path)
            self.rows.update({each: rows_of(self.resolution, each) for each in concerned})
        return concerned

    def assert_as_fresh(self) -> None:
        fresh = resolution_of(self.facts, self.manifests)
        for path in self.facts:
            assert self.rows[path] == rows_of(fresh, path), path


def edited(texts: Mapping[str, str], path: str, what: str, one: int, other: int, third: int) -> str:
    lines = texts[path].split("\n")
    at = one % len(lines)
    if what == "insert":
        lent = [line for text in texts.values() for line in text.split("\n") if line.strip()]
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines.insert(at, indent + lent[other % len(lent)].strip())
    elif what == "delete":
        del lines[at : at + 1 + other % 3]
    elif what == "rename":
        places = list(NAME.finditer(lines[at]))
        names = sorted({name for text in texts.values() for name in NAME.findall(text)})
        if places:
            place = places[other % len(places)]
            lines[at] = lines[at][: place.start()] + names[third % len(names)] + lines[at][place.end() :]
    elif what == "parameter":
        heads = [number for number, line in enumerate(lines) if re.search(r"\w\(.*\)\s*[{:]", line)]
        if heads:
            lines[heads[one % len(heads)]] = lines[heads[one % len(heads)]].replace("(", "(extra, ", 1)
    elif what == "copy":
        lines[at:at] = lines[at : at + 2 + other % 10]
    else:
        lines[at], lines[other % len(lines)] = lines[other % len(lines)], lines[at]
    return "\n".join(lines)


@pytest.mark.parametrize("language", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
@settings(max_examples=5, deadline=None)
@given(given_edits=edits)
def test_rows_after_edits_are_those_of_a_fresh_resolution(
    language: str, given_edits: list[tuple[str, int, int, int, int]]
) -> None:
    kept = Kept(*sources_of(language))
    paths = sorted(kept.texts)
    undone: list[tuple[str, str]] = []
    for what, which, one, other, third in given_edits:
        path, text = paths[which % len(paths)], ""
        if what == "back" and undone:
            path, text = undone.pop()
        else:
            undone.append((path, kept.texts[path]))
        kept.edit(path, text or edited(kept.texts, path, what, one, other, third))
    kept.assert_as_fresh()


@pytest.mark.parametrize("language", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_a_line_more_in_every_file_is_taken_up(language: str) -> None:
    kept = Kept(*sources_of(language))
    for path, text in sorted(kept.texts.items()):
        assert kept.edit(path, f"\n{text}") == {path}
    kept.assert_as_fresh()
