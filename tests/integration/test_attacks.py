"""Every attack of the suite against the whole assistant, with a model that obeys all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.judge import faults
from tests.attacks.suite import cases, opened

pytestmark = pytest.mark.integration


def test_no_attack_comes_to_anything(tmp_path: Path) -> None:
    with opened(tmp_path, cases()) as suite:
        found = {case.id: seen for case in cases() if (seen := faults(suite.run(case)))}
    assert found == {}
