"""The order of statements in Python's facts: which version of a local a use sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts
from indexers.languages import extract


def facts(body: str, head: str = "def f(x):") -> FileFacts:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return extract("python", f"{head}\n{lines}".encode())


def called(body: str) -> list[str]:
    return [call.callee for call in facts(body).calls]


def given_to(found: FileFacts, name: str) -> set[str]:
    return {item.value for item in found.assignments if item.target == name}


def test_a_local_goes_on_under_another_name_when_it_is_given_another_value() -> None:
    assert called("x.a()\nx = b\nx.c()\nx = d\nx.e()") == ["x.a", "x~1.c", "x~2.e"]


def test_the_receiver_and_names_of_modules_and_classes_keep_their_names() -> None:
    assert [c.callee for c in facts("self = b\nself.a()", "def f(self):").calls] == ["self~1.a"]
    method = extract("python", b"class A:\n    def f(self):\n        self = b\n        self.a()\n")
    assert [c.callee for c in method.calls] == ["self.a"]
    assert [c.callee for c in extract("python", b"x = a\nx.b()\nx = c\nx.d()\n").calls] == ["x.b", "x.d"]
    assert called("global x\nx = a\nx = b\nx.c()") == ["x.c"]


def test_what_meets_is_joined_only_where_it_is_used() -> None:
    found = facts("if a:\n    x = b\nx.c()")
    assert found.calls[-1].callee == "x~2.c"
    assert given_to(found, "x~2") == {"x", "x~1"}
    unused = facts("if a:\n    x = b")
    assert {item.target for item in unused.assignments} == {"x~1"}


def test_a_branch_that_leaves_does_not_join() -> None:
    for leaving in ("return", "raise a", "continue", "break"):
        assert called(f"for y in z:\n    if a:\n        x = b\n        {leaving}\n    x.c()")[-1] == "x.c"


def test_the_head_of_a_loop_may_be_all_that_the_loop_makes() -> None:
    found = facts("while x.a():\n    x = b\n    if c:\n        continue\n    x = d\nx.e()")
    assert [c.callee for c in found.calls] == ["x.a", "x.e"]
    assert given_to(found, "x") == {"x~1", "x~2"}


def test_variables_of_a_comprehension_end_with_it() -> None:
    assert called("[x.a() for x in y]\nx.b()") == ["x~1.a", "y.__iter__", "y.__iter__().__next__", "x.b"]


def test_functions_inside_see_every_value() -> None:
    found = facts("def g():\n    x.a()\nx = b\nx = c")
    assert given_to(found, "x") == {"x~1", "x~2"}


def test_a_key_takes_the_place_of_what_was_there_while_nothing_looked() -> None:
    assert facts("d = {'a': b}\nd['a'] = c").containers[0].entries == ["'a'=c"]
    assert facts("d = {}\nd['a'] = {'b': c}\nd['a']['b'] = e").containers[1].entries == ["'b'=e"]
    looked = facts("d = {'a': b}\ng(d)\nd['a'] = c")
    assert looked.containers[0].entries == ["'a'=b"]
    assert given_to(looked, "d['a']") == {"c"}
    assert facts("d = [a, b]\nd[1] = c\nd[5] = e").containers[0].entries == ["a", "c"]


@pytest.mark.parametrize(
    ("written", "path"),
    [("x[1:]", "x[1:]"), ("x[:3]", "x[:]"), ("x[0:]", "x[:]"), ("x[-1:]", "x[?:]"), ("x[a:b]", "x[?:]"), ("x[::2]", "x[?:]"), ("x[m.KEY]", "x[KEY]"), ("x[key]", "x[]")],
)  # fmt: skip
def test_subscripts_keep_what_is_known_of_their_key(written: str, path: str) -> None:
    assert called(f"{written}.run()") == ["x.__getitem__", f"{path}.run"]


STATEMENTS = st.recursive(
    st.sampled_from(
        ["x = a()", "x.run()", "y = x", "del x", "return x", "break", "x, y = y, x", "import x", "(x := b)"]
    ),
    lambda inner: st.tuples(
        st.sampled_from(
            ["if c:", "for x in y:", "while x:", "with x as y:", "try:", "def g():", "class K:", "match x:\n case 1:"]
        ),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from(["", "else:", "except E as x:", "finally:"]),
    ).map(lambda parts: (parts[0], *parts[1], parts[2])),
    max_leaves=12,
)


def _written(statement: object, depth: int) -> list[str]:
    indent = "    " * depth
    if isinstance(statement, str):
        return [indent + statement]
    assert isinstance(statement, tuple)
    head, *body, tail = statement
    lines = [indent + line for line in str(head).split("\n")]
    lines += [line for each in body for line in _written(each, depth + len(lines))]
    return [*lines, *([indent + tail, f"{indent}    x.end()"] if tail else [])]


@settings(deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_every_version_that_is_used_is_assigned(statements: list[object]) -> None:
    """Whatever the order of statements: a version without a value would lose what the name may mean."""
    body = [line for each in statements for line in _written(each, 0)]
    found = facts("\n".join(body))
    assigned = {item.target for item in found.assignments}
    used = [call.callee for call in found.calls] + [item.value for item in found.assignments]
    for path in used:
        name = path.partition(".")[0].partition("(")[0].partition("[")[0]
        assert "~" not in name or name in assigned
