"""The order of ancestors, and that no source makes the resolver run without end."""

from __future__ import annotations

import time

import pytest

from indexers.resolution.relations import Resolution
from indexers.resolution.type_values import split_arguments
from indexers.resolution.values import INSTANCE, kind_of, payload_of
from knowledge.schema import RelationKind
from tests.unit.indexers.resolution.programs import resolution_of, symbol_named, targets

BOUND_S = 5.0
"""Far above what any of these takes (some 0.1 s), far below what an exponential one would."""


def ancestors(source: str, name: str) -> list[str]:
    resolution = resolution_of({"m.py": source})
    return [
        resolution.symbols[payload_of(value)].name if kind_of(value) == INSTANCE else f"external {value}"
        for value in resolution.evaluator.mro(symbol_named(resolution, f"m.{name}"))
    ]


@pytest.mark.parametrize(
    "source",
    [
        "class A: pass\nclass B(A): pass\nclass C(A): pass\nclass Z(B, C): pass\n",
        "class O: pass\nclass A(O): pass\nclass B(O): pass\nclass C(O): pass\nclass D(O): pass\nclass E(O): pass\n"
        "class K1(A, B, C): pass\nclass K2(D, B, E): pass\nclass K3(D, A): pass\nclass Z(K1, K2, K3): pass\n",
        "class A: pass\nclass B: pass\nclass C(A, B): pass\nclass D(B): pass\nclass Z(C, D): pass\n",
    ],
)
def test_ancestors_are_in_the_order_of_the_language_itself(source: str) -> None:
    names: dict[str, type] = {}
    exec(source, names)
    assert ancestors(source, "Z") == [one.__name__ for one in names["Z"].__mro__[:-1]]


def test_ancestors_that_have_no_order_are_still_all_there() -> None:
    source = "class A: pass\nclass B: pass\nclass X(A, B): pass\nclass Y(B, A): pass\nclass Z(X, Y): pass\n"
    found = ancestors(source, "Z")
    assert found[0] == "Z"
    assert sorted(found) == ["A", "B", "X", "Y", "Z"]


def test_a_class_that_inherits_from_itself_has_itself_once() -> None:
    assert ancestors("class A(A): pass\n", "A") == ["A"]
    source = "class A(B): pass\nclass B(C): pass\nclass C(A): pass\n"
    for name in "ABC":
        found = ancestors(source, name)
        assert found[0] == name
        assert sorted(found) == ["A", "B", "C"]


def test_modules_that_are_themselves_terminate_and_still_give_what_they_have() -> None:
    """As webpack's tests of circular dependencies have them."""
    sources = {
        "itself.js": 'module.exports = 1;\nmodule.exports = require("./itself");\n',
        "one.js": 'module.exports = require("./other");\nmodule.exports.f = function f() {};\n',
        "other.js": 'module.exports = require("./one");\n',
        "main.js": 'const itself = require("./itself");\nconst other = require("./other");\n'
        "function go() { itself.x.y(); itself.z(); other.f(); }\n",
    }
    resolution = resolution_of(sources, "javascript", "ecmascript")
    assert targets(resolution, list(resolution.relations())) == [("main.js", 3, "one.f")]


def test_cyclic_imports_aliases_and_inheritance_terminate() -> None:
    sources = {
        "a.py": "from b import *\nfrom b import f, B\nclass A(B):\n    pass\nx = y\ny = x\nx()\nA().run()\n"
        "def g(): return h()\ndef h(): return g()\ng().z()\n",
        "b.py": "from a import *\nfrom a import f, A\nclass B(A):\n    def run(self): return self.run()\nf()\nB().run()\n",
        "c.py": "import c\nc.c.c.c.d()\ndef d(): return d\nd()()()()\n",
    }
    resolution = resolution_of(sources)
    calls = targets(resolution, list(resolution.relations()))
    assert {("b.py", 6, "b.B.run"), ("b.py", 4, "b.B.run"), ("a.py", 8, "b.B.run"), ("c.py", 4, "c.d")} <= set(calls)
    assert {row[1] for row in resolution.unresolved_rows} >= {"x", "f"}


