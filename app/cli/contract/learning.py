"""What people teach: solutions, examples, judgements, habits, and weights learned from them."""

from __future__ import annotations

import click

from app.cli.contract.root import clew, json_option, repo_option, run_command, store_option


@clew.group()
def errors() -> None:
    """Remember what solved an error, and look it up."""


@errors.command("learn")
@click.argument("file", metavar="FILE|-")
@click.option("--solution", metavar="TEXT", required=True, help="What solved it, in a few sentences.")
@click.option("--by", metavar="NAME", help="Who says so; default: the user of this machine.")
@repo_option
@json_option
@store_option
def learn_error(file: str, solution: str, by: str | None, repo: str | None, as_json: bool, store: str | None) -> int:
    """Remember that TEXT solved the error whose traceback stands in FILE."""
    return run_command(
        "errors", command="learn", file=file, solution=solution, by=by, repo=repo, as_json=as_json, store=store
    )


@errors.command("find")
@click.argument("file", metavar="FILE|-")
@repo_option
@json_option
@store_option
def find_error(file: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Show where the traceback in FILE goes through indexed code, and what solved it before."""
    return run_command("errors", command="find", file=file, repo=repo, as_json=as_json, store=store)


@errors.command("list")
@repo_option
@json_option
@store_option
def list_errors(repo: str | None, as_json: bool, store: str | None) -> int:
    """List the errors whose solutions are remembered."""
    return run_command("errors", command="list", repo=repo, as_json=as_json, store=store)


@errors.command("forget")
@click.argument("identity", metavar="ID")
@repo_option
@json_option
@store_option
def forget_error(identity: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Erase a remembered error with its solutions."""
    return run_command("errors", command="forget", identity=identity, repo=repo, as_json=as_json, store=store)


@clew.group()
def examples() -> None:
    """Accept answers of a model as examples for later ones."""


@examples.command("accept")
@click.argument("run_id")
@click.option("--by", metavar="NAME", help="Who says so; default: the user of this machine.")
@repo_option
@json_option
@store_option
def accept_example(run_id: str, by: str | None, repo: str | None, as_json: bool, store: str | None) -> int:
    """Make an example of the answer of the run RUN_ID, as `clew ask` shows it."""
    return run_command("examples", command="accept", identity=run_id, by=by, repo=repo, as_json=as_json, store=store)


@examples.command("list")
@repo_option
@json_option
@store_option
def list_examples(repo: str | None, as_json: bool, store: str | None) -> int:
    """List the accepted answers that are still of the files of now."""
    return run_command("examples", command="list", repo=repo, as_json=as_json, store=store)


@examples.command("forget")
@click.argument("run_id")
@repo_option
@json_option
@store_option
def forget_example(run_id: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Erase the example, or the answer that could become one, of the run RUN_ID."""
    return run_command("examples", command="forget", identity=run_id, repo=repo, as_json=as_json, store=store)


@clew.command()
@click.argument("run_id")
@click.option("--up", is_flag=True, help="It was right.")
@click.option("--down", is_flag=True, help="It was not.")
@click.option("--rating", metavar="N", type=click.IntRange(1, 5), help="1 to 5.")
@click.option("--correction", metavar="TEXT", help="What is right instead.")
@click.option("--claim", metavar="N", type=click.IntRange(0), help="About this claim, counted from 0; else the whole.")
@json_option
@store_option
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
    return run_command("feedback", run_id=run_id, as_json=as_json, store=store, **options)


@clew.group()
def profile() -> None:
    """Show or erase what is counted of your questions."""


@profile.command("show")
@json_option
@store_option
def show_profile(as_json: bool, store: str | None) -> int:
    """Show the counters: repositories, languages, kinds of question, depth of answers."""
    return run_command("profile", command="show", as_json=as_json, store=store)


@profile.command("erase")
@json_option
@store_option
def erase_profile(as_json: bool, store: str | None) -> int:
    """Delete all counters."""
    return run_command("profile", command="erase", as_json=as_json, store=store)


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
@click.option(
    "--descriptions",
    type=click.IntRange(0, 1000),
    default=10,
    show_default=True,
    help="Functions of each repository that are asked for by what is said of them.",
)
@json_option
@store_option
def train_ranker(
    repositories: tuple[str, ...], bases: int, cases: int, descriptions: int, as_json: bool, store: str | None
) -> int:
    """Learn the weights of retrieval from bug fixes in the history of repositories, and from what is said of functions."""
    return run_command(
        "eval",
        repositories=repositories,
        bases=bases,
        cases=cases,
        descriptions=descriptions,
        as_json=as_json,
        store=store,
    )


@evaluate.command("train-router")
@click.option(
    "--outcomes",
    metavar="FILE",
    type=click.Path(),
    help="Outcomes as JSON lines; default: those that this store has kept.",
)
@json_option
@store_option
def train_router(outcomes: str | None, as_json: bool, store: str | None) -> int:
    """Learn from outcomes how likely each class of model answers rightly."""
    return run_command("eval_router", outcomes=outcomes, as_json=as_json, store=store)


@evaluate.command("train-triage")
@click.argument("wordings", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--out", type=click.Path(dir_okay=False), help="Write the learned weights into this file.")
@json_option
@store_option
def train_triage(wordings: tuple[str, ...], out: str | None, as_json: bool, store: str | None) -> int:
    """Learn which intent a question has from labelled WORDINGS (JSON Lines)."""
    return run_command("train_triage", wordings=wordings, out=out, as_json=as_json, store=store)
