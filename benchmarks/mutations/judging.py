"""One rendered answer, judged as the product judges what a model wrote: its citations resolved, then every unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.mutations.answers import Answer, rendered
from configs.release import Release
from guardrails.evidence import Judgement
from guardrails.prose import judge_prose
from guardrails.reading import Place, Unit, units_of
from guardrails.record import Record
from guardrails.relevance import Asked, relevance_faults
from knowledge.evidence import Citation, ClaimStatus
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check says of an answer. It passes when nothing in it is refuted, unverified or unknown."""

    judgements: tuple[Judgement, ...]
    faults: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return not self.faults and all(one.claim.status is ClaimStatus.VERIFIED for one in self.judgements)

    @property
    def is_refuted(self) -> bool:
        return bool(self.faults) or any(one.claim.status is ClaimStatus.REFUTED for one in self.judgements)

    @property
    def reasons(self) -> list[str]:
        found = [
            f"{one.claim.status}: {reason}"
            for one in self.judgements
            if one.claim.status is not ClaimStatus.VERIFIED
            for reason in (*one.faults, *one.doubts, *(() if one.faults or one.doubts else ("no reason",)))
        ]
        return [*self.faults, *found]


class Judge:
    """The checker over one indexed repository."""

    def __init__(self, graph: CodeGraph, repository: str, release: Release) -> None:
        self.graph = graph
        self.scope = Scope(repositories=frozenset({repository}))
        self.repository = repository
        self.release = release
        self.revision = graph.repositories(self.scope)[0].revision

    def check(self, answer: Answer) -> Checked:
        written = rendered(answer)
        units = units_of(written.text)
        sources = [self._citation(Place(*source)) for source in written.sources]
        citations = [self._cited(unit, sources) for unit in units]
        evidence = "\n".join(self._text(one) for one in sources)
        reading = self.release.guards.reading
        judgements = judge_prose(self.graph, self.scope, units, citations, reading, evidence, sources)
        asked = [Asked(answer.intent, (name,)) for name in answer.names] or [Asked(answer.intent)]
        faults = relevance_faults(Record.of(self.graph, self.scope), asked, units, judgements, reading)
        return Checked(tuple(judgements), tuple(faults))

    def _cited(self, unit: Unit, sources: Sequence[Citation]) -> list[Citation]:
        numbered = [sources[n - 1] for n in unit.numbers if 1 <= n <= len(sources)]
        return list(dict.fromkeys([*numbered, *(self._citation(place) for place in unit.places)]))

    def _citation(self, place: Place) -> Citation:
        return Citation(self.repository, place.path, place.first, place.last, None, self.revision)

    def _text(self, citation: Citation) -> str:
        text = self.graph.read_text(self.scope, citation.repository, citation.path) or b""
        return "\n".join(text.decode("utf-8", "replace").split("\n")[citation.start_line - 1 : citation.end_line])
