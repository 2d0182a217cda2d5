"""Facts of Python source: what is defined, imported, called, assigned, referred to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import FileFacts, Flag, decode_facts, encode_facts
from indexers.languages import extract
from indexers.naming import local_names


def facts(source: str) -> FileFacts:
    return extract("python", source.encode())


def calls(source: str) -> list[tuple[str, int, int]]:
    return [(call.callee, call.line, call.argument_count) for call in facts(source).calls]


def assignments(source: str) -> list[tuple[str, str, str]]:
    return [(item.target, item.value, item.type) for item in facts(source).assignments]


def test_definitions_carry_names_spans_signatures_and_docstrings() -> None:
    found = facts('@app.task(bind=True)\nasync def run(self, n: int = 1) -> "Result | None":\n    """Run it."""\n')
    (run,) = found.definitions
    assert (run.name, run.kind, run.line, run.column, run.start_line, run.end_line) == ("run", "function", 2, 11, 1, 3)
    assert run.signature == 'async def run(self, n: int = 1) -> "Result | None"'
    assert run.docstring == "Run it."
    assert run.type == "Result"
    assert run.decorators == ["app.task()"]
    assert run.flags & Flag.ASYNC
    assert [(p.name, p.type, p.flags) for p in run.parameters] == [("self", "", 0), ("n", "int", Flag.DEFAULT)]


def test_nested_names_are_dotted_and_repeats_numbered() -> None:
    source = "class A:\n    class B:\n        def f(self):\n            def g(): pass\n    def f(self): pass\n    def f(self, x): pass\n"
    assert local_names(facts(source)) == ["A", "A.B", "A.B.f", "A.B.f.g", "A.f", "A.f~2"]


def test_properties_overloads_and_static_methods_are_marked() -> None:
    source = (
        "class A:\n    @property\n    def p(self): ...\n    @p.setter\n    def p(self, v): ...\n"
        "    @overload\n    def o(self): ...\n    @staticmethod\n    def s(): ...\n    @classmethod\n    def c(cls): ...\n"
    )
    flags = {(d.name, d.line): d.flags for d in facts(source).definitions if d.kind == "method"}
    assert flags["p", 3] == Flag.PROPERTY
    assert flags["p", 5] & Flag.DECLARATION
    assert flags["o", 7] == Flag.DECLARATION
    assert flags["s", 9] == Flag.STATIC
    assert flags["c", 11] == Flag.CLASS_METHOD


def test_imports_bind_what_the_language_binds() -> None:
    found = facts("import a.b, c.d as e\nfrom .x import y as z, w\nfrom q import *\nif t:\n    import k\n")
    assert [(i.module, i.name, i.alias, i.flags) for i in found.imports] == [
        ("a", "", "a", 0),
        ("a.b", "", "", 0),
        ("c.d", "", "e", 0),
        (".x", "y", "z", 0),
        (".x", "w", "w", 0),
        ("q", "*", "*", 0),
        ("k", "", "k", Flag.CONDITIONAL),
    ]


def test_calls_keep_their_chain_and_the_place_of_the_last_name() -> None:
    found = facts("x = get_app().conf[0].run(\n  1, *a, k=2)\n")
    assert [(c.callee, c.line, c.column, c.argument_count) for c in found.calls] == [
        ("get_app", 1, 5, 0),
        ("get_app().conf.__getitem__", 1, 19, 1),
        ("get_app().conf[0].run", 1, 23, 3),
    ]


def test_calls_inside_strings_lambdas_comprehensions_and_conditions_are_seen() -> None:
    source = 'f"{a()}"\nlambda: b()\n[c() for _ in d() if e()]\ng() if h() else i()\nassert j(), k()\ndel l()[0]\nawait_ = (yield m())\n'
    assert sorted(name for name, _, _ in calls(source) if "." not in name) == sorted("abcdeghijklm")


def test_assignments_follow_every_way_to_bind() -> None:
    source = (
        "a: int = 1\nb = c = f()\nd, (e, *g) = h()\nfor i in j(): pass\nwith k() as m, n: pass\n"
        "if (o := p()): pass\nq = r() if s else t()\nself.u = v or w\n[x for x in y]\n"
    )
    assert set(assignments(source)) >= {
        ("a", "#num", "int"),
        ("c", "f()", ""),
        ("b", "f()", ""),
        ("d", "h()[0]", ""),
        ("e", "h()[1][0]", ""),
        ("g", "h()[1][1:]", ""),
        ("i", "j()[*]", ""),
        ("m", "k().__enter__()", ""),
        ("o", "p()", ""),
        ("q", "r()", ""),
        ("q", "t()", ""),
        ("self.u", "v", ""),
        ("self.u", "w", ""),
        ("x", "y[*]", ""),
    }


def test_references_are_names_handed_on() -> None:
    found = facts("run(task, key=app.handler)\ntable = {'a': fn, 'b': [other]}\n@mark\ndef f(): pass\n")
    assert {r.path for r in found.references} == {"task", "app.handler", "fn", "other", "mark"}


def test_broken_source_is_an_issue_and_the_rest_stays() -> None:
    found = facts("def good(): pass\n\ndef bad(:\n    x = \n\nclass Fine:\n    def m(self): return good()\n")
    assert {"good", "Fine", "m"} <= {d.name for d in found.definitions}
    assert any(issue.reason == "syntax" for issue in found.issues)


def test_deep_nesting_is_survived() -> None:
    found = facts("x = " + "(" * 5_000 + "f()" + ")" * 5_000 + "\ng()\n")
    assert "g" in {call.callee for call in found.calls}
    chained = facts("x = a" + ".b()" * 5_000 + "\ng()\n")
    assert "g" in {call.callee for call in chained.calls}


def test_crlf_and_unicode_names_keep_their_places() -> None:
    found = facts("# ü\r\nклас = вызов()\r\n")
    assert found.calls[0].callee == "вызов"
    assert (found.calls[0].line, found.calls[0].column) == (2, len("клас = ".encode()) + 1)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_facts_that_survive_encoding(source: bytes) -> None:
    found = extract("python", source)
    assert decode_facts(encode_facts(found)) == found


_SEED = b"import os\nclass A(B):\n    def f(self, x: int = 3):\n        return self.g(x)[0].h(lambda y: y)\n"


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(_SEED) - 1), st.integers(0, 12), st.binary(max_size=6))
def test_mutated_source_never_raises(position: int, removed: int, added: bytes) -> None:
    extract("python", _SEED[:position] + added + _SEED[position + removed :])
