"""`clew search`: ranked files, symbols, functions or documents."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, write_json
from app.rendering.search import show
from app.shapes.search import search_shape
from configs.errors import InputError
from tools.search import Kind


def run(
    query: str, kind: Kind, top_k: int, rerank: bool | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Return 0 when something was found, else 1."""
    with opened(store, {"retrieval": {"rerank": rerank}}) as wiring:
        longest = wiring.settings.run.max_question_characters
        if not query.strip():
            raise InputError("the query is empty", next_step='name what you look for: clew search "retry policy"')
        if len(query) > longest:
            message = f"the query has {len(query):,} characters; at most {longest:,} are read"
            raise InputError(message, next_step="ask for less, or raise CLEW_RUN__MAX_QUESTION_CHARACTERS")
        scope, (retriever, reranked) = wiring.scope(repo), wiring.search()
        if kind == "doc":
            results = retriever.search_docs(scope, query, top_k=top_k)
        else:
            results = retriever.search_code(scope, query, kind=kind, top_k=top_k)
        note = reranked[0].note if reranked else ""
        if as_json:
            write_json({**search_shape(query, results), "note": note})
        else:
            show(Screen(), query, results)
            if note:
                Screen().line((note, "warn"))
    return FOUND if results else NONE
