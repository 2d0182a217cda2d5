"""HTML pages keep their lines; what surrounds the main part is left out."""

from __future__ import annotations

import html

from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.documents.facts import extract_document
from indexers.documents.formats import render
from indexers.documents.html import LONGEST_LINE_BYTES
from indexers.facts import FileFacts
from tests.unit.indexers.documents.samples import HTML


def extracted(content: bytes) -> tuple[list[str], FileFacts]:
    rendered = render("html", content)
    return rendered.text.decode().split("\n"), extract_document("html", rendered.text, rendered)


def test_each_text_stands_on_the_line_of_the_file() -> None:
    lines, _ = extracted(HTML)
    assert len(lines) == HTML.count(b"\n") + 1
    assert lines[4] == "The Queue class"
    assert lines[5:7] == ["A queue of jobs, first", "in & first out."]
    assert lines[7:11] == ["from shop import Queue", "", "if ready:", "    Queue().put(1)"]
    assert lines[12] == "Limits A queue holds ten jobs at most. One worker."


def test_sections_are_headings_and_terms_with_an_anchor() -> None:
    _, facts = extracted(HTML)
    assert [(one.name, one.line, one.docstring) for one in facts.definitions] == [
        ("The Queue class", 5, "A queue of jobs, first in & first out."),
        ("Limits", 13, "A queue holds ten jobs at most."),
        ("Queue.put(job)", 14, "Adds a job."),
    ]
    assert facts.docstring == "The Queue class\nA queue of jobs, first in & first out."


def test_inline_code_and_blocks_of_code_are_references() -> None:
    _, facts = extracted(HTML)
    assert [(one.path, one.line) for one in facts.references] == [
        ("Queue", 5),
        ("shop.Queue", 8),
        ("shop.Queue()", 11),
        ("shop.Queue.put()", 11),
        ("worker", 13),
    ]


def test_scripts_styles_and_navigation_are_no_text() -> None:
    text = "\n".join(extracted(HTML)[0])
    assert not any(word in text for word in ("Skip", "color", "not a heading", "no\n"))


TERMS = b"""<h2>Parser</h2>
<dl><dt id="parser">class Parser</dt>
<dd><p>Reads.</p>
<dl><dt id="parser.add">add(name)</dt>
<dd><p>Adds <code>shop.Queue</code>.</p></dd></dl>
<p>More of the class.</p></dd>
<dt id="parse">parse()</dt>
<dd>Parses.</dd></dl>
<p>On parsers as such.</p>
<div class="note"><h3>Note</h3><p>Slow.</p></div>
<p>See <code>shop.Order</code>.</p>
<h2>Writer</h2>
"""


def test_a_term_is_a_section_up_to_the_end_of_its_list() -> None:
    _, facts = extracted(TERMS)
    outer = {index: facts.scopes[one.scope].definition for index, one in enumerate(facts.definitions)}

    assert [
        (one.name, one.start_line, one.end_line, facts.definitions[outer[index]].name if outer[index] >= 0 else "")
        for index, one in enumerate(facts.definitions)
    ] == [
        ("Parser", 1, 11, ""),
        ("class Parser", 2, 6, "Parser"),
        ("add(name)", 4, 5, "class Parser"),
        ("parse()", 7, 8, "Parser"),
        ("Writer", 12, 12, ""),
    ]


def test_the_label_of_a_box_is_no_heading() -> None:
    lines, facts = extracted(TERMS)
    assert lines[9] == "Note Slow."
    assert "Note" not in {one.name for one in facts.definitions}


def test_a_name_after_a_list_of_terms_belongs_to_the_heading_around_it() -> None:
    _, facts = extracted(TERMS)
    assert [(one.path, facts.definitions[facts.scopes[one.scope].definition].name) for one in facts.references] == [
        ("shop.Queue", "add(name)"),
        ("shop.Order", "Parser"),
    ]


def test_a_page_without_headings_is_called_by_its_title() -> None:
    _, facts = extracted(b"<title>Only &lt;this&gt;</title><body><p>text</p></body>")
    assert [(one.name, one.docstring) for one in facts.definitions] == [("Only <this>", "text")]


def test_a_page_on_one_line_is_laid_out_anew() -> None:
    body = "".join(f"<h2>Part {n}</h2><p>About # {n}: {'word ' * 40}</p>" for n in range(30))
    lines, facts = extracted(f"<body>{body}</body>".encode())
    assert len(body) > LONGEST_LINE_BYTES
    assert [one.name for one in facts.definitions] == [f"Part {n}" for n in range(30)]
    assert lines[facts.definitions[3].line - 1] == "## Part 3"
    assert len({one.line for one in facts.definitions}) == 30


def test_deep_and_unclosed_markup_ends() -> None:
    lines, _ = extracted(b"<div>" * 10_000 + b"<p>deep</p>")
    assert "deep" in lines[0]


def test_a_secret_that_is_masked_later_is_in_no_heading() -> None:
    rendered = render("html", b"<h1>token ghp_x</h1><p>and ghp_x</p>\n")
    facts = extract_document("html", rendered.text.replace(b"ghp_x", b"*****"), rendered)
    assert [(one.name, one.docstring) for one in facts.definitions] == [("token *****", "and *****")]


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=20
)


@given(st.lists(_WORDS, max_size=8))
@settings(max_examples=60, deadline=None)
def test_every_word_stays_on_its_line(words: list[str]) -> None:
    page = "<main>\n" + "".join(f"<p>{html.escape(one)}</p>\n" for one in words) + "</main>\n"
    lines, _ = extracted(page.encode())
    assert [" ".join(line.split()) for line in lines[1 : 1 + len(words)]] == [" ".join(one.split()) for one in words]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_broken_pages_never_fail(data: st.DataObject) -> None:
    page = bytearray(HTML)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(page)))
        page[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    lines, facts = extracted(bytes(page))
    assert all(1 <= one.start_line <= one.end_line <= len(lines) for one in facts.definitions)
