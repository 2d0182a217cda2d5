"""Clones over ssh from a real sshd on loopback: a key from the agent of one run, a host that is known, and nothing of our own configuration."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from configs.errors import SourceDenied, SourceRefused
from ops.sources.addresses import Rules
from ops.sources.clones import Clones, Wanted
from ops.sources.git import Limits, Secret
from tests.integration.processes import free_port, started, wait_until
from tests.integration.test_cloning import FILES, HOST, ID, files_of, quiet
from tests.servers.git_server import GitServer, git

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
pytestmark = [pytest.mark.integration, pytest.mark.skipif(SSHD is None, reason="needs OpenSSH's server")]


@dataclass
class Ssh:
    """keys: of who may come in and of who may not."""

    url: str
    known_hosts: Path
    key: str
    stranger: str
    folder: Path
    log: Path


def keygen(path: Path) -> str:
    """Make a key pair, and return the private half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[Ssh]:
    assert SSHD is not None
    GitServer(tmp_path / "git").repository("shop", FILES)
    keygen(tmp_path / "host")
    key, stranger = keygen(tmp_path / "robot"), keygen(tmp_path / "stranger")
    port = free_port()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    (tmp_path / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path / 'host'}\nAuthorizedKeysFile {tmp_path / 'robot.pub'}\n"
        f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile {tmp_path / 'pid'}\nPermitRootLogin prohibit-password\n"
    )
    public = " ".join((tmp_path / "host.pub").read_text().split()[:2])
    (tmp_path / "known_hosts").write_text(f"[{HOST}]:{port} {public}\n")
    url = f"ssh://{getpass.getuser()}@{HOST}:{port}{tmp_path / 'git' / 'shop.git'}"
    log = tmp_path / "log"
    command = [SSHD, "-D", "-e", "-f", str(tmp_path / "config")]
    with started(command, folder=tmp_path, env={"PATH": os.environ["PATH"]}, log=log) as process:
        wait_until(lambda: "listening" in log.read_text(), process, what="sshd listens")
        yield Ssh(url, tmp_path / "known_hosts", key, stranger, tmp_path / "clones", log)


def clones_of(ssh: Ssh, known_hosts: Path | None) -> Clones:
    limits = Limits(50_000_000, 60.0, None, known_hosts)
    return Clones(ssh.folder, Rules(inside=(HOST,)), limits, lambda _host, _port: ["127.0.0.1"])


def test_a_private_key_opens_it_for_one_run_and_is_on_no_disk(
    ssh: Ssh, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", f"touch {tmp_path / 'ran'}")
    clones = clones_of(ssh, ssh.known_hosts)
    done = clones.bring(Wanted(ID, ssh.url), Secret("ssh", "git", ssh.key), quiet)
    assert files_of(done.root) == FILES
    assert not (tmp_path / "ran").exists()
    assert not any("PRIVATE KEY" in path.read_text("latin-1") for path in ssh.folder.rglob("*") if path.is_file())
    commit = git(tmp_path / "git" / "work" / "shop", "rev-parse", "HEAD")
    assert done.commit == commit


def test_who_may_not_and_who_is_not_known_is_refused(ssh: Ssh, tmp_path: Path) -> None:
    known = clones_of(ssh, ssh.known_hosts)
    for secret in (None, Secret("ssh", "git", ssh.stranger), Secret("ssh", "git", "-----BEGIN PRIVATE KEY-----\nx\n")):
        with pytest.raises(SourceDenied):
            known.bring(Wanted(ID, ssh.url), secret, quiet)
    (tmp_path / "other_hosts").write_text(
        ssh.known_hosts.read_text().replace(
            (tmp_path / "host.pub").read_text().split()[1], (tmp_path / "robot.pub").read_text().split()[1]
        )
    )
    (tmp_path / "no_hosts").write_text("")
    for hosts in (None, tmp_path / "no_hosts", tmp_path / "other_hosts"):
        with pytest.raises(SourceRefused):
            clones_of(ssh, hosts).bring(Wanted(ID, ssh.url), Secret("ssh", "git", ssh.key), quiet)
    assert ssh.folder.is_dir()
    assert [path.name for path in ssh.folder.iterdir()] == [f"{ID}.lock"]
