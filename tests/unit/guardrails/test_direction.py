"""Which of two names acts on the other one, read from sentences whose verbs no pattern knows."""

from __future__ import annotations

import re

import pytest

from configs.release import Releases
from guardrails.direction import acts_forward
from guardrails.phrases import phrase_of

READING = Releases().get("default").guards.reading


def direction(sentence: str, *, is_descent: bool = False) -> bool | None:
    """Return whether `A` acts on `B`, whichever of them is named first."""
    phrase = phrase_of(sentence, READING)
    first, second = re.finditer(r"N\d+", phrase.plain)
    told = acts_forward(
        phrase.plain[: first.start()],
        phrase.plain[first.end() : second.start()],
        phrase.plain[second.end() :],
        READING.roles,
        is_descent=is_descent,
    )
    return told if told is None or phrase.names[0] == "A" else not told


@pytest.mark.parametrize(
    "sentence",
    [
        "`A` farms the hard part out to `B`.",
        "`B` is kicked off from `A`.",
        "`B`, orchestrated by `A`, does the rest.",
        "`A`'s body contains an invocation of `B`.",
        "One of `B`'s users is `A`.",
        "`B` counts `A` among its clients.",
        "`A` is implemented in terms of `B`.",
        "`B` is the helper on which `A` relies.",
        "It is in `A` that `B` gets fetched.",
        "`A` is the place from which `B` is launched.",
        "As soon as `A` runs, `B` is fetched.",
        "What `A` summons is `B`.",
        "The one summoning `B` is `A`.",
        "Through `B`, `A` does most of its work.",
        "`B` does its work on behalf of `A`.",
        "The invocation of `B` sits inside `A`.",
        "A reference to `B` appears in `A`.",
        "`B` is run each time `A` is entered.",
        "`B` is made available to `A`.",
        "`A` ultimately ends up in `B`.",
    ],
)
def test_direction_is_read_from_grammar_not_from_the_verb(sentence: str) -> None:
    assert direction(sentence) is True
    swapped = re.sub(r"`([AB])`", lambda found: "`B`" if found[1] == "A" else "`A`", sentence)
    assert direction(swapped) is False


@pytest.mark.parametrize(
    "sentence",
    [
        "`A` comes from `B` by inheritance.",
        "`A` < `B`.",
        "`A` is a `B` subclass.",
        "`B` acts as the ancestor of `A`.",
        "What `B` provides gets its own form in `A`.",
    ],
)
def test_what_descends_leads_to_what_is_above(sentence: str) -> None:
    assert direction(sentence, is_descent=True) is True


def test_what_cannot_be_told_is_left_open() -> None:
    assert direction("`A` receives something from `B`.") is None
