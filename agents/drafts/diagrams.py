"""A Mermaid diagram of the relations that the claims of an answer state.

Source of the syntax: mermaid.js, flowcharts; text goes in as quoted labels with entity codes, so that no name can end one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from agents.state import ClaimRow
from knowledge.evidence import ClaimStatus
from knowledge.schema import RelationKind, Tier

MAX_EDGES = 40
MAX_LABEL = 60

_WORDS = {
    "CALLS": "calls", "REFERENCES": "refers to", "INHERITS": "inherits", "IMPLEMENTS": "implements", "OVERRIDES": "overrides",
    "IMPORTS": "imports", "TESTS": "tests", "READS": "reads", "WRITES": "writes", "HANDLES": "handles", "REQUESTS": "requests",
    "DEPENDS_ON": "depends on", "DOCUMENTS": "documents", "CONTAINS": "contains",
}  # fmt: skip
_UPWARD = frozenset({RelationKind.INHERITS.value, RelationKind.IMPLEMENTS.value, RelationKind.OVERRIDES.value})
_CODED = re.compile(r"[\"#<>&;`\\{}\[\]|]")


def mermaid(claims: Iterable[ClaimRow]) -> str:
    """Return the flowchart of the relations, empty when there is none; what was refuted is left out. A guess is a dotted arrow."""
    edges: dict[tuple[str, str, str], bool] = {}
    for claim in claims:
        if claim["status"] != ClaimStatus.REFUTED.value:
            for relation in claim["relations"]:
                key = relation["source_id"], relation["kind"], relation["target_id"]
                edges.setdefault(key, _is_guess(claim))
    if not edges:
        return ""
    shown = list(edges.items())[:MAX_EDGES]
    names: dict[str, str] = {}
    for (source, _, target), _ in shown:
        for end in (source, target):
            names.setdefault(end, f"n{len(names) + 1}")
    upward = sum(kind in _UPWARD for (_, kind, _), _ in shown) * 2 > len(shown)
    labels = _labels(list(names))
    lines = [f"flowchart {'BT' if upward else 'LR'}"]
    lines += [f'    {node}["{labels[end]}"]' for end, node in names.items()]
    for (source, kind, target), guess in shown:
        word = _WORDS.get(kind, "relates to")
        arrow = f"-. may {_bare(word)} .->" if guess else f"-->|{word}|"
        lines.append(f"    {names[source]} {arrow} {names[target]}")
    if len(edges) > MAX_EDGES:
        lines.append(f"    %% and {len(edges) - MAX_EDGES} more")
    return "\n".join(lines)


def _is_guess(claim: ClaimRow) -> bool:
    return claim["tier"] == Tier.AMBIGUOUS.value


def _bare(word: str) -> str:
    """Return the verb as it follows `may`: `calls` is `call`."""
    verb, space, rest = word.partition(" ")
    return f"{verb.removesuffix('s')}{space}{rest}"


def _labels(ids: Sequence[str]) -> dict[str, str]:
    """Return id -> what a node is called: the name within its file, with the file's path where two would look the same."""
    short = {one: _local(one) for one in ids}
    names = list(short.values())
    return {one: escaped(f"{name} ({_path(one)})" if names.count(name) > 1 else name) for one, name in short.items()}


def _local(symbol_id: str) -> str:
    local = symbol_id.partition("#")[2].partition("~")[0]
    return local or _path(symbol_id)


def _path(symbol_id: str) -> str:
    return symbol_id.partition("#")[0].partition(":")[2]


def escaped(text: str) -> str:
    """Return a text as the inside of a quoted label: what Mermaid or HTML could take for syntax as entity codes."""
    flat = " ".join(text.split())
    cut = flat if len(flat) <= MAX_LABEL else flat[: MAX_LABEL - 1] + "\u2026"
    return _CODED.sub(lambda found: f"#{ord(found[0])};", cut)
