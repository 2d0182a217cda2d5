"""The hash of Clew's own code changes with what answers, and with nothing else."""

from __future__ import annotations

from pathlib import Path

from configs.code import code_id, code_id_of


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_what_answers_counts_and_nothing_else(tmp_path: Path) -> None:
    root = tree(tmp_path, {"agents/writer.py": "a = 1\n", "tools/search.py": "b = 1\n", "app/rest.py": "c = 1\n"})
    before = code_id_of(root)
    tree(root, {"app/rest.py": "c = 2\n", "agents/notes.md": "text"})
    assert code_id_of(root) == before
    tree(root, {"agents/writer.py": "a = 2\n"})
    after = code_id_of(root)
    assert after != before
    tree(root, {"indexers/naming.py": "d = 1\n"})  # tools read names as indexers write them
    assert code_id_of(root) != after


def test_a_file_that_moves_counts(tmp_path: Path) -> None:
    one = code_id_of(tree(tmp_path / "one", {"tools/a.py": "x = 1\n"}))
    assert one != code_id_of(tree(tmp_path / "two", {"tools/b.py": "x = 1\n"}))


def test_the_code_of_this_process_has_one() -> None:
    assert code_id() == code_id_of(Path(__file__).parents[3])
