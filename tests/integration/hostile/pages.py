"""What a page of somebody else in the person's browser could send: origins, hosts, rebinding, redirects, preflights."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.hostile.cases import Case, get, post

ORIGINS = ("https://evil.example", "null", "http://127.0.0.1.evil.example", "https://pages.example.evil.example",
           "http://pages.example", "https://pages.example:8443", "file://", "chrome-extension://x", "https://PAGES.example",
           "https://evil.example#https://pages.example", "https://pages.example@evil.example", "", "https://[::1")  # fmt: skip
HOSTS = ("evil.example", "127.0.0.1.evil.example", "clew.example.evil.example", "clew.example@evil.example",
         "evil.example:80", "[::1", "169.254.169.254", "0.0.0.0", "", "clew.example/..", "a b")  # fmt: skip
QUESTION = {"question": "who calls price?", "model": "extractive"}


def known_callers() -> Iterator[Case]:
    for origin in ORIGINS:
        sent = (("content-type", "application/json"), ("origin", origin))
        yield post(f"origin {origin!r}", "/api/v1/chat", QUESTION, 403, headers=sent, codes="origin_refused")
    for host in HOSTS:
        yield get(
            f"host {host!r}",
            "/api/v1/repositories",
            400,
            403,
            headers=(("host", host),),
            codes=("host_refused", "bad_http"),
        )
    for origin in ("https://evil.example", "null"):
        asked = (
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization"),
        )
        yield Case(
            f"a preflight of {origin}", "/api/v1/chat", frozenset({400, 401, 403}), "OPTIONS", asked, who="nobody"
        )
    for target in ("//evil.example/", "//evil.example/%2e%2e", "/ui//evil.example", "/ui/assets", "/%5cevil.example", "/api/v1/repositories/",
                   "/ui/%2f%2fevil.example", "/https://evil.example", "/v1/models/"):  # fmt: skip
        yield get(f"redirect {target}", target, 404, headers=(("host", "clew.example"),))


def one_person() -> Iterator[Case]:
    """The same against a server without keys: there the browser is the only stranger, and its name the only lock."""
    for host in HOSTS:
        yield get(
            f"host {host!r}",
            "/api/v1/repositories",
            400,
            403,
            headers=(("host", host),),
            who="nobody",
            codes=("host_refused", "bad_http"),
        )
    for origin in (
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "file://",
        "https://[::1",
    ):
        sent = (("content-type", "application/json"), ("origin", origin))
        yield post(
            f"origin {origin!r}", "/api/v1/chat", QUESTION, 403, headers=sent, who="nobody", codes="origin_refused"
        )
    for site in ("cross-site", "same-site"):
        fetched = (("content-type", "application/json"), ("sec-fetch-site", site), ("sec-fetch-mode", "cors"))
        yield post(
            f"fetched {site}", "/api/v1/chat", QUESTION, 403, headers=fetched, who="nobody", codes="origin_refused"
        )
    yield get(
        "a read from another site",
        "/api/v1/repositories",
        403,
        headers=(("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")),
        who="nobody",
        codes="origin_refused",
    )
