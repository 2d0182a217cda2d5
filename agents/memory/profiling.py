"""What a run adds to the profile, and where the profile decides: between things that are equal otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from agents.drafts.rendering import claims_of
from agents.state import AssistantState
from knowledge.ports.graph import CodeGraph
from knowledge.profile import Profile
from knowledge.schema import Symbol
from knowledge.scope import Scope

SymbolT = TypeVar("SymbolT", bound=Symbol)


def seen_in(state: AssistantState, graph: CodeGraph, scope: Scope) -> Mapping[str, Sequence[str]]:
    """Return the names that one answer adds, by counter."""
    cited = {(one["repository"], one["path"]) for claim in claims_of(state["draft"]) for one in claim["citations"]}
    repositories = sorted({repository for repository, _ in cited})
    known = {name: graph.paths(scope, name) for name in repositories}
    languages = {known[name][path][1] for name, path in cited if path in known[name]}
    return {
        "repositories": repositories,
        "languages": sorted(languages - {""}),
        "kinds": sorted({step["intent"] for step in state["plan"]["steps"]}),
        "depth": [state["level"]] if state["level"] else [],
        "manner": [state["manner"]["said"]] if state["manner"]["said"] else [],
    }


def preferred_first(symbols: Sequence[SymbolT], profile: Profile) -> list[SymbolT]:
    """Return the symbols, those of what the person asks about most first; the order of equals stays."""
    repositories, languages = profile.of("repositories"), profile.of("languages")
    return sorted(symbols, key=lambda one: (-repositories.get(one.repository, 0), -languages.get(one.language, 0)))
