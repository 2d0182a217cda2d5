"""One table of our call graph's accuracy: pinned sources from package registries, each against a compiler (`make bench-graph`).

    python -m benchmarks.graph_accuracy FOLDER [--only NAME ...] [--pycg SNIPPETS] [--jarvis JARVIS] [--json FILE]

Sources and the oracles' verdicts stay in FOLDER; a second run measures only us. A set whose client or compiler is missing is
reported as not run. PyCG's and Jarvis' ground truths are in no registry: their rows need a checkout.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.archives import FetchError, bring
from benchmarks.callgraph import jarvis, pycg
from benchmarks.callgraph.oracles.running import OracleFailed
from benchmarks.callgraph.ours import resolve_tree
from benchmarks.callgraph.report import as_json
from benchmarks.callgraph.scoring import Score, score
from benchmarks.callgraph.sets import GOALS, TIER_PRECISION, Goal, GraphSet, oracle_named, read_sets
from benchmarks.callgraph.verdicts import verdicts_of

COLUMNS = ("set", "files", "lines", "edges", "P", "R", "F1", "exact P", "inferred P", "file P/R", "goal P/R", "met")
MICRO_F1, MICRO_EXACT = 0.97, 110
MACRO = Goal(0.97, 0.85)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the cells by `COLUMNS`, or why there are none."""

    name: str
    cells: tuple[str, ...] = ()
    reason: str = ""


def measure(graph_set: GraphSet, folder: Path) -> Score:
    """Score one set.

    Raises:
        FetchError: its sources cannot be had. OracleFailed: its oracle cannot be run.
    """
    archive = bring(graph_set.archive, folder / "sources")
    root = _tree(graph_set, archive / graph_set.root, folder / "trees")
    content = _verdicts(graph_set, root, archive, folder / "verdicts")
    return score(resolve_tree(root), verdicts_of(content, root), languages_of(graph_set.language))


def _tree(graph_set: GraphSet, sources: Path, folder: Path) -> Path:
    """Return the root to measure: the sources, or a copy with nothing but the subtree at its own place in it.

    At its own place, since a package is imported by the names of the folders above it too.
    """
    if not graph_set.subtree:
        return sources
    root = folder / graph_set.name
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(sources / graph_set.subtree, root / graph_set.subtree)
    return root


def languages_of(language: str) -> tuple[str, ...]:
    return ("typescript", "tsx") if language == "typescript" else (language,)


def _verdicts(graph_set: GraphSet, root: Path, archive: Path, folder: Path) -> dict[str, Any]:
    """Return what the oracle says, asked once for the same archive, oracle and options."""
    asked = {**asdict(graph_set), "archive": graph_set.archive.sha256}
    kept = folder / f"{graph_set.name}.json"
    if kept.is_file():
        content: dict[str, Any] = json.loads(kept.read_text("utf-8"))
        if content.get("asked") == asked:
            return content
    oracle = oracle_named(graph_set.oracle)
    if not oracle.is_available():
        raise OracleFailed(f"needs {oracle.NEEDS}", next_step="put it on the PATH")
    content = {**oracle.edges(root, **_filled(graph_set.options, root, archive)), "asked": asked}
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(content), "utf-8")
    return content


def _filled(option: Any, root: Path, archive: Path) -> Any:
    """Return an option of an oracle with the folders in place of their names."""
    if isinstance(option, str):
        return option.replace("{root}", str(root.resolve())).replace("{archive}", str(archive.resolve()))
    if isinstance(option, dict):
        return {name: _filled(value, root, archive) for name, value in option.items()}
    if isinstance(option, list):
        return [_filled(value, root, archive) for value in option]
    return option


