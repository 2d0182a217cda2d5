"""The passages of questions about a package of the repository: what depends on it, and on what it depends. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from agents.drafts.claims import Passage, Write, cut_list
from agents.records import claim_row, counted
from agents.state import ClaimRow, Evidence, Outcome


def dependants(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """Which manifests declare it, then which files outside of it import what lies in it."""
    declared = [fact for fact in facts if fact["note"] == "declares"]
    importing = [fact for fact in facts if fact["note"] == "imports"]
    packages = int(declared[0]["score"]) if declared else 0
    files = int(importing[0]["score"]) if importing else 0
    name = f"`{outcome['name']}`"
    passage.lead = (
        f"**{counted(packages, 'package')}** {'declares' if packages == 1 else 'declare'} a dependency on {name}, and "
        f"**{counted(files, 'file')}** outside of it {'imports' if files == 1 else 'import'} it."
    )
    claims = [_claim(fact, f"`{fact['citation']['path']}` declares {name}") for fact in declared]
    if claims:
        listed = cut_list(claims, shown, "clew export relations --kind DEPENDS_ON", packages)
        passage.blocks.append({**listed, "title": "Declared in"})
    claims = [_claim(fact, f"`{fact['citation']['path']}` imports from it") for fact in importing]
    if claims:
        room = max(shown - len(declared), shown // 3, 1)
        listed = cut_list(claims, room, "clew export relations --kind IMPORTS", files)
        passage.blocks.append({**listed, "title": "Imported in"})


def requirements(passage: Passage, outcome: Outcome, facts: Sequence[Evidence], shown: int) -> None:
    """Packages of the same repository first, then those from outside."""
    symbol = outcome["symbol"]
    assert symbol is not None
    ours = [fact for fact in facts if fact["kind"] == "relation"]
    outside = [fact for fact in facts if fact["kind"] == "fact"]
    passage.lead = (
        f"`{outcome['name']}` declares **{outcome['total']:,} {'dependency' if outcome['total'] == 1 else 'dependencies'}** in `{symbol['path']}`, "
        f"{len(ours)} of them packages of this repository."
    )
    claims = [_claim(fact, f"declares `{fact['other']['path']}`") for fact in ours if fact["other"] is not None]
    if claims:
        passage.blocks.append({**cut_list(claims, shown, "", len(ours)), "title": "Of this repository"})
    claims = [
        claim_row(f"declares `{fact['note']}`", [fact["citation"]], identifiers=[fact["note"]], tier=fact["tier"])
        for fact in outside
    ]
    if claims:
        listed = cut_list(claims, shown, "clew export relations --kind DEPENDS_ON", outcome["total"] - len(ours))
        passage.blocks.append({**listed, "title": "From outside"})


def _claim(fact: Evidence, text: str) -> ClaimRow:
    relations = [fact["relation"]] if fact["relation"] is not None else []
    return claim_row(text, [fact["citation"]], relations=relations, tier=fact["tier"])


PACKAGE_PASSAGES: dict[str, Write] = {"dependants": dependants, "requirements": requirements}
