"""Policies: what they permit, what is wrong with those that cannot be used, and when a change counts."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from configs.errors import ConfigError, PolicyError
from knowledge.principals import RIGHTS, Principal, Right
from knowledge.scope import EVERYTHING, Scope
from ops.policy.access import NOTHING, Access, Grants, digest_of
from ops.policy.callers import LOCAL, NOBODY, Caller, acting, caller
from ops.policy.rules import Decision, Rules

ALL = frozenset({"shop", "till", "open-docs"})
OWN = """
@id("pay-team")
permit (principal in Team::"pay", action in [Action::"ask", Action::"read"], resource == Repository::"shop");
@id("docs-for-all")
permit (principal, action == Action::"read", resource is Repository) when { resource.name like "open-*" };
@id("robots-stay-out")
forbid (principal, action, resource) when { principal.kind == "service" && principal.name == "crawler" };
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "policies.cedar"
    path.write_text(OWN)
    return path


def scope(*names: str) -> Scope:
    return Scope(frozenset(names))


def test_nothing_is_granted_that_no_policy_permits() -> None:
    grants = Access(None).grants(Principal("eve", "Eve"), ALL)
    assert grants == Grants(NOTHING, NOTHING, NOTHING, False)


@pytest.mark.parametrize(
    ("role", "rights", "admin"),
    [("reader", {"ask", "read"}, False), ("indexer", {"index"}, False), ("admin", {"ask", "read", "index"}, True)],
)
def test_the_roles_that_are_shipped(role: str, rights: set[str], admin: bool) -> None:
    grants = Access(None).grants(Principal("p", "P", roles=(role,)), ALL)
    assert {right for right in RIGHTS if grants.of(right) == Scope(ALL)} == rights
    assert grants.admin is admin


def test_policies_of_ones_own_add_to_them_and_a_forbid_wins(own: Path) -> None:
    access = Access(own)
    assert access.grants(Principal("a", "A", teams=("pay",)), ALL).ask == scope("shop")
    assert access.grants(Principal("a", "A", teams=("pay",)), ALL).read == scope("shop", "open-docs")
    crawler = Principal("c", "crawler", "service", teams=("pay",), roles=("admin",))
    assert access.grants(crawler, ALL) == Grants(NOTHING, NOTHING, NOTHING, False)
    assert access.grants(Principal("a", "A", roles=("admin",), disabled=True), ALL).read == NOTHING


