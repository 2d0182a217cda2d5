"""The Slack door: serving it, and who in Slack is which principal."""

from __future__ import annotations

import click

from app.cli.contract.root import clew, json_option, run_command, store_option


@clew.group()
def slack() -> None:
    """Answer in Slack: serve the door, and link its people to principals."""


@slack.command("serve")
@click.option("--socket", is_flag=True, help="Open a socket to Slack (socket mode) instead of listening for it.")
@click.option("--host", metavar="H", help="Address to listen on; default: slack.host.")
@click.option("--port", metavar="P", type=click.IntRange(0, 65_535), help="TCP port; 0 takes a free one.")
@json_option
@store_option
def serve_slack(socket: bool, host: str | None, port: int | None, as_json: bool, store: str | None) -> int:
    """Answer mentions, direct messages, /clew and buttons until Ctrl-C; tokens come from the environment."""
    return run_command("slack", command="serve", socket=socket, host=host, port=port, as_json=as_json, store=store)


@slack.command("link")
@click.argument("slack_id")
@click.argument("principal")
@json_option
@store_option
def link_slack(slack_id: str, principal: str, as_json: bool, store: str | None) -> int:
    """Let the Slack user SLACK_ID (U...) be PRINCIPAL: what it is granted, they are shown."""
    return run_command("slack", command="link", slack_id=slack_id, principal=principal, as_json=as_json, store=store)


@slack.command("unlink")
@click.argument("slack_id")
@json_option
@store_option
def unlink_slack(slack_id: str, as_json: bool, store: str | None) -> int:
    """Let the Slack user SLACK_ID be nobody again."""
    return run_command("slack", command="unlink", slack_id=slack_id, as_json=as_json, store=store)


@slack.command("users")
@json_option
@store_option
def slack_users(as_json: bool, store: str | None) -> int:
    """List who in Slack is which principal."""
    return run_command("slack", command="users", as_json=as_json, store=store)
