"""`clew policy check`: what a principal may do in a repository, and which policy says so."""

from __future__ import annotations

from dataclasses import replace

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.screen import Screen, write_json
from app.shapes.access import decision_shape
from knowledge.principals import RIGHTS, Principal
from ops.policy.rules import Decision


def run(
    principal: str,
    repository: str,
    teams: tuple[str, ...],
    roles: tuple[str, ...],
    as_json: bool,
    store: str | None,
) -> int:
    """Return 0 when the principal may see the repository, else 1. Raises ConfigError for policies that cannot be used."""
    with opened(store) as wiring:
        known = wiring.principals.principal(principal)
        asked = known or Principal(principal, principal)
        asked = replace(
            asked,
            teams=tuple(sorted({*asked.teams, *teams})),
            roles=tuple(sorted({*asked.roles, *roles})),
        )
        decided = wiring.access.explain(asked, repository, wiring.branches())
    sees = decided["ask"].allowed or decided["read"].allowed
    if as_json:
        write_json(
            {
                "principal": principal,
                "known": known is not None,
                "teams": list(asked.teams),
                "roles": list(asked.roles),
                "disabled": asked.disabled,
                "repository": repository,
                "rights": {right: decision_shape(decided[right]) for right in RIGHTS},
            }
        )
        return FOUND if sees else NONE
    screen = Screen()
    teams_and_roles = [f"team {name}" for name in asked.teams] + [f"role {name}" for name in asked.roles]
    screen.line((f"{principal} in {repository}", "title"))
    screen.line((", ".join(teams_and_roles) or "no team, no role", "dim"))
    if known is None:
        screen.line("not kept here: judged by its name, and the teams and roles of the options")
    screen.table([(right, "may" if decided[right].allowed else "may not", _why(decided[right])) for right in RIGHTS])
    screen.flush()
    return FOUND if sees else NONE


def _why(decision: Decision) -> str:
    if decision.errors:
        return f"a policy failed, and what fails forbids: {'; '.join(decision.errors)}"
    if decision.policies == ("disabled",):
        return "the principal is disabled"
    verb = "permitted" if decision.allowed else "forbidden"
    return f"{verb} by {', '.join(decision.policies)}" if decision.policies else "no policy permits it"
