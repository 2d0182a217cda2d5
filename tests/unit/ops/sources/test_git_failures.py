"""What git says when it fails, as an error of ours: only what may pass is tried again. And which names of branches git would misread."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import SourceDenied, SourceError, SourceGone, SourceRefused, SourceTooLarge, SourceUnreachable
from ops.sources.addresses import parse_remote
from ops.sources.clones import check_branch
from ops.sources.git import Secret, check_size, failure_of

REMOTE = parse_remote("https://git.example.org/team/shop")
SAID: list[tuple[str, type[SourceError]]] = [
    ("fatal: could not read Username for 'https://git.example.org': terminal prompts disabled", SourceDenied),
    (
        "remote: Invalid username or token.\nfatal: Authentication failed for 'https://git.example.org/team/shop/'",
        SourceDenied,
    ),
    ("fatal: unable to access 'https://git.example.org/': The requested URL returned error: 403", SourceDenied),
    (
        "git@git.example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.",
        SourceDenied,
    ),
    ("Host key verification failed.\nfatal: Could not read from remote repository.", SourceRefused),
    (
        "fatal: unable to access 'https://git.example.org/': server certificate verification failed. CAfile: none CRLfile: none",
        SourceRefused,
    ),
    ("fatal: unable to access 'https://git.example.org/': The requested URL returned error: 302", SourceRefused),
    ("fatal: repository 'https://git.example.org/team/shop/' not found", SourceGone),
    ("fatal: couldn't find remote ref refs/heads/x", SourceGone),
    ("error: object 1234: hasDotgit: contains '.git'\nfatal: fsck error in packed object", SourceRefused),
    ("error: unable to create file x/y: File name too long", SourceRefused),
    ("fatal: write error: No space left on device", SourceError),
    ("fatal: unable to access 'https://git.example.org/': Could not resolve host: git.example.org", SourceUnreachable),
    (
        "fatal: unable to access 'https://git.example.org/': Failed to connect to git.example.org port 443: Connection refused",
        SourceUnreachable,
    ),
    (
        "error: RPC failed; curl 56 GnuTLS recv error (-110): The TLS connection was non-properly terminated.\nfatal: early EOF",
        SourceUnreachable,
    ),
    ("fatal: unable to access 'https://git.example.org/': The requested URL returned error: 503", SourceUnreachable),
    (
        "error: RPC failed; curl 28 Operation too slow. Less than 200 bytes/sec transferred the last 60 seconds",
        SourceUnreachable,
    ),
    (
        "fatal: unable to access 'https://git.example.org/': Received HTTP code 407 from proxy after CONNECT",
        SourceRefused,
    ),
    ("fatal: unable to access 'https://git.example.org/': CONNECT tunnel failed, response 403", SourceRefused),
    ("fatal: unable to access 'https://git.example.org/': CONNECT tunnel failed, response 502", SourceUnreachable),
    ("", SourceUnreachable),
]


@pytest.mark.parametrize(("said", "error"), SAID)
def test_what_git_says_is_understood(said: str, error: type[SourceError]) -> None:
    found = failure_of(REMOTE, said.splitlines(), 128)
    assert type(found) is error
    assert found.retryable is (error is SourceUnreachable)
    assert "git.example.org/team/shop" in str(found)
    assert found.next_step


@pytest.mark.parametrize("name", ["main", "team/next", "v1.2", "fix-1", "a@b", "x+y", ""])
def test_a_name_of_a_branch(name: str) -> None:
    assert check_branch(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "-x",
        "--upload-pack=id",
        "a..b",
        "/a",
        "a/",
        "a//b",
        "a.lock",
        "a.lock/b",
        "a/.b",
        "@",
        "@{-1}",
        "a@{1}",
        "a b",
        "a\nb",
        "a:b",
        "a~1",
        "a^",
        "a?",
        "*",
        "x" * 300,
        "a.",
    ],
)
def test_what_git_would_read_as_something_else_is_none(name: str) -> None:
    with pytest.raises(SourceRefused):
        check_branch(name)


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(Secret("token", "robot", "hunter2"))


def test_a_folder_is_as_large_as_what_lies_in_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 600)
    (tmp_path / "c").write_bytes(b"x" * 400)
    (tmp_path / "out").symlink_to("/")
    check_size(tmp_path, 600 + 512 + 512)
    with pytest.raises(SourceTooLarge, match="1,623"):
        check_size(tmp_path, 1_623)
    check_size(tmp_path / "gone", 0)
