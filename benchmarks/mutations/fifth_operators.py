"""Operators of the fifth part, written with the sixth and with the wordings of both before the check read any of them.

The form is that of `benchmarks.mutations.operators`.
"""

from __future__ import annotations

import random
import re

from benchmarks.mutations.answers import MARK, Answer, Part, mark
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.world import World, mentions

_WHOLE = ("joined", "rows", "bullets")
"""Forms in which a part is no sentence of its own."""
_TURNED = {"True": "False", "False": "True", "true": "false", "false": "true"}


def replaced_caller(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """One of the callers in a list is another function, while number and place stay."""
    part = answer.parts[at]
    if part.kind != "callers":
        return None
    name = part.fact["a"].split(".")[-1]
    rows = [list(row) for row in part.fact["rows"]]
    row = draw.choice(rows)
    others = sorted(
        {
            one.shown
            for one in world.definitions
            if one.kind != "class" and len(one.name) > 4 and one.name != name and not mentions(row[0], one.name)
            and not mentions(world.body(one.shown), name)
        }
    )  # fmt: skip
    if not others:
        return None
    row[0] = draw.choice(others)
    return part.altered(rows=rows).text


def requalified_method(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A method is given to another class, which has none of that name."""
    part = answer.parts[at]
    key = next((key for key in ("b", "a") if "." in str(part.fact.get(key, "")) and "/" not in part.fact[key]), None)
    if part.kind not in ("calls", "raises", "returns", "overrides") or key is None:
        return None
    owner, _, name = str(part.fact[key]).rpartition(".")
    owners = sorted(
        {
            one.name for one in world.definitions
            if one.kind == "class" and one.name != owner.split(".")[-1] and len(one.name) > 4 and not one.base
            and all(other.name != name for other in world.by_owner.get(one.name, []))
        }
    )  # fmt: skip
    return part.altered(**{key: f"{draw.choice(owners)}.{name}"}).text if owners else None


def invented_condition(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What always happens is said to depend on something that is not looked at."""
    part, text = answer.parts[at], answer.texts[at]
    if part.kind not in ("calls", "raises", "returns") or answer.kind in _WHOLE or not text.endswith("."):
        return None
    body = world.body(part.fact["a"])
    names = [one for one in ("strict_mode", "is_leader", "use_legacy", "allow_retry") if not mentions(body, one)]
    if not names:
        return None
    said = draw.choice((", provided that `{}` is set.", ", but only when `{}` is on.", " if `{}` is false."))
    return text[:-1] + said.format(draw.choice(names))


def outdated_statement(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What is so is said to have been so."""
    part = answer.parts[at]
    if part.kind not in ("calls", "inherits") or answer.kind in _WHOLE:
        return None
    verb = {"calls": ("call", "called"), "inherits": ("inherit from", "inherited from")}[part.kind]
    wording = draw.choice(
        (
            f"{{a}} used to {verb[0]} {{b}} {{cite}}.",
            f"Until recently {{a}} {verb[1]} {{b}}, which it does not do any more {{cite}}.",
            f"{{a}} once {verb[1]} {{b}}; that was removed {{cite}}.",
            f"Formerly {{a}} {verb[1]} {{b}} {{cite}}.",
        )
    )
    return Part(wording, part.fact).text


def false_summary(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A list of callers is summed up by what holds for some of them only."""
    part = answer.parts[at]
    if part.kind != "callers" or answer.kind != "prose":
        return None
    rows = part.fact["rows"]
    paths = {path for _, path, _ in rows}
    owners = {name.rpartition(".")[0] for name, _, _ in rows}
    said = [f"All of them are in `{rows[0][1]}`"] if len(paths) > 1 else []
    said += (
        [f"All of them are methods of `{rows[0][0].rpartition('.')[0]}`"]
        if len(owners) > 1 and "." in rows[0][0]
        else []
    )
    if not said:
        return None
    return f"{answer.texts[at]} {draw.choice(said)} {mark(rows[0][1], rows[0][2])}."


def comparison(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """One of several is said to be the first, the most or the most important."""
    part = answer.parts[at]
    if part.kind not in ("calls", "raises", "inherits") or answer.kind in _WHOLE:
        return None
    wording = {
        "calls": ("{a} is the function that calls {b} most often {cite}.", "{b} is the most important function that {a} calls {cite}."),
        "raises": ("`{value}` is the most frequent error of {a} {cite}.", "More often than any other error, {a} raises `{value}` {cite}."),
        "inherits": ("{a} is the largest subclass of {b} {cite}.", "{a} is the best known of the classes that inherit from {b} {cite}."),
    }[part.kind]  # fmt: skip
    return Part(draw.choice(wording), part.fact).text


def flipped_truth(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """True is said to be false, or false true."""
    part = answer.parts[at]
    value = str(part.fact.get("value", ""))
    if part.kind not in ("default", "returns", "constant") or value not in _TURNED:
        return None
    turned = _TURNED[value]
    if part.kind == "returns" and re.search(rf"\b(?:return|yield)\b.*\b{turned}\b", world.body(part.fact["a"])):
        return None
    return part.altered(value=turned).text


def second_subject(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A second subject of which it is not true stands beside the true one."""
    part, text = answer.parts[at], answer.texts[at]
    if part.kind not in ("calls", "inherits", "raises") or answer.kind == "rows":
        return None
    told = str(part.fact.get("b") or part.fact["value"])
    near = [
        one for one in world.definitions
        if (one.kind == "class") == (part.kind == "inherits") and len(one.name) > 4
        and not mentions(world.body(one.shown), told) and not mentions(told, one.name)
    ]  # fmt: skip
    before, found, after = text.partition(f"`{part.fact['a']}`")
    if not found or not near or f"`{told}`" in before:
        return None
    return f"{before}{found} and `{draw.choice(near).shown}`{after}"


def renamed_file(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation names a file that is not there."""
    text = answer.texts[at]
    found = MARK.search(text)
    if found is None or answer.parts[at].kind == "quote":
        return None
    head, slash, last = found[1].rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    made = f"{head}{slash}{draw.choice((f'{stem}_utils', f'{stem}2', f'base_{stem}'))}{dot}{suffix}"
    if made in world.lines:
        return None
    return text[: found.start()] + mark(made, int(found[2])) + text[found.end() :]


FIFTH_PART: tuple[Operator, ...] = (
    replaced_caller,
    requalified_method,
    invented_condition,
    outdated_statement,
    false_summary,
    comparison,
    flipped_truth,
    second_subject,
    renamed_file,
)
