"""The command line's contract: every command, argument and option, by topic. The work is in the sibling modules of this package."""

from app.cli.contract import access, asking, connecting, indexing, learning, records, serving, slack, structure
from app.cli.contract.root import clew

__all__ = ["access", "asking", "clew", "connecting", "indexing", "learning", "records", "serving", "slack", "structure"]
