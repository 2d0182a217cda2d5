"""The walk over real trees: what is taken, what is left out, and that every left out file has its reason."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import RepositoryNotFound
from indexers.discovery import Discovery, discover
from tests.unit.indexers.git_repositories import commit_all, git, write


def paths(found: Discovery) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: Discovery) -> dict[str, str]:
    return {issue.path: issue.reason for issue in found.issues}


def languages(found: Discovery) -> dict[str, str]:
    return {file.path: file.language for file in found.files}


def test_files_come_by_path_with_language_and_size(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"b.go": "package b\n", "a/x.py": "x = 1\n", "a/README": "hello", "a/README.rst": "T\n=\n", "z.PY": "1"},
    )
    found = discover(tmp_path)
    assert languages(found) == {
        "a/README": "markdown", "a/README.rst": "rst", "a/x.py": "python", "b.go": "go", "z.PY": "python",
    }  # fmt: skip
    assert paths(found) == sorted(paths(found))
    first = next(file for file in found.files if file.path == "a/x.py")
    assert (first.size, first.absolute.read_bytes()) == (6, b"x = 1\n")
    assert first.mtime_ns == (tmp_path / "a/x.py").stat().st_mtime_ns


@pytest.mark.parametrize("name", ["missing", "file.py"])
def test_a_path_that_is_no_folder_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"file.py": ""})
    with pytest.raises(RepositoryNotFound, match=name):
        discover(tmp_path / name)


def test_an_empty_folder_has_no_files(tmp_path: Path) -> None:
    assert discover(tmp_path).files == []


def test_ignore_rules_nest_negate_and_anchor(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".gitignore": "*.gen.py\n/only_top.py\nout/\n",
            "a.gen.py": "", "only_top.py": "", "sub/only_top.py": "", "out/x.py": "", "sub/out/x.py": "",
            "sub/.gitignore": "!wanted.gen.py\nlocal.py\n",
            "sub/wanted.gen.py": "", "sub/local.py": "", "local.py": "", "sub/other.gen.py": "",
        },
    )  # fmt: skip
    git(tmp_path, "init", "-q")
    write(tmp_path, {".git/info/exclude": "secret_notes.md\n", "secret_notes.md": "x"})
    assert paths(discover(tmp_path)) == ["local.py", "sub/only_top.py", "sub/wanted.gen.py"]


def test_a_pruned_folder_cannot_be_reentered_by_a_deeper_rule(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "gone/\n", "gone/.gitignore": "!*.py\n", "gone/x.py": ""})
    assert paths(discover(tmp_path)) == []


def test_rules_above_a_subfolder_hold_unless_it_is_ignored_itself(tmp_path: Path) -> None:
    write(
        tmp_path,
        {".gitignore": "*.gen.py\n/app/tmp/\n/scratch/\n", "app/a.py": "", "app/b.gen.py": "", "app/tmp/x.py": ""},
    )
    write(tmp_path, {"scratch/x.py": "", "scratch/y.gen.py": ""})
    git(tmp_path, "init", "-q")
    assert paths(discover(tmp_path / "app")) == ["a.py"]
    assert paths(discover(tmp_path / "scratch")) == ["x.py", "y.gen.py"]


def test_clewignore_leaves_out_and_takes_back_in(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".gitignore": "gen/\n",
            ".clewignore": "fixtures/\n!gen/\n!vendor/ours/\n",
            "fixtures/f.py": "", "gen/g.py": "", "vendor/ours/o.go": "", "vendor/theirs/t.go": "", "vendor/v.go": "", "a.py": "",
        },
    )  # fmt: skip
    found = discover(tmp_path)
    assert paths(found) == ["a.py", "gen/g.py", "vendor/ours/o.go"]
    assert reasons(found) == {"vendor": "vendored"}


def test_a_file_that_git_tracks_is_taken_in_spite_of_its_rule(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "gen/\n", "gen/kept.py": "", "gen/other.py": ""})
    assert paths(discover(tmp_path, tracked=["gen/kept.py"])) == ["gen/kept.py"]


def test_vendored_folders_are_one_issue_each(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "package.json": "{}",
            "node_modules/a/index.js": "", "node_modules/b/index.js": "", "web/node_modules/c/index.js": "",
            "third_party/x.c": "", "env/pyvenv.cfg": "", "env/lib/x.py": "", "dist/app.min.js": "", "dist/app.js": "",
            "tools/build/rules.py": "", "src/dist/__init__.py": "", "src/com/acme/vendor/Vendor.java": "", "vendor/m.go": "",
        },
    )  # fmt: skip
    found = discover(tmp_path)
    assert paths(found) == ["src/com/acme/vendor/Vendor.java", "src/dist/__init__.py", "tools/build/rules.py"]
    assert set(reasons(found)) == {"node_modules", "web/node_modules", "third_party", "env", "dist", "vendor"}
    assert set(reasons(found).values()) == {"vendored"}


def test_a_submodule_is_part_of_the_tree_with_its_own_rules(tmp_path: Path) -> None:
    library = write(tmp_path / "library", {"lib.py": "", ".gitignore": "skip.py\n"})
    commit_all(library)
    main = write(tmp_path / "main", {"main.py": "", ".gitignore": "lib.py\n"})
    commit_all(main)
    git(main, "submodule", "--quiet", "add", str(library), "libs/library")
    write(main, {"libs/library/skip.py": "", "libs/library/own.py": ""})
    assert (main / "libs/library/.git").is_file()
    excluded = main / ".git/modules/libs/library/info/exclude"
    excluded.parent.mkdir(exist_ok=True)
    excluded.write_text("own.py\n")
    assert paths(discover(main)) == ["libs/library/lib.py", "main.py"]


def test_a_worktree_is_walked_but_not_one_inside_another(tmp_path: Path) -> None:
    main = write(tmp_path / "main", {"a.py": ""})
    commit_all(main)
    (main / ".git/info/exclude").write_text("notes.md\n")
    git(main, "worktree", "add", "-q", "trees/feature", "-b", "feature")
    worktree = write(main / "trees/feature", {"notes.md": ""})
    assert paths(discover(worktree)) == ["a.py"]
    found = discover(main)
    assert paths(found) == ["a.py"]
    assert reasons(found) == {"trees/feature": "vendored"}


def test_the_git_folder_is_never_entered(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", ".git/hooks/hook.py": "", "sub/.git/x.py": "", "sub/b.py": ""})
    assert paths(discover(tmp_path)) == ["a.py", "sub/b.py"]


def test_links_are_reported_and_never_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.py": "s"})
    root = write(tmp_path / "root", {"real/a.py": "a"})
    (root / "file.py").symlink_to(root / "real/a.py")
    (root / "folder").symlink_to(root / "real")
    (root / "escape.py").symlink_to(outside / "secret.py")
    (root / "escape_folder").symlink_to(outside)
    (root / "up").symlink_to("../../")
    (root / "nowhere.py").symlink_to(root / "missing.py")
    (root / "loop").symlink_to(root / "loop")
    (root / "libx.so").symlink_to(root / "libx.so.1")
    found = discover(root)
    assert paths(found) == ["real/a.py"]
    assert reasons(found) == {
        "file.py": "symlink", "folder": "symlink", "nowhere.py": "symlink",
        "escape.py": "outside", "escape_folder": "outside", "up": "outside",
    }  # fmt: skip


def test_a_root_that_is_a_link_is_walked(tmp_path: Path) -> None:
    write(tmp_path / "real", {"a.py": ""})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert paths(discover(tmp_path / "link")) == ["a.py"]


def test_large_minified_and_special_files_have_their_reason(tmp_path: Path) -> None:
    write(tmp_path, {"big.py": b"#" * 2_000, "lib.min.js": "x", "two_megabytes.py": b"x" * 2_000_000, "a.py": ""})
    os.mkfifo(tmp_path / "pipe.py")
    found = discover(tmp_path, max_file_bytes=1_999)
    assert paths(found) == ["a.py"]
    assert reasons(found) == {
        "big.py": "too_large", "two_megabytes.py": "too_large", "lib.min.js": "generated", "pipe.py": "unreadable",
    }  # fmt: skip


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def ordinary_user(open_folder: Path) -> Iterator[Path]:
    """Give up the rights of root for one test, so that permissions mean something."""
    write(open_folder, {"a.py": "", "closed/b.py": "", "c.py": ""})
    (open_folder / "closed").chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield open_folder
    if is_root:
        os.seteuid(0)
    (open_folder / "closed").chmod(0o755)


def test_a_folder_without_permission_is_an_issue(ordinary_user: Path) -> None:
    found = discover(ordinary_user)
    assert paths(found) == ["a.py", "c.py"]
    assert reasons(found) == {"closed": "unreadable"}


def test_unsupported_languages_are_counted_not_listed(tmp_path: Path) -> None:
    write(
        tmp_path,
        {**{f"r{i}.rb": "" for i in range(12)}, "x.php": "", "data.csv": "", "a.py": "", ".gitignore": "r1.rb\n"},
    )
    found = discover(tmp_path)
    issues = {issue.path: (issue.reason, issue.detail) for issue in found.issues}
    assert issues == {"*.rb": ("unsupported", "11 files of Ruby"), "*.php": ("unsupported", "1 file of PHP")}
    assert sum(issue.file_count for issue in found.issues) == 12
    assert found.notes == ["12 source files are in languages that are not covered"]


def test_manifests_are_listed_apart(tmp_path: Path) -> None:
    write(
        tmp_path, {"go.mod": "module x\n", "sub/package.json": "{}", "setup.py": "", "node_modules/package.json": "{}"}
    )
    found = discover(tmp_path)
    assert list(found.manifests) == ["go.mod", "setup.py", "sub/package.json"]
    assert found.manifests["go.mod"].read_text() == "module x\n"
    assert paths(found) == ["setup.py"]


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/usr/bin/env python3\n", "python"),
        ("#!/usr/bin/python3.12 -u\n", "python"),
        ("#! /usr/bin/env -S node --no-warnings\n", "javascript"),
        ("#!/bin/sh\n", None),
        ("plain\n", None),
    ],
)
def test_programs_without_suffix_are_known_by_their_first_line(tmp_path: Path, line: str, language: str | None) -> None:
    write(tmp_path, {"run": line, "not_executable": line})
    (tmp_path / "run").chmod(0o755)
    assert languages(discover(tmp_path)) == ({"run": language} if language else {})


C_HEADER = (
    '/* class in a comment; std::x */\n#ifdef __cplusplus\nextern "C" {\nnamespace n {}\n#endif\nint f(int class_id);\n'
)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (C_HEADER, "c"),
        ("namespace app { int f(); }\n", "cpp"),
        ("template <typename T> T f(T);\n", "cpp"),
        ("class Db {\n public:\n  int f();\n};\n", "cpp"),
        ("#include <string>\nint f();\n", "cpp"),
        ("int f(std::string s);\n", "cpp"),
        ("struct db { int a; };\n", "c"),
    ],
)
def test_headers_of_a_mixed_tree_are_told_by_their_content(tmp_path: Path, header: str, language: str) -> None:
    write(tmp_path, {"a.c": "", "b.cc": "", "h.h": header})
    assert languages(discover(tmp_path))["h.h"] == language


def test_headers_beside_one_language_follow_it(tmp_path: Path) -> None:
    write(tmp_path / "c", {"a.c": "", "h.h": "namespace x {}\n"})
    write(tmp_path / "cpp", {"a.cpp": "", "h.h": "int f();\n"})
    assert languages(discover(tmp_path / "c"))["h.h"] == "c"
    assert languages(discover(tmp_path / "cpp"))["h.h"] == "cpp"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/a.py", True), ("pkg/test_a.py", True), ("pkg/a_test.go", True), ("src/a.test.ts", True), ("a.spec.jsx", True),
        ("src/test/java/A.java", True), ("src/main/java/FooTest.java", True), ("conftest.py", True), ("src/lib/tests.rs", True),
        ("pkg/attest.py", False), ("contest.go", False), ("src/latest.ts", False), ("testimony/a.py", False),
        ("src/main/java/Contest.java", False),
    ],
)  # fmt: skip
def test_test_paths(tmp_path: Path, path: str, expected: bool) -> None:
    write(tmp_path, {path: ""})
    assert [file.is_test_path for file in discover(tmp_path).files] == [expected]


def test_separators_are_slashes_and_a_backslash_in_a_name_stays(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c.py": "", "odd\\name.py": ""})
    assert paths(discover(tmp_path)) == ["a/b/c.py", "odd\\name.py"]


def test_a_name_that_is_not_utf8_is_an_issue(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("")
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    found = discover(tmp_path)
    assert paths(found) == []
    assert [issue.reason for issue in found.issues] == ["encoding"]
    assert found.issues[0].path.isprintable()


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    write(tmp_path, {"/".join(["d"] * 150) + "/x.py": ""})
    assert len(discover(tmp_path).files) == 1


def test_what_c_includes_as_text_is_c_and_a_list_of_exports_is_not(tmp_path: Path) -> None:
    """Redis keeps its table of commands in `commands.def`; on Windows such a file names what a library exports."""
    (tmp_path / "main.c").write_text('#include "commands.def"\n')
    (tmp_path / "commands.def").write_text('/* A table. */\nstruct command table[] = {{"get", get}};\n')
    (tmp_path / "library.def").write_text("LIBRARY shop\nEXPORTS\n  get @1\n")
    found = {file.path: file.language for file in discover(tmp_path).files}
    assert found == {"main.c": "c", "commands.def": "c"}


def test_text_among_documents_is_restructuredtext_where_it_is_marked_as_such(tmp_path: Path) -> None:
    """Django's documents are all called `.txt`."""
    for path, text in {
        "docs/ref/query.txt": "=======\nQueries\n=======\n\n.. method:: lock()\n",
        "docs/intro.txt": "Welcome\n-------\n\nHello.\n",
        "docs/requirements.txt": "sphinx>=7\nfuro\n",
        "notes/query.txt": "Queries\n=======\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = {file.path: file.language for file in discover(tmp_path).files if file.language == "rst"}
    assert sorted(found) == ["docs/intro.txt", "docs/ref/query.txt"]
