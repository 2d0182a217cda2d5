"""Attacks on the assistant as data, a model that obeys every one of them, and a judge that knows nothing of the guards."""
