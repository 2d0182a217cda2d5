"""What happened and what it cost, what is kept of people, and copies of the store."""

from __future__ import annotations

import click

from app.cli.contract.root import F, clew, json_option, limit_option, run_command, store_option


@clew.command()
@click.option("--month", metavar="YYYY-MM", help="Another month than this one.")
@click.option("--project", metavar="P", help="Show this project among the accounts (else budget.project).")
@json_option
@store_option
def budget(month: str | None, project: str | None, as_json: bool, store: str | None) -> int:
    """Show what models cost this month, by user, team and project, and what is left."""
    return run_command("budget", month=month, project=project, as_json=as_json, store=store)


@clew.group()
def audit() -> None:
    """Check, read, copy, anchor or prune the Ledger: who asked what, what was served, what it cost."""


def _stream(function: F) -> F:
    streams = click.Choice(["administration", "answers", "feedback"])
    return click.option("--stream", type=streams, help="Only this stream; default: all.")(function)


@audit.command("verify")
@click.option(
    "--anchor", "anchors", metavar="FILE", type=click.Path(), multiple=True, help="Compare this copy of an anchor too."
)
@json_option
@store_option
def verify_audit(anchors: tuple[str, ...], as_json: bool, store: str | None) -> int:
    """Check every event of the Ledger, and name the first one of each stream that does not hold."""
    return run_command("audit", command="verify", anchors=anchors, as_json=as_json, store=store)


@audit.command("show")
@_stream
@click.option("--kind", metavar="K", help="Only events of this kind (asked, answered, model, ...).")
@click.option("--run", metavar="ID", help="Only events of the run whose id begins so.")
@click.option("--user", metavar="NAME", help="Only events of this person.")
@limit_option(50)
@json_option
@store_option
def show_audit(
    stream: str | None,
    kind: str | None,
    run: str | None,
    user: str | None,
    limit: int,
    as_json: bool,
    store: str | None,
) -> int:
    """Show the latest events, with the words that can still be opened."""
    options = {"stream": stream, "kind": kind, "run": run, "user": user, "limit": limit}
    return run_command("audit", command="show", as_json=as_json, store=store, **options)


@audit.command("export")
@_stream
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@json_option
@store_option
def export_audit(stream: str | None, output: str | None, as_json: bool, store: str | None) -> int:
    """Write every event as a line of JSON, with all that its digest is made of."""
    return run_command("audit", command="export", stream=stream, output=output, as_json=as_json, store=store)


@audit.command("anchor")
@click.option("--to", metavar="FILE", type=click.Path(), help="Write here; default: ledger.anchor_file.")
@json_option
@store_option
def anchor_audit(to: str | None, as_json: bool, store: str | None) -> int:
    """Write where the chains end now, signed: a copy elsewhere shows what is cut off later."""
    return run_command("audit", command="anchor", to=to, as_json=as_json, store=store)


@audit.command("prune")
@_stream
@click.option("--older-than", metavar="DAYS", type=click.IntRange(1, 36_500), help="Default: ledger.keep_days.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def prune_audit(
    stream: str | None, older_than: int | None, dry_run: bool, yes: bool, as_json: bool, store: str | None
) -> int:
    """Take old events out; a signed checkpoint keeps the rest verifiable."""
    options = {"stream": stream, "older_than": older_than, "dry_run": dry_run, "yes": yes}
    return run_command("audit", command="prune", as_json=as_json, store=store, **options)


@clew.command()
@click.argument("folder", type=click.Path())
@click.option("--without-keys", is_flag=True, help="Leave out what the words of the Ledger are sealed with.")
@json_option
@store_option
def backup(folder: str, without_keys: bool, as_json: bool, store: str | None) -> int:
    """Copy the whole store into FOLDER, with a manifest of hashes, while it serves."""
    return run_command(
        "backup", command="backup", folder=folder, without_keys=without_keys, as_json=as_json, store=store
    )


@clew.command()
@click.argument("folder", type=click.Path())
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def restore(folder: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Put the backup in FOLDER, once every file was checked, in the place of the store, which is kept beside it."""
    return run_command("backup", command="restore", folder=folder, yes=yes, as_json=as_json, store=store)


@clew.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def uninstall(yes: bool, as_json: bool, store: str | None) -> int:
    """Delete everything that Clew keeps in the store. Sources stay as they are."""
    return run_command("backup", command="uninstall", yes=yes, as_json=as_json, store=store)


@clew.group()
def privacy() -> None:
    """Hand out or erase what is kept of a person."""


@privacy.command("export")
@click.argument("subject")
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@json_option
@store_option
def export_privacy(subject: str, output: str | None, as_json: bool, store: str | None) -> int:
    """Write every event of the person SUBJECT as a line of JSON, opened."""
    return run_command("privacy", command="export", subject=subject, output=output, as_json=as_json, store=store)


@privacy.command("erase")
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@store_option
def erase_privacy(subject: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Erase what the person SUBJECT asked and said: their key is dropped, the Ledger still verifies."""
    return run_command("privacy", command="erase", subject=subject, yes=yes, as_json=as_json, store=store)


@clew.command()
@click.option(
    "--by",
    type=click.Choice(["day", "user", "team", "project", "model", "release", "door"]),
    default="day",
    show_default=True,
    help="What a row is of.",
)
@click.option("--since", metavar="DAY", help="From this day on (2026-11-30, UTC).")
@click.option("--until", metavar="DAY", help="Up to this day.")
@click.option("--user", metavar="NAME", help="Only what this person asked.")
@click.option("--rebuild", is_flag=True, help="Make the sums anew from every event.")
@json_option
@store_option
def usage(
    by: str, since: str | None, until: str | None, user: str | None, rebuild: bool, as_json: bool, store: str | None
) -> int:
    """Show questions, cost, latency and satisfaction, by day, user, team, project, model, release or door."""
    return run_command(
        "usage", by=by, since=since, until=until, user=user, rebuild=rebuild, as_json=as_json, store=store
    )
