"""The first half of the operators, written before anything of the checker was: each makes a correct statement false.

An operator takes an answer, the place of one of its parts, what the sources say and a source of chance. It returns the text of
the false part, or None where it has nothing to do or the result might be true after all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from benchmarks.mutations.answers import MARK, Answer, Part, mark
from benchmarks.mutations.world import World, mentions

Operator = Callable[[Answer, int, World, random.Random], str | None]

_NAME = re.compile(r"`([A-Za-z_][\w.]*\w)(\(\))?`")
_NUMBER = re.compile(r"(?<![\w.\[:/`-])(\d+(?:\.\d+)?)(?![\w\]:.-]|GB)")
_PLACED = (
    "calls",
    "inherits",
    "overrides",
    "method",
    "default",
    "raises",
    "returns",
    "constant",
    "imports",
    "reads",
    "written",
)
_RELATIONS = ("calls", "inherits", "overrides")
_VERBS = ("Append", "Flush", "Reset", "Encode", "Resume")
_NOT = (
    (r" calls ", " does not call "), (r" is called by ", " is never called by "), (r" invokes ", " never invokes "),
    (r" is invoked by ", " is not invoked by "), (r" delegates to ", " does not delegate to "), (r" relies on ", " does not rely on "),
    (r" makes a call to ", " makes no call to "), (r" there is a call to ", " there is no call to "), (r" uses ", " does not use "),
    (r" hands over to ", " does not hand over to "), (r" inherits from ", " does not inherit from "),
    (r" is a subclass of ", " is not a subclass of "), (r" is the base class of ", " is not the base class of "),
    (r" extends ", " does not extend "), (r" derives from ", " does not derive from "), (r" is extended by ", " is not extended by "),
    (r" overrides ", " does not override "), (r" is overridden by ", " is not overridden by "), (r" replaces ", " does not replace "),
    (r" raises ", " never raises "), (r" is raised by ", " is never raised by "), (r" throws ", " never throws "),
    (r" returns ", " does not return "), (r" can return ", " cannot return "), (r" imports ", " does not import "),
    (r" is imported in ", " is not imported in "), (r" defaults to ", " does not default to "), (r" reads ", " does not read "),
    (r" is read in ", " is not read in "), (r" defines ", " does not define "), (r" is a method of ", " is not a method of "),
)  # fmt: skip


def invented_function(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A name that is nowhere in the repository stands in place of a real one."""
    text = answer.texts[at]
    names = [found for found in _NAME.finditer(text) if "/" not in found[1] and found[1].split(".")[-1] in world.words]
    if not names or answer.parts[at].kind == "quote":
        return None
    found = draw.choice(names)
    head, _, last = found[1].rpartition(".")
    ending = draw.choice(_VERBS)
    made = f"{last}_{ending.lower()}" if "_" in last or last.islower() else f"{last}{ending}"
    if made in world.words:
        return None
    return text[: found.start(1)] + (f"{head}." if head else "") + made + text[found.end(1) :]