def bounded(sources: dict[str, str]) -> tuple[Resolution, list[tuple[str, int, str]]]:
    started = time.process_time()
    resolution = resolution_of(sources)
    rows = list(resolution.relations())
    assert time.process_time() - started < BOUND_S
    inherits = targets(resolution, rows, RelationKind.INHERITS)
    return resolution, [*targets(resolution, rows), *inherits]


def test_a_long_line_of_ancestors_is_bounded() -> None:
    """Upwards and downwards in the file: whichever class is asked first must not need a stack as deep as the line."""
    base = "class C0:\n    def run(self): pass\n"
    down = [f"class C{n}(C{n - 1}): pass\n" for n in range(1, 1_500)]
    for classes in (base + "".join(down), "".join(reversed(down)) + base):
        _, found = bounded({"m.py": classes + "C1499().run()\nC1().run()\n"})
        assert ("m.py", 1_502, "m.C0.run") in found
        assert ("m.py", 1_503, "m.C0.run") in found


def test_a_lattice_of_ancestors_is_not_walked_path_by_path() -> None:
    rows = [f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n" for n in range(1, 40)]
    _, found = bounded(
        {"m.py": "class A0:\n    def run(self): pass\nclass B0: pass\n" + "".join(rows) + "A39().run()\n"}
    )
    assert ("m.py", 82, "m.A0.run") in found


def test_lattices_that_bite_their_tail_are_not_walked_path_by_path() -> None:
    rows = [f"class A{n}(A{n - 1}, B{n - 1}): pass\nclass B{n}(A{n - 1}, B{n - 1}): pass\n" for n in range(1, 30)]
    bounded({"m.py": "class A0(A29): pass\nclass B0(B29): pass\n" + "".join(rows) + "A29().run()\n"})


@pytest.mark.parametrize("statement", ["from m{} import f", "from m{} import *", "from m{} import f as f"])
def test_a_long_line_of_re_exports_is_bounded(statement: str) -> None:
    sources = {f"m{n}.py": f"{statement.format(n + 1)}\nf()\n" for n in range(2_000)}
    _, found = bounded({**sources, "m2000.py": "def f(): pass\n"})
    assert ("m1999.py", 2, "m2000.f") in found


def test_long_chains_of_names_calls_and_members_are_bounded() -> None:
    aliases = "def f(): pass\nx0 = f\n" + "".join(f"x{n} = x{n - 1}\n" for n in range(1, 3_000)) + "x3()\n"
    _, found = bounded({"m.py": aliases})
    assert ("m.py", 3_002, "m.f") in found
    returns = "".join(f"def g{n}():\n    return g{n + 1}()\n" for n in range(3_000)) + "def g3000(): pass\ng0()()()\n"
    _, found = bounded({"m.py": returns})
    assert ("m.py", 2, "m.g1") in found
    bounded({"m.py": "x" + ".a" * 5_000 + "()\nx" + "()" * 2_000 + "\n"})
    nested = "".join(f"{'  ' * n}def f{n}():\n" for n in range(80)) + "  " * 80 + "f0()\n"
    _, found = bounded({"m.py": nested})
    assert found == [("m.py", 81, "m.f0")]


def test_many_definitions_of_one_name_cost_no_more_than_their_number() -> None:
    same = "".join(f"if x{n}:\n    def f(): pass\n" for n in range(1_500)) + "f()\n" * 1_500
    bounded({"m.py": same})
    bounded({f"m{n}.py": "def run(): pass\nthing.run()\nrun()\n" for n in range(500)})


def test_split_arguments_keeps_nested_brackets_together() -> None:
    assert split_arguments("A,B[C,D],E") == ["A", "B[C,D]", "E"]
    assert split_arguments("A") == ["A"]
