"""Progress: a repainted line on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import io

from app.cli.progress import ERASE, ProgressLine
from tests.clock import Clock


def test_a_pipe_gets_a_line_every_three_seconds_with_rate_and_remaining_time() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLine(stream, clock=clock)
    for second in range(8):
        clock.now = second
        progress("extract", second * 10, 100)
    progress.close()
    assert (
        stream.getvalue() == "extract 30/100 files, 10 files/s, 7 s left\nextract 60/100 files, 10 files/s, 4 s left\n"
    )


def test_a_terminal_line_is_repainted_and_taken_away() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLine(stream, terminal=True, clock=clock)
    progress("discover", 0, 0)
    progress("extract", 1, 4)
    progress("extract", 2, 4)
    clock.now = 1.0
    progress("extract", 3, 4)
    assert stream.getvalue() == f"{ERASE}discover{ERASE}extract 1/4 files{ERASE}extract 3/4 files, 2 files/s, 0 s left"
    progress.note("waiting")
    assert stream.getvalue().endswith(f"{ERASE}waiting\n")


def test_closing_an_empty_line_writes_nothing() -> None:
    stream = io.StringIO()
    ProgressLine(stream, terminal=True).close()
    assert stream.getvalue() == ""


def test_a_stage_of_unknown_length_shows_its_rate() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLine(stream, clock=clock)
    for second in range(5):
        clock.now = second
        progress("store relations", second * 1_000, 0)
    assert stream.getvalue() == "store relations 3,000, 1,000/s\n"


def test_what_came_from_a_cache_and_the_first_of_many_files_say_nothing_of_the_rate() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = ProgressLine(stream, clock=clock)
    for clock.now, done in ((0.0, 400), (4.0, 401), (8.0, 440)):
        progress("extract", done, 600)
    assert stream.getvalue() == "extract 401/600 files\nextract 440/600 files, 5 files/s, 32 s left\n"
