"""Paths that lead elsewhere, through every route that takes one. A path is a key of the index: what is no key is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.integration.hostile.cases import Case, escaped, get, post
from tests.unit.ops.sources.test_addresses import REFUSED

PLAIN = {
    "parent": "../../../../etc/passwd",
    "parent after a folder": "shop/../../../../etc/passwd",
    "absolute": "/etc/passwd",
    "backslash": "..\\..\\..\\etc\\passwd",
    "drive": "C:\\Windows\\win.ini",
    "UNC": "\\\\evil.example\\share\\x",
    "file URL": "file:///etc/passwd",
    "NUL": "shop/models.py\0.png",
    "newline": "shop/models.py\r\nX-Evil: 1",
    "fullwidth dots": "\uff0e\uff0e/\uff0e\uff0e/etc/passwd",
    "division slash": "..\u2215..\u2215etc\u2215passwd",
    "one dot leader": "\u2024\u2024/\u2024\u2024/etc/passwd",
    "surrogate": "\udcff/etc/passwd",
    "decomposed": "shop/mode\u0301ls.py",
    "right to left": "shop/\u202eyp.sledom",
    "tilde": "~root/.ssh/id_rsa",
    "proc": "/proc/self/environ",
    "store": "hidden-store/principals.db",
    "other repository": "../hidden/README.md",
    "hidden": "hidden:README.md",
    "variable": "${HOME}/.ssh/id_rsa",
    "dots and slashes": "....//....//etc/passwd",
    "trailing dot": "shop/models.py.",
    "long": "a/" * 1_500 + "b",
}
ENCODED = {
    "encoded": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "double encoded": "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "encoded backslash": "%5c..%5c..%5cetc%5cpasswd",
    "overlong UTF-8": "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "broken UTF-8": "%ff%fe/etc/passwd",
    "half an escape": "..%2",
    "IIS": "%u002e%u002e/etc/passwd",
}
IN_QUERIES = {**{name: escaped(path) for name, path in PLAIN.items()}, **ENCODED}
RAW_IN_PATHS = {
    "as it is": "../../../../etc/passwd",
    "as it is, backslash": "..\\..\\etc\\passwd",
    "with a parameter": "..;/..;/etc/passwd",
    **ENCODED,
}


def queries() -> Iterator[Case]:
    for name, path in IN_QUERIES.items():
        yield get(f"lines: {name}", f"/api/v1/files/lines?path={path}", 400, 404)
        yield get(f"outline: {name}", f"/api/v1/files/outline?path={path}", 400, 404)
    for name in ("parent", "absolute", "NUL", "hidden", "double encoded", "broken UTF-8"):
        spelled = IN_QUERIES[name]
        yield get(f"lines of a repository: {name}", f"/api/v1/files/lines?repository={spelled}&path=README.md", 404)
        yield get(f"files of a repository: {name}", f"/api/v1/files?repository={spelled}", 404)
        yield get(f"prefix: {name}", f"/api/v1/files?repository=shop&prefix={spelled}", 200)
    for name in ("parent", "NUL", "newline", "surrogate", "long", "hidden"):
        yield post(
            f"ask about: {name}", "/api/v1/chat", {"question": f"what is in {PLAIN[name]}?", "model": "extractive"}, 200
        )


def segments() -> Iterator[Case]:
    """Paths in the place of a name in the path of a route, and of a file of the web page."""
    for name, path in RAW_IN_PATHS.items():
        yield get(f"repository: {name}", f"/api/v1/repositories/{path}", 400, 404)
        yield get(f"page: {name}", f"/ui/{path}", 400, 404)
        yield get(f"asset: {name}", f"/ui/assets/{path}", 400, 404)
        yield get(f"thread: {name}", f"/api/v1/threads/{path}", 400, 404)
        yield get(f"symbol: {name}", f"/api/v1/symbols/{path}", 200, 400, 404)
    yield get("from the open page to a closed route", "/ui/../api/v1/repositories", 401, 404, who="nobody")
    yield get("from the open page, encoded", "/ui/%2e%2e/api/v1/repositories", 401, 404, who="nobody")
    yield get("two slashes before a closed route", "//api/v1/repositories", 401, 404, who="nobody")
    yield get("a slash behind a closed route", "/api/v1/repositories/", 401, 404, who="nobody")
    yield get("capitals", "/API/v1/repositories", 401, 404, who="nobody")
    yield get("an open route with more behind it", "/healthz/../api/v1/repositories", 401, who="nobody")
    yield get("an open route with a parameter", "/healthz;/api/v1/repositories", 401, who="nobody")
    yield get("below internal", "/internal/../api/v1/repositories", 401, 404, who="nobody")


def jobs() -> Iterator[Case]:
    """Folders that a request wants indexed; the server is one person's, where folders below `serve.roots` may be."""
    spellings = {
        "parent": "ROOTS/../outside-secret",
        "a link that leads out": "ROOTS/leads-out",
        "a link to its parent": "ROOTS/up/outside-secret",
        "the roots' sibling": "ROOTS-secret",
        "absolute": "/etc",
        "the store": "STORE",
        "the store by a link": "ROOTS/up/hidden-store",
        "proc": "/proc/self/cwd",
        "the root of all": "/",
    }
    for name, path in spellings.items():
        yield post(f"job: {name}", "/api/v1/jobs", {"path": path}, 403, codes="policy", who="nobody")
    for name in ("parent", "backslash", "UNC", "file URL", "NUL", "newline", "tilde", "variable", "right to left"):
        yield post(f"job: {name} as words", "/api/v1/jobs", {"path": PLAIN[name]}, 400, codes="input", who="nobody")
    yield post("job: surrogate", "/api/v1/jobs", {"path": "/\udcff"}, 400, who="nobody")
    yield post("job: a name that is a path", "/api/v1/jobs", {"repository": "../shop"}, 404, who="nobody")
    yield post("job: too long", "/api/v1/jobs", {"path": "/" + "a" * 4_000}, 400, who="nobody")
    yield post("job: a git URL", "/api/v1/jobs", {"path": "ext::sh -c id"}, 400, who="nobody")
    yield post("job: a URL inside", "/api/v1/jobs", {"path": "http://169.254.169.254/latest"}, 400, who="nobody")


def git_addresses() -> Iterator[Case]:
    """Addresses that a request wants cloned: tricks, other programs, and hosts inside (SSRF)."""
    inside = (
        "https://127.0.0.1/a.git", "https://[::1]/a.git", "https://localhost/a.git", "https://10.0.0.1/a.git", "https://192.168.1.1/a.git",
        "https://169.254.169.254/latest/meta-data", "https://[::ffff:127.0.0.1]/a.git", "https://[64:ff9b::7f00:1]/a.git", "https://0.0.0.0/a.git",
        "ssh://git@127.0.0.1/a.git", "git@127.0.0.1:a.git", "https://127.0.0.1:6379/a.git",
    )  # fmt: skip
    for url in (*REFUSED, *inside):
        body, refused = {"url": url}, ("source_refused", "input", "invalid_request")
        yield replace(
            post(f"clone: {url}", "/api/v1/repositories", body, 400, 422, who="nobody"), codes=frozenset(refused)
        )
