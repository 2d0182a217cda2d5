"""Reads of `/api/v1` over a small real index: shapes, pages, entity tags, problems, and the scope of every one of them."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from app.cli import main
from app.rest.api.bodies import Problem
from app.rest.authentication import scope_of
from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.scope import EVERYTHING, Scope
from tests.unit.app.conftest import SOURCES, Indexed

API = "/api/v1"
READS = (
    f"{API}/repositories",
    f"{API}/repositories/shop",
    f"{API}/files?repository=shop",
    f"{API}/files/lines?path=shop/models.py",
    f"{API}/files/outline?path=shop/models.py",
    f"{API}/files/occurrence?path=shop/models.py&line=5&name=price",
    f"{API}/symbols/price/tests",
    f"{API}/symbols?name=price",
    f"{API}/symbols?prefix=pr",
    f"{API}/symbols/price",
    f"{API}/symbols/price/callers",
    f"{API}/symbols/Order.total/callees",
    f"{API}/symbols/price/neighbourhood",
    f"{API}/impact?symbol=price",
    f"{API}/path?source=messen&target=price",
    f"{API}/search?q=price+of+an+order",
)
STATUS = f"{API}/status"

Get = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def wiring(indexed: Indexed) -> Iterator[Wiring]:
    composed = Wiring(load_settings({"home": indexed.store, "retrieval": {"dense": False}}, folder=indexed.store))
    yield composed
    composed.close()


def getter(wiring: Wiring, scope: Scope = EVERYTHING) -> Get:
    app = create_app(wiring)
    app.dependency_overrides[scope_of] = lambda: scope

    def get(path: str, method: str = "GET", **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    return get


@pytest.fixture(scope="module")
def get(wiring: Wiring) -> Get:
    return getter(wiring)


@pytest.mark.parametrize("path", READS)
def test_a_read_is_answered_with_a_tag_and_a_client_that_has_it_is_told_so(get: Get, path: str) -> None:
    response = get(path)
    assert response.status_code == 200, response.text
    tag = response.headers["etag"]
    again = get(path, headers={"if-none-match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", [path for path in READS if path != f"{API}/repositories"])
def test_nothing_of_a_repository_that_is_not_granted_is_told(wiring: Wiring, path: str) -> None:
    """The same words as for names that are nowhere: whether it is there cannot be told from a reply."""
    nothing = getter(wiring, Scope(frozenset()))
    response = nothing(path)
    absent = nothing(path.replace("shop", "spoh").replace("price", "prcie"))
    assert "cents" not in response.text
    if response.status_code == 200:
        body = response.json()
        assert not any(body.get(key) for key in ("symbol", "results", "symbols", "candidates", "nodes", "uncovered"))
    assert response.status_code == absent.status_code


def test_the_list_of_repositories_holds_what_is_granted(wiring: Wiring, get: Get) -> None:
    assert [row["name"] for row in get(f"{API}/repositories").json()["repositories"]] == ["shop"]
    assert getter(wiring, Scope(frozenset()))(f"{API}/repositories").json() == {"repositories": [], "next_cursor": None}


def test_the_status_is_that_of_the_command_line(get: Get, indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = get(STATUS).json()
    main(["--store", str(indexed.store), "status", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert body["repositories"] == printed["repositories"]
    assert (body["store"], body["graph"], body["languages"]) == (str(indexed.store), "sqlite", printed["languages"])
    assert body["models"]["ladders"] == printed["models"]["ladders"]
    assert body.keys() == printed.keys()


def test_the_status_tells_nothing_of_what_is_not_granted(wiring: Wiring) -> None:
    nothing = getter(wiring, Scope(frozenset()))
    assert nothing(STATUS).json()["repositories"] == []
    assert "shop" not in json.dumps(nothing(STATUS).json()["models"])
    assert nothing(f"{STATUS}?repository=shop").json()["code"] == "unknown_repository"


def test_a_symbol_is_shown_with_its_lines(get: Get) -> None:
    body = get(f"{API}/symbols/shop:shop/models.py%23price").json()
    assert (body["verdict"], body["symbol"]["qualified_name"]) == ("found", "shop.models.price")
    assert body["definition"]["signature"] == "def price(order: Order) -> int"
    assert body["source"]["text"].startswith("def price(order: Order) -> int:")
    assert get(f"{API}/symbols/twice").json()["verdict"] == "ambiguous"
    unknown = get(f"{API}/symbols/nowhere").json()
    assert (unknown["verdict"], unknown["definition"], unknown["source"]) == ("none", None, None)


def test_callers_as_the_command_line_says_them(get: Get, indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = get(f"{API}/symbols/price/callers").json()
    main(["--store", str(indexed.store), "callers", "price", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert body == {**printed, "next_cursor": None}


def test_a_symbol_begins_like_its_prefix_whatever_the_case(get: Get) -> None:
    def found(query: str) -> list[str]:
        return [row["qualified_name"] for row in get(f"{API}/symbols?{query}").json()["symbols"]]

    assert found("prefix=PR") == ["shop.models.price"]
    assert found("prefix=Prices") == []
    assert found("prefix=Prices&kind=section") == ["README.md#Prices"]
    assert found("prefix=t&kind=method") == ["shop.models.Order.total", "shop.twice_a.A.twice", "shop.twice_b.B.twice"]
    assert found("prefix=t&repository=shop&kind=method&limit=1") == ["shop.models.Order.total"]


def test_pages_follow_each_other_without_a_gap(get: Get) -> None:
    for path, key in (
        (f"{API}/symbols?prefix=t", "symbols"),
        (f"{API}/symbols/price/callers?", "results"),
        (f"{API}/files?repository=shop", "files"),
        (f"{API}/search?q=order+price+total&kind=symbol", "results"),
    ):
        whole = get(f"{path}&limit=100").json()
        assert whole["next_cursor"] is None
        rows: list[Any] = []
        cursor = ""
        while True:
            body = get(f"{path}&limit=1{cursor}").json()
            rows += body[key]
            if body["next_cursor"] is None:
                break
            cursor = f"&cursor={body['next_cursor']}"
        assert rows == whole[key], path
        assert len(rows) > 1, path


def test_a_cursor_belongs_to_its_question(get: Get) -> None:
    cursor = get(f"{API}/symbols?prefix=t&limit=1").json()["next_cursor"]
    assert get(f"{API}/symbols?prefix=t&limit=2&cursor={cursor}").status_code == 200, "the size of a page may change"
    for path in (f"{API}/symbols?prefix=s&cursor={cursor}", f"{API}/files?repository=shop&cursor={cursor}"):
        response = get(path)
        assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")
    for broken in ("x", "%00", "W10", "a" * 400, "bm90IGpzb24", "WyJhIiwiYiIseyJjIjoxfV0"):
        assert get(f"{API}/symbols?prefix=t&cursor={broken}").json()["code"] == "bad_cursor"


def test_a_path_and_an_impact(get: Get) -> None:
    way = get(f"{API}/path?source=messen&target=price").json()
    assert [(link["source"]["qualified_name"], link["tier"]) for link in way["relations"]] == [
        ("shop.größe.messen", "exact")
    ]
    effects = {row["effect"] for row in get(f"{API}/impact?symbol=price").json()["results"]}
    assert effects == {"will"}
    deep = get(f"{API}/impact?symbol=price&depth=3").json()
    reached = {deep["symbol"]["id"], *(row["symbol"]["id"] for row in deep["results"])}
    assert {row["via"] for row in deep["results"]} <= reached


def test_a_word_of_an_editor_is_what_its_use_was_resolved_to(get: Get) -> None:
    body = get(f"{API}/files/occurrence?path=shop/models.py&line=5&name=price").json()
    assert (body["repository"], body["enclosing"]["qualified_name"]) == ("shop", "shop.models.Order.total")
    [meaning] = body["meanings"]
    assert (meaning["relation"], meaning["tier"], meaning["symbol"]["path"]) == ("CALLS", "exact", "shop/models.py")
    assert get(f"{API}/files/occurrence?path=nowhere.py&line=5&name=price").json()["code"] == "input"
    assert get(f"{API}/symbols/price/tests").json()["results"] == []


def test_a_review_is_of_one_granted_repository(wiring: Wiring, get: Get) -> None:
    """What a review says is tests/unit/tools/test_review.py's; here lies no git repository."""
    response = get(f"{API}/review?repository=shop")
    assert (response.status_code, response.json()["code"]) == (400, "input")
    assert "nothing to compare" in response.json()["detail"]
    assert get(f"{API}/review?repository=nowhere").json()["code"] == "unknown_repository"
    assert getter(wiring, Scope(frozenset()))(f"{API}/review?repository=shop").json()["code"] == "unknown_repository"


