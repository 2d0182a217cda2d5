"""Questions in plain words, searches, conversations, and what changes put at risk."""

from __future__ import annotations

import click

from app.cli.contract.root import (
    ask_option,
    clew,
    depth_option,
    json_option,
    limit_option,
    repo_option,
    rerank_option,
    run_command,
    store_option,
)


@clew.command()
@click.argument("question")
@repo_option
@click.option("--thread", metavar="T", help="Continue the conversation of this name.")
@click.option("--model", metavar="M", help="auto, extractive (no LLM), or the name of an LLM in Ollama.")
@rerank_option
@ask_option
@click.option("--project", metavar="P", help="Project whose budget is used too (else budget.project).")
@click.option(
    "--depth", type=click.Choice(["brief", "normal", "deep"]), help="Default: as the question says, else as usual."
)
@click.option("--diagram", is_flag=True, help="Draw the relations of the answer as a Mermaid diagram too.")
@click.option(
    "--explain", is_flag=True, help="Show how the answer came about: route, nodes, and what the guards found."
)
@click.option(
    "--patch", metavar="FILE", type=click.Path(), help="Write the diff of the answer to FILE, which must not exist."
)
@click.option(
    "--handoff",
    metavar="FILE",
    is_flag=False,
    flag_value="-",
    help="Give a ticket for a person, after the answer or into FILE: question, plan, evidence, what was tried.",
)
@json_option
@store_option
def ask(
    question: str,
    repo: str | None,
    thread: str | None,
    model: str | None,
    rerank: bool | None,
    ask: bool | None,
    project: str | None,
    depth: str | None,
    diagram: bool,
    explain: bool,
    patch: str | None,
    handoff: str | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Answer QUESTION with claims that carry path:line."""
    return run_command(
        "ask",
        question=question,
        repo=repo,
        thread=thread,
        model=model,
        rerank=rerank,
        ask=ask,
        project=project,
        depth=depth,
        diagram=diagram,
        explain=explain,
        patch=patch,
        handoff=handoff,
        as_json=as_json,
        store=store,
    )


@clew.command()
@repo_option
@click.option("--thread", metavar="T", help="Continue the conversation of this name; default: a new one.")
@click.option("--model", metavar="M", help="auto, extractive (no LLM), or the name of an LLM in Ollama.")
@ask_option
@click.option("--plain", is_flag=True, help="No colours, no progress, no pager.")
@click.option("--no-pager", "unpaged", is_flag=True, help="Show long answers at once (else in PAGER, on a terminal).")
@store_option
def chat(
    repo: str | None,
    thread: str | None,
    model: str | None,
    ask: bool | None,
    plain: bool,
    unpaged: bool,
    store: str | None,
) -> int:
    """Talk about the code: questions in one conversation, until /quit."""
    return run_command(
        "chat", repo=repo, thread=thread, model=model, ask=ask, plain=plain, unpaged=unpaged, store=store
    )


@clew.command()
@click.argument("query")
@click.option(
    "--kind",
    type=click.Choice(["file", "symbol", "function", "doc"]),
    default="symbol",
    show_default=True,
    help="What a row is.",
)
@click.option(
    "--top-k", metavar="K", type=click.IntRange(1, 1_000), default=10, show_default=True, help="Rows at most."
)
@rerank_option
@repo_option
@json_option
@store_option
def search(
    query: str, kind: str, top_k: int, rerank: bool | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Search code and documents for QUERY, best first."""
    return run_command(
        "search", query=query, kind=kind, top_k=top_k, rerank=rerank, repo=repo, as_json=as_json, store=store
    )


@clew.command()
@repo_option
@json_option
@store_option
def stack(repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what a project is built with, tested, checked and deployed by, and the line that shows each."""
    return run_command("stack", repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("revisions", metavar="[REV..REV]", default="")
@depth_option(3)
@limit_option(500)
@click.option("--fail-at", type=click.Choice(["medium", "high"]), help="Exit with 4 when the risk is this or higher.")
@repo_option
@json_option
@store_option
def review(
    revisions: str, depth: int, limit: int, fail_at: str | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Show what a change puts at risk: what uses it, tests to run, whom to ask, and why.

    Without REV..REV: what is not committed yet, or else the last commit. A...B is what B did since it left A.
    """
    return run_command(
        "review",
        revisions=revisions,
        depth=depth,
        limit=limit,
        fail_at=fail_at,
        repo=repo,
        as_json=as_json,
        store=store,
    )


@clew.group()
def threads() -> None:
    """List, read, rename, delete or export conversations."""


@threads.command("list")
@limit_option(50)
@json_option
@store_option
def list_threads(limit: int, as_json: bool, store: str | None) -> int:
    """List the conversations, the one used last first."""
    return run_command("threads", command="list", limit=limit, as_json=as_json, store=store)


@threads.command("show")
@click.argument("thread")
@json_option
@store_option
def show_thread(thread: str, as_json: bool, store: str | None) -> int:
    """Show what was asked and answered in THREAD."""
    return run_command("threads", command="show", thread=thread, as_json=as_json, store=store)


@threads.command("rename")
@click.argument("thread")
@click.argument("title")
@json_option
@store_option
def rename_thread(thread: str, title: str, as_json: bool, store: str | None) -> int:
    """Give THREAD another title."""
    return run_command("threads", command="rename", thread=thread, title=title, as_json=as_json, store=store)


@threads.command("delete")
@click.argument("thread", required=False)
@click.option("--all", "everything", is_flag=True, help="Delete all conversations.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def delete_thread(thread: str | None, everything: bool, yes: bool, as_json: bool, store: str | None) -> int:
    """Delete THREAD with all that was said in it."""
    return run_command(
        "threads", command="delete", thread=thread, everything=everything, yes=yes, as_json=as_json, store=store
    )


@threads.command("export")
@click.argument("thread")
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@json_option
@store_option
def export_thread(thread: str, output: str | None, as_json: bool, store: str | None) -> int:
    """Write THREAD as a Markdown document."""
    return run_command("threads", command="export", thread=thread, output=output, as_json=as_json, store=store)
