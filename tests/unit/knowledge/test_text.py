from __future__ import annotations

import pytest

from knowledge.text import mentions, query_terms, stem, terms_of_word, whole_term, word_counts


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("HTTPServer", "http server httpserver"),
        ("apply_async", "apply async apply_async"),
        ("parseHTTP2Request", "pars http 2 request parsehttp2request"),
        ("__init__", "init"),
        ("MAX_RETRIES", "max retry max_retries"),
        ("i", "i"),
        ("x_pos", "pos x_pos"),
        ("Größe", "größe"),
        ("日本語", "日本 本語 日本語"),
        ("_", ""),
        ("f" * 65, ""),
    ],
)
def test_terms_of_a_word(word: str, terms: str) -> None:
    assert [term.decode() for term in terms_of_word(word.encode())] == terms.split()


@pytest.mark.parametrize(
    "family",
    [
        "retry retries retried retrying",
        "cache caches cached caching",
        "task tasks",
        "process processes processed processing",
        "stop stops stopped stopping",
        "query queries queried",
    ],
)
def test_forms_of_a_word_share_a_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["string str", "status state", "class clas", "thing th", "bus bu", "axis axi", "red r"]
)
def test_different_words_keep_different_stems(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


def test_both_spellings_of_an_identifier_share_their_parts() -> None:
    assert set(terms_of_word(b"retryDelay")[:-1]) == set(terms_of_word(b"retry_delay")[:-1])
    assert whole_term("retryDelay") != whole_term("retry_delay")


def test_words_are_counted_as_written() -> None:
    assert word_counts(b"a.b(a, 'c-d')") == {b"a": 2, b"b": 1, b"c": 1, b"d": 1}


def test_a_question_loses_its_stop_words_unless_there_is_nothing_else() -> None:
    assert set(query_terms("How does the retry work?")) == {b"retry", b"work"}
    assert query_terms("what is this")
    assert query_terms("?!") == {}
    assert query_terms("retry, retry") == {b"retry": 2.0}


def test_mentions_are_what_looks_like_code() -> None:
    found = mentions(
        'Fix `retry` and Task.run in app/task.py when foo_bar() says "no such key", e.g. in main.go. The End'
    )
    assert found.identifiers == ("retry", "Task.run", "foo_bar")
    assert found.paths == ("app/task.py", "main.go")
    assert found.phrases == ("no such key",)


def test_prose_mentions_nothing() -> None:
    found = mentions("Where is the password of a user checked? And who may see it, e.g. an admin.")
    assert (found.identifiers, found.paths, found.phrases) == ((), (), ())


@pytest.mark.parametrize("piece", ["x", "x.", "a/", '"a b ', "`x ", "::", "x_", "aB", "./", "a-"])
def test_a_hundred_kilobytes_of_anything_take_no_time(piece: str) -> None:
    # Quadratic matching took minutes here; linear takes milliseconds, and the suite's patience decides.
    mentions(piece * (100_000 // len(piece)))
