"""How `clew` starts and ends: what it imports, what it exits with, how it says that something failed."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from app.cli import entry
from app.cli.contract import clew
from configs.errors import PolicyError, UnknownRepository
from tests.unit.app.conftest import Indexed

HEAVY = ("pydantic", "langgraph", "chromadb", "numpy", "tree_sitter", "httpx", "rich", "yaml", "sqlite3", "fastapi")
ROOT = Path(__file__).parents[4]


def modules_after(arguments: list[str], environment: dict[str, str] | None = None) -> set[str]:
    """Run `clew` in a fresh interpreter and return what it had imported in the end."""
    script = "import sys; from app.cli import main; main(sys.argv[1:]); print('\\n' + ' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), **(environment or {})},
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["callers", "--help"], ["completion", "zsh"], ["man"]])
def test_help_and_completion_scripts_import_click_only(arguments: list[str]) -> None:
    loaded = modules_after(arguments)
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(("words", "position"), [("clew ca", "1"), ("clew callers --", "2")])
def test_completing_a_command_line_imports_click_only(words: str, position: str) -> None:
    script = (
        "import sys, app.cli.entry as e\n"
        "try: e.main([])\n"
        "except SystemExit: pass\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    environment = {
        "_CLEW_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": position,
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert "callers" in done.stdout or "--depth" in done.stdout
    assert set(done.stderr.split()).isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["callers", "price"], ["search", "price"], ["status"], ["export", "symbols"]])
def test_a_question_to_the_stores_does_not_load_the_assistant(indexed: Indexed, arguments: list[str]) -> None:
    loaded = modules_after(["--store", str(indexed.store), *arguments])
    assert loaded.isdisjoint({"langgraph", "langchain_core", "chromadb", "sklearn", "fastapi"})
    assert arguments[0] == "status" or loaded.isdisjoint({"tree_sitter", "pygments", "rich", "httpx"})


CONTRACT = {
    "backup": {"folder", "--without-keys", "--json"},
    "restore": {"folder", "--yes", "--json"},
    "uninstall": {"--yes", "--json"},
    "audit verify": {"--anchor", "--json"},
    "audit show": {"--stream", "--kind", "--run", "--user", "--limit", "--json"},
    "audit export": {"--stream", "--output", "--json"},
    "audit anchor": {"--to", "--json"},
    "audit prune": {"--stream", "--older-than", "--dry-run", "--yes", "--json"},
    "privacy export": {"subject", "--output", "--json"},
    "privacy erase": {"subject", "--yes", "--json"},
    "usage": {"--by", "--since", "--until", "--user", "--rebuild", "--json"},
    "feedback": {"run_id", "--up", "--down", "--rating", "--correction", "--claim", "--json"},
    "mcp": set(),
    "index": {"path", "--name", "--jobs", "--force", "--json"},
    "watch": {"path", "--name", "--jobs", "--json"},
    "ask": {
        "question",
        "--repo",
        "--thread",
        "--model",
        "--rerank",
        "--ask",
        "--depth",
        "--diagram",
        "--patch",
        "--json",
    },
    "stack": {"--repo", "--json"},
    "chat": {"--repo", "--thread", "--model", "--ask", "--plain", "--no-pager"},
    "search": {"query", "--kind", "--top-k", "--rerank", "--repo", "--json"},
    "symbol": {"name", "--repo", "--json"},
    "callers": {"name", "--repo", "--depth", "--dispatch", "--json"},
    "callees": {"name", "--repo", "--depth", "--dispatch", "--json"},
    "impact": {"name", "--repo", "--depth", "--json"},
    "review": {"revisions", "--fail-at", "--repo", "--depth", "--json"},
    "hierarchy": {"name", "--repo", "--depth", "--json"},
    "hotspots": {"--repo", "--limit", "--json"},
    "cycles": {"--repo", "--limit", "--json"},
    "untested": {"--repo", "--limit", "--json"},
    "dead-code": {"--public", "--repo", "--limit", "--json"},
    "show": {"place", "--repo", "--json"},
    "path": {"source", "target", "--json"},
    "export": {"what", "--kind", "--format"},
    "status": {"--json"},
    "doctor": {"--json"},
    "serve": {"--host", "--port", "--workers", "--config", "--tls-cert", "--tls-key", "--json"},
    "keys create": {"principal", "--label", "--right", "--expires", "--service", "--team", "--role", "--json"},
    "keys list": {"--json"},
    "keys rotate": {"key", "--grace", "--json"},
    "keys revoke": {"key", "--json"},
    "principals list": {"--json"},
    "principals set": {"principal", "--name", "--team", "--role", "--json"},
    "principals disable": {"principal", "--json"},
    "principals enable": {"principal", "--json"},
    "repositories add": {
        "url",
        "--name",
        "--branch",
        "--credential",
        "--depth",
        "--blobless",
        "--schedule",
        "--later",
        "--json",
    },
    "repositories list": {"--json"},
    "repositories refresh": {"name", "--force", "--json"},
    "repositories remove": {"name", "--json"},
    "credentials add": {"name", "--host", "--kind", "--username", "--from", "--json"},
    "credentials list": {"--json"},
    "credentials rotate": {"name", "--from", "--json"},
    "credentials remove": {"name", "--json"},
    "webhooks add": {"name", "--provider", "--json"},
    "webhooks list": {"--json"},
    "webhooks rotate": {"webhook", "--grace", "--json"},
    "webhooks remove": {"webhook", "--json"},
    "schedules list": {"--json"},
    "schedules set": {"name", "expression", "--json"},
    "schedules remove": {"name", "--json"},
    "slack serve": {"--socket", "--host", "--port", "--json"},
    "slack link": {"slack_id", "principal", "--json"},
    "slack unlink": {"slack_id", "--json"},
    "slack users": {"--json"},
    "policy check": {"--principal", "--repository", "--team", "--role", "--json"},
    "vectors": {"--fill", "--rebuild", "--json"},
    "vectors install": {"name", "--jar", "--json"},
    "vectors uninstall": {"--json"},
    "repos": {"--json"},
    "forget": {"name", "--json"},
    "errors learn": {"file", "--solution", "--by", "--repo", "--json"},
    "errors find": {"file", "--repo", "--json"},
    "errors list": {"--repo", "--json"},
    "errors forget": {"identity", "--repo", "--json"},
    "examples accept": {"run_id", "--by", "--repo", "--json"},
    "examples list": {"--repo", "--json"},
    "examples forget": {"run_id", "--repo", "--json"},
    "threads list": {"--limit", "--json"},
    "threads show": {"thread", "--json"},
    "threads rename": {"thread", "title", "--json"},
    "threads delete": {"thread", "--all", "--yes", "--json"},
    "threads export": {"thread", "--output", "--json"},
    "budget": {"--month", "--project", "--json"},
    "models": {"--json"},
    "models pull": {"name", "--host", "--json"},
    "models warm": {"name", "--host", "--json"},
    "dev fake-ollama": {"--port", "--model", "--fault", "--tokens-per-second", "--reads-per-second"},
    "profile show": {"--json"},
    "profile erase": {"--json"},
    "graph sync": {"--to", "--repository", "--json"},
    "eval train-ranker": {"--repository", "--bases", "--cases", "--descriptions", "--json"},
    "eval train-router": {"--outcomes", "--json"},
    "eval train-triage": {"--out", "--json"},
    "completion": {"shell"},
    "man": set(),
}


def commands(group: click.Group = clew, prefix: str = "") -> dict[str, click.Command]:
    """Return every command by the words that call it."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix}{name} ")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            found[prefix + name] = command
    return found


