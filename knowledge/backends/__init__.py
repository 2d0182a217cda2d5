"""Implementations of the ports in `knowledge/ports/`; only `app/wiring.py` chooses among them."""
