"""The manual page holds the whole contract, and says it as it is."""

from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli import entry
from app.cli.contract import clew
from app.cli.manual import EXITS, drawn, quoted
from tests.unit.app.cli.test_entry import commands

PAGE = "\n".join(drawn(clew, "clew 1.2.3")) + "\n"


def section_of(name: str) -> str:
    return PAGE.partition(f"\n.SS {quoted('clew ' + name)} ")[2].partition("\n.SS ")[0]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_stands_there_with_every_option(name: str) -> None:
    section = section_of(name)
    assert section, name
    for parameter in commands()[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(f"{quoted(option)}" in section for option in parameter.opts), parameter.opts


def test_every_exit_code_stands_there() -> None:
    status = PAGE.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    assert [int(code) for code in re.findall(r"^\\fB(\d+)\\fR$", status, re.M)] == sorted(EXITS)
    assert set(EXITS) >= set(range(7))


def test_where_output_is_no_terminal_the_source_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["man"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(".TH CLEW 1 ")
    assert out.partition("\n")[2] == PAGE.partition("\n")[2]


@given(st.text(st.characters(blacklist_categories=("C", "Z")), max_size=40))
def test_no_text_is_a_request_or_an_escape(text: str) -> None:
    written = quoted(text)
    assert not written.startswith((".", "'"))
    assert re.sub(r"\\(?:\((?:dq|ha|ti)|[e&-])", "", written).count("\\") == 0


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_warn_of_and_shows_the_words_as_they_are() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-rLL=300n", "-Tascii", "-P-cbou"],
        input=PAGE,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    for words in ('clew ask "who calls send_task?"', "clew callers Task.run", "--rerank / --no-rerank", "CLEW_*"):
        assert words in done.stdout
