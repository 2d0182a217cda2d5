"""The Ledger: one append-only, hash-chained record of what happened, and the views that are made of it (docs/audit.md)."""
