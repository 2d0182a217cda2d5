"""One content: what is kept of it, and that nothing it holds can raise."""

from __future__ import annotations

import gc
import zlib
from pathlib import Path

import pytest

from indexers.facts import decode_facts
from indexers.worker import Analysis, analyse, analyse_files, cache_key, decode_analysis, hash_content

LIMIT = 1_000_000


def analysed(path: Path, language: str = "python", limit: int = LIMIT) -> Analysis:
    ((_, payload),) = analyse_files([(path.name, str(path), language, limit, b"")])
    return decode_analysis(payload)


def of(content: bytes, language: str = "python") -> Analysis:
    return analyse(content, hash_content(content), language)


def test_all_that_a_content_says() -> None:
    content = b'def run():\n    """Run."""\n    return 1\n'
    analysis = of(content)
    assert analysis.content_hash == hash_content(content)
    assert (analysis.byte_count, analysis.line_count, analysis.redactions, analysis.issue) == (len(content), 3, 0, "")
    assert zlib.decompress(analysis.text) == content
    (definition,) = decode_facts(analysis.facts).definitions
    assert (definition.name, definition.line, definition.end_line, definition.docstring) == ("run", 1, 3, "Run.")
    assert analysis.terms


@pytest.mark.parametrize("language", ["python", "go", "markdown", "rst", "toml", "text"])
@pytest.mark.parametrize(("content", "lines"), [(b"", 0), (b"x\n", 1), (b"x", 1), (b"x\ny\n", 2), (b"x\ny", 2)])
def test_lines_are_counted_alike_in_every_language(language: str, content: bytes, lines: int) -> None:
    assert of(content, language).line_count == lines


def test_the_same_content_gives_the_same_bytes() -> None:
    content = b"class A:\n    def f(self): return g()\n" * 20
    first, second = (analyse_files([("a.py", str(Path(__file__)), "python", LIMIT, b"")]) for _ in range(2))
    assert first == second
    assert of(content) == of(content)


def test_a_secret_is_masked_before_anything_is_extracted() -> None:
    secret = "s3cr3t-" + "Hq8Zt5Kx2"
    content = f'def connect(password="{secret}"):\n    """Use password="{secret}"."""\n'.encode()
    analysis = of(content)
    assert analysis.redactions >= 1
    assert secret.encode() not in zlib.decompress(analysis.text) + analysis.facts + analysis.terms
    assert len(zlib.decompress(analysis.text)) == len(content)


def test_files_come_back_in_order_with_what_is_wrong_with_each(tmp_path: Path) -> None:
    contents = {"good.py": b"x = 1\n", "nul.py": b"def f():\n\0\0\0  pass\n", "big.py": b"x = 1\n" * 100}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    given = [(name, str(tmp_path / name), "python", 500, b"") for name in [*contents, "gone.py"]]
    results = [(path, decode_analysis(payload)) for path, payload in analyse_files(given)]
    assert [(path, analysis.issue) for path, analysis in results] == [
        ("good.py", ""),
        ("nul.py", "binary"),
        ("big.py", "too_large"),
        ("gone.py", "unreadable"),
    ]
    assert all(analysis.detail for _, analysis in results[1:])
    assert not any(analysis.text or analysis.facts or analysis.terms for _, analysis in results[1:])
    assert not any(analysis.content_hash for _, analysis in results[2:]), "what was not read whole has no hash"


def test_what_breaks_an_extractor_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(language: str, text: bytes, macros: object) -> object:
        raise ValueError("a bug of the extractor")

    monkeypatch.setattr("indexers.worker.extract", broken)
    (tmp_path / "a.py").write_text("x = 1\n")
    analysis = analysed(tmp_path / "a.py")
    assert (analysis.issue, analysis.detail) == ("crashed", "ValueError: a bug of the extractor")


def test_an_interrupt_is_no_fault_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(language: str, text: bytes, macros: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("indexers.worker.extract", interrupted)
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(KeyboardInterrupt):
        analysed(tmp_path / "a.py")


def test_too_deep_a_nesting_is_reported_and_the_text_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(language: str, text: bytes, macros: object) -> object:
        return too_deep(language, text, macros)

    monkeypatch.setattr("indexers.worker.extract", too_deep)
    content = b"x = 1\nneedle = 1\n"
    analysis = of(content)
    assert (analysis.issue, analysis.line_count) == ("", 2)
    assert zlib.decompress(analysis.text) == content
    assert [issue.reason for issue in decode_facts(analysis.facts).issues] == ["syntax"]
    assert analysis.terms


def test_a_key_holds_the_content_the_language_and_the_versions() -> None:
    keys = {
        cache_key("a", "python"),
        cache_key("a", "markdown"),
        cache_key("b", "python"),
        cache_key("a", "python", "h"),
    }
    assert len(keys) == 4
    assert hash_content(b"a") != hash_content(b"b")
    assert len(hash_content(b"")) == 32


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "import a\nclass C(B):\n    def m(self): self.x = lambda q: [a.g(y) for y in q]\n"),
        ("go", "package a\nfunc f(x int) { g(x); y := func() int { return 1 }; y() }\n"),
        ("java", "class A { int f(int x) { return g(x -> x + 1); } }\n"),
        ("c", "int f(int x) { return g(x); }\n"),
        ("cpp", "struct A { int f() { return g([](int x) { return x; }); } };\n"),
        ("javascript", "class C { m(x) { this.x = a.g(x, () => 1); } }\n"),
        ("typescript", "class C<T> { m(a: T | string) { if (typeof a === 'string') a.b(); return () => this; } }\n"),
    ],
)
def test_a_walk_leaves_nothing_for_the_collector_of_garbage(language: str, source: str) -> None:
    of(source.encode(), language)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        gc.collect()
        of(source.encode(), language)
        assert gc.collect() == 0
    finally:
        if was_enabled:
            gc.enable()