def row_of(name: str, result: Score, goal: Goal) -> Row:
    """Return the table's line of a score."""
    site, file = result.site, result.by_name
    short = [f"P {site.precision:.3f}"] * (site.precision < goal.precision)
    short += [f"R {site.recall:.3f}"] * (site.recall < goal.recall)
    if not site.wanted:
        short = ["no edge was judged"]
    short += [
        f"{tier} {rate.precision:.3f}"
        for tier, rate in result.tiers.items()
        if rate.judged and rate.precision < TIER_PRECISION[tier]
    ]
    tiers = [f"{rate.precision:.3f}" if rate.judged else "-" for rate in result.tiers.values()]
    return Row(
        name,
        (
            str(result.files),
            str(result.lines),
            str(site.wanted),
            f"{site.precision:.3f}",
            f"{site.recall:.3f}",
            f"{site.f1:.3f}",
            *tiers,
            f"{file.precision:.3f}/{file.recall:.3f}",
            f"{goal.precision}/{goal.recall}",
            "no: " + ", ".join(short) if short else "yes",
        ),
    )


def named_rows(snippets: Path | None, jarvis_folder: Path | None) -> Iterator[Row]:
    """Yield the lines of the two ground truths by name."""
    if snippets is None:
        yield Row("PyCG micro", reason="not run: needs a checkout of PyCG (--pycg .../micro-benchmark/snippets)")
    else:
        tally = pycg.tallies(pycg.truths(snippets), pycg.predict(snippets))["ALL"]
        met = tally.f1 >= MICRO_F1 and tally.exact >= MICRO_EXACT
        goal = f"F1 {MICRO_F1}, {MICRO_EXACT} exact"
        yield _tally_row("PyCG micro", str(tally.cases), tally, goal, f"{'yes' if met else 'no'}: {tally.exact} exact")
    if jarvis_folder is None:
        yield Row("Jarvis macro", reason="not run: needs a checkout of Jarvis (--jarvis .../Jarvis)")
    else:
        for name, only_written in (("Jarvis macro, written calls", True), ("Jarvis macro, all calls", False)):
            total = pycg.Tally()
            for project in jarvis.PROJECTS:
                total.add(*jarvis.compare(jarvis_folder, project, only_written=only_written)[:2])
            met = total.precision >= MACRO.precision and total.recall >= MACRO.recall
            goal = f"{MACRO.precision}/{MACRO.recall}"
            yield _tally_row(name, str(total.cases), total, goal, "yes" if met else "no")


def _tally_row(name: str, files: str, tally: pycg.Tally, goal: str, met: str) -> Row:
    figures = (f"{tally.precision:.3f}", f"{tally.recall:.3f}", f"{tally.f1:.3f}")
    return Row(name, (files, "-", str(tally.true + tally.missed), *figures, "-", "-", "-", goal, met))


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table; a set that was not run says why."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for row in rows:
        cells = row.cells or (row.reason, *[""] * (len(COLUMNS) - 2))
        lines.append("| " + " | ".join((row.name, *cells)) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Accuracy of our call graph, set by set.")
    parser.add_argument("folder", type=Path, help="where sources and verdicts are kept")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these sets or languages")
    parser.add_argument("--pycg", type=Path, metavar="SNIPPETS")
    parser.add_argument("--jarvis", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures and failures by class here")
    options = parser.parse_args()
    if options.jarvis is not None and not (options.jarvis / jarvis.TRUTHS).is_dir():
        parser.error(f"{options.jarvis} is not the folder Jarvis of its checkout: it has no {jarvis.TRUTHS}")
    if options.pycg is not None and not pycg.truths(options.pycg):
        parser.error(f"{options.pycg} holds no snippets with a callgraph.json")
    options.folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = list(named_rows(options.pycg, options.jarvis)) if not options.only else []
    figures: dict[str, Any] = {}
    for graph_set in read_sets():
        if options.only and not {graph_set.name, graph_set.language} & set(options.only):
            continue
        name = f"{graph_set.name} ({graph_set.language})"
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            result = measure(graph_set, options.folder)
        except (FetchError, OracleFailed) as exc:
            rows.append(Row(name, reason=f"not run: {exc}"))
            continue
        rows.append(row_of(name, result, GOALS[graph_set.language]))
        figures[graph_set.name] = as_json(result)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
