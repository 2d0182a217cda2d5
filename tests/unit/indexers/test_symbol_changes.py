"""Which symbols two texts of a file differ in: code counts, layout and comments do not."""

from __future__ import annotations

import pytest

from indexers.symbol_changes import changed_symbols
from knowledge.changes import Effect

PYTHON = b'''"""A shop."""

RATE = 1


class Order(Base):
    """What a customer wants."""

    def total(self, tax=0):
        """Sum it."""
        return sum(self.lines) + tax

    def empty(self):
        def inner():
            return not self.lines
        return inner()
'''


def effects(language: str, before: bytes | None, after: bytes | None) -> dict[str, Effect]:
    return {one.local_name: one.effect for one in changed_symbols("a", language, before, after)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"sum(self.lines) + tax", b"sum(self.lines) - tax", {"Order.total": Effect.BODY}),
        (b"tax=0", b"tax=1", {"Order.total": Effect.SIGNATURE}),
        (b"(Base)", b"(Base, Other)", {"Order": Effect.SIGNATURE}),
        (b"    def empty", b"    @property\n    def empty", {"Order.empty": Effect.SIGNATURE}),
        (b"RATE = 1", b"RATE = 2", {"RATE": Effect.BODY}),
        (b"not self.lines", b"len(self.lines) == 0", {"Order.empty.inner": Effect.BODY}),
        (b"return inner()", b"return bool(inner())", {"Order.empty": Effect.BODY}),
        (b"def total", b"def sum_up", {"Order.total": Effect.REMOVED, "Order.sum_up": Effect.ADDED}),
        (b"Sum it.", b"Add it up.", {}),
        (
            b"return sum(self.lines) + tax",
            b"# why not\n        return (\n            sum(self.lines)\n            + tax)",
            None,
        ),
        (b"class Order", b"\n\n# far below\nclass Order", {}),
        (b"self, tax=0", b"self,  tax=0", {}),
    ],
)
def test_each_edit_changes_the_symbols_that_it_is_in(
    old: bytes, new: bytes, expected: dict[str, Effect] | None
) -> None:
    assert PYTHON.count(old) == 1
    found = effects("python", PYTHON, PYTHON.replace(old, new))
    assert found == ({"Order.total": Effect.BODY} if expected is None else expected)


def test_a_new_and_a_deleted_file_have_all_their_symbols() -> None:
    names = {"RATE", "Order", "Order.total", "Order.empty", "Order.empty.inner"}
    assert effects("python", None, PYTHON) == dict.fromkeys(names, Effect.ADDED)
    assert effects("python", PYTHON, None) == dict.fromkeys(names, Effect.REMOVED)
    assert effects("python", PYTHON, PYTHON) == {}


@pytest.mark.parametrize(
    ("language", "before", "after", "expected"),
    [
        ("go", b"package a\n\nfunc (s *Server) Run(n int) { go s.loop() }\n", b"package a\n\nfunc (s *Server) Run(n int, ok bool) { go s.loop() }\n", {"Server.Run": Effect.SIGNATURE}),
        ("rust", b"impl Db { fn open(&self) -> u8 { 1 } }\n", b"impl Db { fn open(&self) -> u8 { /* two */ 2 } }\n", {"Db.open": Effect.BODY}),
        ("java", b"class A { int f() { return 1; } }\n", b"class A { long f() { return 1; } }\n", {"A.f": Effect.SIGNATURE}),
        ("typescript", b"export function f(a: string) { return a }\n", b"export function f(a: number) { return a }\n", {"f": Effect.SIGNATURE}),
        ("javascript", b"const f = (a) => a\n", b"const f = (a) => { /* as is */ return a }\n", {"f": Effect.BODY}),
        ("c", b"int f(void) { return 1; }\n", b"int f(void)\n{\n  return 1; /* one */\n}\n", {}),
        ("cpp", b"struct A { int f(); };\nint A::f() { return 1; }\n", b"struct A { int f(); };\nint A::f() { return 2; }\n", None),
    ],
)  # fmt: skip
def test_the_other_languages_likewise(
    language: str, before: bytes, after: bytes, expected: dict[str, Effect] | None
) -> None:
    found = effects(language, before, after)
    if expected is None:
        assert set(found.values()) == {Effect.BODY}
        assert all(name.startswith("A.f") for name in found)
    else:
        assert found == expected


def test_lines_and_signatures_are_those_after_the_change_and_before_it_for_what_is_gone() -> None:
    after = PYTHON.replace(b"RATE = 1\n", b"").replace(b"tax=0", b"tax=2")
    gone, declared = changed_symbols("a.py", "python", PYTHON, after)
    assert (gone.local_name, gone.line) == ("RATE", 3)
    assert (declared.local_name, declared.line) == ("Order.total", 8)
    assert ["tax=0" in declared.signature[0], "tax=2" in declared.signature[1]] == [True, True]


def test_a_secret_is_told_as_changed_and_never_shown() -> None:
    old, new = (b'AWS_KEY = "AKIA%s"\n' % tail for tail in (b"Q3EGRIB2X6TQ7YPL", b"V5NDOWC4M8JR2KSZ"))
    changed = changed_symbols("a.py", "python", old, new)
    assert [(one.local_name, one.effect) for one in changed] == [("AWS_KEY", Effect.BODY)]
    assert not [text for text in changed[0].signature if "AKIA" in text]


def test_a_text_that_does_not_parse_is_compared_as_far_as_it_goes() -> None:
    assert effects("python", PYTHON, PYTHON[: PYTHON.index(b"def empty")] + b"def (")["Order.empty"] is Effect.REMOVED
    deep = b"x = " + b"(" * 3_000 + b"1" + b")" * 3_000 + b"\n"
    assert effects("python", b"x = 1\n", deep).get("x") is Effect.BODY
