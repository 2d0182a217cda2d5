"""A draft to Markdown: what a person reads. Pure; says nothing that the draft does not hold.

Statuses show where they matter: a claim that could not be checked is marked, a refuted one is never passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agents.drafts.diagrams import mermaid
from agents.records import counted, place
from agents.state import Block, CitationRow, ClaimRow, Draft
from guardrails.quotations import NOT_FROM_THE_REPOSITORY
from knowledge.evidence import ClaimStatus

_MARKS = {
    ClaimStatus.UNVERIFIED.value: " *(not verified)*",
    ClaimStatus.UNKNOWN.value: " *(unknown: the index cannot tell)*",
}
_PLACES_SHOWN = 4
_UNKNOWNS_SHOWN = 5
_PROSE = frozenset({"markdown", "rst", "html", "notebook", "pdf", "devdocs", "mediawiki", ""})


def render(draft: Draft, *, with_repository: bool = False) -> str:
    """Return the answer as Markdown.

    Args:
        with_repository: put the repository before each path, for an answer over several.
    """
    label = draft.get("label")
    parts: list[str] = [f"*{label}*"] if label else []
    if draft["sources"]:
        parts.append(_prose(draft, with_repository))
    else:
        parts += [text for block in draft["blocks"] if (text := _block(block, with_repository))]
    if patch := draft.get("patch", ""):
        fence = "`" * max(3, _longest_ticks(patch) + 1)
        parts.append(f"{fence}diff\n{patch.rstrip()}\n{fence}")
    if drawn := mermaid(draft.get("picture", ())):
        parts.append(f"```mermaid\n{drawn}\n```")
    if draft["notes"]:
        parts.append("\n".join(f"*{note}*" for note in draft["notes"]))
    if draft["unknowns"]:
        parts.append(_unknowns(draft["unknowns"]))
    return "\n\n".join(parts).strip()


def without(draft: Draft, dropped: Iterable[ClaimRow]) -> Draft:
    """Return the draft without these claims; a block that has nothing left to say goes with them."""
    gone = [id(claim) for claim in dropped]
    blocks: list[Block] = []
    for block in draft["blocks"]:
        kept = [claim for claim in block["claims"] if id(claim) not in gone]
        if kept or (not block["claims"] and block["intro"]):
            blocks.append({**block, "claims": kept})
    return {**draft, "blocks": blocks}


def claims_of(draft: Draft) -> list[ClaimRow]:
    return [claim for block in draft["blocks"] for claim in block["claims"]]


def _block(block: Block, with_repository: bool) -> str:
    parts = [block["intro"]] if block["intro"] else []
    if block["title"] and block["claims"]:
        parts.append(f"**{block['title']}**")
    if block.get("form") == "table":
        plain = [claim for claim in block["claims"] if not claim["quote"]]
        parts.append(_table(block, plain, with_repository))
        block = {**block, "claims": [claim for claim in block["claims"] if claim["quote"]]}
    bullets: list[str] = []
    steps = block.get("form") == "steps"
    for number, claim in enumerate(block["claims"], 1):
        if claim["quote"]:
            if bullets:
                parts.append("\n".join(bullets))
                bullets = []
            parts.append(_quotation(claim, with_repository))
        else:
            bullets.append(_bullet(f"{number}." if steps else "-", claim, with_repository))
    if bullets:
        parts.append("\n".join(bullets))
    if block["tail"] and len(parts) > bool(block["intro"]):
        parts.append(f"… {block['tail']}")
    return "\n\n".join(parts)


def _table(block: Block, claims: Sequence[ClaimRow], with_repository: bool) -> str:
    """Return the claims as a table, its columns padded so that it reads well as plain text too."""
    heads = [*block.get("columns", ["what"]), "where"]
    tiers = any(claim["tier"] for claim in claims)
    rows = [[*heads, "tier"] if tiers else heads]
    for claim in claims:
        said = [*claim.get("cells", [claim["text"]])]
        said[-1] += _mark(claim)
        cells = [*said, _cited(claim["citations"], with_repository), *([claim["tier"] or ""] if tiers else [])]
        rows.append([" ".join(cell.split()).replace("|", "\\|") for cell in cells])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _bullet(mark: str, claim: ClaimRow, with_repository: bool) -> str:
    tier = f" ({claim['tier']})" if claim["tier"] else ""
    return f"{mark} {claim['text']} — {_cited(claim['citations'], with_repository)}{tier}{_mark(claim)}"


def _quotation(claim: ClaimRow, with_repository: bool) -> str:
    head = f"{claim['text']}, {_cited(claim['citations'], with_repository)}{_mark(claim)}:"
    if claim["language"] in _PROSE:
        quoted = "\n".join(f"> {line}".rstrip() for line in claim["quote"].split("\n"))
        return f"{head}\n\n{quoted}"
    fence = "`" * max(3, _longest_ticks(claim["quote"]) + 1)
    return f"{head}\n\n{fence}{claim['language']}\n{_dedented(claim['quote'])}\n{fence}"


def _prose(draft: Draft, with_repository: bool) -> str:
    """Return what a model wrote, sentence by sentence, with the list of the sources that are left."""
    claims = claims_of(draft)
    text = "".join(_marked(claim) for claim in claims).strip()
    used = {tuple(citation.values()) for claim in claims for citation in claim["citations"]}
    sources = [
        f"- [{number}] `{place(citation, with_repository=with_repository)}`"
        for number, citation in enumerate(draft["sources"], 1)
        if tuple(citation.values()) in used
    ]
    return text + ("\n\n**Sources**\n\n" + "\n".join(sources) if sources else "")


def _marked(claim: ClaimRow) -> str:
    """Return a claim of a model with its mark: in the last cell of a table row, below a code block, else at its end."""
    text, mark = claim["text"], _mark(claim)
    bare = text.rstrip()
    after = text[len(bare) :]
    if not mark or not bare or bare.startswith("#"):
        return text
    if bare.lstrip().startswith(("```", "~~~")):
        return f"{bare}\n\n*({NOT_FROM_THE_REPOSITORY})*{after}"
    if bare.startswith("|") and bare.endswith("|"):
        return f"{bare[:-1].rstrip()}{mark} |{after}"
    return f"{bare}{mark}{after}"


def _mark(claim: ClaimRow) -> str:
    return _MARKS.get(claim["status"], "")


def _cited(citations: Sequence[CitationRow], with_repository: bool) -> str:
    places = list(dict.fromkeys(place(citation, with_repository=with_repository) for citation in citations))
    shown = ", ".join(f"`{text}`" for text in places[:_PLACES_SHOWN])
    hidden = len(places) - _PLACES_SHOWN
    return shown + (f" and {counted(hidden, 'more line')}" if hidden > 0 else "")


def _unknowns(unknowns: Sequence[str]) -> str:
    shown = [f"- {text}" for text in unknowns[:_UNKNOWNS_SHOWN]]
    if len(unknowns) > _UNKNOWNS_SHOWN:
        shown.append(f"- and {len(unknowns) - _UNKNOWNS_SHOWN} more places")
    return "**What stays unknown**\n\n" + "\n".join(shown)


def _dedented(text: str) -> str:
    """Return the lines without their common indentation, tabs and spaces alike."""
    lines = text.split("\n")
    indents = [line[: len(line) - len(line.lstrip())] for line in lines if line.strip()]
    common = min(indents, key=len, default="")
    while common and not all(indent.startswith(common) for indent in indents):
        common = common[:-1]
    return "\n".join(line[len(common) :] if line.strip() else "" for line in lines)


def _longest_ticks(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest if longest >= 3 else 0
