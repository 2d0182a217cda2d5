"""Calls of models from a run: bound to what it may see, watched, paid for."""
