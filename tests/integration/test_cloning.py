"""Clones from a real git server over HTTPS on loopback: what is fetched, what is refused, and what a killed process leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configs.errors import (
    SourceDenied,
    SourceError,
    SourceGone,
    SourceRefused,
    SourceTooLarge,
    SourceUnreachable,
    StoreBusy,
)
from ops.sources import clones as clones_module
from ops.sources.addresses import Rules
from ops.sources.clones import MARK, Clones, Fetched, Wanted
from ops.sources.git import Limits, Secret
from tests.servers.git_server import GitServer, git, serving

pytestmark = [pytest.mark.integration, pytest.mark.skipif(os.name == "nt", reason="needs git http-backend and signals")]

HOST = "git.corp.example"
ID = "0" * 16
FILES = {"shop/models.py": "def price():\n    return 1\n", "README.md": "# Shop\n"}
ROBOT = Secret("token", "robot", "hunter2")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serving(tmp_path / "server") as running:
        running.repository("shop", FILES)
        yield running


def clones_of(server: GitServer, **limits: Any) -> Clones:
    """Return clones that find the server under a name of the company's."""
    bounds = replace(Limits(50_000_000, 60.0, server.certificate), **limits)
    return Clones(server.folder.parent / "clones", Rules(inside=(HOST,)), bounds, lambda _host, _port: ["127.0.0.1"])


