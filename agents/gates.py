"""The output gate of the graph: no answer enters the state unless it has passed the filter, whichever node made it.

Also labels: evidence that speaks to language models is reported as it is found, and an answer over such evidence says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.records import counted, finding_row
from agents.state import Evidence, FindingRow
from guardrails.labels import GATE, findings_in
from guardrails.output import Filtered, filtered, patch_faults, urls_in
from knowledge.evidence import Finding

OUTPUT = "output"
_NAMED = 3
_TAKEN = {
    "link": "{} that no evidence holds {} left out",
    "image": "{} {} not shown as such",
    "secret": "{} or piece of personal data {} masked",
}


def labels_of(evidence: Iterable[Evidence]) -> list[FindingRow]:
    """Return a finding a line of evidence that speaks to a language model, each once."""
    rows: dict[tuple[str, str | None, int | None], FindingRow] = {}
    for fact in evidence:
        citation, about = fact["citation"], fact["about"]
        first = citation["start_line"]
        names = [citation["path"], about["qualified_name"] if about else ""]
        texts = [
            (fact["excerpt"], first),
            (fact["note"], first),
            (about["doc"] if about and not fact["excerpt"] else "", first),
        ]
        texts += [(_worded(name), first) for name in names]
        for text, line in texts:
            for finding in findings_in(text, citation["path"], line) if len(text) > _SHORTEST else ():
                rows.setdefault((finding.kind, finding.path, finding.line), finding_row(finding))
    return list(rows.values())


_SHORTEST = 12


def _worded(name: str) -> str:
    """Return a path or a name as words: `IGNORE_previous-instructions.md` speaks as well."""
    return name.translate(_SEPARATORS)


_SEPARATORS = str.maketrans("/_-.", "    ")


def passed(answer: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[dict[str, Any], list[FindingRow]]:
    """Return the answer as it may leave, and what was taken from it."""
    known = frozenset(_known_urls(answer, state))
    paths = frozenset(citation["path"] for citation in answer["citations"])
    done = filtered(answer["answer"], known, paths)
    claims = [{**claim, "text": filtered(claim["text"], known, paths).text} for claim in answer["claims"]]
    unknowns = [filtered(text, known, paths).text for text in answer["unknowns"]]
    text = "\n\n".join(part for part in (done.text, _told(state.get("findings") or [])) if part)
    kept = {**answer, "answer": text, "claims": claims, "unknowns": unknowns}
    faults = patch_faults(answer.get("patch", ""), known)
    if not faults:
        return kept, _findings(done)
    withheld = Finding(OUTPUT, "patch", "error", "; ".join(faults), action="repair")
    return {**kept, "patch": ""}, [*_findings(done), finding_row(withheld)]


def _known_urls(answer: Mapping[str, Any], state: Mapping[str, Any]) -> Iterable[str]:
    """Yield the addresses that somebody else than a model wrote: in the evidence, in the question, in what people taught."""
    for fact in state.get("evidence") or []:
        about = fact["about"]
        for text in (fact["excerpt"], fact["note"], *((about["doc"], about["signature"]) if about else ())):
            yield from urls_in(text)
    plan = state.get("plan")
    yield from urls_in(plan["question"] if plan else "")
    for error in answer["known_errors"]:
        for solution in error["solutions"]:
            yield from urls_in(solution["text"])
    if (state.get("route") or {}).get("from_memory"):  # it passed here when it was made, with its evidence at hand
        yield from urls_in(state["draft"].get("patch", ""))
        for block in state["draft"]["blocks"]:
            for claim in block["claims"]:
                yield from urls_in(claim["quote"])
                yield from urls_in(claim["text"])


def _told(findings: Sequence[FindingRow]) -> str:
    """Return a line that names the places which speak to language models; empty when there is none."""
    places = list(
        dict.fromkeys(f"`{row['path']}:{row['line']}`" for row in findings if row["gate"] == GATE and row["path"])
    )
    if not places:
        return ""
    more = f" and {counted(len(places) - _NAMED, 'other place')}" if len(places) > _NAMED else ""
    speaks = "speaks" if len(places) == 1 else "speak"
    text = f"*Text at {', '.join(places[:_NAMED])}{more} {speaks} to language models. It was read as data; trust it no further.*"
    return filtered(text, ()).text


def _findings(done: Filtered) -> list[FindingRow]:
    rows = []
    for kind, message in _TAKEN.items():
        if taken := done.taken.get(kind, 0):
            said = message.format(counted(taken, kind), "was" if taken == 1 else "were")
            rows.append(finding_row(Finding(OUTPUT, kind, "warning", said, action="repair")))
    return rows
