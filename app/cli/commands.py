"""The command line's contract: every command, argument and option. The work is in the sibling modules.

A command's function only imports its module and calls `run`: that is what keeps `clew --help`, and completion of
commands and options, as fast as click itself.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

SHELLS = ("bash", "zsh", "fish")
DEPTH = click.IntRange(1, 20)


def _run(module: str, **options: Any) -> int:
    """Load `app.cli.<module>` and return its exit code. `--store` counts wherever it was written."""
    context = click.get_current_context()
    store = options.pop("store", None) or context.find_root().params.get("store")
    result: int = import_module(f"app.cli.{module}").run(store=store, **options)
    return result


def _store(function: F) -> F:
    return click.option("--store", metavar="DIR", help="Folder that holds the index (else CLEW_HOME).")(function)


def _json(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, as docs/cli.md describes it.")(function)


def _repo(function: F) -> F:
    text = "Ask this repository only; default: the one of the current folder, else all."
    return click.option("--repo", metavar="R", help=text)(function)


def _rerank(function: F) -> F:
    text = "Let a model put the first 20 results in order (else retrieval.rerank)."
    return click.option("--rerank/--no-rerank", default=None, help=text)(function)


def _asks(function: F) -> F:
    text = "Ask back when a name means several things; never where input is no terminal."
    return click.option("--ask/--no-ask", "ask", default=None, help=text)(function)


def _limit(default: int) -> Callable[[F], F]:
    return click.option(
        "--limit",
        type=click.IntRange(1, 100_000),
        default=default,
        show_default=True,
        help="Show at most so many rows.",
    )


def _depth(default: int) -> Callable[[F], F]:
    return click.option("--depth", metavar="D", type=DEPTH, default=default, show_default=True, help="Links to follow.")


def _dispatch(function: F) -> F:
    text = "Add what a call may run, or be run by, through overriding methods; such rows are marked."
    return click.option("--dispatch", is_flag=True, help=text)(function)


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version  # start-up time

        try:
            click.echo(f"clew {version('clew')}")
        except PackageNotFoundError:
            click.echo("clew (not installed: run from its source folder)")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@_store
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


@clew.command()
@click.argument("path", type=click.Path(), required=False)
@click.option("--name", metavar="N", help="Name of the repository; default: the folder's name.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 256), help="Worker processes; default: one a CPU.")
@click.option("--docs", metavar="DIR", type=click.Path(), help="Index the documents of DIR alone, in all formats.")
@click.option("--force", is_flag=True, help="Read every file and write every row anew.")
@click.option("--scip", metavar="FILE", multiple=True, help="Merge a compiler's SCIP index of PATH; may be repeated.")
@_json
@_store
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
    return _run(
        "index", path=path, name=name, jobs=jobs, docs=docs, force=force, scip=scip, as_json=as_json, store=store
    )


@clew.command()
@click.argument("path", type=click.Path(), default=".")
@click.option("--name", metavar="N", help="Name of the repository; default: the folder's name.")
@click.option("--jobs", metavar="N", type=click.IntRange(1, 256), help="Worker processes; default: one a CPU.")
@_json
@_store
def watch(path: str, name: str | None, jobs: int | None, as_json: bool, store: str | None) -> int:
    """Keep the index of the repository at PATH up to date until Ctrl-C."""
    return _run("watch", path=path, name=name, jobs=jobs, as_json=as_json, store=store)


@clew.command()
@click.argument("question")
@_repo
@click.option("--thread", metavar="T", help="Continue the conversation of this name.")
@click.option("--model", metavar="M", help="auto, extractive (no LLM), or the name of an LLM in Ollama.")
@_rerank
@_asks
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
@_json
@_store
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
    return _run(
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
@_repo
@click.option("--thread", metavar="T", help="Continue the conversation of this name; default: a new one.")
@click.option("--model", metavar="M", help="auto, extractive (no LLM), or the name of an LLM in Ollama.")
@_asks
@click.option("--plain", is_flag=True, help="No colours and no progress.")
@_store
def chat(
    repo: str | None, thread: str | None, model: str | None, ask: bool | None, plain: bool, store: str | None
) -> int:
    """Talk about the code: questions in one conversation, until /quit."""
    return _run("chat", repo=repo, thread=thread, model=model, ask=ask, plain=plain, store=store)


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
@_rerank
@_repo
@_json
@_store
def search(
    query: str, kind: str, top_k: int, rerank: bool | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Search code and documents for QUERY, best first."""
    return _run("search", query=query, kind=kind, top_k=top_k, rerank=rerank, repo=repo, as_json=as_json, store=store)


