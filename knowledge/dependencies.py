"""A server that answers rest on and that may be away: it is left alone while it does not answer, and that is said.

A store at a server that hangs costs each question its whole timeout. So calls pass a breaker: after some that found nobody the next ones
are refused at once, until one probe comes back well. What a call says besides that (a wrong password, a full disk) is an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from configs.errors import StoreTimeout, StoreUnavailable
from knowledge.breaker import Breaker
from knowledge.deadlines import in_time

FAILURES = 3
REST_S = 1.0
MOST_REST_S = 5.0
"""Short: a server that is back shall be noticed within seconds, and a probe costs one call."""

Store = TypeVar("Store")


class Dependency:
    """One server. name: what it is for, such as `graph`; kind: what it is, such as `neo4j`. Safe to share between threads."""

    def __init__(self, name: str, kind: str, breaker: Breaker | None = None) -> None:
        self.name = name
        self.kind = kind
        self.breaker = breaker or Breaker(failures=FAILURES, rest_s=REST_S, most_rest_s=MOST_REST_S)
        self.fault: StoreUnavailable | StoreTimeout | None = None

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Make one call in the block. Raises StoreUnavailable while the server is left alone."""
        permit = self.breaker.ask()
        if permit is None:
            said = self.fault.message if self.fault else "it did not answer"
            raise StoreUnavailable(
                f"{self.kind} is left alone for a moment: {said}", next_step="ask again in a few seconds"
            )
        well: bool | None = None
        try:
            yield
            well = True
        except (StoreUnavailable, StoreTimeout) as error:
            well, self.fault = False, error
            raise
        except Exception:
            well = True
            raise
        finally:
            self.breaker.settle(permit, well=well)
            if well:
                self.fault = None

    def guarded(self, store: Store, deadlines: Mapping[str, float] | None = None) -> Store:
        """Return the store, whose every method passes the breaker. deadlines: method -> seconds, where the store has none itself."""
        return cast(Store, _Guarded(lambda: store, self, deadlines or {}, store))

    def opening(self, opened: Callable[[], Store]) -> Store:
        """Return the store that `opened` gives, guarded; it is opened by the first call that finds its server."""
        return cast(Store, _Guarded(opened, self, {}))


class _Guarded:
    """Looks like the store that it stands before, which has methods only. `close` always passes."""

    def __init__(
        self, opened: Callable[[], Any], dependency: Dependency, deadlines: Mapping[str, float], store: Any = None
    ) -> None:
        self._opened = opened
        self._dependency = dependency
        self._deadlines = deadlines
        self._opening = threading.Lock()
        self._store = store

    def close(self) -> None:
        with self._opening:
            if self._store is None:
                return
            store, self._store = self._store, None
        store.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def guarded(*arguments: Any, **named: Any) -> Any:
            with self._dependency.asked():
                call = partial(getattr(self._there(), name), *arguments, **named)
                within_s = self._deadlines.get(name)
                return call() if within_s is None else in_time(call, within_s, self._dependency.kind)

        self.__dict__[name] = guarded  # looked up once
        return guarded

    def _there(self) -> Any:
        """Several calls may open it at once, for one that hangs must not hold up the others; one of these is kept."""
        found = self._store
        if found is None:
            found = self._opened()
            with self._opening:
                if self._store is None:
                    self._store = found
                elif found is not self._store:
                    found.close()
                found = self._store
        return found
