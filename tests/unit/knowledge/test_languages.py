from __future__ import annotations

from indexers.documents.formats import FORMATS
from indexers.languages import PACKS
from knowledge.languages import title_of


def test_every_language_and_format_has_a_name_to_show() -> None:
    assert [one for one in (*PACKS, *FORMATS) if title_of(one) == one] == []
    assert (title_of("cpp"), title_of("text")) == ("C++", "text")
