"""What `clew impact` says of a name that is a package's of the repository and no symbol's."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main
from tests.unit.indexers.bench import write


def test_a_package_is_told_with_the_question_to_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(tmp_path / "shop", {"core/pyproject.toml": '[project]\nname = "shop-core"\n', "a.py": "x = 1\n"})
    store = ["--store", str(tmp_path / "store")]
    assert main([*store, "index", str(root), "--json"]) == 0
    capsys.readouterr()
    assert main([*store, "impact", "Shop_Core", "--repo", "shop"]) == 6
    shown = capsys.readouterr().out
    assert "Shop_Core is the package of core/pyproject.toml" in shown
    assert 'clew ask "which packages depend on Shop_Core?"' in shown
    assert main([*store, "impact", "shop-till", "--repo", "shop"]) == 6
    assert "is the package of" not in capsys.readouterr().out