def whole_diff(path: str, before: str, after: str) -> str:
    """Return what `git diff --full-index --unified=1000000` says of a file."""
    hunks = list(difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}", n=99))
    text = before.encode()
    name = hashlib.sha1(b"blob %d\0%s" % (len(text), text)).hexdigest()
    return f"diff --git a/{path} b/{path}\nindex {name}..{'0' * 39}1 100644\n{''.join(hunks)}"


def test_a_posted_diff_is_reviewed_at_its_lines(wiring: Wiring, get: Get) -> None:
    """No git repository lies here: the diff tells the whole text, and its name proves that it is the one that was indexed."""
    before = SOURCES["shop/models.py"]
    after = "# new\n" + before.replace("def price(order: Order)", "def price(order: Order, tax: int)")
    diff = whole_diff("shop/models.py", before, after)
    response = get(f"{API}/review", "POST", json={"repository": "shop", "diff": diff})
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["target"], body["stale"]) == ("the posted diff", [])
    breaking = [one for one in body["findings"] if one["kind"] == "will_break"]
    assert {(one["path"], one["line"], one["severity"], one["indexed"]) for one in breaking} >= {
        ("shop/models.py", 5, "error", True)
    }
    line = 1 + after[: after.index("def price")].count("\n")
    assert [(cite["path"], cite["line"], cite["indexed"]) for cite in breaking[0]["cites"]] == [
        ("shop/models.py", line, False)
    ]
    assert "declared anew" in breaking[0]["text"]


