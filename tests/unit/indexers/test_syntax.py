"""A change that no longer reads is told by line; what was broken before is nobody's fault."""

from __future__ import annotations

import pytest

from indexers.syntax import new_errors


@pytest.mark.parametrize(
    ("path", "before", "after", "lines"),
    [
        ("a.py", b"def f():\n    return 1\n", b"def f():\n    return 2\n", []),
        ("a.py", b"def f():\n    return 1\n", b"def f(:\n    return 2\n", [1]),
        ("a.py", b"def f():\n    return 1\n", b"def f():\nreturn 2\n", [2]),
        ("a.py", b"def f(:\n    pass\n", b"def f(:\n    pass\n\nx = 1\n", []),
        ("a.go", b"package a\n\nfunc f() int { return 1 }\n", b"package a\n\nfunc f() int { return ( }\n", [3]),
        ("a.ts", b"const a: number = 1;\n", b"const a: number = ;\n", [1]),
        ("A.java", b"class A { int f() { return 1; } }\n", b"class A { int f() { return 1; }\n", [1]),
        ("a.rs", b"fn f() -> i32 { 1 }\n", b"fn f() -> i32 { 1 \n", [1]),
        ("a.c", b"int f(void) { return 1; }\n", b"int f(void) { return 1 }\n", [1]),
        ("a.txt", b"x", b"((((", []),
        ("new.py", None, b"x = 1\n", []),
        ("new.py", None, b"x = = 1\n", [1]),
        ("deep.py", None, b"x = " + b"not " * 9_000 + b"1\n", [1]),
    ],
)
def test_new_errors(path: str, before: bytes | None, after: bytes, lines: list[int]) -> None:
    assert new_errors(path, before, after) == lines
