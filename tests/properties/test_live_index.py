"""What an index kept in memory writes after an edit equals a fresh index, and what it is not sure of it declines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import StoreBusy
from indexers.live import LiveIndex, Prepared
from tests.properties.test_git_histories import assert_equals_a_fresh_index, everything
from tests.unit.indexers.bench import Bench, write

FIXTURES = Path(__file__).parents[1] / "fixtures"
COMMENTS = {".py": "#", ".go": ""} | dict.fromkeys(
    (".js", ".mjs", ".ts", ".tsx", ".jsx", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".java"), "//"
)
FILES: dict[str, str | bytes] = {
    "app/__init__.py": "",
    "app/base.py": "class Base:\n    def run(self):\n        return self.step()\n\n    def step(self):\n        return 1\n",
    "app/work.py": (
        "from app.base import Base\nfrom app import tools\n\n\nclass Work(Base):\n    def step(self):\n"
        "        tools.log()\n        return 2\n\n\ndef main():\n    work = Work()\n    work.run()\n    return work\n"
    ),
    "app/tools.py": "def log():\n    print('x')\n\n\ndef each(action):\n    return action()\n",
    "tests/test_work.py": "from app.work import main\n\n\ndef test_main():\n    main()\n",
    "store/store.go": "package store\n\ntype Opener interface{ Open() int }\n\ntype Disk struct{}\n\nfunc (d Disk) Open() int {\n\treturn 1\n}\n",
    "guide.md": "# Guide\n\nSee `Work.step` and `app.tools.log`.\n",
}
BODIES = (
    "    log()\n",
    "    main()\n",
    "    tools.log()\n",
    "    mystery()\n",
    "    each(log)\n",
    "    log(1)\n",
    "    x = log()\n",
    "    # a remark\n",
    "    'text'\n",
)
edits = st.lists(
    st.tuples(
        st.sampled_from([path for path in FILES if path.endswith(".py") and FILES[path]]),
        st.sampled_from(["body", "top", "end", "revert", "broken", "gone", "renamed"]),
        st.sampled_from(BODIES),
    ),
    min_size=1,
    max_size=6,
)


def edited(text: str, what: str, body: str) -> str:
    """Return a source with a line more: in the body of its first function, at its top, or after its end."""
    if what == "body":
        lines = text.splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if line.lstrip().startswith("def ")) + 1
        indent = " " * (len(lines[at - 1]) - len(lines[at - 1].lstrip()))
        return "".join([*lines[:at], indent + body, *lines[at:]])
    if what == "broken":
        return text + "def ((\n"
    return f"\n{body.lstrip()}{text}" if what == "top" else f"{text}{body.lstrip()}"


def move(root: Path, path: str, what: str) -> None:
    """Take a file away, or give it another name, or its own again."""
    first, second = root / path, root / f"{path[:-3]}_2.py"
    if what == "gone":
        first.unlink(missing_ok=True)
    elif first.exists():
        first.replace(second)
    elif second.exists():
        second.replace(first)


class Watcher:
    """Takes each edit up as `clew watch` does: by the live index if it can, else by an index run."""

    def __init__(self, bench: Bench, root: Path) -> None:
        self.bench, self.root = bench, root
        self.live = LiveIndex(root, "repo", bench.facts, 1_500_000)
        self.taken = 0
        self._warm()

    def _warm(self) -> None:
        assert self.live.warm(self.bench.graph, self.bench.lexical)

    def update(self, *paths: str) -> Prepared | None:
        prepared = self.live.prepare(paths)
        if prepared is None:
            self.live.adopt(self.bench.index(self.root, families=self.live.families))
            assert self.live.is_warm
        elif prepared.rows:
            self.taken += 1
            assert self.live.write(prepared, self.bench.graph, self.bench.lexical).rewritten == len(prepared.rows)
        return prepared


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with closing(Bench(tmp_path)) as bench:
        yield bench


@settings(max_examples=25, deadline=None)
@given(edits)
def test_edits_one_by_one(given_edits: list[tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as folder, closing(Bench(Path(folder))) as bench:
        root = bench.repository(FILES)
        bench.index(root)
        watcher = Watcher(bench, root)
        for path, what, body in given_edits:
            if what in ("gone", "renamed"):
                move(root, path, what)
                watcher.update(path, f"{path[:-3]}_2.py")
                continue
            before = (root / path).read_text() if (root / path).exists() else ""
            text = str(FILES[path]) if what == "revert" or not before else edited(before, what, body)
            write(root, {path: text})
            watcher.update(path)
        assert_equals_a_fresh_index(bench, root, Path(folder) / "fresh")


@pytest.mark.parametrize("language", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_every_file_of_the_fixtures_moves_by_a_line(bench: Bench, language: str) -> None:
    root = bench.folder / "repo"
    shutil.copytree(FIXTURES / language, root)
    bench.index(root)
    watcher = Watcher(bench, root)
    sources = [path for path in sorted(root.rglob("*")) if path.suffix in COMMENTS]
    for path in sources:
        mark = COMMENTS[path.suffix]
        path.write_text(f"{mark} moved\n{path.read_text()}" if mark else f"\n{path.read_text()}")
        watcher.update(path.relative_to(root).as_posix())
    of_its_own = [path for path in sources if path.name != "build.rs"]  # a build script says which modules there are
    assert watcher.taken == len(of_its_own), "moved lines are the file's own affair"
    assert_equals_a_fresh_index(bench, root, bench.folder / "fresh")


@pytest.mark.parametrize(
    ("path", "text", "taken"),
    [
        ("app/tools.py", "def log():\n    print('x')\n\n\ndef new():\n    return 1\n", True),
        ("app/tools.py", "def log(level):\n    print('x')\n\n\ndef each(action):\n    return action()\n", True),
        ("app/work.py", "from app.tools import log\n", True),
        ("store/store.go", "package store\n\nfunc Open() int { return 1 }\n", True),
        ("app/new.py", "x = 1\n", False),
        ("setup.py", "x = 1\n", False),
    ],
)
def test_what_others_see_is_taken_up_and_new_files_are_declined(
    bench: Bench, path: str, text: str, taken: bool
) -> None:
    root = bench.repository({**FILES, "setup.py": ""})
    bench.index(root)
    watcher = Watcher(bench, root)
    write(root, {path: text})
    assert (watcher.update(path) is not None) == taken
    assert_equals_a_fresh_index(bench, root, bench.folder / "fresh")


def test_a_document_is_its_own_affair(bench: Bench) -> None:
    root = bench.repository(FILES)
    bench.index(root)
    watcher = Watcher(bench, root)
    for text in ("# Other\n\n`main` and `Base.run`\n\n## New\n\n`tools.each`\n", str(FILES["guide.md"]), "\n"):
        write(root, {"guide.md": text})
        assert watcher.update("guide.md") is not None
        write(root, {"app/work.py": edited((root / "app/work.py").read_text(), "top", "# later\n")})
        assert watcher.update("app/work.py") is not None
    assert_equals_a_fresh_index(bench, root, bench.folder / "fresh")


def test_a_deleted_file_is_declined_and_a_touched_one_writes_nothing(bench: Bench) -> None:
    root = bench.repository(FILES)
    bench.index(root)
    watcher = Watcher(bench, root)
    (root / "app" / "tools.py").touch()
    prepared = watcher.update("app/tools.py")
    assert prepared is not None
    assert prepared.rows == []
    (root / "app" / "tools.py").unlink()
    assert watcher.live.prepare(["app/tools.py"]) is None
    assert not watcher.live.is_warm


def test_a_store_that_another_wrote_meanwhile_is_left_alone(bench: Bench) -> None:
    root = bench.repository(FILES)
    bench.index(root)
    live = LiveIndex(root, "repo", bench.facts, 1_500_000)
    assert live.warm(bench.graph, bench.lexical)
    write(root, {"app/tools.py": edited(str(FILES["app/tools.py"]), "top", "# later\n")})
    prepared = live.prepare(["app/tools.py"])
    assert prepared is not None
    bench.index(root, force=True)
    before = everything(bench)
    with pytest.raises((StoreBusy, FileNotFoundError)):
        live.write(prepared, bench.graph, bench.lexical)
    assert everything(bench) == before
    assert not live.is_warm
    assert not LiveIndex(root, "other", bench.facts, 1_500_000).warm(bench.graph, bench.lexical)


@pytest.mark.parametrize("language", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_an_index_run_hands_over_what_it_made_and_takes_what_is_there(bench: Bench, language: str) -> None:
    root = bench.folder / "repo"
    shutil.copytree(FIXTURES / language, root)
    write(root, {"other.go" if language != "go" else "other.py": "", "guide.md": "# Guide\n"})
    live = LiveIndex(root, "repo", bench.facts, 1_500_000)
    live.adopt(bench.index(root, families=live.families))
    assert_equals_a_fresh_index(bench, root, bench.folder / "fresh")
    made = [held.resolution for held in live.families]
    assert len(made) == 2
    source = next(path for path in sorted(root.rglob("*")) if path.suffix in COMMENTS and path.parent != root)
    for text in (f"\n{source.read_text()}", source.read_text()):
        source.write_text(text)
        prepared = live.prepare([source.relative_to(root).as_posix()])
        assert prepared is not None
        live.write(prepared, bench.graph, bench.lexical)
    write(root, {"late.go" if language != "go" else "late.py": "", "guide.md": "# Guide\n\n## Late\n"})
    live.adopt(bench.index(root, families=live.families))
    assert sum(held.resolution in made for held in live.families) == 1, "the other language is resolved anew"
    assert live.is_warm
    assert_equals_a_fresh_index(bench, root, bench.folder / "again")
