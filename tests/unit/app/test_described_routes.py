"""The committed description of the routes is that of now, and says of each what people need."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.openapi import DOCUMENT, description

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(description())
    return found


def test_the_written_description_is_that_of_now() -> None:
    assert (ROOT / DOCUMENT).read_text("utf-8") == description(), "run `make openapi`"


def test_every_operation_has_a_name_a_summary_a_topic_and_its_errors(described: dict[str, Any]) -> None:
    names = []
    topics = {tag["name"] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            names.append(operation["operationId"])
            assert operation["summary"], where
            assert len(operation["description"]) > 20, where
            assert set(operation["tags"]) <= topics, where
            default = json.dumps(operation["responses"]["default"])
            assert ("Problem" if path.startswith(("/api/", "/hooks/")) else "Error") in default, where
            assert "422" not in operation["responses"] or method in ("post", "patch"), where
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+_[a-z_]+", name) for name in names), names


def test_every_reference_leads_somewhere_and_nothing_is_left_over(described: dict[str, Any]) -> None:
    text = json.dumps(described)
    meant = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert meant == set(described["components"]["schemas"])


def test_posts_of_our_own_take_a_key_against_doing_things_twice(described: dict[str, Any]) -> None:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            keys = [one for one in operation.get("parameters", []) if one["name"] == "Idempotency-Key"]
            assert bool(keys) == (method == "post" and path.startswith("/api/")), f"{method} {path}"