def test_a_posted_diff_is_refused_where_it_leads_out_or_nothing_is_granted(wiring: Wiring, get: Get) -> None:
    def code(get: Get, **body: object) -> tuple[int, str]:
        response = get(f"{API}/review", "POST", json={"repository": "shop", "diff": "", **body})
        return response.status_code, response.json()["code"]

    assert code(get, diff="diff --git a/../x b/../x\n") == (400, "input")
    assert code(get, repository="nowhere") == (404, "unknown_repository")
    assert code(getter(wiring, Scope(frozenset()))) == (404, "unknown_repository")
    assert (code(get, more=1)[0], code(get, diff="x" * 1_000_001)[0]) == (400, 413)


def test_a_neighbourhood_is_a_graph(get: Get) -> None:
    body = get(f"{API}/symbols/price/neighbourhood?depth=2").json()
    ids = {node["id"] for node in body["nodes"]}
    assert body["nodes"][0] == {**body["symbol"], "depth": 0, "is_test": False}
    assert {edge["source"] for edge in body["edges"]} <= ids
    assert {edge["target"] for edge in body["edges"] if edge["target"]} <= ids
    assert all((edge["target"] is None) != (edge["external"] is None) for edge in body["edges"])
    only = get(f"{API}/symbols/price/neighbourhood?relation=IMPORTS").json()
    assert {edge["kind"] for edge in only["edges"]} <= {"IMPORTS"}


