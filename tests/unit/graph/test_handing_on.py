"""What a sentence says of who calls something that is only named is what the list says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agents.context import Context
from app.rendering.structure import summary
from graph.runtime import answer, compile_assistant
from knowledge.scope import EVERYTHING
from tests.bookshop import open_services
from tests.unit.indexers.bench import write
from tools.structure import callers

CRATE = '[package]\nname = "x"\nversion = "0.1.0"\n'
MACRO = "macro_rules! twice { ($e:expr) => { $e; $e } }\npub fn f() { twice!(g()); }\nfn g() {}\n"


@pytest.mark.parametrize(
    ("files", "name", "said", "listed"),
    [
        ({"a.py": "def click(): ...\n\n\nui.on(click)\n"}, "click", "Nothing seen calls", "1 place that hands it on"),
        (
            {"a.py": "class Order:\n    def __init__(self): ...\n\n\nui.on(Order.__init__)\n"},
            "Order", "Nothing seen calls", "1 place that hands it on",
        ),
        ({"Cargo.toml": CRATE, "src/lib.rs": MACRO}, "twice", "has **1 caller**", "1 call site"),
        ({"a.c": "#define TWICE(x) ((x) * 2)\nint f(int a) { return TWICE(a); }\n"}, "TWICE", "has **1 caller**", "1 call site"),
    ],
)  # fmt: skip
def test_sentence_and_list_agree(
    tmp_path: Path, files: dict[str, str | bytes], name: str, said: str, listed: str
) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    services = open_services(tmp_path / "store", write(root, files))
    found = asyncio.run(answer(compile_assistant(services), f"Who calls `{name}`?", Context()))
    assert said in found.answer
    assert summary("callers", name, callers(services.graph, EVERYTHING, name)).startswith(listed)
    services.graph.close()
