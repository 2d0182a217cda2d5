"""Questions about the structure of the code, answered by typed tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from app.cli.contract.root import (
    DEPTH,
    clew,
    depth_option,
    dispatch_option,
    json_option,
    limit_option,
    repo_option,
    run_command,
    store_option,
    symbol_argument,
)


def _structural(name: str, text: str, *, depth: int | None, limit: int) -> None:
    """Register `clew NAME`, one question to the code graph."""

    def command(**options: Any) -> int:
        return run_command("structure", command=name, **options)

    command.__doc__ = text
    decorated: Callable[..., Any] = limit_option(limit)(repo_option(json_option(store_option(command))))
    if depth is not None:
        decorated = depth_option(depth)(dispatch_option(decorated))
    clew.command(name)(symbol_argument()(decorated))


_structural("symbol", "Show where the symbol NAME is defined.", depth=None, limit=20)
_structural("callers", "Show the call sites that reach NAME.", depth=1, limit=200)
_structural("callees", "Show what NAME calls.", depth=1, limit=200)


@clew.command()
@symbol_argument()
@depth_option(3)
@limit_option(500)
@repo_option
@json_option
@store_option
def impact(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what will and what may break when NAME changes, the tests to run, and the entry points that reach it."""
    return run_command("impact", name=name, depth=depth, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@symbol_argument()
@depth_option(5)
@limit_option(200)
@repo_option
@json_option
@store_option
def hierarchy(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what the class NAME comes from, and what comes from it."""
    return run_command("hierarchy", name=name, depth=depth, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@limit_option(20)
@repo_option
@json_option
@store_option
def hotspots(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show the symbols that most of the code leads to (PageRank over who uses whom)."""
    return run_command("hotspots", limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@limit_option(50)
@repo_option
@json_option
@store_option
def cycles(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show the modules that import each other in a ring."""
    return run_command("cycles", limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command("dead-code")
@click.option("--public", is_flag=True, help="Add what other repositories may use.")
@limit_option(100)
@repo_option
@json_option
@store_option
def dead_code(public: bool, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show candidates for deletion: code that nothing indexed uses."""
    return run_command("dead_code", public=public, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@symbol_argument("source", "A")
@symbol_argument("target", "B")
@click.option("--depth", metavar="D", type=DEPTH, default=12, show_default=True, help="Longest chain to look for.")
@repo_option
@json_option
@store_option
def path(source: str, target: str, depth: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show a shortest chain of calls from A to B."""
    return run_command("path", source=source, target=target, depth=depth, repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("place", metavar="PATH[:LINE[-LINE]]")
@repo_option
@json_option
@store_option
def show(place: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what an indexed file defines, or its lines as indexed."""
    return run_command("show", place=place, repo=repo, as_json=as_json, store=store)


@clew.command()
@limit_option(50)
@repo_option
@json_option
@store_option
def untested(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show the functions that no test leads to, most used first."""
    return run_command("untested", limit=limit, repo=repo, as_json=as_json, store=store)
