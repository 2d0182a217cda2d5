"""The server that is attacked: a process that knows its callers, over a store in which one repository is granted and one is not."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from tests.integration.hostile.cases import HIDDEN_WORD, Case, Reply, Who
from tests.integration.processes import CLEW, clew_json, environment, started, wait_until, write_sources
from tests.servers.identity_provider import Provider

MAX_BODY_BYTES = 50_000
HEAD_TIMEOUT_S = 1.0
BODY_TIMEOUT_S = 1.0
ORIGIN = "https://pages.example"
POLICIES = """
permit (principal == Principal::"reader", action in [Action::"ask", Action::"read"], resource == Repository::"shop");
permit (principal == Principal::"operator", action, resource == Repository::"shop");
permit (principal == Principal::"operator", action == Action::"admin", resource is System);
"""


@dataclass(frozen=True)
class Attacked:
    """keys: by who holds them; nobody's is empty. roots: where new repositories may be indexed. private: what no reply may hold."""

    port: int
    store: Path
    roots: Path
    log: Path
    process: subprocess.Popen[str]
    keys: dict[Who, str]
    private: tuple[str, ...] = ()

    def send(self, case: Case) -> Reply:
        """Send one case over a connection of its own."""
        return self.exchange(case.raw or self.request(case))

    def request(self, case: Case) -> bytes:
        """Return the bytes of a case."""
        given = {name.lower() for name, _ in case.headers}
        lines: list[bytes] = [f"{case.method} {case.target} HTTP/1.1".encode("latin-1", "surrogateescape")]
        headers: list[tuple[str, str | bytes]] = [*case.headers]
        if "host" not in given:
            headers.append(("host", f"127.0.0.1:{self.port}"))
        if "authorization" not in given and self.keys.get(case.who):
            headers.append(("authorization", f"Bearer {self.keys[case.who]}"))
        if case.body or case.method in ("POST", "PUT", "PATCH"):
            headers.append(("content-length", str(len(case.body))))
        headers.append(("connection", "close"))
        for name, value in headers:
            lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode("utf-8")))
        return b"\r\n".join([*lines, b"", case.body])

    @contextmanager
    def connected(self, sent: bytes) -> Iterator[socket.socket]:
        """Open a connection that has sent so much, and waits."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(sent)
            yield connection

    def exchange(self, sent: bytes, timeout_s: float = 20.0) -> Reply:
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
            with suppress(OSError):  # refused before all of it was read: the reply is there
                connection.sendall(sent)
            return read_reply(connection)


def read_reply(connection: socket.socket) -> Reply:
    """Read until the server closes, or its one reply is whole."""
    received = bytearray()
    while True:
        whole = _parsed(bytes(received), ended=False)
        if whole is not None:
            return whole
        try:
            piece = connection.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return _parsed(bytes(received), ended=True) or Reply(0)
        received += piece


def _parsed(received: bytes, *, ended: bool) -> Reply | None:
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length")
    if length is not None and len(body) >= int(length):
        return Reply(int(first.split()[1]), headers, body[: int(length)])
    return Reply(int(first.split()[1]), headers, body) if ended else None


def hidden_sources() -> dict[str, str]:
    """Return a repository in which every kind of text holds the hidden word."""
    word = HIDDEN_WORD
    return {
        f"{word}/prices.py": f'class {word.title()}:\n    """{word} things."""\n\n\ndef {word}_price(order):\n    return "{word}"\n',
        "README.md": f"# {word}\n\nThe price of {word} orders.\n",
        f"{word}.yaml": f"{word}: 1\n",
    }


def prepared(shop: Path, folder: Path) -> tuple[Path, Path, dict[Who, str]]:
    """Return (store, roots, keys): a copy of the shop's store with a second, hidden repository."""
    store = Path(shutil.copytree(shop, folder / "hidden-store"))
    clew_json(store, "index", str(write_sources(folder / "hidden", hidden_sources())), "--name", "hidden")
    (store / "policies.cedar").write_text(POLICIES)
    reader = clew_json(store, "keys", "create", "reader")["key"]
    operator = clew_json(
        store,
        "keys",
        "create",
        "operator",
        *(part for right in ("ask", "read", "index", "admin") for part in ("--right", right)),
    )["key"]
    roots = write_sources(folder / "roots" / "new").parent
    (folder / "outside-secret").mkdir()
    write_sources(folder / "outside-secret")
    (roots / "leads-out").symlink_to(folder / "outside-secret", target_is_directory=True)
    (roots / "up").symlink_to("..", target_is_directory=True)
    return store, roots, {"reader": reader, "operator": operator, "nobody": ""}


@contextmanager
def attacked(
    store: Path,
    roots: Path,
    keys: dict[Who, str],
    name: str,
    variables: Mapping[str, str] = MappingProxyType({}),
    private: tuple[str, ...] = (),
) -> Iterator[Attacked]:
    """Serve the store on a free port."""
    log = store.parent / f"{name}.log"
    env = environment(
        store,
        CLEW_RETRIEVAL__DENSE="false",
        CLEW_SERVE__MAX_BODY_BYTES=str(MAX_BODY_BYTES),
        CLEW_SERVE__HEAD_TIMEOUT_S=str(HEAD_TIMEOUT_S),
        CLEW_SERVE__BODY_TIMEOUT_S=str(BODY_TIMEOUT_S),
        CLEW_SERVE__ROOTS=json.dumps([str(roots)]),
        **variables,
    )
    command = [*CLEW, "serve", "--port", "0", "--json"]
    with started(command, folder=store.parent, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        wait_until(lambda: _alive(url), process, what="/healthz")
        yield Attacked(int(url.rpartition(":")[2]), store, roots, log, process, keys, private)


def knowing(provider: Provider, **more: str) -> dict[str, str]:
    """Return the settings of a server that knows its callers, counts none of them, and takes one provider's tokens."""
    return {
        "CLEW_ACCESS__AUTHENTICATION": "required",
        "CLEW_ACCESS__OIDC__ISSUER": provider.url,
        "CLEW_ACCESS__OIDC__AUDIENCE": "clew",
        "CLEW_SERVE__CORS_ORIGINS": ORIGIN,
        "CLEW_SERVE__ALLOWED_HOSTS": "clew.example",
        "CLEW_RATES__KEY_REQUESTS": "0",
        "CLEW_RATES__USER_REQUESTS": "0",
        "CLEW_RATES__FAILURES": "0",
        **more,
    }


def _alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def faults_told(log: str) -> list[str]:
    """Return the lines of a log that a fault leaves."""
    return [
        line for line in log.splitlines() if re.search(r"Traceback|^\w*(Error|Exception)\b|request .* failed", line)
    ]
