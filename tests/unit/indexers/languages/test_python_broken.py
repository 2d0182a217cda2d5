"""Source that somebody is still writing: any one name may be missing, and the rest of the file is read all the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexers.languages import extract

FIXTURES = sorted(Path("tests/fixtures/python").rglob("*.py"))
_NAME = re.compile(rb"\b[A-Za-z_]\w*\b")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_file_that_lacks_a_name_is_read(path: Path) -> None:
    source = path.read_bytes()
    names = [match.span() for match in _NAME.finditer(source)]
    for start, end in names[:: max(1, len(names) // 60)]:
        extract("python", source[:start] + source[end:])


@pytest.mark.parametrize(
    "source",
    ["x = 1 +\nf()", "x = + y", "d = {a: }", "x = {, 1}", "f(, *, **)", "with as x: pass", "for in y: pass", "x[", "a. = 1", "del", "return not", "x = lambda: ", "assert ,", "f'{}' % ", "a < ", "@\ndef f(): ..."],
)  # fmt: skip
def test_a_line_that_breaks_off_is_read(source: str) -> None:
    extract("python", source.encode())
    extract("python", f"def f(a):\n    {source}".encode())
