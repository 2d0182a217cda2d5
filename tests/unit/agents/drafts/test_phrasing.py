"""What stays unknown, said shortly, and claims that lists are made of."""

from __future__ import annotations

from typing import Any, cast

from agents.drafts.claims import Passage, names_of, one_line, relation_claims, with_article
from agents.drafts.passages import PASSAGES, relations
from agents.drafts.phrasing import grouped, passage_of
from agents.records import short_name
from agents.state import Block, Evidence, Outcome
from agents.writer import unsaid


def test_files_are_named_once_a_reason_and_sites_once_with_their_candidates() -> None:
    places = [
        "tests/a.py:3 the call 'x.run' could not be resolved",
        "app/b.py:9 b.f may mean c.run here; it is one of several candidates",
        "app/b.py:9 b.f may mean d.run here; it is one of several candidates",
        *(f"api/{name}.go generated: says so in line 1" for name in "abcde"),
        "and 7 more places",
    ]
    assert grouped(places) == [
        "app/b.py:9 b.f may mean c.run here; it is one of 2 candidates",
        "tests/a.py:3 the call 'x.run' could not be resolved",
        "api/a.go, api/b.go, api/c.go and 2 more: not read (generated)",
        "and 7 more places",
    ]
    assert grouped([]) == []
    assert grouped(["*.rb unsupported: 11 files of Ruby"]) == ["*.rb (11 files of Ruby): not read (unsupported)"]


def test_two_definitions_of_one_name_state_both_relations() -> None:
    claims = relation_claims([_call("unix/core.c", 4), _call("win/core.c", 7)])
    assert len(claims) == 1
    assert [relation["source_id"] for relation in claims[0]["relations"]] == ["r:unix/core.c#run", "r:win/core.c#run"]
    assert [(place["path"], place["start_line"]) for place in claims[0]["citations"]] == [
        ("unix/core.c", 4),
        ("win/core.c", 7),
    ]


def test_a_guess_is_said_as_one() -> None:
    fact = _call("unix/core.c", 4)
    assert relation_claims([fact])[0]["text"] == "`run` calls `poll`"
    assert relation_claims([cast(Evidence, {**fact, "tier": "ambiguous"})])[0]["text"] == "`run` may call `poll`"


def test_a_signature_is_shown_without_its_comments() -> None:
    assert one_line("def skew(self, start=1.0):\n    # not used any more") == "def skew(self, start=1.0)"
    assert one_line("#define min(a, b) (a)") == "#define min(a, b) (a)"
    assert one_line('url="https://x.org/a"') == 'url="https://x.org/a"'


def test_what_an_earlier_clause_said_is_not_said_again_but_the_lead_of_a_later_one_is() -> None:
    claims = relation_claims([_call("unix/core.c", 4)])
    first, second = Passage(lead="`poll` has **1 caller**."), Passage(lead="`run` makes **2 distinct calls**.")
    first.blocks.append(Block(intro=first.lead, title="", claims=claims, tail=""))
    second.blocks.append(
        Block(intro=second.lead, title="", claims=[*claims, *relation_claims([_call("win/core.c", 7)])], tail="")
    )
    kept = unsaid(second.blocks, first.blocks)
    assert [(one["intro"], len(one["claims"])) for one in kept] == [(second.lead, 1)]
    assert unsaid(first.blocks, first.blocks) == []


def test_product_and_tests_are_counted_apart_also_beyond_what_was_read() -> None:
    facts = [_fact(hops=1, path="unix/core.c"), _fact(hops=2, path="test/a.c", is_test=True)]
    passage = Passage()
    outcome: Any = {
        "operation": "impact",
        "symbol": facts[0]["other"],
        "total": 50,
        "in_tests": 20,
        "truncated": False,
        "uncovered": [],
    }
    relations(passage, outcome, facts, 15)
    assert passage.blocks[0]["tail"] == "and 29 more: `clew impact poll` shows all"
    assert (passage.blocks[1]["title"], passage.blocks[1]["tail"][:11]) == ("In tests (20)", "and 19 more")


