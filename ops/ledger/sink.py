"""What nodes tell while they run, as events of the Ledger: the `EventSink` port. Everything else that is emitted is passed over."""

from __future__ import annotations

from typing import Any

from ops.ledger.events import BudgetPassed, ModelCalled
from ops.ledger.journal import Journal


class LedgerSink:
    """Safe between threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def emit(self, event: str, fields: dict[str, Any]) -> None:
        if event == "model":
            self._journal.tell(ModelCalled(**fields))
        elif event == "budget_alert":
            personal = fields["scope"] == "user"
            self._journal.tell(
                BudgetPassed(
                    user=fields["name"] if personal else "",
                    scope=fields["scope"],
                    name="" if personal else fields["name"],
                    measure=fields["measure"],
                    share=fields["share"],
                    used=fields["used"],
                    limit=fields["limit"],
                )
            )