def wrong_line(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation names lines of the same file that say nothing of the kind."""
    return _moved(answer, at, world, draw, lambda path, line: (path, draw.randrange(1, len(world.lines[path]))))


def stale_line(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation is off by some lines, as if made before an edit."""
    shifts = [shift for shift in range(-14, 15) if abs(shift) > 3]
    return _moved(answer, at, world, draw, lambda path, line: (path, line + draw.choice(shifts)))


def foreign_file(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation names another file."""
    paths = [path for path in world.sources() if len(world.lines[path]) > 40]
    return _moved(answer, at, world, draw, lambda path, line: (draw.choice(paths), line), other=True)


def reversed_relation(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Subject and object change places."""
    part = answer.parts[at]
    if part.kind not in _RELATIONS:
        return None
    fact = part.fact
    if mentions(world.body(fact["b"], fact["b_path"]), fact["a"]) and part.kind == "calls":
        return None
    return part.altered(a=fact["b"], b=fact["a"]).text


def swapped_subject(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Another symbol of the repository stands for the subject."""
    part = answer.parts[at]
    if part.kind not in (*_RELATIONS, "default", "raises", "reads"):
        return None
    fact = part.fact
    value = str(fact.get("b") or fact.get("param") or fact.get("value"))
    same = world.by_name.get(fact["a"].split(".")[-1], [])
    wanted = {one.kind for one in same}
    others = [one for one in world.definitions if one.kind in wanted and len(one.name) > 3 and one.shown != fact["a"]]
    for _ in range(20):
        other = draw.choice(others) if others else None
        if other and not mentions(world.body(other.shown), value) and other.name != fact["a"].split(".")[-1]:
            return part.altered(a=other.shown).text
    return None


def sibling_method(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The object is a neighbour of the right one, of the same class or file."""
    part = answer.parts[at]
    if part.kind not in ("calls", "overrides"):
        return None
    fact = part.fact
    owner, _, name = fact["b"].rpartition(".")
    near = [
        one
        for one in world.by_owner.get(owner, [])
        if one.path == fact["b_path"] and one.kind != "class" and one.name != name and len(one.name) > 3
    ]
    body = world.body(fact["a"], fact["a_path"])
    near = [one for one in near if not mentions(body, one.name) and one.shown != fact["a"]]
    return part.altered(b=draw.choice(near).shown).text if near else None


def wrong_class(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A method is said to belong to a class that does not have it."""
    part = answer.parts[at]
    classes = [one for one in world.definitions if one.kind == "class" and len(one.name) > 4]
    if part.kind == "method":
        key, name, owner = "b", part.fact["a"], part.fact["b"]
    elif part.kind in ("calls", "raises", "returns", "default") and "." in part.fact["a"]:
        key = "a"
        owner, _, name = part.fact["a"].rpartition(".")
    else:
        return None
    classes = [
        one for one in classes if one.name != owner and not one.base and not mentions(world.body(one.name), name)
    ]
    if not classes:
        return None
    other = draw.choice(classes).name
    return part.altered(**{key: other if key == "b" else f"{other}.{name}"}).text


def wrong_number(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A number, a default or a version is another one."""
    part = answer.parts[at]
    if part.kind == "default" or (part.kind == "constant"):
        value = part.fact["value"]
        return part.altered(value=_other_value(value, draw)).text
    if part.kind == "written":
        plain = MARK.sub(lambda found: " " * len(found[0]), part.wording)
        numbers = list(_NUMBER.finditer(plain))
        if numbers:
            found = draw.choice(numbers)
            text = answer.texts[at]
            return text[: found.start()] + str(_other_value(found[1], draw)) + text[found.end() :]
    return None


def wrong_count(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """So many callers are said to exist, more or fewer than there are."""
    part = answer.parts[at]
    if part.kind != "callers" or not re.search(r"\{[vV]alue\}", part.wording):
        return None
    return part.altered(value=part.fact["value"] + draw.choice((-1, 1, 2))).text


def negated_claim(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What is so is said not to be so."""
    text = answer.texts[at]
    if answer.parts[at].kind in ("written", "quote", "callers"):
        return None
    for pattern, instead in _NOT:
        if found := re.search(pattern, text):
            return text[: found.start()] + instead + text[found.end() :]
    return None


def altered_quote(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """One word of the quoted lines is another one."""
    part = answer.parts[at]
    if part.kind != "quote":
        return None
    rows = list(part.fact["text"])
    words = [(n, found) for n, row in enumerate(rows) for found in re.finditer(r"[A-Za-z_]\w{3,}", row)]
    if not words:
        return None
    n, found = draw.choice(words)
    rows[n] = (
        rows[n][: found.start()] + draw.choice(("result", "buffer", "options", "handler")) + rows[n][found.end() :]
    )
    return None if rows == part.fact["text"] else part.altered(text=rows).text


def _other_value(value: str, draw: random.Random) -> str:
    flips = {"True": "False", "False": "True", "true": "false", "false": "true"}
    if value in flips:
        return flips[value]
    if re.fullmatch(r"\d+", value):
        return str(draw.choice((int(value) + 1, int(value) * 10 + 5, int(value) + 7)))
    if re.fullmatch(r"\d+\.\d+", value):
        return str(float(value) + 1.5)
    return value[0] + draw.choice(("other", "plain", "extended")) + value[-1]


def _moved(
    answer: Answer,
    at: int,
    world: World,
    draw: random.Random,
    place: Callable[[str, int], tuple[str, int]],
    *,
    other: bool = False,
) -> str | None:
    """Return the part with one citation moved to lines on which none of its names is written."""
    part, text = answer.parts[at], answer.texts[at]
    marks = list(MARK.finditer(text))
    if not marks or part.kind not in (*_PLACED, "callers", "chain", "quote", "defined"):
        return None
    found = draw.choice(marks)
    path, first, last = found[1], int(found[2]), int(found[3] or found[2])
    if path not in world.lines:
        return None
    names = _said(part, text)
    for _ in range(40):
        to, line = place(path, first)
        end = line + last - first
        if (other and to == path) or line < 1 or end > len(world.lines.get(to, [])) or (to == path and line == first):
            continue
        if not any(world.says(to, line, end, name) for name in names):
            return text[: found.start()] + mark(to, line, end) + text[found.end() :]
    return None


def _said(part: Part, text: str) -> list[str]:
    """Return the names that lines must not mention if they are to prove nothing of this part."""
    names = [found[1] for found in re.finditer(r"`([^`]+)`", text) if re.search(r"\w", found[1])]
    values = [str(part.fact["value"])] if part.kind in ("constant", "default") else []
    return [re.sub(r"\W+$", "", name) for name in (*names, *values) if re.split(r"[.:/]+", name.strip("()"))[-1]]


FIRST_HALF: tuple[Operator, ...] = (
    invented_function,
    wrong_line,
    stale_line,
    foreign_file,
    reversed_relation,
    swapped_subject,
    sibling_method,
    wrong_class,
    wrong_number,
    wrong_count,
    negated_claim,
    altered_quote,
)
