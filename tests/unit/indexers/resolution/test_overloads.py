from __future__ import annotations

import pytest

from indexers.resolution.overloads import Candidate, Choice, choose

WIDER = ["byte", "int", "long", "Object"]


class Widening:
    """A small language: a type converts to those after it; the cost is the distance, boxing to Object costs 10."""

    def __init__(self, *, by_phase: bool) -> None:
        self.by_phase = by_phase

    def level(self, argument: str, parameter: str) -> int:
        distance = WIDER.index(parameter) - WIDER.index(argument)
        if distance < 0:
            return -1
        return 10 if parameter == "Object" != argument else 0 if self.by_phase else distance

    def narrower(self, one: str, other: str, argument: str | None) -> bool:
        return WIDER.index(one) <= WIDER.index(other)


JAVA, CPP = Widening(by_phase=True), Widening(by_phase=False)


def overloads(*signatures: str) -> list[Candidate[str]]:
    """`long,int...` as candidates, numbered in order."""
    found = []
    for number, signature in enumerate(signatures):
        variadic = signature.endswith("...")
        names = tuple(name for name in signature.removesuffix("...").split(",") if name)
        found.append(Candidate(number, names, len(names) - variadic, variadic))
    return found


@pytest.mark.parametrize(
    ("signatures", "arguments", "chosen"),
    [
        (["int", "long"], ["byte"], (0,)),
        (["int", "long"], ["long"], (1,)),
        (["Object", "long"], ["int"], (1,)),
        (["int,long", "long,int"], ["int", "int"], (0, 1)),
        (["int,long", "long,int", "int,int"], ["int", "int"], (2,)),
        (["int...", "int,Object"], ["int", "int"], (1,)),
        (["int...", "int"], ["int"], (1,)),
        (["int...", "int,int,int,int"], ["int", "int"], (0,)),
        (["byte", "int"], ["long"], ()),
        (["", "int"], [], (0,)),
    ],
)
@pytest.mark.parametrize("conversions", [JAVA, CPP], ids=["phases", "arguments"])
def test_known_arguments_decide(
    signatures: list[str], arguments: list[str], chosen: tuple[int, ...], conversions: Widening
) -> None:
    assert choose(overloads(*signatures), arguments, conversions) == Choice(chosen, certain=True)


def test_the_worst_conversion_decides_by_phase_and_each_argument_otherwise() -> None:
    signatures = overloads("Object,int", "long,long")
    assert choose(signatures, ["int", "int"], JAVA).targets == (1,)
    assert choose(signatures, ["int", "int"], CPP).targets == (0, 1)


def test_an_unknown_argument_leaves_what_it_could_tell_apart() -> None:
    assert choose(overloads("int,byte", "int,long"), ["byte", None], JAVA) == Choice((0, 1), certain=False)
    assert choose(overloads("int,byte", "byte,byte"), ["byte", None], JAVA) == Choice((1,), certain=True)
    assert choose(overloads("byte,byte", "long,Object"), ["int", None], JAVA) == Choice((1,), certain=False)


def test_the_number_of_arguments_alone_is_certain() -> None:
    assert choose(overloads("int", "int,int"), [None], JAVA) == Choice((0,), certain=True)
    assert choose(overloads("int", "int,int"), [None] * 3, JAVA) == Choice((), certain=True)
