"""Runs git against a server that is not trusted, for a repository that is not: nothing of ours is told, nothing of theirs is run.

Git gets an environment of a few variables, no configuration but what stands here, one protocol, the addresses that were judged, and no
way to ask anybody anything. Through a proxy, which looks names up by itself, go only hosts that are named for it, and only over TLS. A secret reaches it through an inherited pipe (or an agent that holds a key of ssh), never through an
argument, the environment or a file. What grows too large or takes too long is killed, with all that it started.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO

from configs.errors import (
    ConfigError,
    SourceDenied,
    SourceError,
    SourceGone,
    SourceRefused,
    SourceTooLarge,
    SourceUnreachable,
)
from ops.sources.addresses import Remote

Progress = Callable[[str, int, int], None]

LOOKED_EVERY_S = 0.5
"""How often size and time are looked at."""
STOPPED_S = 10.0
SMALLEST = 512
"""What a file counts at least: millions of empty ones fill a disk too."""
ANSWERS = 8
"""How often git may ask for the credential in one run: a clone without contents fetches them by a second program."""
_SAID = 60
"""Lines of git that are kept to understand a failure."""
OLDEST = (2, 37)
_INSTALL = "install git, 2.37 or later"
_DEVNULL = os.devnull
_HARDENED = (
    "core.hooksPath=" + _DEVNULL, "core.fsmonitor=false", "core.symlinks=false", "core.askPass=", "core.protectNTFS=true",
    "core.protectHFS=true", "core.sshCommand=false", "core.untrackedCache=false",
    "credential.helper=", "credential.interactive=false", "protocol.allow=never", "protocol.ext.allow=never", "protocol.file.allow=never",
    "http.followRedirects=false", "http.proxy=", "http.sslVerify=true", "http.lowSpeedLimit=200", "http.lowSpeedTime=60", "http.emptyAuth=false",
    "http.saveCookies=false", "fetch.unpackLimit=1", "submodule.recurse=false", "fetch.recurseSubmodules=false", "fetch.writeCommitGraph=false",
    "transfer.fsckObjects=true", "fetch.fsckObjects=true", "transfer.bundleURI=false", "fetch.uriProtocols=", "transfer.advertiseSID=false",
    # Flaws of old histories that do no harm.
    *(f"fetch.fsck.{flaw}=ignore" for flaw in ("zeroPaddedFilemode", "missingSpaceBeforeDate", "badTimezone", "badDateOverflow", "badDate", "badName", "zeroPaddedDate", "multipleAuthors", "missingEmail", "missingNameBeforeEmail", "badEmail", "missingSpaceBeforeEmail")),
    "gc.auto=0", "maintenance.auto=false", "pack.threads=2", "core.bigFileThreshold=16m", "advice.detachedHead=false", "safe.bareRepository=explicit",
)  # fmt: skip
_PROGRESS = re.compile(r"(?:remote: )?([A-Z][a-z]+ (?:objects|deltas|files)):\s+\d+% \((\d+)/(\d+)\)")
_STAGES = {
    "Counting objects": "wait",
    "Compressing objects": "wait",
    "Receiving objects": "receive",
    "Resolving deltas": "unpack",
    "Updating files": "check out",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a repository. text: a token or password, or a private key of ssh."""

    kind: str
    username: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """url: `http://` or `https://` with host and port alone. user: empty for a proxy that asks nobody."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def told(self) -> str:
        """Return what git is told: the password it asks for."""
        scheme, _, place = self.url.partition("://")
        return f"{scheme}://{self.user}@{place}" if self.user else self.url


@dataclass(frozen=True, slots=True)
class Limits:
    """max_bytes: of the folder, history and files together. proxy: for the hosts that are named for it."""

    max_bytes: int
    timeout_s: float
    ca_file: Path | None = None
    known_hosts: Path | None = None
    proxy: Proxy | None = None


class Git:
    """Git for one remote, held to `addresses`, which were judged; without any it goes through the proxy."""

    def __init__(
        self,
        remote: Remote,
        addresses: Sequence[str],
        limits: Limits,
        secret: Secret | None,
        progress: Progress,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._remote = remote
        self._addresses = tuple(addresses)
        self._limits = limits
        self._secret = secret
        self._progress = progress
        self._clock = clock
        self._deadline = clock() + limits.timeout_s

    @property
    def url(self) -> str:
        """Return what git is told: the address itself where a name could not be held to it."""
        if self._remote.scheme != "git":
            return self._remote.url
        first = self._addresses[0]
        host = f"[{first}]" if ":" in first else first
        return f"git://{host}:{self._remote.port}/{self._remote.path}"

    def run(self, folder: Path | None, *arguments: str) -> str:
        """Run one command in `folder`, an empty one for None, and return what it printed.

        Raises:
            SourceError: it failed; which of them says why. ConfigError: there is no git, or it is too old to be held to an address.
        """
        check_version()
        with tempfile.TemporaryDirectory(prefix="clew-git-") as home, self._opening(Path(home)) as (extra, passed):
            folder = folder or Path(home)
            extra = {**extra, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
            command = [
                *_dying_with_us(),
                "git",
                "--no-pager",
                "--no-optional-locks",
                *_options((*_HARDENED, *self._held())),
                *arguments,
            ]
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=self._environment(Path(home)) | extra,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=passed,
                    start_new_session=True,
                )
            except OSError as exc:
                raise ConfigError(f"git cannot be run: {exc.strerror or exc}", next_step=_INSTALL) from exc
            return self._watched(process, folder)

    def _watched(self, process: subprocess.Popen[bytes], folder: Path) -> str:
        assert process.stdout is not None
        assert process.stderr is not None
        printed, said = bytearray(), list[str]()
        readers = [
            threading.Thread(target=_take, args=(process.stdout, printed, self._limits.max_bytes), daemon=True),
            threading.Thread(target=self._listen, args=(process.stderr, said), daemon=True),
        ]
        for reader in readers:
            reader.start()
        pause_s = LOOKED_EVERY_S
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(pause_s)
                began = time.monotonic()
                self._check(process, folder)
                pause_s = max(LOOKED_EVERY_S, 10 * (time.monotonic() - began))
        finally:
            _end(process)
            for reader in readers:
                reader.join(STOPPED_S)
            process.stdout.close()
            process.stderr.close()
        if process.returncode != 0:
            raise failure_of(self._remote, said, process.returncode)
        return printed.decode("utf-8", "surrogateescape")

    def _check(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        if process.poll() is None and self._clock() > self._deadline:
            raise SourceUnreachable(
                f"cloning took longer than {self._limits.timeout_s:g} s",
                next_step="fetch less of the history, or raise sources.timeout_s",
            )
        check_size(folder, self._limits.max_bytes)

    def _listen(self, stream: IO[bytes], said: list[str]) -> None:
        """Tell progress, and keep the last lines of everything else. Git ends progress lines with a carriage return."""
        pending = b""
        while chunk := os.read(stream.fileno(), 65_536):
            *lines, pending = re.split(rb"[\r\n]", pending + chunk)
            pending = pending[-2_000:]
            for line in lines:
                text = line.decode("utf-8", "replace").strip()
                found = _PROGRESS.match(text)
                if found is not None:
                    stage = _STAGES.get(found.group(1))
                    if stage is not None:
                        self._progress(stage, int(found.group(2)), int(found.group(3)))
                elif text:
                    said.append(text[:500])
                    del said[:-_SAID]

    def _held(self) -> Iterator[str]:
        """Yield what depends on the remote: its protocol, its addresses, whose certificates count."""
        remote = self._remote
        yield f"protocol.{remote.scheme}.allow=always"
        if not self._addresses:
            yield f"http.proxy={self._proxy.told}"
            if self._limits.ca_file is not None:
                yield f"http.proxySSLCAInfo={self._limits.ca_file}"
        elif remote.scheme in ("https", "http") and remote.host not in self._addresses:
            shown = ",".join(f"[{one}]" if ":" in one else one for one in self._addresses)
            yield f"http.curloptResolve={remote.host}:{remote.port}:{shown}"
        if self._limits.ca_file is not None:
            yield f"http.sslCAInfo={self._limits.ca_file}"

    @property
    def _proxy(self) -> Proxy:
        assert self._limits.proxy is not None, "hosts are named for a proxy only where there is one"
        return self._limits.proxy

    def _environment(self, home: Path) -> dict[str, str]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "LC_ALL": "C",
            "TMPDIR": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": _DEVNULL,
            "GIT_CONFIG_GLOBAL": _DEVNULL,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_ALLOW_PROTOCOL": self._remote.scheme,
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_TEMPLATE_DIR": str(home),
            "GIT_LFS_SKIP_SMUDGE": "1",
        }
        if os.name == "nt" and "SYSTEMROOT" in os.environ:
            environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        if self._remote.scheme == "ssh":
            environment["GIT_SSH_COMMAND"] = self._ssh()
            environment["GIT_SSH_VARIANT"] = "ssh"
        return environment

    def _ssh(self) -> str:
        """Return the command line of ssh: no configuration, no forwarding, a known host at the address that was judged."""
        if self._limits.known_hosts is None:
            raise SourceRefused(
                f"the key of the host {self._remote.host!r} is not known",
                next_step="set sources.known_hosts to a file of host keys (ssh-keyscan), or use https://",
            )
        options = {
            "BatchMode": "yes", "StrictHostKeyChecking": "yes", "UserKnownHostsFile": str(self._limits.known_hosts),
            "GlobalKnownHostsFile": _DEVNULL, "HostName": self._addresses[0], "HostKeyAlias": self._remote.host if self._remote.port == 22 else f"[{self._remote.host}]:{self._remote.port}",
            "PermitLocalCommand": "no", "ProxyCommand": "none", "ForwardAgent": "no", "ClearAllForwardings": "yes", "ControlMaster": "no",
            "ControlPath": "none", "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no", "IdentityFile": _DEVNULL,
            "ConnectTimeout": "20", "ServerAliveInterval": "15", "UpdateHostKeys": "no", "SendEnv": "none", "RequestTTY": "no",
        }  # fmt: skip
        return shlex.join(["ssh", "-F", _DEVNULL, *(f"-o{name}={value}" for name, value in options.items())])

    @contextmanager
    def _opening(self, home: Path) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
        """Yield what lets git use the secret: variables, and pipes that it inherits."""
        through = self._proxy if not self._addresses and self._proxy.user else None
        if self._secret is not None and self._remote.scheme == "ssh":
            with _agent(home, self._secret.text) as socket:
                yield {"SSH_AUTH_SOCK": socket}, ()
        elif self._secret is not None or through is not None:
            answers = (self._secret.username, self._secret.text) if self._secret is not None else ()
            with _pipe(answers) as own, _pipe((through.password,) if through is not None else ()) as for_proxy:
                asked_by = f"'{through.told}': " if through is not None else "nobody"
                names = {"CLEW_ANSWERS": str(own), "CLEW_PROXY": asked_by, "CLEW_PROXY_ANSWERS": str(for_proxy)}
                yield {"GIT_ASKPASS": str(_answering(home)), **names}, (own, for_proxy)
        else:
            yield {}, ()


@cache
def check_version() -> None:
    """Raises ConfigError without a git that can be held to an address (`http.curloptResolve`, since 2.37)."""
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, check=True, timeout=20).stdout.decode(
            "ascii", "replace"
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise ConfigError("git is not installed, or does not run", next_step=_INSTALL) from exc
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None or (int(found.group(1)), int(found.group(2))) < OLDEST:
        raise ConfigError(f"this git is too old: {said.strip()!r}", next_step=_INSTALL)


@cache
def _dying_with_us() -> tuple[str, ...]:
    """Return what makes a program end when we are killed, where there is something: elsewhere it ends when it next says how far it is."""
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", "KILL", "--") if program and sys.platform == "linux" else ()


def check_size(folder: Path, max_bytes: int) -> None:
    """Raises SourceTooLarge when what lies in the folder takes more."""
    total, folders = 0, [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(Path(entry.path))
                        else:
                            total += max(SMALLEST, entry.stat(follow_symlinks=False).st_size)
        except OSError:
            continue  # it went while git worked
        if total > max_bytes:
            raise SourceTooLarge(
                f"the clone is larger than {max_bytes:,} bytes",
                next_step="fetch less of the history (--depth), or raise sources.max_bytes",
            )


def _answering(home: Path) -> Path:
    """Return a program that answers git's questions from a pipe, one line each: those for a proxy from a pipe of its own."""
    program = home / "answer"
    program.write_text(
        '#!/bin/sh\nfrom=$CLEW_ANSWERS\ncase "$1" in *"$CLEW_PROXY"*) from=$CLEW_PROXY_ANSWERS ;; esac\n'
        # Not `<&`: some shells know descriptors of one digit only.
        'IFS= read -r line <"/dev/fd/$from" && printf \'%s\\n\' "$line"\n',
        "ascii",
    )
    program.chmod(0o700)
    return program


