"""What stays unknown, said shortly, and claims that lists are made of."""

from __future__ import annotations

from typing import Any, cast

from agents.drafts.claims import Passage, one_line, relation_claims
from agents.drafts.passages import relations
from agents.drafts.phrasing import grouped
from agents.state import Block, Evidence
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


def test_symbols_that_were_not_read_are_neither_called_product_nor_tests() -> None:
    facts = [_fact(hops=1, path="unix/core.c"), _fact(hops=2, path="test/a.c", is_test=True)]
    passage = Passage()
    outcome: Any = {
        "operation": "impact",
        "symbol": facts[0]["other"],
        "total": 50,
        "truncated": False,
        "uncovered": [],
    }
    relations(passage, outcome, facts, 15)
    assert (
        passage.blocks[0]["tail"] == "and 48 further symbols, of the product or of tests: `clew impact poll` shows all"
    )
    assert passage.blocks[1]["title"] == "In tests (1)"


def _fact(*, hops: int, path: str, is_test: bool = False) -> Evidence:
    fact = cast(Any, _call(path, 4))
    about = {**fact["about"], "is_test": is_test}
    return cast(Evidence, {**fact, "about": about, "hops": hops})


def _call(path: str, line: int) -> Evidence:
    def symbol(name: str, where: str) -> dict[str, Any]:
        return {"id": f"r:{where}#{name}", "local_name": name, "qualified_name": name, "path": where}

    source, target = symbol("run", path), symbol("poll", "poll.c")
    citation = {"repository": "r", "path": path, "start_line": line, "end_line": line, "symbol": "run", "revision": "1"}
    relation = {"kind": "CALLS", "source_id": source["id"], "target_id": target["id"]}
    fact = {"about": source, "other": target, "relation": relation, "tier": "exact", "citation": citation}
    return cast(Evidence, fact)
