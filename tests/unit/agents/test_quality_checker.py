"""What the check counts decides whether an answer is remembered: each status under its own name."""

from __future__ import annotations

from typing import Any, cast

from agents.quality_checker import _check_of
from configs.release import Releases


def test_each_status_is_counted_under_its_own_name() -> None:
    statuses = ["verified"] * 3 + ["unverified"] * 2 + ["refuted"]
    judged = cast(Any, [{"text": "x", "status": status, "citations": []} for status in statuses])
    check = _check_of(judged, [], cast(Any, {"level": "structural"}), Releases().get("default"))
    assert (check["verified"], check["unverified"], check["refuted"]) == (3, 2, 1)
