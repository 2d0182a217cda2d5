from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.schema import pack_text, unpack_text


@given(st.binary())
def test_what_is_packed_comes_back(text: bytes) -> None:
    assert unpack_text(pack_text(text)) == text


@pytest.mark.parametrize("damaged", [b"", b"x = 1\n", pack_text(b"x = 1\n")[:-1]])
def test_what_is_damaged_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="data|header|incomplete"):
        unpack_text(damaged)
