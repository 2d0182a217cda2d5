"""Implementations of the ports in `knowledge/ports.py`; only `app/wiring.py` chooses among them."""
