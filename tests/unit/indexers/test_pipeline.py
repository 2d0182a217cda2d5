"""One index run on real stores: what comes out of good, poisoned, secret and vanishing files, and of broken runs."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from configs.errors import InputError, NothingToIndex, RepositoryNotFound, StoreFull
from indexers.pipeline import IndexReport
from knowledge.backends import sqlite_file
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports import Progress, RepositoryChanges, RepositorySnapshot
from knowledge.schema import RelationKind, RepositoryInfo, Strategy, SymbolKind, Tier
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import SHOP, Bench, write
from tests.unit.indexers.scip.writing import document, write_index

PRICE_CALLS = {("shop.checkout.checkout", "shop.models.price"), ("shop.models.Order.total", "shop.models.price")}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as bench:
        yield bench


class Watch:
    """A progress callback that keeps what it hears and acts once when a stage is first heard of."""

    def __init__(self, stage: str = "", act: Any = None, at_done: int = 0) -> None:
        self.heard: list[tuple[str, int, int]] = []
        self._stage, self._act, self._at_done = stage, act, at_done

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.heard.append((stage, done, total))
        if stage == self._stage and done >= self._at_done and self._act is not None:
            act, self._act = self._act, None
            act()


def interrupt() -> None:
    raise KeyboardInterrupt


# What comes out


def test_a_run_fills_the_graph_and_the_search(bench: Bench) -> None:
    report = bench.index(bench.repository())
    assert (report.indexed, report.cached, report.skipped, report.issues) == (4, 0, 0, ())
    assert (report.repository.name, report.repository.generation) == ("repo", 1)
    assert report.repository.file_count == 4
    assert bench.calls() >= PRICE_CALLS
    assert [hit.chunk.path for hit in bench.search("checkout")][:1] == ["shop/checkout.py"]
    assert set(report.stages_s) == {"discover", "extract", "resolve", "terms", "store"}
    assert sum(report.stages_s.values()) <= report.wall_s


def test_the_name_comes_from_the_folder_when_none_is_given(bench: Bench) -> None:
    assert bench.index(bench.repository(), name=None).repository.name == "repo"


def test_documents_name_code(bench: Bench) -> None:
    bench.index(bench.repository())
    sections = [symbol for symbol in bench.symbols() if symbol.language == "markdown"]
    assert [(symbol.kind, symbol.name, symbol.line) for symbol in sections] == [
        (SymbolKind.DOCUMENT, "README.md", 1),
        (SymbolKind.SECTION, "Shop", 1),
        (SymbolKind.SECTION, "Prices", 3),
    ]
    assert sections[2].parent_id == sections[1].id
    named = bench.relations(RelationKind.DOCUMENTS)
    assert [(link.source.name, link.target and link.target.qualified_name, link.site.line) for link in named] == [
        ("Prices", "shop.models.price", 5),
        ("Prices", "shop.models.Order.total", 5),
    ]


def test_manifests_depend_on_what_they_declare(bench: Bench) -> None:
    root = bench.repository(
        {
            "a.py": "x = 1\n",
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["click>=8", "Shop-Core"]\n',
            "core/setup.cfg": "[metadata]\nname = shop_core\n",
            "web/package.json": "{",
            "requirements/dev.txt": "ruff\n",
        }
    )
    report = bench.index(root)
    found = {
        (link.source.path, link.target.path if link.target else link.external, link.site.line)
        for link in bench.relations(RelationKind.DEPENDS_ON)
    }
    assert found == {
        ("pyproject.toml", "click", 3),
        ("pyproject.toml", "core/setup.cfg", 3),
        ("requirements/dev.txt", "ruff", 1),
    }
    assert [(issue.path, issue.covered) for issue in report.issues] == [("web/package.json", True)]


def test_a_compilers_index_is_merged_and_kept_for_unchanged_files(bench: Bench) -> None:
    root = bench.repository({"a.py": "def f(): pass\ndef g(x):\n    x.f()\n", "b.py": "y = 1\n"})
    before = bench.index(root).repository
    assert before.unresolved_count == 1
    symbol = "t p n v `a`/f()."
    scip = write_index(root.parent / "i.scip", [document("a.py", [(0, 4, symbol, 1), (2, 6, symbol, 0)])])
    merged = bench.index(root, scip=[scip])
    assert bench.calls() == {("a.g", "a.f")}
    assert bench.graph.strategies(EVERYTHING, "repo")[Strategy.COMPILER] == 1
    assert (merged.repository.unresolved_count, merged.rewritten) == (0, 1)
    write(root, {"b.py": "y = 2\n"})
    bench.index(root)
    assert bench.calls() == {("a.g", "a.f")}
    write(root, {"a.py": "\ndef f(): pass\ndef g(x):\n    x.f()\n"})
    bench.index(root)
    assert bench.calls() == set()


def test_an_index_that_does_not_fit_leaves_the_store_as_it_was(bench: Bench) -> None:
    root = bench.repository()
    before = bench.index(root).repository
    with pytest.raises(InputError):
        bench.index(root, scip=[write_index(root.parent / "i.scip", [document("elsewhere.py", [])])])
    assert bench.graph.repositories(EVERYTHING) == [before]


def test_two_languages_in_one_repository(bench: Bench) -> None:
    go = "package main\n\nfunc helper() int { return 1 }\n\nfunc main() { helper() }\n"
    bench.index(bench.repository({**SHOP, "go.mod": "module example.org/cmd\n", "cmd/main.go": go}))
    assert bench.calls() >= PRICE_CALLS
    callers = {link.source.path: link.target.path for link in bench.relations(RelationKind.CALLS) if link.target}
    assert callers["cmd/main.go"] == "cmd/main.go"
    languages = bench.graph.repositories(EVERYTHING)[0].languages
    assert {"python", "go", "markdown"} <= set(languages)
    assert all(
        link.source.path.endswith(".go") == link.target.path.endswith(".go")
        for link in bench.relations(RelationKind.CALLS)
        if link.target
    )


def test_the_same_repository_under_two_names(bench: Bench) -> None:
    root = bench.repository()
    first = bench.index(root, name="one")
    second = bench.index(root, name="two")
    assert (first.indexed, second.indexed, second.cached) == (4, 0, 4)
    assert [info.name for info in bench.graph.repositories(EVERYTHING)] == ["one", "two"]
    inside = [(link.source.repository, link.target.repository) for link in bench.relations() if link.target]
    assert {pair for pair in inside if pair[0] != pair[1]} == set()
    assert {pair[0] for pair in inside} == {"one", "two"}
    assert {hit.chunk.repository for hit in bench.search("checkout")} == {"one", "two"}


def test_an_executor_of_the_callers_own(bench: Bench) -> None:
    root = bench.repository({**SHOP, **{f"m{n}.py": f"def f{n}(): pass\n" for n in range(200)}})
    with ThreadPoolExecutor(2) as executor:
        report = bench.index(root, executor=executor)
    assert report.indexed == 204
    assert bench.calls() >= PRICE_CALLS


def test_processes_and_one_process_give_the_same_rows(bench: Bench) -> None:
    padding = "x = [" + "1, " * 60 + "]\n"
    root = bench.repository({**SHOP, **{f"m{n}.py": f"def f{n}(): pass\n{padding * 80}" for n in range(64)}})
    bench.index(root, name="repo", jobs=2)
    rows = (bench.symbols(), bench.relations())
    with closing(Bench(bench.folder / "other")) as other:
        assert other.index(root, jobs=1).indexed == 68
        assert (other.symbols(), other.relations()) == rows


# The cache


def test_a_second_run_parses_nothing(bench: Bench) -> None:
    root = bench.repository()
    bench.index(root)
    before = (bench.symbols(), bench.relations())
    report = bench.index(root)
    assert (report.indexed, report.cached, report.repository.generation, report.rewritten) == (0, 4, 1, 0)
    assert (bench.symbols(), bench.relations()) == before
    forced = bench.index(root, force=True)
    assert (forced.indexed, forced.cached, forced.repository.generation, forced.rewritten) == (0, 4, 2, None)
    assert (bench.symbols(), bench.relations()) == before


def test_a_rename_uses_the_cache_and_moves_the_symbols(bench: Bench) -> None:
    root = bench.repository()
    bench.index(root)
    (root / "shop" / "models.py").rename(root / "shop" / "stock.py")
    write(root, {"shop/checkout.py": str(SHOP["shop/checkout.py"]).replace("models", "stock")})
    report = bench.index(root)
    assert (report.indexed, report.cached) == (1, 3)
    assert ("shop.checkout.checkout", "shop.stock.price") in bench.calls()
    assert not [symbol for symbol in bench.symbols() if "shop/models.py" in symbol.id]


def test_one_content_is_not_cached_across_languages(bench: Bench) -> None:
    text = "def f():\n    return g()\n"
    bench.index(bench.repository({"a.py": text, "b.md": text}))
    assert {symbol.language for symbol in bench.symbols()} == {"python", "markdown"}


# Poisoned files


def poisoned() -> dict[str, str | bytes]:
    return {
        "long_line.py": "x = '" + "a" * 2_000_000 + "'\n",
        "half_utf16.py": b"def f():\n    pass\n" * 20 + "def g():\n    pass\n".encode("utf-16-le") * 20,
        "nul.py": b"def f():\n\0\0\0    pass\n",
        "late_nul.py": b"def f():\n    pass\n" * 1_000 + b"\0",
        "latin.py": "# größe\n".encode("latin-1") * 50 + b"def f(): pass\n",
        "broken.py": "def f(:\n    return (\nclass\n\ndef fine():\n    return 1\n",
        "deep.py": "x = " + "[(\n" * 3_000 + ")]\n" * 3_000 + "def below(): pass\n",
        "unclosed.md": "# A\n\n```python\n" + "[" * 5_000,
        "empty.py": "",
        "blank.rst": "\n\n\n",
        "bom.py": b"\xef\xbb\xbfdef f(): pass\n",
        "crlf.py": b"def f():\r\n    pass\r\n",
    }


def test_poisoned_files_are_issues_and_never_a_stop(bench: Bench) -> None:
    report = bench.index(bench.repository({**SHOP, **poisoned()}), max_file_bytes=3_000_000)
    issues = bench.issues()
    found = {path: (issue.reason, issue.covered) for path, issue in issues.items()}
    expected = {
        "long_line.py": ("long_line", False),
        "half_utf16.py": ("encoding", False),
        "nul.py": ("binary", False),
        "late_nul.py": ("encoding", False),
        "broken.py": ("syntax", True),
    }
    assert {path: found.get(path) for path in expected} == expected
    assert set(issues).isdisjoint({"empty.py", "blank.rst", "bom.py", "crlf.py", *SHOP})
    assert not [issue for issue in issues.values() if issue.reason == "crashed"]
    assert bench.calls() >= PRICE_CALLS
    named = {(symbol.path, symbol.name) for symbol in bench.symbols()}
    assert {("broken.py", "fine"), ("bom.py", "f"), ("crlf.py", "f")} <= named
    assert report.skipped == sum(1 for issue in issues.values() if not issue.covered)
    again = bench.index(max_file_bytes=3_000_000)
    assert (again.indexed, again.issues) == (0, report.issues)


def test_a_file_over_the_limit_is_an_issue(bench: Bench) -> None:
    bench.index(bench.repository({**SHOP, "big.py": "x = 1\n" * 1_000}), max_file_bytes=5_000)
    assert bench.issues()["big.py"].reason == "too_large"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_files_that_change_between_the_look_and_the_read(bench: Bench) -> None:
    root = bench.repository(
        {**SHOP, "gone.py": "a = 1\n", "swapped.py": "b = 1\n", "grown.py": "c = 1\n", "go.mod": "module m\n"}
    )
    secret = write(bench.folder / "outside", {"secret.py": "def stolen(): pass\n"}) / "secret.py"

    def change() -> None:
        (root / "gone.py").unlink()
        (root / "go.mod").unlink()
        (root / "swapped.py").unlink()
        (root / "swapped.py").symlink_to(secret)
        (root / "grown.py").write_text("c = 1\n" * 2_000)

    bench.index(root, progress=Watch("extract", change), max_file_bytes=10_000)
    reasons = {path: issue.reason for path, issue in bench.issues().items()}
    assert reasons == {
        "gone.py": "unreadable",
        "go.mod": "unreadable",
        "swapped.py": "unreadable",
        "grown.py": "too_large",
    }
    assert "stolen" not in {symbol.name for symbol in bench.symbols()}


def test_a_folder_where_a_file_was_is_unreadable(bench: Bench) -> None:
    root = bench.repository({**SHOP, "thing.py": "a = 1\n"})

    def change() -> None:
        (root / "thing.py").unlink()
        (root / "thing.py").mkdir()

    bench.index(root, progress=Watch("extract", change))
    assert bench.issues()["thing.py"].reason == "unreadable"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator reads everything")
def test_a_file_that_may_not_be_read(bench: Bench) -> None:
    root = bench.repository({**SHOP, "closed.py": "a = 1\n"})
    (root / "closed.py").chmod(0)
    bench.index(root)
    assert bench.issues()["closed.py"].reason == "unreadable"


# Secrets


def test_secrets_are_in_no_file_of_the_store(bench: Bench) -> None:
    token = "gh" + "p_" + "Zx9Kq2Lm7Np4Rs8Tv1Wy3Ab6Cd5Ef0Gh2Ij4"
    password = "tr0ub4dor" + "-And-Three-Horses9"
    plain = 'TOKEN = "{}"\nPASSWORD = "{}"  # {}\n\n\ndef after(TOKEN="{}"):\n    return "{}".strip()\n'
    code = plain.format(token, password, token, token, token)
    files: dict[str, str | bytes] = {
        "app.py": code,
        "docs.md": f"# Setup {token}\n\nUse `{token}` and:\n\n    export PASSWORD={password}\n",
        "notes.rst": f"Notes\n=====\n\nThe token is ``{token}``.\n",
        "package.json": f'{{"name": "x", "config": {{"token": "{token}", "password": "{password}"}}}}\n',
        "pyproject.toml": f'[tool.upload]\npassword = "{password}"\ntoken = "{token}"\n',
        "main.go": f'package main\n\nconst token = "{token}"\n\nfunc after() {{}}\n',
    }
    report = bench.index(bench.repository(files))
    assert report.redactions >= 10
    leaks = [
        path.name
        for path in bench.store.rglob("*")
        if path.is_file()
        for secret in (token, password)
        if secret.encode() in path.read_bytes()
    ]
    assert leaks == []
    with closing(sqlite3.connect(bench.store / "facts.db")) as connection:
        payloads = b"".join(row[0] for row in connection.execute("SELECT payload FROM facts"))
    assert token.encode() not in payloads
    for path in files:
        text = bench.graph.read_text(EVERYTHING, "repo", path)
        assert text is not None
        assert token.encode() not in text
        assert password.encode() not in text
        assert len(text) == len(bench.folder.joinpath("repo", path).read_bytes())
    after = {symbol.path: (symbol.line, symbol.column) for symbol in bench.symbols() if symbol.name == "after"}
    assert after == {"app.py": (5, 5), "main.go": (5, 6)}
    shown = [text for symbol in bench.symbols() for text in (symbol.name, symbol.signature, symbol.docstring)]
    assert not [text for text in shown if token in text or password in text]
    assert bench.search(token) == []


def test_the_write_ahead_log_and_the_compressed_texts_hold_no_secret(bench: Bench) -> None:
    token = "gh" + "p_" + "Zx9Kq2Lm7Np4Rs8Tv1Wy3Ab6Cd5Ef0Gh2Ij4"
    bench.index(bench.repository({"app.py": "OLD = 1\n"}))
    write(bench.folder / "repo", {"app.py": f'TOKEN = "{token}"\n'})
    reader = bench.graph.iter_symbols(EVERYTHING)
    next(reader)  # who reads keeps the log from being folded back, so that there is one to look at
    bench.index()
    logs = [path.read_bytes() for path in bench.store.glob("*-wal")]
    assert any(logs)
    assert not [log for log in logs if token.encode() in log]
    del reader
    with closing(sqlite3.connect(bench.store / "graph.db")) as connection:
        texts = [zlib.decompress(row[0]) for row in connection.execute("SELECT text FROM texts")]
    assert texts == [b'TOKEN = "' + b"*" * len(token) + b'"\n']


# Progress


def test_progress_only_grows_and_knows_the_total(bench: Bench) -> None:
    root = bench.repository({**SHOP, **{f"m{n}.py": f"def f{n}(): pass\n" for n in range(150)}})
    for run in ("fresh", "cached"):
        watch = Watch()
        bench.index(root, progress=watch, force=True)
        stages = list(dict.fromkeys(stage for stage, _, _ in watch.heard))
        assert stages[:3] == ["discover", "extract", "resolve"], run
        for stage in stages:
            done = [done for name, done, _ in watch.heard if name == stage]
            assert done == sorted(done), stage
        assert all(done <= total for _, done, total in watch.heard if total)
        assert [total for name, _, total in watch.heard if name == "extract" and total][-1] == 154
        assert max(done for name, done, _ in watch.heard if name == "extract") == 154, run


# Nothing to do


@pytest.mark.parametrize(
    "files", [{}, {"picture.png": b"\x89PNG\0"}, {"a.py": b"\0" * 100}, {".gitignore": "*\n", "b.py": ""}]
)
def test_nothing_to_index_changes_nothing(bench: Bench, files: dict[str, str | bytes]) -> None:
    bench.index(bench.repository(name="old"), name="repo")
    with pytest.raises(NothingToIndex) as error:
        bench.index(bench.repository(files, name="new"))
    assert error.value.next_step
    assert bench.calls() >= PRICE_CALLS


def test_a_repository_must_be_a_folder(bench: Bench) -> None:
    with pytest.raises(RepositoryNotFound, match="does not exist"):
        bench.index(bench.folder / "nowhere")
    file = write(bench.folder, {"file.py": "x = 1\n"}) / "file.py"
    with pytest.raises(RepositoryNotFound, match="not a folder"):
        bench.index(file)


# Runs that fail


class FullGraph(SqliteCodeGraph):
    """A code graph whose disk is full in the middle of the rows."""

    def replace_repository(self, snapshot: RepositorySnapshot, progress: Progress | None = None) -> RepositoryInfo:
        rows = iter(snapshot.relations)

        def cut() -> Iterator[Any]:
            yield next(rows)
            raise StoreFull("no space is left")

        snapshot.relations = cut()
        return super().replace_repository(snapshot, progress)

    def update_repository(self, changes: RepositoryChanges, progress: Progress | None = None) -> RepositoryInfo:
        rows = iter(changes.relations)

        def cut() -> Iterator[Any]:
            yield next(rows)
            raise StoreFull("no space is left")

        changes.relations = cut()
        return super().update_repository(changes, progress)


def assert_previous_generation(bench: Bench) -> None:
    assert [info.generation for info in bench.graph.repositories(EVERYTHING)] == [1]
    assert bench.calls() >= PRICE_CALLS
    assert [hit.chunk.path for hit in bench.search("checkout")][:1] == ["shop/checkout.py"]
    assert bench.search("newcomer") == []


def grown(bench: Bench) -> Path:
    """Return an indexed repository that changed since."""
    root = bench.repository()
    bench.index(root)
    return write(root, {f"new_{n}.py": f"def newcomer_{n}():\n    return newcomer_{n}()\n" for n in range(70)})


def assert_next_run_succeeds(bench: Bench) -> IndexReport:
    report = bench.index()
    assert report.repository.generation == 2
    assert [hit.chunk.path for hit in bench.search("newcomer_7")][:1] == ["new_7.py"]
    assert [path.name for path in (bench.store / "lexical" / "repo").glob("[0-9]*")] == ["2"]
    return report


@pytest.mark.parametrize("force", [False, True])
def test_a_full_graph_keeps_the_previous_generation(bench: Bench, force: bool) -> None:
    grown(bench)
    with closing(FullGraph(bench.store / "graph.db")) as full, pytest.raises(StoreFull):
        bench.index(graph=full, force=force)
    assert_previous_generation(bench)
    assert assert_next_run_succeeds(bench).indexed == 0


def test_a_full_disk_keeps_the_previous_generation(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    grown(bench)
    connect = sqlite_file.SqliteFile._connect

    def small(self: sqlite_file.SqliteFile, mode: str) -> sqlite3.Connection:
        connection = connect(self, mode)
        if mode == "rw" and self.path.name == "graph.db":
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_file.SqliteFile, "_connect", small)
        with pytest.raises(StoreFull):
            bench.index()
    assert_previous_generation(bench)
    assert_next_run_succeeds(bench)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("stage", ["discover", "extract", "resolve", "terms", "store"])
def test_ctrl_c_keeps_the_previous_generation(bench: Bench, stage: str, force: bool) -> None:
    grown(bench)
    with pytest.raises(KeyboardInterrupt):
        bench.index(progress=Watch(stage, interrupt), force=force)
    assert_previous_generation(bench)
    assert_next_run_succeeds(bench)


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_ctrl_c_the_next_run_goes_on_where_it_stopped(bench: Bench, jobs: int) -> None:
    root = bench.repository()
    bench.index(root)
    padding = "x = [" + "1, " * 60 + "]\n"
    write(root, {f"new_{n}.py": f"def newcomer_{n}(): pass\n{padding * 60}" for n in range(100)})
    with pytest.raises(KeyboardInterrupt):
        bench.index(progress=Watch("extract", interrupt, at_done=44), jobs=jobs)
    assert_previous_generation(bench)
    report = assert_next_run_succeeds(bench)
    assert report.cached >= 44
    assert report.indexed == 104 - report.cached


def test_an_unresolved_call_is_kept_with_its_source(bench: Bench) -> None:
    bench.index(bench.repository({"a.py": "def f(x):\n    x.mystery()\n    x.other()\n"}))
    sites = bench.graph.unresolved_in(EVERYTHING, ["repo:a.py#f"])
    assert [(site.callee, site.site.line, site.site.column) for site in sites] == [
        ("x.mystery", 2, 7),
        ("x.other", 3, 7),
    ]
    assert not [link for link in bench.relations(RelationKind.CALLS) if link.tier is Tier.EXACT]
