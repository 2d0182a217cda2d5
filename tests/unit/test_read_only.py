"""No tool and no node writes: not by what it imports, not by what it calls, not through the ports that it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "graph", "tools", "guardrails")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

FORBIDDEN_MODULES = frozenset(
    [
        "subprocess",
        "shutil",
        "tempfile",
        "socket",
        "pty",
        "ctypes",
        "multiprocessing",
        "fileinput",
        "pickle",
        "marshal",
        "runpy",
        "code",
    ]
    + ["urllib.request", "http.client", "ftplib", "smtplib", "telnetlib", "webbrowser", "requests", "httpx"]
)
FORBIDDEN_CALLS = frozenset(
    [
        "write_text",
        "write_bytes",
        "touch",
        "mkdir",
        "makedirs",
        "rmdir",
        "removedirs",
        "unlink",
        "rename",
        "renames",
        "hardlink_to",
    ]
    + [
        "symlink_to",
        "chmod",
        "chown",
        "truncate",
        "rmtree",
        "copyfile",
        "copytree",
        "system",
        "popen",
        "execv",
        "execve",
        "spawnv",
    ]
    + [
        "fork",
        "startfile",
        "utime",
        "link",
        "symlink",
        "mkfifo",
        "mknod",
        "eval",
        "exec",
        "__import__",
        "import_module",
    ]
)
PORTS_THAT_WRITE_THE_INDEX = frozenset(
    ["replace_repository", "update_repository", "forget_repository", "put_many", "upsert"]
)
ALLOWED = {
    ("graph/conversations.py", "rename"): "the title of a copy that is shared, in the register of conversations",
    ("guardrails/personal_data.py", "import_module"): "modules of stdnum and phonenumbers, by a fixed table",
    ("guardrails/secret_rules.py", "import_module"): "detectors of detect-secrets, by a fixed table",
}


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text("utf-8")))


def imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in nodes(path):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_writes_runs_or_connects_is_within_reach(path: Path) -> None:
    name = str(path.relative_to(ROOT)).replace("\\", "/")
    assert not [module for module in imported(path) if module in FORBIDDEN_MODULES]
    for call, node in called(path):
        assert call not in FORBIDDEN_CALLS or ALLOWED.get((name, call)), f"{name}:{node.lineno} calls {call}"
        assert call not in PORTS_THAT_WRITE_THE_INDEX, f"{name}:{node.lineno} writes the index"
        if call == "open":
            modes = [
                one.value for one in (*node.args, *(k.value for k in node.keywords)) if isinstance(one, ast.Constant)
            ]
            assert not [mode for mode in modes if isinstance(mode, str) and set(mode) & set("wax+")], (
                f"{name}:{node.lineno}"
            )
