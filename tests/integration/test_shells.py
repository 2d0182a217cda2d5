"""The completion scripts in the shells themselves. Where a shell is not installed, its test is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.processes import CLEW, clew, clew_json, environment, write_sources
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.integration

BASH = """\
source <(clew completion bash)
complete -p clew
COMP_WORDS=({words})
COMP_CWORD=$(({count} - 1))
_clew_completion clew
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index `shop`, and put a program called `clew` beside the store."""
    folder = tmp_path_factory.mktemp("shells")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    program = folder / "bin" / "clew"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(CLEW)} "$@"\n', "utf-8")
    program.chmod(0o755)
    return folder / "store"


def ran(store: Path, *command: str) -> list[str]:
    path = f"{store.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=store.parent,
        env=environment(store, PATH=path),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@needs("bash")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["clew", "calle"], {"callers", "callees"}),
        (["clew", "callers", "--d"], {"--depth", "--dispatch"}),
        (["clew", "search", "x", "--kind", "f"], {"file", "function"}),
        (["clew", "callers", "price", "--repo", "s"], {"shop"}),
        (["clew", "callers", "Order.t"], {"Order.total"}),
    ],
)
def test_bash_completes(store: Path, words: list[str], found: set[str]) -> None:
    script = BASH.format(words=" ".join(words), count=len(words))
    registered, *offered = ran(store, "bash", "--norc", "-c", script)
    assert registered.endswith("-F _clew_completion clew")
    assert set(offered) == found


@needs("fish")
@pytest.mark.parametrize(
    ("line", "found"), [("clew calle", {"callers", "callees"}), ("clew callers price --repo s", {"shop"})]
)
def test_fish_completes(store: Path, line: str, found: set[str]) -> None:
    script = f"clew completion fish | source; complete --do-complete '{line}'"
    assert {offered.split("\t")[0] for offered in ran(store, "fish", "--no-config", "-c", script)} == found


@needs("zsh")
def test_zsh_completes_what_is_typed_at_it(store: Path, tmp_path: Path) -> None:
    path = f"{store.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    zsh = Terminal(["zsh", "-f", "-i"], tmp_path, environment(store, PATH=path))
    try:
        zsh.type("PS1='%# '; autoload -U compinit; compinit -D\r")
        zsh.type('eval "$(clew completion zsh)"; print rea""dy\r')
        zsh.until("ready")
        zsh.type("clew callers pri\t")
        zsh.until("clew callers price")
        zsh.type("--repo s\t")
        zsh.until("hop")
    finally:
        zsh.process.kill()
        zsh.close()


@pytest.mark.parametrize(
    ("words", "position", "found"),
    [("clew calle", "1", {"callers", "callees"}), ("clew callers price --repo s", "4", {"shop"})],
)
def test_powershell_is_answered_in_threes(store: Path, words: str, position: str, found: set[str]) -> None:
    answer = clew(store, _CLEW_COMPLETE="powershell_complete", COMP_WORDS=words, COMP_CWORD=position)
    lines = answer.stdout.splitlines()
    assert set(lines[0::3]) == {"plain"}
    assert set(lines[1::3]) == found


@needs("pwsh")
def test_powershell_completes(store: Path) -> None:
    script = (
        "clew completion powershell | Out-String | Invoke-Expression; "
        "(TabExpansion2 -inputScript 'clew calle' -cursorColumn 10).CompletionMatches.CompletionText"
    )
    assert set(ran(store, "pwsh", "-NoProfile", "-Command", script)) == {"callers", "callees"}


@needs("man")
def test_man_shows_the_page(store: Path, tmp_path: Path) -> None:
    page = tmp_path / "clew.1"
    page.write_text(clew(store, "man").stdout, "utf-8")
    shown = "\n".join(ran(store, "man", "--warnings", "-l", str(page)))
    assert "clew callers [OPTIONS] NAME" in shown
    assert "--dispatch" in shown
