"""The order of files and of questions does not change an answer."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.resolution.relations import Resolution
from tests.unit.indexers.resolution.programs import resolution_of

_NAMES = st.sampled_from(["a", "b", "c", "d"])
_VALUES = st.one_of(
    _NAMES,
    st.builds("{}()".format, _NAMES),
    st.builds("{}.{}".format, _NAMES, _NAMES),
    st.builds("{}.{}()".format, _NAMES, _NAMES),
    st.builds("{}({})".format, _NAMES, _NAMES),
    st.builds("{}[0]".format, _NAMES),
    st.builds("[{}, {}]".format, _NAMES, _NAMES),
)
_STATEMENTS = st.one_of(
    st.builds("{} = {}".format, _NAMES, _VALUES),
    st.builds("{} = {} or {}".format, _NAMES, _VALUES, _VALUES),
    st.builds("from m{} import {}".format, st.integers(0, 2), _NAMES),
    st.builds("from m{} import *".format, st.integers(0, 2)),
    st.builds("class {}({}):\n    {} = {}\n    def {}(self): return self.{}".format, *[_NAMES] * 6),
    st.builds("def {}({}={}):\n    {}()\n    return {}".format, _NAMES, _NAMES, _NAMES, _NAMES, _VALUES),
    st.builds("{}({})".format, _VALUES, _NAMES),
    st.builds("@{}\ndef {}({}): return {}".format, *[_NAMES] * 4),
)
_MODULES = st.lists(st.lists(_STATEMENTS, min_size=1, max_size=6).map("\n".join), min_size=3, max_size=3)


def _rows(resolution: Resolution) -> set[tuple[object, ...]]:
    def name(index: int) -> str:
        return resolution.symbols[index].id if index >= 0 else ""

    return {(*row[:4], name(row[4]), name(row[5]), *row[6:]) for row in resolution.relations()}


@settings(max_examples=40, deadline=None)
@given(_MODULES, st.permutations(range(3)))
def test_the_order_of_files_does_not_matter(modules: list[str], order: list[int]) -> None:
    sources = {f"m{number}.py": text for number, text in enumerate(modules)}
    shuffled = {f"m{number}.py": modules[number] for number in order}
    assert _rows(resolution_of(sources)) == _rows(resolution_of(shuffled))


@settings(max_examples=40, deadline=None)
@given(_MODULES)
def test_what_is_forgotten_between_files_is_answered_alike(modules: list[str]) -> None:
    """`relations` drops answers after each file, `file_rows` keeps them all."""
    sources = {f"m{number}.py": text for number, text in enumerate(modules)}
    keeping = resolution_of(sources)
    kept = [row for path in sources for row in keeping.file_rows(path)[0]]
    assert list(resolution_of(sources).relations()) == kept


@settings(max_examples=40, deadline=None)
@given(_MODULES, st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(modules: list[str], order: random.Random) -> None:
    sources = {f"m{number}.py": text for number, text in enumerate(modules)}
    expected = _rows(resolution_of(sources))
    asked_before = resolution_of(sources)
    questions = [
        (scope, call.callee)
        for number, file in enumerate(asked_before.program.files)
        for call in file.facts.calls
        for scope in [asked_before.program.scope(number, call.scope)]
    ]
    order.shuffle(questions)
    for scope, path in questions:
        asked_before.evaluator.path(scope, path)
    assert _rows(asked_before) == expected
