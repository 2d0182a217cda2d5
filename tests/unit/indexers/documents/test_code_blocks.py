"""What blocks of code name, followed through the document's own imports and constructions."""

from __future__ import annotations

import pytest

from indexers.documents.code_blocks import named_in
from indexers.documents.facts import extract_document
from indexers.documents.outline import CodeBlock


def names(language: str, text: str, default: str = "") -> list[str]:
    return [name for name, _, _ in named_in([CodeBlock(language, 1, text)], default)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "from shop import Queue\nq = Queue()\nq.put(1)", ["shop.Queue", "shop.Queue()", "shop.Queue.put()"]),
        ("py", "import shop.jobs as j\nj.run()", ["shop.jobs.run()"]),
        ("pycon", ">>> import shop\n>>> shop.run()\n'printed.call()'\n", ["shop.run()"]),
        ("", ">>> shop.run()\n", ["shop.run()"]),
        ("js", 'import { put } from "./queue"\nput(1)', ["queue.put", "queue.put()"]),
        ("go", "package main\nfunc main() { bbolt.Open(1) }", ["bbolt.Open()"]),
        ("rust", "fn main() { Queue::new(); }", ["Queue.new()"]),
        ("console", "$ shop run()", []),
        ("", "shop.run()", []),
    ],
)
def test_names(language: str, text: str, expected: list[str]) -> None:
    assert names(language, text) == expected


def test_a_block_without_a_language_is_read_where_it_parses() -> None:
    assert names("", "shop.run()", "python") == ["shop.run()"]
    assert names("", "$ pip install (shop", "python") == []


def test_later_blocks_know_what_earlier_ones_built() -> None:
    text = "# A\n\n```python\nfrom shop import App\napp = App()\n```\n\n## B\n\n   ```python\n   app.task()\n   ```\n"
    facts = extract_document("markdown", text.encode())
    assert [(one.path, one.line, one.column) for one in facts.references][-1] == ("shop.App.task()", 11, 8)


def test_rst_blocks_stand_where_they_are_written() -> None:
    text = "A\n=\n\n.. code-block:: python\n   :caption: x\n\n   shop.run()\n\nText::\n\n    shop.stop()\n"
    facts = extract_document("rst", text.encode())
    assert [(one.path, one.line, one.column) for one in facts.references] == [
        ("shop.run()", 7, 9),
        ("shop.stop()", 11, 10),
    ]


def test_a_block_that_breaks_off_loses_nothing() -> None:
    assert names("python", "values = {\n x: 1,\n z:\n}\nshop.run()") == ["shop.run()"]
