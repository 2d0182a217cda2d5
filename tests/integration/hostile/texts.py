"""Words that are code elsewhere, through every parameter that takes words: they are words here, and nothing is found of what is not granted."""

from __future__ import annotations

from collections.abc import Iterator

from tests.integration.hostile.cases import HIDDEN_WORD, Case, escaped, get, post

METACHARACTERS = {
    "SQL or": "' OR '1'='1",
    "SQL union": "x' UNION SELECT name, root, 1 FROM repositories --",
    "SQL stacked": "'; DROP TABLE symbols; --",
    "SQL like": "%",
    "SQL glob": "*[!a]?_%",
    "SQL escape": "\\%' ESCAPE '\\",
    "SQL comment": "price/**/--",
    "Cypher or": "x' OR true //",
    "Cypher union": "x'}) RETURN n UNION MATCH (n) RETURN n //",
    "Cypher delete": "x'}) DETACH DELETE n //",
    "Cypher load": "x' LOAD CSV FROM 'http://127.0.0.1:9/' AS l //",
    "Cypher backtick": "x`}) MATCH (m:`Symbol`) RETURN m",
    "Cypher parameter": "$scope",
    "full text or": "price OR repository:hidden",
    "full text near": 'NEAR("zqx" "price", 5)',
    "full text column": "{path text}: zqx*",
    "full text caret": '^"price" AND NOT -shop',
    "full text quote": '"price""',
    "Lucene": "repo:hidden~0.1 +zqx^9 [a TO z]",
    "regular expression": "(a+)+$(?=zqx).*",
    "template": "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "format": "%s%n%x{0.__class__}{}",
    "shell": "$(id); `id` | cat /etc/passwd && x",
    "LDAP": "*)(uid=*))(|(uid=*",
    "XML": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "log4j": "${jndi:ldap://127.0.0.1:9/x}",
    "line breaks": "price\r\nSet-Cookie: a=b\r\n\r\n<html>",
}
UNICODE = {
    "NUL": "price\0",
    "surrogate": "price\udcff",
    "pair of halves": "\ud83d\ud83d",
    "right to left": "\u202eecirp\u202c",
    "isolates": "\u2066price\u2069",
    "fullwidth": "\uff50\uff52\uff49\uff43\uff45",
    "Kelvin": "\u212apri\u017fe",
    "zero width": "pr\u200bi\u200dce",
    "expands under NFKC": "\ufdfa" * 50,
    "combining": "p" + "\u0301" * 300,
    "escape sequence": "\x1b[2J\x1b]0;x\x07price",
    "outside the plane": "\U0010ffff\U000e0001",
    "byte order mark": "\ufeffprice",
    "Turkish": "PR\u0130CE",
}
WORDS = {**METACHARACTERS, **UNICODE}
ROUTES = {
    "search": "/api/v1/search?q={}",
    "search of documents": "/api/v1/search?kind=doc&q={}",
    "symbols by name": "/api/v1/symbols?name={}",
    "symbols by prefix": "/api/v1/symbols?prefix={}",
    "one symbol": "/api/v1/symbols/{}",
    "callers": "/api/v1/symbols/{}/callers",
    "impact": "/api/v1/impact?symbol={}",
    "path": "/api/v1/path?source={}&target=price",
}
FEW = ("SQL or", "Cypher delete", "surrogate", "NUL", "expands under NFKC")
MORE_ROUTES = {
    "repository": "/api/v1/repositories/{}",
    "repository of a search": "/api/v1/search?q=price&repository={}",
    "callees": "/api/v1/symbols/{}/callees",
    "neighbourhood": "/api/v1/symbols/{}/neighbourhood",
    "target of a path": "/api/v1/path?source=price&target={}",
    "prefix of files": "/api/v1/files?repository=shop&prefix={}",
    "thread": "/api/v1/threads/{}",
    "thread as a document": "/api/v1/threads/{}/markdown",
}
OPERATORS_ROUTES = {
    "user of usage": "/api/v1/admin/usage?user={}",
    "day of usage": "/api/v1/admin/usage?since={}",
    "dimension of usage": "/api/v1/admin/usage?by={}",
    "kind of events": "/api/v1/admin/audit?kind={}",
    "run of events": "/api/v1/admin/audit?run={}",
    "stream of events": "/api/v1/admin/audit?stream={}",
}


def words() -> Iterator[Case]:
    """Every word through the routes that look names up, the worst ones through all others."""
    for place, route in ROUTES.items():
        for name, text in WORDS.items():
            yield get(f"{place}: {name}", route.format(escaped(text)), 200, 400, 404)
    for name in FEW:
        for place, route in MORE_ROUTES.items():
            yield get(f"{place}: {name}", route.format(escaped(WORDS[name])), 200, 400, 404)
        for place, route in OPERATORS_ROUTES.items():
            yield get(f"{place}: {name}", route.format(escaped(WORDS[name])), 200, 400, who="operator")


def questions() -> Iterator[Case]:
    for name, text in WORDS.items():
        yield post(
            f"question: {name}", "/api/v1/chat", {"question": f"who calls {text}?", "model": "extractive"}, 200, 400
        )
    for name in FEW:
        text = WORDS[name]
        ask = {"question": "who calls price?", "model": "extractive"}
        for member in ("thread_id", "project", "release", "model"):
            yield post(f"{member}: {name}", "/api/v1/chat", {**ask, member: text}, 200, 400, 403, 404, 503)
        yield post(f"repositories: {name}", "/api/v1/chat", {**ask, "repositories": [text]}, 404)
        yield post(f"replies: {name}", "/api/v1/chat", {**ask, "replies": [text]}, 200, 400)
        turns = [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
        yield post(f"earlier: {name}", "/api/v1/chat", {**ask, "earlier": turns}, 200, 400)
        yield post(f"title of a thread: {name}", "/api/v1/threads/none", {"title": text}, 400, 404, method="PATCH")
        signal = {"signal": "correction", "correction": text, "place": text}
        said = {"run_id": text[:60].ljust(8, "x"), "signals": [signal]}
        yield post(f"feedback: {name}", "/api/v1/feedback/signals", said, 200, 400, 404, 422)
        yield post(f"accepting: {name}", "/api/v1/feedback", {"run_id": said["run_id"], "accepted": True}, 400, 404)


def not_granted() -> Iterator[Case]:
    """What exists and is not granted is answered as what does not."""
    word = HIDDEN_WORD[:6]
    yield get("its name", "/api/v1/repositories/hidden", 404, codes="unknown_repository")
    yield get("its files", "/api/v1/files?repository=hidden", 404, codes="unknown_repository")
    yield get("its lines", "/api/v1/files/lines?repository=hidden&path=README.md", 404)
    yield get("its symbols", f"/api/v1/symbols?prefix={word}", 200)
    yield get("its symbol by id", "/api/v1/symbols/hidden:README.md", 200, 404)
    yield get("a search in it", "/api/v1/search?repository=hidden&q=price", 404, codes="unknown_repository")
    yield get("jobs of it", "/api/v1/jobs", 403, codes="policy")
    yield get("usage", "/api/v1/admin/usage", 403, codes="policy")
    yield get("events", "/api/v1/admin/audit", 403, codes="policy")
    yield get("verification", "/api/v1/admin/audit/verification", 403, codes="policy")
    yield post("an index run", "/api/v1/jobs", {"repository": "shop"}, 403, codes="policy")
    yield post("an index run of it", "/api/v1/jobs", {"repository": "hidden"}, 404, who="operator")
    yield post("asking about it", "/api/v1/chat", {"question": "who calls price?", "repositories": ["hidden"]}, 404)