def _structural(name: str, text: str, *, depth: int | None, limit: int) -> None:
    """Register `clew NAME`, one question to the code graph."""

    def command(**options: Any) -> int:
        return _run("structure", command=name, **options)

    command.__doc__ = text
    decorated: Callable[..., Any] = _limit(limit)(_repo(_json(_store(command))))
    if depth is not None:
        decorated = _depth(depth)(_dispatch(decorated))
    clew.command(name)(click.argument("name")(decorated))


_structural("symbol", "Show where the symbol NAME is defined.", depth=None, limit=20)
_structural("callers", "Show the call sites that reach NAME.", depth=1, limit=200)
_structural("callees", "Show what NAME calls.", depth=1, limit=200)


@clew.command()
@click.argument("name")
@_depth(3)
@_limit(500)
@_repo
@_json
@_store
def impact(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what will and what may break when NAME changes, the tests to run, and the entry points that reach it."""
    return _run("impact", name=name, depth=depth, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@_repo
@_json
@_store
def stack(repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what a project is built with, tested, checked and deployed by, and the line that shows each."""
    return _run("stack", repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("revisions", metavar="[REV..REV]", default="")
@_depth(3)
@_limit(500)
@click.option("--fail-at", type=click.Choice(["medium", "high"]), help="Exit with 4 when the risk is this or higher.")
@_repo
@_json
@_store
def review(
    revisions: str, depth: int, limit: int, fail_at: str | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Show what a change puts at risk: what uses it, tests to run, whom to ask, and why.

    Without REV..REV: what is not committed yet, or else the last commit. A...B is what B did since it left A.
    """
    return _run(
        "review",
        revisions=revisions,
        depth=depth,
        limit=limit,
        fail_at=fail_at,
        repo=repo,
        as_json=as_json,
        store=store,
    )


@clew.command()
@click.argument("name")
@_depth(5)
@_limit(200)
@_repo
@_json
@_store
def hierarchy(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what the class NAME comes from, and what comes from it."""
    return _run("hierarchy", name=name, depth=depth, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@_limit(20)
@_repo
@_json
@_store
def hotspots(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show the symbols that most of the code leads to (PageRank over who uses whom)."""
    return _run("hotspots", limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@_limit(50)
@_repo
@_json
@_store
def cycles(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show the modules that import each other in a ring."""
    return _run("cycles", limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command("dead-code")
@click.option("--public", is_flag=True, help="Add what other repositories may use.")
@_limit(100)
@_repo
@_json
@_store
def dead_code(public: bool, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show candidates for deletion: code that nothing indexed uses."""
    return _run("dead_code", public=public, limit=limit, repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("source", metavar="A")
@click.argument("target", metavar="B")
@click.option("--depth", metavar="D", type=DEPTH, default=12, show_default=True, help="Longest chain to look for.")
@_repo
@_json
@_store
def path(source: str, target: str, depth: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show a shortest chain of calls from A to B."""
    return _run("path", source=source, target=target, depth=depth, repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("place", metavar="PATH[:LINE[-LINE]]")
@_repo
@_json
@_store
def show(place: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show what an indexed file defines, or its lines as indexed."""
    return _run("show", place=place, repo=repo, as_json=as_json, store=store)


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
@_repo
@_store
def export(what: str, kind: tuple[str, ...], repo: str | None, store: str | None) -> int:
    """Write all symbols or relations to stdout."""
    return _run("export", what=what, kinds=kind, repo=repo, store=store)


@clew.command()
@_repo
@_json
@_store
def status(repo: str | None, as_json: bool, store: str | None) -> int:
    """Show coverage, staleness, tiers and sizes of what is indexed."""
    return _run("status", repo=repo, as_json=as_json, store=store)


@clew.command()
@_json
@_store
def doctor(as_json: bool, store: str | None) -> int:
    """Show what is missing and the command that mends it."""
    return _run("doctor", as_json=as_json, store=store)


@clew.command()
@_store
def mcp(store: str | None) -> int:
    """Serve Clew's tools to an editor or agent over MCP (standard input and output)."""
    return _run("mcp", store=store)


@clew.command()
@click.option("--host", metavar="H", help="Address to listen on; beyond this machine callers need keys (clew keys).")
@click.option("--port", metavar="P", type=click.IntRange(0, 65_535), help="TCP port; 0 takes a free one.")
@click.option("--tls-cert", metavar="FILE", type=click.Path(), help="Certificate chain (PEM): serve over TLS.")
@click.option("--tls-key", metavar="FILE", type=click.Path(), help="Its private key (PEM).")
@_json
@_store
def serve(
    host: str | None, port: int | None, tls_cert: str | None, tls_key: str | None, as_json: bool, store: str | None
) -> int:
    """Serve the REST chat endpoint: to this machine, or to all who have a key."""
    return _run("serve", host=host, port=port, tls_cert=tls_cert, tls_key=tls_key, as_json=as_json, store=store)


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
    type=click.Choice(["ask", "read", "index", "admin"]),
    multiple=True,
    help="What it may be used for at most; default: ask and read.",
)
@click.option("--expires", metavar="SPAN", default="90d", show_default=True, help="Such as 90d, 12h, or never.")
@click.option("--service", is_flag=True, help="A new principal is a program, not a person.")
@_belonging
@_json
@_store
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
    return _run("keys", command="create", principal=principal, **options, as_json=as_json, store=store)


@keys.command("list")
@_json
@_store
def list_keys(as_json: bool, store: str | None) -> int:
    """List the keys, the newest first; what is kept of them does not open anything."""
    return _run("keys", command="list", as_json=as_json, store=store)


@keys.command("rotate")
@click.argument("key")
@click.option("--grace", metavar="SPAN", help="The old key stays good for so long, such as 1h; default: it ends now.")
@_json
@_store
def rotate_key(key: str, grace: str | None, as_json: bool, store: str | None) -> int:
    """Make a key that stands in for KEY (its id), and end that one."""
    return _run("keys", command="rotate", key=key, grace=grace, as_json=as_json, store=store)


@keys.command("revoke")
@click.argument("key")
@_json
@_store
def revoke_key(key: str, as_json: bool, store: str | None) -> int:
    """End KEY (its id) at once: the next request that brings it is refused."""
    return _run("keys", command="revoke", key=key, as_json=as_json, store=store)


@clew.group()
def principals() -> None:
    """List, set, disable or enable who may ask this store's server."""


@principals.command("list")
@_json
@_store
def list_principals(as_json: bool, store: str | None) -> int:
    """List people and services with their teams and roles."""
    return _run("keys", command="principals", as_json=as_json, store=store)


@principals.command("set")
@click.argument("principal")
@click.option("--name", metavar="TEXT", help="How the principal is called.")
@_belonging
@_json
@_store
def set_principal(
    principal: str, name: str | None, teams: tuple[str, ...], roles: tuple[str, ...], as_json: bool, store: str | None
) -> int:
    """Give PRINCIPAL these teams, or these roles, instead of those it has."""
    chosen = {"name": name, "teams": teams or None, "roles": roles or None}
    return _run("keys", command="set", principal=principal, **chosen, as_json=as_json, store=store)


@principals.command("disable")
@click.argument("principal")
@_json
@_store
def disable_principal(principal: str, as_json: bool, store: str | None) -> int:
    """Let PRINCIPAL in no more, whatever its keys and tokens say."""
    return _run("keys", command="disable", principal=principal, as_json=as_json, store=store)


@principals.command("enable")
@click.argument("principal")
@_json
@_store
def enable_principal(principal: str, as_json: bool, store: str | None) -> int:
    """Let PRINCIPAL in again."""
    return _run("keys", command="enable", principal=principal, as_json=as_json, store=store)


@clew.group()
def policy() -> None:
    """Look at what policies decide."""


@policy.command("check")
@click.option("--principal", metavar="P", required=True, help="Whom to judge.")
@click.option("--repository", metavar="R", required=True, help="By its name.")
@_belonging
@_json
@_store
def check_policy(
    principal: str,
    repository: str,
    teams: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
    store: str | None,
) -> int:
    """Say what a principal may do in a repository, and which policies say so."""
    return _run(
        "policy", principal=principal, repository=repository, teams=teams, roles=roles, as_json=as_json, store=store
    )


@clew.group(invoke_without_command=True)
@click.option(
    "--fill", is_flag=True, help="Fill what is missing now, with progress; for stores without a running server."
)
@click.option("--rebuild", is_flag=True, help="Throw all vectors away first, whatever their state.")
@_repo
@_json
@_store
@click.pass_context
def vectors(
    context: click.Context, fill: bool, rebuild: bool, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Show, fill or rebuild the dense vectors; install a model that makes them."""
    if context.invoked_subcommand:
        return 0
    return _run("vectors", fill=fill, rebuild=rebuild, repo=repo, as_json=as_json, store=store)


@vectors.command("install")
@click.argument("name", required=False)
@click.option("--jar", metavar="FILE", help="Install from this file; nothing is downloaded.")
@_json
@_store
def install_vectors(name: str | None, jar: str | None, as_json: bool, store: str | None) -> int:
    """Download and install the embedding model NAME; without NAME, list what there is."""
    return _run("vectors_install", command="install", name=name, jar=jar, as_json=as_json, store=store)


@vectors.command("uninstall")
@_json
@_store
def uninstall_vectors(as_json: bool, store: str | None) -> int:
    """Delete the installed embedding model."""
    return _run("vectors_install", command="uninstall", as_json=as_json, store=store)


@clew.command()
@_json
@_store
def repos(as_json: bool, store: str | None) -> int:
    """List the indexed repositories."""
    return _run("repos", as_json=as_json, store=store)


@clew.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def forget(name: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Delete the repository NAME from the index. Its source files stay as they are."""
    return _run("forget", name=name, yes=yes, as_json=as_json, store=store)


@clew.group()
def errors() -> None:
    """Remember what solved an error, and look it up."""


@errors.command("learn")
@click.argument("file", metavar="FILE|-")
@click.option("--solution", metavar="TEXT", required=True, help="What solved it, in a few sentences.")
@click.option("--by", metavar="NAME", help="Who says so; default: the user of this machine.")
@_repo
@_json
@_store
def learn_error(file: str, solution: str, by: str | None, repo: str | None, as_json: bool, store: str | None) -> int:
    """Remember that TEXT solved the error whose traceback stands in FILE."""
    return _run("errors", command="learn", file=file, solution=solution, by=by, repo=repo, as_json=as_json, store=store)


@errors.command("find")
@click.argument("file", metavar="FILE|-")
@_repo
@_json
@_store
def find_error(file: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show where the traceback in FILE goes through indexed code, and what solved it before."""
    return _run("errors", command="find", file=file, repo=repo, as_json=as_json, store=store)


@errors.command("list")
@_repo
@_json
@_store
def list_errors(repo: str | None, as_json: bool, store: str | None) -> int:
    """List the errors whose solutions are remembered."""
    return _run("errors", command="list", repo=repo, as_json=as_json, store=store)


@errors.command("forget")
@click.argument("identity", metavar="ID")
@_repo
@_json
@_store
def forget_error(identity: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Erase a remembered error with its solutions."""
    return _run("errors", command="forget", identity=identity, repo=repo, as_json=as_json, store=store)


@clew.group()
def examples() -> None:
    """Accept answers of a model as examples for later ones."""


@examples.command("accept")
@click.argument("run_id")
@click.option("--by", metavar="NAME", help="Who says so; default: the user of this machine.")
@_repo
@_json
@_store
def accept_example(run_id: str, by: str | None, repo: str | None, as_json: bool, store: str | None) -> int:
    """Make an example of the answer of the run RUN_ID, as `clew ask` shows it."""
    return _run("examples", command="accept", identity=run_id, by=by, repo=repo, as_json=as_json, store=store)


@examples.command("list")
@_repo
@_json
@_store
def list_examples(repo: str | None, as_json: bool, store: str | None) -> int:
    """List the accepted answers that are still of the files of now."""
    return _run("examples", command="list", repo=repo, as_json=as_json, store=store)


@examples.command("forget")
@click.argument("run_id")
@_repo
@_json
@_store
def forget_example(run_id: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Erase the example, or the answer that could become one, of the run RUN_ID."""
    return _run("examples", command="forget", identity=run_id, repo=repo, as_json=as_json, store=store)


@clew.command()
@click.option("--month", metavar="YYYY-MM", help="Another month than this one.")
@click.option("--project", metavar="P", help="Show this project among the accounts (else budget.project).")
@_json
@_store
def budget(month: str | None, project: str | None, as_json: bool, store: str | None) -> int:
    """Show what models cost this month, by user, team and project, and what is left."""
    return _run("budget", month=month, project=project, as_json=as_json, store=store)


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
@_json
@_store
def verify_audit(anchors: tuple[str, ...], as_json: bool, store: str | None) -> int:
    """Check every event of the Ledger, and name the first one of each stream that does not hold."""
    return _run("audit", command="verify", anchors=anchors, as_json=as_json, store=store)


@audit.command("show")
@_stream
@click.option("--kind", metavar="K", help="Only events of this kind (asked, answered, model, ...).")
@click.option("--run", metavar="ID", help="Only events of the run whose id begins so.")
@click.option("--user", metavar="NAME", help="Only events of this person.")
@_limit(50)
@_json
@_store
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
    return _run("audit", command="show", as_json=as_json, store=store, **options)


@audit.command("export")
@_stream
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@_json
@_store
def export_audit(stream: str | None, output: str | None, as_json: bool, store: str | None) -> int:
    """Write every event as a line of JSON, with all that its digest is made of."""
    return _run("audit", command="export", stream=stream, output=output, as_json=as_json, store=store)


@audit.command("anchor")
@click.option("--to", metavar="FILE", type=click.Path(), help="Write here; default: ledger.anchor_file.")
@_json
@_store
def anchor_audit(to: str | None, as_json: bool, store: str | None) -> int:
    """Write where the chains end now, signed: a copy elsewhere shows what is cut off later."""
    return _run("audit", command="anchor", to=to, as_json=as_json, store=store)


@audit.command("prune")
@_stream
@click.option("--older-than", metavar="DAYS", type=click.IntRange(1, 36_500), help="Default: ledger.keep_days.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def prune_audit(
    stream: str | None, older_than: int | None, dry_run: bool, yes: bool, as_json: bool, store: str | None
) -> int:
    """Take old events out; a signed checkpoint keeps the rest verifiable."""
    options = {"stream": stream, "older_than": older_than, "dry_run": dry_run, "yes": yes}
    return _run("audit", command="prune", as_json=as_json, store=store, **options)


@clew.command()
@click.argument("folder", type=click.Path())
@click.option("--without-keys", is_flag=True, help="Leave out what the words of the Ledger are sealed with.")
@_json
@_store
def backup(folder: str, without_keys: bool, as_json: bool, store: str | None) -> int:
    """Copy the whole store into FOLDER, with a manifest of hashes, while it serves."""
    return _run("backup", command="backup", folder=folder, without_keys=without_keys, as_json=as_json, store=store)


@clew.command()
@click.argument("folder", type=click.Path())
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def restore(folder: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Put the backup in FOLDER, once every file was checked, in the place of the store, which is kept beside it."""
    return _run("backup", command="restore", folder=folder, yes=yes, as_json=as_json, store=store)


@clew.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def uninstall(yes: bool, as_json: bool, store: str | None) -> int:
    """Delete everything that Clew keeps in the store. Sources stay as they are."""
    return _run("backup", command="uninstall", yes=yes, as_json=as_json, store=store)


@clew.group()
def privacy() -> None:
    """Hand out or erase what is kept of a person."""


@privacy.command("export")
@click.argument("subject")
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@_json
@_store
def export_privacy(subject: str, output: str | None, as_json: bool, store: str | None) -> int:
    """Write every event of the person SUBJECT as a line of JSON, opened."""
    return _run("privacy", command="export", subject=subject, output=output, as_json=as_json, store=store)


@privacy.command("erase")
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def erase_privacy(subject: str, yes: bool, as_json: bool, store: str | None) -> int:
    """Erase what the person SUBJECT asked and said: their key is dropped, the Ledger still verifies."""
    return _run("privacy", command="erase", subject=subject, yes=yes, as_json=as_json, store=store)


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
@_json
@_store
def usage(
    by: str, since: str | None, until: str | None, user: str | None, rebuild: bool, as_json: bool, store: str | None
) -> int:
    """Show questions, cost, latency and satisfaction, by day, user, team, project, model, release or door."""
    return _run("usage", by=by, since=since, until=until, user=user, rebuild=rebuild, as_json=as_json, store=store)


@clew.command()
@click.argument("run_id")
@click.option("--up", is_flag=True, help="It was right.")
@click.option("--down", is_flag=True, help="It was not.")
@click.option("--rating", metavar="N", type=click.IntRange(1, 5), help="1 to 5.")
@click.option("--correction", metavar="TEXT", help="What is right instead.")
@click.option("--claim", metavar="N", type=click.IntRange(0), help="About this claim, counted from 0; else the whole.")
@_json
@_store
def feedback(
    run_id: str,
    up: bool,
    down: bool,
    rating: int | None,
    correction: str | None,
    claim: int | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Say what you think of the answer of the run RUN_ID."""
    options = {"up": up, "down": down, "rating": rating, "correction": correction, "claim": claim}
    return _run("feedback", run_id=run_id, as_json=as_json, store=store, **options)


@clew.group()
def threads() -> None:
    """List, read, rename, delete or export conversations."""


@threads.command("list")
@_limit(50)
@_json
@_store
def list_threads(limit: int, as_json: bool, store: str | None) -> int:
    """List the conversations, the one used last first."""
    return _run("threads", command="list", limit=limit, as_json=as_json, store=store)


@threads.command("show")
@click.argument("thread")
@_json
@_store
def show_thread(thread: str, as_json: bool, store: str | None) -> int:
    """Show what was asked and answered in THREAD."""
    return _run("threads", command="show", thread=thread, as_json=as_json, store=store)


@threads.command("rename")
@click.argument("thread")
@click.argument("title")
@_json
@_store
def rename_thread(thread: str, title: str, as_json: bool, store: str | None) -> int:
    """Give THREAD another title."""
    return _run("threads", command="rename", thread=thread, title=title, as_json=as_json, store=store)


@threads.command("delete")
@click.argument("thread", required=False)
@click.option("--all", "everything", is_flag=True, help="Delete all conversations.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
@_store
def delete_thread(thread: str | None, everything: bool, yes: bool, as_json: bool, store: str | None) -> int:
    """Delete THREAD with all that was said in it."""
    return _run(
        "threads", command="delete", thread=thread, everything=everything, yes=yes, as_json=as_json, store=store
    )


@threads.command("export")
@click.argument("thread")
@click.option("--output", metavar="FILE", type=click.Path(), help="Write here; default: to stdout.")
@_json
@_store
def export_thread(thread: str, output: str | None, as_json: bool, store: str | None) -> int:
    """Write THREAD as a Markdown document."""
    return _run("threads", command="export", thread=thread, output=output, as_json=as_json, store=store)


@clew.group()
def profile() -> None:
    """Show or erase what is counted of your questions."""


@profile.command("show")
@_json
@_store
def show_profile(as_json: bool, store: str | None) -> int:
    """Show the counters: repositories, languages, kinds of question, depth of answers."""
    return _run("profile", command="show", as_json=as_json, store=store)


@profile.command("erase")
@_json
@_store
def erase_profile(as_json: bool, store: str | None) -> int:
    """Delete all counters."""
    return _run("profile", command="erase", as_json=as_json, store=store)


@clew.group()
def graph() -> None:
    """Work on the store of the code graph."""


@graph.command()
@click.option("--to", type=click.Choice(["neo4j"]), required=True, expose_value=False, help="Where to.")
@click.option("--repository", metavar="R", help="Only this repository; default: all.")
@_json
@_store
def sync(repository: str | None, as_json: bool, store: str | None) -> int:
    """Copy what is indexed to the Neo4j server of graph.url."""
    return _run("graph", repository=repository, as_json=as_json, store=store)


@clew.group(invoke_without_command=True)
@_json
@_store
@click.pass_context
def models(context: click.Context, as_json: bool, store: str | None) -> int:
    """Show the LLMs of each host, what is in memory and what would fit."""
    return _run("models", command="list", as_json=as_json, store=store) if context.invoked_subcommand is None else 0


def _host(function: F) -> F:
    return click.option("--host", metavar="H", help="Address of the Ollama host, or a part of it; default: the first.")(
        function
    )


@models.command("pull")
@click.argument("name")
@_host
@_json
@_store
def pull_model(name: str, host: str | None, as_json: bool, store: str | None) -> int:
    """Let an Ollama host fetch the model NAME."""
    return _run("models", command="pull", name=name, host=host, as_json=as_json, store=store)


@models.command("warm")
@click.argument("name")
@_host
@_json
@_store
def warm_model(name: str, host: str | None, as_json: bool, store: str | None) -> int:
    """Load the model NAME into memory, with the window that questions ask for."""
    return _run("models", command="warm", name=name, host=host, as_json=as_json, store=store)


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
@_store
def fake_ollama(
    port: int, models: tuple[str, ...], faults: tuple[str, ...], tokens_per_second: float, store: str | None
) -> int:
    """Serve a fake Ollama on this machine until Ctrl-C."""
    return _run("dev", port=port, models=models, faults=faults, tokens_per_second=tokens_per_second, store=store)


@clew.group("eval")
def evaluate() -> None:
    """Measure what Clew does, and learn from it."""


@evaluate.command("train-ranker")
@click.option(
    "--repository",
    "repositories",
    metavar="PATH",
    multiple=True,
    required=True,
    help="A git repository to learn from; several.",
)
@click.option("--bases", type=click.IntRange(1, 50), default=2, show_default=True, help="Trees of each to index.")
@click.option(
    "--cases", type=click.IntRange(2, 500), default=40, show_default=True, help="Bug fixes asked of each tree."
)
@_json
@_store
def train_ranker(repositories: tuple[str, ...], bases: int, cases: int, as_json: bool, store: str | None) -> int:
    """Learn the weights of retrieval from bug fixes in the history of repositories."""
    return _run("eval", repositories=repositories, bases=bases, cases=cases, as_json=as_json, store=store)


@evaluate.command("train-router")
@click.option(
    "--outcomes",
    metavar="FILE",
    type=click.Path(),
    help="Outcomes as JSON lines; default: those that this store has kept.",
)
@_json
@_store
def train_router(outcomes: str | None, as_json: bool, store: str | None) -> int:
    """Learn from outcomes how likely each class of model answers rightly."""
    return _run("eval_router", outcomes=outcomes, as_json=as_json, store=store)


@evaluate.command("train-triage")
@click.argument("wordings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--out", type=click.Path(dir_okay=False), help="Write the learned weights into this file.")
@_json
@_store
def train_triage(wordings: tuple[str, ...], out: str | None, as_json: bool, store: str | None) -> int:
    """Learn which intent a question has from labelled WORDINGS (JSON Lines)."""
    return _run("train_triage", wordings=wordings, out=out, as_json=as_json, store=store)


@clew.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of SHELL, to be sourced by it."""
    from click.shell_completion import get_completion_class  # start-up time

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(clew, {}, "clew", "_CLEW_COMPLETE").source())
