"""Operators of the fourth part, written with the third and kept unread until what the third showed was mended.

The form is that of `benchmarks.mutations.operators`.
"""

from __future__ import annotations

import random
import re

from benchmarks.mutations.answers import MARK, Answer, Part, mark
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.world import World, mentions


def wrong_import(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Something else of the repository is said to be imported."""
    part = answer.parts[at]
    if part.kind != "imports":
        return None
    text = "\n".join(world.lines.get(part.fact["a"], []))
    others = sorted({one.name for one in world.definitions if len(one.name) > 5 and not mentions(text, one.name)})
    return part.altered(b=draw.choice(others)).text if others and text else None


def transposed_digits(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Two digits of a number have changed places, or one is lost."""
    part = answer.parts[at]
    if part.kind not in ("constant", "default") or not re.fullmatch(r"\d{2,}", str(part.fact.get("value", ""))):
        return None
    value = str(part.fact["value"])
    made = draw.choice((value[1] + value[0] + value[2:], value[:-1], value + "0"))
    return part.altered(value=made).text if made.lstrip("0") not in ("", value) else None


def errors_for_results(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What is raised is said to be returned, or what is returned to be raised."""
    part = answer.parts[at]
    wording = {"raises": "{a} returns `{value}` {cite}.", "returns": "{a} raises `{value}` {cite}."}.get(part.kind)
    if (
        wording is None
        or answer.kind in ("joined", "rows", "bullets")
        or not answer.repository.startswith(("celery", "webpack"))
    ):
        return None
    body = world.body(part.fact["a"])
    value = re.escape(str(part.fact["value"]))
    if re.search(
        rf"(?:return|yield|=>).*{value}" if part.kind == "raises" else rf"(?:raise|throw|except|catch).*{value}", body
    ):
        return None
    return Part(wording, part.fact).text


def hidden_denial(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A true relation is denied in a roundabout way."""
    part = answer.parts[at]
    if part.kind != "calls" or answer.kind in ("joined", "rows", "bullets"):
        return None
    wording = draw.choice(
        (
            "Nothing in {a} calls {b} {cite}.",
            "{a} gets by without calling {b} {cite}.",
            "{a} has no need of {b} {cite}.",
            "There is no call from {a} to {b} {cite}.",
            "{a} and {b} are independent of each other {cite}.",
            "{b} is called by others, but not by {a} {cite}.",
            "Instead of calling {b}, {a} does the work itself {cite}.",
        )
    )
    return Part(wording, part.fact).text


def widened_subject(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What one method does, all methods of its class are said to do."""
    part = answer.parts[at]
    owner = str(part.fact.get("a", "")).rpartition(".")[0]
    if part.kind not in ("calls", "raises", "returns") or not owner or len(world.by_owner.get(owner, [])) < 4:
        return None
    if answer.kind in ("joined", "rows", "bullets"):
        return None
    what = f"`{part.fact['b']}`" if part.kind == "calls" else f"`{part.fact['value']}`"
    verb = {"calls": "calls", "raises": "raises", "returns": "returns"}[part.kind]
    return f"Every method of `{owner}` {verb} {what} {mark(part.fact['path'], part.fact['line'])}."


def wrong_file_named(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The sentence names another file than the one that it cites."""
    part = answer.parts[at]
    if part.kind not in ("calls", "defined", "raises", "returns", "constant", "method") or answer.kind in (
        "joined",
        "rows",
    ):
        return None
    name = str(part.fact["a"]).split(".")[-1]
    others = [
        path for path in world.sources()
        if len(world.lines[path]) > 40 and not any(mentions(row, name) for row in world.lines[path])
    ]  # fmt: skip
    found = MARK.search(answer.texts[at])
    if not others or found is None:
        return None
    return f"{answer.texts[at]} This code is in the file `{draw.choice(others)}` {found[0]}."


def foreign_member(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A class is said to have a method that another one has."""
    part = answer.parts[at]
    if part.kind != "method":
        return None
    owner = str(part.fact["b"])
    body = world.body(owner)
    others = [one for one in world.definitions if one.owner and one.owner != owner and len(one.name) > 5]
    names = sorted({one.name for one in others if not mentions(body, one.name)})
    classes = [one for one in world.by_name.get(owner.split(".")[-1], []) if one.kind == "class"]
    return (
        part.altered(a=draw.choice(names)).text if names and classes and not any(one.base for one in classes) else None
    )


def neighbouring_definition(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The place given is that of the next definition in the file."""
    part = answer.parts[at]
    if part.kind != "defined":
        return None
    near = [
        one for one in world.definitions
        if one.path == part.fact["path"] and one.name != str(part.fact["a"]).split(".")[-1]
        and not part.fact["line"] <= one.line <= part.fact["end_line"]
        and not mentions(world.lines[one.path][one.line - 1], str(part.fact["a"]))
    ]  # fmt: skip
    near = [one for one in near if not one.line <= part.fact["line"] <= one.end_line]
    return part.altered(line=draw.choice(near).line).text if near else None


def second_object(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A second object that is not true stands beside the true one in the same sentence."""
    part, text = answer.parts[at], answer.texts[at]
    if part.kind not in ("calls", "inherits") or answer.kind == "rows":
        return None
    right = f"`{part.fact['b']}`"
    body = world.body(part.fact["a"], part.fact["a_path"]) + world.body(part.fact["b"], part.fact["b_path"])
    wanted = "class" if part.kind == "inherits" else "function"
    near = [
        one for one in world.definitions
        if (one.kind == "class") == (wanted == "class") and len(one.name) > 5 and not mentions(body, one.name)
    ]  # fmt: skip
    before, found, after = text.partition(right)
    if not found or not near or f"`{part.fact['a']}`" not in before:
        return None
    return f"{before}{right} and `{draw.choice(near).shown}`{after}"


FOURTH_PART: tuple[Operator, ...] = (
    wrong_import,
    transposed_digits,
    errors_for_results,
    hidden_denial,
    widened_subject,
    wrong_file_named,
    foreign_member,
    neighbouring_definition,
    second_object,
)
