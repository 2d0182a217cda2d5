from __future__ import annotations

from knowledge.backends.sqlite_generations import GenerationCache


def test_what_was_used_longest_ago_goes_first() -> None:
    kept = GenerationCache(most=2)
    for name in ("one", "two"):
        kept.put((1, 1, name), name)
    assert kept.get((1, 1, "one")) == "one"
    kept.put((1, 1, "three"), "three")
    assert [kept.get((1, 1, name)) for name in ("one", "two", "three")] == ["one", None, "three"]


def test_values_are_weighed() -> None:
    kept = GenerationCache(most=5, weigh=len)
    kept.put((1, 1, "one"), b"aaa")
    kept.put((1, 1, "one"), b"bb")
    kept.put((1, 1, "two"), b"ccc")
    assert kept.get((1, 1, "one")) == b"bb"
    kept.put((1, 1, "three"), b"dddd")
    assert [kept.get((1, 1, name)) for name in ("one", "two", "three")] == [None, None, b"dddd"]
    kept.put((1, 1, "large"), b"eeeeee")
    assert kept.get((1, 1, "large")) is None, "what is larger than all is not kept"
