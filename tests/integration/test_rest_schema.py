"""Every route against its own description: requests made of it, good and bad, sent in process; replies must be what it says."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture.utils import many
from schemathesis import GenerationMode

from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from tests.integration.processes import ROOT

pytestmark = pytest.mark.integration

EXAMPLES = 12
HOST = "http://127.0.0.1:8000"
REFUSED_FOR_WHAT_IT_MEANS = ["2xx", "304", "400", "401", "403", "404", "409", "410", "415", "422", "503"]
"""A request may be well formed and still mean nothing: a name of blanks, a repository that is not there, a page of another question, a delivery that
nobody signed."""


def _more(elements: Any) -> bool:
    """Draw another element? Schemathesis' generator of JSON (hypothesis-jsonschema 0.23) still asks so; hypothesis iterates now."""
    if not hasattr(elements, "steps"):
        elements.steps = iter(elements.__enter__())
    return next(elements.steps, elements) is None


if not hasattr(many, "more"):
    many.more = _more  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def app(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """Over a copy: what is asked here also makes principals and keys, and takes rights away."""
    store = Path(shutil.copytree(shop, tmp_path_factory.mktemp("schema") / "store"))
    chosen = {
        "home": store,
        "retrieval": {"dense": False},
        "model": {"writer": "extractive", "ollama_url": "http://127.0.0.1:9"},
    }
    wiring = Wiring(load_settings(chosen, folder=store))
    yield create_app(wiring)
    wiring.close()


def operations() -> list[Any]:
    """Return every operation of the committed description; a unit test holds it to be that of now."""
    checks = {
        "positive_data_acceptance": {"expected-statuses": REFUSED_FOR_WHAT_IT_MEANS},
        "not_a_server_error": {
            "expected-statuses": ["2xx", "3xx", "4xx", "503"]
        },  # a model that is named has no host here
    }
    config = schemathesis.Config.from_dict({"checks": checks})
    described = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    schema = schemathesis.openapi.from_dict(described, config=config)
    found: list[Any] = list(schema.get_all_operations())
    return [result.ok() for result in found]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_replies_are_as_described(operation: Any, mode: GenerationMode, app: FastAPI) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.validate_response(_sent(app, case.as_transport_kwargs(base_url=HOST)))

    with suppress(Unsatisfiable):  # where nothing of a request can be wrong, no bad one is made
        check()


def _sent(app: FastAPI, wanted: dict[str, Any]) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
            return await client.request(**_for_httpx(wanted))

    return asyncio.run(call())


def _for_httpx(wanted: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in wanted.items() if key in ("method", "url", "params", "json", "headers")}
    data = wanted.get("data")
    if isinstance(data, bytes | str):
        kept["content"] = data
    elif data is not None:
        kept["data"] = data
    headers = {str(name): str(value).encode("utf-8", "replace") for name, value in dict(wanted["headers"]).items()}
    if kept["method"].upper() in ("POST", "PATCH", "PUT", "DELETE"):
        headers.setdefault("Content-Type", b"application/json")
    return {**kept, "headers": headers}
