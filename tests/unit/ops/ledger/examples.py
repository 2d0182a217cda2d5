"""Events as a day's use makes them."""

from __future__ import annotations

from typing import Any

from ops.ledger.events import Answered, Asked, Event, FeedbackGiven, FindingRaised, ModelCalled, Served, Unanswered

LINES = [("shop", "shop/models.py", 4, 9, "c0ffee"), ("shop", "README.md", 1, 3, "c0ffee")]


def asked(run: str = "r1", user: str = "ann", **other: Any) -> Asked:
    row = {
        "door": "cli",
        "release": "rel1",
        "question": "Who calls price?",
        "thread": "mine",
        "team": "core",
        "project": "web",
    }
    return Asked(user=user, run=run, **{**row, **other})


def answered(run: str = "r1", user: str = "ann", **other: Any) -> Answered:
    row = {
        "door": "cli", "release": "rel1", "level": "model", "verdict": "found", "route": "explain code", "model": "small",
        "team": "core", "project": "web", "repositories": ["shop"], "input_tokens": 100, "output_tokens": 20, "micro_usd": 30,
        "latency_ms": 40.0, "first_evidence_ms": 12.0, "claims": {"verified": 2}, "digest": "ab" * 32,
    }  # fmt: skip
    return Answered(user=user, run=run, **{**row, **other})


def called(run: str = "r1", user: str = "ann", **other: Any) -> ModelCalled:
    row = {
        "purpose": "write", "model": "small", "host": "http://127.0.0.1:1", "outcome": "answered", "reached": True,
        "input_tokens": 100, "output_tokens": 20, "micro_usd": 30, "ms": 20.0, "lines": LINES,
    }  # fmt: skip
    return ModelCalled(user=user, run=run, **{**row, **other})


def served(run: str = "r1", user: str = "ann") -> Served:
    return Served(user=user, run=run, lines=LINES)


def finding(run: str = "r1", user: str = "ann") -> FindingRaised:
    return FindingRaised(
        user=user, run=run, gate="prose", finding="unnamed", severity="warning", action="annotate", confidence=0.9
    )


def unanswered(run: str = "r1", user: str = "ann", reason: str = "left") -> Unanswered:
    return Unanswered(user=user, run=run, door="cli", release="rel1", reason=reason, latency_ms=3.0)


def thumb(run: str = "r1", user: str = "ann", value: float = 1.0) -> FeedbackGiven:
    return FeedbackGiven(user=user, run=run, door="cli", signal="thumb", value=value, release="rel1")


def one_run(run: str = "r1", user: str = "ann") -> list[Event]:
    return [asked(run, user), called(run, user), served(run, user), finding(run, user), answered(run, user)]