def test_a_decision_names_the_policies_that_made_it(own: Path) -> None:
    told = Access(own).explain(Principal("a", "A", teams=("pay",)), "shop")
    assert told["ask"].policies == ("pay-team",)
    assert told["ask"].allowed
    assert (told["index"].allowed, told["index"].policies) == (False, ())
    assert Access(own).explain(Principal("c", "crawler", "service"), "open-docs")["read"].policies == (
        "robots-stay-out",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("permit (", "unexpected end of input"),
        ('permit (principal in Taem::"x", action, resource);', "unrecognized entity type `Taem`"),
        ('permit (principal, action == Action::"delete", resource);', "unrecognized action"),
        ('@id("typo") permit (principal, action == Action::"read", resource) when { resource.nam == "x" };', "typo"),
    ],
)
def test_policies_that_cannot_be_used_say_where_and_why(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.cedar"
    path.write_text(text)
    with pytest.raises(ConfigError, match="own.cedar") as caught:
        Access(path)
    assert said in caught.value.message
    assert "clew policy check" in caught.value.next_step


def test_a_policy_that_fails_while_it_is_evaluated_forbids(tmp_path: Path) -> None:
    path = tmp_path / "own.cedar"
    # The sum overflows, and Cedar by itself would pass over the forbid.
    path.write_text(
        '@id("all") permit (principal, action, resource);\n'
        '@id("broken") forbid (principal, action, resource) when'
        ' { (if principal.kind == "user" then 9223372036854775807 else 1) + 1 == 5 };'
    )
    told = Access(path).explain(Principal("a", "A"), "shop")["read"]
    assert not told.allowed
    assert "overflow" in " ".join(told.errors)


def test_a_change_counts_at_once_and_one_that_cannot_be_used_leaves_what_was(
    own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    access, who = Access(own), Principal("a", "A", teams=("pay",))
    assert access.grants(who, ALL).ask == scope("shop")
    own.write_text(OWN.replace("shop", "till"))
    assert access.grants(who, ALL).ask == scope("till")
    with caplog.at_level(logging.ERROR, "clew.policy"):
        own.write_text("permit (")
        assert access.grants(who, ALL).ask == scope("till")
    assert "stay in force" in caplog.text
    own.unlink()
    assert access.grants(who, ALL).ask == NOTHING


def test_grants_are_compiled_once_and_anew_when_repositories_change(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access, who = Access(own), Principal("a", "A", teams=("pay",))
    decided: list[int] = []
    decide = Rules.decide

    def noted(
        rules: Rules, principal: Principal, right: Right, repositories: Sequence[str], branches: Mapping[str, str]
    ) -> list[Decision]:
        decided.append(len(repositories))
        return decide(rules, principal, right, repositories, branches)

    monkeypatch.setattr(Rules, "decide", noted)
    for _ in range(5):
        access.grants(who, ALL)
    assert decided == [3, 3, 3], "one batch a right"
    assert access.grants(who, ALL | {"open-more"}).read == scope("shop", "open-docs", "open-more")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_policies_that_cannot_be_read_are_an_error(own: Path) -> None:
    own.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        Access(own)


def test_names_that_are_code_elsewhere_are_names_here(own: Path) -> None:
    nasty = ['"; permit(principal, action, resource); //', "a\nb", 'Repository::"shop"', "\\", "open-\u0000"]
    grants = Access(own).grants(Principal('x" in Team::"pay', 'Team::"pay"', teams=('pay"',)), frozenset(nasty))
    assert grants.ask == NOTHING
    assert grants.read == scope("open-\u0000")


def test_who_asks_is_nobody_where_callers_are_known_and_the_person_here_where_not() -> None:
    assert caller(strict=False) is LOCAL
    assert LOCAL.scope("read") == EVERYTHING
    assert caller(strict=True) is NOBODY
    assert NOBODY.scope("read") == NOTHING
    one = Caller(Principal("a", "A"), Grants(scope("x"), scope("x"), NOTHING, False), frozenset({"ask"}))
    with acting(one):
        assert caller(strict=True) is one
        assert caller(strict=True).scope("ask") == scope("x")
        assert one.scope("read") == NOTHING, "the key is not for reading"
    assert caller(strict=True) is NOBODY


def test_a_right_that_the_key_does_not_have_is_refused_with_the_next_step() -> None:
    grants = Access(None).grants(Principal("a", "A", roles=("reader",)), ALL)
    one = Caller(Principal("a", "A"), grants, frozenset({"ask", "admin"}))
    one.require("ask")
    with pytest.raises(PolicyError, match="may not read"):
        one.require("read")
    with pytest.raises(PolicyError, match="for administrators"):
        one.require("admin")


BY_BRANCH = """
@id("pay-release")
permit (principal in Team::"pay", action == Action::"read", resource == Repository::"shop")
when { resource has branch && resource.branch like "release/*" };
@id("main-only")
permit (principal in Team::"all", action == Action::"read", resource is Repository)
when { resource has branch && resource.branch == "main" };
@id("books")
permit (principal in Team::"pay", action == Action::"book", resource == Project::"checkout");
"""


def test_a_grant_may_be_for_a_branch_and_one_that_is_not_known_is_none(tmp_path: Path) -> None:
    path = tmp_path / "policies.cedar"
    path.write_text(BY_BRANCH)
    access, pay, everybody = Access(path), Principal("a", "A", teams=("pay",)), Principal("b", "B", teams=("all",))
    on = {"shop": "release/2", "till": "main", "open-docs": ""}
    assert access.grants(pay, ALL, on).read == scope("shop")
    assert access.grants(everybody, ALL, on).read == scope("till")
    assert access.grants(pay, ALL, {**on, "shop": "main"}).read == NOTHING, "another branch is another grant"
    assert access.grants(everybody, ALL, {**on, "shop": "main"}).read == scope("shop", "till")
    assert access.grants(pay, ALL).read == NOTHING
    assert access.explain(pay, "shop", on)["read"].policies == ("pay-release",)


def test_a_project_is_open_to_those_that_a_policy_names(tmp_path: Path) -> None:
    path = tmp_path / "policies.cedar"
    path.write_text(BY_BRANCH)
    access = Access(path)
    assert access.may_book(Principal("a", "A", teams=("pay",)), "checkout")
    assert not access.may_book(Principal("a", "A", teams=("pay",)), "till")
    assert not access.may_book(Principal("r", "R", roles=("reader",)), "checkout")
    assert access.may_book(Principal("m", "M", roles=("admin",)), "whatever")
    with pytest.raises(PolicyError, match="may not book on the project 'till'"):
        NOBODY.require_project("till")
    LOCAL.require_project("till")


def test_each_change_of_the_file_is_told_with_its_digests(own: Path) -> None:
    told: list[tuple[str, str, bool]] = []
    access, who = Access(own, lambda *change: told.append(change)), Principal("a", "A")
    first = digest_of(own)
    access.grants(who, ALL)
    assert told == []
    own.write_text("permit (")
    access.grants(who, ALL)
    own.write_text(OWN + "\n")
    access.grants(who, ALL)
    own.unlink()
    access.grants(who, ALL)
    assert [(one[0] == first, one[2]) for one in told] == [(True, False), (False, True), (False, True)]
    assert [before for before, _, _ in told[1:]] == [after for _, after, _ in told[:-1]]
    assert told[-1][1] == ""
