"""Which Go types have the methods of which interfaces."""

from __future__ import annotations

from indexers.resolution.interfaces import structural_implementations
from knowledge.schema import SymbolKind
from tests.unit.indexers.resolution.programs import resolution_of

SOURCE = """package kv

type Reader interface { Read(p []byte) int }
type Writer interface { Write(p []byte) int }
type ReadWriter interface {
    Reader
    Writer
}
type Empty interface {}

type File struct {}
func (f *File) Read(p []byte) int { return 0 }
func (f *File) Write(p []byte) int { return 0 }

type Socket struct {}
func (s Socket) Read(p []byte) int { return 0 }
func (s Socket) Write(p []byte, flags int) int { return 0 }

type Logged struct { *File }

type Nothing struct {}
"""


def pairs_of(sources: dict[str, str], *, methods: bool) -> list[tuple[str, str]]:
    resolution = resolution_of(sources, "go", "go")
    pairs = [
        (resolution.symbols[one], resolution.symbols[other])
        for one, other in structural_implementations(resolution.program, resolution.evaluator)
    ]
    return [(one.local_name, other.local_name) for one, other in pairs if (one.kind is SymbolKind.METHOD) is methods]


def implementations(sources: dict[str, str]) -> set[tuple[str, str]]:
    return set(pairs_of(sources, methods=False))


def test_each_method_answers_for_that_of_the_interface_once() -> None:
    pairs = pairs_of({"kv.go": SOURCE}, methods=True)
    assert sorted(pairs) == [
        ("File.Read", "Reader.Read"),
        ("File.Write", "Writer.Write"),
        ("Socket.Read", "Reader.Read"),
    ]


def test_names_and_numbers_of_parameters_decide_and_promoted_methods_count() -> None:
    assert implementations({"kv.go": SOURCE}) == {
        ("File", "Reader"),
        ("File", "Writer"),
        ("File", "ReadWriter"),
        ("Socket", "Reader"),
        ("Logged", "Reader"),
        ("Logged", "Writer"),
        ("Logged", "ReadWriter"),
    }


def test_a_type_may_implement_an_interface_of_another_file() -> None:
    assert implementations(
        {
            "a.go": "package kv\n\ntype Closer interface { Close() }\n",
            "b.go": "package kv\n\ntype File struct {}\n\nfunc (f File) Close() {}\n",
        }
    ) == {("File", "Closer")}


def test_types_that_embed_each_other_terminate() -> None:
    source = "package kv\n\ntype A struct { *B }\ntype B struct { *A }\nfunc (b B) Run() {}\ntype Runner interface { Run() }\n"
    assert {("A", "Runner"), ("B", "Runner")} >= implementations({"kv.go": source}) >= {("B", "Runner")}


def test_interfaces_without_methods_are_implemented_by_nobody_in_particular() -> None:
    assert (
        implementations({"kv.go": "package kv\n\ntype Any interface {}\ntype T struct {}\nfunc (t T) F() {}\n"})
        == set()
    )
