"""Which way a batch of changes is taken up: from memory, by an index run, or when the tree rests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.following import REST_S, Follower
from app.store_files import LEXICAL_FOLDER
from app.wiring import Wiring
from configs.errors import StoreBusy
from configs.settings import load_settings
from knowledge.backends.lexical import HistoryWriter
from knowledge.scope import EVERYTHING
from tests.clock import Clock
from tests.unit.indexers.bench import SHOP, write
from tests.unit.indexers.git_repositories import commit_all, git

REST: frozenset[str] = frozenset()
MODELS = str(SHOP["shop/models.py"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", SHOP)


@pytest.fixture
def wiring(tmp_path: Path) -> Iterator[Wiring]:
    with closing(Wiring(load_settings({"home": str(tmp_path / "store")}))) as wiring:
        yield wiring


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def follower(wiring: Wiring, root: Path, clock: Clock) -> Iterator[Follower]:
    with closing(Follower(wiring, root, None, lambda _text: None, clock=clock)) as follower:
        report = follower.take(None)
        assert report is not None
        assert report.rewritten is None
        yield follower


def runs(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which every index run is added from now on."""
    made: list[str] = []
    index = wiring.indexing.index

    def counted(*arguments: object, **options: object) -> object:
        made.append("run")
        return index(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(wiring.indexing, "index", counted)
    return made


def test_a_table_of_c_that_is_one_no_more_is_taken_out(follower: Follower, wiring: Wiring, root: Path) -> None:
    write(root, {"table.def": "/* commands */\nint get(void) { return 1; }\n"})
    follower.take(frozenset({"table.def"}))
    assert [symbol.path for symbol in wiring.graph.find(EVERYTHING, "get")] == ["table.def"]
    follower.take(REST)
    write(root, {"table.def": "EXPORTS\nint get(void) { return 1; }\n"})
    follower.take(frozenset({"table.def"}))
    assert wiring.graph.find(EVERYTHING, "get") == []


def test_an_edit_inside_a_file_is_written_from_memory(
    follower: Follower, wiring: Wiring, root: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.take(REST)
    made = runs(wiring, monkeypatch)
    write(root, {"shop/models.py": "# moved\n" + MODELS})
    report = follower.take(frozenset({"shop/models.py"}))
    assert report is not None
    assert (report.rewritten, report.repository.generation, made) == (1, 2, [])
    assert [symbol.line for symbol in wiring.graph.find(EVERYTHING, "shop.models.price")] == [7]
    assert follower.take(REST) is None
    clock.now = REST_S
    assert follower.take(REST) is None
    assert made == ["run"], "once it rests the whole tree is looked at"
    clock.now = 9 * REST_S
    assert follower.take(REST) is None
    assert made == ["run"]


def test_what_others_see_is_taken_from_memory_too(
    follower: Follower, wiring: Wiring, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.take(REST)
    made = runs(wiring, monkeypatch)
    write(root, {"shop/models.py": MODELS.replace("def price(order)", "def price(order, day)")})
    report = follower.take(frozenset({"shop/models.py"}))
    assert report is not None
    assert made == []
    assert wiring.graph.find(EVERYTHING, "shop.models.price")[0].signature == "def price(order, day)"


def test_a_new_file_is_an_index_run_and_memory_is_warmed_again(
    follower: Follower, wiring: Wiring, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.take(REST)
    made = runs(wiring, monkeypatch)
    write(root, {"shop/late.py": "def late():\n    return 1\n"})
    report = follower.take(frozenset({"shop/late.py"}))
    assert report is not None
    assert made == ["run"]
    follower.take(REST)
    write(root, {"shop/late.py": "def late():\n    return 2\n"})
    assert follower.take(frozenset({"shop/late.py"})) is not None
    assert made == ["run"]


def test_before_memory_is_warm_every_batch_is_an_index_run(follower: Follower, root: Path) -> None:
    write(root, {"shop/models.py": "# moved\n" + MODELS})
    report = follower.take(frozenset({"shop/models.py"}))
    assert report is not None
    assert report.rewritten == 1
    assert follower.take(None) is None, "nothing has changed"


def test_an_edit_taken_back_to_what_is_committed_gets_the_commits_revision_at_rest(
    wiring: Wiring, root: Path, clock: Clock
) -> None:
    commit_all(root)
    with closing(Follower(wiring, root, None, lambda _text: None, clock=clock)) as follower:
        follower.take(None)
        follower.take(REST)
        for text in ("# moved\n" + MODELS, MODELS):
            write(root, {"shop/models.py": text})
            report = follower.take(frozenset({"shop/models.py"}))
            assert report is not None
            assert report.repository.revision.startswith("worktree:")
        clock.now = REST_S
        report = follower.take(REST)
        assert report is not None
        assert (report.rewritten, report.repository.revision) == (0, git(root, "rev-parse", "HEAD"))
        write(root, {"shop/models.py": "# moved\n" + MODELS})
        report = follower.take(frozenset({"shop/models.py"}))
        assert report is not None
        assert report.stages_s.keys() == {"update"}, "memory holds on"


def test_another_writer_makes_it_begin_anew(follower: Follower, wiring: Wiring, root: Path) -> None:
    follower.take(REST)
    wiring.indexing.index(str(root), None, progress=lambda *_: None, say=lambda _: None, force=True)
    write(root, {"shop/models.py": "# moved\n" + MODELS})
    try:
        report = follower.take(frozenset({"shop/models.py"}))
    except StoreBusy:
        report = follower.take(None)
    assert report is not None
    assert report.repository.generation == 3
    assert [symbol.line for symbol in wiring.graph.find(EVERYTHING, "shop.models.price")] == [7]


def test_a_commit_is_read_once_the_tree_rests_wherever_git_keeps_it(wiring: Wiring, tmp_path: Path) -> None:
    commit_all(write(tmp_path / "origin", SHOP))
    git(tmp_path / "origin", "worktree", "add", "-q", str(tmp_path / "tree"))
    for root in (tmp_path / "tree", tmp_path / "origin" / "shop"):
        with closing(Follower(wiring, root, None, lambda _text: None)) as follower:
            follower.take(None)
            follower.take(REST)
            git(root, "commit", "-q", "--allow-empty", "-m", "orders: Give prices by weight")
            head = git(root, "rev-parse", "HEAD")
            report = follower.take(REST)
            assert report is not None
            assert (report.rewritten, report.repository.revision) == (0, head)
            assert HistoryWriter(wiring.settings.home / LEXICAL_FOLDER).head(report.repository.name) == head
            assert follower.take(REST) is None
            git(root, "pack-refs", "--all")
            follower.take(REST)
