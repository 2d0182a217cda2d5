"""The runners of javac, Go and rustc: what they start, and where they look for what it wrote. The compilers are scripts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.callgraph.oracles import go, java, pyrefly, rust
from benchmarks.callgraph.oracles.running import OracleFailed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake compilers are scripts")
CONTENT = {"edges": [["a", 1, "b", 2, 3]]}

Install = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a program of this name in front of the PATH; it runs the given Python code with its arguments."""

    def install(name: str, code: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(f"#!{sys.executable}\nimport json, os, sys\nfrom pathlib import Path\n{code}\n", "utf-8")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


def test_javac_gets_the_classpath_and_the_sources(tmp_path: Path, program: Install) -> None:
    check = "assert sys.argv[3:] == ['a.jar', os.getcwd()]"
    program("java", f"{check}; Path(sys.argv[2]).write_text({json.dumps(CONTENT)!r})")
    program("javac", "")
    assert java.is_available()
    assert java.edges(tmp_path, classpath="a.jar") == CONTENT
    assert java.PROGRAM.is_file()


def test_go_runs_in_the_module(tmp_path: Path, program: Install) -> None:
    module = tmp_path / "module"
    module.mkdir()
    check = f"assert os.getcwd() == {str(module)!r} and sys.argv[4] == './...'"
    program("go", f"{check}; Path(sys.argv[3]).write_text({json.dumps(CONTENT)!r})")
    assert go.is_available()
    assert go.edges(module) == CONTENT
    assert go.PROGRAM.is_file()


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    folder = tmp_path / "my-crate"
    folder.mkdir()
    (folder / "Cargo.toml").write_text('[package]\nname = "my-crate"\n', "utf-8")
    return folder


def test_rustc_builds_the_crate_as_a_dependency(crate: Path, program: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"""
manifest = Path("Cargo.toml").read_text()
assert 'my-crate = {{ path = "{crate}", features = ["extra"] }}' in manifest, manifest
assert os.environ["RUSTC_BOOTSTRAP"] == "1" and "--emit=mir" in os.environ["RUSTFLAGS"]
deps = Path(os.environ["CARGO_TARGET_DIR"]) / "debug/deps"
deps.mkdir(parents=True)
for name in ("my_crate-1", "my_crate_too-2"):
    (deps / f"{{name}}.mir").touch()
"""
    program("cargo", code)
    program("rustc", "")
    asked: list[list[str]] = []

    def verdicts(texts: list[Path]) -> dict[str, Any]:
        asked.append([text.name for text in texts])
        return CONTENT

    monkeypatch.setattr(rust, "verdicts_of_mir", verdicts)
    assert rust.is_available()
    assert rust.edges(crate, features=["extra"]) == CONTENT
    assert asked == [["my_crate-1.mir"]]


def test_a_crate_without_a_library_is_a_failure(crate: Path, program: Install) -> None:
    program("cargo", "")
    with pytest.raises(OracleFailed, match="no MIR of 'my_crate'"):
        rust.edges(crate)


def test_pyrefly_looks_for_modules_in_the_tree(tmp_path: Path, program: Install) -> None:
    code = """
text = Path(sys.argv[sys.argv.index("-c") + 1]).read_text()
assert f'search-path = ["{os.getcwd()}"]' in text and "check-unannotated-defs = true" in text, text
Path(sys.argv[sys.argv.index("--report-pysa") + 1]).mkdir()
sys.exit(1)
"""
    program("pyrefly", code)
    tree = tmp_path / "tree"
    tree.mkdir()
    pyrefly.report(tree, tmp_path / "out")
    assert pyrefly.read_report(tmp_path / "out/pysa", tree) == {}
