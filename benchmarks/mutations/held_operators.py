"""The second half of the operators, written when the checker was done: a test on what it was not made with.

The form is that of `benchmarks.mutations.operators`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from benchmarks.mutations.answers import MARK, Answer, mark
from benchmarks.mutations.operators import Operator
from benchmarks.mutations.scanning import Definition
from benchmarks.mutations.world import World, mentions

_KINDS = {"class": "function", "function": "class", "method": "class"}
_ALWAYS = (
    " calls ",
    " invokes ",
    " delegates to ",
    " relies on ",
    " uses ",
    " raises ",
    " throws ",
    " returns ",
    " reads ",
    " hands over to ",
)
_SOFT = {
    " calls ": " avoids calling ", " invokes ": " fails to invoke ", " delegates to ": " refuses to delegate to ",
    " uses ": " makes do without ", " raises ": " stops short of raising ", " returns ": " refrains from returning ",
    " inherits from ": " no longer inherits from ", " overrides ": " leaves alone ", " reads ": " ignores ", " imports ": " does without ",
}  # fmt: skip
_VOICE = {
    " calls ": " is called by ", " invokes ": " is invoked by ", " is called by ": " calls ", " is invoked by ": " invokes ",
    " inherits from ": " is the base class of ", " extends ": " is extended by ", " is extended by ": " extends ",
    " overrides ": " is overridden by ", " is overridden by ": " overrides ", " is the base class of ": " is a subclass of ",
    " imports ": " is imported in ", " uses ": " is used by ", " derives from ": " is the base class of ",
}  # fmt: skip
_REFUSALS = (
    "I'm sorry, but I cannot answer this without access to the repository.",
    "As an AI language model, I don't have access to your code base.",
    "I do not know.",
)
_TALK = (
    "This is an important part of the system. It plays a central role and is well designed.",
    "Great question! It depends on many things. In general, the code handles this as one would expect.",
    "The implementation follows best practices and is easy to extend. Let me know if you need more.",
)


def invented_setting(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A configuration key that nobody reads is said to matter, with a citation that stands for something else."""
    part = answer.parts[at]
    key = f"{draw.choice(('worker', 'pool', 'cache', 'page'))}_{draw.choice(('max', 'idle', 'retry'))}_{draw.choice(('ratio', 'quota', 'window'))}"
    if key in world.words or part.kind in ("quote", "callers", "lead"):
        return None
    if part.kind == "reads":
        return part.altered(b=key).text
    found = MARK.search(answer.texts[at])
    return f"{answer.texts[at]} This can be changed with the setting `{key}` {found[0]}." if found else None


