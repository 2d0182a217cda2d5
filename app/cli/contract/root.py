"""The root of the command line, and the options that several commands share.

A command's function only imports its module and calls `run_command`: that is what keeps `clew --help`, and completion of
commands and options, as fast as click itself.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEPTH = click.IntRange(1, 20)


def run_command(module: str, **options: Any) -> int:
    """Load `app.cli.<module>` and return its exit code. `--store` counts wherever it was written."""
    context = click.get_current_context()
    store = options.pop("store", None) or context.find_root().params.get("store")
    result: int = import_module(f"app.cli.{module}").run(store=store, **options)
    return result


def store_option(function: F) -> F:
    text = "Folder that holds the index (else CLEW_HOME)."
    return click.option("--store", metavar="DIR", type=click.Path(), help=text)(function)


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, as docs/cli.md describes it.")(function)


def complete_repository(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of indexed repositories that begin as typed, from the store that the line names."""
    from app.cli.completing import repository_names  # start-up time: opens the index

    store = context.params.get("store") or context.find_root().params.get("store")
    return [name for name in repository_names(store) if name.startswith(incomplete)]


def complete_symbol(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of symbols that begin as typed, where something was."""
    from app.cli.completing import symbol_names  # start-up time: opens the index

    store = context.params.get("store") or context.find_root().params.get("store")
    return symbol_names(store, context.params.get("repo"), incomplete) if incomplete else []


def symbol_argument(name: str = "name", metavar: str | None = None) -> Callable[[F], F]:
    return click.argument(name, metavar=metavar, shell_complete=complete_symbol)


def repo_option(function: F) -> F:
    text = "Ask this repository only; default: the one of the current folder, else all."
    return click.option("--repo", metavar="R", help=text, shell_complete=complete_repository)(function)


def rerank_option(function: F) -> F:
    text = "Let a model put the first 20 results in order (else retrieval.rerank)."
    return click.option("--rerank/--no-rerank", default=None, help=text)(function)


def ask_option(function: F) -> F:
    text = "Ask back when a name means several things; never where input is no terminal."
    return click.option("--ask/--no-ask", "ask", default=None, help=text)(function)


def limit_option(default: int) -> Callable[[F], F]:
    return click.option(
        "--limit",
        type=click.IntRange(1, 100_000),
        default=default,
        show_default=True,
        help="Show at most so many rows.",
    )


def depth_option(default: int) -> Callable[[F], F]:
    return click.option("--depth", metavar="D", type=DEPTH, default=default, show_default=True, help="Links to follow.")


def dispatch_option(function: F) -> F:
    text = "Add what a call may run, or be run by, through overriding methods; such rows are marked."
    return click.option("--dispatch", is_flag=True, help=text)(function)


def version_text() -> str:
    from importlib.metadata import PackageNotFoundError, version  # start-up time

    try:
        return f"clew {version('clew')}"
    except PackageNotFoundError:
        return "clew (not installed: run from its source folder)"


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(version_text())
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@store_option
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def clew(store: str | None) -> None:
    """Answers questions about a company's code, and shows the lines that prove each answer.

    \b
    clew index .                        index the current folder
    clew ask "who calls send_task?"     a cited answer
    clew callers Task.run               the call sites, with tiers

    Exit codes: 0 found, 1 none, 2 usage, 3 a component is unavailable, 4 refused, 5 ambiguous, 6 unknown.
    """