def wanted(server: GitServer, **how: Any) -> Wanted:
    return Wanted(ID, server.url("shop", HOST), **how)


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Say nothing."""


def bring(clones: Clones, what: Wanted, secret: Secret | None = None) -> Fetched:
    return clones.bring(what, secret, quiet)


def files_of(root: Path) -> dict[str, str]:
    """Return what the clone holds beside its repository."""
    found = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in found}


def test_a_clone_is_made_and_follows_its_branch(server: GitServer) -> None:
    clones, stages = clones_of(server), []
    first = clones.bring(wanted(server), None, lambda stage, _done, _total: stages.append(stage))
    assert files_of(first.root) == FILES
    assert (first.branch, first.changed) == ("main", True)
    assert stages[0] == "connect"
    assert "receive" in stages
    assert git(first.root, "rev-list", "--count", "HEAD") == "1"
    assert git(first.root, "status", "--porcelain") == ""
    assert not bring(clones, wanted(server)).changed
    (first.root / "left.py").write_text("x = 1\n")
    (first.root / "README.md").unlink()
    second = server.commit("shop", {"shop/new.py": "y = 2\n"})
    assert bring(clones, wanted(server)).commit == second
    assert files_of(first.root) == {**FILES, "shop/new.py": "y = 2\n"}, "what others put there goes"
    work = server.folder / "work" / "shop"
    git(work, "reset", "-q", "--hard", "HEAD~1")
    rewritten = server.commit("shop", {"shop/models.py": "def price():\n    return 2\n"})
    assert bring(clones, wanted(server)).commit == rewritten, "a branch may be rewritten"
    assert "shop/new.py" not in files_of(first.root)
    assert first.root.stat().st_mode & 0o077 == 0
    clones.remove(ID)
    assert list(first.root.parent.iterdir()) == []


def test_history_is_as_deep_as_it_was_asked_for(server: GitServer) -> None:
    for number in range(4):
        server.commit("shop", {"shop/models.py": f"def price():\n    return {number}\n"})
    clones = clones_of(server)
    for depth, blobless, commits in ((1, False, 1), (3, False, 3), (0, True, 5), (0, False, 5), (1, False, 1)):
        root = bring(clones, wanted(server, depth=depth, blobless=blobless)).root
        assert int(git(root, "rev-list", "--count", "HEAD")) == commits
        assert files_of(root)["shop/models.py"].endswith("3\n")
        missing = git(root, "rev-list", "--objects", "--missing=print", "HEAD").count("?")
        assert (missing > 0) is blobless


def test_a_clone_that_is_fetched_often_does_not_grow_for_ever(
    server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clones_module, "PACKS_KEPT", 3)
    clones = clones_of(server)
    for number in range(6):
        server.commit("shop", {"shop/models.py": f"def price():\n    return {number}\n"})
        root = bring(clones, wanted(server)).root
    objects = root / ".git" / "objects"
    assert len(list((objects / "pack").glob("*.pack"))) <= 4
    assert not list(objects.glob("??/*")), "nothing lies loose"
    assert files_of(root)["shop/models.py"].endswith("5\n")
    assert git(root, "rev-list", "--count", "HEAD") == "1"
    assert git(root, "fsck", "--no-dangling") == ""


def test_other_branches_and_those_that_are_gone(server: GitServer) -> None:
    server.commit("shop", {"shop/next.py": ""}, branch="team/next")
    clones = clones_of(server)
    following = wanted(server, branch="team/next")
    assert "shop/next.py" in files_of(bring(clones, following).root)
    assert not clones.is_gone(following, None, quiet)
    git(server.folder / "shop.git", "branch", "-D", "team/next")
    with pytest.raises(SourceGone, match="team/next"):
        bring(clones, following)
    assert clones.is_gone(following, None, quiet)
    assert not clones.is_gone(wanted(server), None, quiet), (
        "who follows the host's own branch follows it wherever it goes"
    )
    server.redirect = "https://127.0.0.1:1"
    with pytest.raises(SourceError):
        clones.is_gone(following, None, quiet)
    server.redirect = ""
    with pytest.raises(SourceGone):
        bring(clones, Wanted(ID, server.url("nope", HOST)))
    git(server.folder, "init", "-q", "--bare", "empty.git")
    with pytest.raises(SourceGone, match="empty"):
        bring(clones, Wanted("1" * 16, server.url("empty", HOST)))


def test_a_credential_opens_it_and_is_in_no_argument_file_or_variable(server: GitServer, tmp_path: Path) -> None:
    server.password = "hunter2"
    clones = clones_of(server)
    for secret in (None, replace(ROBOT, text="wrong"), replace(ROBOT, username="else")):
        with pytest.raises(SourceDenied) as raised:
            bring(clones, wanted(server), secret)
        assert "hunter2" not in str(raised.value)
    taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(20)]  # a pipe above 9, which some shells cannot name
    seen = bytearray()
    server.hold.clear()
    looking = threading.Thread(target=_look, args=(server, seen, tmp_path))
    looking.start()
    try:
        root = bring(clones, wanted(server, depth=0, blobless=True), ROBOT).root
    finally:
        looking.join()
        for one in taken:
            os.close(one)
    assert files_of(root) == FILES
    assert b"upload-pack" in seen or b"fetch" in seen or b"ls-remote" in seen, "git was looked at while it ran"
    assert b"hunter2" not in seen
    kept = b"".join(path.read_bytes() for path in root.parent.rglob("*") if path.is_file())
    assert b"hunter2" not in kept


def _look(server: GitServer, seen: bytearray, tmp_path: Path) -> None:
    """Read arguments and environment of every git on this machine while the server lets it wait, then let it go on."""
    server.asked.wait(30)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"git" in (process / "cmdline").read_bytes():
                seen += (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
    for path in Path(os.environ.get("TMPDIR", "/tmp")).glob("clew-git-*/*"):
        if path.is_file():
            seen += path.read_bytes()
    server.hold.set()


def test_redirects_certificates_and_hosts_that_are_not_ours(server: GitServer, tmp_path: Path) -> None:
    with serving(tmp_path / "other") as other:
        other.repository("shop", {"evil.py": ""})
        server.redirect = f"https://{HOST}:{other.port}"
        with pytest.raises(SourceRefused, match="another address"):
            bring(clones_of(server), wanted(server))
        assert other.requests == [], "nobody followed"
        server.redirect = ""
        with pytest.raises(SourceRefused, match="certificate"):
            bring(clones_of(server, ca_file=other.certificate), wanted(server))
    with pytest.raises(SourceRefused, match="inside|private"):
        Clones(tmp_path / "clones", Rules(), Limits(10**7, 60.0)).bring(Wanted(ID, server.url("shop")), None, quiet)
    dead = Clones(tmp_path / "clones", Rules(inside=(HOST,)), Limits(10**7, 60.0), lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(SourceUnreachable) as raised:
        dead.bring(Wanted(ID, f"https://{HOST}:1/shop"), None, quiet)
    assert raised.value.retryable


def test_alternates_of_an_old_server_are_not_followed(server: GitServer) -> None:
    """An old server may say that objects lie elsewhere: that may be another host, and nobody judged it."""
    server.dumb = True
    bare = server.folder / "shop.git"
    git(bare, "update-server-info")
    assert bring(clones_of(server), wanted(server, depth=0)).changed
    (server.folder / "elsewhere").mkdir()
    shutil.move(bare / "objects", server.folder / "elsewhere" / "objects")
    (bare / "objects" / "info").mkdir(parents=True)
    (bare / "objects" / "info" / "http-alternates").write_text(f"https://127.0.0.1:{server.port}/elsewhere/objects\n")
    with pytest.raises(SourceError):
        bring(clones_of(server), Wanted("1" * 16, server.url("shop", HOST), depth=0))
    assert not [path for path in server.requests if "elsewhere" in path]


def test_git_is_held_to_the_address_that_was_judged(server: GitServer) -> None:
    """The name of the test's host is in no name service: git reaches it only because it was told where."""
    assert bring(clones_of(server), wanted(server)).changed
    assert server.requests


