"""A real git server over HTTPS on loopback: `git http-backend` behind Python's own server, with what a bad server does on demand."""

from __future__ import annotations

import base64
import datetime
import os
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C",
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    """Run git as somebody who works with the repository does."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@dataclass
class GitServer:
    """port and certificate are for the client. folder holds `NAME.git`; work trees stand in `work/NAME`.

    password: of user `robot`, where one is wanted. redirect: where everything is sent to. dumb: it gives files, as an old
    server does. hold: set while packs may leave; held: those whose packs wait for that, None for all. delay_s: how long it
    thinks before each answer to a POST.
    """

    folder: Path
    port: int = 0
    certificate: Path = Path()
    password: str = ""
    redirect: str = ""
    dumb: bool = False
    hold: threading.Event = field(default_factory=threading.Event)
    held: frozenset[str] | None = None
    delay_s: float = 0.0
    asked: threading.Event = field(default_factory=threading.Event)
    requests: list[str] = field(default_factory=list)

    def url(self, name: str, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/{name}.git"

    def repository(self, name: str, files: dict[str, str]) -> Path:
        """Make a repository with one commit on `main`, and return its work tree."""
        bare, work = self.folder / f"{name}.git", self.folder / "work" / name
        bare.mkdir(parents=True)
        git(bare, "init", "-q", "--bare", "--initial-branch=main")
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            git(bare, "config", key, "true")
        work.mkdir(parents=True)
        git(work, "init", "-q", "--initial-branch=main")
        git(work, "remote", "add", "origin", str(bare))
        self.commit(name, files)
        return work

    def commit(self, name: str, files: dict[str, str], branch: str = "main") -> str:
        """Write files, commit, push, and return the commit."""
        work = self.folder / "work" / name
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text, "utf-8")
        git(work, "add", "-A")
        git(work, "commit", "-q", "--allow-empty", "-m", "a change")
        git(work, "push", "-q", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return git(work, "rev-parse", "HEAD")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        asked = self.server.git
        asked.requests.append(f"{self.command} {self.path}")
        body = self._body()
        if asked.redirect:
            self._plain(302, {"Location": asked.redirect + self.path})
            return
        if asked.dumb:
            file = asked.folder / self.path.partition("?")[0].lstrip("/")
            self._plain(*((200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")))
            return
        wanted = "Basic " + base64.b64encode(f"robot:{asked.password}".encode()).decode()
        if asked.password and self.headers.get("Authorization") != wanted:
            self._plain(401, {"WWW-Authenticate": 'Basic realm="git"'})
            return
        if self.command == "POST" and (
            asked.held is None or self.path.split("/")[1].removesuffix(".git") in asked.held
        ):
            asked.asked.set()
            asked.hold.wait(60)
        if self.command == "POST" and asked.delay_s:
            time.sleep(asked.delay_s)
        path, _, query = self.path.partition("?")
        environment = ENVIRONMENT | {
            "GIT_PROJECT_ROOT": str(asked.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
            "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self._plain(int(headers.pop("Status", "200 OK").split(" ")[0]), headers, content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = bytearray()
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(found)

    def _plain(self, status: int, headers: dict[str, str], content: bytes = b"") -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True  # the client was killed


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    git: GitServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate, or was killed, is no fault of the server."""


@contextmanager
def serving(folder: Path) -> Iterator[GitServer]:
    """Run a server over the repositories below `folder`."""
    found = GitServer(folder)
    found.hold.set()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.git, found.port = found, server.server_address[1]
    found.certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(found.certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.DNSName("git.corp.example"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private
