"""The JSON shapes of who may see what, and of what it may cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from app.shapes import Shape
from knowledge.budgets import MEASURES

if TYPE_CHECKING:
    from knowledge.budgets import Limit, Measure, Standing
    from knowledge.principals import ApiKey, Principal
    from ops.policy.rules import Decision


def key_shape(key: ApiKey, now: float) -> Shape:
    """What is kept of an API key, but for its hash."""
    shape = {name: value for name, value in asdict(key).items() if name != "digest"}
    return {**shape, "rights": list(key.rights), "state": key_state(key, now)}


def key_state(key: ApiKey, now: float) -> str:
    """Return live, expired or revoked."""
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def principal_shape(principal: Principal) -> Shape:
    return {**asdict(principal), "teams": list(principal.teams), "roles": list(principal.roles)}


def decision_shape(decision: Decision) -> Shape:
    """Whether something is granted, and which policies said so."""
    return {"allowed": decision.allowed, "policies": list(decision.policies), "errors": list(decision.errors)}


def account_shape(standing: Standing, limit: Limit) -> Shape:
    """How an account of a budget stands: tokens as they are, money in dollars."""
    return {
        "scope": standing.account.scope,
        "name": standing.account.name,
        "calls": standing.calls,
        "limit": limit_shape(limit),
        "used": {measure: _of_measure(measure, standing.used.of(measure)) for measure in MEASURES},
        "reserved": {measure: _of_measure(measure, standing.reserved.of(measure)) for measure in MEASURES},
    }


def limit_shape(limit: Limit) -> Shape:
    limits = {measure: limit.of(measure) for measure in MEASURES}
    return {measure: None if value is None else _of_measure(measure, value) for measure, value in limits.items()}


def _of_measure(measure: Measure, value: int) -> int | float:
    return value if measure == "tokens" else value / 1e6
