"""What a change of a repository does to its files and symbols: records only, made by `indexers.comparing`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.schema import SymbolKind

MAX_DIFF_BYTES = 4_000_000
"""Of a diff that somebody sends to be reviewed."""


class Effect(StrEnum):
    """What happened to a symbol. Only code counts: comments, docstrings and layout are no change."""

    ADDED = "added"
    REMOVED = "removed"
    SIGNATURE = "signature"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class ChangedSymbol:
    """path, line, end_line: where it is after the change; where it was, for a removed one. Lines count from 1.

    signature: before and after, as written but for masked secrets; the same twice unless that is what changed.
    content, tokens: a digest of its own text without its name, and how many tokens that are. twin: path and local name of the other end
    where it was moved or renamed: of an added one where it was, of a removed one where it is now.
    """

    path: str
    local_name: str
    kind: SymbolKind
    effect: Effect
    line: int
    end_line: int
    signature: tuple[str, str] = ("", "")
    content: bytes = b""
    tokens: int = 0
    twin: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """status: added, modified, deleted or renamed. added_lines, removed_lines: 0 for a binary file.

    hashes: content hash before and after, empty where there is no content. language: empty when Clew does not read it.
    """

    path: str
    old_path: str
    status: str
    added_lines: int
    removed_lines: int
    language: str
    is_test: bool
    hashes: tuple[str, str]
    symbols: tuple[ChangedSymbol, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePast:
    """What git tells of a file before the change. authors: (name, commits), most first; owners: of a CODEOWNERS file."""

    commits: int
    fixes: int
    authors: tuple[tuple[str, int], ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """base, target: as a person would name them (`HEAD`, `main`, `the working tree`). files by path."""

    base: str
    target: str
    files: tuple[ChangedFile, ...]
    past: dict[str, FilePast]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PastChange:
    """One commit that changed a place. author: as git names them; time_s: of the commit; subject and why: its message, masked.

    path, line: where a line of it still stands now; line 0 when none does. lines: how many do.
    """

    commit: str
    author: str
    time_s: int
    subject: str
    why: str = ""
    path: str = ""
    line: int = 0
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """The newest changes of a place, newest first. authors: (name, commits), most first, over what was read.

    more: older changes exist and were not read. notes: what limits the answer, in words for people.
    """

    changes: tuple[PastChange, ...]
    authors: tuple[tuple[str, int], ...] = ()
    more: bool = False
    notes: tuple[str, ...] = ()
