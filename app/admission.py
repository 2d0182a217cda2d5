"""Who asks, what they may see, and whose models and money they use: what every part of Clew rests on, over the stores.

As in `app.wiring`, imports stand inside the functions, so that a command pays for what it uses only.
"""

from __future__ import annotations

import logging
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.store_files import BRANCHES_FILE, PACES_FILE, POLICIES_FILE, SOURCES_FILE
from app.vector_stores import VectorStores
from configs.errors import PolicyError, StoreError
from configs.settings import Settings, is_loopback
from knowledge.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    from agents.context import Context
    from app.configuration import Configuration
    from app.known_callers import OwnConversations
    from configs.release import Releases
    from graph.conversations import Conversations
    from knowledge.sharing import SharedCounts
    from models.budgets import Payer
    from models.gateway import Gateway
    from models.privacy import Privacy
    from ops.ledger.feedback import LedgerUsage
    from ops.ledger.journal import Journal
    from ops.ledger.leftovers import Leftovers
    from ops.policy.access import Access
    from ops.policy.administering import Administering
    from ops.policy.callers import Caller
    from ops.policy.gate import Gate
    from ops.policy.keys import Keys

log = logging.getLogger("clew.admission")


class Admission(VectorStores):
    """The stores of one process, and who comes to them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._gate: Gate | None = None
        self._policies_told: str | None = None

    @cached_property
    def releases(self) -> Releases:
        """The releases, each read once a process."""
        from configs.release import Releases

        return Releases()

    def live_hosts(self) -> list[dict[str, Any]]:
        """Return how the model hosts fare in this process."""
        from app.model_hosts import live_of

        return live_of(self.gateway)

    @cached_property
    def gateway(self) -> Gateway:
        from app.model_hosts import gateway_of
        from knowledge.backends.pace_file import PaceFile

        return gateway_of(self.settings.model, self.privacy, PaceFile(self.settings.home / PACES_FILE))

    @cached_property
    def privacy(self) -> Privacy:
        """Whose code may not leave, and which hosts are inside."""
        from app.model_hosts import privacy_of

        return privacy_of(self.settings.privacy)

    @cached_property
    def journal(self) -> Journal:
        """What takes events for the Ledger, and writes them beside everything else."""
        from ops.ledger.anchors import Anchoring
        from ops.ledger.journal import Journal

        anchoring = Anchoring(self.anchor_file, self.ledger_signer, self.settings.ledger.anchor_every_s)
        return Journal(self.open_ledger, anchored=anchoring.anchored, leftovers=self.leftovers)

    @cached_property
    def leftovers(self) -> Leftovers:
        """What processes that ended could not bring into the Ledger."""
        from ops.ledger.leftovers import FOLDER, Leftovers

        return Leftovers(self.settings.home / FOLDER)

    def open_usage(self) -> LedgerUsage:
        """Open it with all that this process has told: an answer may be judged as soon as it is there."""
        journal: Journal | None = self.__dict__.get("journal")
        if journal is not None:
            journal.flush()
        return super().open_usage()

    def payer_for(self, context: Context) -> Payer:
        """Return on whose accounts a run is booked: those of the caller, who may be the person at this machine."""
        from app.people import user_name
        from models.budgets import Payer

        budget, principal = self.settings.budget, self.caller.principal
        if self.strict:
            team = principal.teams[0] if principal.teams else budget.team
            return Payer(principal.id, team, context.project or budget.project)
        return Payer(user_name(), budget.team, context.project or budget.project)

    @property
    def strict(self) -> bool:
        """Tell whether callers are known: then who is not is nobody."""
        return self._gate is not None

    @property
    def threads(self) -> Conversations | OwnConversations:
        """Return the conversations of the caller: all of this store for the person at this machine."""
        if not self.strict:
            return self.conversations
        from app.known_callers import OwnConversations

        one = self.caller
        return OwnConversations(self.conversations, one.principal.id, one.scope("ask"))

    @property
    def caller(self) -> Caller:
        """Return who asks at this moment."""
        from ops.policy.callers import caller

        return caller(strict=self.strict)

    def scope_for(self, context: Context) -> Scope:
        """Return what a run may see: what its caller is granted, narrowed to what the run names."""
        names = context.repositories
        return self.caller.scope("ask").narrowed(None if names is None else frozenset(names))

    @cached_property
    def keys(self) -> Keys:
        import time

        from ops.policy.keys import Keys

        return Keys(self.principals, time.time)

    def administering(self) -> Administering:
        """Return what changes principals and keys for whoever asks, and tells the Ledger of it."""
        from app.people import user_name
        from ops.policy.administering import Administering

        by = self.caller.principal.id or user_name()
        return Administering(self.principals, self.keys, self.journal.tell, by=by)

    def configuration(self) -> Configuration:
        """Return the file that the settings came from, for whoever asks."""
        from app.configuration import Configuration
        from app.people import user_name

        by = self.caller.principal.id or user_name()
        writable = self.strict and self.settings.serve.configurable
        return Configuration(self.settings, self.open_ledger, by=by, writable=writable)

    @cached_property
    def access(self) -> Access:
        """Raises ConfigError when the policies cannot be used."""
        from ops.policy.access import Access

        return Access(self._policies_file, self._tell_of_policies)

    @property
    def _policies_file(self) -> Path:
        return self.settings.access.policies or self.settings.home / POLICIES_FILE

    def _tell_of_policies(self, before: str, after: str, in_force: bool) -> None:
        """Tell the Ledger that the file of policies is another one; who did it is whom the system names as its owner."""
        from app.people import owner_of
        from ops.ledger.events import PolicyChanged

        if after == self._policies_told:
            return
        self._policies_told = after
        change = "gone" if not after else "changed" if in_force else "refused"
        self.journal.tell(
            PolicyChanged(user=owner_of(self._policies_file), policy="file", change=change, before=before, after=after)
        )

    def _tell_of_policies_since(self) -> None:
        """Tell of a change that was made while no server looked; while the Ledger is away the file is told as it is, and left out there if it was told before."""
        from ops.ledger.reports import latest
        from ops.policy.access import digest_of

        after = digest_of(self._policies_file)
        before = ""
        try:
            with closing(self.open_ledger()) as ledger:
                known = next((row for row in latest(ledger, "administration", 1, kind="policy", policy="file")), None)
            before = known.fields["after"] if known else ""
        except StoreError as error:  # a server, or a worker that takes another's place, serves without it
            log.warning("what the policies were before is not known: %s", error)
        if before != after:
            self._tell_of_policies(before, after, True)

    def gate(self, host: str) -> Gate | None:
        """Return what knows the callers of a server at `host`, None where there is one person only. From then on nobody else is granted anything.

        Raises:
            PolicyError: callers must be known, and nobody could be.
            ConfigError: the policies or the identity provider's settings cannot be used.
        """
        access, proxies = self.settings.access, self.settings.serve.trusted_proxies
        known = access.authentication == "required" or access.oidc.issuer or proxies or not is_loopback(host)
        if not known:
            return None
        if not access.oidc.issuer and not self.keys.any_live():
            raise PolicyError(
                f"refused to serve on {host!r}: whoever reaches it could read the code, and no authentication is configured",
                next_step="make a key (clew keys create NAME --role reader), or set access.oidc.issuer; or listen on 127.0.0.1",
            )
        return self.strict_gate()

    def strict_gate(self) -> Gate:
        """Return what knows callers, wherever they come from. From then on nobody else is granted anything. Raises ConfigError."""
        access = self.settings.access
        from ops.policy.gate import Gate
        from ops.policy.oidc import TokenVerifier
        from ops.policy.rates import Rates

        tokens = TokenVerifier(access.oidc) if access.oidc.issuer else None
        together = self.shared if self.settings.rates.store == "memory" else None
        rates = Rates(self.settings.rates, cast("SharedCounts | None", together))
        self._gate = Gate(self.principals, self.keys, self.access, rates, self.branches, tokens)
        self._tell_of_policies_since()
        return self._gate

    def branches(self) -> dict[str, str]:
        """Return the repositories, cloned ones too, with the branch of each where it is known, as policies speak of them."""
        from ops.policy.branches import Branches

        known = self.graph.repositories(EVERYTHING) if self.has_index else []
        return dict.fromkeys(self._cloned_names(), "") | Branches(self.settings.home / BRANCHES_FILE).of(known)

    def _cloned_names(self) -> frozenset[str]:
        """Return the names of what is cloned, or will be: who connected one follows its first job. Nobody is kept out when they cannot be had."""
        if not (self.settings.home / SOURCES_FILE).exists():
            return frozenset()
        try:
            return frozenset(source.repository for source in self.source_store.sources())
        except StoreError:
            return frozenset()

    @property
    def user(self) -> str:
        """Return by whom what happens at this moment is done."""
        from agents.context import Context

        return self.payer_for(Context()).user

    def pseudonym(self, name: str) -> str:
        """Return the id that stands for a person in the Ledger; empty for nobody, and while it cannot be had: no work waits for that. Blocking."""
        if not name:
            return ""
        try:
            with closing(self.open_ledger()) as ledger:
                return ledger.keys.named(name).id
        except StoreError as error:
            log.warning("who asked is not kept: %s", error)
            return ""

    def name_behind(self, pseudonym: str) -> str:
        """Return whom such an id stands for; empty once they are erased, and while it cannot be had. Blocking."""
        if not pseudonym:
            return ""
        try:
            with closing(self.open_ledger()) as ledger:
                found = ledger.keys.by_id([pseudonym]).get(pseudonym)
        except StoreError as error:
            log.warning("who asked cannot be told: %s", error)
            return ""
        return found.name if found is not None else ""

    def close(self) -> None:
        """Close what was opened."""
        journal = self.__dict__.pop("journal", None)
        if journal is not None:
            journal.close()
        super().close()
