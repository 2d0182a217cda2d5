"""A server that answers rest on and that may be away: it is left alone while it does not answer, and that is said.

A store at a server that hangs costs each question its whole timeout. So calls pass a breaker: after some that found nobody the next ones
are refused at once, until one probe comes back well. What a call says besides that (a wrong password, a full disk) is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
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
        return cast(Store, _Guarded(store, self, deadlines or {}))


class _Guarded:
    """Looks like the store that it stands before. `close` always passes."""

    def __init__(self, store: Any, dependency: Dependency, deadlines: Mapping[str, float]) -> None:
        self._store = store
        self._dependency = dependency
        self._deadlines = deadlines

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name == "close" or not callable(found):
            return found
        call, within_s = cast(Callable[..., Any], found), self._deadlines.get(name)

        @wraps(call)
        def guarded(*arguments: Any, **named: Any) -> Any:
            with self._dependency.asked():
                if within_s is not None:
                    return in_time(partial(call, *arguments, **named), within_s, self._dependency.kind)
                return call(*arguments, **named)

        self.__dict__[name] = guarded  # looked up once
        return guarded
