"""Long text goes to the pager that the person wants, short text and everything else to the screen."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.pager import paged, pager_of
from app.rendering.screen import Screen

LONG, SHORT = 40, 5


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((20, 10)))


@pytest.mark.parametrize(
    ("wish", "command"),
    [
        (None, ("less", "-FRX")),
        ("less", ("less", "-FRX")),
        ("/usr/bin/less -S", ("/usr/bin/less", "-FRX", "-S")),
        ("more -d", ("more", "-d")),
        ("", None),
        (" ", None),
        ("cat", None),
        ("'unclosed", None),
    ],
)
def test_the_person_chooses_the_pager(
    monkeypatch: pytest.MonkeyPatch, wish: str | None, command: tuple[str, ...] | None
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert pager_of(wish) == command


def test_a_pager_that_is_not_installed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert pager_of(None) is None
    assert pager_of("most") is None


def drawn(command: tuple[str, ...] | None, lines: int, width: int = 3) -> str:
    out = io.StringIO()
    with paged(Screen(out, colour=True), command) as page:
        for _ in range(lines):
            page.line(("x" * width, "good"))
    return out.getvalue()


def keeping(path: Path) -> tuple[str, ...]:
    """Return a pager that keeps what it is given."""
    return (sys.executable, "-c", f"import sys; open({str(path)!r}, 'wb').write(sys.stdin.buffer.read())")


@pytest.mark.parametrize(("lines", "width", "through"), [(LONG, 3, True), (SHORT, 3, False), (SHORT, 60, True)])
def test_what_is_longer_than_the_terminal_goes_to_the_pager_in_colours(
    tmp_path: Path, lines: int, width: int, through: bool
) -> None:
    kept = tmp_path / "kept"
    out = drawn(keeping(kept), lines, width)
    assert (out == "") is through
    text = kept.read_text("utf-8") if through else out
    assert text == drawn(None, lines, width)
    assert "\x1b[32m" in text


def test_a_pager_that_cannot_be_started_costs_nothing() -> None:
    assert drawn(("/nowhere/pager",), LONG) == drawn(None, LONG)


def test_a_pager_that_is_left_early_costs_nothing() -> None:
    assert drawn((sys.executable, "-c", ""), LONG * 1_000) == ""


def test_ctrl_c_is_the_pagers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, interrupts = tmp_path / "kept", [KeyboardInterrupt(), KeyboardInterrupt()]

    class Interrupted(subprocess.Popen[bytes]):
        def wait(self, timeout: float | None = None) -> int:
            if interrupts:
                raise interrupts.pop()
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    assert drawn(keeping(kept), LONG) == ""
    assert kept.exists(), "it was waited for to its end"