def test_what_is_too_large_or_too_slow_is_stopped_and_deleted(server: GitServer) -> None:
    server.commit("shop", {f"data/{number}.txt": os.urandom(60_000).hex() for number in range(20)})
    folder = server.folder.parent / "clones"
    with pytest.raises(SourceTooLarge):
        bring(clones_of(server, max_bytes=1_000_000), wanted(server))
    server.hold.clear()
    with pytest.raises(SourceUnreachable, match="longer"):
        bring(clones_of(server, timeout_s=0.5), wanted(server))
    server.hold.set()
    assert [path.name for path in folder.iterdir()] == [f"{ID}.lock"]


def test_links_submodules_hooks_and_attributes_lead_nowhere(server: GitServer, tmp_path: Path) -> None:
    work = server.folder / "work" / "shop"
    ran = tmp_path / "ran"
    (work / "link").symlink_to("/etc/passwd")
    (work / "folder").symlink_to("/etc")
    (work / ".gitattributes").write_text("*.py filter=evil diff=evil merge=evil\n")
    (work / ".gitmodules").write_text('[submodule "m"]\n\tpath = m\n\turl = https://127.0.0.1:1/m.git\n')
    (work / "hooks").mkdir()
    (work / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (work / "hooks" / "post-checkout").chmod(0o755)
    git(work, "update-index", "--add", "--cacheinfo", "160000", git(work, "rev-parse", "HEAD"), "m")
    server.commit("shop", {})
    root = bring(clones_of(server), wanted(server)).root
    assert (root / "link").read_text() == "/etc/passwd", "a small file that holds its target"
    assert not any(path.is_symlink() for path in root.rglob("*"))
    assert not ran.exists()
    assert not (root / ".git" / "hooks").exists()
    assert not (root / ".git" / "modules").exists()
    assert git(root, "config", "--get", "core.symlinks") == "false"


@pytest.mark.parametrize("blobless", [False, True])
@pytest.mark.parametrize("name", [".git", ".GIT", ".git ", "git~1", ".g\u200cit", ".."])
def test_a_tree_that_would_write_into_the_repository_is_refused(server: GitServer, name: str, blobless: bool) -> None:
    bare = server.folder / "shop.git"
    blob = git(bare, "hash-object", "-w", "--stdin", text="[core]\n\tfsmonitor = touch /tmp/x\n")
    inner = _tree(bare, "100644", "blob", blob, "config")
    tree = _tree(bare, "40000", "tree", inner, name)
    commit = git(bare, "commit-tree", tree, "-m", "evil")
    git(bare, "update-ref", "refs/heads/main", commit)
    with pytest.raises(SourceError) as raised:
        bring(clones_of(server), wanted(server, depth=0, blobless=blobless))
    assert not raised.value.retryable, raised.value
    assert [path.name for path in (server.folder.parent / "clones").iterdir()] == [f"{ID}.lock"]


@pytest.mark.parametrize("blobless", [False, True])
def test_a_flaw_of_an_old_history_that_does_no_harm_is_let_through(server: GitServer, blobless: bool) -> None:
    """Celery, Werkzeug and Scrapy have such: modes with a zero before them, addresses without a space."""
    bare = server.folder / "shop.git"
    inner = git(bare, "rev-parse", "main:shop")
    tree = _tree(bare, "040000", "tree", inner, "shop")
    author = "a <a@example.org> 1 +0000"
    flawed = f"tree {tree}\nauthor {author.replace(' <', '<')}\ncommitter {author}\n\nold\n"
    old = git(bare, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", text=flawed)
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", "main^{tree}", "-p", old, "-m", "now"))
    root = bring(clones_of(server), wanted(server, depth=0, blobless=blobless)).root
    assert files_of(root) == FILES
    assert git(root, "rev-list", "--count", "HEAD") == "2"


def _tree(bare: Path, mode: str, _kind: str, identity: str, name: str) -> str:
    """Write a tree that git itself would not make."""
    content = f"{mode} {name}\0".encode() + bytes.fromhex(identity)
    done = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        cwd=bare,
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def test_an_environment_and_configuration_of_ours_reach_no_git(
    server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[core]\n\tsshCommand = touch {ran}\n[url "https://127.0.0.1:1/"]\n\tinsteadOf = https://\n'
    )
    for name, value in {
        "HOME": str(home), "GIT_DIR": "/nowhere", "GIT_PROXY_COMMAND": f"touch {ran}", "https_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "GIT_SSL_NO_VERIFY": "1",
        "GIT_TRACE": str(tmp_path / "trace"), "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "http://127.0.0.1:1", "GIT_EXEC_PATH": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert bring(clones_of(server), wanted(server)).changed
    assert not ran.exists()
    assert not (tmp_path / "trace").exists()


def test_one_process_works_on_a_clone_at_a_time(server: GitServer) -> None:
    server.hold.clear()
    done: list[Fetched] = []
    first = threading.Thread(target=lambda: done.append(bring(clones_of(server), wanted(server))))
    first.start()
    assert server.asked.wait(30)
    with pytest.raises(StoreBusy):
        bring(clones_of(server), wanted(server))
    with pytest.raises(StoreBusy):
        clones_of(server).remove(ID)
    server.hold.set()
    first.join(30)
    assert done[0].changed


CHILD = """
import sys
from pathlib import Path
from tests.integration.test_cloning import HOST, ID, quiet
from ops.sources.addresses import Rules
from ops.sources.clones import Clones, Wanted
from ops.sources.git import Limits
url, folder, certificate = sys.argv[1:]
clones = Clones(Path(folder), Rules(inside=(HOST,)), Limits(10**8, 60.0, Path(certificate)), lambda _host, _port: ["127.0.0.1"])
clones.bring(Wanted(ID, url), None, quiet)
"""


@pytest.mark.parametrize("known", [False, True], ids=["clone", "update"])
def test_killed_in_the_middle_nothing_is_broken(server: GitServer, known: bool) -> None:
    clones, folder = clones_of(server), server.folder.parent / "clones"
    if known:
        bring(clones, wanted(server))
        commit = server.commit("shop", {"shop/new.py": "y = 2\n"})
    for _ in range(2):
        server.hold.clear()
        server.asked.clear()
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, server.url("shop", HOST), str(folder), str(server.certificate)],
            cwd=Path(__file__).parents[2],
        )
        assert server.asked.wait(60)
        child.send_signal(signal.SIGKILL)
        child.wait()
        server.hold.set()
    if known:
        # As a git that was killed leaves it: locks, half a pack, a tree that is half the old one.
        own = folder / ID / ".git"
        (own / MARK).unlink(missing_ok=True)
        for name in ("index.lock", "shallow.lock", "refs/heads/main.lock"):
            (own / name).touch()
        (own / "objects" / "pack" / "tmp_pack_x").write_bytes(b"half")
        (folder / ID / "shop" / "models.py").write_text("half")
        assert bring(clones, wanted(server)).commit == commit
        assert files_of(folder / ID) == {**FILES, "shop/new.py": "y = 2\n"}
        assert not (own / "objects" / "pack" / "tmp_pack_x").exists()
    else:
        assert not (folder / ID).exists()
        assert bring(clones, wanted(server)).changed
    assert git(folder / ID, "fsck", "--no-dangling") == ""
    assert sorted(path.name for path in folder.iterdir()) == [ID, f"{ID}.lock"]


def test_an_end_that_is_wished_for_ends_git_too(server: GitServer) -> None:
    server.hold.clear()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, server.url("shop", HOST), str(server.folder.parent / "clones"), str(server.certificate)],
        cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert server.asked.wait(60)
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    child.wait(30)
    assert time.monotonic() - began < 20
    server.hold.set()
    assert [path.name for path in (server.folder.parent / "clones").iterdir()] == [f"{ID}.lock"]