@contextmanager
def _pipe(lines: Sequence[str]) -> Iterator[int]:
    """Yield a pipe that gives these lines again and again, as often as git may ask."""
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as answers:
            answers.write("".join(f"{line}\n" for line in lines).encode() * ANSWERS)
        yield reading
    finally:
        os.close(reading)


@contextmanager
def _agent(home: Path, key: str) -> Iterator[str]:
    """Yield the socket of an agent that holds the private key, which is on no disk."""
    if shutil.which("ssh-agent") is None:
        raise ConfigError("ssh is not installed", next_step="install the OpenSSH client, or use https://")
    socket = str(home / "agent")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "SSH_AUTH_SOCK": socket}
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", socket],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert agent.stdout is not None
        agent.stdout.readline()  # it listens by now
        done = subprocess.run(
            ["ssh-add", "-q", "-"],
            input=key.rstrip("\n").encode() + b"\n",
            env=environment,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise SourceDenied(
                "the private key cannot be used", next_step="give one in OpenSSH's form, without a passphrase"
            )
        yield socket
    finally:
        _end(agent)
        if agent.stdout is not None:
            agent.stdout.close()


def _options(settings: Sequence[str]) -> list[str]:
    return [part for one in settings for part in ("-c", one)]


def _take(stream: IO[bytes], printed: bytearray, most: int) -> None:
    while chunk := os.read(stream.fileno(), 65_536):
        if len(printed) < min(most, 16_000_000):
            printed += chunk


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and what it started, if it still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg") and os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


_FAILURES: tuple[tuple[str, type[SourceError], str, str], ...] = (
    (r"HTTP code 407 from proxy|CONNECT tunnel failed, response 407", SourceRefused, "the proxy wants a user and a password, or refuses these",
     "set sources.proxy_user and CLEW_SOURCES__PROXY_PASSWORD"),
    (r"HTTP code 40[135] from proxy|CONNECT tunnel failed, response 40[135]", SourceRefused, "the proxy does not let this host through", "ask who looks after the proxy"),
    (r"redirection|redirecting to|returned error: 30\d", SourceRefused, "the server sends to another address", "give the address that it sends to"),
    (r"terminal prompts disabled|could not read (Username|Password)|Authentication failed|HTTP 40[13]|error: 40[13]|Permission denied|Access denied|invalid credentials|unable to read askpass",
     SourceDenied, "the server wants a credential, refuses this one, or has no such repository", "give one with --credential (clew credentials add)"),
    (r"Host key verification failed|No .* host key is known|HOST IDENTIFICATION HAS CHANGED", SourceRefused, "the key of the host is not the one that is known",
     "look at sources.known_hosts"),
    (r"certificate", SourceRefused, "the certificate of the server is not trusted", "set sources.ca_file to your company's certificates"),
    (r"not found|does not appear to be a git repository|[Rr]emote branch .* not found|couldn't find remote ref|HTTP 404|error: 404|no such repository",
     SourceGone, "there is no such repository or branch, or it is not shown", "check address, branch and credential"),
    (r"fsck error|invalid path|malformed|hasDotgit|gitmodules|bad tree|is not a valid", SourceRefused, "the repository holds what a clone must not", "see the server's log"),
    (r"[Nn]o space left|Disk quota", SourceError, "the disk is full", "free some space"),
    (r"name too long|unable to create file|unable to write file|cannot create directory", SourceRefused, "a path in it cannot be written here", "see the server's log"),
    (r"dubious ownership", SourceRefused, "the clone belongs to another user of this machine", "let the user that serves own the folder"),
)  # fmt: skip


def failure_of(remote: Remote, said: list[str], code: int) -> SourceError:
    """Return what a failure means; what no line explains is taken for a connection that broke: it is tried again."""
    text = "\n".join(said)
    where = f"{remote.host}/{remote.path}"
    for pattern, error, meaning, step in _FAILURES:
        if re.search(pattern, text):
            return error(f"{where} cannot be cloned: {meaning}", next_step=step)
    last = next(
        (line for line in reversed(said) if line.startswith(("fatal:", "error:", "ssh:"))), f"git ended with {code}"
    )
    return SourceUnreachable(f"{where} cannot be cloned: {last}", next_step="try again; see whether the host answers")
