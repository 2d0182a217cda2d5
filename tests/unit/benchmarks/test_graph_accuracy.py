"""`make bench-graph`: from pinned archives to one table, with fake clients and a fake oracle."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from benchmarks import archives, graph_accuracy
from benchmarks.archives import Archive, FetchError
from benchmarks.callgraph.oracles.running import OracleFailed
from benchmarks.callgraph.sets import GOALS, Goal, GraphSet, oracle_named, read_sets
from benchmarks.graph_accuracy import Row, measure, row_of, table

FILES = {"pkg/app/main.py": "def f(): ...\n\ndef g():\n    f()\n    h()\n\ndef h(): ...\n", "pkg/other.py": "x = 1\n"}


def tarball(files: dict[str, str] = FILES) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def archive(ecosystem: str, content: bytes, package: str = "thing") -> Archive:
    return Archive("thing", ecosystem, package, "1.0", sha256(content).hexdigest(), "pkg/")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a program of this name in front of the PATH; it runs the given Python code with its arguments."""

    def install(name: str, code: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


@pytest.mark.skipif(sys.platform == "win32", reason="the fake clients are scripts")
def test_npm_packages_are_unpacked_and_kept(tmp_path: Path, client: Any) -> None:
    content = tarball()
    code = f"import json, pathlib; pathlib.Path('a.tgz').write_bytes({content!r}); print(json.dumps([{{'filename': 'a.tgz'}}]))"
    client("npm", code)
    folder = archives.bring(archive("npm", content), tmp_path / "sources")
    assert (folder / "app/main.py").read_text() == FILES["pkg/app/main.py"]
    client("npm", "raise SystemExit(1)")
    assert archives.bring(archive("npm", content), tmp_path / "sources") == folder


@pytest.mark.skipif(sys.platform == "win32", reason="the fake clients are scripts")
def test_maven_brings_the_sources_jar(tmp_path: Path, client: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as jar:
        jar.writestr("pkg/A.java", "class A {}")
    content = packed.getvalue()
    code = (
        f"import sys\nfolder = sys.argv[-1].partition('=')[2]\nopen(folder + '/a-sources.jar', 'wb').write({content!r})"
    )
    client("mvn", code)
    assert (archives.bring(archive("maven", content, "org:thing"), tmp_path / "sources") / "A.java").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="the fake clients are scripts")
def test_crates_come_from_cargos_cache(tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tarball()
    cache = tmp_path / "cargo/registry/cache/index"
    cache.mkdir(parents=True)
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    client("cargo", "assert 'thing = \"=1.0\"' in open('Cargo.toml').read()")
    with pytest.raises(FetchError, match="lacks 'thing'"):
        archives.bring(archive("crates", content), tmp_path / "sources")
    (cache / "thing-1.0.crate").write_bytes(content)
    assert (archives.bring(archive("crates", content), tmp_path / "sources") / "other.py").is_file()


def test_a_missing_client_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="mvn is needed for 'thing'"):
        archives.bring(archive("maven", b""), tmp_path / "sources")


class FakeOracle:
    NEEDS = "a fake compiler"
    available = True
    asked = 0

    def is_available(self) -> bool:
        return self.available

    def edges(self, root: Path) -> dict[str, Any]:
        assert sorted(path.name for path in root.rglob("*.py")) == ["main.py"]
        self.asked += 1
        return {"edges": [["app/main.py", 2, "app/main.py", 0, 3], ["app/main.py", 2, "app/main.py", 0, 4]]}


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeOracle:
    fake = FakeOracle()
    monkeypatch.setattr(graph_accuracy, "oracle_named", lambda _name: fake)
    sources = tmp_path / "unpacked"
    for name, text in FILES.items():
        file = sources / name.removeprefix("pkg/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    monkeypatch.setattr(graph_accuracy, "bring", lambda _archive, _folder: sources)
    return fake


def graph_set(**options: Any) -> GraphSet:
    return GraphSet("thing", "python", "fake", archive("pypi", b""), subtree="app", **options)


def test_a_set_is_measured_on_its_subtree_and_the_oracle_asked_once(tmp_path: Path, oracle: FakeOracle) -> None:
    for _ in range(2):
        result = measure(graph_set(), tmp_path)
        assert (result.site.wanted, result.site.precision, result.site.recall) == (2, 0.5, 0.5)
    assert oracle.asked == 1
    with pytest.raises(TypeError):
        measure(graph_set(options={"other": 1}), tmp_path)


def test_options_name_the_folders(tmp_path: Path, oracle: FakeOracle, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def edges(root: Path, **options: Any) -> dict[str, Any]:
        given.append((root, options))
        return {"edges": []}

    monkeypatch.setattr(oracle, "edges", edges)
    one = GraphSet(
        "thing", "python", "fake", archive("pypi", b""), "app", options={"a": ["-I{root}/x", "{archive}"], "b": 1}
    )
    measure(one, tmp_path)
    unpacked = tmp_path / "unpacked"
    assert given == [(unpacked / "app", {"a": [f"-I{unpacked}/app/x", str(unpacked)], "b": 1})]


def test_a_missing_compiler_is_no_failure_of_ours(tmp_path: Path, oracle: FakeOracle) -> None:
    oracle.available = False
    with pytest.raises(OracleFailed, match="needs a fake compiler"):
        measure(graph_set(), tmp_path)


def test_the_table_says_what_is_short_of_the_goal(tmp_path: Path, oracle: FakeOracle) -> None:
    result = measure(graph_set(), tmp_path)
    row = row_of("thing", result, Goal(0.4, 0.9))
    assert row.cells[-1] == "no: R 0.500, exact 0.500"
    assert row.cells[:6] == ("1", "7", "2", "0.500", "0.500", "0.500")
    lines = table([row, Row("other", reason="not run: needs rustc")]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "not run: needs rustc" in lines[-1]


def test_an_oracle_without_any_edge_meets_nothing(
    tmp_path: Path, oracle: FakeOracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oracle, "edges", lambda _root: {"edges": []})
    assert row_of("thing", measure(graph_set(), tmp_path), Goal(0.9, 0.9)).cells[-1] == "no: no edge was judged"


def test_sets_that_cannot_be_run_do_not_stop_the_others(
    tmp_path: Path, oracle: FakeOracle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    oracle.available = False
    monkeypatch.setattr(graph_accuracy, "read_sets", lambda: [graph_set()])
    figures = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["graph_accuracy", str(tmp_path / "bench"), "--json", str(figures)])
    assert graph_accuracy.main() == 0
    shown = capsys.readouterr().out
    assert shown.count("not run") == 3
    assert json.loads(figures.read_text()) == {}


def test_every_set_of_the_repository_has_a_goal_and_an_oracle() -> None:
    sets = read_sets()
    assert len({one.name for one in sets}) == len(sets) > 0
    for one in sets:
        assert one.language in GOALS
        assert len(one.archive.sha256) == 64
        assert oracle_named(one.oracle).NEEDS
