"""Names of definitions in their file: unique, stable, readable."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.facts import Definition, FileFacts, Scope, ScopeKind
from indexers.languages import extract
from indexers.naming import local_names, symbol_id


def names(language: str, source: str) -> list[str]:
    return local_names(extract(language, source.encode()))


def test_names_follow_the_nesting() -> None:
    source = "class A:\n    class B:\n        def f(self):\n            def g(): pass\n\n    def f(self): pass\n"
    assert names("python", source) == ["A", "A.B", "A.B.f", "A.B.f.g", "A.f"]


def test_a_repeated_name_is_numbered_and_its_members_follow_it() -> None:
    source = "if x:\n    class A:\n        def f(self): pass\nelse:\n    class A:\n        def f(self): pass\ndef g(): pass\ndef g(): pass\ndef g(): pass\n"
    assert names("python", source) == ["A", "A.f", "A~2", "A~2.f", "g", "g~2", "g~3"]


def test_a_method_outside_its_type_is_named_by_the_receiver() -> None:
    source = "package kv\n\nfunc (b *Bucket) Put(k string) {}\n\nfunc (b List[T]) Put() {}\n\nfunc Put() {}\n"
    assert names("go", source) == ["Bucket.Put", "List.Put", "Put"]


def test_ids() -> None:
    assert symbol_id("r", "a/b.py", "A.f") == "r:a/b.py#A.f"
    assert symbol_id("r", "a/b.py", "") == "r:a/b.py#"


def test_marks_of_ids_and_empty_names_are_replaced() -> None:
    facts = FileFacts("markdown", 9, scopes=[Scope(ScopeKind.MODULE, -1, -1)])
    facts.definitions = [Definition(name, "section", 0, -1, 1, 1, 1, 1) for name in ("a#b", "x~2", "", "")]
    assert local_names(facts) == ["a b", "x-2", "<anonymous>", "<anonymous>~2"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text("ab.~#2", max_size=4), st.integers(0, 8)), max_size=12))
def test_names_are_unique_whatever_the_definitions(given_definitions: list[tuple[str, int]]) -> None:
    facts = FileFacts("python", 1, scopes=[Scope(ScopeKind.MODULE, -1, -1)])
    for index, (name, scope) in enumerate(given_definitions):
        inside = scope % len(facts.scopes)
        facts.definitions.append(Definition(name, "class", inside, index + 1, 1, 1, 1, 1))
        facts.scopes.append(Scope(ScopeKind.CLASS, inside, index))
    found = local_names(facts)
    assert len(set(found)) == len(found) == len(given_definitions)
    assert found == local_names(facts)
    assert not [name for name in found if "#" in name or not name]
