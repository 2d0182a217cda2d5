"""Doors for other programs, model hosts, and how all of it is."""

from __future__ import annotations

from typing import Any

import click

from app.cli.contract.root import F, clew, json_option, repo_option, run_command, store_option, version_text

SHELLS = ("bash", "zsh", "fish", "powershell")


@clew.command()
@repo_option
@json_option
@store_option
def status(repo: str | None, as_json: bool, store: str | None) -> int:
    """Show coverage, staleness, tiers and sizes of what is indexed."""
    return run_command("status", repo=repo, as_json=as_json, store=store)


@clew.command()
@json_option
@store_option
def doctor(as_json: bool, store: str | None) -> int:
    """Show what is missing and the command that mends it."""
    return run_command("doctor", as_json=as_json, store=store)


@clew.command()
@store_option
def mcp(store: str | None) -> int:
    """Serve Clew's tools to an editor or agent over MCP (standard input and output)."""
    return run_command("mcp", store=store)


@clew.command()
@click.option("--host", metavar="H", help="Address to listen on; beyond this machine callers need keys (clew keys).")
@click.option("--port", metavar="P", type=click.IntRange(0, 65_535), help="TCP port; 0 takes a free one.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 64), help="Processes that answer; default: one.")
@click.option("--config", metavar="FILE", type=click.Path(), help="Settings to take instead of any clew.yaml.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(), help="Certificate chain (PEM): serve over TLS.")
@click.option("--tls-key", metavar="FILE", type=click.Path(), help="Its private key (PEM).")
@json_option
@store_option
def serve(**options: Any) -> int:
    """Serve the REST chat endpoint: to this machine, or to all who have a key."""
    return run_command("serve", **options)


@clew.group(invoke_without_command=True)
@json_option
@store_option
@click.pass_context
def models(context: click.Context, as_json: bool, store: str | None) -> int:
    """Show the LLMs of each host, what is in memory and what would fit."""
    return (
        run_command("models", command="list", as_json=as_json, store=store) if context.invoked_subcommand is None else 0
    )


def _host(function: F) -> F:
    return click.option("--host", metavar="H", help="Address of the Ollama host, or a part of it; default: the first.")(
        function
    )


@models.command("pull")
@click.argument("name")
@_host
@json_option
@store_option
def pull_model(name: str, host: str | None, as_json: bool, store: str | None) -> int:
    """Let an Ollama host fetch the model NAME."""
    return run_command("models", command="pull", name=name, host=host, as_json=as_json, store=store)


@models.command("warm")
@click.argument("name")
@_host
@json_option
@store_option
def warm_model(name: str, host: str | None, as_json: bool, store: str | None) -> int:
    """Load the model NAME into memory, with the window that questions ask for."""
    return run_command("models", command="warm", name=name, host=host, as_json=as_json, store=store)


@clew.group()
def dev() -> None:
    """Stand-ins for trying Clew out."""


@dev.command("fake-ollama")
@click.option(
    "--port", metavar="P", type=click.IntRange(0, 65_535), default=11_434, show_default=True, help="TCP port."
)
@click.option("--model", "models", metavar="M", multiple=True, help="A model that it holds; may be repeated.")
@click.option(
    "--fault", "faults", metavar="F[:N]", multiple=True, help="What goes wrong, N times or always; may be repeated."
)
@click.option("--tokens-per-second", type=click.FloatRange(0), default=0.0, help="How fast it writes; 0: at once.")
@click.option(
    "--reads-per-second", type=click.FloatRange(0), default=0.0, help="Tokens of a prompt that it reads; 0: at once."
)
@store_option
def fake_ollama(
    port: int,
    models: tuple[str, ...],
    faults: tuple[str, ...],
    tokens_per_second: float,
    reads_per_second: float,
    store: str | None,
) -> int:
    """Serve a fake Ollama on this machine until Ctrl-C."""
    return run_command(
        "dev",
        port=port,
        models=models,
        faults=faults,
        tokens_per_second=tokens_per_second,
        reads_per_second=reads_per_second,
        store=store,
    )


@clew.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of SHELL, to be sourced by it."""
    from click.shell_completion import get_completion_class  # start-up time

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(clew, {}, "clew", "_CLEW_COMPLETE").source())


@clew.command("man")
def manual() -> int:
    """Show the manual page; where output is no terminal, print its source."""
    from app.cli.manual import run  # start-up time

    return run(clew, version_text())
