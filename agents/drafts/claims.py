"""Claims made of facts, and lists of claims: a claim names only what its citation and relation prove. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from agents.records import citation_row, claim_row, short_name
from agents.state import Block, CitationRow, ClaimRow, Evidence, Outcome, SymbolRow
from knowledge.schema import RELATION_VERBS, RelationKind, Tier

_COMMENT = re.compile(r":?\s{1,9}#\s.*|/\*.*?\*/|/\*.*|(?<!:)//\s.*", re.DOTALL)
"""From the first comment of a signature on; `# define` of C is none, for it opens the line."""

_POSSIBLE_VERBS = {
    "CALLS": "may call",
    "REFERENCES": "may refer to",
    "INHERITS": "may inherit from",
    "IMPLEMENTS": "may implement",
    "OVERRIDES": "may override",
    "IMPORTS": "may import",
}
"""For a relation that is one of several candidates: a guess is never said as a fact."""


@dataclass(slots=True)
class Passage:
    """What one task contributes to the answer; `lead` opens its first block."""

    lead: str = ""
    blocks: list[Block] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


Write: TypeAlias = Callable[[Passage, Outcome, Sequence[Evidence], int], None]
"""Fills the passage of an operation from its outcome and facts; the number is of claims of a list before it is cut."""


def definition_claim(symbol: SymbolRow) -> ClaimRow:
    """Return the claim that a symbol is defined at the line of its name."""
    text = f"`{symbol['qualified_name']}` is the {kind_of(symbol)} defined here"
    return claim_row(text, [name_citation(symbol)], identifiers=[symbol["qualified_name"]])


def name_citation(symbol: SymbolRow) -> CitationRow:
    """Cite the line of a symbol's name."""
    line = symbol["line"]
    return citation_row(symbol["repository"], symbol["path"], line, line, symbol["qualified_name"], symbol["revision"])


def quote_claim(fact: Evidence, text: str) -> ClaimRow:
    about = fact["about"]
    language = about["language"] if about is not None else ""
    return claim_row(text, [fact["citation"]], quote=fact["excerpt"], language=language)


def member_claim(fact: Evidence) -> ClaimRow:
    about = fact["about"]
    assert about is not None
    doc = f" — {about['doc']}" if about["doc"] else ""
    signature = one_line(about["signature"]) or about["name"]
    return claim_row(f"`{signature}`{doc}", [fact["citation"]], identifiers=names_of(about))


def relation_claims(facts: Sequence[Evidence]) -> list[ClaimRow]:
    """Return one claim a stated relation, its call sites together, in the order of the facts."""
    claims: dict[tuple[str, ...], ClaimRow] = {}
    for fact in facts:
        claim = relation_claim(fact)
        key = (claim["text"], *claim["identifiers"], fact["tier"] or "")
        known = claims.setdefault(key, claim)
        if known is claim:
            continue
        # the same words about another definition of the same names: both relations are stated, each at its own lines
        known["relations"] += [relation for relation in claim["relations"] if relation not in known["relations"]]
        if claim["citations"][0] not in known["citations"]:
            # call sites first; the place of the definition, where it is cited, stays last
            known["citations"].insert(len(known["citations"]) - (len(claim["citations"]) - 1), claim["citations"][0])
    return list(claims.values())


def relation_claim(fact: Evidence, *, with_target: bool = False) -> ClaimRow:
    """Return the claim of a relation, said from the side of its source; a called symbol's definition is cited too."""
    about, other, relation = fact["about"], fact["other"], fact["relation"]
    assert about is not None
    identifiers = [symbol["qualified_name"] for symbol in (about, other) if symbol is not None]
    if relation is None or other is None:
        return claim_row(f"`{short_name(about)}`", [fact["citation"]], identifiers=identifiers, tier=fact["tier"])
    verb = RELATION_VERBS[RelationKind(relation["kind"])]
    forward = relation["source_id"] == about["id"]
    source, target = (about, other) if forward else (other, about)
    citations = [fact["citation"]]
    if (
        fact["citation"]["symbol"] is None and source["local_name"]
    ):  # a macro holds the line: the source stands elsewhere
        citations.insert(0, name_citation(source))
    if with_target or not forward:
        citations.append(name_citation(target))
    if fact["tier"] == Tier.AMBIGUOUS.value:
        verb = _POSSIBLE_VERBS.get(relation["kind"], "may be related to")
    text = f"`{short_name(source)}` {verb} `{short_name(target)}`"
    return claim_row(text, citations, identifiers=identifiers, relations=[relation], tier=fact["tier"])


def symbols_in(facts: Sequence[Evidence]) -> int:
    return len({fact["about"]["id"] for fact in facts if fact["about"] is not None})


def block(title: str, claims: list[ClaimRow], tail: str = "") -> Block:
    return Block(intro="", title=title, claims=claims, tail=tail)


def cut_all(claims: list[ClaimRow], shown: int, show_all: str, outcome: Outcome) -> Block:
    return cut_list(claims, shown, show_all, max(outcome["total"], len(claims)))


def cut_list(claims: list[ClaimRow], shown: int, show_all: str, total: int) -> Block:
    kept = claims[:shown]
    hidden = total - len(kept)
    tail = ""
    if hidden > 0:
        tail = f"and {hidden} more" + (f": `{show_all}` shows all" if show_all else "")
    return block("", kept, tail)


def names_of(symbol: SymbolRow) -> list[str]:
    """Return what a line that shows the symbol has to name: nothing where it has no name of its own, as an anonymous class."""
    return [symbol["qualified_name"]] if symbol["name"] and not symbol["name"].startswith("<") else []


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def kind_of(symbol: SymbolRow) -> str:
    return symbol["kind"]


def one_line(text: str) -> str:
    """Return a signature as one line, without the comments between its lines."""
    flat = " ".join(_COMMENT.sub("", text).split()).replace("`", "'")
    return flat if len(flat) <= 160 else flat[:159] + "…"
