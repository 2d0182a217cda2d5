"""Questions about packages of a repository by the names that their manifests give them, for each kind of workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant
from indexers.projects import projects_named
from knowledge.scope import EVERYTHING, Scope
from tests.bookshop import open_services
from tests.unit.indexers.bench import write

FILES = {
    "package.json": '{"name": "root", "private": true, "workspaces": ["js/*"]}\n',
    "js/server/package.json": '{\n  "name": "@shop/server",\n  "dependencies": {"express": "5"}\n}\n',
    "js/server/src/index.ts": "export function start(): void {}\n",
    "js/client/package.json": '{\n  "name": "@shop/client",\n  "dependencies": {\n    "@shop/server": "workspace:*"\n  }\n}\n',
    "js/client/src/index.ts": "import { start } from '../../server/src/index';\nstart();\n",
    "rs/Cargo.toml": '[workspace]\nmembers = ["core", "tool"]\n',
    "rs/core/Cargo.toml": '[package]\nname = "stock-core"\nversion = "1.0.0"\n',
    "rs/core/src/lib.rs": "pub fn count() -> u32 { 1 }\n",
    "rs/tool/Cargo.toml": '[package]\nname = "stock-tool"\nversion = "1.0.0"\n\n[dependencies]\nstock-core = { path = "../core" }\n',
    "rs/tool/src/main.rs": "use stock_core::count;\n\nfn main() {\n    count();\n}\n",
    "go/go.work": "go 1.22\n\nuse (\n\t./base\n\t./app\n)\n",
    "go/base/go.mod": "module example.org/shop/base\n\ngo 1.22\n",
    "go/base/money/money.go": "package money\n\nfunc Cents() int { return 1 }\n",
    "go/app/go.mod": "module example.org/shop/app\n\ngo 1.22\n\nrequire example.org/shop/base v0.0.0\n",
    "go/app/main.go": 'package main\n\nimport "example.org/shop/base/money"\n\nfunc main() { money.Cents() }\n',
    "jv/core/pom.xml": "<project><groupId>com.shop</groupId><artifactId>ledger-core</artifactId><version>1</version></project>\n",
    "jv/core/src/main/java/com/shop/core/Ledger.java": "package com.shop.core;\n\npublic class Ledger {}\n",
    "jv/web/pom.xml": "<project><groupId>com.shop</groupId><artifactId>ledger-web</artifactId><dependencies>\n"
    "<dependency><groupId>com.shop</groupId>\n<artifactId>ledger-core</artifactId></dependency></dependencies></project>\n",
    "jv/web/src/main/java/com/shop/web/Page.java": "package com.shop.web;\n\nimport com.shop.core.Ledger;\n\nclass Page {}\n",
    "py/core/pyproject.toml": '[project]\nname = "parcel-core"\n',
    "py/core/parcel_core/__init__.py": "def weigh() -> int:\n    return 1\n",
    "py/api/pyproject.toml": '[project]\nname = "parcel-api"\ndependencies = ["Parcel_Core>=1", "click"]\n',
    "py/api/parcel_api.py": "from parcel_core import weigh\n\nweigh()\n",
}


@pytest.fixture(scope="module")
def monorepo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    root = write(tmp_path_factory.mktemp("all") / "bookshop", FILES)
    services = open_services(tmp_path_factory.mktemp("store"), root)
    yield services
    services.graph.close()


def ask(services: Services, question: str) -> Answer:
    found = asyncio.run(answer(compile_assistant(services), question, Context(model="extractive")))
    assert {claim["status"] for claim in found.claims} <= {"verified"}
    return found


@pytest.mark.parametrize(
    ("question", "declared", "imported"),
    [
        ("Which packages depend on @shop/server?", "js/client/package.json:4", "js/client/src/index.ts:1"),
        ("Who imports `@shop/server`?", "js/client/package.json:4", "js/client/src/index.ts:1"),
        ("What depends on stock-core?", "rs/tool/Cargo.toml:6", "rs/tool/src/main.rs:1"),
        ("Which packages depend on example.org/shop/base?", "go/app/go.mod:5", "go/app/main.go:3"),
        ("What depends on com.shop:ledger-core?", "jv/web/pom.xml:3", "jv/web/src/main/java/com/shop/web/Page.java:3"),
        ("What breaks if I change ledger-core?", "jv/web/pom.xml:3", "jv/web/src/main/java/com/shop/web/Page.java:3"),
        ("Which packages depend on parcel-core?", "py/api/pyproject.toml:3", "py/api/parcel_api.py:1"),
    ],
)
def test_what_depends_on_a_member_of_a_workspace(
    question: str, declared: str, imported: str, monorepo: Services
) -> None:
    found = ask(monorepo, question)
    assert found.verdict == "found"
    places = [f"{one['path']}:{one['start_line']}" for claim in found.claims for one in claim["citations"]]
    assert places == [declared, imported]


def test_what_a_member_depends_on(monorepo: Services) -> None:
    found = ask(monorepo, "What does parcel-api depend on?")
    assert "**2 dependencies** in `py/api/pyproject.toml`, 1 of them" in found.answer
    assert [claim["text"] for claim in found.claims] == ["declares `py/core/pyproject.toml`", "declares `click`"]


def test_nothing_depends_on_it(monorepo: Services) -> None:
    found = ask(monorepo, "Which packages depend on @shop/client?")
    assert found.verdict == "none"
    assert "`@shop/client`" in found.answer


def test_only_what_may_be_seen_is_a_package(monorepo: Services) -> None:
    assert [one.path for one in projects_named(monorepo.graph, EVERYTHING, "Stock_Core")] == ["rs/core/Cargo.toml"]
    assert projects_named(monorepo.graph, Scope(frozenset({"another"})), "stock-core") == []


def test_what_the_code_defines_is_used_where_it_is_used_and_all_else_where_it_is_named(monorepo: Services) -> None:
    assert "has **" in ask(monorepo, "is parcel_core.weigh used anywhere?").answer
    assert "`express`" in ask(monorepo, "does it use express?").answer
