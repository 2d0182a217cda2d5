"""Trees of a given size: whole files, a mixture, and no content twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.speed.trees import assemble, count


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder, suffix in zip(folders, ("py", "go"), strict=True):
        folder.mkdir()
        for number in range(3):
            (folder / f"f{number}.{suffix}").write_text(f"// {number}\n" * 10, "utf-8")
        (folder / "notes.txt").write_text("not code\n" * 500, "utf-8")
    return folders


def test_a_tree_mixes_the_sources_up_to_its_size(tmp_path: Path, sources: list[Path]) -> None:
    tree = assemble(sources, tmp_path / "tree", 25)
    assert (tree.files, tree.lines) == (3, 30)
    assert sorted(file.name for file in tree.root.rglob("*.*")) == ["f0.go", "f0.py", "f1.py"]
    assert count(tree.root) == tree


def test_used_up_sources_are_taken_again_with_other_contents(tmp_path: Path, sources: list[Path]) -> None:
    tree = assemble(sources, tmp_path / "tree", 150)
    contents = [file.read_bytes() for file in tree.root.rglob("*.py")]
    assert len(contents) > 3
    assert len(set(contents)) == len(contents)
    assert {folder.name for folder in tree.root.iterdir()} >= {"one", "one1", "two1"}
    assert count(tree.root).lines == tree.lines >= 150


def test_sources_without_code_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no source file"):
        assemble([tmp_path / "empty"], tmp_path / "tree", 10)
