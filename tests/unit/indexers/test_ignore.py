"""Our fast ignore rules say what git says: the same patterns asked of `git check-ignore`."""

from __future__ import annotations

import subprocess
import time

import pytest

from indexers.ignore import parse_rules

PATTERNS = """\
# comment
*.pyc
!keep.pyc
build/
/top.py
docs/*.md
!docs/index.md
a/**/z.py
**/cache
logs/**
!logs/kept/
/only
!/only/inner
name with space.py
trailing.py{blank}
\\#hash.py
\\!bang.py
ch[ao]t.py
q?.py
*.min.*
[broken
/*.cfg
deep/er/
""".replace("{blank}", "   ")
PATHS = [
    "x.pyc", "sub/x.pyc", "keep.pyc", "build/", "plain/build", "sub/build/", "top.py", "sub/top.py", "docs/a.md", "docs/index.md",
    "docs/sub/a.md", "a/z.py", "a/b/c/z.py", "b/z.py", "cache/", "sub/cache", "logs/", "logs/kept/", "logs/x.py", "only/",
    "sub/only/", "name with space.py", "trailing.py", "#hash.py", "!bang.py", "chat.py", "chit.py", "q1.py", "q12.py",
    "j.min.js", "x.cfg", "sub/x.cfg", "deep/er/", "x/deep/er/", "plain.py",
]  # fmt: skip


@pytest.fixture(scope="module")
def told_by_git(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool | None]:
    root = tmp_path_factory.mktemp("rules")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / ".gitignore").write_text(PATTERNS)
    for path in PATHS:
        target = root / path
        (target if path.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
        if not path.endswith("/"):
            target.touch()
    asked = "\0".join(path.rstrip("/") for path in PATHS)
    done = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "-z", "--stdin", "--non-matching", "--verbose", "--no-index"],
        input=asked.encode(),
        capture_output=True,
        check=False,
    )
    fields = done.stdout.decode().split("\0")[:-1]
    told: dict[str, bool | None] = {}
    for source, _, pattern, path in zip(*[iter(fields)] * 4, strict=True):
        told[path] = None if not source else not pattern.startswith("!")
    return told


@pytest.mark.parametrize("path", PATHS)
def test_a_pattern_means_what_git_says(path: str, told_by_git: dict[str, bool | None]) -> None:
    plain = path.rstrip("/")
    verdict = parse_rules(PATTERNS).decide(plain, plain.rpartition("/")[2], path.endswith("/"))
    assert verdict == told_by_git[plain]


def test_rules_hold_below_their_folder_only() -> None:
    rules = parse_rules("/local.py\nsub/*.go\n", base="pkg/")
    assert rules.decide("pkg/local.py", "local.py", False) is True
    assert rules.decide("pkg/deep/local.py", "local.py", False) is None
    assert rules.decide("pkg/sub/x.go", "x.go", False) is True


def test_rules_above_the_root_see_the_whole_path() -> None:
    rules = parse_rules("/app/gen/*.py\n", above="app/")
    assert rules.decide("gen/a.py", "a.py", False) is True
    assert rules.decide("a.py", "a.py", False) is None


def test_a_bad_line_is_left_out_and_the_rest_holds() -> None:
    rules = parse_rules("[unclosed\n!\n/\n*.log\n")
    assert rules.decide("x.log", "x.log", False) is True


def test_the_last_pattern_wins_across_kinds() -> None:
    assert parse_rules("!a.py\n*.py\n").decide("a.py", "a.py", False) is True
    assert parse_rules("*.py\n!a.py\n").decide("a.py", "a.py", False) is False
    assert parse_rules("/a.p[y]\n!*.py\n").decide("a.py", "a.py", False) is False


def test_paths_exist_for_every_negated_folder() -> None:
    assert parse_rules("!vendor/ours/*.go\n!plain\n", base="x/").reincluded == ["x/vendor/ours/"]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 12 + "*b", "a" * 200), ("**/a/" * 12 + "b", "a/" * 100 + "c"), ("*[!b]" * 12 + "*b", "a" * 200)],
)
def test_a_hostile_pattern_takes_no_time(pattern: str, path: str) -> None:
    rules = parse_rules(pattern)
    started = time.process_time()
    assert rules.decide(path, path.rpartition("/")[2], False) is None
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("pattern", "path", "ignored"),
    [
        ("*a*b*c.py", "xaybzc.py", True),
        ("*a*b*c.py", "xbyazc.py", None),
        ("a*/*b*c/d", "ax/ybzc/d", True),
        ("a*/*b*c/d", "ax/bz/c/d", None),
        ("**/a/**/b/**/c", "x/a/y/a/b/z/b/c", True),
        ("**/a/**/b/**/c", "x/a/y/c/b/z", None),
        ("a/**/b/**/c", "a/b/c", True),
        ("[!a]*[!a]*x", "a/bcx", True),
        ("[!a]*[!a]*x", "b/ax", None),
    ],
)
def test_stars_in_one_pattern_still_match_what_they_did(pattern: str, path: str, ignored: bool | None) -> None:
    assert parse_rules(pattern).decide(path, path.rpartition("/")[2], False) is ignored
