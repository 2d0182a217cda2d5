"""Every fixture folder below tests/fixtures/<language>/ keeps its annotations' word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.annotated import expectations, failures

FIXTURES = Path(__file__).parents[2] / "fixtures"
FAMILIES = {
    "python": "python",
    "javascript": "ecmascript",
    "typescript": "ecmascript",
    "java": "java",
    "go": "go",
    "rust": "rust",
    "c": "cfamily",
    "cpp": "cfamily",
}
CASES = [
    (family, folder)
    for language, family in FAMILIES.items()
    for folder in sorted((FIXTURES / language).glob("*"))
    if folder.is_dir()
]


@pytest.mark.parametrize(
    ("family", "folder"), CASES, ids=[f"{folder.parent.name}-{folder.name}" for _, folder in CASES]
)
def test_annotations_hold(family: str, folder: Path) -> None:
    assert expectations(folder), f"{folder} has no annotation"
    problems = failures(folder, family)
    assert not problems, "\n".join(problems)
