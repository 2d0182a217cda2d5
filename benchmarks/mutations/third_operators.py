"""Operators of the third part, written with its wordings before the checker saw either: slips that small models make.

The form is that of `benchmarks.mutations.operators`.
"""

from __future__ import annotations

import random
import re

from benchmarks.mutations.answers import MARK, Answer, Part, mark
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.world import World, mentions

_RELATED = ("calls", "inherits", "overrides")
_TURNED = {
    "calls": "{a} inherits from {b} {cite}.",
    "inherits": "{a} calls {b} {cite}.",
    "overrides": "{a} calls {b} {cite}.",
}
_NAME = re.compile(r"`([A-Za-z_][\w.]*\w)`")


def near_miss_name(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A name is nearly the right one: a letter is lost or doubled, or its words are joined in another manner."""
    if answer.parts[at].kind == "quote":
        return None
    text = answer.texts[at]
    found = [one for one in _NAME.finditer(text) if one[1].split(".")[-1] in world.words and len(one[1]) > 6]
    if not found:
        return None
    one = draw.choice(found)
    head, _, last = one[1].rpartition(".")
    place = draw.randrange(1, len(last) - 1)
    made = draw.choice((last[:place] + last[place + 1 :], last[:place] + last[place] + last[place:], _other_case(last)))
    if made == last or made in world.words or made.lower() in ("true", "false", "none"):
        return None
    return text[: one.start(1)] + (f"{head}." if head else "") + made + text[one.end(1) :]


def swapped_objects(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Two statements of one answer have each other's objects."""
    part = answer.parts[at]
    others = [one for n, one in enumerate(answer.parts) if n != at and one.kind == part.kind]
    if part.kind not in _RELATED or not others:
        return None
    other = draw.choice(others).fact["b"]
    if other == part.fact["b"] or mentions(world.body(part.fact["a"], part.fact["a_path"]), other):
        return None
    return part.altered(b=other).text


def wrong_base(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The class is said to inherit from another class of the repository."""
    part = answer.parts[at]
    if part.kind != "inherits":
        return None
    body = world.body(part.fact["a"])
    names = sorted({one.name for one in world.definitions if one.kind == "class" and len(one.name) > 4})
    names = [name for name in names if name != part.fact["a"] and not mentions(body, name)]
    return part.altered(b=draw.choice(names)).text if names else None


def changed_relation(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The names are right, and what connects them is something else."""
    part = answer.parts[at]
    if part.kind not in _TURNED or answer.kind in ("joined", "rows", "bullets"):
        return None
    body = world.body(part.fact["a"], part.fact["a_path"])
    if part.kind != "calls" and re.search(rf"super\b|\.call\(|\b{re.escape(part.fact['b'].split('.')[-1])}\(", body):
        return None
    return Part(_TURNED[part.kind], part.fact).text


def dropped_caller(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A caller is missing from the list, while the number stays."""
    part = answer.parts[at]
    if part.kind != "callers" or not re.search(r"\{[vV]alue\}", part.wording) or len(part.fact["rows"]) < 3:
        return None
    rows = list(part.fact["rows"])
    del rows[draw.randrange(len(rows))]
    return part.altered(rows=rows).text


def crossed_rows(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Two callers have each other's places."""
    part = answer.parts[at]
    if part.kind != "callers" or len(part.fact["rows"]) < 2:
        return None
    rows = [list(row) for row in part.fact["rows"]]
    one, other = draw.sample(range(len(rows)), 2)
    rows[one][1:], rows[other][1:] = rows[other][1:], rows[one][1:]
    if rows[one][0] == rows[other][0]:
        return None
    return part.altered(rows=rows).text


def slight_shift(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation is off by one to three lines, and these say nothing of it."""
    part, text = answer.parts[at], answer.texts[at]
    found = MARK.search(text)
    if found is None or part.kind in ("quote", "lead", "written", "callers", "chain") or found[3]:
        return None
    path, line = found[1], int(found[2])
    told = [str(part.fact[key]) for key in ("a", "b", "param", "value") if key in part.fact]
    for shift in draw.sample((-3, -2, -1, 1, 2, 3), 6):
        to = line + shift
        if not 1 <= to <= len(world.lines.get(path, [])):
            continue
        row = world.lines[path][to - 1]
        if (
            row.lstrip().startswith("@")
            or any(mentions(row, one) or one in row for one in told)
            or _is_head(world, part.fact, path, to)
        ):
            continue
        return text[: found.start()] + mark(path, to) + text[found.end() :]
    return None


def misplaced_call(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Another function that really is called there is named, with the line of the first one."""
    part = answer.parts[at]
    if part.kind != "calls":
        return None
    fact = part.fact
    row = world.lines[fact["path"]][fact["line"] - 1]
    called = set(re.findall(r"\b(\w+)\(", world.body(fact["a"], fact["a_path"])))
    others = [
        one.shown for one in world.definitions
        if one.kind != "class" and one.name in called and len(one.name) > 4 and not mentions(row, one.name)
        and one.name != fact["a"].split(".")[-1] and len(world.by_name[one.name]) == 1
    ]  # fmt: skip
    return part.altered(b=draw.choice(sorted(others))).text if others else None


def exaggerated_number(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A few callers become dozens, in words."""
    part = answer.parts[at]
    if part.kind != "callers":
        return None
    place = mark(part.fact["a_path"], part.fact["a_line"])
    return f"`{part.fact['a']}` is called from {draw.choice(('dozens of', 'hundreds of', '47', 'over 30'))} places {place}."


def invented_parameter(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A parameter that the function does not have is described, with the citation of what is true."""
    part = answer.parts[at]
    if part.kind not in ("calls", "default", "returns", "raises") or answer.kind in ("joined", "rows"):
        return None
    body = world.body(part.fact["a"])
    names = [one for one in ("dry_run", "max_depth", "on_error", "use_cache", "retries") if not mentions(body, one)]
    found = MARK.search(answer.texts[at])
    if not names or found is None:
        return None
    return f"{answer.texts[at]} Its parameter `{draw.choice(names)}` switches this off {found[0]}."


def hedged_invention(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A guess follows, hedged and with the citation of what is true."""
    part = answer.parts[at]
    if part.kind not in ("calls", "inherits", "overrides", "raises") or answer.kind in ("joined", "rows"):
        return None
    body = world.body(part.fact["a"]) + world.body(str(part.fact.get("b", "")))
    near = [one for one in world.definitions if one.kind != "class" and len(one.name) > 5]
    other = next((one for one in draw.sample(near, min(20, len(near))) if not mentions(body, one.name)), None)
    found = MARK.search(answer.texts[at])
    if other is None or found is None:
        return None
    said = draw.choice(
        ("It probably also notifies `{}`", "Presumably `{}` is updated as well", "It seems to rely on `{}`")
    )
    return f"{answer.texts[at]} {said.format(other.shown)} {found[0]}."


def _is_head(world: World, fact: dict[str, object], path: str, line: int) -> bool:
    """Tell whether a line is the head of what the statement is about, where a citation would be right too."""
    names = {str(fact[key]).split(".")[-1] for key in ("a", "b") if key in fact}
    return any(
        one.path == path and one.line <= line <= one.line + 3 for name in names for one in world.by_name.get(name, ())
    )


def _other_case(name: str) -> str:
    if "_" in name.strip("_"):
        head, *rest = name.split("_")
        return head + "".join(part.capitalize() for part in rest)
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: "_" + found[1].lower(), name)


THIRD_PART: tuple[Operator, ...] = (
    near_miss_name,
    swapped_objects,
    wrong_base,
    changed_relation,
    dropped_caller,
    crossed_rows,
    slight_shift,
    misplaced_call,
    exaggerated_number,
    invented_parameter,
    hedged_invention,
)
