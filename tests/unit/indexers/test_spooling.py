from __future__ import annotations

from contextlib import closing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexers import spooling
from indexers.spooling import Spool, SpooledRows

_decode = msgspec.msgpack.Decoder(list[tuple[int, str]]).decode


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40))))
def test_what_was_put_in_comes_out(steps: list[tuple[bool, bytes]]) -> None:
    """Whatever is read in between, also once the file is on the disk."""
    with pytest.MonkeyPatch.context() as patch, closing(_small(patch)) as spool:
        places = []
        for is_read, payload in steps:
            places.append((spool.put(payload), payload))
            if is_read:
                place, first = places[0]
                assert spool.get(place) == first
        assert [spool.get(place) for place, _ in places] == [payload for _, payload in places]


def test_rows_come_in_order_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "ROWS_AT_ONCE", 3)
    with closing(_small(monkeypatch)) as spool:
        one, other = SpooledRows(spool, _decode), SpooledRows(spool, _decode)
        one.extend((number, "one") for number in range(8))
        other.extend([(0, "other")])
        one.extend([(8, "one")])
        assert list(zip(one, other, strict=False)) == [((0, "one"), (0, "other"))]
        assert list(one) == [(number, "one") for number in range(9)]
        assert list(one) == list(one)


def _small(patch: pytest.MonkeyPatch) -> Spool:
    patch.setattr(spooling, "SPOOL_BYTES", 64)
    return Spool()
