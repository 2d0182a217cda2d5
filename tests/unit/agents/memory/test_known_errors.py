"""Solutions to known errors: who finds them again, what joins them, and when they no longer count."""

from __future__ import annotations

import asyncio
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.context import Context
from agents.memory.known_errors import LONGEST_SOLUTION, SOLUTIONS_KEPT, KnownErrors, Solved
from agents.services import Services
from configs.errors import InputError, ModelUnavailable
from graph.runtime import answer, compile_assistant
from knowledge.backends.sqlite_lessons import SqliteLessons
from knowledge.ports.vectors import Embedder
from knowledge.scope import EVERYTHING, Scope
from tests.bookshop import NAME, open_services, write_bookshop

SHOP = Scope(frozenset({NAME}))
KINDS = ("ValueError", "KeyError", "shop.errors.ValueError")
FRAMES = (
    ("shop/pricing.py", "discount"),
    ("shop/pricing.py", "with_tax"),
    ("shop/orders.py", "total"),
    ("shop/orders.py", "checkout"),
)


class CountedWords:
    """An embedder that finds texts alike that share words."""

    identity = "counted"
    dimension = 64

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows: npt.NDArray[np.float32] = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"[a-z]+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return rows

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        return self.embed_documents([text]).reshape(-1)


class AllAlike(CountedWords):
    """An embedder to which everything is the same."""

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.ones((len(texts), 1), np.float32)


def report(
    *frames: tuple[str, str],
    kind: str = "ValueError",
    message: str = "1.5",
    lines: Sequence[int] = (),
    root: str = "/srv/",
) -> str:
    numbers = [*lines, *range(1, 20)]
    shown = [
        f'  File "{root}{path}", line {line}, in {name}\n    pass'
        for (path, name), line in zip(frames[::-1], numbers, strict=False)
    ]
    return "\n".join(["Traceback (most recent call last):", *shown, f"{kind}: {message}"])


def solved(text: str, words: str = "Divide by 100.", by: str = "ann", at: float = 1.0) -> Solved:
    return Solved(text, words, by, at)


@contextmanager
def memory(services: Services, embedder: Embedder | None = None, likeness: float = 0.85) -> Iterator[KnownErrors]:
    with tempfile.TemporaryDirectory() as folder, closing(SqliteLessons(Path(folder) / "lessons.db")) as lessons:
        yield KnownErrors(services.graph, lessons, lambda _repository: embedder, likeness)


WAYS = st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4)


@given(way=WAYS, kind=st.sampled_from(KINDS), lines=st.lists(st.integers(1, 9_999), min_size=4, max_size=4))
@settings(max_examples=25, deadline=None)
def test_moved_lines_another_folder_and_another_message_are_the_same_error(
    bookshop: Services, way: list[tuple[str, str]], kind: str, lines: list[int]
) -> None:
    with memory(bookshop) as known:
        first = known.learn(EVERYTHING, solved(report(*way, kind=kind)))
        again = report(*way, kind=kind, message="other words", lines=lines, root="/home/else/where/")
        (row,) = known.find(EVERYTHING, f"Why is that?\n{again}\nThanks!")
        assert (row["id"], row["match"], row["solutions"][0]["text"]) == (first.lesson.id, "same", "Divide by 100.")


@given(way=WAYS, other=WAYS, kinds=st.permutations(KINDS))
@settings(max_examples=25, deadline=None)
def test_another_kind_of_error_is_never_merged_nor_found_however_alike(
    bookshop: Services, way: list[tuple[str, str]], other: list[tuple[str, str]], kinds: list[str]
) -> None:
    with memory(bookshop, AllAlike(), likeness=0.0) as known:
        known.learn(EVERYTHING, solved(report(*way, kind=kinds[0])))
        assert known.find(EVERYTHING, report(*other, kind=kinds[1])) == []
        assert not known.learn(EVERYTHING, solved(report(*other, kind=kinds[1]))).merged
        assert len(known.all(EVERYTHING)) == 2


