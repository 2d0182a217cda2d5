"""Operators of the sixth part, written with the fifth and kept unread until what the fifth showed was mended.

The form is that of `benchmarks.mutations.operators`.
"""

from __future__ import annotations

import random
import re

from benchmarks.mutations.answers import MARK, Answer, Part, mark
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.world import World, mentions

_WHOLE = ("joined", "rows", "bullets")


def transitive_as_direct(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What is reached over another function is said to be called directly."""
    part = answer.parts[at]
    if part.kind != "chain" or mentions(world.body(part.fact["a"], part.fact["a_path"]), part.fact["c"]):
        return None
    wording = draw.choice(
        ("{a} calls {c} {cite}.", "{c} is called directly by {a} {cite2}.", "In {a} there is a call to {c} {cite}.")
    )
    return Part(wording, part.fact).text


def stray_citation(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A second citation, which shows nothing of it, stands beside the right one."""
    part, text = answer.parts[at], answer.texts[at]
    found = MARK.search(text)
    if found is None or part.kind in ("quote", "lead", "written", "callers", "chain") or answer.kind == "rows":
        return None
    told = [str(part.fact[key]) for key in ("a", "b", "param", "value") if key in part.fact]
    paths = [path for path in world.sources() if len(world.lines[path]) > 40 and path != found[1]]
    for _ in range(20):
        path = draw.choice(paths)
        line = draw.randrange(1, len(world.lines[path]))
        near = "\n".join(world.lines[path][max(line - 40, 0) : line])
        if world.lines[path][line - 1].strip() and not any(mentions(near, one) for one in told):
            return f"{text[: found.end()]} {mark(path, line)}{text[found.end() :]}"
    return None


def false_bound(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The number of callers is said to be above or below one that it does not exceed."""
    part = answer.parts[at]
    if part.kind != "callers":
        return None
    count = part.fact["value"]
    place = mark(part.fact["a_path"], part.fact["a_line"])
    said = draw.choice(
        (
            f"more than {count + 2} callers", f"at least {count + 3} callers", f"no fewer than {count + 4} callers",
            f"at most {count - 1} callers", f"fewer than {count} callers",
        )
    )  # fmt: skip
    return f"`{part.fact['a']}` has {said} {place}."


def framed_denial(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A true relation is named only to be denied."""
    part = answer.parts[at]
    if part.kind not in ("calls", "inherits") or answer.kind in _WHOLE:
        return None
    verb = {"calls": "calls", "inherits": "inherits from"}[part.kind]
    wording = draw.choice(
        (
            f"It would be wrong to say that {{a}} {verb} {{b}} {{cite}}.",
            f"One might think that {{a}} {verb} {{b}}, but that is not the case {{cite}}.",
            f"It is a myth that {{a}} {verb} {{b}} {{cite}}.",
            f"Contrary to its name, {{a}} in no way {verb} {{b}} {{cite}}.",
            f"The claim that {{a}} {verb} {{b}} is false {{cite}}.",
        )
    )
    return Part(wording, part.fact).text


def false_origin(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """In passing, a name is said to be of another file."""
    part, text = answer.parts[at], answer.texts[at]
    key = "b" if part.kind in ("calls", "inherits") else "a"
    if part.kind not in ("calls", "inherits", "raises", "returns") or answer.kind in _WHOLE:
        return None
    shown = str(part.fact[key])
    name = shown.split(".")[-1]
    others = [
        path for path in world.sources()
        if len(world.lines[path]) > 40 and not any(mentions(row, name) for row in world.lines[path])
    ]  # fmt: skip
    before, found, after = text.partition(f"`{shown}`")
    if not others or not found or not re.match(r" [a-z\[]", after):
        return None
    said = draw.choice((", defined in `{}`,", ", which lives in `{}`,", " (from `{}`)"))
    return f"{before}{found}{said.format(draw.choice(others))}{after}"


def cousin_base(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A class is said to inherit from another one that has the same base."""
    part = answer.parts[at]
    if part.kind != "inherits":
        return None
    body = world.body(part.fact["a"])
    names = sorted(
        {
            one.name for one in world.definitions
            if one.kind == "class" and one.base == part.fact["b"] and one.name != part.fact["a"]
            and not mentions(body, one.name)
        }
    )  # fmt: skip
    return part.altered(b=draw.choice(names)).text if names else None


def off_by_one(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A number is one more or one less."""
    part = answer.parts[at]
    value = str(part.fact.get("value", ""))
    if part.kind not in ("constant", "default") or not re.fullmatch(r"\d{1,9}", value):
        return None
    made = str(max(int(value) + draw.choice((-1, 1)), 0))
    row = world.lines[part.fact["path"]][part.fact["line"] - 1]
    return None if made == value or re.search(rf"(?<!\d){made}(?!\d)", row) else part.altered(value=made).text


def invented_quality(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A function is said to be something that its lines do not say."""
    part, text = answer.parts[at], answer.texts[at]
    if part.kind not in ("calls", "raises", "returns", "defined") or answer.kind in _WHOLE:
        return None
    found = MARK.search(text)
    name = str(part.fact["a"])
    body = world.body(name).lower()
    said = [
        (word, sentence)
        for word, sentence in (
            ("deprecat", "`{}` is deprecated"), ("thread", "`{}` is thread-safe"), ("recurs", "`{}` is recursive"),
            ("cache", "The result of `{}` is cached"), ("experiment", "`{}` is experimental"),
        )
        if word not in body and not (word == "recurs" and body.count(name.split(".")[-1].lower()) > 1)
    ]  # fmt: skip
    if found is None or not said:
        return None
    return f"{text} {draw.choice(said)[1].format(name)} {found[0]}."


SIXTH_PART: tuple[Operator, ...] = (
    transitive_as_direct,
    stray_citation,
    false_bound,
    framed_denial,
    false_origin,
    cousin_base,
    off_by_one,
    invented_quality,
)
