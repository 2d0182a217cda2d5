"""What keeps `none` from being said: names that code writes and no relation explains, and what foreign code may run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import RelationKind, Strategy, SymbolKind, Tier
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools import inheritance, structure
from tools.answers import StructuralAnswer

SUFFIXES = {"python": "py", "java": "java", "javascript": "js", "c": "c", "go": "go", "rust": "rs"}


def shop(line: str, *, language: str = "python", kind: SymbolKind = SymbolKind.METHOD) -> SnapshotBuilder:
    """Return a repository in which `Till.size` is defined in one file, and another has one line in a function `use`."""
    builder = SnapshotBuilder("shop")
    end = SUFFIXES[language]
    builder.file(f"till.{end}", "class Till\n    size\n", language=language)
    builder.symbol(f"till.{end}", "Till", SymbolKind.CLASS, 1, 2)
    builder.symbol(f"till.{end}", "Till.size" if kind is SymbolKind.METHOD else "size", kind, 2)
    builder.file(f"use.{end}", f"use\n{line}\n", language=language)
    builder.symbol(f"use.{end}", "use", line=1, end_line=2)
    return builder


def asked(graph: SqliteCodeGraph, builder: SnapshotBuilder, name: str = "size") -> StructuralAnswer:
    graph.replace_repository(builder.build())
    return structure.callers(graph, EVERYTHING, name)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("print(thing.size)", "python"),
        ("print(getattr(thing, 'size'))", "python"),
        ("handler = 'shop.till.size'", "python"),
        ("log(`${till.size}`)", "javascript"),
        ("till.size();", "java"),
        ("map(Till::size);", "java"),
        ("till->size(1);", "c"),
        ("f := till.size", "go"),
        ("Till::size(&till);", "rust"),
    ],
)
def test_a_name_that_is_not_resolved_makes_it_unknown(graph: SqliteCodeGraph, line: str, language: str) -> None:
    answer = asked(graph, shop(line, language=language))
    assert answer.verdict is Verdict.UNKNOWN
    assert [(place.path, place.line) for place in answer.uncovered] == [(f"use.{SUFFIXES[language]}", 2)]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("# thing.size is large", "python"),
        ('"""Says thing.size."""', "python"),
        ("print('the size', thing.sizes, size)", "python"),
        ("/* till.size() */", "javascript"),
        ("x = till.size;", "java"),
        ("// till.size", "go"),
        ('let x: &\'a str = "till.size now";', "rust"),
    ],
)
def test_what_is_no_code_or_another_name_does_not(graph: SqliteCodeGraph, line: str, language: str) -> None:
    answer = asked(graph, shop(line, language=language))
    assert (answer.verdict, answer.uncovered) == (Verdict.NONE, ())


def test_a_relation_of_the_line_says_that_another_is_meant(graph: SqliteCodeGraph) -> None:
    builder = shop("print(box.size)")
    builder.file("box.py", "class Box\n    size\n")
    builder.symbol("box.py", "Box", SymbolKind.CLASS, 1, 2)
    other = builder.symbol("box.py", "Box.size", SymbolKind.METHOD, 2)
    builder.relate("shop:use.py#use", other, line=2)
    assert asked(graph, builder, "Till.size").verdict is Verdict.NONE
    builder.relate("shop:till.py#Till.size", other, RelationKind.OVERRIDES, 2)
    answer = asked(graph, builder, "Till.size")
    assert answer.verdict is Verdict.UNKNOWN
    assert "box.Box.size" in answer.uncovered[0].reason


@pytest.mark.parametrize(
    ("external", "strategy", "verdict"),
    [
        ("store.open().size", Strategy.IMPORT, Verdict.UNKNOWN),
        ("store.Base.size", Strategy.ANNOTATION, Verdict.UNKNOWN),
        ("store.Base.size", Strategy.IMPORT, Verdict.NONE),
        ("other.Thing.size", Strategy.ANNOTATION, Verdict.NONE),
    ],
)
def test_an_object_from_where_a_base_lies_may_be_ours(
    graph: SqliteCodeGraph, external: str, strategy: Strategy, verdict: Verdict
) -> None:
    builder = shop("x.size()")
    builder.file("root.py", "class Root\n")
    root = builder.symbol("root.py", "Root", SymbolKind.CLASS, 1)
    builder.relate("shop:till.py#Till", root, RelationKind.INHERITS, 1)
    builder.relate(root, "store.Base", RelationKind.INHERITS, 1)
    builder.relate("shop:use.py#use", external, line=2, strategy=strategy)
    graph.replace_repository(builder.build())
    places = structure.callers(graph, EVERYTHING, "Till.size").uncovered
    assert any(place.path == "use.py" for place in places) is (verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("base", "language", "verdict"),
    [
        ("threading.Thread", "python", Verdict.UNKNOWN),
        ("Exception", "python", Verdict.NONE),
        ("abc.ABC", "python", Verdict.NONE),
        ("java.io.Closeable", "java", Verdict.NONE),
        ("java.lang.Thread", "java", Verdict.UNKNOWN),
        ("sync.Mutex", "go", Verdict.NONE),
    ],
)
def test_a_base_outside_may_call_what_its_heir_defines(
    graph: SqliteCodeGraph, base: str, language: str, verdict: Verdict
) -> None:
    builder = shop("nothing", language=language)
    end = SUFFIXES[language]
    builder.relate(f"shop:till.{end}#Till", base, RelationKind.INHERITS, 1)
    answer = asked(graph, builder)
    assert answer.verdict is verdict
    assert all(base in place.reason for place in answer.uncovered)


@pytest.mark.parametrize(
    ("decorator", "verdict"), [("@app.task", Verdict.UNKNOWN), ("@property", Verdict.NONE), ("", Verdict.NONE)]
)
def test_a_decorator_may_call_what_it_is_given(graph: SqliteCodeGraph, decorator: str, verdict: Verdict) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("till.py", f"{decorator}\ndef size(): ...\n")
    builder.symbol("till.py", "size", line=2, start_line=1)
    assert asked(graph, builder).verdict is verdict


def test_no_test_is_said_only_where_none_can_hide_on_the_way(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("till.py", "def _count(): ...\n\ndef total(): ...\n")
    count = builder.symbol("till.py", "_count", line=1)
    total = builder.symbol("till.py", "total", line=3)
    builder.file("tests/test_till.py", "\n\n\n", is_test=True)
    test = builder.symbol("tests/test_till.py", "test_total", line=2, is_test=True)
    builder.relate(total, count, line=3)
    graph.replace_repository(builder.build())
    assert structure.tests_of(graph, EVERYTHING, "_count").verdict is Verdict.NONE
    builder.call_unresolved(test, "till.total", 2)
    graph.replace_repository(builder.build())
    answer = structure.tests_of(graph, EVERYTHING, "_count")
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.uncovered[0].path == "tests/test_till.py"


def test_what_foreign_code_returned_may_be_called_by_a_name_of_ours(graph: SqliteCodeGraph) -> None:
    builder = shop("open().size()")
    builder.relate("shop:use.py#use", "store.open().size", line=2)
    graph.replace_repository(builder.build())
    assert structure.callees(graph, EVERYTHING, "use").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("base", "verdict"),
    [("Till", Verdict.UNKNOWN), ("till_class", Verdict.UNKNOWN), ("make()", Verdict.UNKNOWN), ("Other", Verdict.NONE)],
)
def test_a_base_that_is_not_resolved_may_be_the_class(graph: SqliteCodeGraph, base: str, verdict: Verdict) -> None:
    builder = shop("nothing")
    heir = builder.symbol("use.py", "Heir", SymbolKind.CLASS, 2)
    builder.relate(heir, base, RelationKind.INHERITS, 2, tier=Tier.EXTERNAL, strategy=Strategy.NAME)
    graph.replace_repository(builder.build())
    assert inheritance.subclasses(graph, EVERYTHING, "Till").verdict is verdict
    above = inheritance.superclasses(graph, EVERYTHING, "Heir")
    assert (above.verdict, above.uncovered[0].reason) == (Verdict.UNKNOWN, f"{base} could not be resolved")


def test_a_type_of_go_answers_for_the_foreign_interface_that_one_of_ours_holds(graph: SqliteCodeGraph) -> None:
    builder = shop("x.size()", language="go")
    method = builder.symbols[-3]
    assert method.local_name == "Till.size"
    builder.symbols[-3] = replace(method, parent_id="shop:till.go#")
    sized = builder.symbol("use.go", "Sized", SymbolKind.INTERFACE, 1)
    builder.relate("shop:till.go#Till", sized, RelationKind.IMPLEMENTS, 1)
    builder.relate(sized, "net.http.Sizer", RelationKind.INHERITS, 1)
    builder.relate("shop:use.go#use", "net.http.Sizer.size", line=2, strategy=Strategy.ANNOTATION)
    answer = asked(graph, builder, "Till.size")
    assert (answer.verdict, [place.line for place in answer.uncovered]) == (Verdict.UNKNOWN, [2])


@pytest.mark.parametrize(("methods", "verdict"), [(1, Verdict.UNKNOWN), (2, Verdict.NONE), (0, Verdict.NONE)])
def test_a_lambda_may_implement_an_interface_of_one_method(
    graph: SqliteCodeGraph, methods: int, verdict: Verdict
) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("Prices.java", "interface Price\n", language="java")
    builder.symbol("Prices.java", "Price", SymbolKind.INTERFACE, 1, 9)
    builder.symbol("Prices.java", "Price.other", SymbolKind.METHOD, 8, signature="default int other()")
    for number in range(methods):
        builder.symbol("Prices.java", f"Price.of{number}", SymbolKind.METHOD, 2 + number, signature="int of()")
    graph.replace_repository(builder.build())
    assert inheritance.subclasses(graph, EVERYTHING, "Price").verdict is verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("return size", Verdict.UNKNOWN),
        ("sorted(rows, key=size)", Verdict.UNKNOWN),
        ("make(size=1)", Verdict.NONE),
        ("{size: 1}", Verdict.NONE),
    ],
)
def test_a_function_may_be_handed_on_in_its_own_file(graph: SqliteCodeGraph, line: str, verdict: Verdict) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("till.py", f"def size(): ...\n{line}\n")
    builder.symbol("till.py", "size", line=1)
    assert asked(graph, builder).verdict is verdict


@pytest.mark.parametrize(("name", "verdict"), [("__exit__", Verdict.UNKNOWN), ("_exit", Verdict.NONE)])
def test_what_the_language_calls_by_itself_is_never_sure_to_be_unused(
    graph: SqliteCodeGraph, name: str, verdict: Verdict
) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("till.py", "class Till\n")
    builder.symbol("till.py", "Till", SymbolKind.CLASS, 1, 2)
    builder.symbol("till.py", f"Till.{name}", SymbolKind.METHOD, 2)
    assert asked(graph, builder, f"Till.{name}").verdict is verdict


def test_an_attribute_of_a_base_may_be_a_method_of_its_heir(graph: SqliteCodeGraph) -> None:
    builder = shop("print(thing.size)")
    builder.file("base.py", "class Base\n    size\n")
    base = builder.symbol("base.py", "Base", SymbolKind.CLASS, 1, 2)
    size = builder.symbol("base.py", "Base.size", SymbolKind.VARIABLE, 2)
    builder.relate("shop:use.py#use", size, RelationKind.READS, 2)
    assert asked(graph, builder, "Till.size").verdict is Verdict.NONE
    builder.relate("shop:till.py#Till", base, RelationKind.INHERITS, 1)
    assert asked(graph, builder, "Till.size").verdict is Verdict.UNKNOWN


def test_a_name_that_is_imported_beside_another_of_that_name_may_be_either(graph: SqliteCodeGraph) -> None:
    builder = shop("size()", kind=SymbolKind.FUNCTION)
    other = builder.symbol("use.py", "other.size", line=1)
    builder.relate("shop:use.py#use", other, line=2)
    builder.relate("shop:use.py#", "shop:till.py#size", RelationKind.REFERENCES, 1)
    builder.relate("shop:use.py#", "shop:till.py#", RelationKind.IMPORTS, 1)
    answer = asked(graph, builder, "till.size")
    assert (answer.verdict, [place.line for place in answer.uncovered]) == (Verdict.UNKNOWN, [2])
