"""However the rows of a lexical index came to lie in segments, it answers as one that was built whole."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, Scope, ScopeKind
from knowledge.backends.lexical import LexicalSearch, LexicalWriter, writer
from knowledge.backends.lexical.generation import Generation
from knowledge.backends.lexical.layout import generation_folder
from knowledge.backends.lexical.segments import merged
from knowledge.ports.lexical import Hit, LexicalEntry
from knowledge.scope import EVERYTHING
from tests.contract.sources import entry

PATHS = ("b.py", "a.py", "shop/cart.py", "tests/test_a.py", "z/readme.md")
WORDS = ("cart", "price", "retry_later", "Total", "delay", "operator+")
QUERIES = ("cart price", "retry later total", "`Total` delay in shop/cart.py", "readme")

texts = st.lists(
    st.one_of(
        st.builds("def {0}({1}):\n    return {1} + {2}\n".format, *[st.sampled_from(WORDS[:5])] * 3),
        st.builds("class {0}:\n    {1} = '{2}'\n".format, *[st.sampled_from(WORDS[:5])] * 3),
        st.builds("# {0} {1}\n".format, *[st.sampled_from(WORDS)] * 2),
    ),
    max_size=4,
).map("".join)
trees = st.dictionaries(st.sampled_from(PATHS), texts)
steps = st.lists(st.tuples(trees, st.sets(st.sampled_from(PATHS))), min_size=1, max_size=6)


def entries(tree: dict[str, str]) -> list[LexicalEntry]:
    return [
        entry("shop", path, text, document_facts(text) if path.endswith(".md") else None)
        for path, text in sorted(tree.items())
    ]


def document_facts(text: str) -> FileFacts:
    return FileFacts("markdown", text.count("\n"), scopes=[Scope(ScopeKind.MODULE, -1, -1)])


def hits(folder: Path, generation: int) -> list[list[Hit]]:
    search = LexicalSearch(folder, lambda _: {"shop": generation})
    return [
        list(search.search(EVERYTHING, query, kind=kind, top_k=20))
        for query in QUERIES
        for kind in ("file", "symbol", "doc")
    ]


@settings(max_examples=25, deadline=None)
@given(trees, steps, st.sampled_from([0, 1, 2, 100]))
def test_updates_equal_a_build(
    first: dict[str, str], changes: list[tuple[dict[str, str], set[str]]], growth: int
) -> None:
    with TemporaryDirectory() as folder:
        updated, fresh = Path(folder, "updated"), Path(folder, "fresh")
        tree = dict(first)
        lexical = LexicalWriter(updated)
        lexical.build("shop", 1, entries(tree))
        before, writer.GROWTH = writer.GROWTH, growth
        try:
            for number, (written, gone) in enumerate(changes, 2):
                gone = gone - written.keys()
                tree = {path: text for path, text in (tree | written).items() if path not in gone}
                lexical.update("shop", number - 1, number, entries(written), gone)
                assert lexical.has("shop", number)
                lexical.prune("shop", number)
        finally:
            writer.GROWTH = before
        last = len(changes) + 1
        LexicalWriter(fresh).build("shop", last, entries(tree))
        assert hits(updated, last) == hits(fresh, last)
        one, other = (Generation(generation_folder(where, "shop", last)) for where in (updated, fresh))
        assert_same_arrays(one, other)
        first_terms, other_terms = one.chunk_terms(), other.chunk_terms()
        assert first_terms.digests.tolist() == other_terms.digests.tolist()
        assert first_terms.vocabulary == other_terms.vocabulary
        assert np.array_equal(first_terms.weights, other_terms.weights)


def assert_same_arrays(one: Generation, other: Generation) -> None:
    """Merged, both are the same bytes."""
    left, right = (merged(generation.segments, generation.live) for generation in (one, other))
    assert left.keys() == right.keys()
    for name in left:
        assert left[name].dtype == right[name].dtype, name
        assert np.array_equal(left[name], right[name]), name
