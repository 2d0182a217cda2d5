from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.callgraph.oracles import clang
from benchmarks.callgraph.oracles.clang import _Reader, _sources
from benchmarks.callgraph.verdicts import verdicts_of


def reader(root: Path) -> _Reader:
    """A reader that has read its sources already, without clang."""
    made = object.__new__(_Reader)
    made.root, made.paths, made.left_out, made.reasons = root, {}, [], {}
    made.definitions = {"one": {"a.c": 3}, "two": {"a.c": 5, "b.c": 5}}
    made.declarations = {"pure": ("a.h", 2)}
    made.unwritten = {"made"}
    made.sites = {
        (("a.c", 3), "one", ("a.c", 4, 2)),
        (("a.c", 3), "two", ("c.c", 5, 2)),
        (("a.c", 3), "pure", ("a.c", 6, 2)),
        (("a.c", 3), "made", ("a.c", 7, 2)),
        (("a.c", 3), "printf", ("a.c", 8, 2)),
        (("a.c", 3), "", ("a.c", 9, 2)),
    }
    return made


def test_sites_are_judged_by_what_is_known_of_the_target(tmp_path: Path) -> None:
    for name in ("a.c", "b.c", "c.c", "a.h"):
        (tmp_path / name).write_text("\n" * 9)
    verdicts = verdicts_of(reader(tmp_path).verdicts(), tmp_path)
    assert verdicts.targets == {("a.c", 4): {("a.c", 3)}, ("a.c", 6): {("a.h", 2)}}
    assert verdicts.external == {("a.c", 8)}
    assert verdicts.silent == {("c.c", 5), ("a.c", 7), ("a.c", 9)}


def test_sources_are_found_below_folders_and_by_name(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("src/b.c", "src/a.c", "src/a.h", "main.c", "other.c"):
        (tmp_path / name).write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in _sources(tmp_path, ["src", "main.c"], (".c",))]
    assert found == ["src/a.c", "src/b.c", "main.c"]


def test_headers_of_another_compiler_are_said_to_stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clang, "is_program", lambda name: name == "cc")
    monkeypatch.setattr(clang, "run_tool", lambda command, cwd: str(tmp_path))
    arguments, lack = clang._own_headers()
    assert arguments == ["-idirafter", str(tmp_path)]
    assert f"those of cc in {tmp_path} stand in" in lack
    monkeypatch.setattr(clang, "is_program", lambda name: False)
    assert clang._own_headers()[0] == []
    assert "nothing stands in" in clang._own_headers()[1]


def test_clangs_own_headers_lack_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    monkeypatch.setattr(clang, "is_program", lambda name: True)
    monkeypatch.setattr(clang, "run_tool", lambda command, cwd: str(tmp_path))
    assert clang._own_headers() == (["-idirafter", str(tmp_path / "include")], "")


def test_a_member_is_called_where_its_name_stands() -> None:
    kinds = SimpleNamespace(MEMBER_REF_EXPR="member", UNEXPOSED_EXPR="unexposed")

    def cursor(kind: str, referenced: str | None, *children: SimpleNamespace) -> SimpleNamespace:
        return SimpleNamespace(kind=kind, referenced=referenced, get_children=lambda: iter(children))

    made = object.__new__(_Reader)
    made.clang = SimpleNamespace(CursorKind=kinds)
    member = cursor("member", "run")
    assert made._named_in(cursor("call", "run", cursor("unexposed", None, member))) is member
    for call in (
        cursor("call", "run", cursor("member", "other")),
        cursor("call", "run", cursor("name", "run")),
        cursor("call", None, cursor("member", None)),
        cursor("call", "run"),
    ):
        assert made._named_in(call) is call
