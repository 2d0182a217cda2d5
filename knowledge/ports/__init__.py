"""The ports that everything above speaks to, a module for each store.

A backend in `knowledge/backends/` implements one; its contract suite is in `tests/contract/`. Only `app/wiring.py`
chooses. Every read takes a `Scope` and filters inside the query. Reads see one generation of a repository: the last
one committed, never a half-written one.
"""