@given(way=WAYS, granted=st.sets(st.sampled_from(["other", "elsewhere"])))
@settings(max_examples=25, deadline=None)
def test_without_a_grant_of_its_repository_an_error_is_unknown(
    bookshop: Services, way: list[tuple[str, str]], granted: set[str]
) -> None:
    with memory(bookshop, AllAlike(), likeness=0.0) as known:
        known.learn(EVERYTHING, solved(report(*way)))
        hidden = Scope(frozenset(granted))
        assert known.find(hidden, report(*way)) == []
        assert known.all(hidden) == []
        assert [row["repository"] for row in known.find(SHOP, report(*way))] == [NAME]


def test_an_error_of_another_repository_is_never_told(tmp_path: Path, bookshop: Services) -> None:
    """Two repositories with the same files, in two stores that share their lessons: each sees its own."""
    twin = open_services(tmp_path / "store", write_bookshop(tmp_path / "root"))
    with closing(SqliteLessons(tmp_path / "lessons.db")) as lessons:
        here = KnownErrors(bookshop.graph, lessons, lambda _: AllAlike(), 0.0)
        here.learn(EVERYTHING, solved(report(FRAMES[0])))
        (lesson,) = lessons.find(EVERYTHING, "solution")
        lessons.put(replace(lesson, repositories=("elsewhere",)), keep=10)
        there = KnownErrors(twin.graph, lessons, lambda _: AllAlike(), 0.0)
        assert there.find(EVERYTHING, report(FRAMES[0])) == []
        assert not there.learn(EVERYTHING, solved(report(FRAMES[0]))).merged
    twin.graph.close()


def test_an_alike_error_joins_and_is_told_as_alike(bookshop: Services) -> None:
    with memory(bookshop, CountedWords(), likeness=0.7) as known:
        first = known.learn(EVERYTHING, solved(report(*FRAMES[:2], message="the rate of the discount is above one")))
        near = report(FRAMES[0], FRAMES[2], message="the rate of the discount is above one")
        assert [row["match"] for row in known.find(EVERYTHING, near)] == ["alike"]
        assert known.find(EVERYTHING, report(FRAMES[3], message="no such receipt")) == []
        joined = known.learn(EVERYTHING, solved(near, "Cap it.", at=2.0))
        assert (joined.merged, joined.lesson.id) == (True, first.lesson.id)
        assert [row["match"] for row in known.find(EVERYTHING, near)] == ["same"]


def test_without_an_embedder_or_with_a_failing_one_only_the_same_error_is_found(bookshop: Services) -> None:
    class Away(CountedWords):
        def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            raise ModelUnavailable("the host is away")

    for embedder in (None, Away()):
        with memory(bookshop, embedder) as known:
            known.learn(EVERYTHING, solved(report(*FRAMES[:2])))
            assert known.find(EVERYTHING, report(FRAMES[0])) == []
            assert len(known.find(EVERYTHING, report(*FRAMES[:2]))) == 1


def test_solutions_are_told_newest_first_with_their_provenance_and_are_bounded(bookshop: Services) -> None:
    text = report(FRAMES[0])
    with memory(bookshop) as known:
        for number in range(SOLUTIONS_KEPT + 2):
            known.learn(EVERYTHING, solved(text, f"Words {number}.", by=f"ann{number}", at=float(number)))
        known.learn(EVERYTHING, solved(text, "Words 6.", by="bob", at=9.0))
        (row,) = known.find(EVERYTHING, text)
        assert [(one["text"], one["by"], one["at"]) for one in row["solutions"]][:2] == [
            ("Words 6.", "bob", 9.0),
            ("Words 5.", "ann5", 5.0),
        ]
        assert len(row["solutions"]) == SOLUTIONS_KEPT
        (info,) = bookshop.graph.repositories(EVERYTHING)
        assert {one["revision"] for one in row["solutions"]} == {info.revision}


