"""What every backend of `knowledge.ports.graph.CodeGraph` must do. A backend's test class gives the `graph` fixture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from configs.errors import StoreBusy, StoreCorrupt, UnknownRepository
from knowledge.ports.graph import CodeGraph, LinkRow, RelationColumns, RelationRow
from knowledge.schema import FileIssue, RelationKind, Site, Strategy, SymbolKind, Tier, pack_text
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder, chain

CALLS = (RelationKind.CALLS,)
ALL_TIERS = tuple(Tier)
SHOP = Scope(frozenset({"shop"}))
NOTHING = Scope(frozenset())


def shop(name: str = "shop") -> SnapshotBuilder:
    """Return a small shop: `main` and a test reach `Cart.add`, which reaches `save`, which reaches `Cart.add` again."""
    builder = SnapshotBuilder(name)
    builder.notes = ("2 files were skipped",)
    cart, store = (
        builder.file("shop/cart.py", "class Cart:\n    pass\n" * 20),
        builder.file("shop/store.py", "x\n" * 10),
    )
    test = builder.file("tests/test_cart.py", "def test_add(): ...\n", is_test=True)
    builder.symbol("shop/cart.py", "Cart", SymbolKind.CLASS, 3, 30)
    add = builder.symbol("shop/cart.py", "Cart.add", SymbolKind.METHOD, 10, 20)
    main = builder.symbol("shop/cart.py", "main", line=32, end_line=40)
    save = builder.symbol("shop/store.py", "save", line=2, end_line=8)
    test_add = builder.symbol("tests/test_cart.py", "test_add", line=1, is_test=True)
    builder.relate(cart, store, RelationKind.IMPORTS, 1)
    builder.relate(test, cart, RelationKind.IMPORTS, 1)
    builder.relate(main, add, line=33)
    builder.relate(main, add, line=35)
    builder.relate(test_add, add, tier=Tier.INFERRED, strategy=Strategy.CONSTRUCTOR)
    builder.relate(add, save, line=12)
    builder.relate(save, add, line=5)
    builder.relate(save, "json.dumps", line=6)
    builder.relate(main, save, line=36, tier=Tier.AMBIGUOUS, strategy=Strategy.NAME)
    builder.call_unresolved(main, "thing().self.notify", 38)
    builder.call_unresolved(save, "notify", 7)
    builder.issues = [
        FileIssue("shop/broken.py", "encoding", "not UTF-8"),
        FileIssue("shop/cart.py", "syntax", "missing )", 7, covered=True),
    ]
    return builder


def grown_shop() -> SnapshotBuilder:
    """Return the shop with a further file, which calls and is called."""
    builder = shop()
    builder.revision, builder.state = "grown", b"grown"
    builder.file("shop/late.py", "y\n" * 3, language="go")
    hurry = builder.symbol("shop/late.py", "hurry", line=2)
    builder.relate(hurry, "shop:shop/store.py#save", line=2)
    builder.relate("shop:shop/cart.py#main", hurry, line=37)
    builder.relate(hurry, "json.loads", line=3)
    builder.call_unresolved(hurry, "notify", 3)
    builder.issues.append(FileIssue("shop/late.py", "syntax", "odd", 3, covered=True))
    return builder


def shrunken_shop() -> SnapshotBuilder:
    """Return the shop without its tests, and with a cart whose lines have moved and that lost `main`."""
    builder = SnapshotBuilder("shop", "shrunken")
    cart = builder.file("shop/cart.py", "class Cart:\n    pass\n" * 25)
    store = builder.file("shop/store.py", "x\n" * 10)
    builder.symbol("shop/cart.py", "Cart", SymbolKind.CLASS, 5, 32)
    add = builder.symbol("shop/cart.py", "Cart.add", SymbolKind.METHOD, 12, 22)
    save = builder.symbol("shop/store.py", "save", line=2, end_line=8)
    builder.relate(cart, store, RelationKind.IMPORTS, 1)
    builder.relate(add, save, line=14)
    builder.relate(save, add, line=5)
    builder.relate(save, "json.dumps", line=6)
    builder.call_unresolved(save, "notify", 7)
    builder.issues = [FileIssue("tests/test_cart.py", "encoding", "not UTF-8")]
    return builder


def renamed_shop() -> SnapshotBuilder:
    """Return the shop whose `save` is `store.keep`, and `Cart.add` an ambiguous call of it."""
    builder = SnapshotBuilder("shop", "renamed")
    cart = builder.file("shop/cart.py", "class Cart:\n    pass\n" * 20)
    store = builder.file("shop/store.py", "x\n" * 10)
    test = builder.file("tests/test_cart.py", "def test_add(): ...\n", is_test=True)
    add = builder.symbol("shop/cart.py", "Cart.add", SymbolKind.METHOD, 10, 20)
    keep = builder.symbol("shop/store.py", "store.keep", line=2, end_line=8)
    builder.relate(cart, store, RelationKind.IMPORTS, 1)
    builder.relate(test, cart, RelationKind.IMPORTS, 1)
    builder.relate(add, keep, line=12, tier=Tier.AMBIGUOUS, strategy=Strategy.NAME)
    builder.relate(keep, add, line=12)
    return builder


def changed_paths(step: int) -> list[str]:
    """Return the paths that differ between one of the shops above and the next; too many do no harm."""
    late = ["shop/late.py"] if step <= 2 else []
    return ["shop/broken.py", "shop/cart.py", "tests/test_cart.py", *late, *(["shop/store.py"] if step > 3 else [])]


def everything(graph: CodeGraph, name: str) -> tuple[object, ...]:
    """Return all that the graph says of a repository, but for its generation and time."""
    scope = Scope(frozenset({name}))
    info = graph.repositories(scope)[0]
    symbols = list(graph.iter_symbols(scope))
    ids = [symbol.id for symbol in symbols]
    return (
        replace(info, generation=0, indexed_at=""),
        graph.state(scope, name),
        graph.paths(scope, name),
        graph.byte_counts(scope, name),
        graph.issues(scope, name),
        {path: graph.read_text(scope, name, path) for path in graph.paths(scope, name)},
        symbols,
        list(graph.iter_relations(scope)),
        graph.unresolved(scope, "notify"),
        graph.unresolved_in(scope, ids),
        [
            graph.relations(scope, ids, direction, kinds=list(RelationKind), tiers=ALL_TIERS)
            for direction in ("in", "out")
        ],
        [graph.find(scope, name) for name in ("add", "save", "keep", "main", "cart")],
        [graph.outline(scope, name, path) for path in graph.paths(scope, name)],
        [graph.symbol_at(scope, name, "shop/cart.py", line) for line in range(45)],
        graph.walk(scope, ids[:1], "out", kinds=list(RelationKind), max_depth=5),
        _plain(graph.relation_columns(scope, kinds=list(RelationKind), tiers=ALL_TIERS)),
    )


def _plain(columns: RelationColumns) -> tuple[object, ...]:
    """Return the columns as comparable values; pairs in order, since columns promise none."""
    return columns.ids, sorted(zip(columns.sources.tolist(), columns.targets.tolist(), strict=True))


def fresh_load(graph: CodeGraph, builder: SnapshotBuilder) -> tuple[object, ...]:
    """Return `everything` of a repository loaded anew."""
    graph.forget_repository(builder.name)
    graph.replace_repository(builder.build())
    return everything(graph, builder.name)


def names(symbols: object) -> list[str]:
    return [symbol.qualified_name for symbol in symbols]  # type: ignore[attr-defined]


class CodeGraphContract:
    @pytest.fixture
    def graph(self) -> Iterator[CodeGraph]:
        raise NotImplementedError("a backend's suite gives its own empty graph")
        yield

    # Repositories

    def test_an_empty_graph_answers_with_nothing(self, graph: CodeGraph) -> None:
        assert graph.repositories(EVERYTHING) == []
        assert graph.find(EVERYTHING, "main") == []
        assert graph.walk(EVERYTHING, ["x:y#z"], "in", kinds=CALLS, max_depth=3).steps == ()
        assert list(graph.iter_relations(EVERYTHING)) == []

    def test_replace_describes_what_was_stored(self, graph: CodeGraph) -> None:
        info = graph.replace_repository(shop().build())
        assert (info.name, info.revision, info.generation, info.root) == ("shop", "c0ffee", 1, "/somewhere")
        assert (info.file_count, info.line_count, info.symbol_count) == (3, 51, 8)
        assert (info.relation_count, info.unresolved_count) == (9, 2)
        assert info.tiers == {"exact": 6, "inferred": 1, "ambiguous": 1, "external": 1}
        assert info.languages == {"python": 51}
        assert info.notes == ("2 files were skipped",)
        assert info.indexed_at
        assert graph.repositories(EVERYTHING) == [info]

    def test_every_record_comes_back_as_it_was_given(self, graph: CodeGraph) -> None:
        builder = shop()
        graph.replace_repository(builder.build())
        given = sorted(builder.symbols, key=lambda symbol: (symbol.path, symbol.line))
        assert list(graph.iter_symbols(EVERYTHING)) == given

        def row(relation: RelationRow) -> tuple[object, ...]:
            kind, strategy, tier, confidence, source, target, external, path, line, column = relation
            symbols = builder.symbols
            return (
                *(path, line, column, kind, strategy, tier, confidence, symbols[source].id),
                symbols[target].id if target >= 0 else external,
            )

        stored = [
            (*(r.site.path, r.site.line, r.site.column, r.kind, r.strategy, r.tier, r.confidence, r.source.id),
             r.target.id if r.target else r.external)
            for r in graph.iter_relations(EVERYTHING)
        ]  # fmt: skip
        assert stored == sorted(map(row, builder.relations), key=lambda item: item[:3])

    def test_iteration_keeps_to_the_kinds_asked_for(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        assert names(graph.iter_symbols(EVERYTHING, kinds=[SymbolKind.CLASS])) == ["shop.cart.Cart"]
        imports = list(graph.iter_relations(EVERYTHING, kinds=[RelationKind.IMPORTS]))
        assert [relation.source.qualified_name for relation in imports] == ["shop.cart", "tests.test_cart"]

    def test_replace_leaves_nothing_of_the_generation_before(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        smaller = SnapshotBuilder("shop", "beef")
        smaller.file("other.py", "y\n")
        smaller.symbol("other.py", "only")
        info = graph.replace_repository(smaller.build())
        assert (info.generation, info.revision, info.symbol_count, info.relation_count) == (2, "beef", 2, 0)
        assert names(graph.iter_symbols(EVERYTHING)) == ["other", "other.only"]
        assert list(graph.iter_relations(EVERYTHING)) == []
        assert list(graph.paths(EVERYTHING, "shop")) == ["other.py"]
        assert graph.issues(EVERYTHING, "shop") == []
        assert graph.unresolved(EVERYTHING, "notify") == []
        assert graph.read_text(EVERYTHING, "shop", "shop/cart.py") is None
        assert graph.find(EVERYTHING, "save") == []

    def test_replace_equals_a_fresh_load(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("shop", 30))
        graph.replace_repository(shop().build())
        replaced = (list(graph.iter_symbols(SHOP)), list(graph.iter_relations(SHOP)), graph.paths(SHOP, "shop"))
        graph.forget_repository("shop")
        graph.replace_repository(shop().build())
        assert replaced == (list(graph.iter_symbols(SHOP)), list(graph.iter_relations(SHOP)), graph.paths(SHOP, "shop"))

    def test_walks_see_the_newest_generation(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("c", 4))
        assert len(graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=CALLS, max_depth=9).steps) == 3
        graph.replace_repository(chain("c", 7))
        assert len(graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=CALLS, max_depth=9).steps) == 6

    def test_a_failed_replace_changes_nothing(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        before = list(graph.iter_relations(EVERYTHING)), graph.repositories(EVERYTHING)
        snapshot = chain("shop", 5)

        def interrupted() -> Iterator[RelationRow]:
            yield from list(snapshot.relations)[:2]
            raise KeyboardInterrupt

        broken = chain("shop", 5)
        broken.relations = interrupted()
        with pytest.raises(KeyboardInterrupt):
            graph.replace_repository(broken)
        assert (list(graph.iter_relations(EVERYTHING)), graph.repositories(EVERYTHING)) == before
        assert graph.replace_repository(chain("shop", 5)).generation == 2

    # Updates

    def test_an_update_equals_a_fresh_load(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("other", 3))
        graph.replace_repository(shop().build())
        shops = [grown_shop(), shrunken_shop(), shop(), renamed_shop(), shop()]
        updated = []
        for base, after in enumerate(shops, 1):
            info = graph.update_repository(after.changes(base, changed_paths(base)))
            assert (info.generation, graph.repositories(SHOP)) == (base + 1, [info])
            updated.append(everything(graph, "shop"))
        for after, seen in zip(shops, updated, strict=True):
            assert seen == fresh_load(graph, after), after.revision
        assert len(list(graph.iter_relations(Scope(frozenset({"other"}))))) == 2

    def test_walks_follow_an_update(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        save = ["shop:shop/store.py#save"]
        assert len(graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=5).steps) == 3
        graph.update_repository(grown_shop().changes(1, ["shop/late.py"]))
        reached = names(step.symbol for step in graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=5).steps)
        assert reached == ["shop.cart.Cart.add", "shop.late.hurry", "shop.cart.main", "tests.test_cart.test_add"]

    def test_an_update_of_nothing_describes_anew(self, graph: CodeGraph) -> None:
        before = graph.replace_repository(shop().build())
        builder = shop()
        builder.revision, builder.notes, builder.state, builder.root = "beef", ("moved",), b"later", "/elsewhere"
        after = graph.update_repository(builder.changes(1, ()))
        assert (after.revision, after.notes, after.root, after.generation) == ("beef", ("moved",), "/elsewhere", 2)
        assert (after.tiers, after.languages) == (before.tiers, before.languages)
        assert graph.state(EVERYTHING, "shop") == b"later"

    def test_the_state_comes_back_with_its_generation(self, graph: CodeGraph) -> None:
        builder = shop()
        builder.state = bytes(range(256))
        graph.replace_repository(builder.build())
        assert graph.state(EVERYTHING, "shop") == bytes(range(256))
        assert graph.state(EVERYTHING, "no such") == graph.state(NOTHING, "shop") == b""
        graph.replace_repository(shop().build())
        assert graph.state(EVERYTHING, "shop") == b""
        graph.forget_repository("shop")
        assert graph.state(EVERYTHING, "shop") == b""

    def test_a_failed_update_changes_nothing(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        before = everything(graph, "shop")
        changes = grown_shop().changes(1, changed_paths(1))

        def interrupted() -> Iterator[LinkRow]:
            yield from list(changes.relations)[:1]
            raise KeyboardInterrupt

        broken = grown_shop().changes(1, changed_paths(1))
        broken.relations = interrupted()
        with pytest.raises(KeyboardInterrupt):
            graph.update_repository(broken)
        assert everything(graph, "shop") == before
        assert graph.update_repository(grown_shop().changes(1, changed_paths(1))).generation == 2

    def test_an_update_against_another_generation_is_refused(self, graph: CodeGraph) -> None:
        with pytest.raises(UnknownRepository):
            graph.update_repository(shop().changes(1, ["shop/cart.py"]))
        graph.replace_repository(shop().build())
        with pytest.raises(StoreBusy, match="generation 1"):
            graph.update_repository(shop().changes(2, ["shop/cart.py"]))
        assert graph.repositories(EVERYTHING)[0].generation == 1

    def test_an_incomplete_update_is_refused(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        before = everything(graph, "shop")
        with pytest.raises(StoreCorrupt, match="shop/cart.py"):
            graph.update_repository(renamed_shop().changes(1, ["shop/store.py"]))
        with pytest.raises(StoreCorrupt, match="store.keep"):
            graph.update_repository(renamed_shop().changes(1, ["shop/cart.py"]))
        assert everything(graph, "shop") == before

    def test_an_iteration_sees_one_generation_while_another_is_updated(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        relations = graph.iter_relations(EVERYTHING)
        first = next(relations)
        graph.update_repository(shrunken_shop().changes(1, changed_paths(2)))
        assert [first, *relations] != list(graph.iter_relations(EVERYTHING))
        assert len([first, *shop().relations]) == 10

    def test_forget_deletes_one_repository_only(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        graph.replace_repository(chain("other", 3))
        assert graph.forget_repository("shop") is True
        assert graph.forget_repository("shop") is False
        assert [info.name for info in graph.repositories(EVERYTHING)] == ["other"]
        assert {symbol.repository for symbol in graph.iter_symbols(EVERYTHING)} == {"other"}
        assert len(list(graph.iter_relations(EVERYTHING))) == 2

    def test_progress_is_told(self, graph: CodeGraph) -> None:
        told: list[tuple[str, int, int]] = []
        graph.replace_repository(chain("long", 25_000), lambda *report: told.append(report))
        assert told
        assert all(stage and done > 0 for stage, done, _ in told)

    # Snapshot isolation

    def test_an_iteration_sees_one_generation_while_another_is_written(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("shop", 3_000))
        symbols, relations = graph.iter_symbols(EVERYTHING), graph.iter_relations(EVERYTHING)
        first, link = next(symbols), next(relations)
        graph.replace_repository(shop().build())
        assert 1 + sum(1 for _ in symbols) == 3_001
        assert 1 + sum(1 for _ in relations) == 2_999
        assert (first.path, link.site.path) == ("chain.py", "chain.py")
        assert graph.repositories(EVERYTHING)[0].generation == 2

    def test_an_abandoned_iteration_hinders_nobody(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("shop", 50))
        iteration = graph.iter_symbols(EVERYTHING)
        next(iteration)
        del iteration
        assert graph.replace_repository(shop().build()).generation == 2
        assert graph.forget_repository("shop")

    # Scope

    def test_nothing_of_an_ungranted_repository_is_ever_seen(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        graph.replace_repository(shop("canary").build())
        add = "canary:shop/cart.py#Cart.add"
        for scope in (SHOP, NOTHING, Scope(frozenset({"no such"}))):
            assert "canary" not in {info.name for info in graph.repositories(scope)}
            assert graph.paths(scope, "canary") == {}
            assert graph.byte_counts(scope, "canary") == {}
            assert graph.issues(scope, "canary") == []
            assert graph.read_text(scope, "canary", "shop/cart.py") is None
            assert graph.outline(scope, "canary", "shop/cart.py") == []
            assert graph.symbol_at(scope, "canary", "shop/cart.py", 12) is None
            assert graph.find(scope, add) == []
            assert graph.symbols(scope, [add]) == []
            assert graph.unresolved_in(scope, ["canary:shop/store.py#save"]) == []
            for direction in ("in", "out"):
                assert graph.relations(scope, [add], direction, kinds=CALLS) == []
                assert graph.walk(scope, [add], direction, kinds=CALLS, max_depth=5).steps == ()
            assert graph.shortest_path(scope, [add], ["canary:shop/store.py#save"], kinds=CALLS) is None
            seen = [
                *graph.find(scope, "add"), *graph.iter_symbols(scope),
                *(site.source for site in graph.unresolved(scope, "notify")),
                *(relation.source for relation in graph.iter_relations(scope)),
            ]  # fmt: skip
            assert {symbol.repository for symbol in seen} == ({"shop"} if scope is SHOP else set())

    def test_limits_count_granted_rows_only(self, graph: CodeGraph) -> None:
        for name in ("a", "canary", "shop"):
            graph.replace_repository(shop(name).build())
        assert [symbol.repository for symbol in graph.find(SHOP, "save", limit=1)] == ["shop"]
        assert [site.source.repository for site in graph.unresolved(SHOP, "notify", limit=1)] == ["shop"]

    # Files

    def test_paths_and_text(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        assert graph.paths(EVERYTHING, "shop") == {
            "shop/cart.py": ("hash of shop/cart.py", "python", 40),
            "shop/store.py": ("hash of shop/store.py", "python", 10),
            "tests/test_cart.py": ("hash of tests/test_cart.py", "python", 1),
        }
        assert list(graph.byte_counts(EVERYTHING, "shop")) == list(graph.paths(EVERYTHING, "shop"))
        assert graph.byte_counts(EVERYTHING, "shop")["shop/store.py"] == 20
        assert graph.read_text(EVERYTHING, "shop", "shop/store.py") == b"x\n" * 10
        assert graph.read_text(EVERYTHING, "shop", "store.py") is None

    def test_text_comes_back_byte_by_byte(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("odd")
        builder.file("odd.py")
        raw = bytes(range(256)) * 3
        builder.files = [type(builder.files[0])("odd.py", "python", "h", len(raw), 1, pack_text(raw))]
        graph.replace_repository(builder.build())
        assert graph.read_text(EVERYTHING, "odd", "odd.py") == raw

    def test_issues(self, graph: CodeGraph) -> None:
        builder = shop()
        graph.replace_repository(builder.build())
        assert graph.issues(EVERYTHING, "shop") == builder.issues
        assert [issue.path for issue in graph.issues(EVERYTHING, "shop", covered=False)] == ["shop/broken.py"]
        assert [issue.line for issue in graph.issues(EVERYTHING, "shop", covered=True)] == [7]

    def test_outline_and_symbol_at(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        outline = graph.outline(EVERYTHING, "shop", "shop/cart.py")
        assert names(outline) == ["shop.cart", "shop.cart.Cart", "shop.cart.Cart.add", "shop.cart.main"]
        at = {line: graph.symbol_at(EVERYTHING, "shop", "shop/cart.py", line) for line in (2, 3, 10, 20, 21, 40, 41)}
        assert {line: symbol.local_name if symbol else None for line, symbol in at.items()} == {
            2: "", 3: "Cart", 10: "Cart.add", 20: "Cart.add", 21: "Cart", 40: "main", 41: None,
        }  # fmt: skip

    # Names

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("shop:shop/cart.py#Cart.add", ["shop.cart.Cart.add"]),
            ("shop:shop/cart.py#", ["shop.cart"]),
            ("shop.cart.Cart.add", ["shop.cart.Cart.add"]),
            ("Cart.add", ["shop.cart.Cart.add"]),
            ("cart::Cart#add", ["shop.cart.Cart.add"]),
            ("shop/cart/Cart", ["shop.cart.Cart"]),
            ("add", ["shop.cart.Cart.add"]),
            ("CART.ADD", ["shop.cart.Cart.add"]),
            ("Cart", ["shop.cart.Cart"]),
            ("cart", ["shop.cart"]),
            ("CART", ["shop.cart.Cart", "shop.cart"]),
            ("art.add", []),
            ("dd", []),
            ("", []),
            ("...", []),
            ("%", []),
            ("s_ve", []),
        ],
    )
    def test_find(self, graph: CodeGraph, name: str, expected: list[str]) -> None:
        graph.replace_repository(shop().build())
        assert names(graph.find(EVERYTHING, name)) == expected

    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("s", ["shop.store.save", "shop.store"]),
            ("SA", ["shop.store.save"]),
            ("a", ["shop.cart.Cart.add"]),
            ("Cart.a", ["shop.cart.Cart.add"]),
            ("cart.cart.a", ["shop.cart.Cart.add"]),
            ("shop.store.", []),
            ("art.a", []),
            ("", []),
            (".", []),
            ("%", []),
            ("_", []),
        ],
    )
    def test_find_by_prefix(self, graph: CodeGraph, prefix: str, expected: list[str]) -> None:
        graph.replace_repository(shop().build())
        assert names(graph.find_by_prefix(EVERYTHING, prefix)) == expected
        assert graph.find_by_prefix(NOTHING, prefix) == []

    def test_find_by_prefix_keeps_kinds_limits_and_an_order(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        for number, name in enumerate(["run", "Runner", "runs", "rub", "run_all"], 1):
            kind = SymbolKind.CLASS if name == "Runner" else SymbolKind.FUNCTION
            builder.symbol("a.py", name, kind, line=number)
        builder.file("db.go", language="go")
        builder.symbol("db.go", "Runs", qualified_name="example.com/kv.Runs·1")
        graph.replace_repository(builder.build())
        every = ["a.run", "a.run_all", "a.Runner", "a.runs", "example.com/kv.Runs·1"]
        found = names(graph.find_by_prefix(EVERYTHING, "run"))
        assert found[:3] == every[:3]
        assert sorted(found) == sorted(every)
        assert names(graph.find_by_prefix(EVERYTHING, "run", kinds=[SymbolKind.CLASS])) == ["a.Runner"]
        for limit in range(6):
            assert names(graph.find_by_prefix(EVERYTHING, "run", limit=limit)) == found[:limit]

    def test_find_prefers_the_whole_name_and_what_is_no_test(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        builder.file("x/a.py")
        builder.file("tests/test_a.py", is_test=True)
        builder.symbol("a.py", "run")
        builder.symbol("x/a.py", "run")
        builder.symbol("tests/test_a.py", "run")
        graph.replace_repository(builder.build())
        assert names(graph.find(EVERYTHING, "a.run")) == ["a.run"]
        assert names(graph.find(EVERYTHING, "run")) == ["a.run", "x.a.run", "tests.test_a.run"]
        assert names(graph.find(EVERYTHING, "run", limit=2)) == ["a.run", "x.a.run"]
        assert graph.find(EVERYTHING, "run", limit=0) == []
        assert names(graph.find(EVERYTHING, "run", path="tests/test_a.py")) == ["tests.test_a.run"]
        assert names(graph.find(EVERYTHING, "a", kinds=[SymbolKind.FUNCTION])) == []

    def test_find_by_a_simple_name_that_does_not_end_the_qualified_one(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("db.go", language="go")
        builder.symbol("db.go", "Open", qualified_name="example.com/kv.Open·1")
        graph.replace_repository(builder.build())
        assert names(graph.find(EVERYTHING, "Open")) == ["example.com/kv.Open·1"]
        assert names(graph.find(EVERYTHING, "open")) == ["example.com/kv.Open·1"]
        assert names(graph.find(EVERYTHING, "kv.Open·1")) == ["example.com/kv.Open·1"]

    @pytest.mark.parametrize("name", ["größe", "名前", "a b", "50%_x", "o'brien", 'quo"te', "x\\y", "nul\0l", "😀"])
    def test_odd_names_are_plain_names(self, graph: CodeGraph, name: str) -> None:
        builder = SnapshotBuilder("r")
        path = f"dir {name.replace('/', '')}/a.py"
        builder.file(path)
        builder.symbol(path, name)
        builder.symbol(path, "decoy", line=2)
        graph.replace_repository(builder.build())
        assert [symbol.name for symbol in graph.find(EVERYTHING, name)] == [name]
        assert [symbol.name for symbol in graph.find(EVERYTHING, name.upper())] == [name]
        assert [symbol.name for symbol in graph.outline(EVERYTHING, "r", path)[1:]] == [name, "decoy"]

    def test_several_definitions_of_one_name_are_all_found(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        builder.symbol("a.py", "f", line=2)
        builder.symbol("a.py", "f~2", line=5)
        graph.replace_repository(builder.build())
        assert [symbol.line for symbol in graph.find(EVERYTHING, "a.f")] == [2, 5]

    def test_symbols_keep_the_order_asked(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        ids = ["shop:shop/store.py#save", "shop:no.py#x", "shop:shop/cart.py#main", "shop:shop/store.py#save"]
        assert [symbol.name for symbol in graph.symbols(EVERYTHING, ids)] == ["save", "main", "save"]

    def test_extents_are_of_symbols_and_of_all_that_hold_them(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        for name in ("f", "f.C", "f.C.g", "alone"):
            builder.symbol("a.py", name)
        graph.replace_repository(builder.build())
        everything = {symbol.id: symbol for symbol in graph.outline(EVERYTHING, "r", "a.py")}
        found = graph.extents(EVERYTHING, ["r:a.py#f.C.g", "r:a.py#alone", "r:a.py#", "r:a.py#no"])
        assert sorted(found) == ["r:a.py#alone", "r:a.py#f", "r:a.py#f.C", "r:a.py#f.C.g"]
        for one in found.values():
            symbol = everything[one.id]
            assert (one.kind, one.start_line, one.end_line) == (symbol.kind, symbol.start_line, symbol.end_line)
            assert (one.parent_id or "r:a.py#") == symbol.parent_id
        assert graph.extents(Scope(frozenset({"other"})), list(found)) == {}
        longer = SnapshotBuilder("r")
        longer.file("a.py")
        longer.symbol("a.py", "f", end_line=9)
        graph.replace_repository(longer.build())
        again = graph.extents(EVERYTHING, list(found))
        assert {symbol_id: one.end_line for symbol_id, one in again.items()} == {"r:a.py#f": 9}

    # Relations

    def test_relations_in_and_out(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        add, main = "shop:shop/cart.py#Cart.add", "shop:shop/cart.py#main"
        into = graph.relations(EVERYTHING, [add], "in", kinds=CALLS)
        assert [(r.source.name, r.site.line, r.tier) for r in into] == [
            ("main", 33, Tier.EXACT),
            ("main", 35, Tier.EXACT),
            ("save", 5, Tier.EXACT),
            ("test_add", 1, Tier.INFERRED),
        ]
        assert into[0].site == Site("shop/cart.py", 33, 9)
        assert len(graph.relations(EVERYTHING, [add], "in", kinds=CALLS, limit=2)) == 2
        out = graph.relations(EVERYTHING, [main], "out", kinds=CALLS, tiers=ALL_TIERS)
        assert [r.target.name for r in out if r.target] == ["add", "add", "save"]
        assert graph.relations(EVERYTHING, [main], "out", kinds=[RelationKind.INHERITS]) == []
        assert graph.relations(EVERYTHING, [], "out", kinds=CALLS) == []

    def test_external_targets_appear_only_when_asked_for(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        save = ["shop:shop/store.py#save"]
        assert all(r.external is None for r in graph.relations(EVERYTHING, save, "out", kinds=CALLS))
        external = graph.relations(EVERYTHING, save, "out", kinds=CALLS, tiers=[Tier.EXTERNAL])
        assert [(r.external, r.target) for r in external] == [("json.dumps", None)]
        walked = graph.walk(EVERYTHING, save, "out", kinds=CALLS, tiers=ALL_TIERS, max_depth=3)
        assert names(step.symbol for step in walked.steps) == ["shop.cart.Cart.add"]

    def test_walk_goes_breadth_first_and_never_back_to_its_start(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        walked = graph.walk(EVERYTHING, ["shop:shop/store.py#save"], "in", kinds=CALLS, max_depth=5)
        assert [(step.depth, step.symbol.qualified_name) for step in walked.steps] == [
            (1, "shop.cart.Cart.add"),
            (2, "shop.cart.main"),
            (2, "tests.test_cart.test_add"),
        ]
        assert walked.truncated is False
        by_main = walked.steps[1].relation
        assert (by_main.source.name, by_main.target and by_main.target.name, by_main.site.line) == ("main", "add", 33)

    def test_a_step_shows_a_link_from_the_level_before(self, graph: CodeGraph) -> None:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        start, near, side = (builder.symbol("a.py", name) for name in ("start", "near", "side"))
        builder.relate(side, near, line=1)
        builder.relate(near, near, line=2)
        builder.relate(start, near, line=3)
        builder.relate(start, side, line=4)
        graph.replace_repository(builder.build())
        walked = graph.walk(EVERYTHING, [start], "out", kinds=CALLS, max_depth=5)
        assert [(step.symbol.name, step.depth, step.relation.site.line) for step in walked.steps] == [
            ("near", 1, 3),
            ("side", 1, 4),
        ]

    def test_walk_respects_depth_limit_and_tiers(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        save = ["shop:shop/store.py#save"]
        near = graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=1)
        assert (names(step.symbol for step in near.steps), near.truncated) == (["shop.cart.Cart.add"], False)
        cut = graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=5, limit=2)
        assert (names(step.symbol for step in cut.steps), cut.truncated) == (
            ["shop.cart.Cart.add", "shop.cart.main"],
            True,
        )
        exact = graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=5, limit=3)
        assert (len(exact.steps), exact.truncated) == (3, False)
        sure = graph.walk(EVERYTHING, save, "in", kinds=CALLS, tiers=[Tier.EXACT], max_depth=5)
        assert names(step.symbol for step in sure.steps) == ["shop.cart.Cart.add", "shop.cart.main"]
        any_tier = graph.walk(EVERYTHING, save, "in", kinds=CALLS, tiers=ALL_TIERS, max_depth=1)
        assert names(step.symbol for step in any_tier.steps) == ["shop.cart.Cart.add", "shop.cart.main"]
        assert graph.walk(EVERYTHING, save, "in", kinds=CALLS, max_depth=0).steps == ()

    def test_walk_from_several_repositories(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("a", 3))
        graph.replace_repository(chain("b", 3))
        walked = graph.walk(EVERYTHING, ["a:chain.py#f0", "b:chain.py#f1"], "out", kinds=CALLS, max_depth=9)
        assert [(step.depth, step.symbol.id) for step in walked.steps] == [
            (1, "a:chain.py#f1"),
            (1, "b:chain.py#f2"),
            (2, "a:chain.py#f2"),
        ]

    def test_deep_walks(self, graph: CodeGraph) -> None:
        graph.replace_repository(chain("c", 400))
        walked = graph.walk(EVERYTHING, ["c:chain.py#f0"], "out", kinds=CALLS, max_depth=1_000)
        assert [step.symbol.name for step in walked.steps] == [f"f{n}" for n in range(1, 400)]

    def test_shortest_path(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        main, save, add = "shop:shop/cart.py#main", "shop:shop/store.py#save", "shop:shop/cart.py#Cart.add"
        path = graph.shortest_path(EVERYTHING, [main], [save], kinds=CALLS)
        assert path is not None
        assert [(r.source.id, r.target and r.target.id, r.site.line) for r in path] == [
            (main, add, 33),
            (add, save, 12),
        ]
        direct = graph.shortest_path(EVERYTHING, [main], [save], kinds=CALLS, tiers=ALL_TIERS)
        assert direct is not None
        assert [r.site.line for r in direct] == [36]
        assert graph.shortest_path(EVERYTHING, [save], [main], kinds=CALLS) is None
        assert graph.shortest_path(EVERYTHING, [main], [save], kinds=CALLS, max_depth=1) is None
        assert graph.shortest_path(EVERYTHING, [main], [main], kinds=CALLS) == []
        assert graph.shortest_path(EVERYTHING, [main], [], kinds=CALLS) is None

    def test_strategies_are_counted(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        assert graph.strategies(SHOP, "shop") == {Strategy.IMPORT: 7, Strategy.CONSTRUCTOR: 1, Strategy.NAME: 1}
        assert graph.strategies(SHOP, "other") == graph.strategies(NOTHING, "shop") == {}

    def test_relations_as_columns(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        graph.replace_repository(shop("other").build())
        columns = graph.relation_columns(SHOP, kinds=CALLS)
        assert columns.ids == sorted(columns.ids)
        pairs = [
            (columns.ids[source].partition("#")[2], columns.ids[target].partition("#")[2])
            for source, target in zip(columns.sources.tolist(), columns.targets.tolist(), strict=True)
        ]
        assert sorted(pairs) == [
            ("Cart.add", "save"),
            ("main", "Cart.add"),
            ("main", "Cart.add"),
            ("save", "Cart.add"),
            ("test_add", "Cart.add"),
        ]
        assert all(symbol_id.startswith("shop:") for symbol_id in columns.ids)

    def test_relations_as_columns_keep_to_kinds_tiers_and_scope(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        guesses = graph.relation_columns(EVERYTHING, kinds=CALLS, tiers=[Tier.AMBIGUOUS])
        assert [symbol_id.partition("#")[2] for symbol_id in guesses.ids] == ["main", "save"]
        assert len(graph.relation_columns(EVERYTHING, kinds=[RelationKind.IMPORTS]).sources) == 2
        nothing = graph.relation_columns(NOTHING, kinds=CALLS)
        assert (list(nothing.ids), len(nothing.sources), len(nothing.targets)) == ([], 0, 0)

    def test_unresolved_by_last_name(self, graph: CodeGraph) -> None:
        graph.replace_repository(shop().build())
        sites = graph.unresolved(EVERYTHING, "notify")
        assert [(site.source.name, site.callee, site.site.line) for site in sites] == [
            ("main", "thing().self.notify", 38),
            ("save", "notify", 7),
        ]
        assert len(graph.unresolved(EVERYTHING, "notify", limit=1)) == 1
        assert graph.unresolved(EVERYTHING, "self") == []

    def test_unresolved_inside_symbols(self, graph: CodeGraph) -> None:
        builder = shop()
        save, main = "shop:shop/store.py#save", "shop:shop/cart.py#main"
        builder.call_unresolved(save, "later", 8)
        builder.call_unresolved(save, "earlier()", 3)
        graph.replace_repository(builder.build())
        graph.replace_repository(shop("other").build())
        sites = graph.unresolved_in(EVERYTHING, [save, main, "shop:no.py#x"])
        assert [(site.source.id, site.callee, site.site) for site in sites] == [
            (main, "thing().self.notify", Site("shop/cart.py", 38, 3)),
            (save, "earlier()", Site("shop/store.py", 3, 3)),
            (save, "notify", Site("shop/store.py", 7, 3)),
            (save, "later", Site("shop/store.py", 8, 3)),
        ]
        assert graph.unresolved_in(EVERYTHING, [save, main], limit=2) == sites[:2]
        assert graph.unresolved_in(EVERYTHING, [save], limit=0) == []
        assert graph.unresolved_in(EVERYTHING, []) == []
        assert graph.unresolved_in(EVERYTHING, ["shop:shop/cart.py#Cart"]) == []
