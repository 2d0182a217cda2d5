"""A month of use in a Ledger and in the budgets, so that the administrators' pages have something to draw: the same figures every time."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path

from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.budgets import Amount
from models.budgets import Payer
from ops.ledger.events import Event
from tests.unit.ops.ledger.examples import answered, asked, called, thumb, unanswered

DAY_US = 86_400_000_000
MODELS = {"": (0, 60, 0.95), "small": (40, 900, 0.8), "large": (900, 3_200, 0.9)}
"""Model -> microdollars a call, usual milliseconds, share of those who like it."""


def use(home: Path, days: int = 30, runs_a_day: int = 12) -> None:
    """Write events of the last `days` days into the Ledger of a store."""
    chance = random.Random(7)
    now = int(time.time() * 1e6)
    events: list[Event] = []
    times: list[int] = []
    wiring = Wiring(load_settings({"home": str(home)}, folder=home))
    for day in range(days):
        weekend = day % 7 in (0, 6)
        for number in range(runs_a_day // (3 if weekend else 1) + chance.randrange(5)):
            run = f"{day:04x}{number:04x}" * 4
            model = chance.choice(["", "", "", "small", "small", "large"])
            money, usual, liked = MODELS[model]
            user, team = chance.choice([("ann", "core"), ("bea", "core"), ("carl", "shop")])
            common = {"team": team, "project": chance.choice(["web", "till"]), "door": chance.choice(["rest", "cli"])}
            one: list[Event] = [asked(run, user, **common)]
            if chance.random() < 0.04:
                one.append(unanswered(run, user))
            else:
                if model:
                    one.append(
                        called(run, user, model=model, micro_usd=money, input_tokens=chance.randrange(400, 3_000))
                    )
                latency = usual * chance.lognormvariate(0, 0.5)
                level = "model" if model else "structural"
                claims = {"verified": 6, "refuted": int(model == "small")}
                one.append(answered(run, user, model=model, level=level, latency_ms=latency, claims=claims, **common))
                if chance.random() < 0.3:
                    one.append(thumb(run, user, 1.0 if chance.random() < liked else -1.0))
            at = now - (days - 1 - day) * DAY_US - number * 60_000_000
            events += one
            times += [at] * len(one)
    with closing(wiring.open_ledger()) as ledger:
        ledger.append(events, times)
    budgets = wiring.budgets
    booked = budgets.reserve(Payer("ann", "core", "web"), ["large"], 300_000, 40_000)
    budgets.settle(booked, Amount(340_000, 1_200_000))
    wiring.close()
