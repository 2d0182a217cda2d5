from __future__ import annotations

import time

import pytest

from models.extractive import asked_words, best_paragraph, best_window, first_paragraph, says_something


def test_the_window_holds_the_rare_words_of_the_question() -> None:
    lines = ["x = 1"] * 10 + ["retry = countdown(backoff)"] + ["x = 1"] * 10
    start, end = best_window(lines, asked_words("how is the retry backoff computed"), 5)
    assert end - start == 5
    assert start <= 10 < end


def test_a_short_text_is_taken_whole() -> None:
    assert best_window(["a", "b"], asked_words("b"), 5) == (0, 2)


def test_prose_is_preferred_to_the_code_beside_it() -> None:
    lines = ["# Backups", "", "Write a backup with dump.", "", "```", "backup(dump)", "", "more()", "```"]
    assert best_paragraph(lines, asked_words("how to write a backup"), 10) == (2, 3)


def test_a_heading_alone_brings_its_paragraph() -> None:
    lines = ["# Retry backoff jitter", "", "It waits."]
    assert best_paragraph(lines, asked_words("retry backoff jitter"), 10) == (0, 3)


def test_the_first_paragraph_is_one_line_and_bounded() -> None:
    assert first_paragraph("One\ntwo.\n\nThree.") == "One two."
    assert first_paragraph("word " * 100, 20).endswith(" …")
    assert len(first_paragraph("word " * 100, 20)) <= 22


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("## Table of Contents\n\n- [Install](#install)\n- [How to use it](#use)\n- [Licence](#licence)\n", False),
        ("![badge](https://ci/x.svg) [![b](https://x/y.svg)](https://x)\n", False),
        (".. contents::\n    :local:\n.. currentmodule:: shop.orders\n", False),
        ("# A heading\n", False),
        ("An order is paid once, then shipped.\n", True),
        ("See [the guide](guide.md) for how orders are retried and when that ends.\n", True),
        ("`Open <https://x.org>`_ `More of it <https://y.org>`_\n", False),
    ],
)
def test_what_a_document_states(text: str, said: bool) -> None:
    assert says_something(text) is said


def test_a_list_of_links_and_a_literal_block_give_way_to_prose() -> None:
    lines = [
        "- [Orders retry](#r)",
        "- [Retry orders](#o)",
        "",
        "Orders retry like this::",
        "",
        "    retry(orders)",
        "    orders.retry()",
        "",
        "Failed orders retry.",
    ]
    assert best_paragraph(lines, asked_words("retry orders"), 9) in {(3, 7), (8, 9)}


def test_licences_and_tags_are_no_description() -> None:
    assert first_paragraph("MIT License http://x.org\nAuthor B\n\nKeeps orders.") == "Keeps orders."
    assert first_paragraph("Copyright 2020 B. All rights reserved.") == ""
    assert (
        first_paragraph("Keeps an order. @param {Order} order the order @returns {void} nothing") == "Keeps an order."
    )
    assert first_paragraph("@type {Order}") == ""


@pytest.mark.parametrize("hostile", ["[" * 40_000, " " * 40_000 + "x", "```\n" * 9_000, "`a <" * 9_000, "a\n=" * 9_000])
def test_a_hostile_document_takes_no_time(hostile: str) -> None:
    started = time.process_time()
    says_something(hostile)
    first_paragraph(hostile)
    assert time.process_time() - started < 2


def test_of_a_long_paragraph_the_lines_that_answer_are_taken() -> None:
    lines = [
        "# Settings",
        "",
        *[f"Line {number} of it." for number in range(20)],
        "The retry limit is five.",
        "It ends.",
    ]
    first, past = best_paragraph(lines, asked_words("retry limit"), 4)
    assert past - first == 4
    assert first <= lines.index("The retry limit is five.") < past
