from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import ClewError, ConfigError, InputError, StoreUnavailable
from configs.release import Releases
from indexers.naming import local_names
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import SymbolKind
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tests.contract.sources import GUIDE, SHOP, guide_facts, python_facts, shop_entries
from tools.candidates import Candidate
from tools.dense import DenseHit
from tools.fusion import FIXED
from tools.placing import CROWDING, spread
from tools.search import Retriever, with_compounds

WEIGHTS = Releases().get("default").retrieval.weights


def indexed(folder: Path) -> tuple[SqliteCodeGraph, LexicalSearch]:
    """Return graph and lexical index of the shop."""
    builder = SnapshotBuilder("shop")
    for path, text in SHOP.items():
        builder.file(path, text, is_test=path.startswith("tests/"))
        facts = python_facts(text)
        for name, definition in zip(local_names(facts), facts.definitions, strict=True):
            builder.symbol(path, name, SymbolKind(definition.kind), definition.start_line, definition.end_line)
    builder.file("docs/guide.md", GUIDE, language="markdown")
    for name, definition in zip(local_names(guide_facts()), guide_facts().definitions, strict=True):
        builder.symbol("docs/guide.md", name, SymbolKind.SECTION, definition.start_line, definition.end_line)
    graph = SqliteCodeGraph(folder / "graph.db")
    graph.replace_repository(builder.build())
    LexicalWriter(folder / "lexical").build("shop", 1, shop_entries())
    return graph, LexicalSearch(
        folder / "lexical", lambda scope: {info.name: info.generation for info in graph.repositories(scope)}
    )


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[SqliteCodeGraph, LexicalSearch]]:
    graph, lexical = indexed(tmp_path)
    yield graph, lexical
    lexical.close()
    graph.close()


@pytest.fixture
def retriever(parts: tuple[SqliteCodeGraph, LexicalSearch]) -> Retriever:
    return Retriever(*parts, None, WEIGHTS)


class ScriptedDense:
    """Answers every question with `found`, or fails."""

    def __init__(self, found: list[DenseHit], error: ClewError | None = None) -> None:
        self.found, self.error = found, error

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        if self.error:
            raise self.error
        return self.found[:top_k]


def test_a_symbol_result_shows_the_symbols_own_lines(retriever: Retriever) -> None:
    best = retriever.search_code(EVERYTHING, "seconds of the back-off delay")[0]
    assert (best.symbol, best.kind) == ("shop.retry.RetryPolicy.next_delay", "method")
    assert (best.path, best.start_line, best.end_line) == ("shop/retry.py", 8, 10)
    assert best.symbol_id == "shop:shop/retry.py#RetryPolicy.next_delay"
    assert "back" in best.why


def test_a_named_symbol_comes_first_whatever_the_other_words_say(retriever: Retriever) -> None:
    query = "attempt limit delay seconds back-off policy: where is `Cart.add_item`"
    best = retriever.search_code(EVERYTHING, query)[0]
    assert best.symbol == "shop.cart.Cart.add_item"
    assert best.why.startswith("named Cart.add_item; name match; terms:")


def test_a_short_query_is_a_name_too(retriever: Retriever) -> None:
    assert retriever.search_code(EVERYTHING, "checkout")[0].why.startswith("named checkout")


def test_one_row_a_file(retriever: Retriever) -> None:
    rows = retriever.search_code(EVERYTHING, "cart items total price", kind="file")
    assert rows[0].path == "shop/cart.py"
    assert {row.kind for row in rows} == {"file"}
    assert len({row.path for row in rows}) == len(rows)


def test_functions_alone_where_they_are_asked_for(retriever: Retriever) -> None:
    query = "cart items total price"
    symbols = retriever.search_code(EVERYTHING, query, top_k=20)
    functions = retriever.search_code(EVERYTHING, query, kind="function", top_k=20)
    assert "class" in {row.kind for row in symbols}
    assert [row.symbol for row in functions] == [row.symbol for row in symbols if row.kind in {"function", "method"}]


def test_what_only_declares_steps_back(tmp_path: Path) -> None:
    assert FIXED["declaration"] < 0
    builder = SnapshotBuilder("shop")
    for path in ("a/refund.pyi", "b/refund.py"):
        builder.file(path, "def refund(order): ...\n")
        builder.symbol(path, "refund", line=1)
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as graph:
        graph.replace_repository(builder.build())
        retriever = Retriever(graph, LexicalSearch(tmp_path / "lexical", lambda scope: {}), None, WEIGHTS)
        rows = retriever.search_code(EVERYTHING, "refund", kind="function")
    assert [row.path for row in rows] == ["b/refund.py", "a/refund.pyi"]


def test_test_code_steps_back(retriever: Retriever) -> None:
    rows = [row.path for row in retriever.search_code(EVERYTHING, "total_price of cart", kind="file")]
    assert rows.index("shop/cart.py") < rows.index("tests/test_cart.py")
    asked = retriever.search_code(EVERYTHING, "which tests cover total price of the cart", kind="file")
    assert asked[0].path == "tests/test_cart.py"


def test_sections_are_found_by_search_docs_only(retriever: Retriever) -> None:
    best = retriever.search_docs(EVERYTHING, "are invoices accepted")[0]
    assert (best.path, best.start_line, best.end_line, best.kind) == ("docs/guide.md", 5, 7, "section")
    assert all(row.path != "docs/guide.md" for row in retriever.search_code(EVERYTHING, "Paying"))
    assert all(row.path == "docs/guide.md" for row in retriever.search_docs(EVERYTHING, "checkout Paying"))


