"""The documents say what the code does: every command, option, setting, error code and route has its place in them."""

from __future__ import annotations

import dataclasses
import json
import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import click
import pytest
from starlette.routing import Route

from agents.context import Context
from agents.services import Services
from agents.state import INPUT_EXAMPLES
from app.errors import OUTCOMES
from app.rest.schemas import ChatRequest, ClewOptions
from app.rest.server import create_app
from configs.settings import load_settings, setting_names
from graph.assistant import build
from indexers.facts import FileFacts
from tests import annotated
from tests.unit.app.cli.test_entry import commands

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_and_option_is_in_the_cli_document(name: str) -> None:
    text = read("cli.md")
    assert re.search(rf"\b{name}\b", text), name
    for parameter in commands()[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert any(option in text for option in parameter.opts), f"{name} {parameter.opts}"


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", read("settings.md"), re.M))
    assert documented == {name for name, _, _ in setting_names()}


def test_the_examples_of_the_input_are_in_the_document_on_studio_and_in_its_description() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", read("studio.md"), re.S)
    documented = [json.loads(row) for row in re.split(r"\n(?=\{)", block.strip())]
    assert all(example in documented for example in INPUT_EXAMPLES)
    described = build(cast(Services, None)).compile().get_input_jsonschema()
    assert described["examples"] == list(INPUT_EXAMPLES)


def test_every_field_of_the_context_is_in_the_document_on_studio() -> None:
    table = read("studio.md").partition("**Context**")[2].partition("**State**")[0]
    rows = "\n".join(re.findall(r"^\| (`.*?`) \|", table, re.M))
    assert set(re.findall(r"`([a-z_]+)`", rows)) == {field.name for field in dataclasses.fields(Context)}


def test_the_context_is_a_form_whose_fields_say_what_they_are() -> None:
    described = build(cast(Services, None)).compile().get_context_jsonschema()
    assert described is not None
    form = described["properties"]
    assert set(form) == {field.name for field in dataclasses.fields(Context)}
    assert all(field["description"].endswith(".") for field in form.values())


def test_every_error_has_its_row_with_exit_code_and_status() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d+) \| (\d+) \|", read("errors.md"), re.M)
    assert {code: (int(exit_code), int(status)) for code, exit_code, status in rows} == OUTCOMES


def test_documents_link_to_files_that_exist() -> None:
    for document in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "ARCHITECTURE.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} -> {target}"


@pytest.mark.parametrize("name", ["cli.md", "web.md", "vscode.md", "slack.md", "studio.md"])
def test_every_door_has_a_tour_with_pictures(name: str) -> None:
    text = read(name)
    assert "## A tour" in text or "**A tour.**" in text
    assert re.search(r"^!\[[^\]]+\]\(\S+\)$|^```mermaid$", text, re.M)


def test_every_picture_is_made_by_a_test_and_shown_in_a_document() -> None:
    """Those of the editor lie beside its extension."""
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "integration").glob("*.py"))
    made = set(re.findall(r"""(?:picture\(\w+, |draw\()"([a-z-]+)\"""", tests))
    shown = "".join(path.read_text("utf-8") for path in [*DOCS.glob("*.md"), ROOT / "README.md"])
    pictures = [*(DOCS / "pictures").iterdir(), *(ROOT / "vscode" / "media").rglob("*.png")]
    kept = {path.stem for path in pictures} - {"icon"}
    assert kept <= made
    assert all(f"{name}." in shown for name in kept)


def test_rooms_named_in_the_architecture_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    for path in re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text):
        assert (ROOT / path).is_file(), path


def test_every_route_is_in_the_rest_document() -> None:
    composition: Any = SimpleNamespace(settings=load_settings(), background=nullcontext, sharing=None)
    app = create_app(composition)
    served = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    hidden = [route for route in app.routes if isinstance(route, Route)]
    served |= {f"{method} {route.path}" for route in hidden for method in (route.methods or set()) - {"HEAD"}}
    documented = read("rest.md") + read("api.md")
    assert set(re.findall(r"^\| `([A-Z]+ /[\w./{}]*)` \|", documented, re.M)) == served


def test_every_field_of_a_request_is_in_the_rest_document() -> None:
    documented = set(re.findall(r"`([a-z_.]+)`", "\n".join(re.findall(r"^\| (.*?) \|", read("rest.md"), re.M))))
    own = {f"clew.{name}" for name in ClewOptions.model_fields}
    plain = set(ChatRequest.model_fields) - {"clew", "stream_options"} | {"stream_options.include_usage"}
    assert documented == own | plain


def test_every_error_that_has_no_class_is_documented_with_its_status() -> None:
    guarded = "\n".join(path.read_text("utf-8") for path in (ROOT / "app" / "rest").rglob("*.py"))
    raised = {(code, status) for status, code in re.findall(r"(?:refusal|error_of)\(\s*(\d+), \"([a-z_]+)\"", guarded)}
    raised |= {("no_such_route", "404, 405"), ("head_too_large", "414, 431")}
    assert len(raised) > 5, "the pattern no longer finds them"
    assert set(re.findall(r"^\| `([a-z_]+)` \| (\d{3}(?:, \d{3})*) \| [^\d]", read("errors.md"), re.M)) == raised
    entry = (ROOT / "app" / "cli" / "entry.py").read_text("utf-8")
    spoken = set(re.findall(r"\"code\": \"([a-z_]+)\"", entry))
    assert set(re.findall(r"^\| `([a-z_]+)` \| [23] \| [^\d]", read("errors.md"), re.M)) == spoken


def test_every_fact_and_every_annotation_is_in_the_document_on_languages() -> None:
    text = read("languages.md")
    facts = set(FileFacts.__struct_fields__) - {"language", "line_count", "package", "docstring"}
    assert set(re.findall(r"^\| ([a-z]+) \| ", text, re.M)) - {"fact", "form"} == facts
    for verb in [*annotated._KINDS, "defines"]:
        assert f"`{verb}:" in text, verb
    for path in re.findall(r"`((?:indexers|tests)/[\w/]+\.py)`", text):
        assert (ROOT / path).is_file(), path