def test_the_commands_are_those_of_the_contract() -> None:
    offered_commands = commands()
    assert set(offered_commands) == set(CONTRACT)
    for name, expected in CONTRACT.items():
        parameters = offered_commands[name].params
        offered = {p.opts[0] if isinstance(p, click.Option) else p.name for p in parameters}
        assert expected <= offered, name
        assert name in ("completion", "man") or "--store" in offered, "--store may follow the command"


def test_every_command_has_a_help_text_and_every_option_too() -> None:
    for name, command in {**clew.commands, **commands()}.items():
        assert command.help, name
        assert all(option.help for option in command.params if isinstance(option, click.Option)), name


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException, arguments: list[str]) -> int:
    """Run a command whose work ends in `error`."""

    def fail(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr("app.cli.contract.root.import_module", fail)
    return entry.main(arguments)


def test_a_known_error_says_what_failed_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = UnknownRepository("no repository 'x' is indexed", next_step="did you mean 'y'?")
    assert run(monkeypatch, error, ["repos"]) == 6
    captured = capsys.readouterr()
    assert captured.err == "error: no repository 'x' is indexed\nnext: did you mean 'y'?\n"
    assert captured.out == ""


def test_with_json_an_error_is_json_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, PolicyError("refused", next_step="tunnel"), ["repos", "--json"]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"] == {
        "code": "policy",
        "message": "refused",
        "next_step": "tunnel",
        "retryable": False,
    }
    assert captured.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["callers"],
        ["callers", "x", "--depth", "0"],
        ["search", "x", "--kind", "y"],
        ["export", "files"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err or captured.out


def test_wrong_usage_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["callers", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_an_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, KeyboardInterrupt(), ["repos"]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_fault_of_clew_keeps_its_trace_and_never_reads_as_none_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, ZeroDivisionError("oops"), ["repos"]) == 3
    captured = capsys.readouterr()
    assert "ZeroDivisionError: oops" in captured.err
    assert "next: " in captured.err


def test_version_and_help_exit_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("clew ")
    assert entry.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name.split()[0] in out for name in CONTRACT)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_completion_script_names_its_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["completion", shell]) == 0
    assert "_CLEW_COMPLETE" in capsys.readouterr().out


def test_unicode_survives_a_console_of_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    module = SimpleNamespace(run=lambda **_: print("größe") or 0)
    monkeypatch.setattr("app.cli.contract.root.import_module", lambda _: module)
    assert entry.main(["repos"]) == 0
    assert raw.getvalue() == "größe\n".encode()
