"""A server that knows its callers, over the real stores: who comes in, what they see, what the others are told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.people import owner_of
from app.rest.authentication import right_of
from app.rest.listening import bound_socket, check_tls
from app.rest.server import create_app
from app.wiring import Wiring
from configs.errors import ConfigError, PolicyError, StoreUnavailable
from configs.settings import ServeSettings, load_settings
from knowledge.jobs import Job, JobState, Order
from knowledge.principals import Principal, Right
from knowledge.scope import EVERYTHING
from ops.ledger.reports import latest
from ops.policy.branches import Branches
from ops.policy.gate import Gate
from tests.unit.app.conftest import Indexed

READER = Principal("alice", "Alice", roles=("reader",))
STRANGER = Principal("eve", "Eve")


class Served:
    """A server at an open address, as a program that talks to it sees it."""

    def __init__(self, wiring: Wiring, gate: Gate) -> None:
        self.wiring, self._gate = wiring, gate
        self._app = create_app(wiring, gate)
        self.headers: dict[str, str] = {}

    def key(self, principal: Principal, *rights: Right) -> str:
        """Make a key for a principal, and use it from now on."""
        self.wiring.principals.put_principal(principal)
        secret, _ = self.wiring.keys.create(principal, label="", rights=rights or ("ask", "read"), lifetime_s=None)
        self.headers = {"authorization": f"Bearer {secret}"}
        return secret

    def renew(self) -> None:
        """Begin anew, as a server that was started again."""
        gate = self.wiring.gate("0.0.0.0")
        assert gate is not None
        self._gate, self._app = gate, create_app(self.wiring, gate)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            async with AsyncExitStack() as stack:
                app = self._app
                if path == "/mcp":  # its sessions live once
                    app = create_app(self.wiring, self._gate)
                    await stack.enter_async_context(app.router.lifespan_context(app))
                transport = httpx.ASGITransport(app, client=("10.0.0.9", 4000))
                async with httpx.AsyncClient(transport=transport, base_url="http://clew.example") as client:
                    headers = {**self.headers, **more.pop("headers", {})}
                    return await client.request(method, path, headers=headers, **more)

        return asyncio.run(exchange())

    def ask(self, question: str, **options: Any) -> httpx.Response:
        body = {"model": "extractive", "messages": [{"role": "user", "content": question}], "clew": options}
        return self.send("POST", "/v1/chat/completions", json=body)


def served_with(indexed: Indexed, folder: Path, **settings: Any) -> Iterator[Served]:
    """Yield a server at 0.0.0.0 over a copy of the indexed store."""
    home = shutil.copytree(indexed.store, folder / "store")
    wiring = Wiring(load_settings({"home": str(home), "retrieval": {"dense": False}, **settings}))
    wiring.principals.put_principal(READER)
    wiring.keys.create(READER, label="", rights=("ask",), lifetime_s=None)
    gate = wiring.gate("0.0.0.0")
    assert gate is not None
    yield Served(wiring, gate)
    wiring.close()


@pytest.fixture
def served(indexed: Indexed, tmp_path: Path) -> Iterator[Served]:
    yield from served_with(indexed, tmp_path)


def code_of(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    return response.status_code, body.get("code") or body["error"]["code"]


def test_without_a_good_key_nothing_is_said_but_how_to_come_in(served: Served) -> None:
    good = served.key(READER)
    for given in ("", "Bearer", f"Basic {good}", f"Bearer {good}x", "Bearer sk-anything", "Bearer a.b.c"):
        served.headers = {"authorization": given} if given else {}
        for method, path in (("GET", "/v1/models"), ("GET", "/nowhere"), ("POST", "/mcp"), ("GET", "/openapi.json")):
            response = served.send(method, path, **({"json": {}} if method == "POST" else {}))
            assert code_of(response) == (401, "unauthenticated"), (given, path)
            assert response.headers["www-authenticate"].startswith("Bearer")
            assert good not in response.text
    served.headers = {}
    assert served.send("GET", "/healthz").json() == {"status": "ok"}
    ready = served.send("GET", "/readyz").json()
    assert ready.keys() == {"status", "dependencies"}, "a probe learns no name"
    assert not any("reason" in row for row in ready["dependencies"]), "nor an address"


def test_a_reader_is_answered_and_a_stranger_sees_an_empty_store(served: Served) -> None:
    served.key(READER)
    answered = served.ask("who calls price?")
    assert answered.status_code == 200
    assert answered.json()["clew"]["citations"]
    served.key(STRANGER)
    empty = served.ask("who calls price?").json()["clew"]
    assert empty["citations"] == []
    forbidden, absent = (served.ask("who calls price?", repositories=[name]) for name in ("shop", "nope"))
    assert forbidden.text.replace("shop", "nope") == absent.text
    assert code_of(forbidden) == (404, "unknown_repository")


def test_the_tools_of_mcp_are_those_of_the_caller(served: Served) -> None:
    def repositories() -> str:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "repositories", "arguments": {}}}
        accept = {"accept": "application/json, text/event-stream"}
        return served.send("POST", "/mcp", json=call, headers=accept).text

    served.key(READER)
    assert "shop" in repositories()
    served.key(STRANGER)
    assert "shop" not in repositories()
    served.key(READER, "ask")
    assert "may not read" in repositories()


def test_a_key_may_do_what_it_is_for(served: Served) -> None:
    served.key(READER, "read")
    assert code_of(served.ask("who calls price?")) == (403, "policy")


def test_a_key_that_is_revoked_ends_with_the_next_request(served: Served) -> None:
    served.key(READER)
    key_id = served.headers["authorization"].split("_")[1]
    assert served.send("GET", "/v1/models").status_code == 200
    served.wiring.keys.revoke(key_id)
    assert served.send("GET", "/v1/models").status_code == 401


def test_a_grant_that_is_taken_back_ends_with_the_next_request(served: Served) -> None:
    served.key(READER)
    served.wiring.principals.put_principal(Principal("alice", "Alice"))
    assert served.ask("who calls price?").json()["clew"]["citations"] == []


def test_threads_of_one_name_are_those_of_each_person(served: Served) -> None:
    other = Principal("bob", "Bob", roles=("reader",))
    served.key(READER)
    first = served.ask("where is price defined?", thread_id="mine").json()["clew"]
    assert first["thread_id"] == "mine"
    served.key(other)
    followed, alone = (served.ask("who calls it?", **at).json()["clew"] for at in ({"thread_id": "mine"}, {}))
    assert followed["citations"] == alone["citations"], "bob's thread knows of no `it`"
    served.key(READER)
    again = served.ask("who calls it?", thread_id="mine").json()["clew"]
    assert "shop/größe.py" in {citation["path"] for citation in again["citations"]}


@pytest.fixture
def strict_rates(indexed: Indexed, tmp_path: Path) -> Iterator[Served]:
    yield from served_with(indexed, tmp_path, rates={"key_requests": 3, "failures": 2})


def test_an_answer_of_somebody_else_is_judged_as_one_that_is_not_there(served: Served) -> None:
    def judged(run: str) -> httpx.Response:
        said = {"run_id": run, "signals": [{"signal": "thumb", "value": 1}]}
        return served.send("POST", "/api/v1/feedback/signals", json=said)

    served.key(READER)
    run = served.ask("who calls price?").json()["clew"]["run_id"]
    assert judged(run).status_code == 200
    served.key(Principal("bob", "Bob", roles=("reader",)))
    theirs, absent = judged(run), judged("0" * 32)
    assert code_of(theirs) == (400, "input")
    assert theirs.json()["detail"].replace(run, "0" * 32) == absent.json()["detail"]


def test_too_many_requests_are_told_when_to_come_back(strict_rates: Served) -> None:
    strict_rates.key(READER)
    responses = [strict_rates.send("GET", "/v1/models") for _ in range(5)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
    assert code_of(responses[-1]) == (429, "rate_limited")
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 60


def test_guessing_keys_is_slowed_down_by_address(strict_rates: Served) -> None:
    good = strict_rates.key(READER)
    strict_rates.headers = {"authorization": "Bearer clew_guess"}
    assert [strict_rates.send("GET", "/v1/models").status_code for _ in range(4)] == [401, 401, 429, 429]
    strict_rates.headers = {"authorization": f"Bearer {good}"}
    assert strict_rates.send("GET", "/v1/models").status_code == 429


@pytest.fixture
def with_pages(indexed: Indexed, tmp_path: Path) -> Iterator[Served]:
    serve = {"allowed_hosts": ["clew.example"], "cors_origins": ["https://ide.example"]}
    yield from served_with(indexed, tmp_path, serve=serve)


def test_pages_of_configured_origins_may_ask_and_no_others(with_pages: Served) -> None:
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    allowed = with_pages.send("OPTIONS", "/v1/models", headers={"origin": "https://ide.example", **preflight})
    assert allowed.headers["access-control-allow-origin"] == "https://ide.example"
    refused = with_pages.send("OPTIONS", "/v1/models", headers={"origin": "https://evil.example", **preflight})
    assert "access-control-allow-origin" not in refused.headers
    with_pages.key(READER)
    for origin, status in (("https://ide.example", 200), ("http://clew.example", 200), ("https://evil.example", 403)):
        assert with_pages.send("GET", "/v1/models", headers={"origin": origin}).status_code == status, origin
    assert code_of(with_pages.send("GET", "/v1/models", headers={"host": "evil.example"})) == (403, "host_refused")


def test_an_open_address_without_anybody_who_could_come_in_is_refused(tmp_path: Path) -> None:
    wiring = Wiring(load_settings({"home": str(tmp_path)}))
    assert wiring.gate("127.0.0.1") is None
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.com"):
        with pytest.raises(PolicyError, match="no authentication is configured") as caught:
            wiring.gate(host)
        assert "clew keys create" in caught.value.next_step
        with pytest.raises(PolicyError, match="no authentication is configured"):
            bound_socket(host, 0)
    assert not wiring.strict
    wiring.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"access": {"authentication": "required"}},
        {"access": {"oidc": {"issuer": "https://id.example", "audience": "clew"}}},
        {"serve": {"trusted_proxies": ["10.0.0.1"]}},
    ],
)
def test_callers_are_known_on_loopback_too_where_others_could_reach_it(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    wiring = Wiring(load_settings({"home": str(tmp_path), **settings}))
    wiring.principals.put_principal(READER)
    wiring.keys.create(READER, label="", rights=("ask",), lifetime_s=None)
    assert wiring.gate("127.0.0.1") is not None
    assert wiring.strict
    wiring.close()


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/v1/chat/completions", "ask"),
        ("/v1/chatter", "read"),
        ("/api/v1/threads/x", "ask"),
        ("/api/v1/jobs", "index"),
        ("/api/v1/admin/usage", "admin"),
        ("/api/v1/audit/verification", "admin"),
        ("/api/v1/usage", "admin"),
        ("/api/v1/symbols", "read"),
        ("/v1/models", "read"),
    ],
)
def test_what_a_route_does_needs_its_right(path: str, right: str) -> None:
    assert right_of(path) == right


def test_a_certificate_that_cannot_be_used_is_said_before_anything_listens(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")
    for settings in (
        ServeSettings(tls_cert=file),
        ServeSettings(tls_key=file),
        ServeSettings(tls_cert=file, tls_key=file),
    ):
        with pytest.raises(ConfigError, match=r"TLS needs|cannot be used"):
            check_tls(settings)
    check_tls(ServeSettings())


def test_the_web_page_comes_without_a_key_and_shows_nothing_by_itself(served: Served) -> None:
    assert served.send("GET", "/").status_code == 307
    page = served.send("GET", "/ui/")
    assert page.status_code == 200
    assert served.send("GET", "/ui/../api/v1/repositories").status_code == 401
    assert served.send("GET", "/api/v1/repositories").status_code == 401


def permitted(served: Served, policy: str) -> None:
    (served.wiring.settings.home / "policies.cedar").write_text(policy)


def test_a_question_is_booked_on_a_project_that_a_policy_opens(served: Served) -> None:
    served.key(READER)
    refused = served.ask("who calls price?", project="checkout")
    assert code_of(refused) == (403, "policy")
    assert "may not book on the project 'checkout'" in refused.text
    own = served.send("POST", "/api/v1/chat", json={"question": "who calls price?", "project": "nope"})
    assert code_of(own) == (403, "policy")
    permitted(served, 'permit (principal, action == Action::"book", resource == Project::"checkout");')
    assert served.ask("who calls price?", project="checkout").status_code == 200
    assert served.ask("who calls price?", project="till").status_code == 403
    assert served.ask("who calls price?").status_code == 200


def test_a_grant_may_be_for_the_branch_that_was_indexed(served: Served) -> None:
    served.key(STRANGER)
    permitted(
        served,
        'permit (principal, action == Action::"ask", resource is Repository)'
        ' when { resource has branch && resource.branch == "main" };',
    )
    info = served.wiring.graph.repositories(EVERYTHING)[0]
    branches = Branches(served.wiring.settings.home / "branches.json")

    def is_answered() -> bool:
        served.renew()
        return bool(served.ask("who calls price?").json()["clew"]["citations"])

    assert not is_answered()
    branches.note(info.name, info.generation, "main")
    assert is_answered()
    branches.note(info.name, info.generation, "hotfix")
    assert not is_answered()
    branches.note(info.name, info.generation + 1, "main")
    assert not is_answered(), "of another generation"


def test_the_ledger_is_told_of_each_change_of_the_policies_also_of_one_that_nobody_saw(served: Served) -> None:
    served.key(READER)

    def told() -> list[tuple[str, str, str]]:
        served.send("GET", "/v1/models")
        served.wiring.journal.flush()
        with closing(served.wiring.open_ledger()) as ledger:
            rows = latest(ledger, "administration", 50, kind="policy", policy="file")
        assert all(row.user == owner_of(served.wiring.settings.home) for row in rows)
        return [(row.fields["change"], row.fields["before"], row.fields["after"]) for row in reversed(rows)]

    assert told() == []
    permitted(served, 'permit (principal, action == Action::"book", resource);')
    first = told()
    assert [(change, before) for change, before, _ in first] == [("changed", "")]
    permitted(served, "permit (")
    permitted(served, 'permit (principal, action == Action::"ask", resource);')
    served.renew()  # a server that starts after it was changed
    second = told()
    assert second[1][1] == first[0][2]
    assert len({after for _, _, after in second}) == len(second) == 2


def test_a_ledger_that_is_away_at_the_start_keeps_nobody_out_and_hears_of_the_policies_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.key(READER)
    permitted(served, 'permit (principal, action == Action::"book", resource);')
    journal = served.wiring.journal

    def away(_: Wiring) -> None:
        raise StoreUnavailable("the Ledger is away")

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(Wiring, "open_ledger", away)
            served.renew()
            assert served.ask("who calls price?").status_code == 200
        journal.flush()
    with closing(served.wiring.open_ledger()) as ledger:
        rows = latest(ledger, "administration", 50, kind="policy", policy="file")
    assert [row.fields["change"] for row in rows] == ["changed"]


def test_where_repositories_lie_is_told_to_administrators_alone(served: Served) -> None:
    (info,) = served.wiring.graph.repositories(EVERYTHING)
    job = Job(
        uuid4().hex, Order(info.root, "shop"), JobState.FINISHED, 1.0, report={"repository": "shop", "root": info.root}
    )
    served.wiring.job_store.add(job)
    paths = (
        "repositories",
        "repositories/shop",
        "repositories/shop/health",
        "status",
        "review?repository=shop",
        f"jobs/{job.id}",
    )
    told = {}
    for roles in (("reader", "indexer"), ("admin",)):
        served.key(Principal(roles[-1], roles[-1], roles=roles), "read", "index", "admin")
        told[roles[-1]] = [served.send("GET", f"/api/v1/{path}").text for path in paths]
    assert [info.root in text for text in told["indexer"]] == [False] * len(paths)
    assert [info.root in text for text in told["admin"]] == [True, True, False, True, False, True]


def test_every_reply_carries_careful_headers_and_no_cookie(served: Served) -> None:
    served.key(READER)
    for path in ("/healthz", "/", "/ui/", "/v1/models", "/api/v1/repositories", "/nowhere", "/api/v1/threads/none"):
        headers = served.send("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert "server" not in headers
        assert "strict-transport-security" not in headers, "it came without TLS"
