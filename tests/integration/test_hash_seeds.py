"""The same sources give the same rows in every process, whatever the order of its sets of strings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.processes import ROOT, clew

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("tree", ["tests/fixtures", "indexers"])
def test_rows_do_not_depend_on_the_hash_seed(tmp_path: Path, tree: str) -> None:
    rows = []
    for seed in ("1", "2"):
        store = tmp_path / seed
        done = clew(store, "index", str(ROOT / tree), "--name", "tree", PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        exported = clew(store, "export", "relations", "--repo", "tree", PYTHONHASHSEED=seed)
        assert exported.returncode == 0, exported.stderr
        rows.append(exported.stdout.splitlines())
    assert rows[0]
    assert rows[0] == rows[1]
