"""However calls are edited through which arguments flow on and on, a resolution in memory gives the rows of a fresh one.

Small programs of Python and JavaScript in which functions give their parameters to each other, in circles too, return them, call them and
decorate with them: what a parameter holds depends on rounds, and on where their number ends.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.properties.test_editing import Kept

FILES = 3
FUNCTIONS = 4
"""In each file."""
PYTHON = (
    "{near}(one)",
    "{near}({far})",
    "{far}(one, two)",
    "{far}(two, key={near})",
    "{near}(*rest)",
    "{near}(*[two, {far}])",
    "{far}(lambda: one(two))",
    "{near}(Kind{number})",
    "{near}(Kind{number}())",
    "one()",
    "two.run(one)",
    "one.held = two",
    "one.held()",
    "got = {near}(two)\n    got.run()",
    "rest[0]()",
    "return one",
    "return {near}",
    "return Kind{number}()",
    "return {far}(one)",
    "pass",
)
JAVASCRIPT = (
    "{near}(one);",
    "{near}({far});",
    "{far}(one, two);",
    "{near}(...rest);",
    "{far}(() => one(two));",
    "{near}(Kind{number});",
    "{near}(new Kind{number}());",
    "one();",
    "two.run(one);",
    "const got{number} = {near}(two);\n  got{number}.run();",
    "return one;",
    "return {near};",
    "return new Kind{number}();",
    "return {far}(one);",
    ";",
)
statement = st.tuples(st.integers(0, 1_000), st.integers(0, FUNCTIONS - 1), st.integers(0, FILES * FUNCTIONS - 1))
body = st.lists(statement, min_size=1, max_size=3)
programs = st.lists(body, min_size=FILES * FUNCTIONS, max_size=FILES * FUNCTIONS)
edits = st.lists(st.tuples(st.integers(0, FILES * FUNCTIONS - 1), body), min_size=1, max_size=6)


def filled(templates: tuple[str, ...], file: int, chosen: tuple[int, int, int]) -> str:
    which, near, far = chosen
    return templates[which % len(templates)].format(
        near=f"f{file * FUNCTIONS + near}", far=f"f{far}", number=far % FILES
    )


def python(bodies: list[list[tuple[int, int, int]]], file: int) -> str:
    names = ", ".join(f"f{number}" for number in range(FILES * FUNCTIONS) if number // FUNCTIONS != file)
    kinds = ", ".join(f"Kind{other}" for other in range(FILES) if other != file)
    lines = [f"from app.all import {names}, {kinds}", f"class Kind{file}:", "  def run(self, given=None): given()"]
    for number in range(file * FUNCTIONS, (file + 1) * FUNCTIONS):
        if bodies[number][0][0] % 5 == 0:
            lines.append(f"@f{bodies[number][0][2]}")
        lines.append(f"def f{number}(one=None, two=None, *rest, **more):")
        lines += [f"    {filled(PYTHON, file, chosen)}" for chosen in bodies[number]]
    return "\n".join(lines) + "\n"


def javascript(bodies: list[list[tuple[int, int, int]]], file: int) -> str:
    lines = [
        f"import {{ {', '.join(f'f{n}' for n in range(o * FUNCTIONS, (o + 1) * FUNCTIONS))}, Kind{o} }} from './m{o}';"
        for o in range(FILES)
        if o != file
    ]
    lines.append(f"export class Kind{file} {{ run(given) {{ given(); }} }}")
    for number in range(file * FUNCTIONS, (file + 1) * FUNCTIONS):
        lines.append(f"export function f{number}(one, two, ...rest) {{")
        lines += [f"  {filled(JAVASCRIPT, file, chosen)}" for chosen in bodies[number]]
        lines.append("}")
    return "\n".join(lines) + "\n"


WRITERS = {"python": (python, "app/m{}.py"), "javascript": (javascript, "app/m{}.js")}


@pytest.mark.parametrize("language", sorted(WRITERS))
@settings(max_examples=40, deadline=None)
@given(programs, edits)
@example([[(26 * (n == 1), 0, 0)] for n in range(12)], [(0, [(0, 1, 4)]), (2, [(0, 1, 0), (485, 1, 0)])])
def test_rounds_repeated_in_part_end_as_a_fresh_program_does(
    language: str, program: list[list[tuple[int, int, int]]], given_edits: list[tuple[int, list[tuple[int, int, int]]]]
) -> None:
    write, path = WRITERS[language]
    texts = {path.format(file): write(program, file) for file in range(FILES)}
    if language == "python":
        texts["app/all.py"] = "".join(f"from app.m{file} import *\n" for file in range(FILES))
    kept = Kept(texts, {})
    begun = list(program)
    for number, instead in given_edits:
        program[number] = instead
        assert kept.edit(path.format(number // FUNCTIONS), write(program, number // FUNCTIONS)) is not None
        kept.assert_as_fresh()
    for file in range(FILES):
        assert kept.edit(path.format(file), write(begun, file)) is not None
    kept.assert_as_fresh()
