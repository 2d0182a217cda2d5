"""Repositories elsewhere: cloned, opened with credentials, kept up to date by webhooks and schedules."""

from __future__ import annotations

import click

from app.cli.contract.root import F, clew, json_option, run_command, store_option


def _secret_option(function: F) -> F:
    text = "Read the secret from a file; default: asked for, or from stdin. It is never an argument."
    return click.option("--from", "file", metavar="FILE", help=text)(function)


@clew.group()
def repositories() -> None:
    """Clone repositories, list, refresh or remove them."""


@repositories.command("add")
@click.argument("url")
@click.option("--name", metavar="N", default="", help="Its name in the index; default: as it is called there.")
@click.option("--branch", metavar="B", default="", help="Default: the one that its host calls its own.")
@click.option("--credential", metavar="NAME", default="", help="What opens it (clew credentials).")
@click.option(
    "--depth", type=click.IntRange(0, 1_000_000), default=1, show_default=True, help="Commits that are fetched; 0: all."
)
@click.option("--blobless", is_flag=True, help="Leave out the contents of past commits.")
@click.option(
    "--schedule", metavar="WHEN", default="", help="When it is brought up to date: cron (UTC), or 'every 15m'."
)
@click.option("--later", is_flag=True, help="Register it only; its schedule or a request begins.")
@json_option
@store_option
def add_repository(
    url: str,
    name: str,
    branch: str,
    credential: str,
    depth: int,
    blobless: bool,
    schedule: str,
    later: bool,
    as_json: bool,
    store: str | None,
) -> int:
    """Clone the repository at URL (https:// or ssh://) and index it."""
    options = {"name": name, "branch": branch, "credential": credential, "depth": depth, "blobless": blobless}
    more = {"schedule": schedule, "later": later, "as_json": as_json, "store": store}
    return run_command("repositories", command="add", url=url, **options, **more)


@repositories.command("list")
@json_option
@store_option
def list_repositories(as_json: bool, store: str | None) -> int:
    """List cloned repositories: where from, which commit, fetched when."""
    return run_command("repositories", command="list", as_json=as_json, store=store)


@repositories.command("refresh")
@click.argument("name")
@click.option("--force", is_flag=True, help="Read every file and write every row.")
@json_option
@store_option
def refresh_repository(name: str, force: bool, as_json: bool, store: str | None) -> int:
    """Fetch the cloned repository NAME and bring its index up to date."""
    return run_command("repositories", command="refresh", name=name, force=force, as_json=as_json, store=store)


@repositories.command("remove")
@click.argument("name")
@json_option
@store_option
def remove_repository(name: str, as_json: bool, store: str | None) -> int:
    """Delete the clone of NAME, its index, its webhooks and its schedule."""
    return run_command("repositories", command="remove", name=name, as_json=as_json, store=store)


@clew.group()
def credentials() -> None:
    """Keep, list, rotate or remove what opens repositories."""


@credentials.command("add")
@click.argument("name")
@click.option("--host", metavar="H", required=True, help="The one host that it is sent to.")
@click.option(
    "--kind",
    type=click.Choice(["token", "ssh"]),
    default="token",
    show_default=True,
    help="A token or password, or a private key.",
)
@click.option("--username", metavar="U", default="", help="Whose it is; default: x-access-token, for ssh git.")
@_secret_option
@json_option
@store_option
def add_credential(
    name: str, host: str, kind: str, username: str, file: str | None, as_json: bool, store: str | None
) -> int:
    """Keep a secret as NAME, sealed."""
    options = {"host": host, "kind": kind, "username": username, "file": file}
    return run_command("credentials", command="add", name=name, **options, as_json=as_json, store=store)


@credentials.command("list")
@json_option
@store_option
def list_credentials(as_json: bool, store: str | None) -> int:
    """List names, hosts and ages; never a secret."""
    return run_command("credentials", command="list", as_json=as_json, store=store)


@credentials.command("rotate")
@click.argument("name")
@_secret_option
@json_option
@store_option
def rotate_credential(name: str, file: str | None, as_json: bool, store: str | None) -> int:
    """Keep another secret in place of that of NAME."""
    return run_command("credentials", command="rotate", name=name, file=file, as_json=as_json, store=store)


@credentials.command("remove")
@click.argument("name")
@json_option
@store_option
def remove_credential(name: str, as_json: bool, store: str | None) -> int:
    """Forget NAME; refused while a repository is cloned with it."""
    return run_command("credentials", command="remove", name=name, as_json=as_json, store=store)


@clew.group()
def webhooks() -> None:
    """Make, list, rotate or remove addresses where git hosts tell of pushes."""


@webhooks.command("add")
@click.argument("name")
@click.option(
    "--provider",
    type=click.Choice(["github", "gitlab", "bitbucket", "gitea"]),
    required=True,
    help="Who tells of pushes.",
)
@json_option
@store_option
def add_webhook(name: str, provider: str, as_json: bool, store: str | None) -> int:
    """Make one for the cloned repository NAME; its secret is shown once."""
    return run_command("webhooks", command="add", name=name, provider=provider, as_json=as_json, store=store)


@webhooks.command("list")
@json_option
@store_option
def list_webhooks(as_json: bool, store: str | None) -> int:
    """List addresses, and when each was heard of last."""
    return run_command("webhooks", command="list", as_json=as_json, store=store)


@webhooks.command("rotate")
@click.argument("webhook")
@click.option(
    "--grace", metavar="SPAN", help="The old secret stays good for so long, such as 1h; default: it ends now."
)
@json_option
@store_option
def rotate_webhook(webhook: str, grace: str | None, as_json: bool, store: str | None) -> int:
    """Make another secret for WEBHOOK (its id)."""
    return run_command("webhooks", command="rotate", webhook=webhook, grace=grace, as_json=as_json, store=store)


@webhooks.command("remove")
@click.argument("webhook")
@json_option
@store_option
def remove_webhook(webhook: str, as_json: bool, store: str | None) -> int:
    """End WEBHOOK (its id): what comes to its address is refused."""
    return run_command("webhooks", command="remove", webhook=webhook, as_json=as_json, store=store)


@clew.group()
def schedules() -> None:
    """Say when `clew serve` brings repositories up to date."""


@schedules.command("list")
@json_option
@store_option
def list_schedules(as_json: bool, store: str | None) -> int:
    """List them, the next run first."""
    return run_command("schedules", command="list", as_json=as_json, store=store)


@schedules.command("set")
@click.argument("name")
@click.argument("expression")
@json_option
@store_option
def set_schedule(name: str, expression: str, as_json: bool, store: str | None) -> int:
    """Bring the repository NAME up to date by EXPRESSION: '30 3 * * *' (UTC), 'every 15m', '@daily'."""
    return run_command("schedules", command="set", name=name, expression=expression, as_json=as_json, store=store)


@schedules.command("remove")
@click.argument("name")
@json_option
@store_option
def remove_schedule(name: str, as_json: bool, store: str | None) -> int:
    """End the schedule of NAME."""
    return run_command("schedules", command="remove", name=name, as_json=as_json, store=store)
