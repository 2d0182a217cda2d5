"""What Slack has delivered already: it sends an event again when it did not hear of it within three seconds, for up to an hour."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEPT_S = 7_200.0
MOST = 50_000


class Deliveries:
    """Ids of deliveries, each taken once. clock: seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: OrderedDict[str, float] = OrderedDict()

    def take(self, identity: str) -> bool:
        """Return whether it comes for the first time."""
        now = self._clock()
        while self._taken and (len(self._taken) >= MOST or next(iter(self._taken.values())) < now - KEPT_S):
            self._taken.popitem(last=False)
        if identity in self._taken:
            return False
        self._taken[identity] = now
        return True