def test_secrets_and_personal_data_are_masked_before_they_are_kept(bookshop: Services, tmp_path: Path) -> None:
    mail, token = "ada.hopper@fernpost.de", "ghp_" + "a1B2c3D4e5F6a7B8c9D0" * 2
    with closing(SqliteLessons(tmp_path / "lessons.db")) as lessons:
        known = KnownErrors(bookshop.graph, lessons, lambda _: None, 0.85)
        known.learn(EVERYTHING, solved(report(FRAMES[0], message=f"to {mail}"), f"Ask {mail}, token {token}", by=mail))
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [word for word in (mail, token[4:]) if word.encode() in held] == []


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("no traceback here", "Do it.", "no traceback"),
        (report(("/usr/lib/python3.12/json/x.py", "loads"), root=""), "Do it.", "no frame of this ValueError"),
        (report(FRAMES[0]), "  ", "0 characters"),
        (report(FRAMES[0]), "x" * (LONGEST_SOLUTION + 1), "20,001 characters"),
    ],
)
def test_what_cannot_be_learned_is_refused(bookshop: Services, text: str, words: str, message: str) -> None:
    with memory(bookshop) as known:
        with pytest.raises(InputError, match=message):
            known.learn(EVERYTHING, solved(text, words))
        assert known.all(EVERYTHING) == []


def test_a_changed_file_makes_it_stale_and_a_gone_symbol_dead(tmp_path: Path) -> None:
    root, text = write_bookshop(tmp_path / "root"), report(*FRAMES[:1], FRAMES[3])
    with closing(SqliteLessons(tmp_path / "lessons.db")) as lessons:

        def opened() -> tuple[Services, KnownErrors]:
            services = open_services(tmp_path / "store", root, lessons=lessons)
            return services, KnownErrors(services.graph, lessons, lambda _: AllAlike(), 0.0)

        services, known = opened()
        learned = known.learn(EVERYTHING, solved(text)).lesson
        assert known.state(EVERYTHING, learned) == "holds"
        pricing = root / "shop/pricing.py"
        pricing.write_text("# moved down by a line\n" + pricing.read_text())
        services.graph.close()
        services, known = opened()
        (row,) = known.find(EVERYTHING, text)
        assert (row["match"], row["solutions"][0]["changed"]) == ("same", ["shop/pricing.py"])
        assert known.state(EVERYTHING, learned) == "stale"
        told = asyncio.run(answer(compile_assistant(services), f"Why?\n{text}", Context(model="extractive")))
        assert "stale: `shop/pricing.py` changed since, check whether it still holds." in told.answer
        known.learn(EVERYTHING, solved(text, "Still holds.", at=2.0))
        assert known.state(EVERYTHING, learned_again := known.all(EVERYTHING)[0]) == "holds"
        assert len(learned_again.payload["solutions"]) == 2

        pricing.write_text(pricing.read_text().replace("def discount", "def reduction"))
        services.graph.close()
        services, known = opened()
        assert known.state(EVERYTHING, learned) == "dead"
        assert known.find(EVERYTHING, text) == []
        assert len(known.all(EVERYTHING)) == 1
        services.graph.close()


def test_an_answer_shows_what_solved_it_whether_it_is_remembered_or_not(bookshop: Services) -> None:
    text = f"Why does this fail?\n{report(*FRAMES)}"
    with tempfile.TemporaryDirectory() as folder, closing(SqliteLessons(Path(folder) / "lessons.db")) as lessons:
        services = replace(bookshop, lessons=lessons)
        assistant = compile_assistant(services)
        before = asyncio.run(answer(assistant, text, Context(model="extractive")))
        assert before.known_errors == ()
        KnownErrors(bookshop.graph, lessons, lambda _: None, 0.85).learn(EVERYTHING, solved(text, "Two\nlines."))
        told = asyncio.run(answer(assistant, text, Context(model="extractive")))
        assert told.answer.startswith(
            "**This error was solved before**: `ValueError`.\n\n> Two\n> lines.\n\n*ann, 1970-01-01,"
        )
        assert "the code is as it was then." in told.answer
        assert told.answer.endswith(before.answer)
        assert [row["match"] for row in told.known_errors] == ["same"]
        hidden = Context(model="extractive", repositories=["elsewhere"])
        assert asyncio.run(answer(assistant, text, hidden)).known_errors == ()


def test_a_failing_store_of_lessons_costs_a_finding_only(bookshop: Services, tmp_path: Path) -> None:
    lessons = SqliteLessons(tmp_path / "lessons.db")
    lessons.close()
    services = replace(bookshop, lessons=lessons)
    told = asyncio.run(answer(compile_assistant(services), report(*FRAMES), Context(model="extractive")))
    assert told.answer
    assert "store_unavailable" in {finding["kind"] for finding in told.findings}
