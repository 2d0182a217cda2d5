from __future__ import annotations

import pytest

from tools.paths import folder_shares, is_of_another, platforms, share_said


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("win: fix the named pipe", {"windows"}),
        ("Crash on macOS only", {"darwin", "unix"}),
        ("zos and z/OS", {"zos", "unix"}),
        ("posix semaphores", {"unix"}),
        ("src/WindowsWatcher.ts", {"windows"}),
        ("drawing windowed frames, winning", set()),
        ("", set()),
    ],
)
def test_platforms_are_named_by_whole_words(text: str, named: set[str]) -> None:
    assert platforms(text) == named


@pytest.mark.parametrize(
    ("path", "asked", "another"),
    [
        ("src/unix/fs.c", "windows", True),
        ("src/win/fs.c", "windows", False),
        ("src/unix/darwin.c", "linux", True),
        ("src/unix/core.c", "linux", False),
        ("src/unix/linux.c", "unix", False),
        ("src/win/fs.c", "unix", True),
        ("src/unix/linux.c", "windows and linux", False),
        ("src/timer.c", "windows", False),
        ("src/win/fs.c", "the event loop", False),
    ],
)
def test_only_a_path_that_names_other_platforms_alone_is_of_another(path: str, asked: str, another: bool) -> None:
    assert is_of_another(path, platforms(asked)) is another


def test_folders_are_said_by_the_stems_of_their_parts() -> None:
    said = {b"nativ", b"delay", b"event"}
    assert folder_shares("celery/events/dumper.py", said) == (1.0, 1.0)
    assert folder_shares("events/nativeDelivery/run.py", said) == (0.5, 1.0)
    assert folder_shares("setup.py", said) == (0.0, 0.0)
    assert share_said((), said) == 0.0
