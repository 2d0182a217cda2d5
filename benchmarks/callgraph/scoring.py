"""Precision and recall of our call graph against an oracle's verdicts.

Unit: a *triple* (file, line of the call, definition called), each once however often the line calls it. Ours are the
internal targets of the tiers exact and inferred. An oracle that is silent about a line (or about the very name, where it
says columns) judges nothing there: our triple is then counted as unjudged, not as false. `strict_precision` counts every
unjudged one as false instead; the truth lies between the two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.callgraph.claims import CLAIMED, Claim, Site, claimed_sites
from benchmarks.callgraph.definitions import Definitions
from benchmarks.callgraph.failures import Failure, explain_false, explain_missed
from benchmarks.callgraph.ours import OurGraph
from benchmarks.callgraph.verdicts import Place, Verdicts


@dataclass(frozen=True, slots=True)
class Rate:
    """hits of judged triples (precision) and found of wanted triples (recall)."""

    hits: int
    judged: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        return self.hits / self.judged if self.judged else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(slots=True)
class Score:
    """All the figures of one comparison. files and lines: of the files in which the oracle knows an internal call."""

    site: Rate
    tiers: dict[str, Rate]
    """Per tier: precision of its judged triples; recall is what this tier alone finds."""
    unjudged: int
    """Our triples where the oracle is silent."""
    exact_sets: int
    judged_sites: int
    """Judged lines, and those of them where the set of internal targets is exactly the oracle's."""
    by_name: Rate
    """(caller's file, simple name of the callee): the measure of the peers."""
    by_caller: Rate
    """(calling function, definition called)."""
    files: int
    lines: int
    left_out: Counter[str]
    """Oracle edges that were not compared, by reason."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def strict_precision(self) -> float:
        return self.site.hits / max(1, self.site.judged + self.unjudged)

    @property
    def exact_set_rate(self) -> float:
        return self.exact_sets / self.judged_sites if self.judged_sites else 1.0


def score(
    ours: OurGraph, verdicts: Verdicts, languages: Iterable[str] = (), *, keep: Callable[[str], bool] | None = None
) -> Score:
    """Compare.

    Args:
        languages: of the files whose call sites count; none: all.
        keep: which calling files count, by path; None: all.
    """
    return _Comparison(ours, verdicts, frozenset(languages), keep).run()


class _Comparison:
    def __init__(
        self, ours: OurGraph, verdicts: Verdicts, languages: frozenset[str], keep: Callable[[str], bool] | None
    ) -> None:
        self.ours = ours
        self.verdicts = verdicts
        self.languages = languages
        self.keep = keep
        self.definitions = Definitions(ours)
        self.sites = claimed_sites(ours, self.definitions, self._counts)
        self.left_out: Counter[str] = Counter()
        if verdicts.outside:
            self.left_out["not below the root"] = verdicts.outside
        self.wanted = self._wanted()
        self.found: dict[tuple[Place, Place], Claim] = {}
        """(site, definition that the oracle names) -> our claim of it."""
        self.hits: set[tuple[Place, str]] = set()
        self.judged: dict[tuple[Place, str], Claim] = {}
        """(site, group of the target) -> our claims with a verdict; `hits` are those that are right."""
        self.unjudged = 0

    def run(self) -> Score:
        self._match()
        self._judge()
        sites, exact = self._exact_sets()
        files = {path for path, _ in self.wanted}
        return Score(
            Rate(len(self.hits), len(self.judged), len(self.found), self._wanted_count()),
            self._tiers(),
            self.unjudged,
            exact,
            sites,
            self._by_name(),
            self._by_caller(),
            len(files),
            sum(self.ours.lines[path] for path in files),
            self.left_out,
            [*self._false(), *self._missed()],
        )

    def _counts(self, path: str) -> bool:
        language = self.ours.languages.get(path)
        if language is None or (self.languages and language not in self.languages):
            return False
        return self.keep is None or self.keep(path)

    def _wanted(self) -> dict[Place, list[Place]]:
        """Return the oracle's internal targets by site, a class and its constructor being one."""
        wanted: dict[Place, list[Place]] = {}
        for site, places in self.verdicts.targets.items():
            if not self._counts(site[0]):
                indexed = site[0] in self.ours.languages
                reason = "calling file of another language" if indexed else "calling file not indexed"
                self.left_out[reason] += len(places)
                continue
            kept: list[Place] = []
            for place in sorted(places):
                symbols = self.definitions.at(place)
                if not any(self.definitions.matches(other, symbol) for other in kept for symbol in symbols):
                    kept.append(place)
            wanted[site] = kept
        return wanted

    def _wanted_count(self) -> int:
        return sum(len(places) for places in self.wanted.values())

    def _match(self) -> None:
        for place, definitions in self.wanted.items():
            site = self.sites.get(place)
            for group, claim in site.claims.items() if site else ():
                for definition in definitions:
                    if self.definitions.matches(definition, claim.symbol, claim.constructs):
                        self.hits.add((place, group))
                        self.found.setdefault((place, definition), claim)

    def _judge(self) -> None:
        for place, site in self.sites.items():
            for group, claim in site.claims.items():
                if (place, group) in self.hits or self._is_judged(place, claim):
                    self.judged[place, group] = claim
                else:
                    self.unjudged += 1

    def _is_judged(self, place: Place, claim: Claim) -> bool:
        if self.definitions.is_macro(claim.symbol):
            return False
        if self.verdicts.judged_names is not None:
            return (*place, claim.call.column) in self.verdicts.judged_names
        caller = self.ours.symbols[claim.call.source].path
        if caller != place[0] and caller not in self.verdicts.files:
            return False  # written in a macro of another file, used in one that the oracle's build leaves out
        return place not in self.verdicts.silent and self.verdicts.is_judged(place)

    # other measures

    def _tiers(self) -> dict[str, Rate]:
        rates: dict[str, Rate] = {}
        for tier in CLAIMED:
            mine = {key for key, claim in self.judged.items() if claim.call.tier is tier}
            finds = sum(1 for claim in self.found.values() if claim.call.tier is tier)
            rates[tier.value] = Rate(len(mine & self.hits), len(mine), finds, self._wanted_count())
        return rates

    def _exact_sets(self) -> tuple[int, int]:
        wrong = {place for place, group in self.judged if (place, group) not in self.hits}
        missing = {
            place for place, targets in self.wanted.items() if any((place, it) not in self.found for it in targets)
        }
        external = {place for place in self.verdicts.external if self._counts(place[0])}
        sites = (set(self.wanted) | external) - self.verdicts.silent
        return len(sites), len(sites - wrong - missing)

    def _by_name(self) -> Rate:
        names = self.definitions
        theirs = {(site[0], names.name(place)) for site, places in self.wanted.items() for place in places}
        theirs = {pair for pair in theirs if pair[1]}
        mine = {(place[0], names.callable_name(claim.symbol)) for (place, _), claim in self.judged.items()}
        both = len(theirs & mine)
        return Rate(both, len(mine), both, len(theirs))

    def _by_caller(self) -> Rate:
        """(caller, definition) pairs; ours count where the oracle judges the line."""
        theirs: dict[Place, set[Place]] = defaultdict(set)
        for (site, target), callers in self.verdicts.callers.items():
            if target in self.wanted.get(site, ()):
                for caller in callers:
                    theirs[self._known_caller(caller)].add(target)
        mine: dict[tuple[Place, str], Claim] = {}
        for (_, group), claim in self.judged.items():
            mine[self.definitions.caller(self.ours.symbols[claim.call.source]), group] = claim
        matches, found = 0, set[tuple[Place, Place]]()
        for (caller, _), claim in mine.items():
            matched = [
                target
                for target in theirs.get(caller, ())
                if self.definitions.matches(target, claim.symbol, claim.constructs)
            ]
            matches += bool(matched)
            found.update((caller, target) for target in matched)
        return Rate(matches, len(mine), len(found), sum(len(targets) for targets in theirs.values()))

    def _known_caller(self, caller: Place) -> Place:
        symbols = self.definitions.at(caller)
        return self.definitions.caller(symbols[0]) if symbols else caller

    # failures

    def _false(self) -> list[Failure]:
        wrong = sorted(key for key in self.judged if key not in self.hits)
        return [explain_false(self.definitions, key[0], self.judged[key], self.wanted.get(key[0], [])) for key in wrong]

    def _missed(self) -> list[Failure]:
        return [
            explain_missed(self.definitions, self.sites.get(site, Site()), site, place, self.hits)
            for site, places in sorted(self.wanted.items())
            for place in places
            if (site, place) not in self.found
        ]
