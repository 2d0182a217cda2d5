from __future__ import annotations

import pytest

from configs.errors import UnknownRepository
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import FileIssue, SymbolKind
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen
from tools.frameworks import declared, framework_of, line_showing, package_of
from tools.overview import overview


def test_a_python_repository(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.issues = [FileIssue("kitchen/oven.py", "too_large"), FileIssue("node_modules", "vendored")]
    graph.replace_repository(builder.build())
    shown = overview(graph, EVERYTHING, "kitchen")
    assert shown.repository.name == "kitchen"
    assert shown.languages == {"python": 34}
    assert shown.frameworks == (("Flask", "kitchen/menu.py"),)
    assert [symbol.qualified_name for symbol in shown.entry_points] == ["kitchen.menu.main"]
    assert [symbol.qualified_name for symbol in shown.top_modules] == ["kitchen.stove"]


def test_manifests_come_first(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    text = 'dependencies = ["django>=5"]\n[project.scripts]\ncook = "kitchen.menu:cook"\n'
    builder.file("pyproject.toml", text, language="toml")
    graph.replace_repository(builder.build())
    shown = overview(graph, EVERYTHING, "kitchen")
    assert shown.manifests == ("pyproject.toml",)
    assert shown.frameworks == (("Django", "pyproject.toml"), ("Flask", "kitchen/menu.py"))
    assert [symbol.name for symbol in shown.entry_points] == ["cook", "main"]


def test_a_go_main_needs_package_main(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("g")
    builder.file("cmd/kv/main.go", "package main\n\nfunc main() {}\n", language="go")
    builder.file("kv/kv.go", "package kv\n\nfunc main() {}\n", language="go")
    builder.symbol("cmd/kv/main.go", "main", line=3)
    builder.symbol("kv/kv.go", "main", line=3)
    graph.replace_repository(builder.build())
    shown = overview(graph, EVERYTHING, "g")
    assert [symbol.path for symbol in shown.entry_points] == ["cmd/kv/main.go"]
    assert [symbol.kind for symbol in shown.top_modules] == [SymbolKind.MODULE] * 2


def test_other_repositories_do_not_leak_in(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    empty = SnapshotBuilder("empty")
    empty.file("a.py", "x = 1\n")
    graph.replace_repository(empty.build())
    shown = overview(graph, EVERYTHING, "empty")
    assert (shown.frameworks, shown.entry_points) == ((), ())
    with pytest.raises(UnknownRepository):
        overview(graph, Scope(frozenset({"empty"})), "kitchen")


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("flask", "Flask"),
        ("django.db.models", "Django"),
        ("github.com/gin-gonic/gin", "Gin"),
        ("github.com.gin-gonic.gin.render", "Gin"),
        ("@angular/core", "Angular"),
        ("org.springframework.boot", "Spring"),
        ("flasky", None),
        ("os.path", None),
    ],
)
def test_frameworks_by_package(package: str, name: str | None) -> None:
    assert framework_of(package) == name


def test_a_manifests_prose_declares_nothing() -> None:
    assert list(declared('description = "like django"\n# flask\ndependencies = ["celery[redis]>=5"]')) == [
        "Celery",
        "Redis client",
    ]


def test_a_licence_in_a_manifest_of_dotted_packages_declares_nothing() -> None:
    text = "<!-- either\n express or implied -->\n<name>express react</name>\n<groupId>org.junit</groupId>"
    assert list(declared(text, "core/pom.xml")) == ["JUnit"]
    assert list(declared('"express": "^4"', "package.json")) == ["Express"]


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("com.google.common.collect.Lists", "com.google.common"),
        ("org.junit.Test", "org.junit"),
        ("junit.framework.TestCase", "junit"),
        ("os.path", "os"),
        ("io.StringIO", "io"),
        ("golang.org/x/sync/errgroup", "golang.org/x/sync"),
        ("serde::de::Error", "serde"),
    ],
)
def test_the_package_of_a_foreign_name(name: str, package: str) -> None:
    assert package_of(name) == package


def test_examples_fixtures_and_documents_are_not_the_product(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("g")
    for path in ("docs/code/main.go", "examples/a/main.go", "pkg/testdata/main.go", "cmd/kv/main.go"):
        builder.file(path, "package main\n\nfunc main() {}\n", language="go")
        builder.symbol(path, "main", line=3)
    builder.file("testdata/package.json", '{"dependencies": {"react": "1"}, "main": "a.js"}', language="json")
    builder.file("go.mod", "module g\nrequire github.com/gin-gonic/gin v1\n", language="text")
    graph.replace_repository(builder.build())
    shown = overview(graph, EVERYTHING, "g")
    assert [symbol.path for symbol in shown.entry_points] == ["cmd/kv/main.go"]
    assert (shown.frameworks, shown.manifests) == ((("Gin", "go.mod"),), ("go.mod",))


def test_package_json_names_its_programs(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("web")
    manifest = '{"bin": {"web": "bin/web.js"}, "main": "./lib/index", "scripts": {"test:unittest": "x"}}'
    builder.file("package.json", manifest, language="json")
    builder.file("bin/web.js", "run()\n", language="javascript")
    builder.file("lib/index.js", "run()\n", language="javascript")
    graph.replace_repository(builder.build())
    shown = overview(graph, EVERYTHING, "web")
    assert [symbol.path for symbol in shown.entry_points] == ["bin/web.js", "lib/index.js"]
    assert shown.frameworks == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"bin": 3, "main": null}', "[" * 9_000])
def test_a_strange_package_json_declares_nothing(graph: SqliteCodeGraph, text: str) -> None:
    builder = SnapshotBuilder("web")
    builder.file("package.json", text, language="json")
    graph.replace_repository(builder.build())
    assert overview(graph, EVERYTHING, "web").entry_points == ()


def test_the_line_that_shows_a_framework() -> None:
    assert line_showing(["# deps", "redis>=5", "flask"], "Redis client") == 2
    assert line_showing(["nothing"], "Flask") == 1
