"""Requests that are none: malformed heads, bodies of two lengths, headers said twice, and methods and protocols of others."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.hostile.cases import Case, get, post, raw

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /api/v1/repositories HTTP/1.1\r\n"
POST = b"POST /api/v1/chat HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
HEAD = {400, 408, 413, 414, 431}


def malformed() -> Iterator[Case]:
    """Heads that no parser may read in two ways. The bearer of some is left out: they end before anybody is asked."""
    yield raw("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    yield raw("binary", bytes(range(1, 200)) + b"\r\n\r\n")
    yield raw("HTTP 0.9", b"GET /healthz\r\n\r\n", 400, 403)
    yield raw("version 9", b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n")
    yield raw("version of words", b"GET /healthz HTTP/one\r\n" + HOST + b"\r\n")
    yield raw("HTTP 2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    yield raw("no method", b" /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    yield raw("a method of its own", b"STEAL /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    yield raw("space in the target", b"GET /health z HTTP/1.1\r\n" + HOST + b"\r\n")
    yield raw("control in the target", b"GET /\x01\x02 HTTP/1.1\r\n" + HOST + b"\r\n")
    yield raw("bytes in the target", b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", 400, 401)
    yield raw("no target", b"GET  HTTP/1.1\r\n" + HOST + b"\r\n")
    yield raw("connect", b"CONNECT 169.254.169.254:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400, 401, 405)
    yield raw("asterisk", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400, 401, 404, 405)
    yield raw("absolute target", b"GET http://169.254.169.254/latest HTTP/1.1\r\n" + HOST + b"\r\n", 400, 401, 404)
    yield raw("folded header", GET + HOST + b"X-A: 1\r\n  2\r\n\r\n", 400)
    yield raw("folded authorization", GET + HOST + b"Authorization:\r\n Bearer x\r\n\r\n", 400)
    yield raw("space before the colon", GET + HOST + b"Authorization : Bearer x\r\n\r\n")
    yield raw("no colon", GET + HOST + b"Nonsense\r\n\r\n")
    yield raw("no name", GET + HOST + b": value\r\n\r\n")
    yield raw("brackets in a name", GET + HOST + b"X[0]: 1\r\n\r\n")
    yield raw("bytes in a name", GET + HOST + b"X-\xff: 1\r\n\r\n")
    yield raw("NUL in a value", GET + HOST + b"X-A: a\0b\r\n\r\n")
    yield raw("carriage return in a value", GET + HOST + b"X-A: a\rSet-Cookie: b\r\n\r\n")
    yield raw("bare line feeds", b"GET /api/v1/repositories HTTP/1.1\nHost: 127.0.0.1\n\n", 400, 401)
    yield raw("no host", b"GET /api/v1/repositories HTTP/1.1\r\n\r\n", 403, codes="host_refused")
    yield raw("two hosts", GET + HOST + b"Host: evil.example\r\n\r\n")


def lengths() -> Iterator[Case]:
    """Bodies whose end two servers would see in two places (request smuggling)."""
    both = POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"
    yield raw("length and chunks", both)
    yield raw("chunks and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n")
    yield raw("two lengths", POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}")
    yield raw("the same length twice", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")
    yield raw("a list of lengths", POST + b"Content-Length: 2, 2\r\n\r\n{}")
    yield raw("negative", POST + b"Content-Length: -1\r\n\r\n{}")
    yield raw("plus", POST + b"Content-Length: +2\r\n\r\n{}")
    yield raw("hexadecimal", POST + b"Content-Length: 0x2\r\n\r\n{}")
    yield raw("beyond 64 bits", POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}")
    yield raw("no number", POST + b"Content-Length: two\r\n\r\n{}")
    yield raw("other digits", POST + "Content-Length: ٢\r\n\r\n{}".encode())
    yield raw("coding of its own", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 401)
    yield raw("chunked, then something", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, 401)
    yield raw(
        "two codings", POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, 401
    )
    yield raw("tab before chunked", POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n")
    yield raw("chunk of no number", POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400, 401)
    yield raw("chunk of negative length", POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n", 400, 401)
    yield raw("chunk beyond 64 bits", POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}", 400, 401)
    yield raw("chunk without its end", POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n", 400, 401)


def sizes() -> Iterator[Case]:
    yield get("a long target", "/api/v1/search?q=" + "a" * 60_000, 414, codes="head_too_large")
    yield get("a long header", "/api/v1/repositories", 431, headers=(("x-long", "a" * 60_000),), codes="head_too_large")
    many = tuple((f"x-{number}", "1") for number in range(2_000))
    yield get("many headers", "/api/v1/repositories", 431, headers=many, codes="head_too_large")
    yield get("a long cookie", "/api/v1/repositories", 431, headers=(("cookie", "a=" + "b" * 60_000),))
    yield raw("a head without an end", GET + HOST + b"X-A: " + b"a" * 100_000, 431, codes="head_too_large")
    yield raw("a target without an end", b"GET /" + b"a" * 100_000, 414, codes="head_too_large")
    yield post("a large body", "/api/v1/chat", b"[" + b" " * 60_000 + b"]", 413, codes="too_large")
    yield post("a large body for OpenAI's route", "/v1/chat/completions", b"[" + b" " * 60_000 + b"]", 413)
    yield post("a large body for MCP", "/mcp", b"[" + b" " * 60_000 + b"]", 413)
    yield post("a large body without a key", "/api/v1/chat", b"[" + b" " * 60_000 + b"]", 401, who="nobody")


def headers() -> Iterator[Case]:
    """Headers that would make the server another one, or another caller."""
    route = "/api/v1/repositories"
    twice = {"authorization": "Bearer x", "content-type": "text/plain", "origin": "https://evil.example"}
    for name, value in twice.items():
        said = ((name, "application/json" if name == "content-type" else value), (name, value))
        yield post(f"{name} twice", "/api/v1/chat", {"question": "x"}, 400, headers=said, codes="ambiguous_header")
    for name in ("x-forwarded-for", "x-real-ip", "forwarded", "x-forwarded-host", "x-original-url", "x-rewrite-url"):
        given = ((name, "for=127.0.0.1" if name == "forwarded" else "/healthz" if "url" in name else "127.0.0.1"),)
        yield get(f"{name} without a key", route, 401, headers=given, who="nobody")
    for name in ("x-http-method-override", "x-http-method", "x-method-override"):
        yield get(f"{name}", "/api/v1/threads/none", 404, headers=((name, "DELETE"),))
        yield post(
            f"{name} of a POST",
            "/api/v1/threads/none",
            {},
            405,
            headers=((name, "DELETE"), ("content-type", "application/json")),
        )
    for name in ("x-user", "x-remote-user", "remote-user", "x-principal", "x-clew-principal", "x-authenticated-user"):
        yield get(f"{name}", route, 401, headers=((name, "operator"),), who="nobody")
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "SEARCH"):
        yield post(f"method {method}", route, b"", 405, method=method)
    for name, value in (("id", "a b"), ("log", "x\x1b[31m"), ("long", "a" * 5_000)):
        yield get(f"a request id: {name}", "/api/v1/repositories/none", 400, 404, headers=(("x-request-id", value),))
    yield get("a request id of bytes", "/api/v1/repositories/none", 404, headers=(("x-request-id", b"\xff\xfe"),))
    upgrade = (
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-key", "a" * 22 + "=="),
        ("sec-websocket-version", "13"),
    )
    yield get("a web socket", "/api/v1/chat", 401, headers=upgrade, who="nobody")
    yield get("a web socket with a key", "/api/v1/chat", 404, 405, headers=upgrade)
    yield get(
        "an upgrade to HTTP 2",
        route,
        401,
        headers=(("connection", "upgrade, http2-settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQAAP__")),
        who="nobody",
    )
    yield get("ranges", "/ui/index.html", 200, 206, 400, 416, headers=(("range", "bytes=" + "0-,".join(["1"] * 500)),))
    yield get("a range of no bytes", "/ui/index.html", 200, 400, 416, headers=(("range", "bytes=9999999-99999999"),))
    yield get("tags without an end", "/api/v1/repositories/none", 404, headers=(("if-none-match", '"a", ' * 1_000),))
    yield get(
        "an event id of words", "/api/v1/chat/" + "0" * 32 + "/events", 404, headers=(("last-event-id", "-1; DROP"),)
    )