def test_a_quoted_string_leads_to_the_symbol_around_it(retriever: Retriever) -> None:
    best = retriever.search_code(EVERYTHING, 'where do we say "sum(item.price for item" about the cart')[0]
    assert best.symbol == "shop.cart.Cart.total_price"
    assert best.why.startswith("contains")


def test_a_scope_is_never_crossed(retriever: Retriever) -> None:
    nobody = Scope(frozenset({"other"}))
    assert retriever.search_code(nobody, "`Cart.add_item` checkout") == []
    assert retriever.search_docs(nobody, "invoices") == []


def test_dense_neighbours_join_and_reorder(parts: tuple[SqliteCodeGraph, LexicalSearch]) -> None:
    hits = [("shop/cart.py", "checkout", 0.9), ("gone.py", "gone", 0.8)]
    dense = ScriptedDense([DenseHit("shop", path, f"shop:{path}#{name}", score) for path, name, score in hits])
    found = Retriever(*parts, dense, WEIGHTS | {"symbol.dense": 20.0}).search_code(
        EVERYTHING, "give up after some attempts"
    )
    assert found[0].symbol == "shop.cart.checkout"
    assert found[0].why == "related words"
    assert "shop.retry.RetryPolicy.give_up" in [row.symbol for row in found]
    without = Retriever(*parts, None, WEIGHTS)
    assert "shop.cart.checkout" not in [row.symbol for row in without.search_code(EVERYTHING, "give up")]


def test_text_search_goes_on_when_the_vectors_fail(
    parts: tuple[SqliteCodeGraph, LexicalSearch], caplog: pytest.LogCaptureFixture
) -> None:
    broken = ScriptedDense([], StoreUnavailable("gone"))
    best = Retriever(*parts, broken, WEIGHTS).search_code(EVERYTHING, "give up after some attempts")[0]
    assert best.symbol == "shop.retry.RetryPolicy.give_up"
    assert "gone" in caplog.text


def test_weights_of_the_release_decide(parts: tuple[SqliteCodeGraph, LexicalSearch]) -> None:
    query = "total_price of cart"
    tests_first = Retriever(*parts, None, WEIGHTS | {"file.test": 50.0})
    tests_last = Retriever(*parts, None, WEIGHTS | {"file.test": -50.0})
    assert tests_first.search_code(EVERYTHING, query, kind="file")[0].path == "tests/test_cart.py"
    assert tests_last.search_code(EVERYTHING, query, kind="file")[-1].path == "tests/test_cart.py"


def test_bad_input_is_refused_with_a_next_step(
    parts: tuple[SqliteCodeGraph, LexicalSearch], retriever: Retriever
) -> None:
    with pytest.raises(InputError, match="empty"):
        retriever.search_code(EVERYTHING, " \n")
    with pytest.raises(InputError, match="top_k is 0"):
        retriever.search_docs(EVERYTHING, "x", top_k=0)
    with pytest.raises(ConfigError, match="'magic'"):
        Retriever(*parts, None, {"magic": 1.0})


@pytest.mark.parametrize("query", ["zzzz", "?!", "x" * 100_000, "the"])
def test_nothing_that_matches_is_an_empty_list(retriever: Retriever, query: str) -> None:
    assert retriever.search_docs(EVERYTHING, query) == [] or query == "the"


def test_neighbouring_words_are_also_sought_as_one() -> None:
    assert with_compounds("thread pool size?") == "thread pool size? threadpool poolsize"
    assert with_compounds("where is `Task.run` of it") == "where is `Task.run` of it"
    assert with_compounds("word " * 50) == "word " * 50


def test_examples_give_way_to_the_product_unless_asked_for(tmp_path: Path) -> None:
    builder = SnapshotBuilder("shop")
    for path in ("examples/a/refund.py", "shop/refund.py"):
        builder.file(path, "def refund(order): ...\n")
        builder.symbol(path, "refund", line=1)
    graph = SqliteCodeGraph(tmp_path / "graph.db")
    graph.replace_repository(builder.build())
    lexical = LexicalSearch(tmp_path / "lexical", lambda scope: {})
    retriever = Retriever(graph, lexical, None, WEIGHTS)

    def found(query: str) -> dict[str, float]:
        return {hit.path: hit.score for hit in retriever.search_code(EVERYTHING, query) if hit.kind == "function"}

    assert list(found("refund")) == ["shop/refund.py", "examples/a/refund.py"]
    scores = found("example refund")
    assert 1.0 == scores["examples/a/refund.py"] >= scores["shop/refund.py"] > 0.7
    graph.close()


def test_a_document_steps_back_for_each_of_its_sections_before() -> None:
    def section(path: str, name: str, score: float) -> Candidate:
        return Candidate("docs", path, f"docs:{path}#{name}", (1, 2), score=score)

    ranked = [
        section("a.md", "First", 5.0),
        section("a.md", "Second", 4.0),
        section("a.md", "Third", 3.9),
        section("b.md", "Other", 3.5),
    ]

    found = spread(ranked)

    assert [one.symbol_id.partition("#")[2] for one in found] == ["First", "Second", "Other", "Third"]
    assert [one.score for one in found] == pytest.approx([5.0, 4.0 - CROWDING, 3.5, 3.9 - 2 * CROWDING])
