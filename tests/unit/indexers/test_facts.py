"""Facts survive their encoding, and what is not of this version is refused."""

from __future__ import annotations

import msgspec
import pytest

from indexers.facts import (
    Assignment,
    Call,
    Definition,
    FileFacts,
    Flag,
    Import,
    Parameter,
    ParseIssue,
    Reference,
    Return,
    Scope,
    ScopeKind,
    decode_facts,
    decode_issues,
    encode_facts,
    issue_of,
)
from indexers.languages import extract
from knowledge.schema import FileIssue


def full() -> FileFacts:
    return FileFacts(
        "python", 9, "pkg", "doc",
        [Scope(ScopeKind.MODULE, -1, -1), Scope(ScopeKind.CLASS, 0, 0)],
        [Definition("Größe", "class", 0, 1, 1, 7, 1, 9, "class Größe(B)", "doc", "t", "r", ["B"], ["I"], ["d()"],
                    [Parameter("x", "int", Flag.DEFAULT | Flag.VARIADIC)], Flag.EXPORTED | Flag.MACRO)],
        [Import(0, "..a", "*", "", 2, 1, Flag.REEXPORT)],
        [Assignment(1, "self.x", "f()", "int", 3)],
        [Call(1, "self.x.run", 2, 4, 5, Flag.CONSTRUCTION)],
        [Reference(0, "a.b", 5, 6)],
        [Return(1, "self")],
        [ParseIssue(7, "syntax", "missing )")],
    )  # fmt: skip


def test_every_field_survives() -> None:
    facts = full()
    again = decode_facts(encode_facts(facts))
    assert again == facts
    assert again.definitions[0].flags & Flag.MACRO
    assert encode_facts(again) == encode_facts(facts)
    assert decode_issues(encode_facts(facts)) == facts.issues


def test_extracted_facts_survive() -> None:
    facts = extract("python", b"import os\n\n\nclass A(os.PathLike):\n    def f(self, x=1): return self.g(x)\n")
    assert decode_facts(encode_facts(facts)) == facts


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x93\x01\x02\x03", encode_facts(full())[:-3]])
def test_a_damaged_payload_is_refused(payload: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_facts(payload)
    with pytest.raises(msgspec.DecodeError):
        decode_issues(payload)


def test_no_two_files_share_their_lists() -> None:
    first, second = FileFacts("python", 1), FileFacts("python", 1)
    first.calls.append(Call(0, "f", 0, 1, 1))
    assert second.calls == []


def test_an_issue_of_a_part_says_that_the_rest_is_covered() -> None:
    assert issue_of("a.py", ParseIssue(3, "syntax", "odd")) == FileIssue("a.py", "syntax", "odd", 3, covered=True)
