"""Who may ask what: principals, their keys, and why a request is granted or not."""

from __future__ import annotations

import click

from app.cli.contract.root import F, clew, complete_repository, json_option, run_command, store_option


def _belonging(function: F) -> F:
    for option, name in (("--team", "teams"), ("--role", "roles")):
        text = f"A {option[2:]} of the principal, as policies name it; may be repeated."
        function = click.option(option, name, metavar="NAME", multiple=True, help=text)(function)
    return function


@clew.group()
def keys() -> None:
    """Make, list, rotate or revoke API keys of this store's server."""


@keys.command("create")
@click.argument("principal")
@click.option("--label", metavar="TEXT", default="", help="What it is for, to tell keys apart.")
@click.option(
    "--right",
    "rights",
    type=click.Choice(["ask", "read", "index", "connect", "admin"]),
    multiple=True,
    help="What it may be used for at most; default: ask and read.",
)
@click.option("--expires", metavar="SPAN", default="90d", show_default=True, help="Such as 90d, 12h, or never.")
@click.option("--service", is_flag=True, help="A new principal is a program, not a person.")
@_belonging
@json_option
@store_option
def create_key(
    principal: str,
    label: str,
    rights: tuple[str, ...],
    expires: str,
    service: bool,
    teams: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
    store: str | None,
) -> int:
    """Make a key for PRINCIPAL, who is made too where there is none; it is shown once."""
    options = {"label": label, "rights": rights, "expires": expires, "service": service, "teams": teams, "roles": roles}
    return run_command("keys", command="create", principal=principal, **options, as_json=as_json, store=store)


@keys.command("list")
@json_option
@store_option
def list_keys(as_json: bool, store: str | None) -> int:
    """List the keys, the newest first; what is kept of them does not open anything."""
    return run_command("keys", command="list", as_json=as_json, store=store)


@keys.command("rotate")
@click.argument("key")
@click.option("--grace", metavar="SPAN", help="The old key stays good for so long, such as 1h; default: it ends now.")
@json_option
@store_option
def rotate_key(key: str, grace: str | None, as_json: bool, store: str | None) -> int:
    """Make a key that stands in for KEY (its id), and end that one."""
    return run_command("keys", command="rotate", key=key, grace=grace, as_json=as_json, store=store)


@keys.command("revoke")
@click.argument("key")
@json_option
@store_option
def revoke_key(key: str, as_json: bool, store: str | None) -> int:
    """End KEY (its id) at once: the next request that brings it is refused."""
    return run_command("keys", command="revoke", key=key, as_json=as_json, store=store)


@clew.group()
def principals() -> None:
    """List, set, disable or enable who may ask this store's server."""


@principals.command("list")
@json_option
@store_option
def list_principals(as_json: bool, store: str | None) -> int:
    """List people and services with their teams and roles."""
    return run_command("keys", command="principals", as_json=as_json, store=store)


@principals.command("set")
@click.argument("principal")
@click.option("--name", metavar="TEXT", help="How the principal is called.")
@_belonging
@json_option
@store_option
def set_principal(
    principal: str, name: str | None, teams: tuple[str, ...], roles: tuple[str, ...], as_json: bool, store: str | None
) -> int:
    """Give PRINCIPAL these teams, or these roles, instead of those it has."""
    chosen = {"name": name, "teams": teams or None, "roles": roles or None}
    return run_command("keys", command="set", principal=principal, **chosen, as_json=as_json, store=store)


@principals.command("disable")
@click.argument("principal")
@json_option
@store_option
def disable_principal(principal: str, as_json: bool, store: str | None) -> int:
    """Let PRINCIPAL in no more, whatever its keys and tokens say."""
    return run_command("keys", command="disable", principal=principal, as_json=as_json, store=store)


@principals.command("enable")
@click.argument("principal")
@json_option
@store_option
def enable_principal(principal: str, as_json: bool, store: str | None) -> int:
    """Let PRINCIPAL in again."""
    return run_command("keys", command="enable", principal=principal, as_json=as_json, store=store)


@clew.group()
def policy() -> None:
    """Look at what policies decide."""


@policy.command("check")
@click.option("--principal", metavar="P", required=True, help="Whom to judge.")
@click.option("--repository", metavar="R", required=True, help="By its name.", shell_complete=complete_repository)
@_belonging
@json_option
@store_option
def check_policy(
    principal: str,
    repository: str,
    teams: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
    store: str | None,
) -> int:
    """Say what a principal may do in a repository, and which policies say so."""
    return run_command(
        "policy", principal=principal, repository=repository, teams=teams, roles=roles, as_json=as_json, store=store
    )
