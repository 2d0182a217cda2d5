"""Reports and descriptions told apart: `python -m benchmarks.localisation.sorts --repository GIT_DIR ...`.

Bug-fix messages and first sentences of what is said of functions, at most `MOST` of each from a repository. Prints how many
are told rightly by what the other repositories teach, then the weights that all teach, for a release.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.ranker.cases import mined_cases
from app.ranker.descriptions import described_cases
from app.ranker.sorts import fitted_sorts
from app.ranker.training import name_of
from tools.question_sort import described

MOST = 100
Asked = tuple[str, bool]
"""A question, and whether it describes code."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localisation.sorts", description=__doc__)
    parser.add_argument("--repository", type=Path, action="append", required=True, metavar="GIT_DIR")
    asked = {name_of(git_dir): _asked(git_dir) for git_dir in parser.parse_args().repository}
    right = {True: 0, False: 0}
    for name, questions in asked.items():
        weights = _learned([one for other, found in asked.items() if other != name for one in found])
        for query, is_described in questions:
            right[is_described] += (described(query, weights) > 0.5) == is_described
    for is_described, sort in ((False, "reports"), (True, "descriptions")):
        count = sum(one[1] == is_described for questions in asked.values() for one in questions)
        print(f"{sort}: {right[is_described]} of {count} told rightly, repository left out")
    for weight, value in _learned([one for questions in asked.values() for one in questions]).items():
        print(f"    {weight}: {value}")


def _asked(git_dir: Path) -> list[Asked]:
    name = name_of(git_dir)
    mined = mined_cases(git_dir, name, bases=1, cases_a_base=MOST, git_dir=git_dir)
    told = described_cases(git_dir, "HEAD", name, limit=MOST)
    print(f"{name}: {len(mined)} reports, {len(told)} descriptions")
    return [(case.query, False) for case in mined] + [(case.query, True) for case in told]


def _learned(questions: list[Asked]) -> dict[str, float]:
    return fitted_sorts(
        [query for query, is_described in questions if not is_described],
        [query for query, is_described in questions if is_described],
    )


if __name__ == "__main__":
    main()
