"""Prints a score: figures, failures by class, and failures with their source lines."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.callgraph.failures import Failure
from benchmarks.callgraph.scoring import Rate, Score


def as_json(score: Score) -> dict[str, Any]:
    """Return the figures and the failures by class, for scripts."""
    return {
        "files": score.files,
        "lines": score.lines,
        "edges": score.site.wanted,
        "site": _rate(score.site),
        "strict_precision": round(score.strict_precision, 4),
        "tiers": {name: _rate(rate) for name, rate in score.tiers.items()},
        "exact_set_rate": round(score.exact_set_rate, 4),
        "judged_sites": score.judged_sites,
        "unjudged": score.unjudged,
        "by_name": _rate(score.by_name),
        "by_caller": _rate(score.by_caller),
        "left_out": dict(score.left_out),
        "failures": {f"{kind}: {cause}": count for (kind, cause), count in by_class(score).most_common()},
    }


def _rate(rate: Rate) -> dict[str, float | int]:
    return {
        "precision": round(rate.precision, 4),
        "recall": round(rate.recall, 4),
        "f1": round(rate.f1, 4),
        "judged": rate.judged,
        "wanted": rate.wanted,
    }


def as_text(score: Score) -> str:
    """Return the figures as lines for people."""
    rows = [
        ("site (file, line -> definition)", score.site),
        *((f"  tier {name} alone", rate) for name, rate in score.tiers.items()),
        ("caller -> definition", score.by_caller),
        ("file -> simple name", score.by_name),
    ]
    lines = [
        f"{score.files} files, {score.lines} lines, {score.site.wanted} edges judged at {score.judged_sites} call lines",
        f"{'':<34}{'precision':>10}{'recall':>8}{'F1':>8}{'ours':>8}{'theirs':>8}",
    ]
    lines += [
        f"{name:<34}{rate.precision:>10.4f}{rate.recall:>8.4f}{rate.f1:>8.4f}{rate.judged:>8}{rate.wanted:>8}"
        for name, rate in rows
    ]
    lines.append(f"exact set at {score.exact_set_rate:.4f} of the judged lines")
    lines.append(
        f"{score.unjudged} of ours where the oracle is silent (precision with them as wrong: {score.strict_precision:.4f})"
    )
    lines += [f"left out: {count} edges, {reason}" for reason, count in score.left_out.most_common()]
    lines.append("failures by class:")
    lines += [f"  {count:>6}  {kind}: {cause}" for (kind, cause), count in by_class(score).most_common()]
    return "\n".join(lines)


def by_class(score: Score) -> Counter[tuple[str, str]]:
    return Counter((failure.kind, failure.cause) for failure in score.failures)


def samples(score: Score, root: Path, count: int, wanted_class: str = "", seed: int = 3) -> str:
    """Return up to `count` failures of each class whose `kind: cause` contains `wanted_class`, with their source lines.

    The choice is random but always the same for a seed.
    """
    blocks: list[str] = []
    for (kind, cause), total in by_class(score).most_common():
        if wanted_class not in f"{kind}: {cause}":
            continue
        members = [failure for failure in score.failures if (failure.kind, failure.cause) == (kind, cause)]
        chosen = random.Random(seed).sample(members, min(count, len(members)))
        blocks.append(f"== {kind}: {cause}: {len(chosen)} of {total}")
        blocks += [_shown(failure, root) for failure in sorted(chosen, key=lambda f: (f.path, f.line))]
    return "\n".join(blocks)


def _shown(failure: Failure, root: Path) -> str:
    lines = (root / failure.path).read_text("utf-8", "replace").splitlines()
    source = lines[failure.line - 1].strip() if failure.line <= len(lines) else ""
    said = f"    ours:   {failure.given}\n" if failure.given else ""
    return f"{failure.path}:{failure.line}: {source}\n    oracle: {failure.wanted}\n{said}".rstrip("\n")
