"""Words by number: where they begin, and that a question finds by number what it finds by reading."""

from __future__ import annotations

import threading
from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from tools.passages import Passage, Wanted
from tools.vocabulary import Vocabulary

pieces = st.sampled_from(
    [
        "error",
        "Error",
        "Bars",
        "bars",
        "HTTP",
        "Server",
        "errors",
        "retry",
        "retries",
        "try",
        "re",
        "x",
        "21",
        "2",
        "_",
        "-",
        " ",
    ]
    + ["\n", "é", "É", "—", "“", ".", "compress", "ION", "delete", "remove", "a", "B"]
)
texts = st.lists(pieces, max_size=40).map("".join)


def rarities(words: Collection[str]) -> dict[str, float]:
    return dict.fromkeys(words, 2.0)


def words(text: str) -> list[tuple[int, str]]:
    vocabulary = Vocabulary()
    numbers, starts = vocabulary.read(text)
    return [(start, vocabulary.words[number]) for number, start in zip(numbers, starts, strict=True)]


def test_words_begin_at_runs_inner_capitals_and_digits() -> None:
    assert words("readCsv2 x_HTTPServer") == [(0, "readCsv"), (4, "Csv"), (7, "2"), (9, "x"), (11, "HTTPServer")]
    assert words("“Retry—now”") == [(1, "Retry—now”"), (7, "now”")]
    assert words("") == words("-_- …") == []


def test_a_word_has_one_number_and_is_found_by_its_beginning() -> None:
    vocabulary = Vocabulary()
    numbers, _ = vocabulary.read("Retry retrying Retry 12 123")
    assert numbers[0] == numbers[2]
    assert [vocabulary.words[number] for number in vocabulary.beginning_with("retr")] == ["Retry", "retrying"]
    assert [vocabulary.words[number] for number in vocabulary.beginning_with("retryi")] == ["retrying"]
    assert [vocabulary.words[number] for number in vocabulary.beginning_with("12")] == ["12"]
    assert list(vocabulary.beginning_with("zzz")) == []


@given(texts, st.lists(texts, min_size=1, max_size=3))
def test_a_question_finds_by_number_what_it_finds_by_reading(query: str, found: list[str]) -> None:
    wanted, vocabulary = Wanted(query, rarities), Vocabulary()
    if wanted.features(Passage("", "", "")):
        for text in found:
            passage = Passage(text[:9], query, text, vocabulary)
            assert wanted._found(passage) == tuple(map(wanted._read, (passage.heading, passage.outer, passage.text)))


def test_threads_number_alike() -> None:
    vocabulary = Vocabulary()
    text = " ".join(f"word{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(600))
    read: list[list[int]] = []
    threads = [threading.Thread(target=lambda: read.append(vocabulary.read(text)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read[0] == read[1] == read[2] == read[3]
    assert len(vocabulary) == len(set(vocabulary.words)) == 600
