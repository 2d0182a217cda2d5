"""Command line of the call graph benchmark.

python -m benchmarks.callgraph score --root TREE --oracle edges.json --language go [--show 5 --class missed]
python -m benchmarks.callgraph export --root TREE --out ours.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.callgraph.ours import OurGraph, read_store, resolve_tree
from benchmarks.callgraph.report import as_json, as_text, samples
from benchmarks.callgraph.scoring import score
from benchmarks.callgraph.verdicts import read_verdicts
from indexers.languages import PACKS
from knowledge.schema import SymbolKind

FAMILIES = {"typescript": ("typescript", "tsx"), "javascript": ("javascript",), "cfamily": ("c", "cpp")}


def main() -> int:
    options = _parser().parse_args()
    ours = _ours(options)
    if options.command == "export":
        edges = exported(ours)
        text = json.dumps({"tool": "clew", "line_base": 0, "columns": "name", "edges": edges})
        options.out.write_text(text, "utf-8")
        print(f"{len(edges)} edges")
        return 0
    verdicts = read_verdicts(options.oracle, options.root, line_base=options.line_base, strip=options.strip)
    result = score(ours, verdicts, languages_of(options.language))
    print(json.dumps(as_json(result)) if options.json else as_text(result))
    if options.show:
        print(samples(result, options.root, options.show, options.failure_class))
    return 0


def languages_of(name: str) -> tuple[str, ...]:
    """Return the languages of the index that a name given on the command line stands for; empty: all."""
    if not name:
        return ()
    if name in FAMILIES:
        return FAMILIES[name]
    if name not in PACKS:
        raise SystemExit(f"unknown language {name!r}; one of {', '.join(sorted({*PACKS, *FAMILIES}))}")
    return (name,)


def exported(ours: OurGraph) -> list[list[object]]:
    """Return our internal calls as `[caller_file, caller_line0, callee_file, callee_line0, call_line0, tier, strategy]`."""
    edges: list[list[object]] = []
    for call in ours.calls:
        if call.target is None:
            continue
        source, target = ours.symbols[call.source], ours.symbols[call.target]
        caller_line = -1 if source.kind == SymbolKind.MODULE else source.line - 1
        edges.append(
            [
                call.path,
                caller_line,
                target.path,
                target.line - 1,
                call.line - 1,
                call.tier.value,
                call.strategy.value,
            ]
        )
    return edges


def _ours(options: argparse.Namespace) -> OurGraph:
    if options.store:
        return read_store(options.store, options.repository, options.root)
    return resolve_tree(options.root, cache=options.cache)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.callgraph", description="Our call graph against an oracle's.")
    commands = parser.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--root", type=Path, required=True, help="the tree")
    common.add_argument("--cache", type=Path, help="keep the store in this folder: the next run extracts nothing again")
    common.add_argument("--store", type=Path, help="read this store of `clew index` instead of indexing")
    common.add_argument("--repository", default="", help="name of the repository in --store")
    commands.add_parser("export", parents=[common], help="write our calls").add_argument(
        "--out", type=Path, required=True
    )
    scoring = commands.add_parser("score", parents=[common], help="compare with an oracle")
    scoring.add_argument("--oracle", type=Path, required=True, help="its edges (JSON, see verdicts.py)")
    scoring.add_argument("--language", default="", help="only call sites in files of this language")
    scoring.add_argument("--line-base", type=int, choices=(0, 1), help="what the oracle's lines count from")
    scoring.add_argument("--strip", default="", help="beginning of the oracle's paths to take away")
    scoring.add_argument("--json", action="store_true")
    scoring.add_argument("--show", type=int, default=0, metavar="N", help="show N failures of each class")
    scoring.add_argument("--class", dest="failure_class", default="", help="show only classes that contain this text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