def test_lines_come_from_the_index_and_no_path_leads_out_of_it(get: Get, indexed: Indexed) -> None:
    body = get(f"{API}/files/lines?path=shop/models.py&start_line=1&end_line=2").json()
    assert (body["repository"], body["text"], body["stale"]) == (
        "shop",
        'class Order:\n    """What a customer wants."""',
        False,
    )
    for path in ("../shop/shop/models.py", "/etc/passwd", str(indexed.root / "shop/models.py"), "shop//models.py", ""):
        response = get(f"{API}/files/lines", params={"path": path})
        assert (response.status_code, response.json()["code"]) == (400, "input"), path


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "no_such_route"),
        ("/symbols", 400, "input"),
        ("/symbols?name=a&prefix=b", 400, "input"),
        ("/symbols?name=+", 400, "input"),
        ("/symbols?name=price&limit=0", 400, "invalid_request"),
        ("/symbols?prefix=p&kind=nonsense", 400, "invalid_request"),
        ("/symbols?name=price&repository=nowhere", 404, "unknown_repository"),
        ("/symbols/%20/callers", 400, "input"),
        ("/impact", 400, "invalid_request"),
        ("/search?q=", 400, "input"),
        ("/search?q=a&kind=song", 400, "invalid_request"),
        ("/repositories/nowhere", 404, "unknown_repository"),
        ("/files?repository=nowhere", 404, "unknown_repository"),
        ("/threads/nowhere", 404, "unknown_thread"),
        ("/jobs/short", 400, "invalid_request"),
        (f"/jobs/{'0' * 32}", 404, "unknown_job"),
        (f"/chat/{'0' * 32}", 404, "unknown_run"),
    ],
)
def test_an_error_is_a_problem_with_its_code_and_the_next_step(get: Get, path: str, status: int, code: str) -> None:
    response = get(API + path, headers={"x-request-id": "my-1"})
    assert response.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(response.json())
    assert (response.status_code, problem.status, problem.code) == (status, status, code)
    assert (problem.request_id, response.headers["x-request-id"]) == ("my-1", "my-1")
    assert problem.next_step
    assert problem.type == f"urn:clew:problem:{code}"


def test_every_field_that_is_wrong_is_named(get: Get) -> None:
    errors = get(f"{API}/symbols?prefix=p&limit=0&kind=x").json()["errors"]
    assert sorted(error["field"] for error in errors) == ["kind.0", "limit"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "é".encode(), "-lead", "<script>"])
def test_a_request_id_that_is_not_plain_is_replaced(get: Get, given: str | bytes) -> None:
    made = get(f"{API}/repositories", headers={"x-request-id": given}).headers["x-request-id"]
    assert made != given
    assert len(made) == 32


def test_every_reply_carries_careful_headers(get: Get) -> None:
    for path in ("/healthz", f"{API}/repositories", f"{API}/nothing"):
        headers = get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
    assert get("/healthz").headers["cache-control"] == "no-store"
    assert get(f"{API}/repositories").headers["cache-control"] == "private, no-cache"
    refused = get(f"{API}/repositories", headers={"host": "evil.example"})
    assert refused.json()["code"] == "host_refused"
    assert refused.headers["x-frame-options"] == "DENY"


def test_before_the_first_index_it_is_said_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("empty")
    with_nothing = Wiring(load_settings({"home": home}, folder=home))
    empty = getter(with_nothing)
    assert empty(f"{API}/repositories").json() == {"repositories": [], "next_cursor": None}
    response = empty(f"{API}/symbols?name=price")
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert "clew index" in response.json()["next_step"]
    with_nothing.close()


@pytest.mark.parametrize("path", [f"{API}/nowhere", f"{API}/search?limit=x", f"{API}/symbols"])
def test_what_is_asked_wrongly_is_told_the_page_of_this_interface(get: Get, path: str) -> None:
    assert "docs/api.md" in get(path).json()["next_step"]
