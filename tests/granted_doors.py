"""What somebody may ask of a world, through every door: questions, routes, tools and resources of MCP, with names of all three repositories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.granted_worlds import NAMES, Served, tool, traceback_of

SYMBOLS = (
    "checkout_price",
    "shared_price_beta",
    "shared_price_gamma",
    "zqx_total",
    "zqxbrigh_total",
    "total",
    "Basket.price",
    "beta.shared",
    "list_orders",
    "client",
    "../beta/beta/shared.py",
    "gamma:gamma/shared.py#checkout_price",
)
QUESTIONS = (
    "who calls {}?",
    "what does {} call?",
    "what breaks if {} changes?",
    "where is {} defined?",
    "explain {}",
    "what changed in {} lately?",
    "what tests cover {}?",
    "how does {} lead to checkout_price?",
    "which endpoints are there?",
    "where is the price of an order made?",
    "how is the price documented?",
    "which setting sets the log level?",
    "what depends on gamma?",
    "ValueError: cannot be priced",
    "who wrote beta?",
    "which repositories are indexed?",
    "what is risky in the last commit?",
    "compare beta and gamma",
    "give me an overview",
    traceback_of("beta"),
    traceback_of("gamma"),
)
asking = st.builds(str.format, st.sampled_from(QUESTIONS), st.sampled_from(SYMBOLS))
ROUTES = (
    "search?q={}",
    "search?q=price+of+an+order&kind=file",
    "search?q=price+of+an+order&kind=function",
    "search?q=what+an+order+costs&kind=doc",
    "symbols?prefix={}",
    "symbols?prefix=zqx",
    "symbols?name={}",
    "symbols/{}",
    "symbols/{}/callers",
    "symbols/{}/callees",
    "symbols/{}/callers?depth=5&dispatch=true",
    "symbols/{}/neighbourhood",
    "impact?symbol={}",
    "impact?symbol={}&depth=9",
    "path?source={}&target=checkout_price",
    "path?source=checkout_price&target={}",
    "repositories",
    "repositories?limit=1",
    "repositories/beta",
    "repositories/gamma",
    "files?repository=beta",
    "files?repository=gamma&prefix=gamma",
    "files/lines?path=beta/shared.py",
    "files/lines?path=docs/prices.md",
    "files/lines?repository=gamma&path=gamma/shared.py",
    "files/outline?path=docs/prices.md",
    "files/outline?path=gamma/shared.py",
    "threads",
    "threads/mine",
    "threads/mine/markdown",
    "jobs",
    "admin/usage",
    "admin/audit",
)
NAMED = ("find_symbol", "callers", "callees", "impact_of", "class_hierarchy")
WORDS = ("price of an order", "zqx", "orders", "Price orders right", "what something costs")
PLACES = ("beta/shared.py", "docs/prices.md", "../beta/beta/shared.py:1-9", "gamma/shared.py:1-20", "settings.yaml")
RESOURCES = (
    "clew://repositories",
    *(f"clew://file/{name}/{name}/shared.py" for name in NAMES),
    *(f"clew://file/{name}/docs/prices.md" for name in NAMES),
    *(f"clew://symbol/{name}:{name}/shared.py%23checkout_price" for name in NAMES),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked. repository: what the request narrows itself to, where its door knows that."""

    door: str
    words: str
    repository: str | None = None

    def of(self, world: Served, grant: frozenset[str], model: str = "extractive") -> str:
        """Ask it in a world; return all that was told."""
        return _DOORS[self.door](world, grant, self, model)


def _chat(world: Served, grant: frozenset[str], asked: Asked, model: str) -> str:
    options = {"repositories": [asked.repository]} if asked.repository else {}
    body = {"model": model, "messages": [{"role": "user", "content": asked.words}], "clew": options}
    return world.rest(grant, "POST", "/v1/chat/completions", {**body, "stream": asked.door == "stream"})


def _own_chat(world: Served, grant: frozenset[str], asked: Asked, model: str) -> str:
    options: dict[str, Any] = {"repositories": [asked.repository]} if asked.repository else {}
    if asked.door == "events":
        options["stream"] = True
    if asked.door == "thread":
        options["thread_id"] = "mine"
    return world.rest(
        grant, "POST", "/api/v1/chat", {"question": asked.words, "model": model, "clarify": True, **options}
    )


def _route(world: Served, grant: frozenset[str], asked: Asked, _model: str) -> str:
    more = f"{'&' if '?' in asked.words else '?'}repository={asked.repository}" if asked.repository else ""
    return world.rest(grant, "GET", f"/api/v1/{asked.words}{more}")


def _tool(world: Served, grant: frozenset[str], asked: Asked, _model: str) -> str:
    arguments: dict[str, Any] = {} if asked.door == "repositories" else {"repository": asked.repository}
    if asked.door == "call_path":
        arguments |= {"source": asked.words, "target": "checkout_price"}
    elif asked.words:
        arguments[_PARAMETER.get(asked.door, "name")] = asked.words
    return world.mcp(grant, "tools/call", **tool(asked.door, **arguments))


def _resource(world: Served, grant: frozenset[str], asked: Asked, _model: str) -> str:
    return world.mcp(grant, "resources/read", uri=asked.words)


def _index(world: Served, grant: frozenset[str], asked: Asked, _model: str) -> str:
    """An index run of what is not granted: refused, as for a name that nobody has. What is granted is not run here."""
    if asked.words in grant:
        return ""
    return world.rest(grant, "POST", "/api/v1/jobs", {"repository": asked.words})


_PARAMETER = {"search_code": "query", "read_lines": "place", "ask": "question"}
_DOORS = {
    **dict.fromkeys(("chat", "stream"), _chat),
    **dict.fromkeys(("own", "events", "thread"), _own_chat),
    **dict.fromkeys((*NAMED, "search_code", "read_lines", "repositories", "review_change", "call_path", "ask"), _tool),
    "api": _route,
    "resource": _resource,
    "jobs": _index,
}


def quoted(name: str) -> str:
    return quote(name, safe="")


repositories = st.sampled_from((None, None, None, *NAMES, "nowhere"))
doors = st.one_of(
    st.builds(Asked, st.sampled_from(("chat", "stream", "own", "events", "thread", "ask")), asking, repositories),
    st.builds(Asked, st.sampled_from(NAMED), st.sampled_from(SYMBOLS), repositories),
    st.builds(Asked, st.just("search_code"), st.sampled_from(WORDS), repositories),
    st.builds(Asked, st.just("read_lines"), st.sampled_from(PLACES), repositories),
    st.builds(Asked, st.sampled_from(("repositories", "review_change")), st.just(""), repositories),
    st.builds(Asked, st.just("call_path"), st.sampled_from(SYMBOLS), repositories),
    st.builds(Asked, st.just("resource"), st.sampled_from(RESOURCES)),
    st.builds(Asked, st.just("jobs"), st.sampled_from((*NAMES, "nowhere"))),
    st.builds(Asked, st.just("api"), st.builds(str.format, st.sampled_from(ROUTES), st.sampled_from(SYMBOLS).map(quoted))),
)  # fmt: skip
