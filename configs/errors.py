"""Every error that Clew raises on purpose.

    ClewError
    ├── ConfigError                 settings, clew.yaml or a release cannot be used
    │   └── UnknownRelease          no release has this name or id
    ├── InputError                  the caller's words cannot be used (empty or oversized question, bad option)
    │   ├── BadCursor               no page of this question begins there
    │   └── CursorExpired           what was paged through has changed since
    ├── IndexingError               indexing could not start or finish
    │   ├── RepositoryNotFound      the path does not exist or is not a folder
    │   └── NothingToIndex          the folder holds no supported file
    ├── StoreError                  a store could not answer
    │   ├── StoreUnavailable        missing, locked away, unreachable
    │   ├── StoreBusy               another process writes and did not finish in time
    │   │   └── ThreadBusy          another question of the same conversation is still being answered
    │   ├── StoreTimeout            the answer took longer than allowed
    │   ├── StoreCorrupt            damaged on disk
    │   ├── StoreTooNew             written by a newer Clew
    │   ├── StoreFull               the disk is full
    │   ├── StoreRefused            a store's server refuses the user, the password or the right
    │   ├── StoreUnsupported        a store's server is of a version that we do not speak to
    │   ├── StoreAnswerTooLarge     one question would read more rows than it may
    │   ├── UnknownRepository       no repository of this name is indexed, or none that the scope grants
    │   ├── UnknownSymbol           the symbol is not in the store at its current revision
    │   ├── UnknownThread           no conversation has this name
    │   ├── UnknownRun              no run of this id is known any more, or none that the scope grants
    │   ├── UnknownJob              no job has this id, or none that the scope grants
    │   └── JobRunning              the folder is being indexed already
    ├── ModelError                  a model host could not answer
    │   ├── ModelUnavailable        no host, or no such model
    │   │   ├── HostFailed          one call to one host, with a typed fault; the gateway decides what comes next
    │   │   └── NoModelAnswered     every model that could be tried failed; names each attempt
    │   ├── ModelStopped            the watcher ended the call: see the finding of its gate
    │   ├── ModelForbidden          code that may not leave would go to a host elsewhere
    │   └── BudgetExceeded          tokens, money or time are used up
    ├── SourceError                 a repository elsewhere could not be cloned or brought up to date
    │   ├── SourceRefused           its address, its host or what it sends is refused on purpose
    │   ├── SourceTooLarge          it is larger than a clone may be
    │   ├── SourceDenied            its host refuses the credential, or wants one
    │   ├── SourceGone              its host has no such repository or branch (or does not show it)
    │   ├── SourceUnreachable       its host could not be reached, or the connection broke
    │   ├── SourceExists            a repository of this name is cloned already
    │   └── UnknownSource           no cloned repository, credential, webhook or schedule has this name
    └── PolicyError                 refused on purpose (path outside a root, server without authentication)
        ├── Unauthenticated         no key or token, or none that is good
        ├── IdentityUnavailable     the identity provider's keys cannot be had
        ├── WebhookRefused          a webhook that is not known, or a signature that is not its own
        └── RateLimited             too many requests, tokens or answers at once; says when to come back

`code` is stable and documented in docs/errors.md; `retryable` says whether the same call may succeed later;
`next_step` tells a person what to do. Exit codes and HTTP status live in `app/errors.py`, nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ClewError(Exception):
    """Base of the tree. `str(error)` is the message; the next step is kept apart so that JSON can carry both."""

    code = "clew"
    retryable = False

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class ConfigError(ClewError):
    code = "config"


class UnknownRelease(ConfigError):
    code = "unknown_release"


class InputError(ClewError):
    code = "input"


class BadCursor(InputError):
    code = "bad_cursor"


class CursorExpired(InputError):
    code = "cursor_expired"


class IndexingError(ClewError):
    code = "indexing"


class RepositoryNotFound(IndexingError):
    code = "repository_not_found"


class NothingToIndex(IndexingError):
    code = "nothing_to_index"


class StoreError(ClewError):
    code = "store"


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    retryable = True


class StoreBusy(StoreError):
    code = "store_busy"
    retryable = True


class ThreadBusy(StoreBusy):
    code = "thread_busy"


class StoreTimeout(StoreError):
    code = "store_timeout"
    retryable = True


class StoreCorrupt(StoreError):
    code = "store_corrupt"


class StoreTooNew(StoreError):
    code = "store_too_new"


class StoreFull(StoreError):
    code = "store_full"
    retryable = True


class StoreRefused(StoreError):
    code = "store_refused"


class StoreUnsupported(StoreError):
    code = "store_unsupported"


class StoreAnswerTooLarge(StoreError):
    code = "store_answer_too_large"


class UnknownRepository(StoreError):
    code = "unknown_repository"


class UnknownSymbol(StoreError):
    code = "unknown_symbol"


class UnknownThread(StoreError):
    code = "unknown_thread"


class UnknownRun(StoreError):
    code = "unknown_run"


class UnknownJob(StoreError):
    code = "unknown_job"


class JobRunning(StoreError):
    """job_id: the job that indexes it."""

    code = "job_running"

    def __init__(self, message: str, *, next_step: str = "", job_id: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.job_id = job_id


class ModelError(ClewError):
    code = "model"
    retryable = True


class ModelUnavailable(ModelError):
    code = "model_unavailable"


class ModelStopped(ModelError):
    code = "model_stopped"
    retryable = False


class HostFailed(ModelUnavailable):
    """One call to one host went wrong.

    fault: `unreachable`, `busy` (it asks to come back later), `loading`, `slow` (a deadline passed), `cut` (the stream ended
    before the answer did), `broken` (a reply that is none), `failed` (an error of its own), `missing` (no such model), `denied`
    (a key or a right), `refused` (this very call, such as one that is too long), `resting` (not called: it failed before), `too_slow` (not called: it would not read the prompt in time). wait_s: how long the host asks to wait.
    """

    code = "host_failed"

    def __init__(
        self, message: str, *, next_step: str = "", fault: str = "failed", wait_s: float | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.fault = fault
        self.wait_s = wait_s


class NoModelAnswered(ModelUnavailable):
    """attempts: `models.provider.Attempt`, in order."""

    code = "no_model_answered"

    def __init__(self, message: str, *, next_step: str = "", attempts: Sequence[Any] = ()) -> None:
        super().__init__(message, next_step=next_step)
        self.attempts = tuple(attempts)


class ModelForbidden(ModelError):
    code = "model_forbidden"
    retryable = False


class BudgetExceeded(ModelError):
    code = "budget_exceeded"
    retryable = False


class SourceError(ClewError):
    code = "source"


class SourceRefused(SourceError):
    code = "source_refused"


class SourceTooLarge(SourceError):
    code = "source_too_large"


class SourceDenied(SourceError):
    code = "source_denied"


class SourceGone(SourceError):
    code = "source_gone"


class SourceUnreachable(SourceError):
    code = "source_unreachable"
    retryable = True


class SourceExists(SourceError):
    code = "source_exists"


class UnknownSource(SourceError):
    code = "unknown_source"


class PolicyError(ClewError):
    code = "policy"


class Unauthenticated(PolicyError):
    code = "unauthenticated"


class IdentityUnavailable(PolicyError):
    code = "identity_unavailable"
    retryable = True


class WebhookRefused(PolicyError):
    code = "webhook_refused"


class RateLimited(PolicyError):
    """retry_after_s: when the same call may succeed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, *, next_step: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(message, next_step=next_step)
        self.retry_after_s = retry_after_s
