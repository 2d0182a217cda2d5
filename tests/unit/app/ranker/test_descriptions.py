from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from app.ranker.descriptions import described_cases, first_sentence, without_descriptions

SOURCE = b'"""Module."""\n\n\nclass A:\n    """Of\n    two lines."""\n\n    def f(self):\n        """Say."""\n        return "kept"\n'


def test_docstrings_go_and_lines_stay() -> None:
    bare = without_descriptions("a.py", SOURCE)
    assert b"Module" not in bare and b"two lines" not in bare and b"Say" not in bare
    assert b'"kept"' in bare
    assert bare.count(b"\n") == SOURCE.count(b"\n")
    ast.parse(bare)
    assert without_descriptions("a.py", b"def (") == b"def ("


GO = b"""// Package shop stays.
package shop

var rate = 3 // stays

// Total returns the price of all items.
// It never fails.
func (c *Cart) Total() int {
	// stays too
	return rate
}
"""
JAVA = b"""class Cart {
  /**
   * Tells whether nothing is in it.
   * @return true for nothing
   */
  boolean isEmpty() { return true; }
}
"""


@pytest.mark.parametrize(
    ("path", "source", "gone"), [("a.go", GO, b"price of all"), ("A.java", JAVA, b"Tells whether")]
)
def test_comments_above_definitions_go_and_lines_stay(path: str, source: bytes, gone: bytes) -> None:
    bare = without_descriptions(path, source)
    assert gone in source and gone not in bare
    assert bare.count(b"\n") == source.count(b"\n")
    kept = [
        line for line in source.split(b"\n") if not line.lstrip().startswith((b"//", b"/*", b"*")) or b"stays" in line
    ]
    assert [line for line in bare.split(b"\n") if line] == [line for line in kept if line]


def test_what_is_no_source_stays() -> None:
    assert without_descriptions("README.md", b"// Total returns") == b"// Total returns"


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("Total returns the price.\nIt never fails.", "returns the price."),
        ("Return e.g. this\nand that. No more.", "Return e.g."),
        ("Tells whether nothing\nis in it\n@return true", "Tells whether nothing is in it"),
        ("Price of all\n\nLong story.", "Price of all"),
        ("", ""),
    ],
)
def test_the_first_sentence_asks(said: str, question: str) -> None:
    assert first_sentence(said, "Total") == question


def test_functions_are_asked_for_by_what_is_said_of_them_alone(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_bytes(GO)
    (tmp_path / "A.java").write_bytes(JAVA)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "b.py").write_text('def shown():\n    """Show how to pay an order."""\n')
    (tmp_path / "twice.py").write_text(
        "".join(f'def {name}():\n    """Say the same of both of them."""\n\n\n' for name in ("one", "two"))
    )
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    cases = described_cases(tmp_path / ".git", "HEAD", "shop", limit=9)
    assert {(case.query, *case.gold_functions) for case in cases} == {
        ("returns the price of all items.", "a.go::Cart.Total"),
        ("Tells whether nothing is in it.", "A.java::Cart.isEmpty"),
    }
    assert described_cases(tmp_path / ".git", "HEAD", "shop", limit=1) == cases[:1]
