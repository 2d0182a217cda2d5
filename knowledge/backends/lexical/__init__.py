"""The lexical index: segments of files, shared by generations, searched with numpy alone."""

from knowledge.backends.lexical.history import HistorySearch, HistoryWriter
from knowledge.backends.lexical.search import LexicalSearch
from knowledge.backends.lexical.writer import LexicalWriter

__all__ = ["HistorySearch", "HistoryWriter", "LexicalSearch", "LexicalWriter"]
