"""Which events wake the watch, and how they come together in batches of a real folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from watchfiles import Change

from app import watching
from app.watching import Batch, Relevance, batches


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("a = 1\n")
    return root


@pytest.fixture
def watched(root: Path, tmp_path: Path) -> Iterator[Iterator[Batch]]:
    stop = Event()
    with closing(batches(root, tmp_path / "store", stop)) as found:
        assert next(found) is None
        yield found


def heard(watched: Iterator[Batch]) -> Batch:
    """Return the next batch in which something changed."""
    return next(batch for batch in watched if batch != frozenset())


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("src/a.py", True),
        ("src/A.GO", True),
        ("README", True),
        ("bin/tool", True),
        ("go.mod", True),
        ("sub/.gitignore", True),
        (".clewignore", True),
        ("app.kt", True),
        ("src/commands.def", True),
        ("pom.xml", True),
        ("api/requirements.txt", True),
        ("docs/topics/forms.txt", True),
        ("Docs/index.html", True),
        ("src/notes.txt", False),
        ("src/index.html", False),
        (".git/HEAD", True),
        (".git/refs/heads/main", True),
        (".git/info/exclude", True),
        ("sub/.git/HEAD", True),
        (".git/index", False),
        (".git/objects/ab/cdef", False),
        (".git/index.lock", False),
        ("__pycache__/a.cpython-311.pyc", False),
        (".mypy_cache/x.json", False),
        ("build/a.o", False),
        ("src/.a.py.swp", False),
        ("picture.png", False),
        ("store/graph.db", False),
        ("store/lexical/repo/5", False),
    ],
)
def test_only_events_that_may_matter_wake_it(tmp_path: Path, path: str, matters: bool) -> None:
    relevance = Relevance(tmp_path, tmp_path / "store")
    assert relevance(Change.modified, str(tmp_path / path)) is matters


def test_a_folder_matters_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "v1.2").mkdir()
    assert Relevance(tmp_path, tmp_path / "store")(Change.added, str(tmp_path / "v1.2"))


def test_a_tree_at_rest_says_so(watched: Iterator[Batch]) -> None:
    assert next(watched) == frozenset()


def test_an_edit_names_its_file(root: Path, watched: Iterator[Batch]) -> None:
    (root / "src" / "a.py").write_text("a = 2\n")
    assert heard(watched) == frozenset({"src/a.py"})


def test_an_atomic_save_is_one_batch(root: Path, watched: Iterator[Batch]) -> None:
    draft = root / "src" / "a.py~"
    draft.write_text("a = 3\n")
    draft.replace(root / "src" / "a.py")
    assert heard(watched) == frozenset({"src/a.py"})


def test_hundreds_of_files_are_one_batch(root: Path, watched: Iterator[Batch]) -> None:
    for number in range(300):
        (root / "src" / f"m{number}.py").write_text("x = 1\n")
    found = heard(watched)
    assert found is not None
    assert len(found) >= 300


@pytest.mark.parametrize("name", [".gitignore", "go.mod", "folder"])
def test_rules_manifests_and_folders_may_change_anything(root: Path, watched: Iterator[Batch], name: str) -> None:
    if name == "folder":
        (root / name).mkdir()
    else:
        (root / name).write_text("x\n")
    assert heard(watched) is None


def test_a_deleted_file_may_change_anything(root: Path, watched: Iterator[Batch]) -> None:
    (root / "src" / "a.py").unlink()
    assert heard(watched) is None


def test_a_root_that_comes_back_is_watched_again(root: Path, watched: Iterator[Batch]) -> None:
    shutil.rmtree(root)
    (root / "src").mkdir(parents=True)
    while heard(watched) is not None:  # what the deletion itself said, then the start anew
        pass
    (root / "src" / "b.py").write_text("b = 1\n")
    assert any(found is None or "src/b.py" in found for found in watched)


def test_git_at_work_is_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".git").mkdir()
    lock = root / ".git" / "index.lock"
    lock.touch()
    stop = Event()
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) == 3:
            lock.unlink()
        return False

    monkeypatch.setattr(stop, "wait", wait)
    watching._until_checked_out(root, stop)
    assert len(waited) == 3
    lock.touch()
    ticks = iter([0.0, 1.0, watching.CHECKOUT_LIMIT_S + 1])
    watching._until_checked_out(root, stop, lambda: next(ticks))
    assert len(waited) == 4


def test_it_ends_when_told_to(root: Path, tmp_path: Path) -> None:
    stop = Event()
    with closing(batches(root, tmp_path / "store", stop)) as found:
        next(found)
        stop.set()
        assert list(found) == []
