"""What goes into packed postings comes out again, one term at a time and all at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge.backends.lexical.postings import LEVELS, Postings, coded, packed

ROWS = st.integers(1, 200_000)


@given(st.data(), ROWS)
def test_postings_come_back(data: st.DataObject, row_count: int) -> None:
    rows = st.integers(0, row_count - 1)
    wanted = data.draw(
        st.dictionaries(
            st.integers(0, 50), st.dictionaries(rows, st.sampled_from(LEVELS.tolist()), min_size=1), max_size=8
        )
    )
    dense = data.draw(st.integers(0, min(row_count, 3_000)))
    if dense:  # a term that nearly every row holds is written in bytes
        wanted[60] = dict.fromkeys(range(dense), 1.0)
    flat = [(row, term, weight) for term, held in wanted.items() for row, weight in held.items()]
    columns = [np.array([entry[at] for entry in flat]) for at in range(3)]
    arrays = packed("g", columns[0].astype(np.int64), columns[1].astype(np.int64), coded(columns[2]), row_count)
    postings = Postings(arrays, "g")
    assert len(postings) == len(flat)
    for asked in (range(-1, 62), data.draw(st.lists(st.integers(-1, 62), max_size=9)), [60]):
        found = postings.of(np.array(asked, np.int64))
        ends = np.cumsum(found.counts).tolist()
        assert found.terms.tolist() == [at for at, count in enumerate(found.counts.tolist()) for _ in range(count)]
        for term, end, count in zip(asked, ends, found.counts.tolist(), strict=True):
            rows, weights = (column[end - count : end].tolist() for column in (found.rows, found.weights))
            assert dict(zip(rows, weights, strict=True)) == wanted.get(term, {})
            assert rows == sorted(wanted.get(term, {}))
    all_rows, terms, codes = postings.all()
    assert list(zip(all_rows.tolist(), terms.tolist(), LEVELS[codes].tolist(), strict=True)) == sorted(
        flat, key=lambda entry: (entry[1], entry[0])
    )
