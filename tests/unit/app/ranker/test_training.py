from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.cli import main
from app.errors import USAGE
from app.ranker.cases import mined_cases
from app.ranker.training import train
from configs.errors import InputError
from configs.release import Releases

TOPICS = (
    "invoice rounding",
    "cart quantity",
    "refund deadline",
    "voucher expiry",
    "payment retry",
    "stock reservation",
)


def made_repository(root: Path) -> Path:
    """Return a repository with one module a topic, each of them fixed once."""
    root.mkdir()

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    names = [topic.replace(" ", "_") for topic in TOPICS]
    for name in names:
        topics = name.replace("_", " ")
        (root / f"{name}.py").write_text(
            f'"""About the {topics}."""\n\n\n'
            f'def {name}(order):\n    """Return what the {topics} of an order is."""\n    return order\n'
        )
    git("add", ".")
    git("commit", "-q", "-m", "Start the shop")
    for topic, name in zip(TOPICS, names, strict=True):
        path = root / f"{name}.py"
        path.write_text(path.read_text().replace("return order", "return order + 1"))
        (root / f"test_{name}.py").write_text("assert True\n")
        git("add", ".")
        git("commit", "-q", "-m", f"Fix the wrong {topic} of large orders")
    git("commit", "-q", "--allow-empty", "-m", "Release it")
    return root


def test_bug_fixes_are_questions_with_their_answers(tmp_path: Path) -> None:
    root = made_repository(tmp_path / "shop")
    cases = mined_cases(root, "shop", bases=1, cases_a_base=3)
    assert [sorted(case.gold_files) for case in cases] == [
        ["stock_reservation.py"],
        ["payment_retry.py"],
        ["voucher_expiry.py"],
    ]
    assert cases[0].gold_functions == frozenset({"stock_reservation.py::stock_reservation"})
    assert cases[0].query == "Fix the wrong stock reservation of large orders"
    assert len({case.base_commit for case in cases}) == 1


def test_weights_are_learned_from_two_repositories_and_judged_across(tmp_path: Path) -> None:
    roots = [made_repository(tmp_path / name) for name in ("one", "two")]
    said: list[str] = []
    work = tmp_path / "work"
    work.mkdir()
    outcome = train(roots, work, bases=1, cases_a_base=5, descriptions=4, say=said.append)
    assert outcome.questions == {"one": 9, "two": 9}
    assert outcome.left_out["hit@1"] == 100.0
    assert outcome.left_out["func@10"] == outcome.left_out["described@10"] == 100.0
    assert {
        "file.best",
        "symbol.chunk",
        "doc.chunk",
        "question.mends",
        "symbol.chunk.described",
    } <= outcome.weights.keys()
    assert said[0] == "one: 5 bug fixes, 4 descriptions"


def test_a_repository_without_fixes_is_refused(tmp_path: Path) -> None:
    root = made_repository(tmp_path / "shop")
    (tmp_path / "work").mkdir()
    with pytest.raises(InputError, match="too few bug fixes in the history of shop: not 50"):
        train([root], tmp_path / "work", bases=1, cases_a_base=50, descriptions=4, say=lambda _: None)


def test_without_descriptions_the_sort_of_a_question_is_left_as_the_release_has_it(tmp_path: Path) -> None:
    (work := tmp_path / "work").mkdir()
    shop = made_repository(tmp_path / "shop")
    outcome = train([shop], work, bases=1, cases_a_base=5, descriptions=0, say=lambda _: None)
    released = Releases().get("default").retrieval.weights
    of_sorts = {name: weight for name, weight in released.items() if name.startswith("question.")}
    assert of_sorts and of_sorts.items() <= outcome.weights.items()
    assert outcome.left_out == {}


def test_a_folder_without_git_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--store", str(tmp_path / "empty"), "eval", "train-ranker", "--repository", str(tmp_path)]
    assert main(arguments) == USAGE
    assert f"{str(tmp_path)!r} is no git repository" in capsys.readouterr().err
