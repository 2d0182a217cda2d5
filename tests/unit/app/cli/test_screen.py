"""What a person sees: aligned, plain in pipes, harmless."""

from __future__ import annotations

import io
import json

import pytest

from app.rendering.screen import Screen, counted, width_of, write_json
from guardrails.visible import shown


def written(rows: list[tuple[str | tuple[str, str], ...]], *, colour: bool) -> str:
    stream = io.StringIO()
    Screen(stream, colour=colour).table(rows)
    return stream.getvalue()


def test_columns_are_aligned_and_lines_have_no_tail() -> None:
    text = written([(("a.py:1", "path"), "x", ""), ("longer/b.py:20", "yy", "z")], colour=False)
    assert text == "  a.py:1          x\n  longer/b.py:20  yy  z\n"


def test_wide_and_combining_characters_align() -> None:
    assert width_of("解決") == 4
    assert width_of("e\u0301") == 1
    text = written([("解決.py", "x"), ("abc.py", "y")], colour=False)
    assert [width_of(line.split("  ")[1]) for line in text.splitlines()] == [7, 6]
    assert text.splitlines()[1].index("y", 8) == 11


def test_colour_only_when_wanted() -> None:
    assert "\x1b[36m" in written([(("a", "path"),)], colour=True)
    assert "\x1b" not in written([(("a", "path"),)], colour=False)


def test_a_stream_that_is_no_terminal_gets_plain_text() -> None:
    stream = io.StringIO()
    Screen(stream).line(("a", "path"))
    assert stream.getvalue() == "a\n"


def test_no_color_is_obeyed_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.rendering.screen.is_terminal", lambda stream: True)
    stream = io.StringIO()
    monkeypatch.setenv("NO_COLOR", "1")
    Screen(stream).line(("a", "path"))
    assert stream.getvalue() == "a\n"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    Screen(stream).line(("b", "path"))
    assert "\x1b[36mb\x1b[0m\n" in stream.getvalue()


def test_text_of_a_repository_cannot_drive_the_terminal() -> None:
    assert shown("\x1b]0;owned\x07 \u202eevil\n\t") == "\ufffd]0;owned\ufffd \ufffdevil\n\t"
    assert "\x1b]" not in written([("\x1b]8;;x\x07",)], colour=True)


def test_counting() -> None:
    assert [counted(n, "file") for n in (0, 1, 2000)] == ["0 files", "1 file", "2,000 files"]
    assert counted(2, "entry", "entries") == "2 entries"


def test_json_keeps_unicode(capsys: pytest.CaptureFixture[str]) -> None:
    write_json({"name": "größe 解"})
    out = capsys.readouterr().out
    assert "größe 解" in out
    assert json.loads(out) == {"name": "größe 解"}


def test_prose_marks_become_styles_only_in_colour() -> None:
    text = "`a.run` has **1 caller**.\n```python\nx = `y`\n```\x1b[2J\n"
    plain, coloured = io.StringIO(), io.StringIO()
    Screen(plain, colour=False).prose(text)
    Screen(coloured, colour=True).prose(text)
    assert plain.getvalue() == text.replace("\x1b", "\ufffd")
    assert coloured.getvalue().startswith("\x1b[36ma.run\x1b[0m has \x1b[1m1 caller\x1b[0m.")
    assert coloured.getvalue().endswith("\nx = `y`\n```\ufffd[2J\n"), "quoted code stays as it is"


def test_json_keeps_its_values_and_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    path = "a\u202e\x9b2J\u200b\x1b[2J größe.py"
    write_json({"path": path})
    out = capsys.readouterr().out
    assert json.loads(out) == {"path": path}
    assert not {"\u202e", "\x9b", "\u200b", "\x1b"} & set(out) and "größe" in out
