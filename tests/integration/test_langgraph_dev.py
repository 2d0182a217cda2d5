"""The assistant seen through `langgraph dev` over its own REST API: every node runs, and the answer is proven."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.context import Context
from agents.state import INPUT_EXAMPLES
from graph.assistant import NODES
from tests.integration.processes import (
    ROOT,
    SOURCES,
    clew_json,
    environment,
    free_port,
    started,
    wait_until,
    write_sources,
)

pytestmark = pytest.mark.integration


GIFTS = "from shop.models import Order\n\n\nclass Gift(Order):\n    def total(self) -> int:\n        return 2\n"
MAIL = "ada.hopper@fernpost.de"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Start the dev server in a folder of its own, on a free port, against an indexed store."""
    folder, port = tmp_path_factory.mktemp("studio"), free_port()
    shop = folder / "store"
    sources = write_sources(folder / "shop", {**SOURCES, "shop/gifts.py": GIFTS})
    clew_json(shop, "index", str(sources), "--name", "shop")
    program = Path(sys.executable).with_name("langgraph.exe" if os.name == "nt" else "langgraph")
    command = [str(program), "dev", "--config", str(ROOT / "langgraph.json"), "--no-browser", "--no-reload"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    quiet = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false", "NO_COLOR": "1"}
    with (
        started(command, folder=folder, env=environment(shop, **quiet), log=folder / "log") as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client,
    ):
        wait_until(lambda: _ready(client), process, what="the dev server is ready")
        yield client


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/ok").status_code == 200
    except httpx.TransportError:
        return False


def created(client: httpx.Client, path: str, body: dict[str, Any], key: str) -> str:
    response = client.post(path, json=body)
    response.raise_for_status()
    identity: str = response.json()[key]
    return identity


def streamed(client: httpx.Client, path: str, body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return (event, data) of a run's server-sent events."""
    events: list[tuple[str, Any]] = []
    name = ""
    with client.stream("POST", path, json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                events.append((name, json.loads(line.removeprefix("data: "))))
    return events


def test_the_server_offers_the_assistant_with_its_context_form(studio: httpx.Client) -> None:
    found = studio.post("/assistants/search", json={"graph_id": "assistant"}).json()
    assert [row["graph_id"] for row in found] == ["assistant"]
    schemas = studio.get(f"/assistants/{found[0]['assistant_id']}/schemas").json()
    assert {"release", "repositories", "model"} <= set(schemas["context_schema"]["properties"])
    drawn = studio.get(f"/assistants/{found[0]['assistant_id']}/graph").json()
    assert set(NODES) <= {node["id"] for node in drawn["nodes"]}


def test_a_run_passes_all_seven_nodes_and_its_answer_is_cited(studio: httpx.Client) -> None:
    assistant = created(studio, "/assistants", {"graph_id": "assistant", "name": "proof"}, "assistant_id")
    thread = created(studio, "/threads", {}, "thread_id")
    run = {
        "assistant_id": assistant,
        "input": {"question": "Explain price"},
        "context": {"repositories": ["shop"], "model": "extractive"},
        "stream_mode": ["updates"],
    }
    events = streamed(studio, f"/threads/{thread}/runs/stream", run)
    assert not [data for name, data in events if name == "error"]
    nodes = {node for name, data in events if name == "updates" for node in data}
    assert nodes >= set(NODES)
    answer = studio.get(f"/threads/{thread}/state").json()["values"]["answer"]
    assert ("shop/models.py", 8) in {
        (c["path"], line) for c in answer["citations"] for line in range(c["start_line"], c["end_line"] + 1)
    }
    assert {claim["status"] for claim in answer["claims"]} == {"verified"}


def test_a_follow_up_in_the_same_thread_knows_what_it_means(studio: httpx.Client) -> None:
    thread = created(studio, "/threads", {}, "thread_id")
    run: dict[str, Any] = {"assistant_id": "assistant", "context": {"model": "extractive"}, "stream_mode": ["updates"]}
    for question in ("Where is price defined?", "Who calls it?"):
        streamed(studio, f"/threads/{thread}/runs/stream", {**run, "input": {"question": question}})
    answer = studio.get(f"/threads/{thread}/state").json()["values"]["answer"]
    assert "shop/checkout.py" in {citation["path"] for citation in answer["citations"]}


def test_every_context_field_is_in_the_form(studio: httpx.Client) -> None:
    found, *_ = studio.post("/assistants/search", json={"graph_id": "assistant"}).json()
    schemas = studio.get(f"/assistants/{found['assistant_id']}/schemas").json()
    form = schemas["context_schema"]["properties"]
    assert set(form) == {one.name for one in dataclasses.fields(Context)}
    assert all(field["description"] for field in form.values()), "each says what it is"
    assert form["depth"]["enum"] == ["auto", "brief", "normal", "deep"]
    assert {name: field["default"] for name, field in form.items()} == dataclasses.asdict(Context())


def test_the_input_is_a_form_with_examples_and_the_state_is_described(studio: httpx.Client) -> None:
    found, *_ = studio.post("/assistants/search", json={"graph_id": "assistant"}).json()
    schemas = studio.get(f"/assistants/{found['assistant_id']}/schemas").json()
    assert schemas["input_schema"]["examples"] == list(INPUT_EXAMPLES)
    assert {"question", "messages"} <= set(schemas["input_schema"]["properties"])
    assert {"plan", "answer"} <= set(schemas["output_schema"]["properties"])


def test_a_name_of_several_meanings_stands_still_and_goes_on_with_the_number(studio: httpx.Client) -> None:
    thread = created(studio, "/threads", {}, "thread_id")
    run: dict[str, Any] = {"assistant_id": "assistant", "context": {"model": "extractive"}, "stream_mode": ["updates"]}
    streamed(studio, f"/threads/{thread}/runs/stream", {**run, "input": {"question": "Who calls total?"}})
    standing = studio.get(f"/threads/{thread}").json()
    assert standing["status"] == "interrupted"
    ((asked,),) = standing["interrupts"].values()
    assert asked["value"]["question"] == "`total` means 2 things here. Which one?"
    labels = [choice["label"] for choice in asked["value"]["choices"]]
    assert labels == [
        "`shop.models.Order.total` (method)",
        "`shop.gifts.Gift.total` (method)",
        "all of them",
    ] or labels == [
        "`shop.gifts.Gift.total` (method)",
        "`shop.models.Order.total` (method)",
        "all of them",
    ]
    number = labels.index("`shop.gifts.Gift.total` (method)") + 1
    events = streamed(studio, f"/threads/{thread}/runs/stream", {**run, "command": {"resume": {"choice": number}}})
    nodes = [node for name, data in events if name == "updates" for node in data]
    assert nodes[0] == "planner"
    assert nodes[-1] == "watcher"
    state = studio.get(f"/threads/{thread}/state").json()
    assert state["next"] == []
    assert "`shop.gifts.Gift.total`" in state["values"]["answer"]["answer"]


def test_the_example_inputs_of_the_document_run(studio: httpx.Client) -> None:
    text = (ROOT / "docs" / "studio.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.S)
    examples = [json.loads(row) for row in re.split(r"\n(?=\{)", block.strip())]
    assert len(examples) == 5
    thread = created(studio, "/threads", {}, "thread_id")
    run: dict[str, Any] = {
        "assistant_id": "assistant",
        "context": {"model": "extractive", "clarify": False},
        "stream_mode": ["updates"],
    }
    for example in examples:
        streamed(studio, f"/threads/{thread}/runs/stream", {**run, "input": example})
        values = studio.get(f"/threads/{thread}/state").json()["values"]
        assert values["verdict"] in ("found", "ambiguous"), example
        assert len(json.dumps(values)) < 60_000, "the state can be read"


def test_what_is_typed_there_is_hidden_from_the_first_node_on(studio: httpx.Client) -> None:
    thread = created(studio, "/threads", {}, "thread_id")
    run: dict[str, Any] = {
        "assistant_id": "assistant",
        "context": {"model": "extractive", "clarify": False},
        "input": {"question": f"Who calls price? Tell {MAIL}"},
        "stream_mode": ["updates"],
    }
    events = streamed(studio, f"/threads/{thread}/runs/stream", run)
    after = [data for name, data in events if name == "updates"]
    for update in after:
        for values in update.values():
            (values or {}).pop("pseudonyms", None)
    assert MAIL not in json.dumps(after)
    assert "[mail-address-1]" in json.dumps(after)
