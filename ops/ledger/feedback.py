"""What a person thought of an answer, or did with it, checked and kept: one function for every door.

Words are sealed with the person's key. Each signal keeps the rank at which it was shown and how likely that was, from the first day
on: without them nothing can be learned later from what people did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from configs.errors import InputError
from knowledge.ledger import Entry
from knowledge.usage import UsageStore
from ops.ledger.events import FeedbackGiven
from ops.ledger.ledger import Ledger
from ops.ledger.usage import UsageView

Signal: TypeAlias = Literal["thumb", "rating", "correction", "copied", "opened", "dwell", "rephrased"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
MAX_CORRECTION = 10_000
SHORTEST_RUN = 8
_RANGES = {"thumb": (-1.0, 1.0), "rating": (1.0, 5.0), "dwell": (0.0, 86_400.0)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """See `ops.ledger.events.FeedbackGiven`. run: the id of the run, or its beginning."""

    run: str
    signal: Signal
    value: float | None = None
    claim: int | None = None
    rank: int | None = None
    propensity: float | None = None
    place: str = ""
    correction: str = ""


class LedgerUsage:
    """The Ledger with its view of usage, opened together. Blocking."""

    def __init__(self, ledger: Ledger, store: UsageStore) -> None:
        self.ledger = ledger
        self.view = UsageView(ledger, store)
        self._store = store

    def give_feedback(self, judgement: Judgement, *, user: str, door: str, own: bool = False) -> Entry:
        """See `give_feedback`."""
        return give_feedback(self.ledger, self.view, judgement, user=user, door=door, own=own)

    def close(self) -> None:
        self._store.close()
        self.ledger.close()


def give_feedback(
    ledger: Ledger, view: UsageView, judgement: Judgement, *, user: str, door: str, own: bool = False
) -> Entry:
    """Keep what a person said of a run, safely stored when this returns. Blocking.

    Args:
        own: a run of somebody else is none, and its id is given whole: nothing is learned of what others ask.

    Raises:
        InputError: no such run, or a value that the signal does not have.
    """
    checked(judgement)
    run = view.run(judgement.run) if len(judgement.run) >= SHORTEST_RUN else None
    if own and run is not None:
        key = ledger.keys.find(user)
        run = run if run.id == judgement.run and key is not None and key.id == run.cell.subject else None
    if run is None:
        raise InputError(
            f"no run {judgement.run!r} is in the Ledger", next_step="give the run_id of an answer (`clew ask --json`)"
        )
    one = judgement
    implicit = one.signal in ("copied", "opened", "dwell", "rephrased")
    (entry,) = ledger.append(
        [
            FeedbackGiven(
                user=user,
                run=run.id,
                door=door,
                signal=one.signal,
                value=one.value,
                claim=one.claim,
                rank=one.rank,
                propensity=1.0 if one.propensity is None and implicit else one.propensity,
                release=run.cell.release,
                place=one.place,
                correction=one.correction,
            )
        ]
    )
    return entry


def checked(judgement: Judgement) -> None:
    """Raises InputError for a judgement that says nothing, or what its signal cannot say."""
    one = judgement
    if one.signal not in SIGNALS:
        raise InputError(f"{one.signal!r} is no signal", next_step=f"known: {', '.join(SIGNALS)}")
    if one.signal in _RANGES:
        low, high = _RANGES[one.signal]
        whole = one.signal == "dwell" or (one.value is not None and float(one.value).is_integer())
        if one.value is None or not low <= one.value <= high or not whole or (one.signal == "thumb" and one.value == 0):
            said = "1 or -1" if one.signal == "thumb" else f"{low:g} to {high:g}"
            raise InputError(f"a {one.signal} has the value {said}, not {one.value!r}", next_step="give another value")
    if one.signal == "correction" and not one.correction.strip():
        raise InputError("a correction needs words", next_step="say what is right")
    if len(one.correction) > MAX_CORRECTION:
        raise InputError(f"a correction has at most {MAX_CORRECTION:,} characters", next_step="say it in fewer words")
    if one.propensity is not None and not 0 < one.propensity <= 1:
        raise InputError(
            "a propensity is above 0 and at most 1", next_step="leave it out when nothing was left to chance"
        )
    if (one.claim is not None and one.claim < 0) or (one.rank is not None and one.rank < 0):
        raise InputError("claim and rank count from 0", next_step="give their place in the answer")
