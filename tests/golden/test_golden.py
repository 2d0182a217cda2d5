"""The golden set is well formed, and its judge and its fetcher keep their rules (no network)."""

from __future__ import annotations

import importlib.util
import io
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
INTENTS = {
    *(
        "locate",
        "define",
        "explain",
        "callers",
        "callees",
        "impact",
        "path",
        "hierarchy",
    ),
    *("dependencies", "docs", "overview", "tests"),
}


def load(name: str) -> ModuleType:
    """Import a script of this folder, which is not a package, under a name of its own."""
    spec = importlib.util.spec_from_file_location(f"golden_{name}", HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


score = load("score")
fetch = load("fetch")
QUESTIONS = score.read_rows(HERE / "questions.jsonl")

METHOD = {
    "path": "bucket.go",
    "symbol": "go.etcd.io/bbolt.Bucket.Put",
    "kind": "function",
    "line": 100,
    "end_line": 120,
}
CLASS = {
    "path": "celery/app/task.py",
    "symbol": "celery.app.task.Task",
    "kind": "class",
    "line": 100,
    "end_line": 300,
}


def cite(path: str, start: int, end: int, symbol: str | None = None) -> dict[str, Any]:
    return {"path": path, "start_line": start, "end_line": end, "symbol": symbol}


def perfect(question: dict[str, Any]) -> list[dict[str, Any]]:
    return [cite(e["path"], e["line"], e["end_line"], None) for e in question["expected"]]


def test_the_set_has_the_promised_shape() -> None:
    assert len({question["id"] for question in QUESTIONS}) == 20
    for repository in ("celery", "bbolt"):
        assert sum(question["repository"] == repository for question in QUESTIONS) == 10
    assert {question["intent"] for question in QUESTIONS} == INTENTS
    for question in QUESTIONS:
        assert 1 <= len(question["expected"]) <= 8 and question["forbidden"], question["id"]


def test_every_repository_is_pinned() -> None:
    archives = {archive.name: archive for archive in fetch.read_archives()}
    assert set(archives) == {question["repository"] for question in QUESTIONS}
    assert all(len(archive.sha256) == 64 for archive in archives.values())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_expected_and_forbidden_never_meet(question: dict[str, Any]) -> None:
    assert score.judge(question, perfect(question)).right


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_one_missing_or_one_forbidden_makes_it_wrong(question: dict[str, Any]) -> None:
    forbidden = question["forbidden"][0]
    bad = cite(forbidden["path"], forbidden.get("line", 1), forbidden.get("end_line", 1))
    assert not score.judge(question, perfect(question)[:-1]).right
    assert score.judge(question, [*perfect(question), bad]).forbidden_hit


@pytest.mark.parametrize(
    ("entry", "citation", "expected"),
    [
        (METHOD, cite("bucket.go", 1, 1, "go.etcd.io/bbolt.Bucket.Put"), True),
        (METHOD, cite("bucket.go", 1, 1, "bbolt.Bucket.Put"), True),
        (METHOD, cite("./bucket.go", 1, 1, "(*Bucket).Put"), True),
        (METHOD, cite("bucket.go", 1, 1, "Put"), False),
        (METHOD, cite("cursor.go", 1, 1, "Bucket.Put"), False),
        (METHOD, cite("bucket.go", 110, 110), True),
        (METHOD, cite("bucket.go", 96, 124), True),
        (METHOD, cite("bucket.go", 119, 121), False),
        (METHOD, cite("bucket.go", 80, 141), False),
        (METHOD, cite("bucket.go", 1, 2000), False),
        (CLASS, cite("celery/app/task.py", 100, 100), True),
        (
            CLASS,
            cite("celery/app/task.py", 150, 160, "celery.app.task.Task.retry"),
            False,
        ),
        (CLASS, cite("celery/app/task.py", 1, 1, "Task"), True),
    ],
)
def test_when_a_citation_points_at_an_entry(entry: dict[str, Any], citation: dict[str, Any], expected: bool) -> None:
    assert score.matches(entry, citation) is expected


def test_the_report_counts_unanswered_as_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [{"id": q["id"], "citations": perfect(q)} for q in QUESTIONS[:3]]
    assert score.report(QUESTIONS, answers) == 3
    printed = capsys.readouterr().out
    assert "total: 3/20 right, 17 without an answer" in printed
    assert "bbolt: 0/10" in printed


def test_check_notices_a_moved_definition(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "a.go").write_text("package a\n\nfunc (b *B) Put(k int) {\n\treturn\n}\n")
    entry = {
        "path": "a.go",
        "symbol": "x/a.B.Put",
        "kind": "function",
        "line": 3,
        "end_line": 5,
    }
    question = {"id": "q", "repository": "r", "expected": [entry], "forbidden": []}
    assert score.check([question], tmp_path) == []
    entry["line"] = 4
    assert "the source has [('function', 3, 5)]" in score.check([question], tmp_path)[0]


def tar_with(path: Path, member: tarfile.TarInfo, content: bytes = b"") -> Path:
    member.size = len(content)
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(member, io.BytesIO(content))
    return path


def test_unpack_strips_the_top_folder(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("m@v1/pkg/a.go", "package a\n")
    fetch.unpack(packed, tmp_path / "out", "m@v1/")
    assert (tmp_path / "out" / "pkg" / "a.go").read_text() == "package a\n"


@pytest.mark.parametrize("name", ["p/../../evil", "p//etc/evil", "other/a", "p/..\\evil"])
def test_unpack_refuses_members_that_leave_the_folder(tmp_path: Path, name: str) -> None:
    packed = tar_with(tmp_path / "a.tar.gz", tarfile.TarInfo(name), b"x")
    with pytest.raises(fetch.FetchError):
        fetch.unpack(packed, tmp_path / "out", "p/")
    assert not (tmp_path / "evil").exists()


def test_unpack_refuses_links(tmp_path: Path) -> None:
    link = tarfile.TarInfo("p/link")
    link.type, link.linkname = tarfile.SYMTYPE, "target"
    packed = tar_with(tmp_path / "a.tar.gz", link)
    with pytest.raises(fetch.FetchError, match="not a plain file"):
        fetch.unpack(packed, tmp_path / "out", "p/")


def archive(sha256: str) -> Any:
    return fetch.Archive("m", "go", "example.org/m", "v1.0.0", sha256, "m@v1.0.0/")


def test_a_changed_archive_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "m.zip"
    packed.write_bytes(b"other")
    with pytest.raises(fetch.FetchError, match="do not use it"):
        fetch.verify(packed, archive("0" * 64))


def test_a_second_fetch_downloads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / fetch.STAMP).write_text("0" * 64 + "\n")
    monkeypatch.setattr(fetch, "DOWNLOADERS", {})
    assert fetch.fetch(archive("0" * 64), tmp_path) == tmp_path / "m"


def test_a_foreign_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    with pytest.raises(fetch.FetchError, match="choose another DEST"):
        fetch.fetch(archive("0" * 64), tmp_path)


def test_a_missing_go_names_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(fetch.FetchError, match="install Go"):
        fetch.fetch(archive("0" * 64), tmp_path)
    assert list(tmp_path.iterdir()) == []