def overstatement(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """What happens at one place is said to happen always."""
    return _reworded(answer, at, {verb: f" always{verb}" for verb in _ALWAYS})


def only_one(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """One of several callers is said to be the only one."""
    part = answer.parts[at]
    if part.kind != "calls":
        return None
    name = part.fact["b"].split(".")[-1]
    if world.calls(name) < 4:
        return None
    place = mark(part.fact["path"], part.fact["line"])
    return f"Only `{part.fact['a']}` calls `{part.fact['b']}` {place}."


def soft_denial(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The statement is denied without `not` or `never`."""
    return _reworded(answer, at, _SOFT)


def changed_voice(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Active becomes passive, or the other way round, while the names stay where they are."""
    fact = answer.parts[at].fact
    if answer.parts[at].kind not in ("calls", "inherits", "overrides", "imports"):
        return None
    if answer.parts[at].kind == "calls" and mentions(world.body(fact["b"], fact["b_path"]), fact["a"]):
        return None
    return _reworded(answer, at, _VOICE)


def dropped_citation(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The statement stands without any citation."""
    part = answer.parts[at]
    if part.kind in ("quote", "callers", "lead", "defined"):
        return None
    bare = re.sub(
        r"\s+([.;,:])",
        r"\1",
        re.sub(r"(?:, see |, as | \bat |In |\()?\s*" + MARK.pattern + r"( shows)?,?", "", answer.texts[at]),
    )
    return bare if bare != answer.texts[at] and not MARK.search(bare) else None


def moved_to_test(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The citation names a line of a test that mentions the same function."""
    part = answer.parts[at]
    if part.kind != "calls":
        return None
    name = part.fact["b"].split(".")[-1]
    owner = part.fact["a"].split(".")[-1]
    lines = [(path, n) for path, n in world.test_lines(name) if not mentions(world.lines[path][n - 1], owner)]
    if not lines:
        return None
    return MARK.sub(mark(*draw.choice(lines)), answer.texts[at], count=1)


def wrong_error(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Another error of the repository, or of the language, is raised."""
    part = answer.parts[at]
    if part.kind != "raises":
        return None
    near = [name for name in world.by_name if re.fullmatch(r"(?:[A-Z]\w+(?:Error|Exception)|Err[A-Z]\w+)", name)]
    near += ["ValueError", "KeyError", "TypeError", "RangeError", "ErrTimeout"]
    body = world.body(part.fact["a"])
    near = [name for name in near if not mentions(body, name)]
    return part.altered(value=draw.choice(sorted(near))).text if near else None


def wrong_return(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Another value is returned."""
    part = answer.parts[at]
    if part.kind != "returns":
        return None
    body = world.body(part.fact["a"])
    values = [
        value
        for value in ("True", "False", "None", "null", "true", "nil", "42", "-7", "UV_ENOMEM", '"later"')
        if value not in body
    ]
    return part.altered(value=draw.choice(values)).text if values else None


def renamed_parameter(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The default is said to belong to a parameter that the function does not have."""
    part = answer.parts[at]
    if part.kind != "default":
        return None
    names = [
        name
        for name in ("timeout", "limit", "options", "strict", "callback", "verbose", "depth")
        if not mentions(world.body(part.fact["a"]), name)
    ]
    return part.altered(param=draw.choice(names)).text if names else None


def uncited_addition(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A further statement without proof follows a true one."""
    other = _stranger(answer, at, world, draw)
    return f"{answer.texts[at]} It also calls `{other}` when the queue is full." if other else None


def cited_addition(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A further statement follows, with the citation of the true one."""
    other, found = _stranger(answer, at, world, draw), MARK.search(answer.texts[at])
    return f"{answer.texts[at]} The result is passed on to `{other}` {found[0]}." if other and found else None


def wrong_kind(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A class is called a function, or a function a class."""
    part = answer.parts[at]
    if part.kind != "defined" or "{value}" not in part.wording:
        return None
    return part.altered(value=_KINDS[part.fact["value"]]).text


def crossed_citations(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The statement has the citation of its neighbour."""
    other = at + 1 if at + 1 < len(answer.parts) else at - 1
    if other < 0 or answer.kind not in ("multi", "written"):
        return None
    mine, theirs = MARK.search(answer.texts[at]), MARK.search(answer.texts[other])
    if not mine or not theirs or mine[0] == theirs[0]:
        return None
    path, first, last = theirs[1], int(theirs[2]), int(theirs[3] or theirs[2])
    names = [found[1] for found in re.finditer(r"`([^`]+)`", answer.texts[at])]
    if not names or any(world.says(path, first, last, name) for name in names):
        return None
    return MARK.sub(theirs[0], answer.texts[at], count=1)


def added_caller(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A function that does not call it stands among the callers, and the number goes with it."""
    part = answer.parts[at]
    if part.kind != "callers":
        return None
    name = part.fact["a"].split(".")[-1]
    other = _drawn(world, draw, lambda one: not mentions(world.body(one.shown), name))
    if other is None:
        return None
    rows = [*part.fact["rows"], [other.shown, other.path, min(other.line + 2, other.end_line)]]
    return part.altered(rows=rows, value=part.fact["value"] + 1).text


def no_callers(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A function that is called is said to have no callers."""
    part = answer.parts[at]
    if part.kind not in ("calls", "callers") or "a_line" not in part.fact:
        return None
    name = part.fact["b"] if part.kind == "calls" else part.fact["a"]
    path, line = (
        (part.fact["b_path"], part.fact["b_line"])
        if part.kind == "calls"
        else (part.fact["a_path"], part.fact["a_line"])
    )
    return f"`{name}` has no callers {mark(path, line)}."


def cut_quote(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A line is missing in the middle of what is quoted, or two lines have changed places."""
    part = answer.parts[at]
    if part.kind != "quote":
        return None
    rows = list(part.fact["text"])
    if draw.random() < 0.5:
        del rows[1]
    else:
        rows[0], rows[2] = rows[2], rows[0]
    return part.altered(text=rows).text if rows != part.fact["text"] else None


def foreign_quote(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The quoted lines are those of another place in the same file."""
    part = answer.parts[at]
    if part.kind != "quote":
        return None
    lines = world.lines[part.fact["path"]]
    for _ in range(20):
        start = draw.randrange(max(len(lines) - 6, 1))
        rows = [row.rstrip() for row in lines[start : start + 4]]
        if (
            abs(start + 1 - part.fact["line"]) > 8
            and all(row.strip() and "`" not in row for row in rows)
            and len(rows) == 4
        ):
            return part.altered(text=rows).text
    return None


def wrong_chain(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The second link of a chain leads somewhere else."""
    part = answer.parts[at]
    if part.kind != "chain":
        return None
    body = world.body(part.fact["b"])
    other = _drawn(world, draw, lambda one: not mentions(body, one.name))
    return part.altered(c=other.shown).text if other else None


def other_answer(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """A true statement about something else stands in place of the whole answer."""
    if len(answer.parts) > 1 or answer.parts[at].kind not in ("calls", "inherits", "overrides", "defined", "imports"):
        return None
    one = _drawn(world, draw, lambda one: len(world.by_name[one.name]) == 1 and one.name not in answer.question)
    if one is None:
        return None
    return f"`{one.shown}` is defined at {mark(one.path, one.line)}."


def refusal(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The answer says that it cannot be given."""
    return draw.choice(_REFUSALS) if len(answer.parts) == 1 else None


def empty_talk(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """The answer says nothing."""
    return draw.choice(_TALK) if len(answer.parts) == 1 else None


def _reworded(answer: Answer, at: int, words: dict[str, str]) -> str | None:
    text = answer.texts[at]
    if answer.parts[at].kind in ("written", "quote", "callers", "lead"):
        return None
    for before, after in words.items():
        if before in text:
            return text.replace(before, after, 1)
    return None


def _stranger(answer: Answer, at: int, world: World, draw: random.Random) -> str | None:
    """Return a real function that nothing near the part mentions."""
    fact = answer.parts[at].fact
    if answer.parts[at].kind in ("written", "quote", "callers", "lead") or answer.kind == "table":
        return None
    body = world.body(str(fact["a"])) + world.body(str(fact.get("b", "")))
    other = _drawn(world, draw, lambda one: not mentions(body, one.name))
    return other.shown if other else None


def _drawn(world: World, draw: random.Random, fits: Callable[[Definition], bool]) -> Definition | None:
    """Return a function of the repository that fits, None when chance brings up none."""
    for _ in range(40):
        one = draw.choice(world.definitions)
        if one.kind != "class" and len(one.name) > 5 and fits(one):
            return one
    return None


HELD_HALF: tuple[Operator, ...] = (
    invented_setting,
    overstatement,
    only_one,
    soft_denial,
    changed_voice,
    dropped_citation,
    moved_to_test,
    wrong_error,
    wrong_return,
    renamed_parameter,
    uncited_addition,
    cited_addition,
    wrong_kind,
    crossed_citations,
    added_caller,
    no_callers,
    cut_quote,
    foreign_quote,
    wrong_chain,
    other_answer,
    refusal,
    empty_talk,
)
