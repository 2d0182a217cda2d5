"""What a name means when declarations, examples, tests and inner names share it, and what a slip of the pen meant."""

from __future__ import annotations

from dataclasses import replace

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools.meaning import near_names, understand


def test_a_declaration_file_speaks_of_the_one_definition(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("web")
    for path in ("types.d.ts", "lib/Pack.js"):
        builder.file(path, "\n" * 9, language="typescript")
        builder.symbol(path, "Pack", SymbolKind.CLASS, 1, 9)
        builder.symbol(path, "Pack.add", SymbolKind.METHOD, 2, 3)
    graph.replace_repository(builder.build())
    meaning = understand(graph, EVERYTHING, "Pack.add")
    assert meaning.main is not None and meaning.main.path == "lib/Pack.js"
    assert [symbol.path for symbol in meaning.symbols] == ["lib/Pack.js", "types.d.ts"]
    assert meaning.candidates == ()


def test_a_declaration_of_two_definitions_decides_nothing(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("web")
    for path in ("types.d.ts", "lib/a.js", "lib/b.js"):
        builder.file(path, "\n", language="typescript")
        builder.symbol(path, "run", line=1)
    graph.replace_repository(builder.build())
    meaning = understand(graph, EVERYTHING, "run")
    assert (meaning.verdict, len(meaning.candidates)) == (Verdict.AMBIGUOUS, 3)


def test_a_name_of_the_product_comes_before_one_of_an_example_or_inside_a_function(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("shop")
    for path in ("shop/store.py", "examples/store.py", "shop/report.py"):
        builder.file(path, "\n" * 9)
    builder.symbol("shop/store.py", "Store", SymbolKind.CLASS, 1, 9)
    builder.symbol("examples/store.py", "Store", SymbolKind.CLASS, 1, 9)
    builder.symbol("shop/report.py", "rows", SymbolKind.FUNCTION, 1, 9)
    builder.symbol("shop/report.py", "rows.Store", SymbolKind.CLASS, 2, 3)
    graph.replace_repository(builder.build())
    meaning = understand(graph, EVERYTHING, "Store")
    assert meaning.main is not None and meaning.main.qualified_name == "shop.store.Store"
    assert {symbol.qualified_name for symbol in meaning.candidates} == {
        "examples.store.Store",
        "shop.report.rows.Store",
    }


def test_a_slip_of_the_pen_finds_the_name_and_not_its_test(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("shop")
    builder.file("shop/tasks.py", "\n" * 9)
    builder.file("tests/test_tasks.py", "\n" * 9, is_test=True)
    builder.symbol("shop/tasks.py", "apply_async", line=1)
    builder.symbol("tests/test_tasks.py", "apply_asyncs", line=1, is_test=True)
    builder.symbol("shop/tasks.py", "unrelated", line=2)
    graph.replace_repository(builder.build())
    assert [s.name for s in near_names(graph, EVERYTHING, "aply_async")] == ["apply_async", "apply_asyncs"]
    assert next(s.name for s in near_names(graph, EVERYTHING, "aplpy_async")) == "apply_async"
    assert near_names(graph, EVERYTHING, "zzzzqqqq") == ()


def test_a_wrong_qualifier_offers_the_likest_first(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("shop")
    for name in ("Archive", "Compilation"):
        path = f"shop/{name.lower()}.py"
        builder.file(path, "\n" * 9)
        builder.symbol(path, name, SymbolKind.CLASS, 1, 9)
        builder.symbol(path, f"{name}.seal", SymbolKind.METHOD, 2, 3)
    graph.replace_repository(builder.build())
    near = near_names(graph, EVERYTHING, "Compilaton.seal")
    assert [symbol.local_name for symbol in near] == ["Compilation.seal", "Archive.seal"]


def test_a_constructor_that_is_defined_in_another_file_is_its_class(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("r")
    builder.file("util/arena.h", "class Arena {\n  Arena();\n};\n", language="cpp")
    builder.file("util/arena.cc", "Arena::Arena() {\n}\n", language="cpp")
    cls = builder.symbol("util/arena.h", "Arena", SymbolKind.CLASS, 1, 3)
    builder.symbol("util/arena.cc", "Arena.Arena", SymbolKind.METHOD, 1, 2)
    names = {"util/arena.h": "db::Arena", "util/arena.cc": "db::Arena::Arena"}
    builder.symbols[:] = [
        replace(one, qualified_name=names[one.path]) if one.local_name else one for one in builder.symbols
    ]
    graph.replace_repository(builder.build())
    meaning = understand(graph, EVERYTHING, "Arena")
    assert (meaning.verdict, meaning.main and meaning.main.id, len(meaning.symbols)) == (Verdict.FOUND, cls, 2)


def test_a_bare_name_means_what_a_file_of_that_name_holds_and_its_path_the_file(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("web")
    for path, held in (("src/init.ts", "init"), ("src/other.ts", "helper")):
        builder.file(path, "\n" * 9, language="typescript")
        builder.symbol(path, held, SymbolKind.VARIABLE, 2, 2)
    snapshot = builder.build()
    symbols = [  # as TypeScript names its modules
        replace(one, qualified_name=one.path.removesuffix(".ts")) if one.kind is SymbolKind.MODULE else one
        for one in snapshot.symbols
    ]
    graph.replace_repository(replace(snapshot, symbols=symbols))
    meaning = understand(graph, EVERYTHING, "init")
    assert meaning.main is not None and meaning.main.kind is SymbolKind.VARIABLE
    assert [symbol.kind for symbol in meaning.candidates] == [SymbolKind.MODULE]
    for by_path in ("src/init", "other"):
        file = understand(graph, EVERYTHING, by_path)
        assert file.main is not None and file.main.kind is SymbolKind.MODULE