def test_a_call_that_a_macro_makes_is_shown_where_it_is_written_and_where_its_source_stands() -> None:
    fact = cast(Any, _call("glob.rs", 1164))
    fact["citation"]["symbol"] = None
    fact["about"] |= {"repository": "r", "line": 1200, "revision": "1"}
    places = [(one["start_line"], one["symbol"]) for one in relation_claims([fact])[0]["citations"]]
    assert places == [(1200, "run"), (1164, None)]


def test_names_are_written_as_their_language_writes_them() -> None:
    row = cast(Any, _call("core.cc", 4))["about"]
    assert short_name(cast(Any, {**row, "local_name": "uv.Loop.run~2", "language": "cpp"})) == "uv::Loop::run"
    assert short_name(cast(Any, {**row, "local_name": "Loop.run", "language": "java"})) == "Loop.run"


def test_what_has_no_name_of_its_own_is_looked_for_by_none() -> None:
    row = cast(Any, _call("A.java", 4))["about"]
    assert names_of(cast(Any, {**row, "name": "run"})) == ["run"]
    assert names_of(cast(Any, {**row, "name": ""})) == names_of(cast(Any, {**row, "name": "<anonymous>"})) == []
    assert [with_article(kind) for kind in ("interface", "class")] == ["an interface", "a class"]


def test_a_chain_through_an_override_only_may_run() -> None:
    call, answer = cast(Any, _call("a.c", 4)), cast(Any, _call("b.c", 7))
    answer["relation"] = {**answer["relation"], "kind": "OVERRIDES"}
    answer["about"], answer["other"] = (
        {**answer["about"], "qualified_name": "Sub.poll"},
        {**call["other"], "name": "poll"},
    )
    for fact in (call, answer):
        fact["other"] |= {"repository": "r", "line": 1, "revision": "1"}
    passage = Passage()
    PASSAGES["path"](passage, cast(Any, {"operation": "path", "total": 2}), [call, answer], 15)
    assert passage.lead.startswith("`run` may reach `Sub.poll` in **2 steps**: a call of a method may run")


def _fact(*, hops: int, path: str, is_test: bool = False) -> Evidence:
    fact = cast(Any, _call(path, 4))
    about = {**fact["about"], "is_test": is_test}
    return cast(Evidence, {**fact, "about": about, "hops": hops})


def _call(path: str, line: int) -> Evidence:
    def symbol(name: str, where: str) -> dict[str, Any]:
        return {"id": f"r:{where}#{name}", "local_name": name, "qualified_name": name, "path": where, "language": "c"}

    source, target = symbol("run", path), symbol("poll", "poll.c")
    citation = {"repository": "r", "path": path, "start_line": line, "end_line": line, "symbol": "run", "revision": "1"}
    relation = {"kind": "CALLS", "source_id": source["id"], "target_id": target["id"]}
    fact = {"about": source, "other": target, "relation": relation, "tier": "exact", "citation": citation}
    return cast(Evidence, fact)


def test_what_words_found_for_a_question_about_documents_is_no_import_of_something_foreign() -> None:
    about = {"id": "r:q.py#lock", "name": "lock", "qualified_name": "q.lock", "local_name": "lock", "kind": "function", "doc": "",
             "path": "q.py", "signature": "def lock()", "is_test": False, "repository": "r", "line": 3, "start_line": 3, "end_line": 4,
             "language": "python"}  # fmt: skip
    citation = {"repository": "r", "path": "q.py", "start_line": 3, "end_line": 4, "symbol": "q.lock", "revision": "1"}
    found = {"kind": "definition", "task": "t", "note": "match", "about": about, "other": None, "relation": None, "tier": None, "hops": 0,
             "citation": citation, "text": ""}  # fmt: skip
    outcome: dict[str, Any] = {"task": "t", "intent": "docs", "operation": "docs", "name": "lock", "verdict": "found", "symbol": None, "candidates": [],
               "total": 1, "truncated": False, "message": "", "uncovered": []}  # fmt: skip
    passage = passage_of(cast(Outcome, outcome), [cast(Evidence, found)], 5)
    said = str((passage.lead, passage.blocks))
    assert "outside the project" not in said
    assert "No document speaks of this." in said
