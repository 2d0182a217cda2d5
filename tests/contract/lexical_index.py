"""What every backend of `knowledge.ports.lexical.LexicalIndex` must do. A backend's test class gives `index`, filled twice:

repository `shop` with `sources.shop_entries`, repository `other` with one file `other/retry.py` that also retries.
"""

from __future__ import annotations

import pytest

from knowledge.ports.lexical import LexicalIndex
from knowledge.scope import EVERYTHING, Scope

SHOP = Scope(frozenset({"shop"}))
OTHER = "def retry_forever(call):\n    while True:\n        call()\n"


class LexicalIndexContract:
    def test_a_question_in_words_finds_the_method(self, index: LexicalIndex) -> None:
        best = index.search(SHOP, "how long is the back-off delay", kind="symbol", top_k=3)[0]
        assert best.chunk.symbol_id == "shop:shop/retry.py#RetryPolicy.next_delay"
        assert (best.chunk.start_line, best.chunk.end_line) == (8, 10)
        (words,) = index.words_in(SHOP, "how long is the back-off delay", [best.chunk])
        assert {"back", "delay"} <= set(words)

    def test_an_identifier_is_found_whole_and_by_its_parts(self, index: LexicalIndex) -> None:
        for query in ("total_price", "total price", "`Cart.total_price`", "totalPrice"):
            best = index.search(SHOP, query, kind="symbol", top_k=1)[0]
            assert best.chunk.symbol_id == "shop:shop/cart.py#Cart.total_price", query

    def test_a_name_mentioned_on_purpose_says_so(self, index: LexicalIndex) -> None:
        best = index.search(SHOP, "who needs add_item here", kind="symbol", top_k=1)[0]
        assert best.features["named"] == 1.0

    def test_other_forms_of_a_word_match(self, index: LexicalIndex) -> None:
        paths = {hit.chunk.path for hit in index.search(SHOP, "retries", kind="file", top_k=5)}
        assert "shop/retry.py" in paths

    def test_one_row_a_file(self, index: LexicalIndex) -> None:
        paths = [hit.chunk.path for hit in index.search(SHOP, "cart item price attempt", kind="file", top_k=10)]
        assert len(paths) == len(set(paths)) >= 3

    def test_scores_fall(self, index: LexicalIndex) -> None:
        scores = [hit.score for hit in index.search(EVERYTHING, "retry the cart", kind="symbol", top_k=10)]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) > 0

    def test_rare_words_of_documents_weigh_more(self, index: LexicalIndex) -> None:
        rarities = index.rarities(SHOP, ["invoices", "backoff"])
        assert rarities["backoff"] > rarities["invoices"] > 0
        assert len(set(index.rarities(Scope(frozenset()), ["invoices", "backoff"]).values())) == 1

    def test_documents_and_code_are_apart(self, index: LexicalIndex) -> None:
        docs = index.search(SHOP, "invoices and cards", kind="doc", top_k=5)
        assert [hit.chunk.symbol_id for hit in docs] == ["shop:docs/guide.md#Guide.Paying"]
        assert (docs[0].chunk.start_line, docs[0].chunk.end_line) == (5, 7)
        assert not index.search(SHOP, "invoices", kind="symbol", top_k=5)

    def test_tests_step_back_unless_asked_for(self, index: LexicalIndex) -> None:
        plain = index.search(SHOP, "total price of the cart", kind="file", top_k=1)[0]
        asked = index.search(SHOP, "test for total_price of the cart", kind="file", top_k=1)[0]
        assert (plain.chunk.path, asked.chunk.path) == ("shop/cart.py", "tests/test_cart.py")

    def test_a_path_in_the_question_leads(self, index: LexicalIndex) -> None:
        best = index.search(SHOP, "limit and total price in shop/retry.py", kind="file", top_k=1)[0]
        assert best.chunk.path == "shop/retry.py"
        assert best.features["mentioned"] == 1.0

    def test_a_scope_sees_only_its_repositories(self, index: LexicalIndex) -> None:
        everywhere = {hit.chunk.repository for hit in index.search(EVERYTHING, "retry", kind="file", top_k=10)}
        assert everywhere == {"shop", "other"}
        assert {hit.chunk.repository for hit in index.search(SHOP, "retry", kind="file", top_k=10)} == {"shop"}
        assert not index.search(Scope(frozenset()), "retry", kind="file", top_k=10)

    def test_another_repository_never_changes_scores(self, index: LexicalIndex) -> None:
        alone = list(index.search(SHOP, "retry delay", kind="symbol", top_k=10))
        among = index.search(EVERYTHING, "retry delay", kind="symbol", top_k=10)
        assert [hit for hit in among if hit.chunk.repository == "shop"] == alone

    @pytest.mark.parametrize("query", ["", "   ", "zzzzz", "?!…", "\ud800", "x" * 100_000])
    def test_nothing_matches(self, index: LexicalIndex, query: str) -> None:
        assert not index.search(EVERYTHING, query, kind="symbol", top_k=5)

    def test_stop_words_alone_are_words_again(self, index: LexicalIndex) -> None:
        assert index.search(SHOP, "the this", kind="symbol", top_k=5)
        best = index.search(SHOP, "what is the back-off", kind="symbol", top_k=5)[0]
        assert "the" not in index.words_in(SHOP, "what is the back-off", [best.chunk])[0]

    def test_ten_thousand_words_are_answered(self, index: LexicalIndex) -> None:
        query = "delay " + " ".join(f"word{number}" for number in range(10_000))
        assert index.search(SHOP, query, kind="symbol", top_k=1)[0].chunk.path == "shop/retry.py"

    def test_top_k_cuts(self, index: LexicalIndex) -> None:
        assert len(index.search(EVERYTHING, "cart retry item price", kind="symbol", top_k=2)) == 2
        assert not index.search(EVERYTHING, "cart", kind="symbol", top_k=0)
