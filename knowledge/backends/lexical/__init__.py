"""The lexical index: one memory-mapped file a repository and generation, written whole, searched with numpy alone."""

from knowledge.backends.lexical.search import LexicalSearch
from knowledge.backends.lexical.writer import LexicalWriter

__all__ = ["LexicalSearch", "LexicalWriter"]
