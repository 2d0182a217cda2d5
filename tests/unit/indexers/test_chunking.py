from __future__ import annotations

import numpy as np
import pytest

from indexers.chunking import WINDOW_LINES, owned_stretches, terms_of
from indexers.facts import Definition, FileFacts, Flag, Scope, ScopeKind
from indexers.naming import local_names
from knowledge.terms import FileTerms, decode_terms, encode_terms, number_type
from tests.contract.sources import SHOP, python_facts

RETRY = SHOP["shop/retry.py"]


class Decoded:
    """A payload as Python values: one dict of term -> weight a chunk."""

    def __init__(self, payload: bytes) -> None:
        raw: FileTerms = decode_terms(payload)
        self.vocabulary = raw.vocabulary.decode().split("\n") if raw.vocabulary else []
        self.definitions = np.frombuffer(raw.chunk_definition, np.int32).tolist()
        self.spans = list(
            zip(
                np.frombuffer(raw.chunk_start, np.int32).tolist(),
                np.frombuffer(raw.chunk_end, np.int32).tolist(),
                strict=True,
            )
        )
        self.digests = np.frombuffer(raw.chunk_digest, np.uint64).tolist()
        terms = np.frombuffer(raw.posting_term, number_type(len(self.vocabulary))).tolist()
        weights = np.frombuffer(raw.posting_weight, np.float16).tolist()
        self.chunks: list[dict[str, float]] = []
        at = 0
        for count in np.frombuffer(raw.posting_count, np.int32).tolist():
            rows = zip(terms[at : at + count], weights[at : at + count], strict=True)
            self.chunks.append({self.vocabulary[term]: weight for term, weight in rows})
            at += count


def decoded(text: str, facts: FileFacts | None = None) -> Decoded:
    facts = facts or python_facts(text)
    return Decoded(terms_of(facts, text.encode(), local_names(facts)))


def test_each_line_belongs_to_its_innermost_definition() -> None:
    found = decoded(RETRY)
    by_definition = dict(zip(found.definitions, found.chunks, strict=True))
    names = [definition.name for definition in python_facts(RETRY).definitions]
    owner, delay = by_definition[names.index("RetryPolicy")], by_definition[names.index("next_delay")]
    assert "decid" in owner
    assert "attempt" not in owner
    assert {"second", "attempt", "next_delay"} <= delay.keys()
    assert "decid" not in delay
    assert "policy" in by_definition[-1]


def test_the_name_weighs_more_than_the_body() -> None:
    found = decoded("def retry(call):\n    call()\n    call()\n    call()\n")
    assert found.chunks[0]["retry"] > found.chunks[0]["call"]


def test_a_definition_shows_its_own_lines() -> None:
    found = decoded(RETRY)
    assert (8, 10) in found.spans
    assert (3, 13) in found.spans


def test_a_long_function_is_cut_into_windows_that_all_bear_its_name() -> None:
    text = "def long_one():\n" + "".join(f"    step_{number}()\n" for number in range(2 * WINDOW_LINES))
    found = decoded(text)
    windows = [
        (span, chunk) for span, chunk, of in zip(found.spans, found.chunks, found.definitions, strict=True) if of == 0
    ]
    assert [span for span, _ in windows] == [(1, 200), (201, 400), (401, 401)]
    assert all("long_one" in chunk for _, chunk in windows)


def test_a_line_of_two_megabytes_is_cut() -> None:
    found = decoded("x = '" + "word " * 400_000 + "'\n", FileFacts("python", 1))
    assert found.chunks[0]["word"] < 20_000


def test_the_comment_above_a_function_is_its_own() -> None:
    text = "// start\n\n// Opens the vault.\n// Slowly.\nfunc Open() {}\n"
    facts = FileFacts("go", 5)
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    facts.definitions.append(Definition("Open", "function", 0, -1, 5, 6, 5, 5))
    found = decoded(text, facts)
    chunk = found.chunks[found.definitions.index(0)]
    assert {"vault", "slowly"} <= chunk.keys()
    assert "start" not in chunk
    assert found.spans[found.definitions.index(0)] == (5, 5)


def test_prototypes_own_nothing_and_neighbours_on_one_line_share_it() -> None:
    facts = FileFacts("c", 2)
    facts.scopes.append(Scope(ScopeKind.MODULE, -1, -1))
    facts.definitions.append(Definition("a", "function", 0, -1, 1, 1, 1, 1, flags=Flag.DECLARATION))
    facts.definitions.append(Definition("b", "function", 0, -1, 2, 1, 2, 2))
    facts.definitions.append(Definition("c", "function", 0, -1, 2, 20, 2, 2))
    owned = owned_stretches(facts, [b"int a();", b"int b() {} int c() {}", b""])
    assert owned == {-1: [(1, 1), (3, 3)], 1: [(2, 2)], 2: [(2, 2)]}


def test_a_digest_follows_the_text_and_not_the_place() -> None:
    moved = decoded("\n\n" + RETRY)
    edited = decoded(RETRY.replace("2 ** attempt", "3 ** attempt"))
    before = decoded(RETRY)
    assert set(before.digests) - set(moved.digests) <= {before.digests[before.definitions.index(-1)]}
    assert len(set(before.digests) - set(edited.digests)) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "   \n"])
def test_blank_files_have_no_chunks(text: str) -> None:
    assert decoded(text).chunks == []


def test_another_version_is_refused() -> None:
    terms = decode_terms(terms_of(python_facts(RETRY), RETRY.encode(), local_names(python_facts(RETRY))))
    terms.version = 99
    with pytest.raises(ValueError, match="99"):
        decode_terms(encode_terms(terms))
    with pytest.raises(ValueError):
        decode_terms(b"\xff\x00")
