"""Text to vectors, one module an embedder; `choosing.py` says which one a store uses."""
